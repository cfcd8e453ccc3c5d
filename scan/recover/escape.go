package recover

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// literal is the inside of a quoted string in a text, with its escapes replaced.
type literal struct {
	text     string
	pos, end int   // of the inside in the text around it
	at, src  []int // where text and source part ways, counted from the beginning of either; nil without escapes
}

// unescape replaces the escapes of JSON, JavaScript, Java, C and Lua in s[pos:end]: \n and its like, \xXX, \uXXXX. A backslash
// that begins none of them is left out.
func unescape(s string, pos, end int) literal {
	raw := s[pos:end]
	lit := literal{text: raw, pos: pos, end: end}
	if strings.IndexByte(raw, '\\') < 0 {
		return lit
	}
	var b strings.Builder
	b.Grow(len(raw))
	for i := 0; i < len(raw); {
		n := strings.IndexByte(raw[i:], '\\')
		if n < 0 || i+n+1 == len(raw) {
			b.WriteString(raw[i:])
			break
		}
		b.WriteString(raw[i : i+n])
		i += n
		i += escape(&b, raw[i:])
		lit.at = append(lit.at, b.Len())
		lit.src = append(lit.src, i)
	}
	lit.text = b.String()
	return lit
}

// escape writes the character of the escape at the beginning of s and returns the length of the escape.
func escape(b *strings.Builder, s string) int {
	switch c := s[1]; c {
	case 'n':
		b.WriteByte('\n')
	case 't':
		b.WriteByte('\t')
	case 'r':
		b.WriteByte('\r')
	case 'b', 'f', '0':
		b.WriteByte(' ')
	case 'x':
		if v, ok := hexDigits(s, 2, 2); ok {
			b.WriteRune(v)
			return 4
		}
		b.WriteByte(c)
	case 'u':
		v, ok := hexDigits(s, 2, 4)
		if !ok {
			b.WriteByte(c)
			return 2
		}
		if utf16.IsSurrogate(v) {
			if low, ok := hexDigits(s, 8, 4); ok && s[6] == '\\' && s[7] == 'u' && utf16.DecodeRune(v, low) != utf8.RuneError {
				b.WriteRune(utf16.DecodeRune(v, low))
				return 12
			}
		}
		b.WriteRune(v)
		return 6
	default:
		_, n := utf8.DecodeRuneInString(s[1:])
		b.WriteString(s[1 : 1+n])
		return 1 + n
	}
	return 2
}

// hexDigits reads n hexadecimal digits of s at i.
func hexDigits(s string, i, n int) (rune, bool) {
	if len(s) < i+n {
		return 0, false
	}
	v, err := strconv.ParseUint(s[i:i+n], 16, 32)
	return rune(v), err == nil
}

// item returns the literal as an entry, without the space around it.
func (l literal) item() item {
	if l.at != nil {
		return item{text: strings.TrimFunc(l.text, blank), pos: l.pos, end: l.end}
	}
	left := strings.TrimLeftFunc(l.text, blank)
	text := strings.TrimRightFunc(left, blank)
	pos := l.pos + len(l.text) - len(left)
	return item{text: text, pos: pos, end: pos + len(text)}
}

// document returns the literal as a text of its own.
func (l literal) document(d *document, recipe ...string) *document {
	inner := &document{text: l.text, encoding: d.encoding, space: d.space, outer: d.outer, image: d.image, within: d.within, recipe: with(d.recipe, recipe...)}
	if l.at == nil {
		inner.origin = &breaks{d.origin, []int{0}, []int{l.pos}}
		return inner
	}
	b := &breaks{outer: d.origin, pos: make([]int, 0, len(l.at)+1), src: make([]int, 0, len(l.at)+1)}
	b.pos, b.src = append(b.pos, 0), append(b.src, l.pos)
	for i := range l.at {
		b.pos, b.src = append(b.pos, l.at[i]), append(b.src, l.pos+l.src[i])
	}
	inner.origin = b
	inner.recipe = append(inner.recipe, "unescape decode")
	return inner
}

// minText is the least length of a string that is read as a text.
const minText = 32

// isText reports whether a string could hold a list of its own.
func isText(s string) bool {
	if len(s) < minText {
		return false
	}
	body := strings.TrimFunc(s, blank)
	if body == "" {
		return false
	}
	if strings.IndexByte("[{", body[0]) >= 0 && strings.IndexByte("]}", body[len(body)-1]) >= 0 {
		return true
	}
	separators := 0
	for _, r := range s {
		if strings.ContainsRune("\n\t|,;，、；｜/#&", r) {
			separators++
		}
	}
	if separators >= minFields {
		return true
	}
	return strings.IndexByte(body, ' ') < 0 && Base64([]byte(body))
}
