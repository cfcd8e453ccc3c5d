package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
)

// Passing is a Source that is decoded as it is read: its end is not known, and Size decodes all of it.
type Passing interface {
	Source
	// Reach gives off, or the size if that is less, and decodes no further than off.
	Reach(off int64) int64
}

// Reach gives off, or the size of a Source if that is less.
func Reach(src Source, off int64) int64 {
	if p, ok := src.(Passing); ok {
		return p.Reach(off)
	}
	return min(off, src.Size())
}

// passWindow is how much of a stream that passes is kept behind the furthest byte that was read, passAhead how many chunks are decoded before anybody wants them.
const (
	passWindow = 4 << 20
	passAhead  = 4
)

// passMemory is what a stream that passes takes for both, in bytes.
const passMemory = passWindow + (passAhead+3)*spoolChunk

// pass is a long stream as a Source for a format that reads it from its beginning to its end. What members need longer than that is kept apart. Whoever
// asks for something that is gone by has the whole stream spooled.
type pass struct {
	parent context.Context
	ctx    context.Context // of the decoder
	cancel context.CancelFunc
	budget *Budget
	reopen func(context.Context) (io.ReadCloser, error)
	before []Extent // where its raw bytes lie as far as is known before it is read

	mu     sync.Mutex
	chunks [][]byte     // the last ones that were decoded
	start  int64        // offset of chunks[0]
	end    atomic.Int64 // offset behind the last
	ended  bool         // the stream has no more
	err    error        // why it ended, nil for its end
	whole  Source       // all of the stream, once something was wanted that was gone by
	ahead  chan decoded
	free   chan []byte

	keepMu  sync.RWMutex // of all that is kept
	kept    []*keep
	scratch []byte
}

// decoded is a chunk of a stream, or how it ended.
type decoded struct {
	data []byte
	err  error
}

// pass reads a stream, of which the beginning is decoded, as it is asked for. It fails when there is no memory to do so. The stream is closed with it.
func (b *Budget) pass(ctx context.Context, prefix []byte, rest io.ReadCloser, reopen func(context.Context) (io.ReadCloser, error)) (*pass, bool) {
	if !b.reserve(passMemory, 0) {
		return nil, false
	}
	p := &pass{parent: ctx, budget: b, reopen: reopen, ahead: make(chan decoded, passAhead), free: make(chan []byte, passAhead), scratch: make([]byte, spoolChunk)}
	p.ctx, p.cancel = context.WithCancel(ctx)
	for len(prefix) > 0 { // a chunk at a time can go
		n := min(len(prefix), spoolChunk)
		p.chunks, prefix = append(p.chunks, prefix[:n:n]), prefix[n:]
		p.end.Add(int64(n))
	}
	go p.decode(rest)
	return p, true
}

