package text

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
)

// Form is one byte form of a term. Fold holds for every byte the bits in which the haystack may differ: 0x20 at an ASCII
// letter (either case), 0x02 at the digit of an escape that tells A from a (\u0041, \u0061), else 0. A byte b of the
// haystack matches position i when b|Fold[i] == Bytes[i]; Bytes has the folded bits set.
type Form struct {
	Bytes, Fold []byte
}

// Forms returns every byte form of term in the encoding, or nil when the encoding cannot write it or writes it as UTF-8
// does. ASCII letters match in either case. The escapes give two forms: with every character escaped, and with ASCII
// left plain as most writers do; \u escapes with one backslash and with two (JSON within JSON or source text). Hex digits
// match in either case.
func (e Encoding) Forms(term string) []Form {
	if int(e) >= len(rows) || term == "" || !utf8.ValidString(term) {
		return nil
	}
	return rows[e].forms(term)
}

// builder collects a form byte by byte.
type builder struct{ form Form }

func (b *builder) add(fold byte, p ...byte) {
	for _, c := range p {
		b.form.Bytes = append(b.form.Bytes, c|fold)
		b.form.Fold = append(b.form.Fold, fold)
	}
}

func (b *builder) exact(s string) { b.add(0, []byte(s)...) }

// plain adds ASCII text, letters in either case.
func (b *builder) plain(s string) {
	for i := range len(s) {
		b.add(letterFold(rune(s[i])), s[i])
	}
}

// hex adds hex digits, in either case.
func (b *builder) hex(s string) { b.plain(s) }

// hexOf adds the code of an ASCII character as hex digits so that both cases of a letter match.
func (b *builder) hexOf(format string, r rune) {
	s := fmt.Sprintf(format, r)
	if letterFold(r) == 0 {
		b.hex(s)
		return
	}
	n := len(s)
	b.hex(s[:n-2])
	b.add(0x02, s[n-2]) // 4x and 6x, 5x and 7x differ in this bit
	b.hex(s[n-1:])
}

