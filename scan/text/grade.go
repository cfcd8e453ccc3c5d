package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Grade says how far the bytes around a hit look like text in the hit's encoding.
type Grade uint8

// The grades, worst first.
const (
	Implausible Grade = iota // chance: the surroundings are not text
	Isolated                 // could be a string, but no other text stands near
	TextLike                 // stands in text
)

// String returns the name used in reports.
func (g Grade) String() string {
	switch g {
	case Implausible:
		return "implausible"
	case Isolated:
		return "isolated"
	case TextLike:
		return "text-like"
	}
	return fmt.Sprintf("grade(%d)", uint8(g))
}

// Grader grades hits. It is read-only once made and can be shared.
type Grader struct {
	class [1 << 16]uint8 // by character of the BMP
}

// NewGrader returns a grader that takes the characters of the terms for common, besides those in general use.
func NewGrader(terms []string) *Grader {
	g := &Grader{class: tables().class}
	for _, t := range terms {
		for _, r := range t {
			if r >= utf8.RuneSelf && r <= 0xFFFF && g.class[r] == classRare {
				g.class[r] = classCommon
			}
		}
	}
	return g
}

// The figures of the rule, weighed on lists planted in noise and on what noise holds by chance (see the tests).
const (
	shareReach  = 32 // bytes of a side of which the share of text is taken
	shareOfText = 85 // percent from which a side is text
	nearReach   = 48 // bytes of a side in which to look for letters; more for escapes
	chanceProof = 44 // bits of a hit that no GiB of data holds by chance, for a thousand terms
)

// Grade grades the hit window[start:end] by decoding its neighbours in its own encoding.
//
// It is text-like if the bytes on one side of it are nearly all text with letters in it: one side, for a list may begin
// where other data ends. It is isolated if it is marked off as a string (by quotes, delimiters, NULs, its length before
// it) or stands in text without letters, and when it is too long to be there by chance. Otherwise it is implausible.
// Short hits in code tables, fill patterns and text of another encoding are implausible whatever stands beside them.
func (g *Grader) Grade(window []byte, start, end int, enc Encoding) Grade {
	if start < 0 || end > len(window) || start >= end {
		return Implausible
	}
	h := measure(window, start, end, enc)
	strong := h.bits >= chanceProof
	if !strong && (periodic(window, start, end) || ascending(window, start, end, enc) || otherEncoding(window, start, end, enc) ||
		h.ascii && enc == UTF8 && packedNear(window, start, end)) {
		return Implausible
	}
	left, right := g.sides(window, start, end, enc, h)
	switch {
	case left.isText() || right.isText():
		return TextLike
	case !strong && h.ascii && enc == UTF8:
		return g.gradeShortASCII(window, start, end, h)
	case strong || h.prefix || left.ended && right.ended || left.share >= shareOfText && right.share >= shareOfText:
		return Isolated
	}
	return Implausible
}

// gradeShortASCII grades an ASCII hit of a few letters, which random data is full of, where it does not stand in UTF-8
// text. It can stand in a legacy charset, with text on both sides, or be a string of its own between NULs or behind its length.
func (g *Grader) gradeShortASCII(window []byte, start, end int, h hit) Grade {
	for _, enc := range []Encoding{GB18030, Big5} {
		if left, right := g.sides(window, start, end, enc, h); left.isText() && right.isText() {
			return TextLike
		}
	}
	nulAfter := end == len(window) || window[end] == 0
	nulBefore := start == 0 || window[start-1] == 0
	if nulAfter && (nulBefore || h.prefix) {
		return Isolated
	}
	return Implausible
}

// hit is what counts of the hit itself.
type hit struct {
	bits   int  // of information: how unlikely it is in random data
	ascii  bool // it is ASCII text
	script rune // its first character that is neither ASCII nor Han, if any
	prefix bool // its length stands right before it
}

