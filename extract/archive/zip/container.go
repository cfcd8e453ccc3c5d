package zip

import (
	"context"
	"iter"
	"slices"
	"sync"

	"github.com/censorscan/censorscan/extract"
)

// container is an opened zip archive.
type container struct {
	in     *extract.Input
	dir    *directory // nil when there is none
	claims claims
	shared int64     // bytes of members that lie within others, and of those looked at to find out
	pool   sync.Pool // of *inflater
}

func (c *container) Close() error { return nil }

// Structure gives headers, descriptors and signatures. Comments and extra fields that nobody has defined are not in it: they may hold text.
func (c *container) Structure() []extract.Extent {
	all := slices.Clone(c.claims)
	if c.dir != nil {
		all = append(all, c.dir.fixed...)
	}
	return all
}

type yieldFunc func(*extract.Member, error) bool

// Members gives the entries of the central directory in the order of their bytes, and between them those whose local headers stand where no
// entry of the directory lies: removed or hidden ones, and those of a directory that is damaged or missing.
func (c *container) Members(ctx context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		c.claims, c.shared = nil, 0
		w := &walk{c: c, ctx: ctx, yield: yield}
		w.run()
	}
}

// walk is one iteration over the members.
type walk struct {
	c     *container
	ctx   context.Context
	yield yieldFunc
	at    int64 // bytes before it are seen
	gaps  *scanner
}

func (w *walk) run() {
	size := w.c.in.Size()
	w.gaps = &scanner{in: w.c.in}
	d := w.c.dir
	if d == nil {
		if w.yield(nil, extract.Damaged(size, "no central directory: entries are found by their local headers, others may be missing")) {
			w.salvage(0, size)
		}
		return
	}
	for _, err := range d.problems {
		if !w.yield(nil, err) {
			return
		}
	}
	for _, r := range d.order {
		e, _, _ := parseCentral(d.data[r.record:])
		e.header = r.header
		if !w.gap(min(e.header, size)) || !w.entry(&e, size) {
			return
		}
	}
	w.gap(size)
}

// gap looks for entries from where the walk stands to hi, the directory and the end records left out.
func (w *walk) gap(hi int64) bool {
	for _, e := range w.c.dir.regions {
		if e.End() <= w.at || e.Offset >= hi {
			continue
		}
		if !w.salvage(w.at, e.Offset) {
			return false
		}
		w.at = max(w.at, e.End())
	}
	return w.salvage(w.at, hi)
}

// entry yields one entry whose bytes end at hi at the latest.
func (w *walk) entry(e *entry, hi int64) bool {
	if err := w.ctx.Err(); err != nil {
		w.yield(nil, err)
		return false
	}
	m, end, notes := w.c.member(e, w.at, hi)
	w.at = max(w.at, end)
	for _, n := range notes {
		if !w.yield(nil, n) {
			return false
		}
	}
	return m == nil || w.yield(m, nil)
}
