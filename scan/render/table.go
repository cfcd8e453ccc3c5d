// Package render turns reports into views for people and programs. The report is the truth; a view adds nothing to it.
package render

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/censorscan/censorscan/scan"
)

// TableOptions say how a terminal looks.
type TableOptions struct {
	Color bool
	Width int // columns; 0 cuts nothing
}

const (
	maxPreview   = 8  // entries of a list that the table shows
	maxTermRows  = 12 // terms of one artefact
	maxItems     = 20 // unopened artefacts
	maxArtifacts = 40 // artefacts with terms
)

// Table writes a report for a person: findings by kind, then the coverage, then one line that sums it up. What it leaves out for space it counts; the
// JSON report has it all.
func Table(w io.Writer, r *scan.Report, o TableOptions) error {
	v := &tableView{w: &errWriter{w: w}, o: o}
	v.inputs(r)
	v.lists(r)
	v.loaders(r)
	v.terms(r)
	v.coverage(r)
	v.summary(r)
	return v.w.err
}

type tableView struct {
	w *errWriter
	o TableOptions
}

// errWriter keeps the first error, so that a view need not look at every line.
type errWriter struct {
	w   io.Writer
	err error
}

func (e *errWriter) Write(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	n, err := e.w.Write(p)
	e.err = err
	return n, err
}

func (v *tableView) printf(format string, args ...any) { fmt.Fprintf(v.w, format, args...) }

func (v *tableView) heading(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	if v.o.Color {
		s = "\x1b[1m" + s + "\x1b[0m"
	}
	v.printf("\n%s\n", s)
}

func (v *tableView) table(header ...any) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(v.w)
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true}
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	if v.o.Width > 0 {
		style.Size.WidthMax = v.o.Width
		t.SetStyle(style)
	}
	t.SuppressTrailingSpaces()
	t.AppendHeader(table.Row(header))
	return t
}

func (v *tableView) inputs(r *scan.Report) {
	for _, in := range r.Inputs {
		v.printf("%s  %s", in.Name, Bytes(in.Size))
		if in.SHA256 != "" {
			v.printf("  sha256 %s", in.SHA256)
		}
		v.printf("\n")
		for _, k := range propertyOrder(in.Properties) {
			v.printf("  %-36s %s\n", k, Printable(in.Properties[k]))
		}
	}
}

// shownProperties identify a build for a person.
var shownProperties = []string{
	"ro.build.fingerprint", "ro.system.build.fingerprint", "ro.vendor.build.fingerprint", "ro.product.model", "ro.product.marketname",
	"ro.miui.ui.version.name", "ro.miui.region", "ro.build.version.security_patch",
}

func propertyOrder(props map[string]string) []string {
	var keys []string
	for _, k := range shownProperties {
		if _, ok := props[k]; ok {
			keys = append(keys, k)
		}
	}
	return keys
}

func (v *tableView) lists(r *scan.Report) {
	found := byKind(r, scan.KindList)
	if len(found) == 0 {
		return
	}
	v.heading("LISTS PRESENT (%d)", len(found))
	for _, f := range found {
		l := f.List
		v.listHead(&f)
		v.printf("  entries: %s\n", v.cut(preview(l), 11))
		v.printf("  sha256 %s, canonical %s\n", l.RawSHA256, l.CanonicalSHA256)
	}
	v.families(r)
}

// listHead says what a list is.
func (v *tableView) listHead(f *scan.Finding) {
	l := f.List
	v.printf("%s\n", v.cut(f.Path, 0))
	v.app(f)
	v.printf("  %s, score %.2f: %d entries, %d distinct; %s; %s; bytes %d to %d\n", l.Class, l.Score, len(l.Entries), l.Distinct, l.Encoding,
		recipeOf(l), l.Begin, l.End)
	v.printf("  about: %s\n", about(l))
	if len(l.Languages) > 0 {
		v.printf("  languages: %s\n", shares(l.Languages))
	}
	for _, x := range l.Overlap {
		v.printf("  in common with %s: %d entries, %.1f %% of this list, %.1f %% of that\n", Printable(x.Wordlist), x.Common, 100*x.OfList, 100*x.OfReference)
	}
	for _, r := range l.Readers {
		v.printf("  named by %s\n", v.cut(Printable(r), 11))
	}
	for _, e := range l.Evidence {
		v.printf("  - %s\n", v.cut(Printable(e), 4))
	}
}

