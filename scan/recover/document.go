package recover

import (
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
	outer    *extent // in the artefact, of a text whose offsets do not count in it
	image    *image  // of a binary layout, in which the offsets count; then there is no space
	within   *extent // the string that holds the text, when its bytes are not what stands between two of its positions
}

// space is the bytes in which the offsets of a document count.
type space struct {
	bytes []byte
	base  int64 // offset of the first
}

// extent is a part of the artefact.
type extent struct{ begin, end int64 }

// origin maps a position in a text to an offset of its space.
type origin interface{ offset(pos int) int64 }

// extent returns where the text between two positions lies in the artefact.
func (d *document) extent(begin, end int) (from, to int64) {
	if d.outer != nil {
		return d.outer.begin, d.outer.end
	}
	if d.within != nil {
		return d.within.begin, d.within.end
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

// decode reads bytes as text in an encoding. Invalid bytes become U+FFFD.
func decode(raw []byte, base int64, enc text.Encoding, bom int) *document {
	d := &document{encoding: enc.String(), space: space{raw, base}}
	if bom > 0 {
		d.encoding += "+bom"
	}
	body := raw[bom:]
	base += int64(bom)
	if enc == text.UTF8 {
		d.text = string(body)
		d.origin = shift(base)
		return d
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
	return d
}

// decodedFrom is the text of the bytes that the whole of another text stands for.
func decodedFrom(d *document, raw []byte, step string, enc text.Encoding, bom int) *document {
	inner := decode(raw, 0, enc, bom)
	from, to := d.extent(0, len(d.text))
	inner.outer = &extent{from, to}
	inner.recipe = with(d.recipe, step)
	return inner
}
