package recover

import (
	"strings"
	"unicode/utf8"
)

// stored is a string of a binary layout.
type stored struct {
	text   string
	extent        // of its bytes in the artefact
	origin origin // of the positions in text; nil when text stands as it is
}

// item returns the string as an entry whose place in a structure is the byte at. Space around it is left out, as in texts.
func (s stored) item(at int64) item {
	return item{text: strings.TrimFunc(s.text, blank), pos: int(s.begin), end: int(s.end), at: int(at)}
}

// read returns the string as a text of its own.
func (s stored) read(d *document, recipe ...string) *document {
	inner := &document{text: s.text, encoding: d.encoding, recipe: recipe, origin: s.origin, image: d.image, within: &s.extent}
	if inner.origin == nil {
		inner.origin = shift(s.begin)
	}
	return inner
}

// modifiedUTF8 decodes the UTF-8 of Java, which writes NUL in two bytes and characters beyond the BMP as two surrogates of three. What is invalid becomes
// U+FFFD. The origin is nil when positions in the text are those in the bytes.
func modifiedUTF8(raw []byte, base int64) (string, origin) {
	plain := true
	for i := 0; i < len(raw) && plain; {
		r, size := utf8.DecodeRune(raw[i:])
		plain = r != utf8.RuneError || size > 1
		i += size
	}
	if plain {
		return string(raw), nil
	}
	var out strings.Builder
	b := &breaks{outer: shift(base), pos: []int{0}, src: []int{0}}
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && size <= 1 {
			switch high, ok := surrogate(raw[i:]); {
			case i+1 < len(raw) && raw[i] == 0xC0 && raw[i+1] == 0x80:
				r, size = 0, 2
			case ok:
				r, size = utf8.RuneError, 3
				if low, ok := surrogate(raw[i+3:]); ok && high < 0xDC00 && low >= 0xDC00 {
					r, size = (high-0xD800)<<10|(low-0xDC00)+0x10000, 6
				}
			}
		}
		out.WriteRune(r)
		i += size
		if utf8.RuneLen(r) != size {
			b.pos, b.src = append(b.pos, out.Len()), append(b.src, i)
		}
	}
	return out.String(), b
}

// surrogate reads half of a character beyond the BMP in three bytes.
func surrogate(p []byte) (rune, bool) {
	if len(p) < 3 || p[0] != 0xED || p[1] < 0xA0 || p[1] > 0xBF || p[2]&0xC0 != 0x80 {
		return 0, false
	}
	return 0xD000 | rune(p[1]&0x3F)<<6 | rune(p[2]&0x3F), true
}
