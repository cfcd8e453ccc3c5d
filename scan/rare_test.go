package scan_test

import (
	"encoding/base64"
	enchex "encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/wordlists"
)

// TestRareEncodings: terms in a run of Base64 or of hex digits within a file, and masked ones, are findings that say how they were found.
func TestRareEncodings(t *testing.T) {
	r := scanBytes(t, newEngine(t, nil), "rom.zip", zipOf(t,
		file{"base64.json", []byte(`{"name": "x", "blob": "` + base64.StdEncoding.EncodeToString([]byte("今天说到法轮功的人")) + `"}`)},
		file{"hex.txt", []byte("key=" + enchex.EncodeToString([]byte("今天说到法轮功的人")) + "\n")},
		file{"masked.txt", []byte("今天说到法.轮.功的人\n")},
		file{"both.txt", []byte("今天说到法.轮.功的人，也说法轮功\n")},
	))
	validate(t, r)
	var got []string
	for _, f := range r.Findings {
		if f.Kind != scan.KindTerm {
			t.Errorf("finding %+v", f)
			continue
		}
		got = append(got, strings.Join(append([]string{f.Path, f.Term.Term, f.Term.Encoding, f.Term.Context.Match}, f.Term.Undone...), " "))
	}
	want := []string{
		"rom.zip!base64.json 法轮功 base64 法轮功", "rom.zip!hex.txt 法轮功 hex 法轮功", "rom.zip!masked.txt 法轮功 utf-8 法.轮.功 separators",
		"rom.zip!both.txt 法轮功 utf-8 法.轮.功 separators", "rom.zip!both.txt 法轮功 utf-8 法轮功",
	}
	if !slices.Equal(got, want) {
		t.Errorf("found %q\nwant %q", got, want)
	}
}

// TestCombinationReport: a combination is a finding with the places of its words, and a known entry of a list that holds it.
func TestCombinationReport(t *testing.T) {
	own, err := wordlists.Parse("own.tsv", strings.NewReader("# kind: terms\nterm\tcategory\n上街+散步去\tprotest\n"))
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, func(o *scan.Options) { o.Wordlists = append(o.Wordlists, own) })
	r := scanBytes(t, e, "rom.zip", zipOf(t, file{"a.txt", []byte("我们明天上街，一起散步去吧\n")}, file{"list.txt", []byte(strings.Join(planted, "\n") + "\n散步去+上街\n")}))
	validate(t, r)
	terms, lists := ofKind(r, scan.KindTerm), ofKind(r, scan.KindList)
	if len(terms) != 1 || len(terms[0].Term.Parts) != 2 {
		t.Fatalf("terms %+v", terms)
	}
	if x := terms[0].Term; x.Term != "上街+散步去" || x.Offset != 12 || x.Parts[0] != (scan.Part{Text: "上街", Offset: 12, Length: 6}) ||
		x.Parts[1] != (scan.Part{Text: "散步去", Offset: 27, Length: 9}) || x.Context.Match != "上街，一起散步去" {
		t.Errorf("term %+v", x)
	}
	if len(lists) != 1 {
		t.Fatalf("%d lists", len(lists))
	}
	if last := lists[0].List.Entries[len(lists[0].List.Entries)-1]; last.Text != "散步去+上街" || last.Category != "protest" {
		t.Errorf("last entry %+v", last)
	}
}
