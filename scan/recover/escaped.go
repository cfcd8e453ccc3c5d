package recover

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// minEscapes is how many escapes there must be for a text to be read without them.
const minEscapes = 5

// findEscaped takes a text whose words are written in escapes that no quotes surround: percent-encoded (RFC 3986), as \uXXXX in a properties file, or as
// character references outside of XML. With the escapes replaced it is read as a text of its own, or each value of a query is.
// So are the lines of Base64 within a text.
func findEscaped(d *document) found {
	f := found{texts: base64Blocks(d)}
	s := d.text
	if strings.Count(s, "%") >= 3*minEscapes {
		if !strings.ContainsAny(s, " \n") { // of a query, in which a space is written as +
			s = strings.ReplaceAll(s, "+", " ")
		}
		if lit, n := unpercent(s, 0, len(s)); n >= minEscapes {
			values := len(f.texts)
			eachValue(s, func(pos, end int) {
				if lit, n := unpercent(s, pos, end); n > 0 && isText(lit.text) {
					f.texts = append(f.texts, lit.textOf(d, "value", "percent decode"))
				}
			})
			if len(f.texts) == values {
				f.texts = append(f.texts, lit.textOf(d, "percent decode"))
			}
		}
	}
	if strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
		return f // those escapes write all that is not ASCII
	}
	if n := strings.Count(s, `\u`); n >= minEscapes && strings.Count(s, `"`) < n/4 {
		f.texts = append(f.texts, unescape(s, 0, len(s)).textOf(d, "unescape decode"))
	}
	if body := strings.TrimLeftFunc(s, blank); body != "" && body[0] != '<' && strings.Count(s, "&#") >= minEscapes {
		f.texts = append(f.texts, unentity(s, 0, len(s)).textOf(d, "entity decode"))
	}
	return f
}

// textOf returns a literal with its escapes replaced as a text of its own.
func (l literal) textOf(d *document, recipe ...string) *document {
	inner := l.document(d)
	inner.recipe = with(d.recipe, recipe...)
	return inner
}

// unpercent replaces percent-encoded characters in s[pos:end] and returns how many there were that are not ASCII. What is no UTF-8 stays as it is.
func unpercent(s string, pos, end int) (lit literal, wide int) {
	raw := s[pos:end]
	lit = literal{text: raw, pos: pos, end: end}
	var b strings.Builder
	b.Grow(len(raw))
	for i := 0; i < len(raw); {
		n := strings.IndexByte(raw[i:], '%')
		if n < 0 {
			b.WriteString(raw[i:])
			break
		}
		b.WriteString(raw[i : i+n])
		i += n
		char := make([]byte, 0, utf8.UTFMax)
		for k := i; k+3 <= len(raw) && raw[k] == '%' && len(char) < utf8.UTFMax && !utf8.FullRune(char); k += 3 {
			v, err := strconv.ParseUint(raw[k+1:k+3], 16, 8)
			if err != nil {
				break
			}
			char = append(char, byte(v))
		}
		if r, size := utf8.DecodeRune(char); r == utf8.RuneError || size != len(char) || size == 0 {
			b.WriteByte('%')
			i++
			continue
		}
		if len(char) > 1 {
			wide++
		}
		b.Write(char)
		i += 3 * len(char)
		lit.at = append(lit.at, b.Len())
		lit.src = append(lit.src, i)
	}
	lit.text = b.String()
	return lit, wide
}

// eachValue calls f with what stands between the characters that part the values of a query.
func eachValue(s string, f func(pos, end int)) {
	const parts = "&=?\"'<>\t\r\n"
	for pos := 0; pos < len(s); {
		n := strings.IndexAny(s[pos:], parts)
		if n < 0 {
			n = len(s) - pos
		}
		if n >= minText {
			f(pos, pos+n)
		}
		pos += n + 1
	}
}