// families names the lists that hold the same entries, or mostly so.
func (v *tableView) families(r *scan.Report) {
	paths := map[string]string{}
	for _, f := range r.Findings {
		paths[f.ID] = f.Path
	}
	for _, f := range r.Families {
		if f.Similarity == 1 {
			v.printf("the same %d entries:\n", f.Common)
		} else {
			v.printf("%d entries in common, %.0f %% alike or more:\n", f.Common, 100*f.Similarity)
		}
		for i, id := range f.Lists {
			if i == maxPreview {
				v.printf("  … %d more\n", len(f.Lists)-i)
				break
			}
			v.printf("  %s\n", v.cut(paths[id], 2))
		}
	}
}

// app names the app that a finding lies in.
func (v *tableView) app(f *scan.Finding) {
	a := f.App
	if a == nil {
		return
	}
	v.printf("  app %s", Printable(a.Package))
	if a.Label != "" {
		v.printf(" (%s)", Printable(a.Label))
	}
	v.printf(" %s", Printable(a.VersionName))
	if len(a.Signers) > 0 {
		v.printf(", signed %s by %s (certificate %s)", a.Signers[0].Scheme, Printable(a.Signers[0].Subject), a.Signers[0].SHA256[:16])
	}
	v.printf("\n")
}

// about names what a list is about.
func about(l *scan.List) string {
	if len(l.Categories) == 0 {
		return "no known term"
	}
	return shares(l.Categories)
}

// shares names the greatest shares.
func shares(parts map[string]float64) string {
	names := slices.SortedFunc(maps.Keys(parts), func(a, b string) int { return cmp.Or(cmp.Compare(parts[b], parts[a]), cmp.Compare(a, b)) })
	var out []string
	for i, n := range names {
		if i == 8 {
			out = append(out, fmt.Sprintf("%d more", len(names)-i))
			break
		}
		out = append(out, fmt.Sprintf("%s %.1f %%", n, 100*parts[n]))
	}
	return strings.Join(out, ", ")
}

// preview shows known entries first: they say most.
func preview(l *scan.List) string {
	var shown []string
	for _, known := range []bool{true, false} {
		for _, e := range l.Entries {
			if len(shown) < maxPreview && (e.Category != "") == known {
				shown = append(shown, Printable(e.Text))
			}
		}
	}
	s := strings.Join(shown, " · ")
	if more := len(l.Entries) - len(shown); more > 0 {
		s += fmt.Sprintf(" · … %d more", more)
	}
	return s
}

func (v *tableView) loaders(r *scan.Report) {
	found := byKind(r, scan.KindLoader)
	if len(found) == 0 {
		return
	}
	v.heading("LOADERS PRESENT (%d)", len(found))
	for _, f := range found {
		v.printf("%s\n", v.cut(f.Path, 0))
		v.app(&f)
		t := v.table("  MECHANISM", "INDICATOR", "OFFSET", "ENCODING", "COUNT")
		for _, ind := range f.Loader.Indicators {
			t.AppendRow(table.Row{"  " + f.Loader.Mechanism, Printable(ind.Text), ind.Offset, ind.Encoding, ind.Count})
		}
		t.Render()
		for _, c := range f.Loader.Code {
			v.printf("  named by %s\n", v.cut(Printable(c), 11))
		}
	}
}

func (v *tableView) terms(r *scan.Report) {
	found := byKind(r, scan.KindTerm)
	if len(found) == 0 {
		return
	}
	var paths []string
	groups := map[string][]scan.Finding{}
	for _, f := range found {
		if groups[f.Path] == nil {
			paths = append(paths, f.Path)
		}
		groups[f.Path] = append(groups[f.Path], f)
	}
	v.heading("TERMS STANDING ALONE (%d in %d artefacts)", len(found), len(paths))
	for i, p := range paths {
		if i == maxArtifacts {
			v.printf("… %d artefacts more\n", len(paths)-i)
			break
		}
		v.printf("%s\n", v.cut(p, 0))
		t := v.table("  TERM", "CATEGORY", "CONTEXT", "COUNT", "OFFSET", "ENCODING", "GRADE")
		for j, f := range groups[p] {
			if j == maxTermRows {
				t.AppendRow(table.Row{fmt.Sprintf("  … %d more", len(groups[p])-j)})
				break
			}
			x := f.Term
			t.AppendRow(table.Row{"  " + Printable(x.Term), x.Category, v.context(x.Context), x.Count, x.Offset, termEncoding(x), x.Grade})
		}
		t.Render()
	}
}

