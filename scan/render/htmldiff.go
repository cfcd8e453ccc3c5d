package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/diff"
)

// diffPage is what the template diff.html is filled with.
type diffPage struct {
	*diff.Diff
	Summary string
	Figures []figure
	Sides   []sideView
	Lists   []changeCard
	Filters filters
	Ledgers []ledgerPair
}

// sideView is one of the reports that were compared, or a release of a timeline.
type sideView struct {
	Name string
	diff.Side
	Builds []string
	Bar    []stretch
}

// changeCard is a list and what became of it.
type changeCard struct {
	diff.List
	ID, Name, Where string
	Number          int
	At              *diff.Place // in the new report, if it is there
	Was             string      // the old path, when it is another
	Became          string      // the status in words
	AddedBy         string
	RemovedBy       string
	Bar             []stretch
	Table           string // id of the table of entries, "" without any
}

// ledgerPair is the coverage of a partition on both sides.
type ledgerPair struct {
	Name     string
	Old, New *ledgerRow
}

func newSide(name string, s diff.Side) sideView {
	v := sideView{Name: name, Side: s, Bar: newLedgerRow("", s.Coverage).Bar}
	for _, in := range s.Inputs {
		if b := in.Properties["ro.build.fingerprint"]; b != "" {
			v.Builds = append(v.Builds, b)
		}
	}
	return v
}

func (h HTML) diff(d *diff.Diff, data *pageData) *diffPage {
	p := &diffPage{Diff: d, Summary: DiffSummary(d), Sides: []sideView{newSide("old", d.Old), newSide("new", d.New)}, Ledgers: pairLedgers(d.Old, d.New)}
	for i := range d.Lists {
		p.Lists = append(p.Lists, h.changeCard(d.Lists[i], i+1, data))
	}
	c := d.Counts
	p.Figures = []figure{
		counted(c.Lists[diff.Added], "list added", "lists added"), counted(c.Lists[diff.Removed], "list removed", "lists removed"),
		counted(c.Lists[diff.Changed], "list changed", "lists changed"), counted(c.Lists[diff.Moved], "list moved", "lists moved"),
		counted(c.EntriesAdded, "entry added to lists on both sides", "entries added to lists on both sides"), counted(c.EntriesRemoved, "entry removed from them", "entries removed from them"),
	}
	p.Filters = newFilters("changed entries", "lists",
		[]choice{{"order", "order of the comparison"}, {"changes", "number of changes"}, {"added", "entries added"}, {"removed", "entries removed"}, {"title", "file name"}},
		filter{Name: "change", Label: "Entries", Rows: true, Choices: []choice{{"added", "added"}, {"removed", "removed"}}},
		filter{Name: "status", Label: "Lists", Choices: choices(data.Tables, "status")},
		filter{Name: "partition", Label: "Partition", Choices: choices(data.Tables, "partition")},
		filter{Name: "app", Label: "App", Choices: choices(data.Tables, "app")},
		filter{Name: "class", Label: "Class", Choices: choices(data.Tables, "class")})
	return p
}

func (h HTML) changeCard(l diff.List, n int, data *pageData) changeCard {
	c := changeCard{List: l, ID: fmt.Sprintf("list-%d", n), Number: n, At: l.New, AddedBy: byCategory(l.AddedCategories), RemovedBy: byCategory(l.RemovedCategories)}
	if l.New == nil {
		c.At = l.Old
	}
	if l.Old != nil && l.New != nil && elsewhere(l.Old.Path, l.New.Path) {
		c.Was = l.Old.Path
	}
	f := scan.Finding{Path: c.At.Path}
	c.Name, c.Where, c.Table = lastName(f.Path), where(&f), fmt.Sprintf("entries-%d", n)
	c.Became = string(l.Status)
	if l.Status == diff.Unchanged && len(l.Form) > 0 {
		c.Became = "changed in form"
	}
	c.Bar = divide([]string{"kept", "added", "removed"}, int64(l.Kept), int64(len(l.Added)), int64(len(l.Removed)))
	text, gloss, change := []string{}, []string{}, []string{}
	for _, part := range []struct {
		what    string
		entries []string
	}{{"added", l.Added}, {"removed", l.Removed}} {
		for _, e := range part.entries {
			text, gloss, change = append(text, e), append(gloss, h.Glosses.Of(e)), append(change, part.what)
		}
	}
	data.Tables = append(data.Tables, dataTable{
		ID: c.Table, Name: "changed entries", Rows: len(text), Card: c.ID, Title: fmt.Sprintf("List %d: %s", n, c.Name),
		Columns: []dataColumn{{"change", "Change", "change"}, {"text", "Entry", "text"}, {"gloss", "Meaning", "plain"}},
		Values:  map[string]any{"text": text, "gloss": gloss, "change": change},
		Facets:  map[string]string{"status": c.Became, "partition": diff.Partition(f.Path), "app": appName(&f), "class": c.At.Class},
		Order:   map[string]float64{"changes": float64(len(text)), "added": float64(len(l.Added)), "removed": float64(len(l.Removed))},
	})
	return c
}

