package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/diff"
	"github.com/censorscan/censorscan/scan/gate"
)

// told is a finding as the forms for other tools tell it, whether it comes from a report, a verdict or a diff.
type told struct {
	id       string
	kind     scan.Kind
	class    string // what its rule of SARIF begins with: loader, term, or that of listClass
	path     string
	place    string // its path without the name of the only input, the same from release to release
	category string
	content  string // what it is, wherever it stands
	message  string
	level    string // of SARIF: error, warning, note
	baseline string // of SARIF: new, updated, unchanged, absent; "" without a comparison
	artifact scan.Artifact
	region   *scan.Extent
	more     []scan.Extent // further regions
	facts    map[string]any
}

// account is a whole result as these forms tell it.
type account struct {
	tool       scan.Tool
	inputs     []scan.Input
	partitions []string // paths
	items      []scan.CoverageItem
	complete   bool
	ended      string
	notes      []string
	found      []told
	facts      map[string]any // of the whole
}

func (a *account) place(path string) string {
	if len(a.inputs) == 1 {
		if rest := strings.TrimPrefix(strings.TrimPrefix(path, a.inputs[0].Name), "!"); rest != "" {
			return rest
		}
	}
	return path
}

func partitionPaths(partitions []scan.PartitionCoverage) []string {
	var out []string
	for _, p := range partitions {
		out = append(out, p.Path)
	}
	return out
}

// reportAccount tells of a report.
func reportAccount(r *scan.Report) *account {
	a := &account{tool: r.Tool, inputs: r.Inputs, partitions: partitionPaths(r.Coverage.Partitions), items: r.Coverage.Items, complete: r.Complete, ended: r.Ended}
	a.facts = map[string]any{"schema": r.Schema, "coverage": r.Coverage.Ledger, "partitions": r.Coverage.Partitions, "wordlists": r.Wordlists}
	for i := range r.Findings {
		f := &r.Findings[i]
		t := told{
			id: f.ID, kind: f.Kind, class: string(f.Kind), path: f.Path, place: a.place(f.Path), category: f.Category(), content: f.Content(), level: "warning",
			artifact: f.Artifact, region: f.Region(),
		}
		switch {
		case f.List != nil:
			l := f.List
			if t.class = listClass(l.Class); t.class == "collection" {
				t.level = "note"
			}
			t.message = fmt.Sprintf("%s of %s (%d distinct, score %.2f, %s) present in image. About: %s.", upperFirst(l.Class), entries(len(l.Entries)), l.Distinct, l.Score,
				l.Encoding, about(l))
			t.facts = map[string]any{"score": l.Score, "entries": len(l.Entries), "distinct": l.Distinct, "encoding": l.Encoding, "recipe": l.Recipe, "categories": l.Categories,
				"rawSha256": l.RawSHA256, "canonicalSha256": l.CanonicalSHA256, "begin": l.Begin, "end": l.End, "scattered": l.Scattered, "readers": l.Readers, "overlap": l.Overlap}
		case f.Loader != nil:
			var texts []string
			for i := range f.Loader.Indicators {
				ind := &f.Loader.Indicators[i]
				texts = append(texts, ind.Text)
				if i > 0 {
					t.more = append(t.more, *ind.Region())
				}
			}
			t.message = fmt.Sprintf("Loader %s present in image, by its indicators %s.", f.Loader.Mechanism, strings.Join(texts, ", "))
			t.facts = map[string]any{"indicators": texts, "code": f.Loader.Code}
		default:
			x := f.Term
			t.level = "note"
			t.message = fmt.Sprintf("Term %s (%s) present in image %s, standing alone. Context: %s%s%s", x.Term, x.Category, times(x.Count),
				x.Context.Before, x.Context.Match, x.Context.After)
			t.facts = map[string]any{"wordlist": x.Wordlist, "encoding": termEncoding(x), "grade": x.Grade, "count": x.Count, "offset": x.Offset, "undone": x.Undone}
			if t.region != nil {
				for i := 1; i < len(x.Parts); i++ {
					t.more = append(t.more, *x.Parts[i].Region())
				}
				for _, o := range x.Offsets {
					t.more = append(t.more, scan.Extent{Offset: o, Size: t.region.Size})
				}
			}
		}
		if f.App != nil {
			t.facts["app"] = f.App
		}
		a.found = append(a.found, t)
	}
	return a
}

