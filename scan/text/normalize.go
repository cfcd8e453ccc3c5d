package text

import (
	"math"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Undone says what was undone of a text so that a term shows in it.
type Undone uint8

// What can be undone.
const (
	UndoneZeroWidth   Undone = 1 << iota // characters without width were left out
	UndoneSeparators                     // separators between the characters of the term were left out
	UndoneWidth                          // full-width or half-width forms
	UndoneTraditional                    // traditional characters, each for itself
	UndoneCase                           // capitals beyond ASCII
	UndoneForms                          // other compatibility forms (NFKC)
)

// Names returns the names used in reports, in the order of the constants.
func (u Undone) Names() []string {
	var out []string
	for i, name := range []string{"zero-width characters", "separators", "width", "traditional characters", "case", "compatibility forms"} {
		if u>>i&1 != 0 {
			out = append(out, name)
		}
	}
	return out
}

// What a character is to the normaliser, besides what is undone of it.
const (
	charHan      uint8 = 1 << iota
	charGap            // separates characters, in ordinary text too
	charMask           // separates characters, and hardly stands between Han characters otherwise
	charExpanded       // becomes several characters
)

// Normalizer brings text into the form in which terms are compared by their characters alone. It is read-only once made and can be shared.
type Normalizer struct {
	to     [1 << 16]uint16 // what a character becomes
	undone [1 << 16]Undone
	kind   [1 << 16]uint8
}

// Separators that people put between characters to hide a term. After a mark of the second kind one place is enough.
const (
	gaps  = " _-.,:;|/\\+=\"'()[]<>!?&\u00a0\u3000、。，．：；｜／－＿＋（）！？—–"
	masks = "*#~^@$%`\u00b7\u2022\u2027\u2219\u22c5\u30fb\uff65＊＃～＾＠·•※★☆○●◎◇◆□■△▲♂♀"
)

// NewNormalizer makes a normaliser that knows of the characters that simplified yields (traditional first), besides those of NFKC.
func NewNormalizer(simplified func(yield func(traditional, simplified rune) bool)) *Normalizer {
	n := new(Normalizer)
	fold := cases.Fold()
	for r := rune(0); r <= 0xFFFF; r++ {
		n.to[r] = uint16(r)
		if r < utf8.RuneSelf {
			n.to[r] = uint16(lowerASCII(r)) // which an exact search does as well
			continue
		}
		if unicode.Is(unicode.Han, r) {
			n.kind[r] |= charHan
		}
		if 0x3400 <= r && r <= 0x9FFF || 0xAC00 <= r && r <= 0xF8FF {
			continue // as they are in NFKC; surrogates and private characters too
		}
		if zeroWidth(r) {
			n.to[r], n.undone[r] = 0, UndoneZeroWidth
			continue
		}
		plain := norm.NFKC.String(string(r))
		folded := norm.NFKC.String(fold.String(plain))
		if folded == string(r) {
			continue
		}
		switch {
		case 0xFF00 <= r && r <= 0xFFEF || r == 0x3000:
			n.undone[r] = UndoneWidth
		case plain == string(r):
			n.undone[r] = UndoneCase
		default:
			n.undone[r] = UndoneForms
		}
		if to, size := utf8.DecodeRuneInString(folded); size == len(folded) && to <= 0xFFFF && to > 0 {
			n.to[r] = uint16(to)
		} else {
			n.kind[r] |= charExpanded
		}
	}
	simplified(func(from, to rune) bool {
		if from <= 0xFFFF && to <= 0xFFFF && from != to {
			n.to[from], n.undone[from] = uint16(to), UndoneTraditional
		}
		return true
	})
	for _, r := range gaps {
		n.kind[r] |= charGap
	}
	for _, r := range masks {
		n.kind[r] |= charMask
	}
	return n
}

// zeroWidth reports whether a character can stand in a text unseen.
func zeroWidth(r rune) bool {
	switch {
	case r == 0xAD, r == 0x34F, r == 0x61C, r == 0x180E, 0x200B <= r && r <= 0x200F, 0x202A <= r && r <= 0x202E, 0x2060 <= r && r <= 0x2064,
		0x2066 <= r && r <= 0x206F, 0xFE00 <= r && r <= 0xFE0F, r == 0xFEFF:
		return true
	}
	return false
}

// maxGap is how many separators may stand between two characters of a term.
const maxGap = 3

// Folded is normalised text, in UTF-8.
type Folded struct {
	Text []byte

	norm    *Normalizer
	window  []byte
	to      int
	enc     Encoding
	first   int32 // byte of the window
	marks   []mark
	at, end []int32 // of the character in the window that a byte of Text comes from, if tracked
	tracked bool
	source  *Folded // a part of it, tracked
}

// mark is a place behind a Han character: reading can begin there.
type mark struct{ text, window int32 }

const markEvery = 256 // bytes of Text

// Reset makes f the normal form of window[from:to], read in the encoding. Separators between Han characters are left out, up to maxGap of them in a
// row; bytes that do not decode become a byte that is part of no term.
func (f *Folded) Reset(n *Normalizer, window []byte, from, to int, enc Encoding) {
	f.norm, f.window, f.first, f.to, f.enc = n, window, int32(from), to, enc
	f.Text, f.at, f.end, f.marks = f.Text[:0], f.at[:0], f.end[:0], f.marks[:0]
	f.read(from, math.MaxInt)
}

// read appends the normal form of window[i:], until there are enough bytes.
func (f *Folded) read(i, enough int) {
	n, p := f.norm, f.window[:f.to]
	last := 0    // in Text: behind the last Han character
	skipped := 0 // separators there, -1 when something else stands there or there are too many of them
	next := 0    // mark
	if i == int(f.first) {
		skipped = -1 // no Han character in front
	}
	for i < len(p) && len(f.Text) < enough {
		var r rune
		size, ok := 1, true
		switch c := p[i]; {
		case f.enc != UTF8:
			r, size, ok = f.enc.DecodeRune(p[i:])
		case c < utf8.RuneSelf:
			r = rune(c)
		case c&0xF0 == 0xE0 && i+3 <= len(p) && c > 0xE0 && c != 0xED && p[i+1]&0xC0 == 0x80 && p[i+2]&0xC0 == 0x80:
			r, size = rune(c&0x0F)<<12|rune(p[i+1]&0x3F)<<6|rune(p[i+2]&0x3F), 3
		default:
			r, size, ok = decodeUTF8(p[i:])
		}
		switch {
		case !ok:
			f.raw(i, size, 0xFF)
			skipped = -1
		case r > 0xFFFF || n.kind[r]&charExpanded != 0:
			f.rare(r, i, size)
			skipped = -1
		case n.to[r] == 0 && r != 0: // without width: no neighbour either
		case n.kind[r]&charHan != 0:
			if skipped > 0 {
				f.cut(last)
			}
			if t := n.to[r]; !f.tracked && t >= 0x800 {
				f.Text = append(f.Text, 0xE0|byte(t>>12), 0x80|byte(t>>6)&0xBF, 0x80|byte(t)&0xBF)
			} else {
				f.add(rune(t), i, size)
			}
			last, skipped = len(f.Text), 0
			if last >= next {
				f.marks = append(f.marks, mark{int32(last), int32(i + size)})
				next = last + markEvery
			}
		case n.kind[r]&(charGap|charMask) != 0 && skipped >= 0 && skipped < maxGap:
			skipped++
			f.add(rune(n.to[r]), i, size)
		default:
			skipped = -1
			f.add(rune(n.to[r]), i, size)
		}
		i += size
	}
}

func (f *Folded) cut(n int) {
	f.Text = f.Text[:n]
	if f.tracked {
		f.at, f.end = f.at[:n], f.end[:n]
	}
}

func (f *Folded) add(r rune, at, size int) {
	var buf [utf8.UTFMax]byte
	f.raw(at, size, utf8.AppendRune(buf[:0], r)...)
}

func (f *Folded) raw(at, size int, p ...byte) {
	f.Text = append(f.Text, p...)
	for range p {
		if f.tracked {
			f.at, f.end = append(f.at, int32(at)), append(f.end, int32(at+size))
		}
	}
}

// rare adds a character that becomes several or is none of the BMP.
func (f *Folded) rare(r rune, at, size int) {
	for _, r := range foldRare(r) {
		if r <= 0xFFFF {
			r = rune(f.norm.to[r])
		}
		f.add(r, at, size)
	}
}

// Source returns where Text[start:end] lies in the window.
func (f *Folded) Source(start, end int) (from, to int) {
	m := mark{0, f.first}
	if i := sort.Search(len(f.marks), func(i int) bool { return int(f.marks[i].text) > start }); i > 0 {
		m = f.marks[i-1]
	}
	if f.source == nil {
		f.source = &Folded{tracked: true}
	}
	g := f.source
	g.norm, g.window, g.first, g.to, g.enc = f.norm, f.window, f.first, f.to, f.enc
	g.Text, g.at, g.end, g.marks = g.Text[:0], g.at[:0], g.end[:0], g.marks[:0]
	g.read(int(m.window), end-int(m.text)+maxGap*utf8.UTFMax)
	return int(g.at[start-int(m.text)]), int(g.end[end-1-int(m.text)])
}

func foldRare(r rune) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(string(r))))
}

