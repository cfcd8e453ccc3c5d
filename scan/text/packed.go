package text

// The packed encodings put characters into runs of others: shifted by a mark that stands somewhere before, or several bytes in a row
// of digits. A hit in one of them is judged in a decoded copy of its surroundings.

// View is a hit in its surroundings, in an encoding that can be read from the hit in both directions.
type View struct {
	Window     []byte
	Start, End int
	Encoding   Encoding
}

// Open returns the view of the hit window[start:end] of a form of the term. In most encodings that is the window as it is. In a packed
// one it is what the window decodes to, or nothing if the hit is none: a form leaves out bits that the term's neighbours share, and the
// same bytes without the marks before them are something else.
func Open(window []byte, start, end int, enc Encoding, term string) (View, bool) {
	hit := view{window, start, end}
	if start < 0 || end > len(window) || start >= end || int(enc) >= len(rows) {
		return View{}, false
	}
	if rows[enc].packed == nil {
		return View{window, start, end, enc}, true
	}
	for _, v := range rows[enc].packed(hit) {
		inner := UTF16BE
		if enc == HexText || enc == Base64 {
			inner = UTF8
		}
		if spells(v, inner, term) {
			return View{v.window, v.start, v.end, inner}, true
		}
	}
	return View{}, false
}

// spells reports whether the hit of a view is the term, but for the case of ASCII letters.
func spells(v view, enc Encoding, term string) bool {
	if v.start < 0 || v.end <= v.start {
		return false
	}
	p := v.window[v.start:v.end]
	for _, want := range term {
		r, n, ok := enc.DecodeRune(p)
		if !ok || lowerASCII(r) != lowerASCII(want) {
			return false
		}
		p = p[n:]
	}
	return len(p) == 0
}

// view is a hit in a window.
type view struct {
	window     []byte
	start, end int
}

// near returns the bounds of what is read around the hit.
func (v view) near() (lo, hi int) {
	return max(0, v.start-Margin), min(len(v.window), v.end+Margin)
}

// unpacker collects what a window decodes to, and where the hit comes to lie.
type unpacker struct {
	hit view // in the window
	out view
}

func newUnpacker(hit view) *unpacker {
	return &unpacker{hit: hit, out: view{start: -1, end: -1}}
}

// add appends decoded bytes that stand for window[from:to].
func (u *unpacker) add(from, to int, p ...byte) {
	if from == u.hit.start {
		u.out.start = len(u.out.window)
	}
	u.out.window = append(u.out.window, p...)
	if to == u.hit.end {
		u.out.end = len(u.out.window)
	}
}

// invalid appends what cannot be decoded to UTF-16BE.
func (u *unpacker) invalid(from, to int) { u.add(from, to, 0xD8, 0) }

// unit appends a UTF-16 unit.
func (u *unpacker) unit(from, to int, r rune) { u.add(from, to, byte(r>>8), byte(r)) }

// plain appends a byte of ASCII as a UTF-16 unit.
func (u *unpacker) plain(at int) {
	if c := u.hit.window[at]; c < 0x80 {
		u.unit(at, at+1, rune(c))
	} else {
		u.invalid(at, at+1)
	}
}