func measure(window []byte, start, end int, enc Encoding) hit {
	h := hit{ascii: true, prefix: lengthPrefix(window, start, end, enc)}
	var buf [Margin]unit
	for _, u := range after(buf[:0], window[:end], start, end-start, enc) {
		switch {
		case u.r < utf8.RuneSelf:
			h.bits += 7
			continue
		case enc.Escaped() || enc == UTF8 || enc == MUTF8:
			h.bits += 8 * u.size
		default:
			h.bits += 16
		}
		h.ascii = false
		if h.script == 0 && u.r < 0x2E80 {
			h.script = u.r
		}
	}
	return h
}

// side is what counts of one side of a hit.
type side struct {
	share   int  // percent of the nearest bytes that are text
	letters bool // two letters in a row stand near
	ended   bool // a delimiter, a control character or nothing at all stands right beside the hit
}

func (s side) isText() bool { return s.letters && s.share >= shareOfText }

// sides judges both sides of a hit.
func (g *Grader) sides(window []byte, start, end int, enc Encoding, h hit) (left, right side) {
	reach, share := nearReach, shareReach
	switch {
	case enc.Escaped():
		reach, share = Margin, nearReach
	case enc == UTF32LE || enc == UTF32BE:
		reach, share = 2*nearReach, 2*shareReach
	}
	var buf [2 * Margin]unit
	units := before(buf[:0], window, start, reach, enc)
	left = g.side(len(units), func(i int) unit { return units[len(units)-1-i] }, enc, h, share)
	units = after(buf[:0], window, end, reach, enc)
	right = g.side(len(units), func(i int) unit { return units[i] }, enc, h, share)
	return left, right
}

// side judges the n characters of a side, from the hit outwards.
func (g *Grader) side(n int, at func(int) unit, enc Encoding, h hit, reach int) side {
	s := side{ended: n == 0}
	asciiCounts := h.ascii || h.bits >= chanceProof
	text, all, row := 0, 0, 0
	for i := range n {
		u := at(i)
		v := g.judge(u, enc, h.script)
		if v == likely && (u.r >= utf8.RuneSelf || asciiCounts && isWordRune(u.r)) {
			row++
		} else {
			row = 0
		}
		s.letters = s.letters || row >= 2
		if i == 0 {
			s.ended = v == delimiter
		}
		if all >= reach || v == neutral {
			continue
		}
		all += u.size
		if v != unlikely {
			text += u.size
		}
	}
	if all > 0 {
		s.share = 100 * text / all
	}
	return s
}

// verdict is what a character beside a hit tells.
type verdict uint8

const (
	unlikely  verdict = iota // beside text
	neutral                  // lengths and indexes stand between strings
	likely                   // text
	delimiter                // text, or the end of a string
)

func (g *Grader) judge(u unit, enc Encoding, script rune) verdict {
	switch {
	case u.invalid || u.r == 0x7F:
		return unlikely
	case u.r == 0 || '\t' <= u.r && u.r <= '\r' || u.r < utf8.RuneSelf && strings.ContainsRune(delimiters, u.r):
		return delimiter
	case u.r < ' ':
		return neutral
	case u.r <= 0xFFFF && g.class[u.r] != classRare, script != 0 && u.r>>8 == script>>8:
		return likely
	case (enc == UTF8 || enc == MUTF8) && unicode.IsPrint(u.r): // valid UTF-8 of several bytes is evidence in itself
		return likely
	}
	return unlikely
}

const delimiters = "\"',;|<>"

// lengthPrefix reports whether the bytes right before the hit hold its length in bytes or in units of two or four.
func lengthPrefix(window []byte, start, end int, enc Encoding) bool {
	n, unit := end-start, 2
	if enc == UTF32LE || enc == UTF32BE {
		unit = 4
	}
	is := func(v int) bool { return v == n || enc != UTF8 && v == n/unit }
	if start >= 1 && is(int(window[start-1])) {
		return true
	}
	if start < 2 {
		return false
	}
	a, b := int(window[start-2]), int(window[start-1])
	return is(a|b<<8) || is(a<<8|b)
}
