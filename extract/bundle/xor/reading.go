package xor

import (
	"math/bits"
	"unicode/utf8"
)

// charset is one way to read bytes as text.
type charset uint8

const (
	utf8Text charset = iota
	gbk
	big5
	utf16le
	utf16be
	charsets
)

// reading is what bytes look like when they are read in one encoding.
type reading struct {
	charset charset
	size    int // bytes
	fee     int // bits that they take up in a model of text
	chars   int
	ascii   int    // characters
	letters int    // of them
	pairs   int    // letters behind letters
	seen    uint32 // letters, a is bit 0
	common  int    // pairs that words are made of
	nulls   int
	breaks  int // white space and commas
	stray   int // control characters and bytes that do not decode
	class   [foreign + 1]int
	leads   [256]uint16 // Han characters by their first or high byte
	kinds   int         // how many different frequent Han characters there are
	blocks  [16]uint16  // characters that are not ASCII by 4096
}

// read reads bytes, which may be cut off in the middle of a character.
func (t *charTables) read(c charset, p []byte) *reading {
	r := &reading{charset: c, size: len(p)}
	var seen [1 << 6]uint64 // by the low bits of their codes: enough to tell few characters from many
	before := byte(0)       // the letter in front, in lower case
	for len(p) > 0 {
		code, class, n := t.next(c, p)
		if n == 0 {
			return r
		}
		p = p[n:]
		r.chars++
		if code < utf8.RuneSelf && class != invalid {
			before = r.addASCII(t, byte(code), before)
			continue
		}
		before = 0
		r.class[class]++
		r.fee += hanFee[class]
		r.blocks[code>>12]++
		switch class {
		case invalid:
			r.stray++
		case known, frequent:
			r.leads[code>>8]++
			if i := code >> 6 & 63; class == frequent && seen[i]>>(code&63)&1 == 0 {
				seen[i] |= 1 << (code & 63)
				r.kinds++
			}
		}
	}
	return r
}

// next returns the first character of p, by its code in the BMP or its two bytes, its class, and its size in bytes, which is 0 if it is cut off.
// ASCII is of any class but invalid.
func (t *charTables) next(c charset, p []byte) (code int, class uint8, n int) {
	b := p[0]
	switch {
	case c == utf16le || c == utf16be:
		if len(p) < 2 {
			return 0, invalid, 0
		}
		lo, hi := p[0], p[1]
		if c == utf16be {
			lo, hi = hi, lo
		}
		code = int(hi)<<8 | int(lo)
		if code < utf8.RuneSelf {
			return code, mark, 2
		}
		return code, t.unicode[code], 2
	case b < utf8.RuneSelf:
		return int(b), mark, 1
	case c == utf8Text:
		if !utf8.FullRune(p) {
			return 0, invalid, 0
		}
		r, n := utf8.DecodeRune(p)
		switch {
		case n == 1:
			return 0, invalid, 1
		case r > 0xFFFF:
			return 0xFFFF, rare, n
		}
		return int(r), t.unicode[r], n
	case len(p) < 2:
		return 0, invalid, 0
	}
	codes := &t.gbk
	if c == big5 {
		codes = &t.big5
	}
	code = int(b)<<8 | int(p[1])
	switch class = codes[code]; {
	case class != invalid:
		return code, class, 2
	case gb18030(p):
		return code, rare, 4
	}
	return code, invalid, 1
}

func (r *reading) addASCII(t *charTables, c, before byte) byte {
	fee := t.asciiFee[c]
	r.ascii++
	low := c | 0x20
	if low < 'a' || low > 'z' {
		if c == 0 {
			r.nulls++
		}
		if c == ' ' || c == '\n' || c == ',' {
			r.breaks++
		}
		if fee >= strayFee {
			r.stray++
		}
		r.fee += fee
		return 0
	}
	r.letters++
	r.seen |= 1 << (low - 'a')
	if before != 0 {
		r.pairs++
		if t.letters[before-'a'][low-'a'] {
			r.common++
			fee--
		} else {
			fee += 3
		}
	}
	r.fee += fee
	return low
}

// gb18030 reports whether p begins with a code of four bytes.
func gb18030(p []byte) bool {
	digit := func(b byte) bool { return '0' <= b && b <= '9' }
	return len(p) >= 4 && p[0] >= 0x81 && p[0] <= 0x84 && digit(p[1]) && p[2] >= 0x81 && p[2] <= 0xFE && digit(p[3])
}

func (r *reading) alphabet() int { return bits.OnesCount32(r.seen) }

