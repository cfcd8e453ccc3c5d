package sparse

import (
	"errors"
	"fmt"
	"slices"
)

// hole is a run of an image that a missing part has to write.
type hole struct {
	start, end int64
	err        error
}

// span is what a part writes, from its first byte to its last.
type span struct {
	start, end int64
	number     int
}

// holes finds what missing parts leave out. No header tells how many parts there are, and a sound set may leave bytes unwritten everywhere; so numbers that are left
// out tell, and a last part that is as large as the others are cut.
func (s *set) holes(size int64) (out []hole) {
	spans, missing := s.spans()
	if len(spans) == 0 {
		return []hole{{0, size, errors.New("no part writes anything")}}
	}
	if first := spans[0]; first.start >= begins || first.start > 0 && first.number > 1 {
		out = append(out, hole{0, first.start, fmt.Errorf("a part before number %d is missing", first.number)})
	}
	if missing {
		for i := 1; i < len(spans); i++ {
			a, b := spans[i-1], spans[i]
			if b.number != a.number+1 && a.end < b.start {
				out = append(out, hole{a.end, b.start, fmt.Errorf("a part between numbers %d and %d is missing", a.number, b.number)})
			}
		}
	}
	last := spans[len(spans)-1]
	switch {
	case last.end == size:
	case s.unread != nil && s.unread.number > last.number:
		out = append(out, hole{last.end, size, fmt.Errorf("part %d cannot be read: %w", s.unread.number, s.unread.err)})
	case s.cutShort(last):
		out = append(out, hole{last.end, size, fmt.Errorf("part %d is as large as those before it, but the last: a part seems to be missing", last.number)})
	}
	return out
}

// spans gives what the parts write, in the order of the image, and whether a number is left out.
func (s *set) spans() (out []span, missing bool) {
	of := make([]*span, len(s.parts))
	for _, p := range s.written {
		if sp := of[p.part]; sp != nil {
			sp.end = p.end
			continue
		}
		of[p.part] = &span{p.start, p.end, s.parts[p.part].number}
	}
	for _, sp := range of {
		if sp != nil {
			out = append(out, *sp)
		}
	}
	slices.SortFunc(out, func(a, b span) int { return int(min(1, max(-1, a.start-b.start))) })
	for i, c := range s.parts { // by number
		if i > 0 && c.number > s.parts[i-1].number+1 {
			missing = true
		}
	}
	return out, missing
}

// cutShort tells whether all parts are about equally large, the last one of the image too.
func (s *set) cutShort(last span) bool {
	var largest, least, end int64 = 0, maxSize, 0
	for _, c := range s.parts {
		n := c.src.Size()
		largest, least = max(largest, n), min(least, n)
		if c.number == last.number {
			end = n
		}
	}
	return end >= largest-largest/16 && least >= largest-largest/4
}
