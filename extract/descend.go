package extract

import (
	"context"
	"fmt"
	"math"
	"strings"
)

// finish waits for an artefact's worker and then, in walk order, visits what the artefact contains and settles its account.
func (w *walker) finish(t *task, parent *claims) {
	<-t.done
	if w.stop != nil { // begun ahead of what ended the walk: as if it never was, so that the result does not depend on the workers
		t.discard()
		return
	}
	a := t.artifact
	if t.err != nil {
		w.halt(t.err)
	}
	a.ID = w.visited
	w.visited++
	w.Budget.artifacts.Add(1)
	if w.Enter != nil {
		w.Enter(a)
	}
	if t.container != nil {
		w.descend(t)
		if t.siblings != nil {
			t.siblings.close()
		}
		if err := t.container.Close(); err != nil {
			t.problem(err)
		}
	} else {
		a.Ledger = t.ledger
		if t.content != nil {
			w.Budget.out.Add(t.content.delivered)
		}
		w.advance(a)
		w.enterEmbedded(t)
	}
	if (t.container != nil || len(t.embedded) > 0) && t.content != nil {
		t.content.close()
	}
	for _, u := range a.Problems {
		w.coverage.note(a, u)
	}
	if a.Partition {
		w.coverage.Partitions = append(w.coverage.Partitions, PartitionCoverage{a.Path, a.Ledger})
	}
	parent.add(a.Ledger, t.member.Extents)
	if a.Mode.IsRegular() && len(a.Problems) > 0 && total(t.member.Extents) == 0 {
		parent.lost = true
	}
	if w.Leave != nil {
		w.Leave(a, t.result)
	}
	w.xattrs(a)
	if l := w.Budget.limits; w.stop == nil {
		switch {
		case w.Budget.out.Load() > l.BytesOut:
			w.halt(&LimitError{"bytes-out", l.BytesOut, "reached at " + a.Path})
		case w.Budget.artifacts.Load() >= l.Artifacts:
			w.halt(&LimitError{"artifacts", l.Artifacts, "reached at " + a.Path})
		case w.ctx.Err() != nil:
			w.halt(context.Cause(w.ctx))
		}
	}
}

// xattrs searches the extended attributes of an artefact, which its container counts as structure. Those of the security namespace are labels of the
// system's own.
func (w *walker) xattrs(a *Artifact) {
	for _, x := range a.Xattrs {
		if w.stop != nil || strings.HasPrefix(x.Name, "security.") {
			continue
		}
		name := "(xattr " + x.Name + ")"
		child := &Artifact{Parent: a, Name: name, Path: chain(a.Path, name, 1), Depth: a.Depth + 1}
		m := &Member{Name: name, Size: int64(len(x.Value)), Open: func(context.Context) (Source, error) { return BytesSource(x.Value), nil }}
		w.finish(w.start(child, m, nil), &claims{})
	}
}

// discard frees what a task holds.
func (t *task) discard() {
	if t.container != nil {
		t.container.Close()
	}
	if t.content != nil {
		t.content.close()
	}
}

// halt ends the walk: containers yield no more members, workers stop reading.
func (w *walker) halt(err error) {
	w.stop = err
	w.cancel(err)
}

func (w *walker) advance(a *Artifact) {
	w.done += a.share
	if w.Progress != nil {
		w.Progress(Progress{int64(w.done), a.Path})
	}
}

// enough tells whether no more members are to be begun: those that are not read yet and those that were opened, which hold tables and streams, are few, but
// others may wait in a longer line, so that a large member does not keep the workers from those behind it.
func (w *walker) enough(pending []*task) bool {
	window := 4*w.Workers + 4
	if len(pending) < window {
		return false
	}
	held := 0
	for _, t := range pending {
		select {
		case <-t.done:
			if t.container != nil {
				held++
			}
		default:
			held++
		}
	}
	return held >= window || len(pending) >= 8*window
}

