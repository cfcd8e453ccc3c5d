package render

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/app"
	"github.com/censorscan/censorscan/scan/diff"
	"github.com/censorscan/censorscan/scan/gate"
)

// fullReport is the sample report with all that a form has to tell, and texts that are markup in one form or another.
func fullReport() *scan.Report {
	r := sampleReport()
	r.Schema, r.Tool, r.Created = scan.Schema, scan.Tool{Name: "censorscan", Version: "1.2.3"}, "2027-01-31T12:00:00Z"
	r.Wordlists = []scan.Wordlist{{Name: "political", Version: "2", Kind: "terms", SHA256: strings.Repeat("a0", 32), Terms: 7}}
	base64 := *r.Findings[0].List
	base64.Recipe = []string{"base64 decode", "lines (LF)"}
	r.Findings = append(r.Findings,
		scan.Finding{Kind: scan.KindList, Path: "rom.zip!payload.bin!system!/b64|x`y.txt", Artifact: r.Findings[0].Artifact, List: &base64},
		scan.Finding{Kind: scan.KindTerm, Path: "rom.zip!a:b/../[x](y) {0}.txt", Artifact: scan.Artifact{Size: 9, Format: "data"}, Term: &scan.Term{
			Term: "]]><b>&amp; {1} [l](u)", Wordlist: "own", Category: "政治 <1>", Encoding: "utf-16le", Recipe: "file name", Grade: "isolated", Count: 1,
			Context: scan.Context{Before: "a\x00|`", Match: "]]>", After: "\xff\n"}}})
	// The same list in the same file once more, and indicators and terms at more places than one.
	again := r.Findings[0]
	r.Findings = append(r.Findings, again)
	for i := range r.Findings {
		r.Findings[i].ID = fmt.Sprintf("%016x", i)
	}
	r.Findings[2].Loader.Indicators = append(r.Findings[2].Loader.Indicators, scan.Indicator{Text: "miglobaladsdk", Gloss: "a library", Wordlist: "loaders", Offset: 500, Encoding: "unicode-escape", Count: 1})
	r.Findings[3].Term.Offsets = []int64{700, 900}
	r.Findings[2].App = &app.App{Package: "com.x|y", Label: "X <b>", VersionName: "1.0", Signers: []app.Signer{{Scheme: "v2", SHA256: strings.Repeat("55", 32), Subject: "CN=a_b"}}}
	r.Findings[0].App, r.Findings[2].Loader.Code = r.Findings[2].App, []string{"La;->b()V: /data/x"}
	l := *r.Findings[0].List
	l.Class, l.Readers, l.Overlap = scan.ClassPackages, []string{"La;->c()V"}, []scan.Overlap{{Wordlist: "other", Common: 3, OfList: 0.75, OfReference: 0.5}}
	r.Findings[18].List = &l
	r.Findings[18].List.Recipe = []string{"base64 decode", "lines (LF)"}
	r.Findings[16].Term.Undone = []string{"separators"}
	r.Findings[15].Term.Parts = []scan.Part{{Text: "六四", Offset: 12, Length: 6}, {Text: "事件", Offset: 30, Length: 6}}
	r.Families = []scan.Family{{Lists: []string{r.Findings[0].ID, r.Findings[1].ID}, Similarity: 1, Common: 4}}
	r.Coverage.Items = append(r.Coverage.Items,
		scan.CoverageItem{Path: "rom.zip!payload.bin!system!/a.apk", Size: 77, Reason: "damaged", Detail: "bad [header] |x"},
		scan.CoverageItem{Path: "rom.zip!payload.bin!system", Reason: "damaged", Detail: "bad checksum"})
	return r
}

const policyForTests = `
version: 1
name: the *lab*
default: warn
rules:
  - {name: lists, kinds: [list], verdict: fail}
  - {kinds: [loader], verdict: pass}
  - {name: never met, wordlists: [nothing], verdict: fail}
ignore:
  - {term: Free Tibet, paths: ["rom.zip!b.txt"], reason: "known <here>"}
coverage: {minimum: 100}
`

