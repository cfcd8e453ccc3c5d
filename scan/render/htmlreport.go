package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/diff"
	"github.com/censorscan/censorscan/scan/recover"
	"github.com/censorscan/censorscan/wordlists"
)

// reportPage is what the template report.html is filled with.
type reportPage struct {
	*scan.Report
	Summary  []string // sentences
	Figures  []figure
	Builds   []build
	Subjects []bar // of the distinct entries of all blocklists
	Distinct int
	Lists    []listCard
	Filters  filters
	Loaders  []scan.Finding
	Terms    int
	Ledgers  []ledgerRow
	Files    []fileRow
}

// figure is a number with its name.
type figure struct{ Value, Label string }

// build says what build an input is of.
type build struct {
	scan.Input
	Shown []figure
}

// listCard is a list of the report.
type listCard struct {
	scan.Finding
	ID      string
	Number  int
	Name    string // of the file
	Where   string // app and partition
	Known   int    // distinct entries that are known terms or hold one
	About   string
	Bars    []bar
	Like    []likeList
	Table   string // id of the table of entries
	Context string // what offsets count in
}

// likeList is another list of the same family.
type likeList struct{ ID, Title string }

// fileRow is a file that carries findings.
type fileRow struct {
	Path     string
	Artifact scan.Artifact
	Findings string
}

func (h HTML) report(r *scan.Report, data *pageData) *reportPage {
	p := &reportPage{Report: r, Loaders: byKind(r, scan.KindLoader), Ledgers: ledgers(r.Coverage.Ledger, r.Coverage.Partitions)}
	for _, in := range r.Inputs {
		b := build{Input: in}
		for _, k := range propertyOrder(in.Properties) {
			b.Shown = append(b.Shown, figure{in.Properties[k], k})
		}
		p.Builds = append(p.Builds, b)
	}
	for _, f := range byKind(r, scan.KindList) {
		p.Lists = append(p.Lists, h.listCard(f, len(p.Lists)+1, data))
	}
	p.families()
	tables := data.Tables
	p.Filters = newFilters("entries", "lists",
		[]choice{{"order", "order of the report"}, {"score", "score"}, {"entries", "number of entries"}, {"known", "known entries"}, {"title", "file name"}},
		filter{Name: "category", Label: "Subject", Rows: true, Subjects: data.subjectChoices()},
		filter{Name: "known", Label: "Entries", Rows: true, Choices: []choice{{"known", "known"}, {"unknown", "not known"}}},
		filter{Name: "partition", Label: "Partition", Choices: choices(tables, "partition")},
		filter{Name: "app", Label: "App", Choices: choices(tables, "app")},
		filter{Name: "class", Label: "Class", Choices: choices(tables, "class")})
	data.Tables = append(data.Tables, h.terms(r, data)...)
	data.Tables = append(data.Tables, unopened(r)...)
	p.Terms = len(byKind(r, scan.KindTerm))
	p.files()
	p.summarise()
	return p
}

func (h HTML) listCard(f scan.Finding, n int, data *pageData) listCard {
	l := f.List
	c := listCard{Finding: f, ID: fmt.Sprintf("list-%d", n), Number: n, Name: lastName(f.Path), Where: where(&f), About: about(l), Table: fmt.Sprintf("entries-%d", n), Context: "the file"}
	if slices.Contains(l.Recipe, "base64 decode") {
		c.Context = "the bytes that the Base64 decodes to"
	}
	counts, seen := map[string]int{}, map[string]bool{}
	text, gloss, category, offset := []string{}, []string{}, []string{}, []int64{}
	for _, e := range l.Entries {
		text, gloss, offset = append(text, e.Text), append(gloss, h.Glosses.Of(e.Text)), append(offset, e.Offset)
		category = append(category, data.category(e.Category))
		if key := recover.Fold(e.Text); !seen[key] {
			seen[key] = true
			if e.Category != "" {
				counts[wordlists.Subject(e.Category)]++
				c.Known++
			}
		}
	}
	c.Bars = bars(counts, len(seen))
	data.Tables = append(data.Tables, dataTable{
		ID: c.Table, Name: "entries", Rows: len(text), Card: c.ID, Title: fmt.Sprintf("List %d: %s", n, c.Name),
		Columns: []dataColumn{{"#", "No.", "number"}, {"text", "Entry", "text"}, {"gloss", "Meaning", "plain"}, {"known", "Known", "known"}, {"category", "Category", "category"}, {"offset", "Offset", "number"}},
		Values:  map[string]any{"text": text, "gloss": gloss, "category": category, "offset": offset},
		Facets:  map[string]string{"partition": diff.Partition(f.Path), "app": appName(&f), "class": l.Class},
		Order:   map[string]float64{"score": l.Score, "entries": float64(len(text)), "known": float64(c.Known)},
	})
	return c
}

// lastName is the last element of a path chain, without folders.
func lastName(path string) string { return path[strings.LastIndexAny(path, "/!")+1:] }

