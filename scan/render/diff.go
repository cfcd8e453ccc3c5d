package render

import (
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/censorscan/censorscan/scan/diff"
)

// maxChanges is how many entries that came or went the table shows of one list.
const maxChanges = 40

// Diff writes what changed for a person: added with +, removed with -. What it leaves out for space it counts; the other forms have it all.
func Diff(w io.Writer, d *diff.Diff, o TableOptions) error {
	v := &tableView{w: &errWriter{w: w}, o: o}
	v.side("old", d.Old)
	v.side("new", d.New)
	for _, n := range d.Notes {
		v.printf("note: %s\n", Printable(n))
	}
	if changed := listsBut(d, diff.Unchanged); len(changed) > 0 {
		v.heading("LISTS (%d)", len(changed))
		for _, l := range changed {
			v.listChange(l)
		}
	}
	if len(d.Loaders) > 0 {
		v.heading("LOADERS (%d)", len(d.Loaders))
		for _, l := range d.Loaders {
			v.change(l.Status, l.Old, l.New, l.Mechanism, l.Note)
			v.entries(l.Added, l.Removed)
		}
	}
	if len(d.Terms) > 0 {
		v.heading("TERMS STANDING ALONE (%d)", len(d.Terms))
		for _, t := range d.Terms {
			v.change(t.Status, t.Old, t.New, t.Term, t.Note)
		}
	}
	v.printf("\n%s\n", DiffSummary(d))
	return v.w.err
}

// listsBut are the lists that are not of a status, or changed in form.
func listsBut(d *diff.Diff, s diff.Status) []diff.List {
	var out []diff.List
	for _, l := range d.Lists {
		if l.Status != s || len(l.Form) > 0 {
			out = append(out, l)
		}
	}
	return out
}

// DiffSummary sums a diff up in one line.
func DiffSummary(d *diff.Diff) string {
	if d.Empty() {
		return fmt.Sprintf("nothing changed: %s", plural(d.Counts.Lists[diff.Unchanged], "list"))
	}
	statuses := func(counts map[diff.Status]int) string {
		var parts []string
		for _, s := range []diff.Status{diff.Added, diff.Removed, diff.Changed, diff.Moved, diff.Unchanged} {
			if counts[s] > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", counts[s], s))
			}
		}
		if len(parts) == 0 {
			return "the same"
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprintf("lists: %s; entries of lists on both sides: %d added, %d removed; loaders: %s; terms: %s",
		statuses(d.Counts.Lists), d.Counts.EntriesAdded, d.Counts.EntriesRemoved, statuses(d.Counts.Loaders), statuses(d.Counts.Terms))
}

func (v *tableView) side(name string, s diff.Side) {
	for _, in := range s.Inputs {
		v.printf("%s  %s  %s", name, Printable(in.Name), Bytes(in.Size))
		if f := in.Properties["ro.build.fingerprint"]; f != "" {
			v.printf("  %s", Printable(f))
		}
		v.printf("\n")
	}
	v.printf("     %s of %s opened, %s\n", Percent(s.Coverage), Bytes(s.Coverage.Size), plural(s.Unopened, "coverage record"))
}

// change tells of one thing that came, went or moved.
func (v *tableView) change(s diff.Status, old, new, what, note string) {
	switch s {
	case diff.Added:
		v.plus("%s  %s", Printable(what), v.cut(new, 0))
	case diff.Removed:
		v.minus("%s  %s", Printable(what), v.cut(old, 0))
	default:
		v.printf("%s  %s  %s\n", s, Printable(what), v.cut(new, 0))
		if elsewhere(old, new) {
			v.printf("    was %s\n", v.cut(old, 8))
		}
	}
	if note != "" {
		v.printf("    but: %s\n", v.cut(Printable(note), 9))
	}
}

// elsewhere tells whether two paths differ in more than the name of the input.
func elsewhere(old, new string) bool {
	_, old, _ = strings.Cut(old, "!")
	_, new, _ = strings.Cut(new, "!")
	return old != new
}

func (v *tableView) plus(format string, args ...any)  { v.coloured("32", "+ "+format+"\n", args...) }
func (v *tableView) minus(format string, args ...any) { v.coloured("31", "- "+format+"\n", args...) }

func (v *tableView) coloured(code, format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	if v.o.Color {
		s = "\x1b[" + code + "m" + strings.TrimSuffix(s, "\n") + "\x1b[0m\n"
	}
	v.printf("%s", s)
}

func (v *tableView) listChange(l diff.List) {
	old, new := "", ""
	var p *diff.Place
	if l.Old != nil {
		old, p = l.Old.Path, l.Old
	}
	if l.New != nil {
		new, p = l.New.Path, l.New
	}
	v.change(l.Status, old, new, fmt.Sprintf("%s of %s", p.Class, entries(p.Entries)), l.Note)
	if l.Old != nil && l.New != nil {
		v.printf("    %d entries kept, %d added%s, %d removed%s\n", l.Kept, len(l.Added), byCategory(l.AddedCategories), len(l.Removed), byCategory(l.RemovedCategories))
		if len(l.Form) > 0 {
			v.printf("    also other: %s\n", strings.Join(l.Form, ", "))
		}
		v.entries(l.Added, l.Removed)
	}
}

// byCategory names the categories that most of the entries are of.
func byCategory(counts map[string]int) string {
	var names []string
	for n := range counts {
		if n != "" {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return ""
	}
	sort.Slice(names, func(i, j int) bool {
		if counts[names[i]] != counts[names[j]] {
			return counts[names[i]] > counts[names[j]]
		}
		return names[i] < names[j]
	})
	var parts []string
	for i, n := range names {
		if i == 4 {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, fmt.Sprintf("%d %s", counts[n], n))
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

func (v *tableView) entries(added, removed []string) {
	for _, part := range []struct {
		entries []string
		print   func(string, ...any)
	}{{added, v.plus}, {removed, v.minus}} {
		for i, e := range part.entries {
			if i == maxChanges {
				part.print("    … %d more", len(part.entries)-i)
				break
			}
			part.print("    %s", Printable(e))
		}
	}
}
