package text

import (
	"sync"
	"unicode/utf8"
)

// cnsTables hold CNS 11643 planes 1 and 2 as far as Big5 has their characters.
type cnsTables struct {
	code   map[rune]uint16      // plane 2 in the highest bit
	planes [2][0x5E * 0x5E]rune // by row and column from 0x21
}

// cns is CNS 11643 (the layout of EUC-TW and of ISO-2022-CN: Ken Lunde, CJKV Information Processing; RFC 1922).
var cns = sync.OnceValue(func() *cnsTables {
	t := &cnsTables{code: make(map[rune]uint16, 14_000)}
	for _, g := range cnsRanges {
		if g.plane > 2 {
			continue
		}
		at := big5Index(g.big5)
		row, col := int(g.cns>>8)-0x21, int(g.cns&0xFF)-0x21
		for k := range g.count {
			place := row*94 + col + k
			code := uint16(place/94+0x21)<<8 | uint16(place%94+0x21)
			r := tables().big5[big5Code(at+k)]
			if r == 0 {
				continue
			}
			if t.planes[g.plane-1][place] == 0 {
				t.planes[g.plane-1][place] = r
			}
			if _, known := t.code[r]; !known {
				t.code[r] = code | uint16(g.plane-1)<<15
			}
		}
	}
	return t
})

// big5Index counts the codes of Big5 in order; big5Code is its inverse.
func big5Index(code uint16) int {
	trail := int(code & 0xFF)
	if trail >= 0xA1 {
		trail -= 0xA1 - 0x7F
	}
	return (int(code>>8)-0xA1)*157 + trail - 0x40
}

func big5Code(index int) uint16 {
	trail := index%157 + 0x40
	if trail >= 0x7F {
		trail += 0xA1 - 0x7F
	}
	return uint16(index/157+0xA1)<<8 | uint16(trail)
}

// cnsRune returns the character of a seven-bit code in a plane, 0 if there is none.
func cnsRune(plane int, hi, lo byte) rune {
	if plane < 1 || plane > 2 || hi < 0x21 || hi > 0x7E || lo < 0x21 || lo > 0x7E {
		return 0
	}
	return cns().planes[plane-1][int(hi-0x21)*94+int(lo-0x21)]
}

func eucTWForms(term string) []Form {
	if isASCII(term) {
		return nil
	}
	var b builder
	for _, r := range term {
		if r < utf8.RuneSelf {
			b.plain(string(r))
			continue
		}
		code, ok := cns().code[r]
		if !ok {
			return nil
		}
		if code>>15 != 0 {
			b.add(0, 0x8E, 0xA2)
		}
		b.add(0, byte(code>>8)|0x80, byte(code)|0x80)
	}
	return []Form{b.form}
}

func decodeEUCTW(p []byte) (rune, int, bool) {
	if p[0] < utf8.RuneSelf {
		return rune(p[0]), 1, true
	}
	plane, at := 1, 0
	if p[0] == 0x8E && len(p) >= 4 {
		plane, at = int(p[1])-0xA0, 2
	}
	if len(p) >= at+2 && p[at] >= 0xA1 && p[at+1] >= 0xA1 {
		if r := cnsRune(plane, p[at]&0x7F, p[at+1]&0x7F); r != 0 {
			return r, at + 2, true
		}
	}
	return utf8.RuneError, 1, false
}
