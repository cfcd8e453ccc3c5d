package match

import "bytes"

// filter finds the few places where a needle may stand. Every needle has an anchor, four or five of its bytes that are rare
// in what images hold. The needles are spread over buckets. For every pair of bytes a table tells in the low half of its entry in which
// buckets the pair begins an anchor, in the high half in which it goes on: a place of even offset may hold an anchor of the
// bucket that the pair there and the next one agree on, if any. An anchor at an odd offset is seen one byte late, by its second to fifth byte.
// All that a place costs is a load, a shift and an AND.
//
// The work is done in three passes over a segment of data: the first lists the blocks in which a place passes (narrow.go, wide.go), the
// second the places, the third the grams there that are an anchor's (anchors.go). They are loops without branches that the processor could
// guess wrong, since a wrong guess costs as much as forty bytes of filter.
type filter struct {
	table   table
	anchors *anchors
	busy    [256]bool // the bytes of which a run may pass
}

// table is the first two passes.
type table interface {
	// blocks lists in l.blocks the blocks of buf in which a place passes, by their offset. buf has ahead bytes more than blocks.
	blocks(buf []byte, l *lists) int
	// places lists the places of the blocks that pass, by their offset.
	places(buf []byte, blocks []uint16, list *[segment / 2]uint16) int
	size() int
}

const (
	block   = 8     // bytes that are looked at together
	segment = 16384 // bytes that a pass goes over, a multiple of two blocks; twice an offset in it must fit 16 bits
	ahead   = 8     // bytes behind a segment that a pass may look at
)

// lists are what the passes hand on.
type lists struct {
	blocks  [segment / block]uint16
	places  [segment / 2]uint16
	grams   [2 * segment]uint16
	few     bool // blocks of the segment before passed
	touched byte // keeps touch from being left out
}

// touch has the next segment fetched from memory: where a page begins the processor does not do so by itself. It saves some 3 % of the time.
func (l *lists) touch(next []byte) {
	const page, line = 4096, 64
	for p := 0; p < min(segment, len(next)-line); p += page {
		l.touched += next[p] + next[p+line]
	}
}

// Eight buckets are faster than 32 as long as few places pass, by the estimate of the placer: of the sets measured with
// testdata/bench/peers -peers narrow,wide, for up to some 15,000 needles of four bytes and more, for fewer if some are shorter.
const (
	narrowUpTo    = 20_000 // needles
	narrowPassing = 0.08   // weighted sum of the shares that pass
)

// chooseFilter makes the filter that is likely to be faster.
func chooseFilter(ns *needles) *filter {
	if ns.len() <= narrowUpTo {
		if p := placeAll(ns, narrowBuckets); p.passing() < narrowPassing {
			return newFilter(p)
		}
	}
	return newFilter(placeAll(ns, wideBuckets))
}

// some returns 1 if any bucket is in the set of 32, else 0, with less work than a comparison.
func some(set uint64) uint { return uint((set + 1<<32 - 1) >> 32) }

func newFilter(p *placer) *filter {
	f := &filter{anchors: newAnchors(p.needles, p.offsets)}
	if p.buckets == narrowBuckets {
		f.table = newNarrow(&p.table)
	} else {
		f.table = newWide(&p.table)
	}
	for b := range f.busy {
		e := p.table[b|b<<8]
		f.busy[b] = e.first&e.second != 0
	}
	return f
}

func (f *filter) search(r *run) {
	f.anchors.place(r, 0) // below, a place has a byte before it
	i := 2
	for n := 0; i+2*block+ahead <= len(r.buf); i += n {
		n = min(segment, (len(r.buf)-ahead-i)/(2*block)*2*block)
		r.lists.touch(r.buf[i+n:])
		if f.idle(r.buf[i : i+n+ahead]) {
			continue
		}
		buf, lists := r.buf[i:i+n+ahead], &r.lists
		blocks := f.table.blocks(buf, lists)
		if blocks == 0 {
			continue
		}
		places := f.table.places(buf, lists.blocks[:blocks], &lists.places)
		f.anchors.check(r, i, lists.places[:places])
	}
	for ; i <= len(r.buf); i += 2 {
		f.anchors.place(r, i)
	}
}

// idle reports whether buf is a run of one byte in which nothing can pass.
func (f *filter) idle(buf []byte) bool {
	last := len(buf) - 1
	return buf[0] == buf[last] && buf[0] == buf[last/2] && !f.busy[buf[0]] && bytes.Equal(buf[:last], buf[1:])
}

// reach: a needle is discovered at its anchor, and a place looks at grams from a byte before it to a byte behind it.
func (f *filter) reach() int { return f.anchors.maxOffset + 2 }

func (f *filter) size() int { return f.table.size() + f.anchors.size() + len(f.busy) }
