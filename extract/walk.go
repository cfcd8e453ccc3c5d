package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
)

// Progress is how far a walk has come.
type Progress struct {
	Done int64  // bytes of the input that are accounted for
	Path string // artefact that was finished last
}

// Options say how to walk a tree of artefacts.
type Options struct {
	Formats     []Format
	Joiners     []Joiner
	Budget      *Budget
	Workers     int  // artefacts opened and read at once; 0 is one per core
	CheckHashes bool // verify the hashes that containers carry
	NoSlack     bool // leave out what no member claims, for a mere listing

	// Opaque has all that no format opens measured as Pieces reads it: bytes that look compressed or encrypted count as unopened, unless one of Media
	// accounts for them or they hold a container, which is then entered.
	Opaque bool
	Media  []Medium

	// Exclude says which artefacts to leave out; it is asked before one is opened and again once the format of a container is known. Include, if it is set,
	// says which of those that hold no others to search. What they leave out is unopened in the coverage. Both are called by several goroutines.
	Exclude func(a *Artifact) bool
	Include func(a *Artifact) bool

	// Content is called for every regular artefact, by several goroutines at once; container says whether it was opened as one. An artefact that is
	// none has to be read through Pieces to count as searched. What it returns goes to Leave. An error of its own ends the walk.
	Content func(ctx context.Context, a *Artifact, container bool, c *Content) (any, error)
	// Enter is called for every artefact in walk order, parents first, before its members; Leave after its members, when its ledger is complete. Both
	// are called by one goroutine. Nil functions are not called.
	Enter func(a *Artifact)
	Leave func(a *Artifact, result any)
	// Progress is called by the same goroutine now and then.
	Progress func(Progress)
}

// Walk visits the tree below root. Whatever cannot be opened is in the Coverage; the error is that of the context, of a limit that ended the walk as a
// whole, or of Options.Content. The Coverage is complete for what was visited in every case.
func Walk(ctx context.Context, root *Root, opts Options) (*Coverage, error) {
	if opts.Workers <= 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	if t := opts.Budget.limits.Time; t > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, opts.Budget.deadline, &LimitError{"time", int64(t.Seconds()), "seconds are over"})
		defer cancel()
	}
	w := &walker{Options: opts, slots: make(chan struct{}, opts.Workers), ended: make(chan struct{}, 1), signs: newSigns(opts.Media, opts.Formats)}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	defer w.cancel(nil)

	t := w.start(&Artifact{Name: root.Name, Path: chain("", root.Name, 1), share: float64(root.Size())}, root.member(), nil)
	w.finish(t, &claims{})
	w.coverage.Ledger = t.artifact.Ledger
	return &w.coverage, w.stop
}

type walker struct {
	Options
	ctx      context.Context
	cancel   context.CancelCauseFunc
	slots    chan struct{} // one per worker
	ended    chan struct{} // holds something once a worker has come to an end since one last looked
	signs    *signs
	buffers  sync.Pool
	coverage Coverage
	visited  int
	done     float64
	stop     error // why the walk ends early
}

// task is the work on one artefact that a worker does on its own.
type task struct {
	artifact  *Artifact
	member    *Member
	parent    Source // the container's bytes, nil for a folder
	done      chan struct{}
	content   *Content
	container Container
	ledger    Ledger
	joins     bool // sets among the container's members are joined
	siblings  *Siblings
	embedded  []Extent // containers among the bytes of an artefact that is none
	partial   bool     // the container did not tell of all that is in it
	kept      *keep    // what of a stream that passes is held for it
	result    any
	err       error
}

