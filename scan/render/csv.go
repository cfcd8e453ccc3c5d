package render

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/gate"
)

// CSV writes a row for each entry of each list, each indicator of each loader, each term, and each thing that was not opened (its reason in the column group, its detail in text).
func CSV(w io.Writer, r *scan.Report) error {
	c := csv.NewWriter(w)
	c.Write([]string{
		"kind", "finding", "path", "artifact_sha256", "group", "number", "text", "category", "wordlist", "offset", "recipe", "encoding", "count", "grade", "gloss", "app",
	})
	for i := range r.Findings {
		writeFinding(c, &r.Findings[i])
	}
	for i, it := range r.Coverage.Items {
		c.Write([]string{"unopened", "", it.Path, "", it.Reason, strconv.Itoa(i + 1), it.Detail, "", "", "", "", "", "", "", "", ""})
	}
	c.Flush()
	return c.Error()
}

func writeFinding(c *csv.Writer, f *scan.Finding) {
	pkg := ""
	if f.App != nil {
		pkg = f.App.Package
	}
	row := func(kind, group string, n int, text, category, wordlist string, offset int64, recipe, encoding, count, grade, gloss string) {
		c.Write([]string{
			kind, f.ID, f.Path, f.Artifact.SHA256, group, strconv.Itoa(n), text, category, wordlist, strconv.FormatInt(offset, 10), recipe, encoding, count, grade, gloss, pkg,
		})
	}
	switch {
	case f.List != nil:
		recipe := recipeOf(f.List)
		for n, e := range f.List.Entries {
			row("entry", f.List.Class, n+1, e.Text, e.Category, "", e.Offset, recipe, f.List.Encoding, "", "", "")
		}
	case f.Loader != nil:
		for n, i := range f.Loader.Indicators {
			row("indicator", f.Loader.Mechanism, n+1, i.Text, "", i.Wordlist, i.Offset, "", i.Encoding, strconv.Itoa(i.Count), "", i.Gloss)
		}
	default:
		t := f.Term
		row("term", "", 1, t.Term, t.Category, t.Wordlist, t.Offset, strings.Join(slices.Concat(nonEmpty(t.Recipe), t.Undone), ", "), t.Encoding, strconv.Itoa(t.Count), t.Grade, t.Gloss)
	}
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// GateCSV writes a row for each finding and what the policy says of it, and one for each thing that was not opened and that the policy does not accept.
func GateCSV(w io.Writer, r *gate.Result) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"verdict", "rule", "kind", "finding", "path", "what", "category", "content", "new", "ignored"}}
	for _, j := range r.Judged {
		rows = append(rows, []string{
			string(j.Verdict), j.Rule, string(j.Kind), j.Finding, j.Path, j.What, j.Category, j.Content, strconv.FormatBool(j.New), j.Ignored,
		})
	}
	for _, it := range r.Items {
		rows = append(rows, []string{"", "", "unopened", "", it.Path, it.Reason + ": " + it.Detail, "", "", "", ""})
	}
	return c.WriteAll(rows)
}
