package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/app"
	"github.com/censorscan/censorscan/scan/diff"
	"github.com/censorscan/censorscan/wordlists"
)

// pageReport is sampleReport with all that a page can show.
func pageReport() *scan.Report {
	r := sampleReport()
	r.Schema, r.Created, r.Seconds, r.Tool = scan.Schema, "2026-01-02T03:04:05Z", 1.5, scan.Tool{Name: "censorscan", Version: "1.2", Commit: "abc", Go: "go1"}
	r.Wordlists = []scan.Wordlist{{Name: "political", Version: "1", Kind: "terms", SHA256: strings.Repeat("9", 64), Terms: 1234}}
	for i := range r.Findings {
		r.Findings[i].ID = fmt.Sprintf("%016x", i)
	}
	r.Findings[0].App = &app.App{Package: "com.x", Label: "X<b>", VersionName: "1.0", VersionCode: 7, Signers: []app.Signer{{Scheme: "v2", SHA256: strings.Repeat("5", 64), Subject: "CN=x"}}}
	r.Findings[0].Artifact.Extents = []scan.Extent{{Offset: 4096, Size: 2000}}
	r.Findings[0].List.Overlap = []scan.Overlap{{Wordlist: "public", Common: 2, OfList: 0.5, OfReference: 0.01}}
	r.Findings[0].List.Readers, r.Findings[0].List.Scattered = []string{"a.b.C.load() https://x/<y>"}, true
	r.Findings[2].Loader.Code = []string{"a.b.C.fetch()"}
	r.Findings[3].Term.Undone = []string{"separators"}
	r.Families = []scan.Family{{Lists: []string{r.Findings[0].ID, r.Findings[1].ID}, Similarity: 1, Common: 4}}
	r.Coverage.Items = append(r.Coverage.Items, scan.CoverageItem{Path: "rom.zip!x", Reason: "unknown format", Detail: "looks random", Size: 9, Entropy: 7.99})
	return r
}

func glosses() wordlists.Glosses { return wordlists.Glosses{"六四事件": "June Fourth incident"} }