// appName is how the app is called that a finding lies in, "" if it lies in none.
func appName(f *scan.Finding) string {
	switch {
	case f.App != nil && f.App.Label != "":
		return f.App.Label + " (" + f.App.Package + ")"
	case f.App != nil:
		return f.App.Package
	}
	return lastName(diff.App(f.Path))
}

// where tells the app and the partition of a finding.
func where(f *scan.Finding) string {
	var parts []string
	if a := appName(f); a != "" {
		parts = append(parts, "app "+a)
	}
	if p := diff.Partition(f.Path); p != "" {
		parts = append(parts, "partition "+p)
	}
	return strings.Join(parts, ", ")
}

// families tells each list of those that hold the same entries.
func (p *reportPage) families() {
	index := map[string]int{}
	for i, c := range p.Lists {
		index[c.Finding.ID] = i
	}
	for _, f := range p.Families {
		for _, id := range f.Lists {
			for _, other := range f.Lists {
				i, ok := index[id]
				j, found := index[other]
				if ok && found && i != j {
					p.Lists[i].Like = append(p.Lists[i].Like, likeList{p.Lists[j].ID, fmt.Sprintf("List %d: %s", j+1, p.Lists[j].Name)})
				}
			}
		}
	}
}

// terms is the table of terms that stand alone.
func (h HTML) terms(r *scan.Report, data *pageData) []dataTable {
	found := byKind(r, scan.KindTerm)
	if len(found) == 0 {
		return nil
	}
	n := len(found)
	term, gloss, category, path := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	encoding, grade, list := make([]string, n), make([]string, n), make([]string, n)
	context, offset, count := make([][3]string, n), make([]int64, n), make([]int, n)
	for i, f := range found {
		t := f.Term
		term[i], gloss[i], category[i], path[i], list[i] = t.Term, cmp.Or(t.Gloss, h.Glosses.Of(t.Term)), data.category(t.Category), f.Path, t.Wordlist
		encoding[i], grade[i], offset[i], count[i] = t.Encoding, t.Grade, t.Offset, t.Count
		context[i] = [3]string{t.Context.Before, t.Context.Match, t.Context.After}
		if t.Recipe != "" {
			encoding[i] = t.Recipe + " > " + t.Encoding
		}
		if len(t.Undone) > 0 {
			encoding[i] += ", masked: " + strings.Join(t.Undone, ", ")
		}
	}
	return []dataTable{{
		ID: "terms-table", Name: "terms", Rows: n,
		Columns: []dataColumn{{"term", "Term", "text"}, {"gloss", "Meaning", "plain"}, {"category", "Category", "category"}, {"context", "In its context", "context"}, {"path", "File", "path"},
			{"offset", "Offset", "number"}, {"count", "Count", "number"}, {"encoding", "Encoding", "plain"}, {"grade", "Grade", "plain"}, {"wordlist", "Wordlist", "plain"}},
		Values: map[string]any{"term": term, "gloss": gloss, "category": category, "context": context, "path": path, "offset": offset, "count": count, "encoding": encoding,
			"grade": grade, "wordlist": list},
	}}
}

// unopened is the table of what could not be opened.
func unopened(r *scan.Report) []dataTable {
	items := r.Coverage.Items
	if len(items) == 0 {
		return nil
	}
	n := len(items)
	path, reason, detail, size, entropy := make([]string, n), make([]string, n), make([]string, n), make([]int64, n), make([]float64, n)
	measured := false
	for i, it := range items {
		path[i], reason[i], detail[i], size[i], entropy[i] = it.Path, it.Reason, it.Detail, it.Size, it.Entropy
		measured = measured || it.Entropy > 0
	}
	t := dataTable{
		ID: "unopened-table", Name: "records", Rows: n,
		Columns: []dataColumn{{"path", "What", "path"}, {"size", "Size", "bytes"}, {"reason", "Reason", "plain"}, {"detail", "Detail", "text"}},
		Values:  map[string]any{"path": path, "size": size, "reason": reason, "detail": detail},
	}
	if measured {
		t.Columns = append(t.Columns, dataColumn{"entropy", "Entropy (bits per byte)", "measure"})
		t.Values["entropy"] = entropy
	}
	return []dataTable{t}
}

// files lists the files that carry findings, in the order of the report.
func (p *reportPage) files() {
	type tally struct{ row, lists, loaders, terms int }
	counts := map[string]*tally{}
	for _, f := range p.Findings {
		t := counts[f.Path]
		if t == nil {
			t = &tally{row: len(p.Files)}
			counts[f.Path] = t
			p.Files = append(p.Files, fileRow{Path: f.Path, Artifact: f.Artifact})
		}
		switch f.Kind {
		case scan.KindList:
			t.lists++
		case scan.KindLoader:
			t.loaders++
		default:
			t.terms++
		}
	}
	for _, t := range counts {
		var parts []string
		for _, c := range []struct {
			n    int
			what string
		}{{t.lists, "list"}, {t.loaders, "loader"}, {t.terms, "term"}} {
			if c.n > 0 {
				parts = append(parts, plural(c.n, c.what))
			}
		}
		p.Files[t.row].Findings = strings.Join(parts, ", ")
	}
}
