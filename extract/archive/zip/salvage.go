package zip

import (
	"bytes"
	"context"
	"io"

	"github.com/censorscan/censorscan/extract"
)

// scanner looks for signatures. It keeps what it read last, so looking again a few bytes further costs nothing.
type scanner struct {
	in  *extract.Input
	buf []byte
	off int64 // of buf
	mem []byte
}

const window = 256 << 10

// find gives the offset of the first of two-byte magic PK followed by one of the given endings in [pos, hi), -1 when there is none. What cannot
// be read is passed over.
func (s *scanner) find(pos, hi int64, endings ...string) int64 {
	for pos+4 <= hi {
		s.load(pos)
		b := s.buf[pos-s.off:]
		b = b[:min(int64(len(b)), hi-pos)]
		for at := 0; ; {
			i := bytes.Index(b[at:], []byte("PK"))
			if i < 0 || at+i+4 > len(b) {
				break
			}
			at += i
			for _, e := range endings {
				if string(b[at+2:at+4]) == e {
					return pos + int64(at)
				}
			}
			at += 2
		}
		if len(b) < 4 { // unreadable: the next window
			pos = s.off + window
			continue
		}
		pos += int64(len(b)) - 3
	}
	return -1
}

// load makes buf hold at least the four bytes at pos, where they can be read.
func (s *scanner) load(pos int64) {
	if pos >= s.off && pos+4 <= s.off+int64(len(s.buf)) {
		return
	}
	if s.mem == nil {
		s.mem = make([]byte, window)
	}
	n, _ := s.in.ReadAt(s.mem, pos)
	s.buf, s.off = s.mem[:n], pos
}

// salvage yields the entries whose local headers stand in [lo, hi).
func (w *walk) salvage(lo, hi int64) bool {
	for hi-lo >= localLen {
		if err := w.ctx.Err(); err != nil {
			w.yield(nil, err)
			return false
		}
		at := w.gaps.find(lo, hi, localSig[2:])
		if at < 0 {
			return true
		}
		e, ok := w.c.found(at, hi)
		switch {
		case !ok:
		case e.flags&flagDescriptor != 0 && e.packed == 0:
			ok = w.findEnd(e, hi)
		case e.method == deflated && e.packed > 0:
			ok = w.c.begins(e, min(e.packed, hi-e.data))
		}
		if ok && e.flags&flagDescriptor != 0 {
			e.crc, e.noCRC = w.c.describedCRC(e.data+e.packed, e.packed)
		}
		if !ok {
			lo = at + int64(len(localSig))
			continue
		}
		if !w.entry(e, hi) {
			return false
		}
		lo = max(at+localLen, w.at)
	}
	return true
}

// hasEntry reports whether there is a local header anywhere.
func (c *container) hasEntry(ctx context.Context) bool {
	s := &scanner{in: c.in}
	for at := int64(-1); ctx.Err() == nil; {
		if at = s.find(at+1, c.in.Size(), localSig[2:]); at < 0 {
			break
		}
		if _, ok := c.found(at, c.in.Size()); ok {
			return true
		}
	}
	return false
}

// found reads the local header at the given offset, if what stands there can be one.
func (c *container) found(at, hi int64) (*entry, bool) {
	e, name, extra, err := c.localHeader(at)
	if err != nil || name == 0 || at+int64(localLen+name+extra) > hi || !decodable(e.method) && methodName(e.method) == "" {
		return nil, false
	}
	rest := make([]byte, name+extra)
	if n, _ := c.in.ReadAt(rest, at+localLen); n < len(rest) {
		return nil, false
	}
	e.name = string(rest[:name])
	e.readExtra(rest[name:], false)
	e.header, e.data = at, at+int64(localLen+len(rest))
	return e, true
}

// begins reports whether the n bytes of a deflated entry give at least one byte, or are none.
func (c *container) begins(e *entry, n int64) bool {
	r, err := c.stream(&extract.Member{}, &entry{size: -1, noCRC: true}, deflated, extract.Extent{Offset: e.data, Size: n})
	if err != nil {
		return false
	}
	defer r.Close()
	got, err := io.CopyN(io.Discard, r, 1)
	return got > 0 || err == io.EOF || n < probeHead
}

// probeHead is how many bytes a deflate stream may need to give its first byte, in bytes: a header with all code lengths is shorter.
const probeHead = 512

// findEnd finds where an entry ends whose sizes stand behind its data, and sets them. It is false when the data is nothing.
func (w *walk) findEnd(e *entry, hi int64) bool {
	end := e.data
	whole := false
	if e.method == deflated {
		m := &extract.Member{}
		raw := extract.Extent{Offset: e.data, Size: hi - e.data}
		r, err := w.c.stream(m, &entry{size: -1, noCRC: true}, deflated, raw)
		if err != nil {
			return false
		}
		s := r.(*stream)
		n, err := io.Copy(io.Discard, &patient{w.ctx, s, w.c.in.Budget.Limits().Ratio})
		end += s.in.n - int64(s.buf.Buffered())
		r.Close()
		whole, e.size = err == nil, n
		if !whole && n == 0 && hi-e.data >= probeHead {
			return false
		}
	}
	if !whole {
		e.size = -1
		end = w.nextRecord(e.data, end, hi)
	}
	e.packed = end - e.data
	if e.method == stored {
		e.size = e.packed
	}
	return true
}

// nextRecord gives the offset at or behind from where the data that began at start ends: at its descriptor, or before the next record.
func (w *walk) nextRecord(start, from, hi int64) int64 {
	for pos := from; ; pos += 4 {
		pos = w.gaps.find(pos, hi, spanSig[2:], localSig[2:], centralSig[2:])
		if pos < 0 {
			return hi
		}
		if !w.c.has(pos, spanSig) {
			return pos
		}
		if _, missing := w.c.describedCRC(pos, pos-start); !missing {
			return pos
		}
	}
}

// describedCRC gives the checksum of the data descriptor at the given offset behind packed bytes; missing tells that there is none.
func (c *container) describedCRC(at, packed int64) (crc uint32, missing bool) {
	var b [24]byte
	n, _ := c.in.ReadAt(b[:], at)
	if descriptor(b[:n], packed) == 0 {
		return 0, true
	}
	return le.Uint32(b[4:]), false
}

// patient reads a stream of unknown length until the context ends or it is seen to be a bomb, which the whole length of the archive would hide
// from the budget.
type patient struct {
	ctx   context.Context
	s     *stream
	ratio int64
}

// patience is how many decoded bytes are free of suspicion.
const patience = 64 << 20

func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	if p.s.n > patience && p.s.n/p.ratio > p.s.in.n {
		return 0, &extract.LimitError{Limit: "ratio", Value: p.ratio, What: "deflate stream of unknown length"}
	}
	return p.s.Read(b)
}
