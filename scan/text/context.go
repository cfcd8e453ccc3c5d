package text

import (
	"fmt"
	"strings"
	"unicode"
)

// Excerpt is the decoded text around a hit, safe to print.
type Excerpt struct {
	Before, Match, After string
}

// Context decodes the hit window[start:end] and up to width characters on either side, within Margin bytes. What comes
// back is valid UTF-8 without control characters, line breaks, bidirectional or other invisible controls: those are
// written as \n, \t, \u202e, bytes that do not decode as \xNN, and a backslash as two.
func Context(window []byte, start, end int, enc Encoding, width int) Excerpt {
	if start < 0 || end > len(window) || start > end {
		return Excerpt{}
	}
	var buf [2 * Margin]unit
	left := before(buf[:0], window, start, Margin, enc)
	left = left[max(0, len(left)-width):]
	x := Excerpt{Before: printable(window, left)}
	x.Match = printable(window, after(buf[:0], window[:end], start, end-start, enc))
	right := after(buf[:0], window, end, Margin, enc)
	x.After = printable(window, right[:min(len(right), width)])
	return x
}

func printable(window []byte, units []unit) string {
	var b strings.Builder
	for _, u := range units {
		switch {
		case u.invalid:
			for _, c := range window[u.off : u.off+u.size] {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		case u.r == '\\':
			b.WriteString(`\\`)
		case u.r == '\n':
			b.WriteString(`\n`)
		case u.r == '\r':
			b.WriteString(`\r`)
		case u.r == '\t':
			b.WriteString(`\t`)
		case u.r < 0x80 && !unicode.IsPrint(u.r):
			fmt.Fprintf(&b, `\x%02x`, u.r)
		case unicode.IsPrint(u.r) || u.r == 0x3000:
			b.WriteRune(u.r)
		case u.r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08x`, u.r)
		default:
			fmt.Fprintf(&b, `\u%04x`, u.r)
		}
	}
	return b.String()
}
