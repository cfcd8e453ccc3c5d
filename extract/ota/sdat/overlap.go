package sdat

import (
	"container/heap"
	"slices"
	"sort"

	"github.com/censorscan/censorscan/extract"
)

// finish brings the pieces into order. Where commands write over each other the last one counts, as on the phone; what it hides of the data is put behind
// the partition.
func (l *list) finish() {
	in := l.pieces
	sort.SliceStable(in, func(i, j int) bool { return in[i].start < in[j].start })
	l.pieces = flatten(in)
	hidden := l.hidden()
	at := l.size
	var n int64
	for _, e := range hidden {
		l.pieces = append(l.pieces, piece{start: at, end: at + e.Size, from: e.Offset})
		at += e.Size
		n += e.Size
	}
	if n > 0 {
		l.note(0, "%d bytes of data are written over by later commands or go outside; they are read behind the end of the partition", n)
	}
}

// flatten resolves overlaps of pieces that are sorted by start, drops zeroed ones and merges those that go on.
func flatten(in []piece) []piece {
	var out []piece
	var open byCommand
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
		if top.from >= 0 {
			top.from += at - top.start
		}
		top.start = at
		if i < len(in) {
			top.end = min(top.end, in[i].start)
		}
		at = top.end
		if n := len(out); n > 0 && out[n-1].follows(top) {
			out[n-1].end = top.end
		} else if top.from != zeroed {
			out = append(out, top)
		}
	}
	return slices.Clip(out)
}

// follows reports whether next goes on where p ends, in the partition and in the data.
func (p piece) follows(next piece) bool {
	if p.end != next.start {
		return false
	}
	if p.from < 0 {
		return p.from == next.from
	}
	return p.from+p.end-p.start == next.from
}

// hidden are the runs of the data that no piece shows.
func (l *list) hidden() []extract.Extent {
	byData := make([]piece, 0, len(l.pieces))
	for _, p := range l.pieces {
		if p.from >= 0 {
			byData = append(byData, p)
		}
	}
	sort.Slice(byData, func(i, j int) bool { return byData[i].from < byData[j].from })
	var out []extract.Extent
	at := int64(0)
	for _, p := range byData {
		if p.from > at {
			out = append(out, extract.Extent{Offset: at, Size: p.from - at})
		}
		at = p.from + p.end - p.start
	}
	if at < l.data {
		out = append(out, extract.Extent{Offset: at, Size: l.data - at})
	}
	return out
}

// byCommand is a heap with the piece of the latest command on top.
type byCommand []piece

func (h byCommand) Len() int           { return len(h) }
func (h byCommand) Less(i, j int) bool { return h[i].seq > h[j].seq }
func (h byCommand) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byCommand) Push(x any)        { *h = append(*h, x.(piece)) }
func (h *byCommand) Pop() any {
	old := *h
	p := old[len(old)-1]
	*h = old[:len(old)-1]
	return p
}
