package gate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/censorscan/censorscan/scan"
)

func read(t testing.TB, text string) *Policy {
	t.Helper()
	p, err := ReadPolicy(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var canonical = strings.Repeat("ab", 32)

// report has a list of four entries (half of them political), a loader and two terms.
func report() *scan.Report {
	return &scan.Report{
		Schema: scan.Schema, Complete: true, Inputs: []scan.Input{{Name: "rom.zip", Properties: map[string]string{"ro.product.device": "apollo"}}},
		Findings: []scan.Finding{
			{ID: "L", Kind: scan.KindList, Path: "rom.zip!payload.bin!system_a!/app/Cam.apk!assets/w.txt", List: &scan.List{
				Class: scan.ClassBlocklist, Score: 0.8, CanonicalSHA256: canonical,
				Entries: []scan.Entry{{Text: "a", Category: "tibet"}, {Text: "b", Category: "june-4"}, {Text: "c", Category: "sexual"}, {Text: "d"}, {Text: "d"}}}},
			{ID: "C", Kind: scan.KindLoader, Path: "rom.zip!payload.bin!system_a!/app/Ad.apk!classes.dex", Loader: &scan.Loader{Mechanism: "miad", Indicators: []scan.Indicator{{Text: "i", Wordlist: "loaders"}}}},
			{ID: "T", Kind: scan.KindTerm, Path: "rom.zip!payload.bin!product!/t.txt", Term: &scan.Term{Term: "法轮功", Category: "falun-gong", Wordlist: "political"}},
			{ID: "U", Kind: scan.KindTerm, Path: "rom.zip!x", Term: &scan.Term{Term: "host", Category: "endpoint", Wordlist: "endpoints"}},
		},
		Coverage: scan.Coverage{
			Ledger:     scan.Ledger{Size: 1000, Searched: 900, Unopened: 100},
			Items:      []scan.CoverageItem{{Path: "rom.zip!modem", Size: 300, Reason: "encrypted", Detail: "x"}, {Path: "rom.zip!bad.apk", Size: 100, Reason: "damaged", Detail: "y"}},
			Partitions: []scan.PartitionCoverage{{Path: "rom.zip!payload.bin!system_a", Ledger: scan.Ledger{Size: 10, Searched: 9, Unopened: 1}}, {Path: "rom.zip!payload.bin!product", Ledger: scan.Ledger{Size: 10, Searched: 10}}},
		},
	}
}

var day = time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC)

func evaluate(t testing.TB, policy string, baseline *scan.Report) *Result {
	t.Helper()
	r, err := Evaluate(read(t, "version: 1\n"+policy), report(), baseline, day, scan.Tool{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRules(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		want       string // findings that fail
	}{
		{"all", "verdict: fail", "LCTU"},
		{"kind", "kinds: [list, term], verdict: fail", "LTU"},
		{"category of a term", "kinds: [term], categories: [falun-gong], verdict: fail", "T"},
		{"subject", "categories: [religious], verdict: fail", "T"},
		{"category in a list", "categories: [tibet], verdict: fail", "L"},
		{"share reached", "categories: [political], share: 0.5, verdict: fail", "L"},
		{"share not reached", "categories: [political], share: 0.51, verdict: fail", ""},
		{"wordlist", "wordlists: [political, loaders], verdict: fail", "CT"},
		{"mechanism", "mechanisms: [miad], verdict: fail", "C"},
		{"another mechanism", "mechanisms: [keyword], verdict: fail", ""},
		{"partition", "partitions: [system], verdict: fail", "LC"},
		{"path", "paths: ['**!assets/*'], verdict: fail", "L"},
		{"app", "apps: [Ca?.apk, nothing], verdict: fail", "L"},
		{"score", "min_score: 0.8, verdict: fail", "L"},
		{"higher score", "min_score: 0.81, verdict: fail", ""},
		{"entries", "min_entries: 5, verdict: fail", "L"},
		{"more entries", "min_entries: 6, verdict: fail", ""},
		{"new, without a baseline", "new: true, verdict: fail", "LCTU"},
	} {
		r := evaluate(t, "default: pass\nrules:\n  - {"+c.rule+"}\n", nil)
		got := ""
		for _, j := range r.Judged {
			if j.Verdict == Fail {
				got += j.Finding
			}
		}
		if got != c.want || (r.Outcome == Failed) != (c.want != "") {
			t.Errorf("%s: %q fail, want %q; outcome %s", c.name, got, c.want, r.Outcome)
		}
	}
	r := evaluate(t, "rules:\n  - {kinds: [list], verdict: pass, name: lists}\n  - {verdict: fail}\n", nil)
	if j := r.Judged; j[0].Verdict != Pass || j[0].Rule != "lists" || j[1].Verdict != Fail || j[1].Rule != "rule 2" {
		t.Errorf("the first rule does not decide: %+v", j)
	}
	if r := evaluate(t, "", nil); r.Outcome != Passed || r.Judged[0].Verdict != Warn || r.Judged[0].Rule != "default" {
		t.Errorf("without rules: %+v", r)
	}
}

func TestBaseline(t *testing.T) {
	const policy = "default: pass\nrules:\n  - {new: true, verdict: fail}\n"
	if r := evaluate(t, policy, report()); r.Outcome != Passed {
		t.Errorf("what the baseline has fails: %+v", r.Judged)
	}
	old := report()
	old.Findings[0].List = &scan.List{Class: scan.ClassBlocklist, CanonicalSHA256: strings.Repeat("0", 64), Entries: old.Findings[0].List.Entries[1:]}
	old.Findings = old.Findings[:3]
	r := evaluate(t, policy, old)
	got := ""
	for _, j := range r.Judged {
		if j.New {
			got += j.Finding
		}
	}
	if got != "LU" || r.Outcome != Failed {
		t.Errorf("new are %q, want L (an entry more) and U", got)
	}
	old.Inputs[0].Properties = map[string]string{"ro.product.device": "venus"}
	if _, err := Evaluate(read(t, "version: 1"), report(), old, day, scan.Tool{}); err == nil || !strings.Contains(err.Error(), "another device: venus, not apollo") {
		t.Errorf("a baseline of another device: %v", err)
	}
	if r := evaluate(t, "", report()); !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "changes nothing") }) {
		t.Errorf("notes %q", r.Notes)
	}
}

