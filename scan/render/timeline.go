package render

import (
	"fmt"
	"io"

	"github.com/censorscan/censorscan/scan/diff"
)

// releaseName is how a release of a timeline is called: its number and its first input.
func releaseName(t *diff.Timeline, i int) string {
	name := ""
	if in := t.Releases[i].Inputs; len(in) > 0 {
		name = " " + in[0].Name
	}
	return fmt.Sprintf("%d%s", i+1, name)
}

// Timeline writes a timeline for a person: of each list where it stood in each release, and how many entries came and went.
func Timeline(w io.Writer, t *diff.Timeline, o TableOptions) error {
	v := &tableView{w: &errWriter{w: w}, o: o}
	for i, s := range t.Releases {
		v.side(fmt.Sprint(i+1), s)
	}
	for _, n := range t.Notes {
		v.printf("note: %s\n", Printable(n))
	}
	for n, l := range t.Lists {
		v.heading("LIST %d of %d, %s in all", n+1, len(t.Lists), entries(len(l.Entries)))
		tab := v.table("  RELEASE", "ENTRIES", "ADDED", "REMOVED", "PATH")
		for i, p := range l.Places {
			if p == nil {
				tab.AppendRow([]any{"  " + releaseName(t, i), "-", l.Added[i], l.Removed[i], "not present"})
				continue
			}
			tab.AppendRow([]any{"  " + releaseName(t, i), p.Entries, l.Added[i], l.Removed[i], v.cut(p.Path, 60)})
		}
		tab.Render()
	}
	v.printf("\n%s followed over %d releases\n", plural(len(t.Lists), "list"), len(t.Releases))
	return v.w.err
}

// TimelineMarkdown writes a timeline, complete, as GitHub-flavoured Markdown.
func TimelineMarkdown(w io.Writer, t *diff.Timeline) error {
	m := &errWriter{w: w}
	var names []string
	for i := range t.Releases {
		names = append(names, fmt.Sprint(i+1))
	}
	fmt.Fprintf(m, "# Timeline\n\n")
	m.sides(names, t.Releases)
	m.notes(t.Notes)
	for n, l := range t.Lists {
		fmt.Fprintf(m, "## List %d\n\n| release | entries | added | removed | path |\n|---|---|---|---|---|\n", n+1)
		for i, p := range l.Places {
			if p == nil {
				fmt.Fprintf(m, "| %s | - | %d | %d | not present |\n", inline(releaseName(t, i)), l.Added[i], l.Removed[i])
				continue
			}
			fmt.Fprintf(m, "| %s | %d | %d | %d | %s |\n", inline(releaseName(t, i)), p.Entries, l.Added[i], l.Removed[i], cell(p.Path))
		}
		fmt.Fprintf(m, "\n| entry | category | first | last |\n|---|---|---|---|\n")
		for _, h := range l.Entries {
			fmt.Fprintf(m, "| %s | %s | %d | %d |\n", cell(h.Text), h.Category, h.First+1, h.Last+1)
		}
		fmt.Fprintln(m)
	}
	return m.err
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}
