package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/censorscan/censorscan/scan"
)

var sarifSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	return c.Compile("testdata/sarif.schema.json")
})

// sarifOf writes an account, validates it, follows every index, and returns the run.
func sarifOf(t *testing.T, a *account, limits sarifLimits) (sarifRun, []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := writeSARIF(&b, a, limits); err != nil {
		t.Fatal(err)
	}
	schema, err := sarifSchema()
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(v); err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	check := func(l sarifLocation) {
		if i := l.Physical.Artifact.Index; i != nil {
			art := run.Artifacts[*i]
			if art.Location.URI != l.Physical.Artifact.URI {
				t.Errorf("index %d is of %s, not %s", *i, art.Location.URI, l.Physical.Artifact.URI)
			}
			if r := l.Physical.Region; art.Length > 0 && r.ByteOffset != nil && *r.ByteOffset+r.ByteLength > art.Length {
				t.Errorf("%s: the region %d+%d is outside of %d bytes", art.Location.URI, *r.ByteOffset, r.ByteLength, art.Length)
			}
		}
		for _, log := range l.Logical {
			chain := run.LogicalLocations[*log.Index]
			path := chain.Name
			for p := chain.ParentIndex; p != nil; p = run.LogicalLocations[*p].ParentIndex {
				path = run.LogicalLocations[*p].Name + "!" + path
			}
			if path != log.FullyQualifiedName || path != chain.FullyQualifiedName {
				t.Errorf("the chain of %s is %s", log.FullyQualifiedName, path)
			}
		}
	}
	prints := map[string]bool{}
	for _, r := range run.Results {
		if rule := run.Tool.Driver.Rules[r.RuleIndex]; rule.ID != r.RuleID {
			t.Errorf("rule %d is %s, not %s", r.RuleIndex, rule.ID, r.RuleID)
		}
		for _, l := range append(r.Locations, r.Related...) {
			check(l)
		}
		print := r.Fingerprints["primaryLocationLineHash"]
		if prints[print] {
			t.Errorf("two results have the fingerprint %s", print)
		}
		prints[print] = true
	}
	for _, n := range run.Invocations[0].Notifications {
		if d := run.Tool.Driver.Notifications[n.Descriptor.Index]; d.ID != n.Descriptor.ID {
			t.Errorf("notification %d is %s, not %s", n.Descriptor.Index, d.ID, n.Descriptor.ID)
		}
		for _, l := range n.Locations {
			check(l)
		}
	}
	return run, b.Bytes()
}

func TestSARIF(t *testing.T) {
	r := fullReport()
	run, _ := sarifOf(t, reportAccount(r), githubLimits)
	if len(run.Results) != len(r.Findings) || len(run.Invocations[0].Notifications) != len(r.Coverage.Items) {
		t.Errorf("%d results, %d notifications", len(run.Results), len(run.Invocations[0].Notifications))
	}
	first, term, wrapped, named := run.Results[0], run.Results[3], run.Results[18], run.Results[19]
	if g := first.Locations[0].Physical.Region; first.RuleID != "list-political" || *g.ByteOffset != 0 || g.ByteLength != 40 {
		t.Errorf("a list is %s at %+v", first.RuleID, g)
	}
	if g := term.Locations[0].Physical.Region; term.RuleID != "term-june-4" || *g.ByteOffset != 0 || g.ByteLength != 12 || len(term.Related) != 2 {
		t.Errorf("a term is %s at %+v, %d more", term.RuleID, g, len(term.Related))
	}
	for _, x := range []sarifResult{wrapped, named} {
		if g := x.Locations[0].Physical.Region; g.ByteOffset != nil {
			t.Errorf("%s stands in no bytes of its file, but at %d", x.RuleID, *g.ByteOffset)
		}
	}
	if h := run.Artifacts[0].Hashes["sha-256"]; h != r.Inputs[0].SHA256 {
		t.Errorf("the input has the hash %s", h)
	}
	sarifOf(t, gateAccount(verdict(t)), githubLimits)
}

// TestSARIFFarAway: what lies beyond 2 GiB is told in properties.
func TestSARIFFarAway(t *testing.T) {
	r := fullReport()
	r.Findings[3].Artifact.Size, r.Findings[3].Term.Offset, r.Findings[3].Term.Offsets = 9<<30, 7<<30, nil
	run, _ := sarifOf(t, reportAccount(r), githubLimits)
	x := run.Results[3]
	if g := x.Locations[0].Physical.Region; g.ByteOffset != nil || x.Properties["byteOffset"] != float64(7<<30) || x.Properties["byteLength"] != float64(12) {
		t.Errorf("it is at %+v, %v", g, x.Properties)
	}
	if p := run.Artifacts[0].Properties; p["length"] != float64(5<<30) {
		t.Errorf("the input has the properties %v", p)
	}
}

// TestSARIFFingerprints: they outlive another name of the image and other findings beside, and not another place or content.
func TestSARIFFingerprints(t *testing.T) {
	prints := func(change func(r *scan.Report)) map[string]string {
		r := fullReport()
		change(r)
		run, _ := sarifOf(t, reportAccount(r), githubLimits)
		out := map[string]string{}
		for _, x := range run.Results {
			out[x.Properties["finding"].(string)] = x.Fingerprints["primaryLocationLineHash"]
		}
		return out
	}
	before := prints(func(*scan.Report) {})
	renamed := prints(func(r *scan.Report) {
		r.Inputs[0].Name = "other name.zip"
		for i := range r.Findings {
			r.Findings[i].Path = "other name.zip" + strings.TrimPrefix(r.Findings[i].Path, "rom.zip")
		}
		r.Findings = r.Findings[2:]
	})
	for id, p := range renamed {
		if id != fmt.Sprintf("%016x", 20) && p != before[id] { // the last is the first once more, which is gone
			t.Errorf("%s had the fingerprint %s, now %s", id, before[id], p)
		}
	}
	other := prints(func(r *scan.Report) {
		l := *r.Findings[0].List
		l.CanonicalSHA256 = strings.Repeat("0", 64)
		r.Findings[0].List = &l
		r.Findings[1].Path += "x"
	})
	for i := range 2 {
		if id := fmt.Sprintf("%016x", i); other[id] == before[id] {
			t.Errorf("%s is another, with the same fingerprint", id)
		}
	}
}