func verdict(t *testing.T) *gate.Result {
	t.Helper()
	p, err := gate.ReadPolicy(strings.NewReader(policyForTests))
	if err != nil {
		t.Fatal(err)
	}
	g, err := gate.Evaluate(p, fullReport(), nil, time.Unix(0, 0), scan.Tool{Name: "censorscan", Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// rendered are results of every kind and all of their forms, by the name of the golden file.
func rendered(t *testing.T) map[string]func(io.Writer) error {
	t.Helper()
	timeline, err := diff.Follow(releases(), scan.Tool{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]func(io.Writer) error{}
	for kind, result := range map[string]any{
		"report": fullReport(), "none": &scan.Report{Schema: scan.Schema, Ended: "context canceled"}, "verdict": verdict(t), "timeline": timeline,
		"diff": diff.Compare(releases()[0], releases()[1], scan.Tool{Name: "censorscan", Version: "1"}),
	} {
		for _, f := range Forms(nil) {
			if write := f.Writer(result); write != nil && f.Name != "html" { // of which TestHTMLGolden holds the structure
				out[kind+"."+f.Name] = write
			}
		}
	}
	return out
}

// loaded are words that say more than that something is present.
var loaded = regexp.MustCompile(`(?i)\b(censors|censored|illegal|malicious|spies|guilty)\b`)

func TestFormsGolden(t *testing.T) {
	for name, write := range rendered(t) {
		t.Run(name, func(t *testing.T) {
			var b, again bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "forms", name)
			if *update {
				if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b.Bytes(), want) {
				t.Errorf("differs from %s (make generate, then look at the change):\n%s", golden, b.String())
			}
			if word := loaded.Find(b.Bytes()); word != nil {
				t.Errorf("%q says more than that something is present", word)
			}
			if err := write(failing{}); err == nil {
				t.Error("an error of the writer is lost")
			}
			if err := rendered(t)[name](&again); err != nil || !bytes.Equal(again.Bytes(), want) {
				t.Error("the same result is written in another way the second time")
			}
		})
	}
}

var numbered = regexp.MustCompile(`(entry|item|term)\d+x`)

// TestFormsAreComplete: every entry, indicator and term, and what was not opened, is in the forms that promise it.
func TestFormsAreComplete(t *testing.T) {
	r := fullReport()
	for i := range 500 {
		r.Findings[0].List.Entries = append(r.Findings[0].List.Entries, scan.Entry{Text: fmt.Sprintf("entry%dx", i)})
		r.Coverage.Items = append(r.Coverage.Items, scan.CoverageItem{Path: fmt.Sprintf("rom.zip!item%dx", i), Size: 1, Reason: "damaged"})
		r.Findings = append(r.Findings, scan.Finding{ID: "x", Kind: scan.KindTerm, Path: "rom.zip!t", Term: &scan.Term{Term: fmt.Sprintf("term%dx", i)}})
	}
	for name, want := range map[string][]string{
		"jsonl": {"entry%dx", "item%dx", "term%dx"}, "csv": {"entry%dx", "item%dx", "term%dx"}, "markdown": {"entry%dx", "item%dx", "term%dx"},
		"sarif": {"item%dx", "term%dx"}, "junit": {"item%dx", "term%dx"},
	} {
		for _, f := range Forms(nil) {
			if f.Name != name {
				continue
			}
			var b bytes.Buffer
			if err := f.Report(&b, r); err != nil {
				t.Fatal(err)
			}
			there := map[string]bool{}
			for _, s := range numbered.FindAllString(b.String(), -1) {
				there[s] = true
			}
			for _, text := range want {
				for i := range 500 {
					if s := fmt.Sprintf(text, i); !there[s] {
						t.Fatalf("%s: %s is missing", name, s)
					}
				}
			}
		}
	}
}

// TestJSONLines: each line is the JSON of what it tells, and the last says how many there are.
func TestJSONLines(t *testing.T) {
	r := fullReport()
	var b bytes.Buffer
	if err := JSONLines(&b, r); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	for i, f := range r.Findings {
		var got struct {
			Record string
			scan.Finding
		}
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var want scan.Finding
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		if got.Record != "finding" || !reflect.DeepEqual(got.Finding, want) {
			t.Errorf("line %d is %+v\nwant %+v", i, got.Finding, want)
		}
	}
	var last struct {
		Record, Schema string
		Lines          int
		Coverage       scan.Ledger
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatal(err)
	}
	if last.Record != "end" || last.Schema != scan.Schema || last.Lines != len(lines)-1 || last.Coverage != r.Coverage.Ledger {
		t.Errorf("the last line is %+v, of %d", last, len(lines))
	}
}

// TestCSVReadsBack: texts come out of the CSV as they went in.
func TestCSVReadsBack(t *testing.T) {
	r := fullReport()
	var b bytes.Buffer
	if err := CSV(&b, r); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows = rows[1:]
	for _, f := range r.Findings {
		switch {
		case f.List != nil:
			for i, e := range f.List.Entries {
				if row := rows[i]; row[0] != "entry" || row[1] != f.ID || row[5] != fmt.Sprint(i+1) || row[6] != e.Text || row[9] != fmt.Sprint(e.Offset) {
					t.Errorf("entry %d of %s is %q", i, f.ID, row)
				}
			}
			rows = rows[len(f.List.Entries):]
		case f.Loader != nil:
			rows = rows[len(f.Loader.Indicators):]
		default:
			if rows[0][0] != "term" || rows[0][2] != f.Path || rows[0][6] != f.Term.Term {
				t.Errorf("%s is %q", f.ID, rows[0])
			}
			rows = rows[1:]
		}
	}
	if len(rows) != len(r.Coverage.Items) {
		t.Errorf("%d rows left for %d coverage records", len(rows), len(r.Coverage.Items))
	}
}
