package recover

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Term is a known term of a wordlist.
type Term struct {
	Text     string
	Category string
}

// Terms is a set of known terms, ready for lookup. It is immutable and safe for concurrent use.
type Terms struct {
	exact map[string]string // folded text to category
	heads map[[2]rune][]pattern
	first [1 << 10]uint64 // one bit per BMP character that begins a pattern
}

// pattern is a term that is looked for within entries.
type pattern struct {
	text, category string
}

// NewTerms makes the set of the terms given. Terms are compared after Fold; of equal ones the first counts. A term of one
// character is known as a whole entry only, not within others.
func NewTerms(terms []Term) *Terms {
	t := &Terms{exact: make(map[string]string, len(terms)), heads: map[[2]rune][]pattern{}}
	for _, term := range terms {
		folded := Fold(term.Text)
		if folded == "" {
			continue
		}
		if _, dup := t.exact[folded]; dup {
			continue
		}
		t.exact[folded] = term.Category
		a, n := utf8.DecodeRuneInString(folded)
		b, m := utf8.DecodeRuneInString(folded[n:])
		if m == 0 {
			continue
		}
		t.heads[[2]rune{a, b}] = append(t.heads[[2]rune{a, b}], pattern{folded, term.Category})
		if a <= 0xFFFF {
			t.first[a>>6] |= 1 << (a & 63)
		}
	}
	for _, p := range t.heads {
		sort.SliceStable(p, func(i, j int) bool { return len(p[i].text) > len(p[j].text) })
	}
	return t
}

// Len returns the number of distinct terms.
func (t *Terms) Len() int { return len(t.exact) }

// Lookup returns the category of the term that the folded entry is.
func (t *Terms) Lookup(folded string) (category string, ok bool) {
	category, ok = t.exact[folded]
	return category, ok
}

// Within returns the category of the longest known term that stands in the folded entry, of equally long ones the first. A
// term that begins or ends in an ASCII letter or digit must not touch another one there.
func (t *Terms) Within(folded string) (category string, ok bool) {
	longest := 0
	for i, a := range folded {
		if a <= 0xFFFF && t.first[a>>6]>>(a&63)&1 == 0 {
			continue
		}
		rest := folded[i:]
		b, n := utf8.DecodeRuneInString(rest[utf8.RuneLen(a):])
		if n == 0 {
			break
		}
		for _, p := range t.heads[[2]rune{a, b}] {
			if len(p.text) <= longest {
				break
			}
			if strings.HasPrefix(rest, p.text) && !joined(folded, i) && !joined(folded, i+len(p.text)) {
				category, ok, longest = p.category, true, len(p.text)
				break
			}
		}
	}
	return category, ok
}

// joined reports whether both sides of position i are ASCII letters or digits.
func joined(s string, i int) bool {
	return i > 0 && i < len(s) && alphanumeric(s[i-1]) && alphanumeric(s[i])
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// Fold returns the form in which entries and terms are compared: NFKC, case folded, without surrounding white space.
func Fold(s string) string {
	s = strings.TrimFunc(s, blank)
	plain := true
	for _, r := range s {
		f, ok := fold(r)
		if !ok {
			return strings.TrimFunc(norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s))), blank)
		}
		plain = plain && f == r
	}
	if plain {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		f, _ := fold(r)
		b.WriteRune(f)
	}
	return strings.TrimFunc(b.String(), blank)
}

// fold returns the folded form of a character that folds for itself, as nearly all characters of lists do, and false for
// others.
func fold(r rune) (rune, bool) {
	switch {
	case 'A' <= r && r <= 'Z':
		return r + 'a' - 'A', true
	case r < utf8.RuneSelf, 0x4E00 <= r && r <= 0x9FFF, 0x3001 <= r && r <= 0x3029:
		return r, true
	case r == 0x3000:
		return ' ', true
	case 0xFF01 <= r && r <= 0xFF5E: // full-width ASCII
		f, _ := fold(r - 0xFEE0)
		return f, true
	case 0x2018 <= r && r <= 0x201F: // quotation marks
		return r, true
	}
	return 0, false
}

// blank reports whether r is nothing but space around an entry: white space, the byte order mark, zero-width space.
func blank(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B' }
