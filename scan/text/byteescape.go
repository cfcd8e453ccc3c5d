package text

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// byteEscape is a way to write a byte as an escape of a fixed length.
type byteEscape struct {
	prefix string // behind the backslash
	digits string // verb for the digits
	width  int
	base   rune
}

var (
	hexEscape     = byteEscape{"x", "%02x", 2, 16}
	octalEscape   = byteEscape{"", "%03o", 3, 8}
	decimalEscape = byteEscape{"", "%03d", 3, 10}
)

// hexEscapeForms: within a string of source code that is itself in a string there are two backslashes.
func hexEscapeForms(term string) []Form {
	return distinct(term, append(hexEscape.forms(term), hexEscape.form(term, `\\`, false)))
}

func octalEscapeForms(term string) []Form { return distinct(term, octalEscape.forms(term)) }

// decimalEscapeForms: as in XML, the codes of the two cases of a letter share no digits.
func decimalEscapeForms(term string) []Form {
	forms := decimalEscape.forms(term)
	for _, t := range []string{strings.Map(lowerASCII, term), strings.Map(upperASCII, term)} {
		forms = append(forms, decimalEscape.form(t, `\`, true))
	}
	return distinct(term, forms)
}

func decodeHexEscape(p []byte) (rune, int, bool)     { return hexEscape.decode(p) }
func decodeOctalEscape(p []byte) (rune, int, bool)   { return octalEscape.decode(p) }
func decodeDecimalEscape(p []byte) (rune, int, bool) { return decimalEscape.decode(p) }

// forms escapes the bytes of UTF-8: all but ASCII, and all.
func (e byteEscape) forms(term string) []Form {
	return []Form{e.form(term, `\`, false), e.form(term, `\`, true)}
}

func (e byteEscape) form(term, slash string, all bool) Form {
	var b builder
	for _, r := range term {
		if r < utf8.RuneSelf && !all {
			b.plain(string(r))
			continue
		}
		for _, c := range []byte(string(r)) {
			b.exact(slash + e.prefix)
			switch {
			case letterFold(r) == 0 || e.base == 10:
				b.hex(fmt.Sprintf(e.digits, c))
			case e.base == 16:
				b.hexOf(e.digits, r)
			default: // 0101 and 0141: the middle digits of the two cases differ in this bit
				d := fmt.Sprintf(e.digits, c)
				b.exact(d[:1])
				b.add(0x04, d[1])
				b.exact(d[2:])
			}
		}
	}
	return b.form
}

// decode reads the escapes of one character, else a character of UTF-8.
func (e byteEscape) decode(p []byte) (rune, int, bool) {
	var buf [utf8.UTFMax]byte
	slashes := 0
	for slashes < 2 && slashes < len(p) && p[slashes] == '\\' {
		slashes++
	}
	size := slashes + len(e.prefix) + e.width
	n := 0
	for slashes > 0 && n < len(buf) && len(p) >= (n+1)*size {
		q := p[n*size:][:size]
		if strings.TrimLeft(string(q[:slashes]), `\`) != "" || string(q[slashes:size-e.width]) != e.prefix {
			break
		}
		c, ok := parseDigits(q[size-e.width:], e.base)
		if !ok || c > 0xFF {
			break
		}
		buf[n] = byte(c)
		n++
		if utf8.FullRune(buf[:n]) {
			break
		}
	}
	if n == 0 {
		return decodeUTF8(p)
	}
	r, bytes, ok := decodeUTF8(buf[:n])
	return r, bytes * size, ok
}
