package text

import (
	"fmt"
	"iter"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// DecodeRune reads the first character of p. It returns its size in bytes, which is at least 1 when p is not empty, and
// whether the bytes are valid; the character of invalid or truncated bytes is utf8.RuneError. In the escape encodings a
// byte that begins no escape is read as UTF-8.
func (e Encoding) DecodeRune(p []byte) (r rune, size int, ok bool) {
	if len(p) == 0 || int(e) >= len(rows) {
		return utf8.RuneError, 0, false
	}
	return rows[e].decode(p)
}

// Runes iterates over the characters of p with the offset of the first byte of each. Invalid bytes give utf8.RuneError.
func Runes(e Encoding, p []byte) iter.Seq2[int, rune] {
	return func(yield func(int, rune) bool) {
		for i := 0; i < len(p); {
			r, size, ok := e.DecodeRune(p[i:])
			if size == 0 {
				return
			}
			if !ok {
				r = utf8.RuneError
			}
			if !yield(i, r) {
				return
			}
			i += size
		}
	}
}

// DecodeAll decodes the whole of p (without its byte order mark, if it has one: see Detect). It fails at the first
// invalid byte, naming its offset.
func DecodeAll(e Encoding, p []byte) (string, error) {
	var b strings.Builder
	b.Grow(len(p))
	for i := 0; i < len(p); {
		r, size, ok := e.DecodeRune(p[i:])
		if !ok {
			return "", fmt.Errorf("text: invalid %s at offset %d", e, i)
		}
		b.WriteRune(r)
		i += size
	}
	return b.String(), nil
}

func decodeUTF8(p []byte) (rune, int, bool) {
	r, n := utf8.DecodeRune(p)
	return r, n, r != utf8.RuneError || n > 1
}

func decodeUTF16LE(p []byte) (rune, int, bool) {
	return decodeUTF16(p, func(p []byte) rune { return rune(p[0]) | rune(p[1])<<8 })
}

func decodeUTF16BE(p []byte) (rune, int, bool) {
	return decodeUTF16(p, func(p []byte) rune { return rune(p[0])<<8 | rune(p[1]) })
}

func decodeUTF16(p []byte, unit func([]byte) rune) (rune, int, bool) {
	if len(p) < 2 {
		return utf8.RuneError, len(p), false
	}
	r := unit(p)
	if !utf16.IsSurrogate(r) {
		return r, 2, true
	}
	if len(p) >= 4 {
		if r = utf16.DecodeRune(r, unit(p[2:])); r != utf8.RuneError {
			return r, 4, true
		}
	}
	return utf8.RuneError, 2, false
}

func decodeUnicodeEscape(p []byte) (rune, int, bool) {
	slashes := 0
	for slashes < 2 && slashes < len(p) && p[slashes] == '\\' {
		slashes++
	}
	u, ok := unicodeEscape(p, slashes)
	if !ok {
		return decodeUTF8(p)
	}
	size := slashes + 5
	if !utf16.IsSurrogate(u) {
		return u, size, true
	}
	if low, ok := unicodeEscape(p[size:], slashes); ok {
		if r := utf16.DecodeRune(u, low); r != utf8.RuneError {
			return r, 2 * size, true
		}
	}
	return utf8.RuneError, size, false
}

// unicodeEscape reads one UTF-16 unit written with the given number of backslashes.
func unicodeEscape(p []byte, slashes int) (rune, bool) {
	if slashes == 0 || len(p) < slashes+5 || p[slashes-1] != '\\' || p[0] != '\\' || p[slashes] != 'u' {
		return 0, false
	}
	return parseDigits(p[slashes+1:slashes+5], 16)
}

// parseDigits reads all of p as a number below 0x110000.
func parseDigits(p []byte, base rune) (rune, bool) {
	var r rune
	for _, c := range p {
		var d rune
		switch l := c | 0x20; {
		case '0' <= c && c <= '9':
			d = rune(c - '0')
		case 'a' <= l && l <= 'f' && base == 16:
			d = rune(l-'a') + 10
		default:
			return 0, false
		}
		if r = r*base + d; r > utf8.MaxRune {
			return 0, false
		}
	}
	return r, len(p) > 0
}

func decodePercent(p []byte) (rune, int, bool) {
	var buf [utf8.UTFMax]byte
	n := 0
	for n < len(buf) && len(p) >= 3*n+3 && p[3*n] == '%' {
		c, ok := parseDigits(p[3*n+1:3*n+3], 16)
		if !ok {
			break
		}
		buf[n] = byte(c)
		n++
	}
	if n == 0 {
		return decodeUTF8(p)
	}
	r, size, ok := decodeUTF8(buf[:n])
	return r, 3 * size, ok
}

func decodeXML(p []byte) (rune, int, bool) {
	if p[0] != '&' {
		return decodeUTF8(p)
	}
	end := 1
	for end < len(p) && end < 10 && p[end] != ';' {
		end++
	}
	if end == len(p) || p[end] != ';' {
		return decodeUTF8(p)
	}
	name := p[1:end]
	for _, entity := range xmlEntities {
		if string(name) == entity.name {
			return entity.r, end + 1, true
		}
	}
	var r rune
	ok := false
	switch {
	case len(name) > 2 && name[0] == '#' && name[1]|0x20 == 'x':
		r, ok = parseDigits(name[2:], 16)
	case len(name) > 1 && name[0] == '#':
		r, ok = parseDigits(name[1:], 10)
	}
	if !ok || !utf8.ValidRune(r) {
		return decodeUTF8(p)
	}
	return r, end + 1, true
}
