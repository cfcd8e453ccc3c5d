package extract

import (
	"bytes"
	"context"
	"fmt"
	"io"
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
	}
	if t.container != nil && t.content != nil {
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

// descend visits the members of a container, several at once but in order, then its slack.
func (w *walker) descend(t *task) {
	a := t.artifact
	var src Source
	if t.content != nil {
		src = t.content.src
	}
	c := &claims{}
	shares := newShares(a, src)
	numbers := map[string]int{}
	window := 4*w.Workers + 4
	var pending []*task
	next := func() {
		w.finish(pending[0], c)
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
			if pending = append(pending, w.start(child, m, src)); len(pending) >= window {
				next()
			}
		}
	}()
	for len(pending) > 0 {
		next()
	}
	c.claim(structure, t.container.Structure())
	if src == nil {
		a.Size = shares.size
	}
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

// slack searches the bytes of a container that nobody claims, apart from zeros, as an artefact of its own.
// With lost, they may belong to a member.
func (w *walker) slack(t *task, src Source, free []Extent, lost bool, shares *shares) Ledger {
	a, size := t.artifact, total(free)
	used, unread := nonZero(w.ctx, src, free)
	found := total(used)
	zeros := Ledger{Size: size - found - unread, Structure: size - found - unread}
	zeros.Add(Ledger{Size: unread, Unopened: unread})
	if unread > 0 {
		a.Problems = append(a.Problems, &Unopened{Extent: Extent{Size: unread}, Reason: ReasonDamaged, Detail: "unclaimed bytes cannot be read"})
	}
	if len(used) == 0 {
		return zeros
	}
	search := func(name string, extents []Extent, whole bool) {
		m := &Member{Name: name, Size: total(extents), Extents: extents}
		if whole {
			m.Open = func(context.Context) (Source, error) { return Concat(src, extents), nil }
		} else { // what the container did not tell of may lie here in a form that a search does not see
			m.Problem = Damaged(0, "the container could not be read whole; its unclaimed bytes were searched as they are")
		}
		child := &Artifact{Parent: a, Name: name, Path: chain(a.Path, name, 1), Depth: a.Depth + 1, Slack: extents, share: shares.of(m)}
		w.finish(w.start(child, m, src), &claims{})
		if w.stop == nil {
			zeros.Add(child.Ledger.scale(m.Size))
		} else {
			zeros.Add(Ledger{Size: m.Size, Unopened: m.Size})
		}
	}
	known, rest := w.recognise(t, src, used)
	for _, e := range known {
		search(fmt.Sprintf("(slack at %d)", e.Offset), []Extent{e}, true)
	}
	if len(rest) > 0 {
		search(SlackName, rest, !t.partial && !lost)
	}
	return zeros
}

// maxCarved bounds how many containers are picked out of the slack of one.
const maxCarved = 1000

// maxLooks bounds how many magics in the slack of one container are looked at and turn out to be none. Chance makes a few in a GiB.
const maxLooks = 20_000

// recognise picks the parts of slack that begin like a container: one that was left behind, or hidden, between others. Each reaches to the end of its run;
// what follows the container in it is that container's own slack.
func (w *walker) recognise(t *task, src Source, extents []Extent) (known, rest []Extent) {
	whole := len(extents) == 1 && extents[0].Offset == 0 // has been looked at as what it is
	looks := 0
	for _, e := range extents {
		at := int64(-1)
		if len(known) < maxCarved && looks < maxLooks {
			at = w.carve(src, e, whole, &looks)
			if looks == maxLooks {
				t.partial = true
				t.problem(&LimitError{"looks", maxLooks, fmt.Sprintf("unclaimed bytes behind offset %d are full of what looks like the beginning of a container and is none", e.Offset)})
			}
		}
		if at < 0 {
			rest = append(rest, e)
			continue
		}
		if at > e.Offset {
			rest = append(rest, Extent{e.Offset, at - e.Offset})
		}
		known = append(known, Extent{at, e.End() - at})
	}
	return known, rest
}

// carve returns the offset of the first container in a run of slack, -1 if there is none: of any format at its beginning, of one with a magic behind it.
// It adds to looks what turned out to be none.
func (w *walker) carve(src Source, e Extent, whole bool, looks *int) int64 {
	if !whole && w.isContainer(Section(src, e), w.Formats) {
		return e.Offset
	}
	const overlap = 16
	buf := make([]byte, 256<<10)
	for off := e.Offset + 1; off < e.End() && w.ctx.Err() == nil; off += int64(len(buf)) - overlap {
		n, _ := src.ReadAt(buf[:min(int64(len(buf)), e.End()-off)], off)
		first := int64(-1)
		for _, f := range w.Formats {
			if f.Magic == "" {
				continue
			}
			for i := 0; i < n; i++ {
				k := bytes.Index(buf[i:n], []byte(f.Magic))
				if k < 0 || first >= 0 && off+int64(i+k) >= first {
					break
				}
				i += k
				if at := off + int64(i); w.isContainer(Section(src, Extent{at, e.End() - at}), []Format{f}) {
					first = at
				} else if *looks++; *looks == maxLooks {
					return -1
				}
			}
		}
		if first >= 0 {
			return first
		}
	}
	return -1
}

// isContainer tells whether one of the formats takes a Source for its own.
func (w *walker) isContainer(src Source, formats []Format) (yes bool) {
	defer func() {
		if recover() != nil { // a fault of a format's Detect: the bytes are searched as they are
			yes = false
		}
	}()
	p := NewProbe(src, "", w.Budget)
	for _, f := range formats {
		if f.Detect(p) {
			return true
		}
	}
	return false
}

// slackBlock is the grain at which zeros are told from slack.
const slackBlock = 4096

// nonZero finds the blocks of the extents that hold anything but zeros, merged, and how many bytes cannot be read.
func nonZero(ctx context.Context, src Source, extents []Extent) (used []Extent, unread int64) {
	sp, _ := src.(Sparse)
	known, _ := src.(ZeroKeeper)
	buf := make([]byte, 64*slackBlock)
	for _, e := range extents {
		for off := e.Offset; off < e.End(); {
			if sp != nil {
				start, _ := sp.NextData(off)
				if off = max(off, start); off >= e.End() {
					break
				}
			}
			n := int(min(int64(len(buf)), e.End()-off))
			if known != nil && known.KnownZeros(off, int64(n)) {
				off += int64(n)
				continue
			}
			m, err := src.ReadAt(buf[:n], off)
			if m < n && err == nil {
				err = io.ErrUnexpectedEOF
			}
			used = appendNonZero(used, buf[:m], off)
			off += int64(m)
			if m < n {
				c := Content{src: src}
				next := c.skip(off, e.End(), err)
				unread += next - off
				off = next
			}
			if ctx.Err() != nil {
				return used, unread + e.End() - off
			}
		}
	}
	return used, unread
}

func appendNonZero(used []Extent, data []byte, off int64) []Extent {
	for i := 0; i < len(data); i += slackBlock {
		block := data[i:min(i+slackBlock, len(data))]
		if len(bytes.TrimLeft(block, "\x00")) == 0 {
			continue
		}
		at := off + int64(i)
		if k := len(used) - 1; k >= 0 && used[k].End() == at {
			used[k].Size += int64(len(block))
			continue
		}
		used = append(used, Extent{at, int64(len(block))})
	}
	return used
}

// shares divides the progress that a container stands for among its members.
type shares struct {
	factor float64
	size   int64 // where the last member ends, for a folder
	folder bool
}

func newShares(a *Artifact, src Source) *shares {
	if src == nil {
		return &shares{factor: 1, folder: true}
	}
	return &shares{factor: a.share / float64(max(1, a.Size))}
}

func (s *shares) of(m *Member) float64 {
	var n int64
	for _, e := range m.Extents {
		n += e.Size
		s.size = max(s.size, e.End())
	}
	return float64(n) * s.factor
}

func byteReader(b []byte) io.Reader { return bytes.NewReader(b) }

func containsLast(tail []byte, magic string) bool { return bytes.LastIndex(tail, []byte(magic)) >= 0 }
