package render

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/gate"
)

// Markdown writes a report, complete, as GitHub-flavoured Markdown.
func Markdown(w io.Writer, r *scan.Report) error {
	m := &errWriter{w: w}
	fmt.Fprintf(m, "# What is present\n\n%s.\n\n", inline(Summary(r)))
	m.inputs(r.Inputs)
	m.markdownLists(r)
	m.markdownLoaders(byKind(r, scan.KindLoader))
	m.markdownTerms(byKind(r, scan.KindTerm))
	m.markdownCoverage(r.Coverage)
	fmt.Fprintf(m, "## Searched for\n\n| wordlist | version | terms | sha256 |\n|---|---|---|---|\n")
	for _, l := range r.Wordlists {
		fmt.Fprintf(m, "| %s | %s | %d | %s |\n", inline(l.Name), inline(l.Version), l.Terms, inline(l.SHA256))
	}
	return m.err
}

func (m *errWriter) inputs(inputs []scan.Input) {
	fmt.Fprintf(m, "| input | size | sha256 |\n|---|---|---|\n")
	for _, in := range inputs {
		fmt.Fprintf(m, "| %s | %d | %s |\n", cell(in.Name), in.Size, inline(in.SHA256))
	}
	fmt.Fprintln(m)
	for _, in := range inputs {
		if len(in.Properties) == 0 {
			continue
		}
		fmt.Fprintf(m, "| property of %s | value |\n|---|---|\n", inline(in.Name))
		for _, k := range slices.Sorted(maps.Keys(in.Properties)) {
			fmt.Fprintf(m, "| %s | %s |\n", inline(k), inline(in.Properties[k]))
		}
		fmt.Fprintln(m)
	}
}

func (m *errWriter) markdownLists(r *scan.Report) {
	found := byKind(r, scan.KindList)
	if len(found) == 0 {
		return
	}
	fmt.Fprintf(m, "## Lists\n\n")
	number := map[string]int{}
	for i, f := range found {
		l := f.List
		number[f.ID] = i + 1
		fmt.Fprintf(m, "### %d: %s\n\n", i+1, code(f.Path))
		m.app(&f)
		fmt.Fprintf(m, "%s, score %.2f: %s, %d distinct; %s; %s; bytes %d to %d.\nAbout: %s.\n\n", inline(l.Class), l.Score, entries(len(l.Entries)), l.Distinct,
			inline(l.Encoding), inline(recipeOf(l)), l.Begin, l.End, inline(about(l)))
		for _, e := range l.Evidence {
			fmt.Fprintf(m, "- %s\n", inline(e))
		}
		for _, x := range l.Overlap {
			fmt.Fprintf(m, "- in common with %s: %d entries, %.1f %% of this list, %.1f %% of that\n", inline(x.Wordlist), x.Common, 100*x.OfList, 100*x.OfReference)
		}
		m.named(l.Readers)
		fmt.Fprintf(m, "- file: %s, %d bytes, sha256 %s\n- list: sha256 %s, canonical %s\n\n", inline(f.Artifact.Format), f.Artifact.Size, inline(f.Artifact.SHA256),
			inline(l.RawSHA256), inline(l.CanonicalSHA256))
		fmt.Fprintf(m, "| | entry | category | offset |\n|---|---|---|---|\n")
		for n, e := range l.Entries {
			fmt.Fprintf(m, "| %d | %s | %s | %d |\n", n+1, cell(e.Text), inline(e.Category), e.Offset)
		}
		fmt.Fprintln(m)
	}
	if len(r.Families) > 0 {
		fmt.Fprintf(m, "### Families\n\n| lists | entries in common | similarity |\n|---|---|---|\n")
		for _, f := range r.Families {
			var names []string
			for _, id := range f.Lists {
				names = append(names, fmt.Sprint(number[id]))
			}
			fmt.Fprintf(m, "| %s | %d | %.2f |\n", strings.Join(names, ", "), f.Common, f.Similarity)
		}
		fmt.Fprintln(m)
	}
}

// app names the app that a finding lies in.
func (m *errWriter) app(f *scan.Finding) {
	if a := f.App; a != nil {
		fmt.Fprintf(m, "App: %s", code(a.Package))
		if a.Label != "" {
			fmt.Fprintf(m, " (%s)", inline(a.Label))
		}
		fmt.Fprintf(m, " %s", inline(a.VersionName))
		for _, s := range a.Signers {
			fmt.Fprintf(m, ", signed %s by %s (certificate %s)", inline(s.Scheme), inline(s.Subject), inline(s.SHA256))
		}
		fmt.Fprintf(m, "\n\n")
	}
}

func (m *errWriter) named(methods []string) {
	for _, s := range methods {
		fmt.Fprintf(m, "- named by %s\n", code(s))
	}
}

