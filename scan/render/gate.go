package render

import (
	"io"

	"github.com/censorscan/censorscan/scan/gate"
)

// maxReasons is how many findings of one verdict the table shows: a verdict fits one screen.
const maxReasons = 12

// Gate writes a verdict and its reasons for a person, in one screen.
func Gate(w io.Writer, r *gate.Result, o TableOptions) error {
	v := &tableView{w: &errWriter{w: w}, o: o}
	colour := map[gate.Outcome]string{gate.Passed: "1;32", gate.Failed: "1;31", gate.Incomplete: "1;33"}
	verdict := string(r.Outcome)
	if r.Outcome == gate.Failed && r.Incomplete {
		verdict += ", and incomplete"
	}
	v.coloured(colour[r.Outcome], "VERDICT: %s\n", verdict)
	for _, in := range r.Inputs {
		v.printf("  %s  %s  sha256 %s\n", Printable(in.Name), Bytes(in.Size), in.SHA256)
	}
	if r.Policy != "" {
		v.printf("  policy: %s\n", Printable(r.Policy))
	}
	v.printf("  coverage: %.2f %%", roundDown(r.Coverage.Percent))
	if r.Coverage.Accepted > 0 {
		v.printf(", with %s that the policy accepts unopened", Bytes(r.Coverage.Accepted))
	}
	v.printf("\n")
	counts := map[gate.Verdict]int{}
	for _, j := range r.Judged {
		counts[j.Verdict]++
	}
	for _, verdict := range []gate.Verdict{gate.Fail, gate.Warn} {
		if counts[verdict] == 0 {
			continue
		}
		v.heading("%s (%d)", map[gate.Verdict]string{gate.Fail: "FAILS", gate.Warn: "WARNINGS"}[verdict], counts[verdict])
		shown := 0
		for _, j := range r.Judged {
			if j.Verdict != verdict {
				continue
			}
			if shown == maxReasons {
				v.printf("… %d more\n", counts[verdict]-shown)
				break
			}
			shown++
			v.printf("%s  [%s]\n  %s\n", Printable(j.What), Printable(j.Rule), v.cut(j.Path, 2))
		}
	}
	if len(r.Shortfall) > 0 {
		v.heading("INCOMPLETE (%d)", len(r.Shortfall))
		v.some(r.Shortfall)
	}
	if len(r.Notes) > 0 {
		v.heading("NOTES (%d)", len(r.Notes))
		v.some(r.Notes)
	}
	ignored := 0
	for _, j := range r.Judged {
		if j.Ignored != "" {
			ignored++
		}
	}
	v.printf("\n%s: %d fail, %d warn, %d pass", plural(len(r.Judged), "finding"), counts[gate.Fail], counts[gate.Warn], counts[gate.Pass])
	if ignored > 0 {
		v.printf(" (%d ignored with a reason)", ignored)
	}
	v.printf("\n")
	return v.w.err
}

func (v *tableView) some(lines []string) {
	for i, s := range lines {
		if i == maxReasons {
			v.printf("… %d more\n", len(lines)-i)
			break
		}
		v.printf("%s\n", v.cut(Printable(s), 0))
	}
}