// start hands an artefact to a worker.
func (w *walker) start(a *Artifact, m *Member, parent Source) *task {
	a.Mode, a.Size, a.Link, a.Device, a.Xattrs, a.Partition = m.Mode, m.Size, m.Link, m.Device, m.Xattrs, m.Partition
	a.PartOf = m.partOf
	t := &task{artifact: a, member: m, parent: parent, done: make(chan struct{})}
	if !m.Mode.IsRegular() && m.dir == nil || m.partOf != "" {
		close(t.done)
		return t
	}
	go func() {
		w.slots <- struct{}{}
		defer func() {
			<-w.slots
			close(t.done)
			select {
			case w.ended <- struct{}{}:
			default:
			}
		}()
		w.work(t)
	}()
	return t
}

// work opens an artefact and, unless it is a container, reads it.
func (w *walker) work(t *task) {
	defer func() {
		if p := recover(); p != nil { // a fault of ours must not lose the siblings
			t.artifact.Problems = append(t.artifact.Problems, &Unopened{Reason: ReasonDamaged, Detail: fmt.Sprintf("internal error: %v", p)})
			t.discard()
			t.container = nil
			t.ledger = Ledger{Size: max(0, t.artifact.Size), Unopened: max(0, t.artifact.Size)}
		}
	}()
	if t.member.dir != nil {
		t.container = t.member.dir
		t.artifact.Opened, t.artifact.Format = true, "directory"
		t.joins = true
		return
	}
	var err error
	switch {
	case w.ctx.Err() != nil:
		err = stopped(context.Cause(w.ctx))
	case w.Exclude != nil && w.Exclude(t.artifact):
		w.leaveOut(t)
		return
	default:
		err = w.open(t)
	}
	if err != nil {
		t.problem(err)
		w.readRaw(t)
		return
	}
	w.detect(t)
	if t.err == nil && t.container == nil && w.hiddenTail(t) {
		w.detect(t)
	}
	if t.container == nil && len(t.embedded) == 0 {
		t.content.close()
	}
}

// leaveOut accounts for an artefact that the user does not want.
func (w *walker) leaveOut(t *task) {
	a := t.artifact
	switch {
	case t.content != nil && t.content.src != nil:
		a.Size = t.content.src.Size()
	case a.Size < 0:
		a.Size = total(t.member.Extents)
	}
	t.ledger = Ledger{Size: a.Size, Unopened: a.Size}
	t.problem(&Unopened{Reason: ReasonExcluded, Detail: "left out as asked"})
	t.sizeProblem()
}

// open makes the member's bytes available: whole, or the beginning of a long stream.
func (w *walker) open(t *task) error {
	m := t.member
	c := &Content{budget: w.Budget, buffers: &w.buffers, size: m.Size, raw: total(m.Extents)}
	switch {
	case m.Problem != nil:
		return m.Problem
	case m.Open != nil:
		src, err := m.Open(w.ctx)
		if err != nil {
			return err
		}
		c.src = src
		t.content = c
		return nil
	case m.Stream == nil:
		return errors.New("nothing to open")
	}
	r, err := m.Stream(w.ctx)
	if err != nil {
		return err
	}
	c.reopen = m.Stream
	prefix, err := readPrefix(r, m.Size)
	switch {
	case err == nil:
		c.prefix, c.rest = prefix, r
		t.content = c
		return nil
	case err != io.EOF && len(prefix) == 0:
		r.Close()
		return err
	case err != io.EOF:
		c.err = err
	}
	c.src = BytesSource(prefix)
	t.content = c
	return r.Close()
}

// readPrefix reads the beginning of a stream; the error is io.EOF when that is all of it, nil when more follows.
func readPrefix(r io.Reader, size int64) ([]byte, error) {
	if size < 0 || size > prefixSize {
		size = 64 << 10
	}
	buf := make([]byte, size+1)
	for n := 0; ; {
		m, err := readChunk(r, buf[n:])
		n += m
		if err != nil || n >= prefixSize {
			return buf[:n], err
		}
		buf = append(buf, make([]byte, min(prefixSize, 3*n)-n)...)
	}
}

