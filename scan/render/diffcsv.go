package render

import (
	"encoding/csv"
	"io"
	"strconv"

	"github.com/censorscan/censorscan/scan/diff"
)

// DiffCSV writes a row for each entry that came or went, for each list, loader and term that did.
func DiffCSV(w io.Writer, d *diff.Diff) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"kind", "status", "change", "text", "category", "old_path", "new_path", "note"}}
	for _, l := range d.Lists {
		old, new := "", ""
		if l.Old != nil {
			old = l.Old.Path
		}
		if l.New != nil {
			new = l.New.Path
		}
		rows = append(rows, []string{"list", string(l.Status), "", "", "", old, new, l.Note})
		for _, e := range l.Added {
			rows = append(rows, []string{"entry", string(l.Status), "added", e, "", old, new, ""})
		}
		for _, e := range l.Removed {
			rows = append(rows, []string{"entry", string(l.Status), "removed", e, "", old, new, ""})
		}
	}
	for _, l := range d.Loaders {
		rows = append(rows, []string{"loader", string(l.Status), "", l.Mechanism, "", l.Old, l.New, l.Note})
		for _, s := range l.Added {
			rows = append(rows, []string{"indicator", string(l.Status), "added", s, "", l.Old, l.New, ""})
		}
		for _, s := range l.Removed {
			rows = append(rows, []string{"indicator", string(l.Status), "removed", s, "", l.Old, l.New, ""})
		}
	}
	for _, t := range d.Terms {
		rows = append(rows, []string{"term", string(t.Status), "", t.Term, t.Category, t.Old, t.New, t.Note})
	}
	return c.WriteAll(rows)
}

// TimelineCSV writes a row for each entry of each list: in which releases it was seen (1 or 0), the first and the last.
func TimelineCSV(w io.Writer, t *diff.Timeline) error {
	c := csv.NewWriter(w)
	head := []string{"list", "text", "category", "first", "last"}
	for i := range t.Releases {
		head = append(head, releaseName(t, i))
	}
	rows := [][]string{head}
	for n, l := range t.Lists {
		for _, h := range l.Entries {
			row := []string{strconv.Itoa(n + 1), h.Text, h.Category, releaseName(t, h.First), releaseName(t, h.Last)}
			for _, p := range h.Present {
				row = append(row, map[bool]string{true: "1", false: "0"}[p])
			}
			rows = append(rows, row)
		}
	}
	return c.WriteAll(rows)
}