// descend visits the members of a container, several at once but in order, then its slack.
func (w *walker) descend(t *task) {
	a := t.artifact
	var src Source
	if t.content != nil {
		src = t.content.src
	}
	c := &claims{}
	shares := newShares(a, src, t.content)
	numbers := map[string]int{}
	carry := carrier{walker: w}
	carry.pass, _ = src.(*pass)
	var pending []*task
	next := func() {
		w.finish(pending[0], c)
		carry.drop(pending[0])
		pending = pending[1:]
	}
	func() {
		defer func() {
			if p := recover(); p != nil {
				w.partProblem(t, c, fmt.Errorf("internal error: %v", p))
			}
		}()
		for m, err := range w.members(t) {
			if w.stop != nil || w.ctx.Err() != nil {
				break
			}
			if err != nil {
				w.partProblem(t, c, err)
				continue
			}
			numbers[m.Name]++
			child := &Artifact{Parent: a, Name: m.Name, Path: chain(a.Path, m.Name, numbers[m.Name]), Depth: a.Depth + 1, share: shares.of(m)}
			for len(pending) > 0 && !carry.room(m) {
				next()
			}
			if w.stop != nil {
				break
			}
			kept, m := carry.take(child, m)
			started := w.start(child, m, src)
			started.kept = kept
			pending = append(pending, started)
			for w.enough(pending) {
				select {
				case <-pending[0].done:
					next()
				case <-w.ended:
				}
			}
		}
	}()
	for len(pending) > 0 {
		next()
	}
	switch {
	case src == nil:
		a.Size = shares.size
	case carry.pass != nil:
		w.passed(t, carry.pass, c)
	}
	c.claim(structure, t.container.Structure())
	w.settle(t, c, src, shares)
}

// partProblem records a part of a container that no member stands for.
func (w *walker) partProblem(t *task, c *claims, err error) {
	a, u := t.artifact, *AsUnopened(err)
	if u.Name != "" {
		u.Detail = escapeName(u.Name) + ": " + u.Detail
	}
	a.Problems = append(a.Problems, &u)
	if u.Extent.Size > 0 {
		c.add(Ledger{Size: u.Extent.Size, Unopened: u.Extent.Size}, []Extent{u.Extent})
	} else {
		t.partial = true
	}
}

// settle divides the container's bytes up and searches what nobody claimed.
func (w *walker) settle(t *task, c *claims, src Source, shares *shares) {
	a := t.artifact
	ledger, free := c.settle(a.Size)
	left := a.Size - ledger.Size
	if t.content != nil {
		for _, u := range t.content.bad { // the end of a stream that broke
			ledger.Add(Ledger{Size: u.Extent.Size, Unopened: u.Extent.Size})
			a.Size += u.Extent.Size
		}
	}
	switch {
	case left == 0:
	case w.stop != nil:
		u := *AsUnopened(stopped(w.stop))
		u.Extent = Extent{Size: left}
		a.Problems = append(a.Problems, &u)
		ledger.Add(Ledger{Size: left, Unopened: left})
	case src == nil || w.NoSlack:
		ledger.Add(Ledger{Size: left, Structure: left})
	default:
		ledger.Add(w.slack(t, src, free, c.lost, shares))
	}
	a.Ledger = ledger
}

// shares divides the progress that a container stands for among its members.
type shares struct {
	factor float64
	left   float64
	size   int64 // where the last member ends, for a folder
}

func newShares(a *Artifact, src Source, c *Content) *shares {
	if src == nil {
		return &shares{factor: 1, left: math.Inf(1)}
	}
	size := a.Size
	if size < 0 { // not known until it was read
		size = 3 * c.raw
	}
	return &shares{factor: a.share / float64(max(1, size)), left: a.share}
}

func (s *shares) of(m *Member) float64 {
	var n int64
	for _, e := range m.Extents {
		n += e.Size
		s.size = max(s.size, e.End())
	}
	share := min(float64(n)*s.factor, s.left)
	s.left -= share
	return share
}
