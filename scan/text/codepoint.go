package text

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// codeEscape writes the code of a character between two marks.
func codeEscape(term, open, verb, end string, all bool) Form {
	var b builder
	for _, r := range term {
		if r < utf8.RuneSelf && !all {
			b.plain(string(r))
			continue
		}
		b.exact(open)
		if r < utf8.RuneSelf {
			b.hexOf(verb, r)
		} else {
			b.hex(fmt.Sprintf(verb, r))
		}
		b.exact(end)
	}
	return b.form
}

func braceEscapeForms(term string) []Form {
	var forms []Form
	for _, open := range []string{`\u{`, `\x{`} {
		forms = append(forms, codeEscape(term, open, "%x", "}", false), codeEscape(term, open, "%x", "}", true))
	}
	return distinct(term, forms)
}

func longEscapeForms(term string) []Form {
	return distinct(term, []Form{codeEscape(term, `\U`, "%08x", "", false), codeEscape(term, `\U`, "%08x", "", true)})
}

// percentUForms: escape() leaves ASCII letters and digits as they are and writes other ASCII as %20.
func percentUForms(term string) []Form {
	if isASCII(term) {
		return nil
	}
	var b builder
	for _, r := range term {
		switch {
		case r < utf8.RuneSelf && (letterFold(r) != 0 || '0' <= r && r <= '9' || strings.ContainsRune("@*_+-./", r)):
			b.plain(string(r))
		case r <= 0xFF:
			b.exact("%")
			b.hex(fmt.Sprintf("%02x", r))
		default:
			for _, u := range utf16.AppendRune(nil, r) {
				b.exact("%u")
				b.hex(fmt.Sprintf("%04x", u))
			}
		}
	}
	return []Form{b.form}
}

func decodeBraceEscape(p []byte) (rune, int, bool) {
	const longest = len(`\u{10ffff}`)
	if len(p) >= 5 && p[0] == '\\' && (p[1] == 'u' || p[1] == 'x') && p[2] == '{' {
		for end := 4; end < longest && end < len(p); end++ {
			if p[end] != '}' {
				continue
			}
			if r, ok := parseDigits(p[3:end], 16); ok && utf8.ValidRune(r) {
				return r, end + 1, true
			}
			break
		}
	}
	return decodeUTF8(p)
}

func decodeLongEscape(p []byte) (rune, int, bool) {
	if len(p) >= 10 && p[0] == '\\' && p[1] == 'U' {
		if r, ok := parseDigits(p[2:10], 16); ok && utf8.ValidRune(r) {
			return r, 10, true
		}
	}
	return decodeUTF8(p)
}

func decodePercentU(p []byte) (rune, int, bool) {
	unit := func(p []byte) (rune, bool) {
		if len(p) < 6 || p[0] != '%' || p[1] != 'u' {
			return 0, false
		}
		return parseDigits(p[2:6], 16)
	}
	if p[0] != '%' {
		return decodeUTF8(p)
	}
	if u, ok := unit(p); ok {
		if !utf16.IsSurrogate(u) {
			return u, 6, true
		}
		if low, ok := unit(p[6:]); ok && utf16.DecodeRune(u, low) != utf8.RuneError {
			return utf16.DecodeRune(u, low), 12, true
		}
		return utf8.RuneError, 6, false
	}
	if len(p) >= 3 {
		if r, ok := parseDigits(p[1:3], 16); ok {
			return r, 3, true
		}
	}
	return decodeUTF8(p)
}