func TestIgnore(t *testing.T) {
	for _, c := range []struct{ ignore, passes, note string }{
		{"canonical: " + canonical, "L", ""},
		{"term: 法轮功", "T", ""},
		{"term: miad", "C", ""},
		{"term: 法轮功, paths: ['**/t.txt']", "T", ""},
		{"term: 法轮功, paths: ['**/other.txt']", "", "stale"},
		{"term: 法轮功, expires: 2026-11-21", "T", ""},
		{"term: 法轮功, expires: 2026-11-20", "", "expired on 2026-11-20"},
		{"canonical: '" + strings.Repeat("0", 64) + "'", "", "stale"},
	} {
		r := evaluate(t, "default: fail\nignore:\n  - {reason: known, "+c.ignore+"}\n", nil)
		got := ""
		for _, j := range r.Judged {
			if j.Verdict == Pass {
				if got += j.Finding; j.Ignored != "known" {
					t.Errorf("%s: the reason is lost: %+v", c.ignore, j)
				}
			}
		}
		if notes := strings.Join(r.Notes, "\n"); got != c.passes || c.note == "" != (notes == "") || !strings.Contains(notes, c.note) {
			t.Errorf("%s: %q pass, want %q; notes %q, want %q", c.ignore, got, c.passes, notes, c.note)
		}
	}
}

func TestCoverage(t *testing.T) {
	for _, c := range []struct {
		coverage, want string
		outcome        Outcome
	}{
		{"minimum: 90", "", Passed},
		{"minimum: 91", "90.00 % of the input was opened, the policy asks for 91 %", Incomplete},
		{"minimum: 97.5, accept: [{paths: ['*modem'], reason: r}]", "", Passed},
		{"minimum: 98, accept: [{paths: ['*modem'], reason: r}]", "97.50 %", Incomplete},
		{"partitions: {system: 90, product: 100}", "", Passed},
		{"partitions: {system: 91}", "partition system", Incomplete},
		{"partitions: {vendor: 0}", "there is no partition vendor", Incomplete},
		{"reasons: {damaged: fail}", "bad.apk was not opened: damaged: y", Failed},
		{"reasons: {damaged: fail}, accept: [{paths: [bad.apk], reason: r}]", "", Passed},
		{"reasons: {encrypted: warn}", "", Passed},
	} {
		r := evaluate(t, "default: pass\ncoverage: {"+c.coverage+"}\n", nil)
		if got := strings.Join(r.Shortfall, "\n"); r.Outcome != c.outcome || c.want == "" != (got == "") || !strings.Contains(got, c.want) || r.Incomplete != (got != "") {
			t.Errorf("%s: %s (%q), want %s (%q)", c.coverage, r.Outcome, got, c.outcome, c.want)
		}
	}
	cut := report()
	cut.Complete, cut.Ended = false, "time"
	if r, err := Evaluate(read(t, "version: 1"), cut, nil, day, scan.Tool{}); err != nil || r.Outcome != Incomplete {
		t.Errorf("a scan that was cut off: %+v, %v", r, err)
	}
}

