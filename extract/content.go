package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// prefixSize is how much of a stream is decoded into memory before it is known what it is.
const prefixSize = 8 << 20

// pieceSize is how much of an artefact is read at once.
const pieceSize = 1 << 20

// WholePiece is the size in bytes up to which an artefact that is held comes as one Piece.
const WholePiece = pieceSize / 2

// Piece is a run of an artefact's bytes. Data holds Lead bytes that the piece before it owned, then Owned bytes, then what follows them as far as the
// overlap goes: whoever looks for something takes what begins in the owned part.
type Piece struct {
	Data   []byte // valid until the visitor returns
	Offset int64  // of Data[0] in the artefact
	Lead   int
	Owned  int
}

// Content is the bytes of one artefact as a visitor gets them. It is used by one goroutine.
type Content struct {
	src    Source        // random access, or
	prefix []byte        // the beginning of a stream
	rest   io.ReadCloser // and what follows it
	err    error         // why src ends early
	size   int64         // as its container declares it, -1 when unknown
	raw    int64         // bytes that it takes up in its container

	reopen    func(context.Context) (io.ReadCloser, error) // the stream from its start
	budget    *Budget
	buffers   *sync.Pool
	delivered int64 // bytes given out by Pieces, holes not counted
	holes     int64
	bad       []*Unopened // what could not be read
	tail      []byte      // the end of a stream that was read through
	ended     bool
	again     bool
	refused   bool
	spooled   Source
	meter     *meter // nil when it is not measured
	spotter   *spotter
	dense     int64 // bytes that look compressed or encrypted
}

// Pieces reads the artefact from its beginning to its end, with overlap bytes before and after what each piece owns. Runs of zeros that the
// Source knows of are passed over. What cannot be read is left out and accounted for; only an error of visit or of the context ends the reading.
// What is held may be read again, which is accounted for afresh.
func (c *Content) Pieces(ctx context.Context, overlap int, visit func(Piece) error) error {
	if c.src == nil {
		return c.streamPieces(ctx, overlap, visit)
	}
	c.delivered, c.holes, c.bad = 0, 0, nil
	if c.meter != nil {
		c.meter = &meter{}
		c.spotter = &spotter{formats: c.spotter.formats, budget: c.budget}
	}
	if err := c.gather(); err != nil {
		return err
	}
	size := c.src.Size()
	for off := int64(0); off < size; {
		start, end := c.nextRun(off, int64(overlap))
		c.holes += start - off
		if err := c.run(ctx, start, end, overlap, visit); err != nil {
			return err
		}
		off = end
	}
	if c.err != nil {
		c.fail(c.lost(size, c.err), c.err)
	}
	return nil
}

// nextRun returns the next bytes that have to be read at or behind off: data with overlap bytes of the holes around them, so that what begins or ends
// in zeros is found. Runs that would meet are one.
func (c *Content) nextRun(off, overlap int64) (start, end int64) {
	size := c.src.Size()
	sp, ok := c.src.(Sparse)
	if !ok {
		return off, size
	}
	start, end = sp.NextData(off)
	if start >= size || end <= start {
		return size, size
	}
	for end < size {
		s, e := sp.NextData(end)
		if s >= size || e <= s || s-end > 2*overlap {
			break
		}
		end = e
	}
	return max(off, start-overlap), min(size, end+overlap)
}

// run reads [start, end) of a Source.
func (c *Content) run(ctx context.Context, start, end int64, overlap int, visit func(Piece) error) error {
	if b, ok := c.src.(BytesSource); ok { // in memory: one piece, nothing to copy
		if start == end {
			return nil
		}
		c.delivered += end - start
		c.measure(start, b[start:end])
		return visit(Piece{Data: b[start:end], Offset: start, Owned: int(end - start)})
	}
	w := c.window(overlap)
	defer w.free()
	for off := start; off < end; {
		if err := c.allowed(ctx, off, end); err != nil {
			return err
		}
		n := int(min(int64(pieceSize), end-off))
		m, err := c.src.ReadAt(w.space(n), off)
		if m == n {
			err = nil
		} else if err == nil {
			err = io.ErrUnexpectedEOF
		}
		c.measure(off, w.fresh(m))
		if err := w.push(off, m, visit); err != nil {
			return err
		}
		c.delivered += int64(m)
		off += int64(m)
		if err != nil {
			if err := w.flush(visit); err != nil {
				return err
			}
			next := c.skip(off, end, err)
			c.fail(next-off, fmt.Errorf("reading at offset %d: %w", off, err))
			off = next
		}
	}
	return w.flush(visit)
}

