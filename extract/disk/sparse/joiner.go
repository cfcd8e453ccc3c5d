package sparse

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/censorscan/censorscan/extract"
)

// Joiner is images that are cut into several sparse images, each of which writes a part of the whole. What each writes decides where it belongs; names only tell
// which belong together and whether one is missing.
func Joiner() extract.Joiner {
	return extract.Joiner{
		Name:    "sparse parts",
		Group:   "disk",
		Summary: "Android sparse images cut into parts (`super.img.0`, `system.img_sparsechunk.3`, `super.2.1a2b3c4d.img`)",
		Spec:    "AOSP system/core/libsparse/sparse.cpp (sparse_file_resparse)",
		Join:    join,
		Wants: func(_ context.Context, name string, head []byte, _ *extract.Budget) bool {
			_, ok := partName(name)
			return ok && (head == nil || strings.HasPrefix(string(head), magic))
		},
	}
}

// candidate is a member that may be a part.
type candidate struct {
	part
	member *extract.Member
	src    extract.Source
	layout *layout
	err    error // why it cannot be read
}

// key is what all parts of an image have in common.
type key struct {
	whole         string
	block, blocks int64
}

func join(ctx context.Context, s *extract.Siblings) (out []extract.Joined) {
	groups := map[key][]*candidate{}
	var order []key
	for _, m := range s.Members {
		p, ok := partName(m.Name)
		if !ok || ctx.Err() != nil {
			continue
		}
		head := s.Head(ctx, m, fileHeaderSize)
		if !strings.HasPrefix(string(head), magic) {
			continue
		}
		h, err := readHeader(head)
		if err != nil {
			continue // told when it is opened alone
		}
		k := key{p.whole, h.block, h.blocks}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], &candidate{part: p, member: m})
	}
	room := s.Budget.Limits().Buffer // for the tables of all parts
	for _, k := range order {
		out = append(out, joinGroup(ctx, s, groups[k], &room)...)
	}
	return out
}

// read maps a part, whose table takes its share of the room.
func (c *candidate) read(ctx context.Context, s *extract.Siblings, room *int64) {
	if c.src, c.err = s.Open(ctx, c.member); c.err != nil {
		return
	}
	if c.layout, c.err = scan(c.src, s.Budget); c.err != nil {
		return
	}
	if *room -= c.layout.cost; *room < 0 {
		*room += c.layout.cost
		c.layout, c.err = nil, &extract.LimitError{Limit: "buffer", Value: s.Budget.Limits().Buffer, What: "tables of the parts of sparse images"}
	}
}

// joinGroup makes images of parts that belong together by name and header.
func joinGroup(ctx context.Context, s *extract.Siblings, parts []*candidate, room *int64) (out []extract.Joined) {
	slices.SortStableFunc(parts, func(a, b *candidate) int { return cmp.Compare(a.number, b.number) })
	if len(parts) == 1 {
		return nil // its own container says what is missing
	}
	for _, c := range parts {
		c.read(ctx, s, room)
	}
	// Two that write the same bytes are variants of each other: a second set begins with the later one.
	var sets []*set
	var unread *candidate
	for _, c := range parts {
		if c.err != nil {
			unread = c // stays a member of its own, and a hole in the set
			continue
		}
		i := 0
		for i < len(sets) && sets[i].overlaps(c) {
			i++
		}
		if i == len(sets) {
			sets = append(sets, &set{})
		}
		sets[i].add(c)
	}
	for _, set := range sets {
		if set.unread = unread; len(set.parts) > 1 {
			out = append(out, set.joined(ctx)...)
		}
	}
	return out
}

// set is the parts of one image.
type set struct {
	parts   []*candidate
	written []piece    // of all parts, in order
	unread  *candidate // a part that cannot be read, nil if there is none
}

// overlaps tells whether a part writes what another one has written.
func (s *set) overlaps(c *candidate) bool {
	i := 0
	for _, p := range c.layout.pieces {
		for i < len(s.written) && s.written[i].end <= p.start {
			i++
		}
		if i < len(s.written) && s.written[i].start < p.end {
			return true
		}
	}
	return false
}

// add takes a part that overlaps no other.
func (s *set) add(c *candidate) {
	part, old := int32(len(s.parts)), s.written
	s.parts = append(s.parts, c)
	s.written = make([]piece, 0, len(old)+len(c.layout.pieces))
	for _, p := range c.layout.pieces {
		for len(old) > 0 && old[0].start < p.start {
			s.written, old = append(s.written, old[0]), old[1:]
		}
		p.part = part
		s.written = append(s.written, p)
	}
	s.written = append(s.written, old...)
}

// joined is the image of a set, after a record of each part that it lacks. A part that holds bytes of no image stays a member as well, so that they are
// searched.
func (s *set) joined(ctx context.Context) (out []extract.Joined) {
	whole := &layout{header: s.parts[0].layout.header}
	m := &extract.Member{Name: s.parts[0].whole, Mode: s.parts[0].member.Mode}
	img := &image{layout: whole}
	j := extract.Joined{Member: m}
	for _, c := range s.parts {
		whole.size = max(whole.size, c.layout.size)
		m.Extents = append(m.Extents, c.member.Extents...)
		img.parts = append(img.parts, c.src)
		if !c.layout.hides(ctx, c.src) {
			j.Parts = append(j.Parts, c.member)
		}
	}
	for _, p := range s.written {
		if p.kind == broken {
			c := s.parts[p.part]
			whole.errs = append(whole.errs, fmt.Errorf("part %s: %w", c.member.Name, c.layout.errs[p.at]))
			p.at = int64(len(whole.errs) - 1)
		}
		whole.pieces = append(whole.pieces, p)
	}
	if len(j.Parts) == 0 {
		return nil
	}
	for _, h := range s.holes(whole.size) {
		whole.breakRange(h.start, h.end, h.err)
		out = append(out, extract.Joined{Parts: j.Parts, Member: &extract.Member{Name: m.Name + " (missing part)", Mode: m.Mode, Size: h.end - h.start,
			Problem: extract.Damaged(h.start, "%w: bytes %d to %d of %s", h.err, h.start, h.end, m.Name)}})
	}
	m.Size = whole.size
	m.Open = func(context.Context) (extract.Source, error) { return img, nil }
	return append(out, j)
}

// hides tells whether there is anything but zeros in a file that is none of the image.
func (l *layout) hides(ctx context.Context, src extract.Source) bool {
	if l.extra {
		return true
	}
	buf := make([]byte, 64<<10)
	for off := l.end; off < src.Size() && ctx.Err() == nil; {
		n, err := src.ReadAt(buf[:min(int64(len(buf)), src.Size()-off)], off)
		if len(bytes.TrimLeft(buf[:n], "\x00")) > 0 || n == 0 || err != nil && err != io.EOF {
			return true
		}
		off += int64(n)
	}
	return false
}