// detect finds the artefact's format and opens it as a container, or reads it.
func (w *walker) detect(t *task) {
	c, a := t.content, t.artifact
	var probe *Probe
	if c.src != nil {
		probe = NewProbe(c.src, a.Base(), w.Budget)
	} else {
		probe = newHeadProbe(c.prefix, a.Base(), w.Budget)
	}
	for _, f := range w.Formats {
		if !f.Detect(probe) {
			continue
		}
		deepest := a.Depth >= w.Budget.limits.Depth
		if c.src == nil && !deepest && f.Forward {
			w.pass(t)
		}
		if c.src == nil && !deepest && w.hold(c) == nil { // now that it is worth holding, its end is known too, and may say more
			w.detect(t)
			return
		}
		a.Format = f.Name
		if w.Exclude != nil && w.Exclude(a) {
			w.leaveOut(t)
			return
		}
		if c.src == nil && deepest { // nobody will go back in it
			t.problem(w.tooDeep())
			w.readThrough(t)
			return
		}
		err := w.openAs(t, f)
		if errors.Is(err, ErrNotThis) {
			a.Format = ""
			continue
		}
		if err != nil {
			t.problem(err)
			w.readRaw(t)
			return
		}
		a.Opened = true
		t.joins = f.Group == "archive"
		w.visit(t, true)
		return
	}
	if c.src != nil {
		a.Size = c.src.Size()
		if want := min(a.Size, headSize); int64(len(probe.Head())) < want { // it may be anything
			t.problem(Damaged(0, "the first %d bytes cannot be read, so its format is not known", want))
			w.readRaw(t)
			return
		}
	}
	if w.Include != nil && !w.Include(a) {
		w.leaveOut(t)
		return
	}
	if w.Opaque {
		c.meter, c.spotter = &meter{}, &spotter{formats: w.Formats, budget: w.Budget}
	}
	w.visit(t, false)
	w.judge(t)
	t.ledger = c.ledger()
	a.Size = t.ledger.Size
	a.Problems = append(a.Problems, c.bad...)
}

// openAs opens the artefact as a container of one format, spooling a stream first.
func (w *walker) openAs(t *task, f Format) error {
	c := t.content
	if err := w.hold(c); err != nil {
		return err
	}
	if t.artifact.Depth >= w.Budget.limits.Depth {
		return w.tooDeep()
	}
	p, passing := c.src.(*pass)
	if passing && !f.Forward {
		if err := p.all(); err != nil {
			return err
		}
		passing = false
	}
	if !passing {
		t.artifact.Size = c.src.Size()
	}
	var err error
	t.container, err = f.Open(w.ctx, &Input{Source: c.src, Name: t.artifact.Base(), Budget: w.Budget, CheckHashes: w.CheckHashes})
	if err != nil {
		t.container = nil
		return err
	}
	if !passing {
		t.broken()
	}
	return nil
}

func (w *walker) tooDeep() error {
	return &LimitError{"depth", int64(w.Budget.limits.Depth), "containers within containers"}
}

// broken accounts for what a container's stream lacks because it broke.
func (t *task) broken() {
	if c := t.content; c.err != nil {
		c.fail(c.lost(c.src.Size(), c.err), c.err)
		t.artifact.Problems = append(slices.Clone(c.bad), t.artifact.Problems...)
	}
}

// pass lets a stream be read as it is decoded, if there is memory to do so.
func (w *walker) pass(t *task) {
	c, before := t.content, t.member.Extents
	if p, ok := w.Budget.pass(w.ctx, c.prefix, c.rest, c.reopen); ok {
		p.before = before
		c.src, c.prefix, c.rest = p, nil, nil
	}
}

// hold makes sure that a container's bytes stay at hand within the budget while its members are read.
func (w *walker) hold(c *Content) error {
	switch src := c.src.(type) {
	case nil:
		s, err := w.Budget.Spool(w.ctx, io.MultiReader(bytes.NewReader(c.prefix), c.rest))
		c.rest.Close()
		c.prefix, c.rest = nil, nil
		c.src, c.err = s, err
	case BytesSource:
		if c.reopen == nil {
			return nil // not ours: the input itself
		}
		s, err := w.Budget.Spool(w.ctx, bytes.NewReader(src))
		if err != nil {
			s.(io.Closer).Close()
			return err
		}
		c.src, c.reopen = s, nil
	}
	return nil
}

