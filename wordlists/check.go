package wordlists

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Problem is something in a list that would mislead a scan or a reader of its report.
type Problem struct {
	Line   int    // of the list, 0 when the problem is not of one term
	Term   string // as it stands in the list; empty when the problem is not of one term
	Reason string
}

func (p Problem) String() string {
	if p.Line == 0 {
		return p.Reason
	}
	return fmt.Sprintf("line %d: %q: %s", p.Line, p.Term, p.Reason)
}

// Terms shorter than these would be found everywhere.
const (
	minHan    = 2 // characters, when one of them is outside ASCII
	minLatin  = 3 // characters, in ASCII
	minLoader = 6 // characters, in loaders and endpoints
)

// Check returns the problems of a list in the order of its lines: what a list may hold, since others wrote it,
// but an embedded or curated one should not: terms that are equal after NFKC and case folding, terms too short to mean
// anything, control characters, leading or trailing space, terms without a gloss.
func Check(l *List) []Problem {
	var problems []Problem
	if len(l.Terms) == 0 {
		problems = append(problems, Problem{Reason: "no terms"})
	}
	first := make(map[string]int, len(l.Terms))
	for _, t := range l.Terms {
		report := func(format string, args ...any) {
			problems = append(problems, Problem{t.Line, t.Text, fmt.Sprintf(format, args...)})
		}
		folded := Fold(t.Text)
		if line, ok := first[folded]; ok {
			report("same as line %d", line)
		} else {
			first[folded] = t.Line
		}
		if n, least := shortest(l.Kind, folded); n < least {
			report("too short: %d of at least %d characters", n, least)
		}
		if i := strings.IndexFunc(t.Text, unicode.IsControl); i >= 0 {
			r, _ := utf8.DecodeRuneInString(t.Text[i:])
			report("control character %U", r)
		}
		if strings.TrimSpace(t.Text) != t.Text {
			report("leading or trailing space")
		}
		if strings.TrimSpace(t.Gloss) == "" {
			report("no gloss")
		}
	}
	return problems
}

// Fold returns the form in which terms are compared: NFKC, case folded, without surrounding space.
func Fold(term string) string {
	return strings.TrimSpace(norm.NFKC.String(cases.Fold().String(norm.NFKC.String(term))))
}

// shortest returns the length of a folded term in characters and the least that its kind asks for.
func shortest(kind Kind, folded string) (n, least int) {
	least = minLatin
	for _, r := range folded {
		n++
		if r > unicode.MaxASCII {
			least = minHan
		}
	}
	if (kind == KindLoaders || kind == KindEndpoints) && least == minLatin {
		least = minLoader
	}
	return n, least
}