func (m *errWriter) markdownLoaders(found []scan.Finding) {
	if len(found) == 0 {
		return
	}
	fmt.Fprintf(m, "## Loaders\n\n")
	for _, f := range found {
		fmt.Fprintf(m, "### %s in %s\n\n", code(f.Loader.Mechanism), code(f.Path))
		m.app(&f)
		m.named(f.Loader.Code)
		if len(f.Loader.Code) > 0 {
			fmt.Fprintln(m)
		}
		fmt.Fprintf(m, "| indicator | meaning | wordlist | offset | encoding | count |\n|---|---|---|---|---|---|\n")
		for _, i := range f.Loader.Indicators {
			fmt.Fprintf(m, "| %s | %s | %s | %d | %s | %d |\n", cell(i.Text), inline(i.Gloss), inline(i.Wordlist), i.Offset, inline(i.Encoding), i.Count)
		}
		fmt.Fprintln(m)
	}
}

func (m *errWriter) markdownTerms(found []scan.Finding) {
	if len(found) == 0 {
		return
	}
	fmt.Fprintf(m, "## Terms standing alone\n\n| term | meaning | category | context | count | offset | encoding | grade | path |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, f := range found {
		t := f.Term
		fmt.Fprintf(m, "| %s | %s | %s | %s | %d | %d | %s | %s | %s |\n", cell(t.Term), inline(t.Gloss), inline(t.Category),
			cell(t.Context.Before+"["+t.Context.Match+"]"+t.Context.After), t.Count, t.Offset, inline(termEncoding(t)), inline(t.Grade), cell(f.Path))
	}
	fmt.Fprintln(m)
}

func (m *errWriter) markdownCoverage(c scan.Coverage) {
	fmt.Fprintf(m, "## Coverage\n\n| partition | opened | unopened | size | searched | structure |\n|---|---|---|---|---|---|\n")
	row := func(name string, l scan.Ledger) {
		fmt.Fprintf(m, "| %s | %s | %d | %d | %d | %d |\n", name, Percent(l), l.Unopened, l.Size, l.Searched, l.Structure)
	}
	for _, p := range c.Partitions {
		row(cell(p.Path), p.Ledger)
	}
	row("whole input", c.Ledger)
	fmt.Fprintln(m)
	m.markdownItems(c.Items)
}

// markdownItems names what was not opened, or not whole.
func (m *errWriter) markdownItems(items []scan.CoverageItem) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(m, "| not opened, or not whole | bytes | reason | detail |\n|---|---|---|---|\n")
	for _, it := range items {
		fmt.Fprintf(m, "| %s | %d | %s | %s |\n", cell(it.Path), it.Size, inline(it.Reason), inline(it.Detail))
	}
	fmt.Fprintln(m)
}

// GateMarkdown writes a verdict with every finding as GitHub-flavoured Markdown.
func GateMarkdown(w io.Writer, r *gate.Result) error {
	m := &errWriter{w: w}
	verdict := string(r.Outcome)
	if r.Outcome == gate.Failed && r.Incomplete {
		verdict += ", and incomplete"
	}
	fmt.Fprintf(m, "# Verdict: %s\n\n", verdict)
	if r.Policy != "" {
		fmt.Fprintf(m, "By the policy %s. ", inline(r.Policy))
	}
	fmt.Fprintf(m, "%.2f %% of the input was opened, or is accepted unopened.\n\n", roundDown(r.Coverage.Percent))
	m.inputs(r.Inputs)
	for _, part := range []struct {
		title string
		lines []string
	}{{"Incomplete", r.Shortfall}, {"Notes", r.Notes}} {
		if len(part.lines) == 0 {
			continue
		}
		fmt.Fprintf(m, "## %s\n\n", part.title)
		for _, s := range part.lines {
			fmt.Fprintf(m, "- %s\n", inline(s))
		}
		fmt.Fprintln(m)
	}
	for _, part := range []struct {
		title   string
		verdict gate.Verdict
	}{{"Fails", gate.Fail}, {"Warnings", gate.Warn}, {"Passes", gate.Pass}} {
		head := false
		for _, j := range r.Judged {
			if j.Verdict != part.verdict {
				continue
			}
			if !head {
				fmt.Fprintf(m, "## %s\n\n| what | rule | new | ignored because | path |\n|---|---|---|---|---|\n", part.title)
				head = true
			}
			fmt.Fprintf(m, "| %s | %s | %s | %s | %s |\n", inline(j.What), inline(j.Rule), map[bool]string{true: "yes", false: "no"}[j.New], inline(j.Ignored), cell(j.Path))
		}
		if head {
			fmt.Fprintln(m)
		}
	}
	if len(r.Items) > 0 {
		fmt.Fprintf(m, "## Coverage\n\n")
		m.markdownItems(r.Items)
	}
	return m.err
}