// pairLedgers puts the coverage of the same partition of both sides side by side. Partitions of the same name are paired in their order.
func pairLedgers(before, after diff.Side) []ledgerPair {
	old, new := newLedgerRow("", before.Coverage), newLedgerRow("", after.Coverage)
	out := []ledgerPair{{"whole input", &old, &new}}
	for _, p := range after.Partitions {
		row := newLedgerRow(p.Path, p.Ledger)
		out = append(out, ledgerPair{diff.PartitionName(p.Path), nil, &row})
	}
	for _, p := range before.Partitions {
		row, name := newLedgerRow(p.Path, p.Ledger), diff.PartitionName(p.Path)
		if i := slices.IndexFunc(out[1:], func(l ledgerPair) bool { return l.Name == name && l.Old == nil }); i >= 0 {
			out[i+1].Old = &row
			continue
		}
		out = append(out, ledgerPair{name, &row, nil})
	}
	return out
}

// timelinePage is what the template timeline.html is filled with.
type timelinePage struct {
	*diff.Timeline
	Sides   []sideView
	Lists   []trackCard
	Filters filters
}

// trackCard is a list over the releases.
type trackCard struct {
	diff.Track
	ID, Name, Where string
	Number          int
	Picture         history
	Seen            string // in how many releases
	Table           string
}

func (h HTML) timeline(t *diff.Timeline, data *pageData) *timelinePage {
	p := &timelinePage{Timeline: t}
	for i, s := range t.Releases {
		p.Sides = append(p.Sides, newSide(fmt.Sprint(i+1), s))
	}
	for i := range t.Lists {
		p.Lists = append(p.Lists, h.trackCard(&t.Lists[i], i+1, data))
	}
	fates := []choice{}
	for _, s := range []string{fateStays, fateCame, fateWent, fateBetween} {
		fates = append(fates, choice{s, s})
	}
	p.Filters = newFilters("entries", "lists",
		[]choice{{"order", "first seen"}, {"entries", "number of entries"}, {"changes", "number of changes"}, {"title", "file name"}},
		filter{Name: "category", Label: "Subject", Rows: true, Subjects: data.subjectChoices()},
		filter{Name: "fate", Label: "Entries", Rows: true, Choices: fates},
		filter{Name: "partition", Label: "Partition", Choices: choices(data.Tables, "partition")},
		filter{Name: "app", Label: "App", Choices: choices(data.Tables, "app")},
		filter{Name: "class", Label: "Class", Choices: choices(data.Tables, "class")})
	return p
}

// What can become of an entry over the releases.
const (
	fateStays   = "in all releases"
	fateCame    = "came and stayed"
	fateWent    = "gone from the last"
	fateBetween = "came, went and came again"
)

func fate(e diff.History) string {
	last := len(e.Present) - 1
	switch {
	case !e.Present[last]:
		return fateWent
	case slices.Contains(e.Present[e.First:], false):
		return fateBetween
	case e.First > 0:
		return fateCame
	}
	return fateStays
}

func (h HTML) trackCard(t *diff.Track, n int, data *pageData) trackCard {
	c := trackCard{Track: *t, ID: fmt.Sprintf("list-%d", n), Number: n, Picture: picture(t), Table: fmt.Sprintf("entries-%d", n)}
	seen, changes, class := 0, 0, ""
	var at scan.Finding // where it was seen last
	for i, place := range t.Places {
		if place != nil {
			at.Path, class = place.Path, place.Class
			seen++
		}
		if i > 0 {
			changes += t.Added[i] + t.Removed[i]
		}
	}
	c.Name, c.Where = lastName(at.Path), where(&at)
	c.Seen = fmt.Sprintf("in %d of %s", seen, plural(len(t.Places), "release"))
	text, gloss, category, first, last, present, fates := []string{}, []string{}, []string{}, []int{}, []int{}, []string{}, []string{}
	for _, e := range t.Entries {
		text, gloss, category = append(text, e.Text), append(gloss, h.Glosses.Of(e.Text)), append(category, data.category(e.Category))
		first, last, fates = append(first, e.First+1), append(last, e.Last+1), append(fates, fate(e))
		var b strings.Builder
		for _, x := range e.Present {
			b.WriteByte(map[bool]byte{true: '1', false: '0'}[x])
		}
		present = append(present, b.String())
	}
	data.Tables = append(data.Tables, dataTable{
		ID: c.Table, Name: "entries", Rows: len(text), Card: c.ID, Title: fmt.Sprintf("List %d: %s", n, c.Name),
		Columns: []dataColumn{{"text", "Entry", "text"}, {"gloss", "Meaning", "plain"}, {"category", "Category", "category"}, {"first", "First seen", "number"}, {"last", "Last seen", "number"},
			{"present", "Releases", "present"}},
		Values: map[string]any{"text": text, "gloss": gloss, "category": category, "first": first, "last": last, "present": present, "fate": fates},
		Facets: map[string]string{"partition": diff.Partition(at.Path), "app": appName(&at), "class": class},
		Order:  map[string]float64{"entries": float64(len(text)), "changes": float64(changes)},
	})
	return c
}
