package render

import (
	"cmp"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/censorscan/censorscan/scan/selftest"
)

// Selftest writes the outcome of a selftest for a person: a line for each format and each shape in each encoding, then the cases that failed and what is not
// covered.
func Selftest(w io.Writer, r *selftest.Report, o TableOptions) error {
	v := &tableView{w: &errWriter{w: w}, o: o}
	verdict, colour := "PASSED", "1;32"
	switch {
	case r.Totals.Failed > 0:
		verdict, colour = "FAILED", "1;31"
	case !r.Complete:
		verdict, colour = "INTERRUPTED", "1;33"
	}
	v.coloured(colour, "SELFTEST %s\n", verdict)
	v.printf("  %s %s  %s  %s\n", Printable(r.Tool.Name), Printable(r.Tool.Version), Printable(r.Tool.Go), Printable(r.Platform))
	if r.Executable != "" {
		v.printf("  program sha256 %s\n", r.Executable)
	}
	for _, l := range r.Wordlists {
		v.printf("  wordlist %s %s  %s  sha256 %s\n", Printable(l.Name), Printable(l.Version), plural(l.Terms, "term"), l.SHA256)
	}
	v.tally("FORMATS", []any{"FORMAT", "HOW", "ORIGIN"}, r.Cases, func(c selftest.Case) [3]string {
		return [3]string{c.Format, cmp.Or(c.Variant, "-"), c.Origin}
	})
	v.tally("SHAPES AND ENCODINGS, IN ALL FORMATS", []any{"SHAPE", "LAYOUT", "ENCODING"}, r.Cases, func(c selftest.Case) [3]string {
		return [3]string{c.Shape, c.Layout, c.Encoding}
	})
	if r.Totals.Failed > 0 {
		v.heading("FAILED (%d)", r.Totals.Failed)
		for _, c := range r.Cases {
			if !c.Passed {
				v.printf("%d  %s, %s, %s in %s: %s\n", c.Number, c.Format, cmp.Or(c.Variant, "-"), c.Layout, c.Encoding, Printable(c.Failure))
			}
		}
	}
	if len(r.NotCovered) > 0 {
		v.heading("NOT COVERED (%d)", len(r.NotCovered))
		for _, n := range r.NotCovered {
			v.printf("%s %s: %s\n", n.Kind, n.Name, n.Reason)
		}
	}
	v.printf("\n%s, each with a clean counterpart: %d passed, %d failed; %s not covered\n",
		plural(r.Totals.Cases, "case"), r.Totals.Passed, r.Totals.Failed, plural(r.Totals.NotCovered, "claim"))
	return v.w.err
}

// tally counts cases by three of their properties, in the order in which they come.
func (v *tableView) tally(heading string, columns []any, cases []selftest.Case, key func(selftest.Case) [3]string) {
	var order [][3]string
	count := map[[3]string][2]int{}
	for _, c := range cases {
		k := key(c)
		n, ok := count[k]
		if !ok {
			order = append(order, k)
		}
		n[0]++
		if c.Passed {
			n[1]++
		}
		count[k] = n
	}
	v.heading("%s (%d)", heading, len(order))
	t := v.table(append(columns, "CASES", "PASSED")...)
	for _, k := range order {
		t.AppendRow(table.Row{k[0], k[1], k[2], count[k][0], count[k][1]})
	}
	t.Render()
}
