package recover

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	minEntries  = 5      // distinct entries of a list
	minKnown    = 3      // evidence that makes a word collection worth a mention
	threshold   = 0.5    // score of a blocklist
	evenDensity = 0.0125 // density of known terms at which a structure is as likely a blocklist as not
	maxFolded   = 2048   // bytes of an entry that is compared with known terms; a longer one is none and no list needs it
	holdLength  = 32     // characters of an entry in which a term within counts; longer ones are prose
	shortEntry  = 10     // characters of an entry that is hardly a headline
	minPage     = 20     // entries that show a page of a dictionary
	partEntries = 8      // entries of a part that should hold a known term
)

// tally is what the known terms say of a structure.
type tally struct {
	entries, distinct int
	known, holding    int            // distinct entries
	topics            map[string]int // distinct entries, known or holding, by category
	ordinary          int            // of the known ones
	telling           int            // of the holding ones: short, and by a term that is not ordinary
	initial           int            // distinct entries that begin with the commonest first character
	length            int            // median of the distinct entries, in characters
}

// evidence is the number of known terms, with two corrections. Those within other entries add half, but no more than the known
// ones do unless they are telling and the entries short: a news archive is full of known terms, but hardly an entry is one.
// Where hardly a known term is more than ordinary, the ordinary ones count a quarter.
func (t *tally) evidence() float64 {
	if t.known == 0 {
		if t.phrases() {
			return float64(t.telling) / 4
		}
		return float64(min(t.holding, 1)) / 2
	}
	known := float64(t.known)
	if t.commonplace() {
		known -= float64(t.ordinary) * 3 / 4
	}
	return known + max(min(float64(t.holding)/2, known), float64(t.telling)/2)
}

// phrases reports whether the entries are short phrases around known terms, as in lists of goods and sites on offer.
func (t *tally) phrases() bool { return t.telling >= 20 && t.telling*5 >= t.distinct }

// commonplace reports whether nearly all known terms are ordinary.
func (t *tally) commonplace() bool { return t.ordinary*100 >= t.known*85 }

// judge weighs the structures of one artefact.
type judge struct {
	known *Terms
	name  string
}

// candidate is a structure that holds known terms.
type candidate struct {
	*structure
	tally tally
	score float64
	notes []string // evidence
	order int      // of its shape
	depth int      // of its text
	spans []extent // that it takes up in the artefact, sorted and apart; see structure.spans
}

func (j *judge) tally(items []item) tally {
	t := tally{entries: len(items), topics: map[string]int{}}
	seen := make(map[string]struct{}, len(items))
	var lengths []int
	initials := map[rune]int{}
	for _, it := range items {
		folded := it.text
		if len(folded) <= maxFolded {
			folded = Fold(folded)
		}
		if _, dup := seen[folded]; dup {
			continue
		}
		seen[folded] = struct{}{}
		n := utf8.RuneCountInString(folded)
		initial, _ := utf8.DecodeRuneInString(folded)
		initials[initial]++
		t.initial = max(t.initial, initials[initial])
		lengths = append(lengths, n)
		if category, ok := j.known.Lookup(folded); ok {
			t.known++
			t.topics[category]++
			if ordinary(category) {
				t.ordinary++
			}
		} else if n <= holdLength {
			if category, ok := j.known.Within(folded); ok {
				t.holding++
				t.topics[category]++
				if n <= shortEntry && !ordinary(category) {
					t.telling++
				}
			}
		}
	}
	t.distinct = len(seen)
	slices.Sort(lengths)
	if len(lengths) > 0 {
		t.length = lengths[len(lengths)/2]
	}
	return t
}

// admissible reports whether the parts of a structure may be taken for one list: each that is more than a few entries must
// hold a known term.
func (j *judge) admissible(s *structure) bool {
	if len(s.parts) == 1 {
		return false // the part says it more exactly
	}
	for _, p := range s.parts {
		if len(p.items) < partEntries {
			continue
		}
		if !slices.ContainsFunc(p.items, func(it item) bool {
			folded := Fold(it.text)
			_, is := j.known.Lookup(folded)
			if !is {
				_, is = j.known.Within(folded)
			}
			return is
		}) {
			return false
		}
	}
	return true
}

// weigh scores a structure. It is no candidate without known terms or with too few entries.
func (j *judge) weigh(s *structure) (*candidate, bool) {
	if len(s.items) < minEntries || len(s.parts) > 0 && !j.admissible(s) {
		return nil, false
	}
	c := &candidate{structure: s, tally: j.tally(s.items)}
	t := &c.tally
	if t.distinct < minEntries || t.evidence() == 0 {
		return nil, false
	}
	e := t.evidence()
	density := e / float64(t.distinct)
	c.score = density / (density + evenDensity) * (1 - math.Exp(-e/1.5))
	c.note("%s", t)
	j.forAndAgainst(c)
	if c.score < threshold && t.known < minKnown {
		return nil, false
	}
	c.spans = s.spans()
	return c, true
}

