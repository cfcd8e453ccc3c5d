package diff

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/recover"
)

// The levels of likeness from which lists are paired.
const (
	likeInApp    = 0.2 // of lists in the same app
	likeAnywhere = 0.4
)

// set is a list with its distinct entries.
type set struct {
	finding
	entries map[string]int // normal form to the index of the first such entry
}

func setsOf(v *view) []set {
	var out []set
	for _, f := range v.findings {
		if f.List == nil {
			continue
		}
		s := set{f, make(map[string]int, f.List.Distinct)}
		for i, e := range f.List.Entries {
			if key := recover.Fold(e.Text); key != "" {
				if _, ok := s.entries[key]; !ok {
					s.entries[key] = i
				}
			}
		}
		out = append(out, s)
	}
	return out
}

// pair is a list of the old side and one of the new side that may be the same.
type pair struct {
	old, new int
	rank     int     // 0 is the surest
	like     float64 // Jaccard index of the entries
}

// pairs finds the pairs, each list in one at most. The order in which they are tried depends on nothing that swapping the sides would change: pairs that share a list differ in
// the sum of their numbers.
func pairs(old, new []set) []pair {
	var all []pair
	holders := map[string][]int{} // old lists by entry
	for i := range old {
		for key := range old[i].entries {
			holders[key] = append(holders[key], i)
		}
	}
	for j := range new {
		both := make([]int, len(old)) // entries in common
		for key := range new[j].entries {
			for _, i := range holders[key] {
				both[i]++
			}
		}
		for i := range old {
			a, b := &old[i], &new[j]
			samePlace, sameEntries := a.place == b.place, a.List.CanonicalSHA256 == b.List.CanonicalSHA256
			like := float64(both[i]) / float64(max(1, len(a.entries)+len(b.entries)-both[i]))
			p := pair{i, j, 0, like}
			switch {
			case samePlace && sameEntries:
			case sameEntries && a.app == b.app:
				p.rank = 1
			case sameEntries:
				p.rank = 2
			case samePlace && like > 0:
				p.rank = 3
			case a.app != "" && a.app == b.app && like >= likeInApp:
				p.rank = 4
			case like >= likeAnywhere:
				p.rank = 5
			default:
				continue
			}
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.like, a.like), cmp.Compare(a.old+a.new, b.old+b.new))
	})
	usedOld, usedNew := map[int]bool{}, map[int]bool{}
	var chosen []pair
	for _, p := range all {
		if !usedOld[p.old] && !usedNew[p.new] {
			usedOld[p.old], usedNew[p.new] = true, true
			chosen = append(chosen, p)
		}
	}
	return chosen
}

func (d *Diff) lists(x, y *view) {
	old, new := setsOf(x), setsOf(y)
	partner := map[int]pair{}
	taken := map[int]bool{}
	for _, p := range pairs(old, new) {
		partner[p.new] = p
		taken[p.old] = true
	}
	for j := range new {
		if p, ok := partner[j]; ok {
			d.Lists = append(d.Lists, compare(&old[p.old], &new[j], p.like))
			continue
		}
		l := List{Status: Added, New: placeOf(&new[j]), Added: texts(&new[j], nil), Removed: []string{}, Form: []string{}, Note: x.unseen(new[j].place)}
		l.AddedCategories = categories(&new[j], nil)
		d.Lists = append(d.Lists, l)
	}
	for i := range old {
		if taken[i] {
			continue
		}
		l := List{Status: Removed, Old: placeOf(&old[i]), Added: []string{}, Removed: texts(&old[i], nil), Form: []string{}, Note: y.unseen(old[i].place)}
		l.RemovedCategories = categories(&old[i], nil)
		d.Lists = append(d.Lists, l)
	}
}

// compare says what became of a list that is on both sides.
func compare(a, b *set, like float64) List {
	l := List{
		Old: placeOf(a), New: placeOf(b), Similarity: math.Round(like*1e4) / 1e4, Added: texts(b, a.entries), Removed: texts(a, b.entries),
		AddedCategories: categories(b, a.entries), RemovedCategories: categories(a, b.entries), Form: form(a, b),
	}
	l.Kept = len(a.entries) - len(l.Removed)
	switch {
	case len(l.Added)+len(l.Removed) > 0:
		l.Status = Changed
	case a.place != b.place:
		l.Status = Moved
	default:
		l.Status = Unchanged
	}
	return l
}

func placeOf(s *set) *Place {
	l := s.List
	return &Place{
		Finding: s.ID, Path: s.Path, ArtifactSHA256: s.Artifact.SHA256, Class: l.Class, Score: l.Score, Encoding: l.Encoding,
		Entries: len(l.Entries), Distinct: l.Distinct, CanonicalSHA256: l.CanonicalSHA256,
		Category: s.Category(), Region: s.Region(),
	}
}

// texts are the distinct entries of a list that the other does not hold, in their order.
func texts(s *set, other map[string]int) []string {
	out := []string{}
	for _, e := range only(s, other) {
		out = append(out, e.Text)
	}
	return out
}

func only(s *set, other map[string]int) []scan.Entry {
	var out []scan.Entry
	for i, e := range s.List.Entries {
		key := recover.Fold(e.Text)
		if first, ok := s.entries[key]; !ok || first != i {
			continue
		}
		if _, ok := other[key]; !ok {
			out = append(out, e)
		}
	}
	return out
}

func categories(s *set, other map[string]int) map[string]int {
	out := map[string]int{}
	for _, e := range only(s, other) {
		out[e.Category]++
	}
	return out
}

// form says what changed besides the entries that came and went.
func form(a, b *set) []string {
	out := []string{}
	add := func(name string, differs bool) {
		if differs {
			out = append(out, name)
		}
	}
	add("order", !slices.Equal(kept(a, b.entries), kept(b, a.entries)))
	add("duplicates", len(a.List.Entries)-len(a.entries) != len(b.List.Entries)-len(b.entries))
	add("encoding", a.List.Encoding != b.List.Encoding)
	add("recipe", strings.Join(a.List.Recipe, ">") != strings.Join(b.List.Recipe, ">"))
	add("class", a.List.Class != b.List.Class)
	return out
}

// kept is the distinct entries that the other list has too, in their order.
func kept(s *set, other map[string]int) []string {
	var out []string
	for i, e := range s.List.Entries {
		key := recover.Fold(e.Text)
		if first, ok := s.entries[key]; ok && first == i {
			if _, ok := other[key]; ok {
				out = append(out, key)
			}
		}
	}
	return out
}
