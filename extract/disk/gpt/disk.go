package gpt

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"unicode/utf16"

	"github.com/censorscan/censorscan/extract"
)

// disk is an opened image of a disk.
type disk struct {
	src       extract.Source
	parts     []partition
	known     map[partition]bool
	names     map[string]bool
	structure []extract.Extent
	notes     []*extract.Unopened
	more      int // notes beyond maxNotes
}

func newDisk(src extract.Source) *disk {
	return &disk{src: src, known: map[partition]bool{}, names: map[string]bool{}}
}

// partition is a run of the disk.
type partition struct {
	name string
	extract.Extent
}

const maxNotes = 32

// utf16Name decodes a name that is padded with zeros.
func utf16Name(b []byte) string {
	var u []uint16
	for i := 0; i+1 < len(b); i += 2 {
		c := le.Uint16(b[i:])
		if c == 0 {
			break
		}
		u = append(u, c)
	}
	return string(utf16.Decode(u))
}

// add adds the partition from sector first to before sector end, unless it is known. One that is known by another extent gets the suffix.
func (d *disk) add(name, suffix string, first, end uint64, sector int64) {
	const most = 1 << 50 // sectors, so that sums do not overflow
	if first >= end || end > most {
		d.note(name, 0, "sectors %d to %d", first, end)
		return
	}
	p := partition{name, extract.Extent{Offset: int64(first) * sector, Size: int64(end-first) * sector}}
	if suffix != "" && d.known[p] {
		return
	}
	d.known[p] = true
	if suffix != "" && d.names[name] {
		p.name = name + suffix
	}
	d.names[name] = true
	d.parts = append(d.parts, p)
}

// check finds what is wrong with the partitions as a whole.
func (d *disk) check() {
	sorted := slices.Clone(d.parts)
	slices.SortStableFunc(sorted, func(a, b partition) int { return cmp.Compare(a.Offset, b.Offset) })
	far := 0
	for i := range sorted {
		p := &sorted[i]
		if q := &sorted[far]; i > far && p.Offset < q.End() {
			d.note(p.name, p.Offset, "overlaps partition %q, which ends at %d", q.name, q.End())
		}
		if p.End() > sorted[far].End() {
			far = i
		}
		if p.End() > d.src.Size() {
			d.note(p.name, min(p.Offset, d.src.Size()), "bytes %d to %d, but the image ends at %d", p.Offset, p.End(), d.src.Size())
		}
	}
	if d.more > 0 {
		d.notes = append(d.notes, extract.Damaged(0, "%d more partitions overlap or lie outside", d.more))
	}
}

func (d *disk) note(name string, at int64, format string, args ...any) {
	if len(d.notes) >= maxNotes {
		d.more++
		return
	}
	u := extract.Damaged(at, format, args...)
	u.Name = name
	d.notes = append(d.notes, u)
}

// lost records a copy of a table that cannot be trusted.
func (d *disk) lost(e extract.Extent, err error) {
	u := *extract.AsUnopened(err)
	u.Extent = d.cut(e)
	d.notes = append(d.notes, &u)
}

// claim adds to the structure.
func (d *disk) claim(e extract.Extent) {
	if e = d.cut(e); e.Size > 0 {
		d.structure = append(d.structure, e)
	}
}

// cut is the part of an extent that lies in the image.
func (d *disk) cut(e extract.Extent) extract.Extent {
	e.Offset = min(e.Offset, d.src.Size())
	e.Size = min(e.Size, d.src.Size()-e.Offset)
	return e
}

// Members yields the partitions in the order of the disk, as far as the image goes.
func (d *disk) Members(ctx context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		sorted := slices.Clone(d.parts)
		slices.SortStableFunc(sorted, func(a, b partition) int { return cmp.Compare(a.Offset, b.Offset) })
		const mostShares = 8 // how often the bytes of an image may be in partitions
		left := mostShares * d.src.Size()
		for _, p := range sorted {
			e := d.cut(p.Extent)
			if e.Size == 0 {
				continue // told by a note
			}
			m := &extract.Member{Name: p.name, Mode: 0o644, Size: e.Size, Partition: true}
			if left -= e.Size; left < 0 {
				m.Problem = extract.Damaged(e.Offset, "the partitions are more than %d times as large as the image: they lie in the same place", mostShares)
			} else {
				m.Extents = []extract.Extent{e}
				m.Open = func(context.Context) (extract.Source, error) { return extract.Section(d.src, e), nil }
			}
			if ctx.Err() != nil || !yield(m, nil) {
				return
			}
		}
		for _, n := range d.notes {
			if !yield(nil, n) {
				return
			}
		}
	}
}

// Structure is the tables.
func (d *disk) Structure() []extract.Extent { return d.structure }

// Close implements extract.Container.
func (d *disk) Close() error { return nil }