// TestPolicyErrors names what is wrong with a policy.
func TestPolicyErrors(t *testing.T) {
	schema := policySchema(t)
	for _, c := range []struct{ policy, want string }{
		{"", "empty"},
		{"version: 2", "version is 2"},
		{"version: 1\nrule: []", "unknown field"},
		{"version: 1\nrules:\n  - {verdict: fail, kind: list}", "[3:"},
		{"version: 1\nrules: [{verdict: maybe}]", `rule 1 (""): verdict is "maybe"`},
		{"version: 1\nrules: [{name: x}]", `rule 1 ("x"): verdict is ""`},
		{"version: 1\nrules: [{verdict: fail, kinds: [lists]}]", `no kind "lists"`},
		{"version: 1\nrules: [{verdict: fail, categories: [a], share: 2}]", "share is 2"},
		{"version: 1\ncoverage: {minimum: 101}", "coverage.minimum is 101"},
		{"version: 1\ncoverage: {partitions: {a: -1}}", "coverage.partitions.a"},
		{"version: 1\ncoverage: {reasons: {broken: fail}}", `no reason "broken"`},
		{"version: 1\ncoverage: {accept: [{paths: [x]}]}", "paths and a reason"},
		{"version: 1\nignore: [{term: x}]", "needs a reason"},
		{"version: 1\nignore: [{reason: x}]", "either canonical"},
		{"version: 1\nignore: [{reason: x, canonical: ABC}]", "64 hex digits"},
		{"version: 1\nignore: [{reason: x, term: y, expires: tomorrow}]", "a day is written"},
		{"version: 1\ndefault: perhaps", "default is"},
		{"version: one", "cannot be read"},
		{"version: 1\nversion: 1", "cannot be read"},
		{"- a", "cannot be read"},
	} {
		_, err := ReadPolicy(strings.NewReader(c.policy))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want one that says %q", c.policy, err, c.want)
		}
		if v, err := asJSON(c.policy); err == nil && schema.Validate(v) == nil {
			t.Errorf("%q: the schema takes it", c.policy)
		}
	}
	for _, c := range []struct{ policy, want string }{
		{"version: 1\nrules: [{verdict: fail, paths: ['[']}]", "glob"},
		{"version: 1\nrules: [{verdict: fail, share: 0.5}]", "without categories"},
		{"version: 1\nlimits: {time: soon}", "limits.time"},
	} { // which a schema cannot know
		if _, err := ReadPolicy(strings.NewReader(c.policy)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want one that says %q", c.policy, err, c.want)
		}
	}
}

func policySchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile("policy.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON is YAML as a schema sees it.
func asJSON(text string) (any, error) {
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(raw))
}

// TestExample reads the policy that ships, checks it against the schema, and applies it.
func TestExample(t *testing.T) {
	raw, err := os.ReadFile("example/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p := read(t, string(raw))
	v, err := asJSON(string(raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := policySchema(t).Validate(v); err != nil {
		t.Error(err)
	}
	r, err := Evaluate(p, report(), nil, day, scan.Tool{})
	if err != nil {
		t.Fatal(err)
	}
	verdicts := ""
	for _, j := range r.Judged {
		verdicts += fmt.Sprint(j.Finding, ":", j.Verdict, " ")
	}
	if verdicts != "L:fail C:fail T:warn U:warn " || r.Outcome != Failed || !r.Incomplete {
		t.Errorf("%s, outcome %s, incomplete %v", verdicts, r.Outcome, r.Incomplete)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

func FuzzReadPolicy(f *testing.F) {
	raw, err := os.ReadFile("example/policy.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(raw))
	f.Add("version: 1\nrules:\n  - {verdict: fail}")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ReadPolicy(strings.NewReader(text))
		if err != nil {
			return
		}
		if _, err := Evaluate(p, report(), nil, day, scan.Tool{}); err != nil {
			t.Errorf("a policy that was read is not applied: %v", err)
		}
	})
}

// TestResultTellsAll: what other forms are made from is in the result, and a saved one reads back.
func TestResultTellsAll(t *testing.T) {
	r := evaluate(t, `
rules: [{name: lists, kinds: [list], verdict: fail}, {kinds: [loader], verdict: pass}]
coverage: {accept: [{paths: ["**modem"], reason: known}]}
`, nil)
	if want := []string{"lists", "rule 2", "default"}; !slices.Equal(r.Rules, want) {
		t.Errorf("rules %q, want %q", r.Rules, want)
	}
	if len(r.Items) != 1 || r.Items[0].Path != "rom.zip!bad.apk" || len(r.Partitions) != 2 {
		t.Errorf("items %+v, partitions %+v", r.Items, r.Partitions)
	}
	if j := r.Judged[0]; j.Content != canonical || j.Region == nil || r.Judged[1].Rule != "rule 2" || r.Judged[2].Category != "falun-gong" {
		t.Errorf("judged %+v", r.Judged)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(back); err != nil || !bytes.Equal(again, raw) {
		t.Errorf("read back as %s, %v", again, err)
	}
	for _, bad := range []string{"", "{}", `{"schema": "censorscan.gate/2"}`, `{"schema": "censorscan.gate/1"}`, `{"schema": "censorscan.report/1"}`, string(raw[:len(raw)-1]), string(raw) + "{}"} {
		if _, err := Read(strings.NewReader(bad)); err == nil {
			t.Errorf("%.40q is read", bad)
		}
	}
}
