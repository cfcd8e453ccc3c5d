package recover

import (
	"unicode/utf8"

	"github.com/censorscan/censorscan/scan/text"
)

const maxColumnsSQL = 2000 // SQLite's own limit is 2,000 by default

// record is a row of a table. Its payload lies in pieces when it is longer than a page.
type record struct {
	db     *sqlite
	rowid  int64
	end    int64 // of the cell in its page
	kinds  []uint64
	starts []int64 // of the values, in the payload
	pieces []piece
	length int64 // of the payload
}

// piece is where a part of a payload lies.
type piece struct{ in, off, size int64 }

// varint reads a number of SQLite and returns the offset behind it, or -1.
func (db *sqlite) varint(off, end int64) (v uint64, next int64) {
	p := db.b.upTo(off, min(9, end-off))
	for i, c := range p {
		if i == 8 {
			return v<<8 | uint64(c), off + 9
		}
		v = v<<7 | uint64(c&0x7F)
		if c < 0x80 {
			return v, off + int64(i) + 1
		}
	}
	return 0, -1
}

// record reads the cell at an offset of a page that ends at end; nil when it is none.
func (db *sqlite) record(at, end int64, rowid bool) *record {
	size, body := db.varint(at, end)
	if body < 0 || size < 2 || size > maxRead {
		return nil
	}
	r := &record{db: db, length: int64(size)}
	most, least := (db.usable-12)*64/255-23, (db.usable-12)*32/255-23
	if rowid {
		id, next := db.varint(body, end)
		if next < 0 {
			return nil
		}
		r.rowid, body = int64(id), next
		most = db.usable - 35
	}
	local := r.length
	if r.length > most {
		if local = least + (r.length-least)%(db.usable-4); local > most {
			local = least
		}
	}
	if body+local > end {
		return nil
	}
	r.pieces = append(r.pieces, piece{0, body, local})
	r.end = body + local
	if local < r.length {
		r.end += 4
		r.overflow(db.be32(body+local), local)
	}
	if !r.header(body, local) {
		return nil
	}
	return r
}

// overflow adds the pages that a payload goes on in.
func (r *record) overflow(page uint32, in int64) {
	seen := map[uint32]bool{}
	for in < r.length && !seen[page] {
		seen[page] = true
		off := r.db.offset(page)
		if off < 0 || !r.db.b.spend(8) {
			return
		}
		n := min(r.db.usable-4, r.length-in)
		r.pieces = append(r.pieces, piece{in, off + 4, n})
		in += n
		page = r.db.be32(off)
	}
}

// header reads the kinds of the values.
func (r *record) header(body, local int64) bool {
	size, off := r.db.varint(body, body+local)
	end := body + int64(size)
	if off < 0 || size > uint64(local) || end < off {
		return false
	}
	at := int64(size)
	for off < end && len(r.kinds) < maxColumnsSQL {
		var kind uint64
		if kind, off = r.db.varint(off, end); off < 0 || kind == 10 || kind == 11 || kind > 2*maxRead {
			return false
		}
		r.kinds, r.starts = append(r.kinds, kind), append(r.starts, at)
		at += valueSize(kind)
	}
	return off == end && at == r.length
}

// valueSize is the length in bytes of a value of a kind.
func valueSize(kind uint64) int64 {
	switch {
	case kind >= 12:
		return int64(kind-12) / 2
	case kind == 5:
		return 6
	case kind == 6 || kind == 7:
		return 8
	case kind <= 4:
		return int64(kind)
	default:
		return 0
	}
}

// span returns where a value of text or bytes begins, and where its first piece ends.
func (r *record) span(n int) (begin, end int64, ok bool) {
	if n >= len(r.kinds) || r.kinds[n] < 14 {
		return 0, 0, false
	}
	size := valueSize(r.kinds[n])
	for _, p := range r.pieces {
		if in := r.starts[n] - p.in; in >= 0 && in < p.size {
			return p.off + in, p.off + min(in+size, p.size), true
		}
	}
	return 0, 0, false
}

// raw returns the bytes of a value and where they come from.
func (r *record) raw(n int) ([]byte, spliced) {
	from, size := r.starts[n], valueSize(r.kinds[n])
	var out []byte
	var origin spliced
	for _, p := range r.pieces {
		lo, hi := max(p.in, from), min(p.in+p.size, from+size)
		if lo >= hi {
			continue
		}
		raw := r.db.b.bytes(p.off+lo-p.in, hi-lo)
		if raw == nil {
			break
		}
		origin.pieces = append(origin.pieces, piece{lo - from, p.off + lo - p.in, hi - lo})
		out = append(out, raw...)
	}
	return out, origin
}

// text returns a value of text.
func (r *record) text(n int) (stored, bool) {
	begin, end, ok := r.span(n)
	if !ok || r.kinds[n]%2 == 0 {
		return stored{}, false
	}
	return r.decode(n, r.db.enc, extent{begin, end})
}

// blob returns a value of bytes that are UTF-8.
func (r *record) blob(n int) (stored, bool) {
	begin, end, ok := r.span(n)
	if !ok || r.kinds[n]%2 != 0 {
		return stored{}, false
	}
	s, ok := r.decode(n, text.UTF8, extent{begin, end})
	return s, ok && utf8.ValidString(s.text)
}

func (r *record) decode(n int, enc text.Encoding, at extent) (stored, bool) {
	raw, origin := r.raw(n)
	if len(raw) == 0 {
		return stored{}, false
	}
	d := decode(raw, 0, enc, 0)
	origin.inner = d.origin
	return stored{text: d.text, extent: at, origin: &origin}, true
}

// number returns a value that is a number.
func (r *record) number(n int) (int64, bool) {
	if n >= len(r.kinds) {
		return 0, false
	}
	switch kind := r.kinds[n]; {
	case kind == 8 || kind == 9:
		return int64(kind - 8), true
	case kind >= 1 && kind <= 6:
		raw, _ := r.raw(n)
		v := int64(0)
		for i, c := range raw {
			if i == 0 {
				v = int64(int8(c))
				continue
			}
			v = v<<8 | int64(c)
		}
		return v, len(raw) > 0
	}
	return 0, false
}

// spliced is the origin of text whose bytes lie in pieces.
type spliced struct {
	inner  origin
	pieces []piece
}

func (s *spliced) offset(pos int) int64 {
	at := s.inner.offset(pos)
	last := int64(0)
	for _, p := range s.pieces {
		if at < p.in+p.size {
			return p.off + at - p.in
		}
		last = p.off + p.size
	}
	return last
}
