package scan

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/simplifiedchinese"
	encuni "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/unicode/norm"

	"github.com/censorscan/censorscan/scan/text"
)

// rareReadings is what the bytes can say in one of the rare encodings, nil for another one. front is the byte before them. CNS 11643 has
// no decoder but that of package text.
func rareReadings(p []byte, front byte, name string) []string {
	one := func(s string, _ error) []string { return []string{s} }
	switch name {
	case "utf-32le":
		return one(utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM).NewDecoder().String(string(p)))
	case "utf-32be":
		return one(utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM).NewDecoder().String(string(p)))
	case "euc-tw":
		return []string{decodedAs(text.EUCTW, p)}
	case "cns11643-7bit":
		out := strings.NewReplacer("\x1b$)G", "", "\x0e", "", "\x0f", "").Replace(string(p))
		high := []byte(out)
		for i, c := range high {
			if c > ' ' {
				high[i] = c | 0x80
			}
		}
		return append(one(string(p), nil), decodedAs(text.EUCTW, high), decodedAs(text.EUCTW, mixed(p)))
	case "gb2312-7bit":
		s := strings.NewReplacer("\x1b$)A", "", "\x0e", "~{", "\x0f", "~}").Replace(string(p))
		plain, _ := simplifiedchinese.HZGB2312.NewDecoder().String(s)
		shifted, _ := simplifiedchinese.HZGB2312.NewDecoder().String("~{" + s)
		return []string{plain, shifted}
	case "utf-7":
		return utf7Readings(p, front)
	case "hex":
		n := 0
		for n < len(p) && strings.IndexByte("0123456789abcdefABCDEF", p[n]) >= 0 {
			n++
		}
		out, _ := hex.DecodeString(string(p[:n&^1]))
		return one(string(out), nil)
	case "base64":
		var out []string
		for _, b := range shiftedBase64(p, front) {
			out = append(out, string(b))
		}
		return out
	case "hex-escape", "octal-escape", "decimal-escape", "brace-escape", "percent-u", "long-escape":
		s := string(p)
		base := map[string]int{"octal-escape": 8, "decimal-escape": 10}[name]
		return []string{unescapeBytes(s, base), unescapeBytes(strings.ReplaceAll(s, `\\`, `\`), base)}
	case "html-named":
		return []string{strings.ReplaceAll(html.UnescapeString(string(p)), "\u00a0", " ")}
	}
	return nil
}

// decodedAs decodes as far as it goes.
func decodedAs(e text.Encoding, p []byte) string {
	var b strings.Builder
	for _, r := range text.Runes(e, p) {
		b.WriteRune(r)
	}
	return b.String()
}

// mixed sets the high bits between SO and SI, and leaves the marks out.
func mixed(p []byte) []byte {
	var out []byte
	shift := byte(0)
	for _, c := range bytes.ReplaceAll(p, []byte("\x1b$)G"), nil) {
		switch c {
		case 0x0E:
			shift = 0x80
		case 0x0F:
			shift = 0
		default:
			out = append(out, c|shift)
		}
	}
	return out
}

// shiftedBase64 decodes a run of Base64 that begins at a bit of a byte: the digit in front holds none, four or two bits of it.
func shiftedBase64(p []byte, front byte) [][]byte {
	s := strings.NewReplacer("-", "+", "_", "/").Replace(string(front) + string(p))
	n := 1
	for n < len(s) && (s[n] == '+' || s[n] == '/' || s[n] < 0x80 && (unicode.IsLetter(rune(s[n])) || unicode.IsDigit(rune(s[n])))) {
		n++
	}
	var out [][]byte
	for drop, run := range []string{s[1:n], "A" + s[:n], "AA" + s[:n]} {
		b, _ := base64.RawStdEncoding.DecodeString(run[:len(run)-len(run)%4])
		if rest := run[len(run)-len(run)%4:]; len(rest) > 1 { // what bits there are
			tail, _ := base64.RawStdEncoding.DecodeString(rest)
			b = append(b, tail...)
		}
		out = append(out, b[min(drop, len(b)):])
	}
	return out
}

// utf7Readings reads text that begins within a run, or in ASCII.
func utf7Readings(p []byte, front byte) []string {
	units := func(b []byte) string {
		s, _ := encuni.UTF16(encuni.BigEndian, encuni.IgnoreBOM).NewDecoder().String(string(b[:len(b)&^1]))
		return s
	}
	rest := func(s string) string { // ASCII and runs
		return utf7Run.ReplaceAllStringFunc(s, func(run string) string {
			if run == "+-" {
				return "+"
			}
			b, _ := base64.RawStdEncoding.DecodeString(strings.Trim(run, "+-"))
			return units(b)
		})
	}
	s := string(p)
	out := []string{rest(s)}
	n := strings.IndexFunc(s, func(r rune) bool {
		return r >= 0x80 || r != '+' && r != '/' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if n < 0 {
		n = len(s)
	}
	for _, b := range shiftedBase64([]byte(s[:n]), front) {
		out = append(out, units(b)+rest(strings.TrimPrefix(s[n:], "-")))
	}
	return out
}

var (
	utf7Run   = regexp.MustCompile(`\+[A-Za-z0-9+/]*-?`)
	escapeRun = regexp.MustCompile(`\\[ux]\{[0-9a-fA-F]{1,6}\}|%u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2}|\\U[0-9a-fA-F]{8}|\\x[0-9a-fA-F]{2}|\\[0-9]{3}`)
)

// unescapeBytes undoes the escapes of bytes and of characters; base is that of three digits behind a backslash.
func unescapeBytes(s string, base int) string {
	out := escapeRun.ReplaceAllStringFunc(s, func(e string) string {
		digits, base := strings.Trim(e, `\uxU%{}`), base
		oneByte := strings.HasPrefix(e, `\x`) && e[2] != '{'
		switch {
		case len(e) == 4 && e[0] == '\\' && e[1] != 'x':
			oneByte = true
			if base == 0 {
				return e
			}
		default:
			base = 16
		}
		v, err := strconv.ParseUint(digits, base, 32)
		switch {
		case err != nil:
			return e
		case oneByte:
			return string([]byte{byte(v)})
		case strings.HasPrefix(e, "%u") && v>>11 == 0x1B:
			return e // half of a character: no term of ours needs it
		}
		return string(rune(v))
	})
	return out
}

// bare is the letters and digits of a text in simplified characters, compatibility forms undone.
func (r *reader) bare(s string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(norm.NFKC.String(s)) {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			b.WriteString(r.lexicon.conv.Simplified(string(c)))
		}
	}
	return b.String()
}
