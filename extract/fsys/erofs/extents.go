package erofs

import (
	"cmp"
	"slices"

	"github.com/censorscan/censorscan/extract"
)

// extentList collects extents and merges them, so that it stays small however often the same ones are added.
type extentList struct {
	list  []extract.Extent
	limit int // length at which merging is worth while
}

func (l *extentList) add(e extract.Extent) {
	if e.Size <= 0 {
		return
	}
	if n := len(l.list); n > 0 {
		if last := &l.list[n-1]; e.Offset >= last.Offset && e.Offset <= last.End() {
			last.Size = max(last.End(), e.End()) - last.Offset
			return
		}
	}
	if l.list = append(l.list, e); len(l.list) > max(l.limit, 1<<12) {
		l.merge()
		l.limit = 2 * len(l.list)
	}
}

// merge sorts the list and joins what overlaps or touches.
func (l *extentList) merge() []extract.Extent {
	slices.SortFunc(l.list, func(a, b extract.Extent) int { return cmp.Compare(a.Offset, b.Offset) })
	out := l.list[:0]
	for _, e := range l.list {
		if n := len(out); n > 0 && e.Offset <= out[n-1].End() {
			out[n-1].Size = max(out[n-1].End(), e.End()) - out[n-1].Offset
		} else {
			out = append(out, e)
		}
	}
	l.list = out
	return out
}
