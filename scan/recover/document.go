package recover

import (
	"bytes"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/censorscan/censorscan/scan/text"
)

// document is a text to be read: that of the artefact, or what a decoding step made of a part of it.
type document struct {
	text     string
	encoding string
	recipe   []string // the steps that led to this text
	origin   origin
	space    space
	outer    *carrier // of a text whose offsets do not count in the artefact
}

// space is the bytes in which the offsets of a document count.
type space struct {
	bytes []byte
	base  int64 // offset of the first
}

// carrier is the part of the artefact that holds an encoded document.
type carrier struct{ begin, end int64 }

// origin maps a position in a text to an offset of its space.
type origin interface{ offset(pos int) int64 }

// extent returns where the text between two positions lies in the artefact.
func (d *document) extent(begin, end int) (from, to int64) {
	if d.outer != nil {
		return d.outer.begin, d.outer.end
	}
	return d.origin.offset(begin), d.origin.offset(end)
}

// shift is the origin of text that stands as it is.
type shift int64

func (s shift) offset(pos int) int64 { return int64(s) + int64(pos) }

// marks is the origin of text that was decoded from a charset: every markEvery bytes of text, where they come from.
type marks struct {
	enc      text.Encoding
	raw      []byte
	base     int64
	pos, src []int32 // 32 bits do: Limit bounds the bytes
}

const markEvery = 256

func (m *marks) offset(pos int) int64 {
	i := sort.Search(len(m.pos), func(i int) bool { return int(m.pos[i]) > pos }) - 1
	if i < 0 {
		return m.base
	}
	p, s := int(m.pos[i]), int(m.src[i])
	for p < pos && s < len(m.raw) {
		r, size := character(m.enc, m.raw[s:])
		p += utf8.RuneLen(r)
		s += size
	}
	return m.base + int64(s)
}

// breaks is the origin of text in which escapes were replaced: where text and source part ways.
type breaks struct {
	outer    origin
	pos, src []int
}

func (b *breaks) offset(pos int) int64 {
	i := sort.SearchInts(b.pos, pos+1) - 1
	if i < 0 {
		return b.outer.offset(pos)
	}
	return b.outer.offset(b.src[i] + pos - b.pos[i])
}

// character reads one character; of invalid bytes it is utf8.RuneError, and the size is never 0.
func character(enc text.Encoding, p []byte) (rune, int) {
	r, size, ok := enc.DecodeRune(p)
	if !ok {
		r = utf8.RuneError
	}
	return r, max(size, 1)
}

// decode reads bytes as text in the encoding that fits them, or says that none does.
func decode(raw []byte, base int64) (*document, bool) {
	enc, bom, ok := detect(raw)
	if !ok {
		return nil, false
	}
	d := &document{encoding: enc.String(), space: space{raw, base}}
	if bom > 0 {
		d.encoding += "+bom"
	}
	body := raw[bom:]
	base += int64(bom)
	if enc == text.UTF8 {
		d.text = string(body)
		d.origin = shift(base)
		return d, true
	}
	m := &marks{enc: enc, raw: body, base: base}
	var b strings.Builder
	b.Grow(len(body))
	for i := 0; i < len(body); {
		if n := len(m.pos); n == 0 || b.Len() >= int(m.pos[n-1])+markEvery {
			m.pos = append(m.pos, int32(b.Len()))
			m.src = append(m.src, int32(i))
		}
		r, size := character(enc, body[i:])
		b.WriteRune(r)
		i += size
	}
	d.text, d.origin = b.String(), m
	return d, true
}

// detect is text.Detect for bytes that need not be clean: a list may be separated by NUL, and one damaged byte must not
// hide it.
func detect(raw []byte) (enc text.Encoding, bom int, ok bool) {
	if enc, bom, ok = text.Detect(raw); ok {
		return enc, bom, ok
	}
	if i := bytes.IndexFunc(raw, control); i < 0 && utf8.Valid(raw) {
		return 0, 0, false
	}
	// No trail byte of the charsets is a control character, so they can be blanked before the bytes are read.
	clean := bytes.Clone(raw)
	controls, damaged := 0, 0
	for i, c := range clean {
		if control(rune(c)) {
			clean[i] = '\n'
			if c != 0 {
				controls++
			}
		}
	}
	if controls > len(raw)/64 {
		return 0, 0, false // binary
	}
	if enc, bom, ok = text.Detect(clean); ok && enc != text.UTF16LE && enc != text.UTF16BE {
		return enc, bom, ok
	}
	high := 0
	for i := 0; i < len(clean); {
		r, size := utf8.DecodeRune(clean[i:])
		if r == utf8.RuneError && size == 1 {
			damaged++
			clean[i] = '\n'
		} else if r >= utf8.RuneSelf {
			high++
		}
		i += size
	}
	return text.UTF8, 0, damaged <= high/64
}

// control reports whether c is an ASCII control character other than white space.
func control(c rune) bool {
	return c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' || c == 0x7F
}