// termEncoding is how a term is written: its encoding, after what it is wrapped in, and whether something had to be undone to see it.
func termEncoding(t *scan.Term) string {
	enc := t.Encoding
	if t.Recipe != "" {
		enc = t.Recipe + " > " + enc
	}
	if len(t.Undone) > 0 {
		enc += ", masked"
	}
	return enc
}

// recipeOf is the recipe of a list in one line.
func recipeOf(l *scan.List) string { return strings.Join(l.Recipe, " > ") }

// context shows a hit in its surroundings, as much of them as the terminal has room for.
func (v *tableView) context(c scan.Context) string {
	const otherColumns = 36
	side := 14
	if v.o.Width > 0 {
		side = max(4, (v.o.Width-otherColumns-text.StringWidthWithoutEscSequences(c.Match))/4)
	}
	before, after := []rune(c.Before), []rune(c.After)
	return string(before[max(0, len(before)-side):]) + "[" + c.Match + "]" + string(after[:min(len(after), side)])
}

func (v *tableView) coverage(r *scan.Report) {
	c := r.Coverage
	v.heading("COVERAGE")
	t := v.table("  PARTITION", "OPENED", "UNOPENED", "SIZE", "SEARCHED", "STRUCTURE")
	row := func(name string, l scan.Ledger) {
		t.AppendRow(table.Row{"  " + name, Percent(l), Bytes(l.Unopened), Bytes(l.Size), Bytes(l.Searched), Bytes(l.Structure)})
	}
	for _, p := range c.Partitions {
		row(v.cut(p.Path, 26), p.Ledger)
	}
	row("whole input", c.Ledger)
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 2, Align: text.AlignRight}, {Number: 3, Align: text.AlignRight}, {Number: 4, Align: text.AlignRight}, {Number: 5, Align: text.AlignRight}, {Number: 6, Align: text.AlignRight},
	})
	t.Render()
	if len(c.Items) == 0 {
		return
	}
	v.printf("\nnot opened, or not whole:\n")
	for i, it := range c.Items {
		if i == maxItems {
			v.printf("  … %d more\n", len(c.Items)-i)
			break
		}
		v.printf("  %s  %s: %s\n    %s\n", Bytes(it.Size), it.Reason, v.cut(Printable(it.Detail), 20), v.cut(it.Path, 4))
	}
}

func (v *tableView) summary(r *scan.Report) { v.printf("\n%s\n", Summary(r)) }

// Summary sums a report up in one line.
func Summary(r *scan.Report) string {
	lists := map[string]int{}
	for _, f := range byKind(r, scan.KindList) {
		lists[f.List.Class]++
	}
	parts := []string{plural(lists[scan.ClassBlocklist], "blocklist")}
	for _, class := range []string{scan.ClassPackages, scan.ClassHosts} {
		if n := lists[class]; n > 0 {
			parts = append(parts, plural(n, "list")+" of "+class)
		}
	}
	parts = append(parts, plural(len(byKind(r, scan.KindLoader)), "loader"), plural(len(byKind(r, scan.KindTerm)), "single term"))
	if n := lists[scan.ClassWordCollection]; n > 0 {
		parts = append(parts, plural(n, "word collection"))
	}
	state := ""
	if !r.Complete {
		state = fmt.Sprintf("INCOMPLETE (%s): ", r.Ended)
	}
	return fmt.Sprintf("%s%s present; %s of %s opened, %s", state, strings.Join(parts, ", "), Percent(r.Coverage.Ledger), Bytes(r.Coverage.Size),
		plural(len(r.Coverage.Items), "coverage record"))
}

func byKind(r *scan.Report, k scan.Kind) []scan.Finding {
	var out []scan.Finding
	for _, f := range r.Findings {
		if f.Kind == k {
			out = append(out, f)
		}
	}
	return out
}

// cut shortens a line in the middle to the width of the terminal; indent columns are taken already.
func (v *tableView) cut(s string, indent int) string {
	room := v.o.Width - indent
	if v.o.Width == 0 || room < 20 || text.StringWidthWithoutEscSequences(s) <= room {
		return s
	}
	runes := []rune(s)
	for head, tail := len(runes)/2, len(runes)/2; head > 4; {
		short := string(runes[:head]) + "…" + string(runes[tail:])
		if text.StringWidthWithoutEscSequences(short) <= room {
			return short
		}
		head--
		tail = min(len(runes), tail+1)
	}
	return string(runes[:min(len(runes), room)])
}
