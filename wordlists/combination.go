package wordlists

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A term of a list of words may be a combination, as TOM-Skype and QQMail have them: 西藏+独立 means both words, near each other and in either order.
// The plus joins parts of three characters or more (two if one is Chinese); where one side is shorter, as in C++ or 劳+教+所, it is a plus. \+ is a plus anywhere.

// splitTerm reads a term as it is written in a list. Parts is nil for a term that is no combination.
func splitTerm(written string) (text string, parts []string) {
	if !strings.Contains(written, "+") {
		return written, nil
	}
	var b strings.Builder
	for i := 0; i < len(written); i++ {
		switch {
		case written[i] == '\\' && i+1 < len(written) && written[i+1] == '+':
			b.WriteByte('+')
			i++
		case written[i] == '+':
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteByte(written[i])
		}
	}
	parts = append(parts, b.String())
	text = strings.Join(parts, "+")
	if len(parts) < 2 || slices.ContainsFunc(parts, tooShort) {
		return text, nil
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return strings.Join(parts, "+"), parts
}

// tooShort reports whether a part of a combination would be found everywhere, or could not be written again.
func tooShort(part string) bool {
	part = strings.TrimSpace(part)
	least := minLatin
	if strings.ContainsFunc(part, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		least = minHan
	}
	return utf8.RuneCountInString(part) < least || strings.HasSuffix(part, `\`) || !strings.ContainsFunc(part, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

// combines reports whether a plus has a meaning in the list: indicators of loaders and hosts stand as they are.
func (l *List) combines() bool { return l.Kind == KindTerms || l.Kind == KindContext }

// written is the inverse of splitTerm.
func (l *List) written(t *Term) string {
	plain := func(s string) string { return strings.ReplaceAll(s, "+", `\+`) }
	if len(t.Parts) > 0 {
		parts := make([]string, len(t.Parts))
		for i, p := range t.Parts {
			parts[i] = plain(p)
		}
		return strings.Join(parts, "+")
	}
	if text, parts := splitTerm(t.Text); !l.combines() || parts == nil && text == t.Text {
		return t.Text
	}
	return plain(t.Text)
}