// listClass is what the rules about a list of a class begin with.
func listClass(class string) string {
	switch class {
	case scan.ClassWordCollection:
		return "collection"
	case scan.ClassPackages:
		return "packages"
	case scan.ClassHosts:
		return "hosts"
	}
	return "list"
}

// gateAccount tells of a verdict: what fails and what warns.
func gateAccount(r *gate.Result) *account {
	a := &account{tool: r.Tool, inputs: r.Inputs, partitions: partitionPaths(r.Partitions), items: r.Items, complete: true, notes: slices.Concat(r.Shortfall, r.Notes)}
	a.facts = map[string]any{"schema": r.Schema, "policy": r.Policy, "outcome": r.Outcome, "incomplete": r.Incomplete, "coverage": r.Coverage}
	passes := 0
	for _, j := range r.Judged {
		if j.Verdict == gate.Pass {
			passes++
			continue
		}
		t := told{
			id: j.Finding, kind: j.Kind, class: string(j.Kind), path: j.Path, place: a.place(j.Path), category: j.Category, content: j.Content, level: "warning",
			artifact: j.Artifact, region: j.Region, facts: map[string]any{"rule": j.Rule, "verdict": j.Verdict, "new": j.New},
		}
		if j.Verdict == gate.Fail {
			t.level = "error"
		}
		t.message = fmt.Sprintf("%s present in image. Rule of the policy: %s.", upperFirst(j.What), j.Rule)
		a.found = append(a.found, t)
	}
	if passes > 0 {
		a.notes = append(a.notes, fmt.Sprintf("%s pass by the policy and are no results", plural(passes, "finding")))
	}
	return a
}

// diffAccount tells of a diff: all lists, and the loaders and terms that changed.
func diffAccount(d *diff.Diff) *account {
	a := &account{tool: d.Tool, inputs: d.New.Inputs, partitions: partitionPaths(d.New.Partitions), complete: d.Old.Complete && d.New.Complete, notes: d.Notes}
	a.facts = map[string]any{"schema": d.Schema, "counts": d.Counts}
	if !a.complete {
		a.ended = "one of the two scans"
	}
	old := &account{inputs: d.Old.Inputs}
	add := func(t told, s diff.Status, before, after, note string) {
		t.path, t.place = after, a.place(after)
		switch s {
		case diff.Added:
			t.baseline, t.level = "new", "warning"
		case diff.Removed:
			t.baseline, t.level, t.path, t.place = "absent", "note", before, old.place(before)
		case diff.Unchanged:
			t.baseline, t.level = "unchanged", "note"
		default:
			t.baseline, t.level = "updated", "note"
			if t.place != old.place(before) {
				t.message += fmt.Sprintf(" It was at %s.", before)
			}
		}
		if note != "" {
			t.message += " But: " + note + "."
		}
		a.found = append(a.found, t)
	}
	for _, l := range d.Lists {
		p, before, after := cmp.Or(l.New, l.Old), "", ""
		if l.Old != nil {
			before = l.Old.Path
		}
		if l.New != nil {
			after = l.New.Path
		}
		t := told{
			id: p.Finding, kind: scan.KindList, class: listClass(p.Class), category: p.Category, content: p.CanonicalSHA256, artifact: scan.Artifact{SHA256: p.ArtifactSHA256},
			region: p.Region,
		}
		t.message = fmt.Sprintf("%s of %s: %s. %d entries kept, %d added, %d removed.", upperFirst(p.Class), entries(p.Entries), l.Status, l.Kept, len(l.Added), len(l.Removed))
		t.facts = map[string]any{"status": l.Status, "kept": l.Kept, "added": len(l.Added), "removed": len(l.Removed), "score": p.Score, "entries": p.Entries}
		add(t, l.Status, before, after, l.Note)
	}
	for _, l := range d.Loaders {
		t := told{kind: scan.KindLoader, class: "loader", category: l.Mechanism, content: l.Mechanism}
		t.facts = map[string]any{"status": l.Status, "added": l.Added, "removed": l.Removed}
		t.message = fmt.Sprintf("Loader %s: %s. %d indicators added, %d removed.", l.Mechanism, l.Status, len(l.Added), len(l.Removed))
		add(t, l.Status, l.Old, l.New, l.Note)
	}
	for _, x := range d.Terms {
		t := told{kind: scan.KindTerm, class: "term", category: x.Category, content: x.Term, facts: map[string]any{"status": x.Status}}
		t.message = fmt.Sprintf("Term %s (%s), standing alone: %s.", x.Term, x.Category, x.Status)
		add(t, x.Status, x.Old, x.New, x.Note)
	}
	return a
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
