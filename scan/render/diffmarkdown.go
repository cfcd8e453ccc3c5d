package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/censorscan/censorscan/scan/diff"
)

// DiffMarkdown writes what changed, complete, as GitHub-flavoured Markdown.
func DiffMarkdown(w io.Writer, d *diff.Diff) error {
	m := &errWriter{w: w}
	fmt.Fprintf(m, "# What changed\n\n%s.\n\n", DiffSummary(d))
	m.sides([]string{"old", "new"}, []diff.Side{d.Old, d.New})
	m.notes(d.Notes)
	changed := listsBut(d, diff.Unchanged)
	if len(changed) > 0 {
		fmt.Fprintf(m, "## Lists\n\n")
	}
	for _, l := range changed {
		p := l.New
		if p == nil {
			p = l.Old
		}
		fmt.Fprintf(m, "### %s: %s\n\n", l.Status, code(p.Path))
		if l.Old != nil && l.New != nil && elsewhere(l.Old.Path, l.New.Path) {
			fmt.Fprintf(m, "was %s\n\n", code(l.Old.Path))
		}
		fmt.Fprintf(m, "%s, %s, score %.2f, %s; %d kept, %d added%s, %d removed%s", p.Class, entries(p.Entries), p.Score, p.Encoding,
			l.Kept, len(l.Added), byCategory(l.AddedCategories), len(l.Removed), byCategory(l.RemovedCategories))
		if len(l.Form) > 0 {
			fmt.Fprintf(m, "; also other: %s", strings.Join(l.Form, ", "))
		}
		fmt.Fprintf(m, "\n\n")
		if l.Note != "" {
			fmt.Fprintf(m, "**But:** %s\n\n", inline(l.Note))
		}
		m.fence(l.Added, l.Removed)
	}
	if len(d.Loaders) > 0 {
		fmt.Fprintf(m, "## Loaders\n\n")
		for _, l := range d.Loaders {
			fmt.Fprintf(m, "- %s: %s %s\n", l.Status, code(l.Mechanism), fromTo(l.Old, l.New, l.Note))
			for _, s := range l.Added {
				fmt.Fprintf(m, "  - added %s\n", code(s))
			}
			for _, s := range l.Removed {
				fmt.Fprintf(m, "  - removed %s\n", code(s))
			}
		}
		fmt.Fprintln(m)
	}
	if len(d.Terms) > 0 {
		fmt.Fprintf(m, "## Terms standing alone\n\n")
		for _, t := range d.Terms {
			fmt.Fprintf(m, "- %s: %s %s\n", t.Status, code(t.Term), fromTo(t.Old, t.New, t.Note))
		}
	}
	return m.err
}

func fromTo(old, new, note string) string {
	s := "in " + code(new)
	switch {
	case new == "":
		s = "in " + code(old)
	case old != "" && elsewhere(old, new):
		s += ", was in " + code(old)
	}
	if note != "" {
		s += " (but: " + inline(note) + ")"
	}
	return s
}

// sides is a table of the releases.
func (m *errWriter) sides(names []string, sides []diff.Side) {
	fmt.Fprintf(m, "| | input | build | opened | records |\n|---|---|---|---|---|\n")
	for i, s := range sides {
		for _, in := range s.Inputs {
			fmt.Fprintf(m, "| %s | %s | %s | %s of %s | %d |\n", names[i], inline(in.Name), inline(in.Properties["ro.build.fingerprint"]), Percent(s.Coverage), Bytes(s.Coverage.Size), s.Unopened)
		}
	}
	fmt.Fprintln(m)
}

func (m *errWriter) notes(notes []string) {
	for _, n := range notes {
		fmt.Fprintf(m, "> %s\n", inline(n))
	}
	if len(notes) > 0 {
		fmt.Fprintln(m)
	}
}

// fence writes entries as a diff block. Its fence is longer than any run of backticks in it.
func (m *errWriter) fence(added, removed []string) {
	if len(added)+len(removed) == 0 {
		return
	}
	var b strings.Builder
	for _, s := range removed {
		fmt.Fprintf(&b, "- %s\n", Printable(s))
	}
	for _, s := range added {
		fmt.Fprintf(&b, "+ %s\n", Printable(s))
	}
	fence := strings.Repeat("`", max(3, longestRun(b.String(), '`')+1))
	fmt.Fprintf(m, "%sdiff\n%s%s\n\n", fence, b.String(), fence)
}

func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] == c {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return longest
}

// cell is a code span in a table.
func cell(s string) string { return strings.ReplaceAll(code(s), "|", `\|`) }

// code is a code span of Markdown that may hold anything.
func code(s string) string {
	s = Printable(s)
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	if len(fence) > 1 {
		s = " " + s + " "
	}
	return fence + s + fence
}

// inline is text of Markdown in which nothing is markup.
func inline(s string) string {
	var b strings.Builder
	for _, r := range Printable(s) {
		if strings.ContainsRune("\\`*_{}[]<>#|~!", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