// letterFold returns the bit in which the two cases of an ASCII letter differ, 0 for anything else.
func letterFold(r rune) byte {
	if c := r | 0x20; r < utf8.RuneSelf && 'a' <= c && c <= 'z' {
		return 0x20
	}
	return 0
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// rawForms makes the forms function of a Unicode encoding from its rune encoder.
func rawForms(appendRune func([]byte, rune) []byte) func(string) []Form {
	return func(term string) []Form {
		var b builder
		var buf [4]byte
		for _, r := range term {
			n := len(b.form.Bytes)
			b.add(0, appendRune(buf[:0], r)...)
			if fold := letterFold(r); fold != 0 {
				for i := n; i < len(b.form.Bytes); i++ {
					if b.form.Bytes[i] != 0 {
						b.form.Bytes[i] |= fold
						b.form.Fold[i] = fold
					}
				}
			}
		}
		return []Form{b.form}
	}
}

func encodeUTF8(p []byte, r rune) []byte { return utf8.AppendRune(p, r) }

func encodeUTF16LE(p []byte, r rune) []byte {
	for _, u := range utf16.AppendRune(nil, r) {
		p = append(p, byte(u), byte(u>>8))
	}
	return p
}

func encodeUTF16BE(p []byte, r rune) []byte {
	for _, u := range utf16.AppendRune(nil, r) {
		p = append(p, byte(u>>8), byte(u))
	}
	return p
}

// charsetForms makes the forms function of a legacy charset, which writes ASCII as UTF-8 does.
func charsetForms(charset encoding.Encoding, decode func([]byte) (rune, int, bool)) func(string) []Form {
	return func(term string) []Form {
		if isASCII(term) {
			return nil
		}
		enc := charset.NewEncoder()
		var b builder
		var dst [8]byte
		for _, r := range term {
			if r < utf8.RuneSelf {
				b.add(letterFold(r), byte(r))
				continue
			}
			n, _, err := enc.Transform(dst[:], []byte(string(r)), true)
			if err != nil || n == 0 {
				return nil
			}
			if back, size, _ := decode(dst[:n]); back != r || size != n {
				return nil // some private characters do not survive
			}
			b.add(0, dst[:n]...)
		}
		return []Form{b.form}
	}
}

func unicodeEscapeForms(term string) []Form {
	var forms []Form
	for _, slash := range []string{`\`, `\\`} {
		for _, all := range []bool{false, true} {
			if !all && isASCII(term) || all && !hasASCII(term) {
				continue
			}
			var b builder
			for _, r := range term {
				if r < utf8.RuneSelf && !all {
					b.plain(string(r))
					continue
				}
				if r < utf8.RuneSelf {
					b.exact(slash + "u")
					b.hexOf("%04x", r)
					continue
				}
				for _, u := range utf16.AppendRune(nil, r) {
					b.exact(slash + "u")
					b.hex(fmt.Sprintf("%04x", u))
				}
			}
			if bytes.LastIndex(b.form.Bytes, []byte(`\\`)) == 0 {
				continue // the form with one backslash is found inside it
			}
			forms = append(forms, b.form)
		}
	}
	return forms
}

func hasASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < utf8.RuneSelf }) >= 0
}

// percentForms escapes the UTF-8 bytes: all of them; all but unreserved ASCII with a space as %20 or as +; all but ASCII.
func percentForms(term string) []Form {
	const (
		everything = iota
		reserved
		plusForSpace
		nonASCII
	)
	var forms []Form
	for mode := everything; mode <= nonASCII; mode++ {
		if mode == plusForSpace && !strings.Contains(term, " ") {
			continue
		}
		var b builder
		for _, r := range term {
			switch {
			case r >= utf8.RuneSelf:
				for _, c := range []byte(string(r)) {
					b.exact("%")
					b.hex(fmt.Sprintf("%02x", c))
				}
			case mode == plusForSpace && r == ' ':
				b.exact("+")
			case mode == nonASCII || mode != everything && unreserved(r):
				b.plain(string(r))
			default:
				b.exact("%")
				b.hexOf("%02x", r)
			}
		}
		forms = append(forms, b.form)
	}
	return distinct(term, forms)
}

// unreserved reports whether a URI writes the character plain (RFC 3986, section 2.3).
func unreserved(r rune) bool {
	return letterFold(r) != 0 || '0' <= r && r <= '9' || strings.ContainsRune("-._~", r)
}

func xmlDecimalForms(term string) []Form {
	forms := []Form{xmlForm(term, xmlDecimal, false)}
	// The decimal codes of the two cases of a letter share no digits: the cases that people write, each as its own form.
	for _, t := range []string{term, strings.Map(lowerASCII, term), strings.Map(upperASCII, term)} {
		forms = append(forms, xmlForm(t, xmlDecimal, true))
	}
	return distinct(term, forms)
}

func lowerASCII(r rune) rune { return r | rune(letterFold(r)) }
func upperASCII(r rune) rune { return r &^ rune(letterFold(r)) }

func xmlHexForms(term string) []Form {
	return distinct(term, []Form{xmlForm(term, xmlHex, false), xmlForm(term, xmlHex, true)})
}

func xmlDecimal(b *builder, r rune) { b.exact(fmt.Sprintf("&#%d;", r)) }

func xmlHex(b *builder, r rune) {
	b.exact("&#")
	b.plain("x")
	if r < utf8.RuneSelf {
		b.hexOf("%x", r)
	} else {
		b.hex(fmt.Sprintf("%x", r))
	}
	b.exact(";")
}

// xmlForm writes characters as references; without all, ASCII stays plain but for the characters that XML must escape.
func xmlForm(term string, reference func(*builder, rune), all bool) Form {
	var b builder
	for _, r := range term {
		switch {
		case r >= utf8.RuneSelf || all:
			reference(&b, r)
		case xmlName(r) != "":
			b.exact("&" + xmlName(r) + ";")
		default:
			b.plain(string(r))
		}
	}
	return b.form
}

// xmlName returns the name of one of the five predefined entities, "" for other characters.
func xmlName(r rune) string {
	for _, e := range xmlEntities {
		if e.r == r {
			return e.name
		}
	}
	return ""
}

var xmlEntities = [...]struct {
	r    rune
	name string
}{{'&', "amp"}, {'<', "lt"}, {'>', "gt"}, {'"', "quot"}, {'\'', "apos"}}

// distinct drops the forms that repeat an earlier one or the plain UTF-8 form of the term.
func distinct(term string, forms []Form) []Form {
	seen := rawForms(encodeUTF8)(term)
	var out []Form
next:
	for _, f := range forms {
		for _, s := range seen {
			if string(s.Bytes) == string(f.Bytes) && string(s.Fold) == string(f.Fold) {
				continue next
			}
		}
		seen = append(seen, f)
		out = append(out, f)
	}
	return out
}