func (r *reading) han() int { return r.class[known] + r.class[frequent] }

// spread tells how many leads or high bytes a fair part of the Han characters has each.
func (r *reading) spread() (n int) {
	for _, k := range r.leads {
		if int(k)*100 >= r.han() && k > 0 {
			n++
		}
	}
	return n
}

// maybe tells what is worth a closer look.
func (r *reading) maybe() bool { return r.stray*20 <= r.chars && r.fee*2 <= r.size*15 }

// isText reports whether the bytes are a text beyond doubt: of Han characters, or of words in Latin letters.
func (r *reading) isText() bool {
	wide, odd, e := r.chars-r.ascii, r.class[rare]+r.class[foreign], r.evidence()
	if r.stray*100 > r.chars || 2*e < r.chars || odd*4 > wide && odd*50 > r.chars {
		return false
	}
	if r.spread() >= minLeads && (r.kinds >= 2*minHan || r.kinds*10 >= r.class[frequent]) && (r.kinds >= minHan || r.charset == utf8Text && r.kinds >= minHan/2) {
		return e >= proof
	}
	return r.alphabet() >= minLetters && r.letters*2 >= r.chars && r.nulls == 0 && r.breaks*40 >= r.chars &&
		(e >= proofWords && r.common*4 >= r.pairs*3 || e >= 4*proofWords && r.common*3 >= r.pairs*2)
}

// sure reports whether a text is so clear that nothing else looks like it.
func (r *reading) sure() bool { return r.kinds >= 20 && r.evidence() >= 10*proof }

const (
	proof      = 60  // evidence, in quarters of a bit
	proofWords = 130 // the same for words: parts of programs and their data are words too, by chance or with other bytes between them
	minLeads   = 5   // first bytes of theirs
	minHan     = 6   // different Han characters of any Chinese text
	minLetters = 9   // different letters of any other
)

// evidence is how much more likely the reading is if the bytes are text than if they are a text under another key, in quarters of a bit. The figures
// are logarithms of how often each is seen in lists and in other readings of the same bytes.
func (r *reading) evidence() int {
	wide := r.chars - r.ascii
	e := 6*r.class[frequent] - 6*r.class[known] - 16*r.class[rare] - 20*r.stray + 5*r.common - 8*(r.pairs-r.common) + min(4*r.breaks, r.chars)
	switch r.charset { // that they decode is evidence in itself
	case utf8Text:
		e += 12 * wide
	case utf16le, utf16be:
		e += 6*r.han() + 3*r.ascii
	}
	return e
}

// readable reports whether bytes that are not XORed pass for a text of any language or a table of text.
func (r *reading) readable() bool {
	if r.letters*2 >= r.chars && r.common*3 >= r.pairs*2 { // whatever stands between the words
		return true
	}
	if r.stray*50 > r.chars {
		return false
	}
	wide := r.chars - r.ascii
	switch {
	case wide*20 <= r.chars: // ASCII
		return r.common*2 >= r.pairs && r.fee <= 7*r.chars || r.fee*10 <= 58*r.chars // words, numbers
	case (r.han()+r.class[mark]+r.class[foreign])*100 >= 80*wide && (r.class[frequent]*100 >= 30*r.han() && r.spread() >= 4 || r.class[foreign]*5 >= wide):
		return true // Chinese, Japanese
	case r.charset == utf8Text && r.stray == 0:
		return r.ascii*2 >= r.chars || r.oneScript(wide)
	}
	return false
}

// oneScript reports whether nearly all of the characters that are not ASCII are in two blocks: no text of Han characters under another key is.
func (r *reading) oneScript(wide int) bool {
	most, next := 0, 0
	for _, n := range r.blocks {
		if k := int(n); k > most {
			most, next = k, most
		} else if k > next {
			next = k
		}
	}
	return (most+next)*100 >= 85*wide
}

// varied reports whether the pairs of neighbouring bytes are as different as those of a text: tables and code repeat themselves.
func (r *reading) varied(p []byte) bool {
	var seen [1 << 10]uint64
	p = p[:min(len(p), 96)]
	least := 42 // percent
	switch {
	case r.charset >= utf16le:
		least = 16
	case r.kinds >= minHan/2:
		least = 30
	}
	kinds := 0
	for i := range len(p) - 1 {
		pair := int(p[i])<<8 | int(p[i+1])
		if seen[pair>>6]>>(pair&63)&1 == 0 {
			seen[pair>>6] |= 1 << (pair & 63)
			kinds++
		}
	}
	return kinds*100 >= least*len(p)
}