func pageOf(t testing.TB, write func(*bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var assets = regexp.MustCompile(`(?s)<(style|script)>(.*?)</(style|script)>`)

// TestHTMLGolden holds the structure of the pages; style and script, which the policy has by their hashes, are left out.
func TestHTMLGolden(t *testing.T) {
	h := HTML{Glosses: glosses()}
	old := releases()
	timeline, err := diff.Follow(old, scan.Tool{Name: "censorscan", Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	for name, page := range map[string]string{
		"report":  pageOf(t, func(b *bytes.Buffer) error { return h.Report(b, pageReport()) }),
		"nothing": pageOf(t, func(b *bytes.Buffer) error { return h.Report(b, &scan.Report{Ended: "context canceled"}) }),
		"diff": pageOf(t, func(b *bytes.Buffer) error {
			return h.Diff(b, diff.Compare(old[0], old[1], scan.Tool{Name: "censorscan", Version: "1"}))
		}),
		"timeline": pageOf(t, func(b *bytes.Buffer) error { return h.Timeline(b, timeline) }),
	} {
		t.Run(name, func(t *testing.T) {
			for _, m := range assets.FindAllStringSubmatch(page, -1) {
				if !strings.Contains(page, "'"+strings.ReplaceAll(sourceHash(m[2]), "+", "&#43;")+"'") && !strings.Contains(page, strings.ReplaceAll(sourceHash(m[2]), "+", "&#43;")+"&#39;") {
					t.Errorf("the policy does not name the %s", m[1])
				}
			}
			if strings.ContainsAny(page, "\x1b\x07\u202e") {
				t.Error("a control character of the input stands in the page")
			}
			if m := regexp.MustCompile(`(?i)<[^>]*\s(on[a-z]+|style|src)=|<[^>]*(javascript|https?):`).FindString(assets.ReplaceAllString(page, "")); m != "" {
				t.Errorf("an inline handler, an inline style or another resource: %s", m)
			}
			got := assets.ReplaceAllString(page, "<$1>…</$1>")
			got = regexp.MustCompile(`sha256-[^;]*&#39;`).ReplaceAllString(got, "sha256-…&#39;")
			got = strings.NewReplacer(`},{`, "},\n{", `],"`, "],\n\"").Replace(got)
			golden := filepath.Join("testdata", name+".html.golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("differs from %s (make generate, then look at the change)", golden)
			}
		})
	}
	if err := h.Report(failing{}, pageReport()); err == nil {
		t.Error("an error of the writer is lost")
	}
}

// pageValues is the data that stands in a page.
func pageValues(t testing.TB, page string) (tables []dataTable) {
	t.Helper()
	const open = `<script type="application/json" id="data">`
	_, rest, ok := strings.Cut(page, open)
	raw, _, end := strings.Cut(rest, "</script>")
	if !ok || !end || strings.Count(page, open) != 1 {
		t.Fatal("the page has no data")
	}
	var d pageData
	if err := json.Unmarshal([]byte(raw), &d); err != nil {
		t.Fatalf("the data of the page: %v", err)
	}
	return d.Tables
}

// FuzzHTML: any string of a report is in the page's data as it was, and none changes the page's markup.
func FuzzHTML(f *testing.F) {
	for _, s := range []string{"六四", "</script><script>alert(1)</script>", "<!--<script>", "]]>", "\u202e\u200b\u2028\x00\x1b", `"'\u003c{{.}}`, "</style>", "a\xffb", "𠀀\U000E0041️", "--></title>"} {
		f.Add(s)
	}
	reportOf := func(s string) *scan.Report {
		r := pageReport()
		r.Ended, r.Complete, r.Tool.Version, r.Inputs[0].Name = s, false, s, s
		r.Inputs[0].Properties["ro.build.fingerprint"], r.Wordlists[0].Name = s, s
		l := r.Findings[0].List
		l.Entries[0].Text, l.Entries[1].Category, l.Evidence[0], l.Encoding, l.Recipe[0] = s, s, s, s, s
		r.Findings[0].App.Label, r.Findings[0].Artifact.Format = s, s
		r.Findings[2].Loader.Mechanism, r.Findings[2].Loader.Indicators[0].Text = s, s
		r.Findings[3].Term.Context.Before, r.Findings[3].Path = s, s
		r.Coverage.Items[0].Detail, r.Coverage.Partitions[0].Path = s, s
		return r
	}
	// pages are those of a report, of a diff and of a timeline that hold s everywhere.
	pages := func(t testing.TB, s string) []string {
		h := HTML{Glosses: wordlists.Glosses{wordlists.Fold(s): s}}
		r := reportOf(s)
		d := diff.Compare(pageReport(), r, scan.Tool{Version: s})
		timeline, err := diff.Follow([]*scan.Report{pageReport(), r}, scan.Tool{Version: s})
		if err != nil {
			t.Fatal(err)
		}
		return []string{
			pageOf(t, func(b *bytes.Buffer) error { return h.Report(b, r) }), pageOf(t, func(b *bytes.Buffer) error { return h.Diff(b, d) }),
			pageOf(t, func(b *bytes.Buffer) error { return h.Timeline(b, timeline) }),
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 1000 {
			t.Skip()
		}
		got := pages(t, s)
		want := string([]rune(s)) // each byte that is no UTF-8 becomes a mark of its own
		tables := pageValues(t, got[0])
		if v := tables[0].Values["text"].([]any)[0]; v != want {
			t.Errorf("entry %q became %q", s, v)
		}
		i := slices.IndexFunc(tables, func(t dataTable) bool { return t.ID == "terms-table" })
		if v := tables[i].Values["context"].([]any)[0].([]any)[0]; v != want {
			t.Errorf("context %q became %q", s, v)
		}
		// The elements are those of the pages of a harmless string with the same hidden characters and spaces.
		harmless := strings.Map(func(r rune) rune {
			if isHidden(r) || unicode.IsSpace(r) || r == '!' || r == '/' { // a blank entry is none
				return r
			}
			return 'x'
		}, s)
		for i, other := range pages(t, harmless) {
			if a, b := markup(got[i]), markup(other); !slices.Equal(a, b) {
				t.Errorf("%q changes the markup of page %d", s, i)
			}
			if j := strings.IndexFunc(withoutValues(got[i]), func(r rune) bool { return isHidden(r) && r != '\n' }); j >= 0 {
				t.Errorf("%q: a hidden character stands in page %d: %.20q", s, i, withoutValues(got[i])[j:])
			}
		}
	})
}

// markup is the names of the elements of a page, in their order.
func markup(page string) (out []string) {
	for {
		_, rest, ok := strings.Cut(page, "<")
		if !ok {
			return out
		}
		name := rest[:max(0, strings.IndexAny(rest, " >\n"))]
		if out = append(out, name); name == "style" || name == "script" { // what is in it is no markup
			_, rest, _ = strings.Cut(rest, "</"+name)
		}
		page = rest
	}
}

// withoutValues takes out the values of filters, which have to be those of the data.
func withoutValues(page string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(page, `<option value="`)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		_, page, _ = strings.Cut(rest, `"`)
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -999: "-999"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestVisible(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "词 x\u3000y": "词 x\u3000y", "a\u202eb": `a[\u{202E}]b`, "\x00": `[\u{0}]`, "\u200b\u200d": `[\u{200B}][\u{200D}]`, "❤\ufe0f": `❤[\u{FE0F}]`,
		"a\xffb": `a` + "\uFFFD" + `b`, "a\u00a0b": `a[\u{A0}]b`, "\u3164": `[\u{3164}]`, "\n": `[\u{A}]`, "\U000E0041": `[\u{E0041}]`,
	} {
		got := ""
		for _, p := range visible(s) {
			if p.Escape {
				p.Text = "[" + p.Text + "]"
			}
			got += p.Text
		}
		if strings.ToValidUTF8(got, "\uFFFD") != want {
			t.Errorf("visible(%q) = %q, want %q", s, got, want)
		}
	}
}

// TestDivide: what is there is drawn, however little it is, and the parts fill the whole.
func TestDivide(t *testing.T) {
	got := divide([]string{"a", "b", "c"}, 1<<40, 0, 1)
	if len(got) != 2 || got[1].Class != "c" || got[1].Width != "0.79%" || got[0].Begin != "0.00%" || got[0].Width != "99.21%" || got[1].Begin != "99.21%" {
		t.Errorf("%+v", got)
	}
	if got := divide([]string{"a"}, 0); len(got) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
}
