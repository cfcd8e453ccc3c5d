package wordlists

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Searchable tells whether a list can be searched for without being misled. file names it in errors. A term of one character is refused, unless short allows it and it is
// no letter of an alphabet; so are equal terms (after NFKC and case folding) of different categories. Terms that merely stand there twice are told in twice, with their
// lines, and are one term.
func Searchable(file string, l *List, short bool) (twice []string, err error) {
	first := make(map[string]Term, len(l.Terms))
	for _, t := range l.Terms {
		folded := Fold(t.Text)
		if r, n := utf8.DecodeRuneInString(folded); n == len(folded) && l.Kind != KindReference {
			switch {
			case !unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana):
				return nil, lineError(file, t.Line, "%q has one character: it would be found everywhere", t.Text)
			case !short:
				return nil, lineError(file, t.Line, "%q has one character: it is searched for with --short only", t.Text)
			}
		}
		known, ok := first[folded]
		switch {
		case !ok:
			first[folded] = t
		case known.Category != t.Category:
			return nil, lineError(file, t.Line, "%q has category %q, and %q on line %d", t.Text, t.Category, known.Category, known.Line)
		default:
			twice = append(twice, fmt.Sprintf("%s:%d: %q stands on line %d too", file, t.Line, t.Text, known.Line))
		}
	}
	return twice, nil
}
