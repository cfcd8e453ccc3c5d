package render

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/diff"
	"github.com/censorscan/censorscan/scan/gate"
)

// readJUnit parses what was written and checks that its figures add up.
func readJUnit(t *testing.T, raw []byte) junitSuites {
	t.Helper()
	var out junitSuites
	dec := xml.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&out); err != nil {
		t.Fatalf("%v in\n%q", err, raw)
	}
	for {
		token, err := dec.Token()
		if err != nil {
			break
		}
		if s, ok := token.(xml.CharData); !ok || len(bytes.TrimSpace(s)) > 0 {
			t.Fatalf("%v after the end", token)
		}
	}
	var sum junitSuites
	for _, s := range out.Suites {
		var n junitSuite
		for _, c := range s.Cases {
			n.add(c)
		}
		if n.Tests != s.Tests || n.Failures != s.Failures || n.Errors != s.Errors || n.Skipped != s.Skipped {
			t.Errorf("%s says %d tests, %d failures, %d errors, %d skipped, not %+v", s.Name, s.Tests, s.Failures, s.Errors, s.Skipped, n)
		}
		sum.Tests, sum.Failures, sum.Errors = sum.Tests+s.Tests, sum.Failures+s.Failures, sum.Errors+s.Errors
	}
	if sum.Tests != out.Tests || sum.Failures != out.Failures || sum.Errors != out.Errors {
		t.Errorf("all say %d tests, %d failures, %d errors, not %+v", out.Tests, out.Failures, out.Errors, sum)
	}
	return out
}

// outcomes tells how each case went.
func outcomes(s junitSuites) map[string]string {
	out := map[string]string{}
	for _, suite := range s.Suites {
		for _, c := range suite.Cases {
			how := "pass"
			switch {
			case c.Error != nil:
				how = "error"
			case c.Failure != nil:
				how = "failure"
			case c.Skipped != nil:
				how = "skipped"
			}
			out[suite.Name+": "+c.Name] = how
		}
	}
	return out
}

func TestJUnitOutcomes(t *testing.T) {
	clean := fullReport()
	clean.Findings, clean.Coverage.Items = clean.Findings[len(clean.Findings)-2:len(clean.Findings)-1], clean.Coverage.Items[2:]
	stopped := &scan.Report{Inputs: []scan.Input{{Name: "a"}}, Ended: "interrupted"}
	var b [4]bytes.Buffer
	for i, err := range []error{JUnit(&b[0], fullReport()), JUnit(&b[1], clean), JUnit(&b[2], stopped), GateJUnit(&b[3], verdict(t))} {
		if err != nil {
			t.Fatal(i, err)
		}
	}
	const rom, system = "rom.zip: ", "rom.zip!payload.bin!system: "
	for i, want := range []map[string]string{
		{ // what is present fails; what was not opened skips the rest
			rom + "no list present": "skipped", rom + "no loader present": "skipped", rom + "no term present": "failure", rom + "everything opened": "skipped",
			system + "no list present": "failure", system + "no loader present": "failure", system + "no term present": "failure", system + "everything opened": "skipped",
		},
		{ // all bytes were read: the rest passes
			rom + "no list present": "pass", rom + "no loader present": "pass", rom + "no term present": "failure", rom + "everything opened": "pass",
			system + "no list present": "pass", system + "no loader present": "pass", system + "no term present": "pass", system + "everything opened": "pass",
		},
		{"a: no list present": "skipped", "a: no loader present": "skipped", "a: no term present": "skipped", "a: everything opened": "error"},
		{ // a policy that asks for more coverage makes an error, and lets nothing pass
			rom + "policy: lists": "skipped", rom + "policy: rule 2": "skipped", rom + "policy: never met": "skipped", rom + "policy: default": "skipped", rom + "policy: word collection": "skipped",
			rom + "everything opened": "error",
			system + "policy: lists":  "failure", system + "policy: rule 2": "skipped", system + "policy: never met": "skipped", system + "policy: default": "skipped",
			system + "policy: word collection": "skipped", system + "everything opened": "skipped",
		},
	} {
		got := outcomes(readJUnit(t, b[i].Bytes()))
		for name, how := range want {
			if got[name] != how {
				t.Errorf("%d: %s is %q, not %q", i, name, got[name], how)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d: %d cases, not %d: %v", i, len(got), len(want), got)
		}
	}
	if s := b[3].String(); !strings.Contains(s, "ignored (known &lt;here&gt;)") {
		t.Error("what is ignored is not told")
	}
}

// FuzzJUnit: whatever a file, a term or a message holds, what is written is XML that says as many things as it should.
func FuzzJUnit(f *testing.F) {
	f.Add("rom.zip", "rom.zip!a", "词", "no key", "list")
	f.Add("\x00\x1b]]>", "]]>&<!--", "\xff\xfe\xed\xa0\x80", "\u2028\ufffe\uffff\U0001ffff\r\n\t", "\"'")
	f.Fuzz(func(t *testing.T, input, path, term, detail, rule string) {
		r := &scan.Report{Created: detail, Ended: detail, Inputs: []scan.Input{{Name: input, SHA256: term, Properties: map[string]string{"ro.build.fingerprint": term}}}}
		r.Findings = []scan.Finding{
			{ID: "1", Kind: scan.KindTerm, Path: path, Term: &scan.Term{Term: term, Category: rule, Encoding: detail, Context: scan.Context{Match: term, After: detail}}},
			{ID: "2", Kind: scan.KindLoader, Path: path, Loader: &scan.Loader{Mechanism: rule, Indicators: []scan.Indicator{{Text: term}}}},
			{ID: "3", Kind: scan.KindList, Path: path, List: &scan.List{Class: scan.ClassBlocklist, Encoding: detail, Entries: []scan.Entry{{Text: term}}, CanonicalSHA256: rule}},
		}
		r.Coverage.Items = []scan.CoverageItem{{Path: path, Size: 1, Reason: rule, Detail: detail}}
		r.Coverage.Partitions = []scan.PartitionCoverage{{Path: path}}
		g := &gate.Result{Inputs: r.Inputs, Rules: []string{rule, "default"}, Partitions: r.Coverage.Partitions, Items: r.Coverage.Items, Shortfall: []string{detail}, Incomplete: true}
		for _, v := range []gate.Verdict{gate.Fail, gate.Warn, gate.Pass} {
			g.Judged = append(g.Judged, gate.Judged{Finding: "1", Path: path, What: term, Verdict: v, Rule: rule, Ignored: detail})
		}
		var b [3]bytes.Buffer
		for i, err := range []error{JUnit(&b[0], r), GateJUnit(&b[1], g), DiffJUnit(&b[2], diff.Compare(r, &scan.Report{Inputs: r.Inputs}, scan.Tool{}))} {
			if err != nil {
				t.Fatal(i, err)
			}
			got := readJUnit(t, b[i].Bytes())
			if want := []int{2, 2, 1}[i]; len(got.Suites) != want {
				t.Errorf("%d: %d suites, not %d", i, len(got.Suites), want)
			}
		}
		if got := readJUnit(t, b[0].Bytes()); got.Failures != 3 || got.Errors != 1 {
			t.Errorf("%d failures, %d errors", got.Failures, got.Errors)
		}
	})
}