// measure takes bytes into the measurement of the artefact.
func (c *Content) measure(off int64, p []byte) {
	if c.meter != nil {
		c.meter.add(off, p)
		c.spotter.add(off, p)
	}
}

// skip finds where reading can go on after an error at off: behind the range that the error names, or at the next block that reads.
func (c *Content) skip(off, end int64, err error) int64 {
	var re *RangeError
	if errors.As(err, &re) && re.Extent.Offset <= off && re.Extent.End() > off {
		return min(end, re.Extent.End())
	}
	const block, tries = 4096, 4096
	var one [1]byte
	for i := 0; i < tries; i++ {
		off = min(end, (off/block+1)*block)
		if off == end {
			return end
		}
		if n, _ := c.src.ReadAt(one[:], off); n == 1 {
			return off
		}
	}
	return end
}

func (c *Content) streamPieces(ctx context.Context, overlap int, visit func(Piece) error) error {
	w := c.window(overlap)
	defer w.free()
	rest := c.rest
	c.rest = nil
	if rest == nil {
		return errors.New("a stream is read only once")
	}
	defer rest.Close()
	c.keepTail(c.prefix)
	off := int64(0)
	for prefix := c.prefix; len(prefix) > 0; {
		n := copy(w.space(min(len(prefix), pieceSize)), prefix)
		c.measure(off, w.fresh(n))
		if err := w.push(off, n, visit); err != nil {
			return err
		}
		off += int64(n)
		prefix = prefix[n:]
	}
	c.delivered = off
	for {
		if err := c.allowed(ctx, off, -1); err != nil {
			return err
		}
		n, err := readChunk(rest, w.space(pieceSize))
		c.keepTail(w.fresh(n))
		c.measure(off, w.fresh(n))
		if err := w.push(off, n, visit); err != nil {
			return err
		}
		off += int64(n)
		c.delivered = off
		if err != nil {
			if err != io.EOF {
				c.fail(c.lost(off, err), err)
			}
			c.ended = err == io.EOF
			return w.flush(visit)
		}
	}
}

// allowed says whether reading may go on at off; if not, the rest up to end is accounted for (end is -1 when unknown).
func (c *Content) allowed(ctx context.Context, off, end int64) error {
	err := context.Cause(ctx)
	if err == nil && c.delivered > c.budget.limits.BytesOut {
		err = &LimitError{"bytes-out", c.budget.limits.BytesOut, "one artefact is larger"}
	}
	if err != nil {
		left := end - off
		if end < 0 {
			left = c.lost(off, err)
		}
		c.fail(left, stopped(err))
	}
	return err
}

// Refuse accounts for all that Pieces gave out as unopened: the visitor could read the bytes but not see into them.
func (c *Content) Refuse(u *Unopened) {
	r := *u
	r.Extent.Size = c.delivered + c.holes
	c.bad = append(c.bad, &r)
	c.refused = true
}

func (c *Content) fail(size int64, err error) {
	u := *AsUnopened(err)
	u.Extent.Size = size
	c.bad = append(c.bad, &u)
}

// lost tells how many bytes are missing behind the got ones of a stream that broke with err: what its container declares, else what the place of the
// damage in the raw bytes lets expect, else as much as there is.
func (c *Content) lost(got int64, err error) int64 {
	if c.size >= 0 {
		return max(0, c.size-got)
	}
	if at := AsUnopened(err).Extent.Offset; at > 0 && at <= c.raw && got > 0 {
		return int64(min(1<<60, float64(got)*float64(c.raw-at)/float64(at)))
	}
	return max(1, got)
}

func total(extents []Extent) (n int64) {
	for _, e := range extents {
		n += e.Size
	}
	return n
}

func (c *Content) keepTail(p []byte) {
	if len(p) >= tailSize {
		c.tail = append(c.tail[:0], p[len(p)-tailSize:]...)
		return
	}
	if drop := len(c.tail) + len(p) - tailSize; drop > 0 {
		c.tail = c.tail[:copy(c.tail, c.tail[drop:])]
	}
	c.tail = append(c.tail, p...)
}

