package render

import (
	"io"
	"strconv"

	"github.com/censorscan/censorscan/scan"
)

// Lists writes the lists of a report for a person, with every entry: its number, what it says, and the category of the known term that it is or holds.
func Lists(w io.Writer, r *scan.Report, o TableOptions) error {
	v := &tableView{w: &errWriter{w: w}, o: o}
	found := byKind(r, scan.KindList)
	for i, f := range found {
		v.heading("LIST %d of %d", i+1, len(found))
		v.listHead(&f)
		v.printf("  sha256 %s, canonical %s\n", f.List.RawSHA256, f.List.CanonicalSHA256)
		width := len(strconv.Itoa(len(f.List.Entries)))
		for n, e := range f.List.Entries {
			v.printf("  %*d  %s", width, n+1, v.cut(Printable(e.Text), width+20))
			if e.Category != "" {
				v.printf("  [%s]", e.Category)
			}
			v.printf("\n")
		}
	}
	if len(r.Families) > 0 {
		v.heading("FAMILIES")
		v.families(r)
	}
	v.summary(r)
	return v.w.err
}
