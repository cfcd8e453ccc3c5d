package render

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/scan"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sampleReport() *scan.Report {
	art := scan.Artifact{SHA256: strings.Repeat("ab", 32), Size: 2000, Format: "text"}
	r := &scan.Report{
		Complete: true,
		Inputs: []scan.Input{{Name: "rom.zip", Size: 5 << 30, SHA256: strings.Repeat("01", 32), Properties: map[string]string{
			"ro.build.fingerprint": "a/b/c", "ro.miui.region": "CN\x1b[31m", "post-build": "not shown"}}},
	}
	list := &scan.List{Class: scan.ClassBlocklist, Score: 0.913, Evidence: []string{"5 entries, 2 are known terms"}, Encoding: "gb18030", Recipe: []string{"lines (LF)"},
		Begin: 0, End: 40, Distinct: 4, Categories: map[string]float64{"political": 0.5, "sexual": 0.25},
		RawSHA256: strings.Repeat("cd", 32), CanonicalSHA256: strings.Repeat("ef", 32)}
	for i, s := range []string{"词一", "六四事件", "词\u202e三", "法轮功", "词一"} {
		e := scan.Entry{Text: s, Offset: int64(8 * i)}
		if i%2 == 1 {
			e.Category = "june-4"
		}
		list.Entries = append(list.Entries, e)
	}
	term := func(path, s string, offset int64) scan.Finding {
		return scan.Finding{Kind: scan.KindTerm, Path: path, Artifact: art, Term: &scan.Term{Term: s, Wordlist: "political", Category: "june-4",
			Offset: offset, Encoding: "utf-8", Grade: "text-like", Count: 2, Context: scan.Context{Before: "在纪念", Match: s, After: "的集会上"}}}
	}
	collection := *list
	collection.Class = "word collection"
	r.Findings = []scan.Finding{
		{Kind: scan.KindList, Path: "rom.zip!payload.bin!system!/app/X/X.apk!assets/w.txt", Artifact: art, List: list},
		{Kind: scan.KindList, Path: "rom.zip!payload.bin!system!/dict", Artifact: art, List: &collection},
		{Kind: scan.KindLoader, Path: "rom.zip!payload.bin!system!/app/X/X.apk!classes.dex", Artifact: art, Loader: &scan.Loader{Mechanism: "miad",
			Indicators: []scan.Indicator{{Text: "MiAdBlacklistConfig", Offset: 99, Encoding: "utf-8", Count: 3}}}},
	}
	for i := range int64(14) {
		r.Findings = append(r.Findings, term("rom.zip!payload.bin!system!/etc/a.txt", "六四事件", i))
	}
	r.Findings = append(r.Findings, term("rom.zip!b.txt", "Free Tibet", 7))
	r.Coverage = scan.Coverage{
		Ledger:     scan.Ledger{Size: 5 << 30, Searched: 4 << 30, Structure: 1<<30 - 4096, Unopened: 4096},
		Items:      []scan.CoverageItem{{Path: "rom.zip!modem.img", Size: 4096, Reason: "encrypted", Detail: "no key\x07"}},
		Partitions: []scan.PartitionCoverage{{Path: "rom.zip!payload.bin!system", Ledger: scan.Ledger{Size: 1 << 30, Searched: 1 << 30}}},
	}
	return r
}

func TestTableGolden(t *testing.T) {
	empty := &scan.Report{Complete: false, Ended: "context canceled"}
	tests := []struct {
		name   string
		report *scan.Report
		opts   TableOptions
	}{
		{"full", sampleReport(), TableOptions{}},
		{"narrow", sampleReport(), TableOptions{Width: 72, Color: true}},
		{"empty", empty, TableOptions{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got bytes.Buffer
			if err := Table(&got, tt.report, tt.opts); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", tt.name+".golden")
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("differs from %s (make generate, then look at the change):\n%s", path, got.String())
			}
			plain := strings.NewReplacer("\x1b[1m", "", "\x1b[0m", "").Replace(got.String())
			if strings.ContainsAny(plain, "\x1b\x07\u202e") {
				t.Error("a control character of the input reaches the terminal")
			}
		})
	}
}

func TestUnits(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 1 << 20: "1.0 MiB", 1<<30 - 1: "1.0 GiB", 5 << 30: "5.0 GiB", 1 << 42: "4.0 TiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
	for _, tt := range []struct {
		l    scan.Ledger
		want string
	}{
		{scan.Ledger{}, "100 %"}, {scan.Ledger{Size: 10, Searched: 10}, "100 %"},
		{scan.Ledger{Size: 1 << 40, Searched: 1<<40 - 1, Unopened: 1}, "99.99 %"}, {scan.Ledger{Size: 3, Searched: 1, Unopened: 2}, "33.33 %"},
	} {
		if got := Percent(tt.l); got != tt.want {
			t.Errorf("Percent(%+v) = %q, want %q", tt.l, got, tt.want)
		}
	}
}
