package scan

import (
	"cmp"
	"math"
	"slices"

	"github.com/censorscan/censorscan/scan/recover"
	"github.com/censorscan/censorscan/wordlists"
)

// Overlap is what a list has in common with a reference, a public list that the user gave.
type Overlap struct {
	Wordlist    string  `json:"wordlist"`     // its name
	Common      int     `json:"common"`       // distinct entries in both
	OfList      float64 `json:"of_list"`      // their share of the list, 0 to 1
	OfReference float64 `json:"of_reference"` // their share of the reference, 0 to 1
}

// reference is a public list in its normal form.
type reference struct {
	name  string
	terms map[string]bool
}

func newReferences(lists []*wordlists.List) []reference {
	var out []reference
	for _, l := range lists {
		r := reference{l.Name, map[string]bool{}}
		for _, t := range l.Terms {
			r.terms[recover.Fold(t.Text)] = true
		}
		out = append(out, r)
	}
	return out
}

// overlap compares a list with the references.
func overlap(l *List, references []reference) []Overlap {
	if len(references) == 0 {
		return nil
	}
	distinct := map[string]bool{}
	for _, e := range l.Entries {
		distinct[recover.Fold(e.Text)] = true
	}
	share := func(n, of int) float64 { return math.Round(float64(n)/float64(max(1, of))*1e4) / 1e4 }
	var out []Overlap
	for _, r := range references {
		n := 0
		for e := range distinct {
			if r.terms[e] {
				n++
			}
		}
		if n > 0 {
			out = append(out, Overlap{r.name, n, share(n, len(distinct)), share(n, len(r.terms))})
		}
	}
	slices.SortStableFunc(out, func(a, b Overlap) int { return cmp.Compare(b.Common, a.Common) })
	return out
}