// Fold returns the normal form of a term.
func (n *Normalizer) Fold(term string) string {
	var f Folded
	f.Reset(n, []byte(term), 0, len(term), UTF8)
	return string(f.Text)
}

// Undone says what was undone of the term that stands in window[start:end], and whether that is a way to hide a term: separators as ordinary text
// has them count only when they stand between all of its characters, alike, and those are three at least.
func (n *Normalizer) Undone(window []byte, start, end int, enc Encoding) (u Undone, ok bool) {
	var seps []string // between one Han character and the next
	var sep strings.Builder
	masked, han := false, 0
	for i := start; i < end; {
		r, size, valid := enc.DecodeRune(window[i:end])
		i += size
		if !valid {
			return 0, false
		}
		if r > 0xFFFF {
			u |= UndoneForms
			continue
		}
		u |= n.undone[r]
		switch kind := n.kind[r]; {
		case kind&charHan != 0:
			if han++; han > 1 {
				seps = append(seps, sep.String())
			}
			sep.Reset()
		case kind&(charGap|charMask) != 0:
			masked = masked || kind&charMask != 0
			sep.WriteRune(r)
		}
	}
	gaps := 0
	for _, s := range seps {
		if s != "" {
			gaps++
			u |= UndoneSeparators
		}
	}
	if gaps == 0 || masked {
		return u, true
	}
	for _, s := range seps {
		if s != seps[0] {
			return u, false
		}
	}
	return u, han >= 3
}
