package text

import (
	"bytes"
	"fmt"
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

// The figures of the rule, from the survey of false positives on 1.3 GiB of code, text and random data.
const (
	sideReach    = 6  // characters of a side that must make sense
	sideEnough   = 3  // ... of which so many are enough without a terminator
	nearReach    = 48 // bytes in which to look for more text
	chanceProof  = 44 // bits of a hit that no GiB of data holds by chance, for a thousand terms
	textShare    = 75 // percent of the bytes around a short ASCII hit that must be text
	ascendingRun = 5  // units, each a little more than the one before, that make a code table
	ascendingGap = 8  // the most by which they ascend
)

// Grade grades the hit window[start:end] by decoding its neighbours in its own encoding.
//
// A side is fine if it ends within a few characters at a terminator (a control character, a quote, a delimiter, a space,
// the end of the window), or goes on for three characters that make sense, or, on the left, if the hit's length stands
// before it. With both sides fine and other text near, the hit is text-like; without other text, isolated. Otherwise it is implausible,
// unless it is too long to be there by chance: then it is isolated. Short hits in code tables, fill patterns and in text
// of another encoding are implausible whatever stands beside them.
func (g *Grader) Grade(window []byte, start, end int, enc Encoding) Grade {
	if start < 0 || end > len(window) || start >= end {
		return Implausible
	}
	h := g.look(window, start, end, enc)
	strong := h.bits >= chanceProof
	if !strong {
		if periodic(window, start, end) || ascending(window, start, end, enc) || otherEncoding(window, start, end, enc) {
			return Implausible
		}
		if enc == UTF8 && h.ascii {
			return g.gradeShortASCII(window, start, end, h)
		}
	}
	okLeft := h.left.fine() || h.lengthPrefix
	switch {
	case okLeft && h.right.fine():
		if h.left.letters+h.right.letters >= 2 || h.left.near || h.right.near {
			return TextLike
		}
		return Isolated
	case strong || h.lengthPrefix:
		return Isolated
	}
	return Implausible
}

// gradeShortASCII grades an ASCII hit of a few letters, which random data is full of: it is text only where nearly all
// the bytes around are, and a string of its own only between NULs or behind its length.
func (g *Grader) gradeShortASCII(window []byte, start, end int, h surroundings) Grade {
	if h.left.fine() && h.right.fine() {
		for _, enc := range []Encoding{UTF8, GB18030, Big5} {
			if g.share(window, start, end, enc) >= textShare {
				return TextLike
			}
		}
	}
	nulAfter := end == len(window) || window[end] == 0
	nulBefore := start == 0 || window[start-1] == 0
	if nulAfter && (nulBefore || int(window[start-1]) == end-start) {
		return Isolated
	}
	return Implausible
}

// share returns how many percent of the bytes around a hit are text in the encoding.
func (g *Grader) share(window []byte, start, end int, enc Encoding) int {
	const reach = 24
	var buf [reach + 4]unit
	text, all := 0, 0
	count := func(units []unit) {
		for _, u := range units {
			all += u.size
			if !u.invalid && (u.r == 0 || g.judge(u, enc, 0) != unlikely) && (u.r >= ' ' || u.r == 0 || '\t' <= u.r && u.r <= '\r') {
				text += u.size
			}
		}
	}
	count(before(buf[:0], window, start, reach, enc))
	count(after(buf[:0], window, end, reach, enc))
	if all == 0 {
		return 100
	}
	return 100 * text / all
}

// surroundings is what Grade judges by.
type surroundings struct {
	left, right  side
	bits         int  // of information in the hit: how unlikely it is in random data
	ascii        bool // the hit is ASCII text
	lengthPrefix bool // the hit's length, in bytes or units, stands right before it
}

// side is one side of a hit, read from the hit outwards.
type side struct {
	run     int  // characters that make sense before the first terminator or the first that does not
	letters int  // letters among them
	term    bool // a terminator ended the run
	near    bool // there is a run of two letters within nearReach bytes
}

func (s side) fine() bool { return s.term || s.run >= sideEnough }

func (g *Grader) look(window []byte, start, end int, enc Encoding) surroundings {
	h := surroundings{ascii: true, lengthPrefix: lengthPrefix(window, start, end, enc)}
	var script rune
	var buf [2 * Margin]unit
	for _, u := range after(buf[:0], window[:end], start, end-start, enc) {
		switch {
		case u.r < utf8.RuneSelf:
			h.bits += 7
			continue
		case enc.Escaped() || enc == UTF8:
			h.bits += 8 * u.size
		default:
			h.bits += 16
		}
		h.ascii = false
		if script == 0 && u.r < 0x2E80 {
			script = u.r
		}
	}
	reach := nearReach
	if enc.Escaped() {
		reach = Margin
	}
	asciiCounts := h.ascii || h.bits >= chanceProof
	left := before(buf[:0], window, start, reach, enc)
	h.left = g.side(len(left), func(i int) unit { return left[len(left)-1-i] }, enc, script, asciiCounts)
	right := after(buf[:0], window, end, reach, enc)
	h.right = g.side(len(right), func(i int) unit { return right[i] }, enc, script, asciiCounts)
	return h
}

func (g *Grader) side(n int, at func(int) unit, enc Encoding, script rune, asciiCounts bool) side {
	var s side
	open := true
	streak := 0
	for i := range n {
		u := at(i)
		verdict := g.judge(u, enc, script)
		letter := verdict == likely && (u.r >= utf8.RuneSelf || asciiCounts && isWordRune(u.r))
		if letter {
			streak++
		} else {
			streak = 0
		}
		s.near = s.near || streak >= 2
		if open = open && i < sideReach && verdict == likely; open {
			s.run++
			if letter {
				s.letters++
			}
		} else if s.run == i && i < sideReach {
			s.term = verdict == terminator
		}
	}
	if s.run == n && n < sideReach {
		s.term = true // the text ends here
	}
	return s
}

// What a character beside a hit tells.
type verdict uint8

const (
	unlikely verdict = iota
	likely
	terminator
)

// judge judges a character beside a hit; script is the first character of the hit that is neither ASCII nor Han, if any.
func (g *Grader) judge(u unit, enc Encoding, script rune) verdict {
	switch {
	case u.invalid || u.r == 0x7F:
		return unlikely
	case u.r < ' ' || u.r < utf8.RuneSelf && bytes.IndexByte([]byte(` "',;|<>:=/()[]{}#&\`), byte(u.r)) >= 0:
		return terminator
	case u.r <= 0xFFFF && g.class[u.r] != classRare, script != 0 && u.r>>8 == script>>8:
		return likely
	case enc == UTF8 && unicode.IsPrint(u.r): // valid UTF-8 of several bytes is evidence in itself
		return likely
	}
	return unlikely
}

// lengthPrefix reports whether the bytes before the hit hold its length in bytes or in UTF-16 units.
func lengthPrefix(window []byte, start, end int, enc Encoding) bool {
	n := end - start
	is := func(v int) bool { return v == n || enc != UTF8 && v == n/2 }
	if start >= 1 && is(int(window[start-1])) {
		return true
	}
	if start < 2 {
		return false
	}
	a, b := int(window[start-2]), int(window[start-1])
	return is(a|b<<8) || is(a<<8|b)
}