// decode runs ahead of those who read.
func (p *pass) decode(r io.ReadCloser) {
	defer close(p.ahead)
	defer r.Close()
	for {
		var buf []byte
		select {
		case buf = <-p.free:
		default:
			buf = make([]byte, spoolChunk)
		}
		n, err := readSafely(r, buf)
		select {
		case p.ahead <- decoded{buf[:n], err}:
		case <-p.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// readSafely is readChunk, to which a fault of a decoder is damage.
func readSafely(r io.Reader, buf []byte) (n int, err error) {
	defer func() {
		if f := recover(); f != nil {
			n, err = 0, fmt.Errorf("internal error: %v", f)
		}
	}()
	return readChunk(r, buf)
}

// pull takes the next chunk and lets the oldest go. The caller holds mu.
func (p *pass) pull() {
	d, ok := <-p.ahead
	if !ok {
		d.err = context.Cause(p.ctx)
	}
	if len(d.data) > 0 {
		p.chunks = append(p.chunks, d.data)
	}
	end := p.end.Add(int64(len(d.data)))
	if p.ended = d.err != nil; p.ended && d.err != io.EOF {
		p.err = d.err
	}
	for len(p.chunks) > 1 && end-p.start-int64(len(p.chunks[0])) >= passWindow {
		old := p.chunks[0]
		p.start += int64(len(old))
		p.chunks[0] = nil
		p.chunks = p.chunks[1:]
		if cap(old) == spoolChunk {
			select {
			case p.free <- old[:spoolChunk]:
			default:
			}
		}
	}
}

// Reach implements Passing.
func (p *pass) Reach(off int64) int64 {
	if off <= p.end.Load() {
		return off
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.end.Load() < off && !p.ended {
		p.pull()
	}
	return min(off, p.end.Load())
}

// Size is the length in bytes, for which the stream is decoded to its end.
func (p *pass) Size() int64 { return p.Reach(1 << 62) }

// broken is why the stream ended, as far as it was decoded, nil for its end.
func (p *pass) broken() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// ReadAt implements io.ReaderAt.
func (p *pass) ReadAt(buf []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	for n < len(buf) && err == nil {
		var m int
		if m, err = p.readKept(buf[n:], off+int64(n)); m == 0 && err == nil {
			m, err = p.read(buf[n:], off+int64(n))
		}
		n += m
	}
	return n, err
}

// read gives some bytes at off.
func (p *pass) read(buf []byte, off int64) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.whole == nil && off < p.start {
		if err := p.spoolWhole(); err != nil {
			return 0, err
		}
	}
	if p.whole != nil {
		return p.whole.ReadAt(buf, off)
	}
	for p.end.Load() <= off {
		if p.ended {
			return 0, io.EOF
		}
		p.pull()
	}
	at := p.start
	for _, c := range p.chunks {
		if off < at+int64(len(c)) {
			return copy(buf, c[off-at:]), nil
		}
		at += int64(len(c))
	}
	panic("a stream's window has a hole")
}

// spoolWhole makes all of the stream a Source that is read in any order. It decodes again what is gone by. The caller holds mu.
func (p *pass) spoolWhole() error {
	var r io.Reader = &undelivered{pass: p, chunks: p.chunks}
	if p.start > 0 {
		p.stop()
		again, err := p.reopen(p.parent)
		if err != nil {
			p.ended, p.err = true, err
			return err
		}
		defer again.Close()
		r = again
	}
	p.chunks = nil
	p.whole, p.err = p.budget.Spool(p.parent, r)
	p.ended = true
	p.end.Store(p.whole.Size())
	return nil
}

// undelivered is a stream of which nothing is gone by, from its beginning.
type undelivered struct {
	pass   *pass
	chunks [][]byte
}

func (u *undelivered) Read(buf []byte) (int, error) {
	for len(u.chunks) == 0 {
		if u.pass.ended {
			if u.pass.err != nil {
				return 0, u.pass.err
			}
			return 0, io.EOF
		}
		d, ok := <-u.pass.ahead
		if !ok {
			d.err = context.Cause(u.pass.ctx)
		}
		if u.pass.ended = d.err != nil; u.pass.ended && d.err != io.EOF {
			u.pass.err = d.err
		}
		if len(d.data) > 0 {
			u.chunks = append(u.chunks, d.data)
		}
	}
	n := copy(buf, u.chunks[0])
	if u.chunks[0] = u.chunks[0][n:]; len(u.chunks[0]) == 0 {
		u.chunks = u.chunks[1:]
	}
	return n, nil
}

// all has the stream spooled whole, for who will read it more than once.
func (p *pass) all() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.whole != nil {
		return nil
	}
	return p.spoolWhole()
}

// stop ends the decoder.
func (p *pass) stop() {
	p.cancel()
	for range p.ahead {
	}
}

// Close frees all that is held.
func (p *pass) Close() error {
	p.stop()
	for _, k := range p.kept {
		k.spool.Close()
	}
	p.kept, p.chunks = nil, nil
	p.budget.release(passMemory)
	if c, ok := p.whole.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// keep is a part of a stream that is held after it is gone by.
type keep struct {
	spool *spool
	runs  []keptRun // ascending
	small int64     // bytes that count as those of a small member
	stays bool      // until the stream is closed
}

// keptRun is where a run of the stream lies in the spool.
type keptRun struct {
	Extent
	at int64
}

// newKeep makes a keep without anything in it. Spare is how much memory it leaves to others, in bytes.
func (p *pass) newKeep(spare int64) *keep {
	k := &keep{spool: &spool{budget: p.budget, spare: spare}}
	p.keepMu.Lock()
	p.kept = append(p.kept, k)
	p.keepMu.Unlock()
	return k
}

// keep holds runs of the stream, at or ahead of where it stands, and gives how many bytes of them there are. Only the walker's own goroutine calls it.
func (p *pass) keep(k *keep, extents []Extent) (got int64, err error) {
	for _, e := range extents {
		run := keptRun{Extent{e.Offset, 0}, k.spool.size}
		for run.Size < e.Size && err == nil {
			buf := p.scratch[:min(e.Size-run.Size, int64(len(p.scratch)))]
			var n int
			if n, err = p.ReadAt(buf, run.End()); n == len(buf) || err == io.EOF {
				err = nil
			}
			p.keepMu.Lock()
			werr := k.spool.write(buf[:n])
			p.keepMu.Unlock()
			if werr != nil {
				return got, werr
			}
			run.Size += int64(n)
			got += int64(n)
			if n < len(buf) {
				break
			}
		}
		if run.Size > 0 {
			p.keepMu.Lock()
			k.runs = append(k.runs, run)
			p.keepMu.Unlock()
		}
		if err != nil || run.Size < e.Size {
			return got, err
		}
	}
	return got, nil
}

// drop frees what was kept.
func (p *pass) drop(k *keep) {
	p.keepMu.Lock()
	defer p.keepMu.Unlock()
	p.kept = slices.DeleteFunc(p.kept, func(o *keep) bool { return o == k })
	k.spool.Close()
}

// stays tells whether the byte at off can be read until the stream is closed.
func (p *pass) stays(off int64) bool {
	p.mu.Lock()
	whole := p.whole != nil
	p.mu.Unlock()
	p.keepMu.RLock()
	defer p.keepMu.RUnlock()
	return whole || slices.ContainsFunc(p.kept, func(k *keep) bool { return k.stays && k.find(off) != nil })
}

// find gives the run that the byte at off is in, nil if it is in none.
func (k *keep) find(off int64) *keptRun {
	i := sort.Search(len(k.runs), func(i int) bool { return k.runs[i].End() > off })
	if i == len(k.runs) || k.runs[i].Offset > off {
		return nil
	}
	return &k.runs[i]
}

// readKept gives some bytes at off if they are kept.
func (p *pass) readKept(buf []byte, off int64) (int, error) {
	p.keepMu.RLock()
	defer p.keepMu.RUnlock()
	for _, k := range p.kept {
		if r := k.find(off); r != nil {
			return k.spool.ReadAt(buf[:min(int64(len(buf)), r.End()-off)], r.at+off-r.Offset)
		}
	}
	return 0, nil
}
