// Package super reads Android's dynamic partitions: a super image with logical partitions in extents, as liblp lays them out.
package super

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/censorscan/censorscan/extract"
)

// Format is super images, whole or of metadata alone (super_empty.img).
func Format() extract.Format {
	return extract.Format{
		Name:    "super",
		Group:   "disk",
		Summary: "Android super images with dynamic partitions (liblp 10.0 to 10.2, all slots)",
		Spec:    "AOSP system/core/fs_mgr/liblp/include/liblp/metadata_format.h",
		Detect:  detect,
		Open:    open,
	}
}

func detect(p *extract.Probe) bool {
	const primary, backup = reserved, reserved + geometryBlock
	first, second := p.Has(primary, geometryMagic), p.Has(backup, geometryMagic)
	switch {
	case first && second || p.Has(0, geometryMagic):
		return true
	case len(bytes.TrimLeft(p.At(0, sector), "\x00")) > 0:
		return false // metadata inside of something else
	}
	_, err := parseGeometry(p.At(backup, geometrySize))
	return first || err == nil // one is gone
}

// container is an opened super image.
type container struct {
	src       extract.Source
	bare      bool // metadata alone
	tables    []*table
	structure []extract.Extent
	notes     []*extract.Unopened
}

// mostShares is how often the bytes of an image may be in partitions: in those of several slots, if in several at all.
const mostShares = 8

func open(_ context.Context, in *extract.Input) (extract.Container, error) {
	c := &container{src: in.Source}
	g, first, err := c.readGeometry()
	if err != nil {
		return nil, err
	}
	if err := c.readTables(g, first, in.Budget); err != nil {
		return nil, err
	}
	for _, t := range c.tables {
		t.place(c.src.Size())
	}
	c.notes = append(c.notes, c.tables[0].check()...)
	return c, nil
}

// Members yields the partitions of the first slot in the order of the table, then those of the other slots and of the backups that differ.
func (c *container) Members(ctx context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		seen, names := map[string]bool{}, map[string]bool{}
		left := mostShares * c.src.Size()
		for _, t := range c.tables {
			extents := 0
			for i := range t.partitions.count {
				p := t.partition(i)
				if ctx.Err() != nil {
					return
				}
				if extents += int(p.count); extents > 2*t.extents.count {
					u := extract.Damaged(t.at.Offset, "the partitions %s from %q on claim more extents than the %d that there are", t.label, p.name, t.extents.count)
					if !yield(nil, u) {
						return
					}
					break
				}
				id := p.name + "\x00" + t.fingerprint(p)
				if seen[id] || t != c.tables[0] && p.count == 0 {
					continue
				}
				seen[id] = true
				name := p.name
				if names[name] && t != c.tables[0] {
					name = fmt.Sprintf("%s (%s)", p.name, t.label)
				}
				names[p.name] = true
				if !yield(c.member(t, p, name, &left), nil) {
					return
				}
			}
		}
		for _, n := range c.notes {
			if !yield(nil, n) {
				return
			}
		}
	}
}

// member makes a member of a partition, whose bytes are taken from what is left to be shared.
func (c *container) member(t *table, p partition, name string, left *int64) *extract.Member {
	m := &extract.Member{Name: name, Mode: 0o644, Partition: true}
	v, err := c.volume(t, p)
	if err != nil {
		m.Problem, m.Size = err, -1
		return m
	}
	m.Size = v.size
	for _, r := range v.runs {
		if r.err == nil {
			m.Extents = append(m.Extents, extract.Extent{Offset: r.at, Size: r.end - r.start})
			*left -= r.end - r.start
		}
		if *left < 0 {
			m.Extents = nil
			m.Problem = extract.Damaged(t.at.Offset, "the partitions are more than %d times as large as the image: they lie in the same place", mostShares)
			return m
		}
	}
	if lost := v.lost(); lost != nil && len(m.Extents) == 0 {
		m.Problem = extract.Damaged(t.at.Offset, "%w", lost)
		return m
	}
	m.Open = func(context.Context) (extract.Source, error) { return v, nil }
	return m
}

// Structure is the geometry and the metadata of all slots, as far as they are sound.
func (c *container) Structure() []extract.Extent { return c.structure }

// Close implements extract.Container.
func (c *container) Close() error { return nil }