func (c *candidate) note(format string, args ...any) {
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

// against lowers the score by a factor and says why.
func (c *candidate) against(factor float64, format string, args ...any) {
	c.score *= factor
	c.note("against: "+format, args...)
}

// forAndAgainst changes the score by what is not density.
func (j *judge) forAndAgainst(c *candidate) {
	t := &c.tally
	file := baseName(j.name)
	if hint := hintIn(file, listHints()); hint != "" {
		c.score += (1 - c.score) / 4
		c.note("file name %s", file)
	} else if hint := hintIn(file, otherHints()); hint != "" {
		c.against(0.8, "file name %s", file)
	}
	switch {
	case t.length > 30:
		c.against(0.3, "entries are long texts (%d characters, median)", t.length)
	case t.length > 16:
		c.against(0.6, "entries are long (%d characters, median)", t.length)
	}
	if t.known > 0 && t.ordinary == t.known {
		c.against(0.5, "all known terms are names and words that stand in many lists")
	} else if t.commonplace() && t.known > 0 {
		c.note("against: %d of the %d known terms are names and words that stand in many lists", t.ordinary, t.known)
	}
	if t.distinct >= minPage && t.initial*100 >= t.distinct*80 {
		c.against(0.4, "%d entries begin with the same character, as on a page of a dictionary", t.initial)
	}
	if slices.Contains(c.recipe, approximate) {
		c.against(0.7, "the order of the entries, or where the list begins and ends, is not certain")
		if t.known < minKnown {
			c.against(0.5, "few entries are known terms")
		}
	}
	if t.known == 0 && !t.phrases() {
		c.against(0.5, "no entry is a known term")
	}
	if density := t.evidence() / float64(t.distinct); density < evenDensity {
		c.note("against: known terms are few among the entries (%.2f %%)", 100*density)
	}
	if c.cut {
		c.note("only the first %d entries were read", len(c.items))
	}
}

// String says how many entries there are and what they are about.
func (t *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d entries", t.entries)
	if t.distinct != t.entries {
		fmt.Fprintf(&b, " (%d distinct)", t.distinct)
	}
	fmt.Fprintf(&b, ", %d are known terms", t.known)
	if t.holding > 0 {
		fmt.Fprintf(&b, " and %d hold one", t.holding)
	}
	separator := ": "
	for _, c := range t.categories() {
		fmt.Fprintf(&b, "%s%d %s", separator, t.topics[c], cmp.Or(c, "without category"))
		separator = ", "
	}
	return b.String()
}

// categories returns the categories by falling number of entries, then by name.
func (t *tally) categories() []string {
	var all []string
	for c := range t.topics {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(cmp.Compare(t.topics[b], t.topics[a]), cmp.Compare(a, b))
	})
	return all
}

// choose takes, of structures that overlap in the artefact, the one that explains most, and returns what it took in the
// order of the artefact.
func choose(all []*candidate) []*candidate {
	slices.SortStableFunc(all, func(a, b *candidate) int {
		if is := a.score >= threshold; is != (b.score >= threshold) {
			if is {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.weight(), a.weight()), cmp.Compare(a.tally.distinct, b.tally.distinct))
	})
	var taken []*candidate
	var used spans
	for _, c := range all {
		if len(taken) == maxLists {
			break
		}
		if used.add(c.spans) {
			taken = append(taken, c)
		}
	}
	return inOrder(taken)
}

// inOrder sorts candidates by where they begin in the artefact.
func inOrder(all []*candidate) []*candidate {
	slices.SortStableFunc(all, func(a, b *candidate) int { return cmp.Compare(a.spans[0].begin, b.spans[0].begin) })
	return all
}

// weight is the evidence, that of entries cut in the wrong places hardly counted, with a preference for the denser structure and for the one whose syntax says more: an earlier shape, a
// text within a text.
func (c *candidate) weight() float64 {
	known := float64(c.tally.known)
	e := known + max(c.tally.evidence()-known, 0)/8
	return e * math.Pow(e/float64(c.tally.distinct), 0.25) * (1 + 0.05*float64(len(shapes())-c.order+2*c.depth))
}

// list makes the list of a candidate.
func (j *judge) list(c *candidate) List {
	t := &c.tally
	l := List{
		Class: WordCollection, Score: math.Round(min(c.score, 1)*1000) / 1000, Evidence: c.notes,
		Encoding: c.doc.encoding, Recipe: with(c.doc.recipe, c.recipe...),
		Scattered: c.doc.scattered(), Entries: make([]Entry, len(c.items)), Known: t.known, Holding: t.holding,
	}
	if c.score >= threshold {
		l.Class = Blocklist
	}
	distinct := make(map[string]struct{}, t.distinct)
	for i, it := range c.items {
		folded := Fold(it.text)
		distinct[folded] = struct{}{}
		category, ok := j.known.Lookup(folded)
		if !ok && utf8.RuneCountInString(folded) <= holdLength {
			category, _ = j.known.Within(folded)
		}
		l.Entries[i] = Entry{strings.Clone(it.text), c.doc.origin.offset(it.pos), c.doc.origin.offset(it.end), category}
	}
	l.Begin, l.End = l.Entries[0].Offset, l.Entries[len(l.Entries)-1].End
	if l.Scattered {
		for _, e := range l.Entries {
			l.Begin, l.End = min(l.Begin, e.Offset), max(l.End, e.End)
		}
	}
	for _, category := range t.categories() {
		l.Categories = append(l.Categories, Share{category, float64(t.topics[category]) / float64(t.distinct)})
	}
	l.RawSHA256 = c.doc.rawSum(&l)
	l.Distinct = len(distinct)
	l.CanonicalSHA256 = hexSum([]byte(strings.Join(slices.Sorted(maps.Keys(distinct)), "\n")))
	return l
}
