package text

import (
	"unicode"
	"unicode/utf8"
)

// Boundary reports whether the hit window[start:end] respects word boundaries: where it begins or ends with a Latin
// letter or a digit, its neighbour in the same encoding must not be one. Anything else is a boundary: punctuation, `_`,
// `-`, `.`, a space, a Han character, a control character, bytes that do not decode. So free_tibet and free-tibet.org hold
// the word "tibet", wwwfreetibetorg does not hold "freetibet", and neither does MyFreeTibet: a change of case is no boundary.
func Boundary(window []byte, start, end int, enc Encoding) bool {
	if start < 0 || end > len(window) || start >= end {
		return false
	}
	first, _, _ := enc.DecodeRune(window[start:end])
	if isWordRune(first) && !boundaryBefore(window, start, enc) {
		return false
	}
	var buf [Margin]unit
	hit := after(buf[:0], window[:end], start, end-start, enc)
	if !isWordRune(hit[len(hit)-1].r) {
		return true
	}
	next, _, ok := enc.DecodeRune(window[end:])
	return !ok || !isWordRune(next)
}

func boundaryBefore(window []byte, start int, enc Encoding) bool {
	var buf [Margin]unit
	units := before(buf[:0], window, start, 24, enc)
	if len(units) == 0 {
		return true
	}
	last := units[len(units)-1]
	if last.invalid || !isWordRune(last.r) {
		return true
	}
	// ASCII text in UTF-8 is ASCII text in GB18030 and Big5 as well, where a letter can be the second half of a character.
	return enc == UTF8 && last.r < utf8.RuneSelf && len(units) > 1 && units[len(units)-2].invalid
}

// isWordRune reports whether r is a Latin letter or a digit. Combining marks count with the letter that they follow.
func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return letterFold(r) != 0 || '0' <= r && r <= '9'
	}
	return r != utf8.RuneError && (unicode.Is(unicode.Latin, r) && !isFullWidth(r) || unicode.Is(unicode.Mn, r))
}

// isFullWidth reports whether r is a full-width letter, which stands between Han characters as they do.
func isFullWidth(r rune) bool { return 0xFF00 <= r && r <= 0xFFEF }
