package render

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/diff"
)

// releases are three reports: lists that change, move, come and go, with entries that try the forms of output.
func releases() []*scan.Report {
	list := func(id, path, canonical string, words ...string) scan.Finding {
		l := &scan.List{Class: scan.ClassBlocklist, Score: 0.9, Encoding: "utf-8", Recipe: []string{"lines (LF)"}, CanonicalSHA256: canonical, Distinct: len(words)}
		for _, w := range words {
			l.Entries = append(l.Entries, scan.Entry{Text: w})
		}
		l.Entries[0].Category = "tibet"
		return scan.Finding{ID: id, Kind: scan.KindList, Path: path, List: l}
	}
	loader := func(path string, indicators ...string) scan.Finding {
		l := &scan.Loader{Mechanism: "miad"}
		for _, i := range indicators {
			l.Indicators = append(l.Indicators, scan.Indicator{Text: i})
		}
		return scan.Finding{Kind: scan.KindLoader, Path: path, Loader: l}
	}
	report := func(name string, unopened int64, findings ...scan.Finding) *scan.Report {
		r := &scan.Report{Schema: scan.Schema, Complete: true, Findings: findings, Wordlists: []scan.Wordlist{}, Tool: scan.Tool{Name: "censorscan", Version: "1"}}
		r.Inputs = []scan.Input{{Name: name, Size: 5000, Properties: map[string]string{"ro.build.fingerprint": "a/b_c:11"}}}
		r.Coverage = scan.Coverage{Ledger: scan.Ledger{Size: 5000, Searched: 5000 - unopened, Unopened: unopened}, Partitions: []scan.PartitionCoverage{}}
		if unopened > 0 {
			r.Coverage.Items = []scan.CoverageItem{{Path: name + "!s!/gone.apk", Size: unopened, Reason: "encrypted", Detail: "no key"}}
		}
		return r
	}
	return []*scan.Report{
		report("old|rom.zip", 0, list("1", "old|rom.zip!s!/a.txt", "A", "西藏独立", "b", "c```d", "e\nf", "<g>"),
			list("2", "old|rom.zip!s!/m.txt", "M", "m1", "m2"), list("3", "old|rom.zip!s!/gone.apk!x", "G", "gone1", "gone2"),
			loader("old|rom.zip!s!/l", "i1"), scan.Finding{Kind: scan.KindTerm, Path: "old|rom.zip!s!/t", Term: &scan.Term{Term: "t*1", Category: "k"}}),
		report("new.zip", 60, list("4", "new.zip!s!/a.txt", "B", "西藏独立", "c```d", "b", "e\nf", "new \u202e1"), list("5", "new.zip!s!/moved.txt", "M", "m1", "m2"),
			list("6", "new.zip!s!/n`ew.txt", "N", "n1"), loader("new.zip!s!/l", "i1", "i2")),
		report("newest.zip", 0, list("7", "newest.zip!s!/moved.txt", "M", "m1", "m2")),
	}
}

func TestDiffGolden(t *testing.T) {
	r := releases()
	d := diff.Compare(r[0], r[1], scan.Tool{Name: "censorscan", Version: "1"})
	timeline, err := diff.Follow(r, scan.Tool{})
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(io.Writer) error{
		"diff":        func(w io.Writer) error { return Diff(w, d, TableOptions{}) },
		"diff.colour": func(w io.Writer) error { return Diff(w, d, TableOptions{Color: true, Width: 60}) },
		"timeline":    func(w io.Writer) error { return Timeline(w, timeline, TableOptions{}) },
		"same":        func(w io.Writer) error { return Diff(w, diff.Compare(r[2], r[2], scan.Tool{}), TableOptions{}) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".golden")
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
				t.Errorf("got\n%s\nwant\n%s", b.Bytes(), want)
			}
			if err := write(failing{}); err == nil {
				t.Error("an error of the writer is lost")
			}
		})
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

// TestDiffSchema checks that what is written as JSON is what the schema says.
func TestDiffSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../diff/diff.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	r := releases()
	for _, d := range []*diff.Diff{diff.Compare(r[0], r[1], scan.Tool{Name: "c", Version: "1"}), diff.Compare(r[1], r[0], scan.Tool{}), diff.Compare(r[2], r[2], scan.Tool{})} {
		raw, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Error(err)
		}
	}
}
