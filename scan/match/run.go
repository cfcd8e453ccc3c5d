package match

// run confirms what an engine finds, and puts the hits in order. It is used for one search after another.
type run struct {
	search
	found []found // sorted by start and needle: emitted up to head, then what may still be preceded by another
	head  int
	lists lists
}

// search is what is asked of a run.
type search struct {
	needles *needles
	buf     []byte
	base    int64
	owned   int
	reach   int
	emit    func(Hit)
}

type found struct {
	start  int // in buf
	needle int32
}

// confirm compares a needle at buf[start:], which was discovered at the place given, and keeps it if it stands there. Places ascend.
func (r *run) confirm(needle int32, start, place int) {
	if start < 0 || start >= r.owned || !r.needles.matches(needle, r.buf[start:]) {
		return
	}
	r.flush(place - r.reach)
	f := found{start, needle}
	i := len(r.found)
	r.found = append(r.found, f)
	for ; i > r.head && r.found[i-1].after(f); i-- {
		r.found[i] = r.found[i-1]
	}
	r.found[i] = f
}

func (f found) after(g found) bool {
	return f.start > g.start || f.start == g.start && f.needle > g.needle
}

// flush emits what begins before the offset: no more can be found there.
func (r *run) flush(before int) {
	for r.head < len(r.found) && r.found[r.head].start < before {
		f := r.found[r.head]
		r.head++
		for _, o := range r.needles.ownersOf(f.needle) {
			r.emit(Hit{
				Offset:   r.base + int64(f.start),
				Length:   int32(r.needles.length(f.needle)),
				Needle:   f.needle,
				Term:     o.term,
				Variant:  o.variant(),
				Encoding: o.encoding(),
			})
		}
	}
	if r.head > len(r.found)/2 {
		r.found = append(r.found[:0], r.found[r.head:]...)
		r.head = 0
	}
}