// TestSARIFLimits: what is left out is counted, and what weighs least is left out first.
func TestSARIFLimits(t *testing.T) {
	big := func() *scan.Report {
		r := fullReport()
		for i := range 600 {
			f := r.Findings[3]
			f.ID, f.Path = fmt.Sprint(i), fmt.Sprintf("rom.zip!%x%x", i*7919, i*104729)
			r.Findings = append(r.Findings, f)
			r.Coverage.Items = append(r.Coverage.Items, scan.CoverageItem{Path: f.Path, Size: 1, Reason: "damaged", Detail: "x"})
		}
		return r
	}
	r := big()
	for _, limits := range []sarifLimits{
		{results: 6, rules: 100, locations: 100, notifications: 10, bytes: 1 << 20},
		{results: 25000, rules: 2, locations: 1, notifications: 25000, bytes: 1 << 20},
		{results: 25000, rules: 100, locations: 100, notifications: 25000, bytes: 8_000},
		{results: 25000, rules: 100, locations: 100, notifications: 25000, bytes: 4_000},
	} {
		run, raw := sarifOf(t, reportAccount(r), limits)
		notes := run.Invocations[0].Notifications
		if size := compressedSize(raw); size > limits.bytes {
			t.Errorf("%+v: %d bytes after gzip", limits, size)
		}
		if len(run.Results) > limits.results || len(run.Tool.Driver.Rules) > limits.rules || len(notes) > limits.notifications+2 {
			t.Errorf("%+v: %d results, %d rules, %d notifications", limits, len(run.Results), len(run.Tool.Driver.Rules), len(notes))
		}
		left, unopened := 0, 0
		for _, n := range notes {
			var count int
			switch {
			case n.Descriptor.ID != "left-out":
				unopened++
			case strings.Contains(n.Message.Text, "finding"):
				fmt.Sscan(n.Message.Text, &count)
				left += count
			default:
				fmt.Sscan(n.Message.Text, &count)
				unopened += count
			}
		}
		if left+len(run.Results) != len(r.Findings) || unopened != len(r.Coverage.Items) {
			t.Errorf("%+v: %d results and %d left out of %d; %d records of %d", limits, len(run.Results), left, len(r.Findings), unopened, len(r.Coverage.Items))
		}
		for _, x := range run.Results {
			if limits.results == 6 && strings.HasPrefix(x.RuleID, "term-") && len(run.Results) < 5 {
				t.Errorf("%s took the place of a list or loader", x.RuleID)
			}
			if len(x.Related) >= limits.locations {
				t.Errorf("%s has %d locations", x.RuleID, 1+len(x.Related))
			}
		}
	}
	run, _ := sarifOf(t, reportAccount(big()), sarifLimits{results: 5, rules: 100, locations: 100, bytes: 1 << 20})
	for _, x := range run.Results {
		if strings.HasPrefix(x.RuleID, "term-") {
			t.Errorf("%s took the place of a list or loader", x.RuleID)
		}
	}
}

// TestSARIFDeepPath: a file name of many "!" is no deep chain.
func TestSARIFDeepPath(t *testing.T) {
	r := fullReport()
	r.Findings[0].Path = "rom.zip" + strings.Repeat("!a", 50_000)
	run, raw := sarifOf(t, reportAccount(r), githubLimits)
	if len(run.LogicalLocations) > 1000 || len(raw) > 2_000_000 {
		t.Errorf("%d logical locations, %d bytes", len(run.LogicalLocations), len(raw))
	}
}

// FuzzSARIF: whatever a report holds, SARIF stays valid.
func FuzzSARIF(f *testing.F) {
	f.Add("rom.zip", "rom.zip!a", "词", "no key", "list")
	f.Add("C:\\x", "../..//a b?c#d%", "{0}[x](y)", "\u2028\ufffe", "a/b C")
	f.Add("0", "0", "0", "0", " ")
	f.Fuzz(func(t *testing.T, input, path, term, detail, category string) {
		if input == "" {
			return
		}
		r := fullReport()
		r.Inputs[0].Name = input
		r.Findings[3].Path, r.Findings[3].Term = path, &scan.Term{Term: term, Category: category, Encoding: "utf-8", Context: scan.Context{After: detail}}
		r.Findings[2].Loader.Mechanism = category
		r.Coverage.Items[0] = scan.CoverageItem{Path: path, Reason: category, Detail: detail}
		r.Findings[3].Artifact = scan.Artifact{Size: int64(len(term) + 1)}
		run, _ := sarifOf(t, reportAccount(r), githubLimits)
		if len(run.Results) != len(r.Findings) {
			t.Errorf("%d results of %d", len(run.Results), len(r.Findings))
		}
		if fmt.Sprint(run.Results[3].Properties["finding"]) != r.Findings[3].ID {
			t.Error("another result")
		}
	})
}
