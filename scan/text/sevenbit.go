package text

import (
	"sync"
	"unicode/utf8"
)

// Charsets of 94 by 94 characters in seven bits, between marks: HZ (RFC 1843) has ~{ and ~}, ISO-2022-CN (RFC 1922) SO and SI, and before the
// first SO of a line an escape sequence that names the charset.

// shifting is a way to mark where seven-bit codes begin and end.
type shifting struct {
	first string // in place of begin where it stands first in a line, "" if there is no difference
	begin string
	end   string
}

var (
	hzShift  = shifting{"", "~{", "~}"}
	gbShift  = shifting{"\x1b$)A\x0e", "\x0e", "\x0f"}
	cnsShift = shifting{"\x1b$)G\x0e", "\x0e", "\x0f"}
)

func gb7Forms(term string) []Form {
	return sevenBitForms(term, gb7Code, hzShift, gbShift)
}

func cns7Forms(term string) []Form {
	return sevenBitForms(term, func(r rune) (hi, lo byte, ok bool) {
		code, ok := cns().code[r]
		return byte(code >> 8), byte(code), ok && code>>15 == 0
	}, cnsShift)
}

// gb7Code returns the code of a character of GB 2312.
func gb7Code(r rune) (hi, lo byte, ok bool) {
	code := gb2312()[r]
	return byte(code >> 8), byte(code), code != 0
}

// sevenBitForms writes a term with the marks that stand within it.
func sevenBitForms(term string, code func(rune) (hi, lo byte, ok bool), shifts ...shifting) []Form {
	if isASCII(term) {
		return nil
	}
	var forms []Form
	for _, s := range shifts {
		for _, first := range []string{s.begin, s.first} {
			if first == "" {
				continue
			}
			var b builder
			shifted := term[0] >= utf8.RuneSelf
			for _, r := range term {
				if want := r >= utf8.RuneSelf; want != shifted {
					if shifted = want; want {
						b.exact(first)
						first = s.begin
					} else {
						b.exact(s.end)
					}
				}
				if !shifted {
					b.plain(string(r))
					continue
				}
				hi, lo, ok := code(r)
				if !ok {
					return nil
				}
				b.add(0, hi, lo)
			}
			forms = append(forms, b.form)
		}
	}
	return distinct(term, forms)
}

func unpackGB7(hit view) []view {
	return unpackShifted(hit, func(hi, lo byte) rune {
		if hi > 0x77 {
			return 0
		}
		return tables().gb[int(hi|0x80)<<8|int(lo|0x80)]
	})
}

func unpackCNS7(hit view) []view {
	return unpackShifted(hit, func(hi, lo byte) rune { return cnsRune(1, hi, lo) })
}

// unpackShifted reads from what is taken for plain ASCII. A line always begins with ASCII.
func unpackShifted(hit view, char func(hi, lo byte) rune) []view {
	const (
		ascii = iota
		hz
		so
	)
	u := newUnpacker(hit)
	lo, hi := hit.near()
	p, state := hit.window, ascii
	for i := lo; i < hi; {
		var next byte
		if i+1 < hi {
			next = p[i+1]
		}
		switch c := p[i]; {
		case state == ascii && c == '~' && next == '{':
			state = hz
			i += 2
		case state == ascii && c == 0x0E:
			state = so
			i++
		case c == 0x1B && i+4 <= hi && next == '$' && p[i+2] == ')':
			i += 4
		case state == hz && c == '~' && next == '}':
			state = ascii
			i += 2
		case state == so && c == 0x0F:
			state = ascii
			i++
		case state != ascii && c > ' ' && c < 0x7F && next > ' ' && next < 0x7F:
			if r := char(c, next); r != 0 && r <= 0xFFFF {
				u.unit(i, i+2, r)
			} else {
				u.invalid(i, i+2)
			}
			i += 2
		default:
			if c == '\n' || c == 0 {
				state = ascii
			}
			u.plain(i)
			i++
		}
	}
	return []view{u.out}
}

// gb2312 maps the characters of GB 2312 to their seven-bit codes.
var gb2312 = sync.OnceValue(func() map[rune]uint16 {
	codes := make(map[rune]uint16, 7500)
	for hi := 0x21; hi <= 0x77; hi++ {
		for lo := 0x21; lo <= 0x7E; lo++ {
			if r := tables().gb[(hi|0x80)<<8|lo|0x80]; r != 0 && r <= 0xFFFF {
				codes[r] = uint16(hi<<8 | lo)
			}
		}
	}
	return codes
})