// hiddenTail tells whether a long stream that was taken for no container ends like one (a zip with something in front) and makes it ready for
// another look.
func (w *walker) hiddenTail(t *task) bool {
	c := t.content
	if c.src != nil || !c.ended || t.artifact.Raw {
		return false
	}
	for _, f := range w.Formats {
		if f.Trailer == "" || !bytes.Contains(c.tail, []byte(f.Trailer)) {
			continue
		}
		src, err := c.Source(w.ctx)
		if err == nil && src.Size() != c.delivered {
			detail := fmt.Sprintf("it ends like %s, and only %d of its %d bytes can be held for another look", f.Name, src.Size(), c.delivered)
			err = &Unopened{Reason: ReasonLimit, Detail: detail}
		}
		if err != nil {
			t.problem(err)
			t.ledger = Ledger{Size: t.ledger.Size, Unopened: t.ledger.Size}
			t.sizeProblem()
			return false
		}
		if !f.Detect(NewProbe(src, t.artifact.Base(), w.Budget)) {
			continue
		}
		t.content = &Content{budget: w.Budget, buffers: &w.buffers, size: c.size, raw: c.raw, src: src, again: true}
		t.result, t.artifact.Problems, t.embedded = nil, nil, nil
		return true
	}
	return false
}

// visit lets the visitor have the artefact's bytes.
func (w *walker) visit(t *task, container bool) {
	if w.Content == nil {
		return
	}
	t.result, t.err = w.Content(w.ctx, t.artifact, container, t.content)
}

// readRaw searches what could not be opened as it is. That never counts as searched.
func (w *walker) readRaw(t *task) {
	a := t.artifact
	a.Raw = true
	c := t.content
	switch {
	case c != nil && c.src != nil:
	case t.parent != nil && len(t.member.Extents) > 0:
		c = &Content{budget: w.Budget, buffers: &w.buffers, src: Concat(t.parent, t.member.Extents)}
	default:
		a.Size = max(0, a.Size)
		t.ledger = Ledger{Size: a.Size, Unopened: a.Size}
		t.sizeProblem()
		return
	}
	t.content = c
	if a.Size < 0 {
		a.Size = c.src.Size()
	}
	if w.ctx.Err() == nil {
		w.visit(t, false)
	}
	if c.err != nil {
		t.problem(c.err)
		a.Size = c.src.Size() + c.lost(c.src.Size(), c.err)
	}
	t.ledger = Ledger{Size: a.Size, Unopened: a.Size}
	t.sizeProblem()
}

// readThrough is readRaw for a stream that is not held.
func (w *walker) readThrough(t *task) {
	t.artifact.Raw = true
	w.visit(t, false)
	size := t.content.ledger().Size
	t.artifact.Size = size
	t.artifact.Problems = append(t.artifact.Problems, t.content.bad...)
	t.ledger = Ledger{Size: size, Unopened: size}
	t.sizeProblem()
}

// sizeProblem gives the artefact's first problem its size in bytes.
func (t *task) sizeProblem() {
	if p := t.artifact.Problems; len(p) > 0 {
		p[0].Extent.Size = t.artifact.Size
	}
}

// problem records why the artefact is not opened.
func (t *task) problem(err error) {
	u := *AsUnopened(err)
	u.Extent.Size = 0
	t.artifact.Problems = append(t.artifact.Problems, &u)
}

// stopped turns the end of a context into a coverage record.
func stopped(err error) error {
	var l *LimitError
	if errors.As(err, &l) {
		return err
	}
	return &Unopened{Reason: ReasonInterrupted, Detail: "the run was stopped", Err: err}
}
