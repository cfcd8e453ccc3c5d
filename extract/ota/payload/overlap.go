package payload

import (
	"container/heap"
	"sort"
)

// order sorts the pieces by where they lie. Where operations write over each other the later one is kept, as on the phone.
func (p *partition) order() {
	in := p.pieces
	sort.SliceStable(in, func(i, j int) bool { return in[i].start < in[j].start })
	for i := 1; i < len(in); i++ {
		if in[i].start < in[i-1].end {
			o := &p.ops[max(in[i].op, in[i-1].op)]
			p.note(o, "writes byte %d, as operation %d does; where operations overlap the last one is read", in[i].start, min(in[i].op, in[i-1].op))
			p.pieces = flatten(in)
			return
		}
	}
}

// flatten resolves overlaps of pieces that are sorted by start: the piece of the later operation covers those of earlier ones.
func flatten(in []piece) []piece {
	var out []piece
	var open byOperation
	for i, at := 0, int64(0); i < len(in) || len(open) > 0; {
		if len(open) == 0 {
			at = max(at, in[i].start)
		}
		for ; i < len(in) && in[i].start <= at; i++ {
			heap.Push(&open, in[i])
		}
		for len(open) > 0 && open[0].end <= at {
			heap.Pop(&open)
		}
		if len(open) == 0 {
			continue
		}
		top := open[0]
		top.from += at - top.start
		top.start = at
		if i < len(in) {
			top.end = min(top.end, in[i].start)
		}
		at = top.end
		if n := len(out); n > 0 && out[n-1].follows(top) {
			out[n-1].end = top.end
			continue
		}
		out = append(out, top)
	}
	return out
}

// follows reports whether next goes on where pc ends, in the partition and in the operation.
func (pc piece) follows(next piece) bool {
	return pc.end == next.start && pc.op == next.op && pc.mode == next.mode && pc.from+pc.end-pc.start == next.from
}

// byOperation is a heap with the latest operation on top.
type byOperation []piece

func (h byOperation) Len() int           { return len(h) }
func (h byOperation) Less(i, j int) bool { return h[i].op > h[j].op }
func (h byOperation) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byOperation) Push(x any)        { *h = append(*h, x.(piece)) }
func (h *byOperation) Pop() any {
	old := *h
	pc := old[len(old)-1]
	*h = old[:len(old)-1]
	return pc
}
