package recover

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/censorscan/censorscan/scan/text"
)

// hit is a place where a known term begins in an encoding.
type hit struct {
	off int64
	enc text.Encoding
}

// binaryEncodings are those in which strings stand in binary files.
func binaryEncodings() []text.Encoding {
	return []text.Encoding{text.UTF8, text.UTF16LE, text.UTF16BE, text.GB18030, text.Big5}
}

// maxTermBytes is what is looked at of a place to see which term begins there.
const maxTermBytes = 96

// terms returns the hits with their encodings, those found by looking at every place of the first maxKept bytes when none are known.
func (b *image) terms() []hit {
	if b.found != nil {
		return b.found
	}
	b.found = []hit{}
	if b.hits != nil {
		for i, off := range b.hits {
			if i > 0 && off == b.hits[i-1] {
				continue
			}
			if enc, ok := b.termAt(off); ok {
				b.found = append(b.found, hit{off, enc})
			}
		}
		return b.found
	}
	for off := int64(0); off < min(b.size, maxKept); off += pageSize {
		p := b.upTo(off, pageSize+maxTermBytes)
		for _, enc := range binaryEncodings() {
			for _, i := range b.known.findIn(p, enc, min(len(p), pageSize)) {
				b.found = append(b.found, hit{off + int64(i), enc})
			}
		}
	}
	slices.SortStableFunc(b.found, func(a, b hit) int { return cmp.Compare(a.off, b.off) })
	b.found = slices.CompactFunc(b.found, func(a, b hit) bool { return a.off == b.off }) // ASCII is the same in several
	return b.found
}

// termAt returns the first encoding in which a known term begins at an offset.
func (b *image) termAt(off int64) (text.Encoding, bool) {
	p := b.upTo(off, maxTermBytes)
	for _, enc := range binaryEncodings() {
		if b.known.begins(p, enc) {
			return enc, true
		}
	}
	return 0, false
}

// begins reports whether the bytes begin with a known term of more than one character.
func (t *Terms) begins(p []byte, enc text.Encoding) bool {
	var s strings.Builder
	for i := 0; i < len(p) && s.Len() < maxTermBytes; {
		r, size, ok := enc.DecodeRune(p[i:])
		if !ok || control(r) || r == 0 {
			break
		}
		s.WriteRune(r)
		i += size
	}
	folded := Fold(s.String())
	a, n := utf8.DecodeRuneInString(folded)
	b, m := utf8.DecodeRuneInString(folded[n:])
	if m == 0 {
		return false
	}
	for _, p := range t.heads[[2]rune{a, b}] {
		if strings.HasPrefix(folded, p.text) && !joined(folded, len(p.text)) {
			return true
		}
	}
	return false
}

// findIn returns where known terms begin in the first n bytes.
func (t *Terms) findIn(p []byte, enc text.Encoding, n int) []int {
	var at []int
	var b [2]rune
	for i := 0; i < n; i++ {
		a, size, ok := enc.DecodeRune(p[i:])
		if !ok || a < ' ' {
			continue
		}
		next, _, ok := enc.DecodeRune(p[min(i+size, len(p)):])
		if !ok {
			continue
		}
		b[0], _ = foldRune(a)
		b[1], _ = foldRune(next)
		if t.heads[b] != nil && t.begins(p[i:min(len(p), i+maxTermBytes)], enc) && !(i > 0 && alphanumeric(p[i-1]) && alphanumeric(p[i])) {
			at = append(at, i)
		}
	}
	return at
}

func foldRune(r rune) (rune, bool) {
	if f, ok := fold(r); ok {
		return f, true
	}
	return r, false
}