// Source gives random access to the artefact. A long stream is decoded again and spooled for it, once.
func (c *Content) Source(ctx context.Context) (Source, error) {
	if c.src != nil {
		return c.src, c.gather()
	}
	if c.spooled != nil {
		return c.spooled, nil
	}
	r, err := c.reopen(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	c.spooled, err = c.budget.Spool(ctx, r)
	if err != nil && c.spooled.Size() == 0 {
		return nil, err
	}
	return c.spooled, nil
}

// Held tells whether the artefact can be read more than once without decoding it again.
func (c *Content) Held() bool { return c.src != nil }

// Again reports whether the same bytes were visited before as those of no container: what stands at the end of a long stream told better.
func (c *Content) Again() bool { return c.again }

// source is what gives random access, nil if there is none.
func (c *Content) source() Source {
	if c == nil {
		return nil
	}
	return c.src
}

// gather spools a container that would be read as it is decoded, and only once.
func (c *Content) gather() error {
	p, ok := c.src.(*pass)
	if !ok {
		return nil
	}
	err := p.all()
	c.err = p.broken()
	return err
}

// Size is the artefact's size in bytes; of a long stream it is known once Pieces has read it. A container that would be read as it is decoded is spooled for it.
func (c *Content) Size() int64 {
	if c.src != nil {
		c.gather() // as far as it goes
		return c.src.Size()
	}
	return c.delivered
}

// close frees the bytes; the accounts stay.
func (c *Content) close() {
	for _, s := range []Source{c.src, c.spooled} {
		if cl, ok := s.(io.Closer); ok {
			cl.Close()
		}
	}
	if c.rest != nil {
		c.rest.Close()
	}
	c.src, c.spooled, c.prefix, c.rest, c.tail = nil, nil, nil, nil, nil
}

// ledger is the account of an artefact that holds no others, after Pieces.
func (c *Content) ledger() Ledger {
	l := Ledger{Searched: c.delivered + c.holes - c.dense}
	if c.refused {
		l.Searched = 0
	}
	for _, u := range c.bad {
		l.Unopened += u.Extent.Size
	}
	l.Size = l.Searched + l.Unopened
	whole := c.size
	if c.src != nil {
		whole = c.src.Size()
	}
	if whole > l.Size && !c.ended { // reading was given up
		l.Unopened += whole - l.Size
		l.Size = whole
	}
	return l
}

// window is the buffer that slides over an artefact: [lead | owned | ahead], where ahead becomes owned once more was read.
type window struct {
	buf     []byte
	pooled  *[]byte // buf as the pool keeps it
	pool    *sync.Pool
	overlap int
	offset  int64 // of buf[0]
	lead    int
	n       int // bytes in buf
}

func (c *Content) window(overlap int) *window {
	need := 2*pieceSize + 3*overlap
	buf, ok := c.buffers.Get().(*[]byte)
	if !ok || len(*buf) < need {
		b := make([]byte, need)
		buf = &b
	}
	return &window{buf: *buf, pooled: buf, pool: c.buffers, overlap: overlap}
}

func (w *window) free() { w.pool.Put(w.pooled) }

// space is where the next n bytes are to be read to.
func (w *window) space(n int) []byte { return w.buf[w.n:][:n] }

// fresh is what was just read into space.
func (w *window) fresh(n int) []byte { return w.buf[w.n:][:n] }

// push takes n bytes, read from off, out of space and visits what they complete.
func (w *window) push(off int64, n int, visit func(Piece) error) error {
	if w.n == 0 {
		w.offset = off
	}
	w.n += n
	owned := w.n - w.lead - w.overlap
	if owned < pieceSize/2 {
		return nil
	}
	return w.emit(owned, visit)
}

// flush visits what is left and starts afresh.
func (w *window) flush(visit func(Piece) error) error {
	var err error
	if owned := w.n - w.lead; owned > 0 {
		err = w.emit(owned, visit)
	}
	w.n, w.lead = 0, 0
	return err
}

func (w *window) emit(owned int, visit func(Piece) error) error {
	if err := visit(Piece{Data: w.buf[:w.n], Offset: w.offset, Lead: w.lead, Owned: owned}); err != nil {
		return err
	}
	drop := max(0, w.lead+owned-w.overlap)
	w.lead += owned - drop
	w.offset += int64(drop)
	w.n = copy(w.buf, w.buf[drop:w.n])
	return nil
}
