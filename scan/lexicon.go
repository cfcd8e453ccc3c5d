package scan

import (
	"fmt"
	"sort"

	"github.com/censorscan/censorscan/scan/match"
	"github.com/censorscan/censorscan/scan/text"
	"github.com/censorscan/censorscan/wordlists"
	"github.com/censorscan/censorscan/wordlists/variants"
)

// lexicon is what is known of every term of the chosen wordlists. It is immutable.
type lexicon struct {
	terms     []known
	variants  [][]string     // of each term, those that are no term themselves
	byText    map[string]int // folded text to terms
	spelled   []match.Term   // what core and a second engine search for
	core      *match.Core
	grader    *text.Grader
	masked    *masked
	conv      *variants.Converter
	languages *languages
}

// known is a term with the list it comes from; of a term in several lists, the first that lets it stand alone.
type known struct {
	wordlists.Term
	list        *wordlists.List
	combination *combination // nil for a term of one part
	alone       bool         // a hit of it means something by itself
	word        bool         // Latin letters at its ends must not touch others
}

// maxRare is how many terms are searched for in the rare encodings too: those that stand alone, in the order of the lists. It is all of the embedded
// ones and those of a list of one's own; of a list of many thousands the first ones find the file that holds it.
const maxRare = 2000

// describes tells whether the term says what a list is about.
func (k *known) describes() bool {
	return k.list.Kind == wordlists.KindTerms || k.list.Kind == wordlists.KindContext
}

// newLexicon compiles the lists. Terms that stand in several lists are one term.
func newLexicon(lists []*wordlists.List) (*lexicon, error) {
	conv, err := variants.New()
	if err != nil {
		return nil, err
	}
	lx := &lexicon{byText: map[string]int{}, conv: conv, languages: newLanguages(conv)}
	for _, l := range lists {
		for _, t := range l.Terms {
			k := known{Term: t, list: l, alone: l.StandsAlone(t), word: l.Kind != wordlists.KindLoaders}
			if len(t.Parts) > 0 {
				k.combination = newCombination(t.Parts, conv)
			}
			key := wordlists.Fold(t.Text)
			i, ok := lx.byText[key]
			if !ok {
				lx.byText[key] = len(lx.terms)
				lx.terms = append(lx.terms, k)
			} else if k.alone && !lx.terms[i].alone {
				lx.terms[i] = k
			}
		}
	}
	if len(lx.terms) == 0 {
		return nil, fmt.Errorf("no terms in the chosen wordlists")
	}
	terms := make([]match.Term, len(lx.terms))
	texts := make([]string, 0, 2*len(lx.terms))
	rare := 0
	for i, k := range lx.terms {
		terms[i] = match.Term{ID: int32(i), Text: k.searched(), Encodings: text.Common}
		if k.alone && k.list.Kind != wordlists.KindLoaders && k.combination == nil && rare < maxRare {
			terms[i].Encodings = text.All
			rare++
		}
		texts = append(texts, k.Text)
		for _, v := range conv.Variants(k.searched()) {
			if _, own := lx.byText[wordlists.Fold(v)]; own && k.combination == nil {
				continue // a term of its own
			}
			terms[i].Variants = append(terms[i].Variants, v)
			texts = append(texts, v)
		}
		lx.variants = append(lx.variants, terms[i].Variants)
	}
	lx.spelled = terms
	if lx.core, err = match.Compile(terms, match.Options{}); err != nil {
		return nil, fmt.Errorf("compiling the wordlists: %w", err)
	}
	lx.grader = text.NewGrader(texts)
	if lx.masked, err = newMasked(lx, conv); err != nil {
		return nil, fmt.Errorf("compiling the wordlists: %w", err)
	}
	return lx, nil
}

// spelling is the text of a variant of a term, 0 being the term itself.
func (lx *lexicon) spelling(term, variant int32) string {
	if variant == 0 {
		return lx.terms[term].searched()
	}
	return lx.variants[term][variant-1]
}

// wordlistsOf describes the lists for the report.
func wordlistsOf(lists []*wordlists.List) []Wordlist {
	out := make([]Wordlist, 0, len(lists))
	for _, l := range lists {
		out = append(out, Wordlist{Name: l.Name, Version: l.Version, Kind: string(l.Kind), SHA256: l.SHA256, Terms: len(l.Terms)})
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}
