package diff

import (
	"cmp"
	"slices"

	"github.com/censorscan/censorscan/scan"
)

// loaders compares the loaders: by place and mechanism, then, for those left, by mechanism in the order of the reports.
func (d *Diff) loaders(x, y *view) {
	key := func(f finding) string { return f.Loader.Mechanism }
	old, new := ofKind(x, scan.KindLoader), ofKind(y, scan.KindLoader)
	d.match(old, new, key, func(a, b *finding) {
		l := Loader{Status: Changed, Added: []string{}, Removed: []string{}}
		switch {
		case a == nil:
			l.Status, l.Mechanism, l.New, l.Added, l.Note = Added, b.Loader.Mechanism, b.Path, indicators(b), x.unseen(b.place)
		case b == nil:
			l.Status, l.Mechanism, l.Old, l.Removed, l.Note = Removed, a.Loader.Mechanism, a.Path, indicators(a), y.unseen(a.place)
		default:
			l.Mechanism, l.Old, l.New = a.Loader.Mechanism, a.Path, b.Path
			p, q := indicators(a), indicators(b)
			l.Added, l.Removed = without(q, p), without(p, q)
			if len(l.Added)+len(l.Removed) == 0 {
				if a.place == b.place {
					return
				}
				l.Status = Moved
			}
		}
		d.Loaders = append(d.Loaders, l)
	})
}

// terms compares the terms that stand alone: by place and term, then, for those left, by term.
func (d *Diff) terms(x, y *view) {
	key := func(f finding) string { return f.Term.Recipe + "\x00" + f.Term.Term }
	old, new := ofKind(x, scan.KindTerm), ofKind(y, scan.KindTerm)
	d.match(old, new, key, func(a, b *finding) {
		var t Term
		switch {
		case a == nil:
			t = Term{Status: Added, Term: b.Term.Term, Category: b.Term.Category, New: b.Path, Note: x.unseen(b.place)}
		case b == nil:
			t = Term{Status: Removed, Term: a.Term.Term, Category: a.Term.Category, Old: a.Path, Note: y.unseen(a.place)}
		case a.place == b.place:
			return
		default:
			t = Term{Status: Moved, Term: b.Term.Term, Category: b.Term.Category, Old: a.Path, New: b.Path}
		}
		d.Terms = append(d.Terms, t)
	})
}

// match pairs findings with the same key, those at the same place first, and tells of every pair and of what is left: in the order of the new side, then of the old.
func (d *Diff) match(old, new []finding, key func(finding) string, tell func(a, b *finding)) {
	partner := map[int]int{} // new to old
	taken := map[int]bool{}
	for _, placed := range []bool{true, false} {
		waiting := map[string][]int{}
		at := func(f finding) string {
			if placed {
				return key(f) + "\x00" + f.place
			}
			return key(f)
		}
		for i, f := range old {
			if !taken[i] {
				waiting[at(f)] = append(waiting[at(f)], i)
			}
		}
		for j, f := range new {
			if _, ok := partner[j]; ok {
				continue
			}
			if w := waiting[at(f)]; len(w) > 0 {
				partner[j] = w[0]
				taken[w[0]] = true
				waiting[at(f)] = w[1:]
			}
		}
	}
	for j := range new {
		if i, ok := partner[j]; ok {
			tell(&old[i], &new[j])
		} else {
			tell(nil, &new[j])
		}
	}
	for i := range old {
		if !taken[i] {
			tell(&old[i], nil)
		}
	}
}

func ofKind(v *view, k scan.Kind) []finding {
	var out []finding
	for _, f := range v.findings {
		if f.Kind == k {
			out = append(out, f)
		}
	}
	return out
}

func indicators(f *finding) []string {
	out := []string{}
	for _, i := range f.Loader.Indicators {
		out = append(out, i.Text)
	}
	slices.SortFunc(out, cmp.Compare[string])
	return slices.Compact(out)
}

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
