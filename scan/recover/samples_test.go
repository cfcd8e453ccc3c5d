package recover

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/censorscan/censorscan/wordlists"
	"github.com/censorscan/censorscan/wordlists/variants"
)

const samplesDir = "../../../shared/samples"

// builtinTerms are the terms of the embedded wordlists with their variants, as a scan has them.
func builtinTerms(t testing.TB) *Terms {
	t.Helper()
	lists, err := wordlists.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	conv, err := variants.New()
	if err != nil {
		t.Fatal(err)
	}
	var terms []Term
	for _, l := range lists {
		if l.Kind != wordlists.KindTerms && l.Kind != wordlists.KindContext {
			continue
		}
		for _, term := range l.Terms {
			for _, v := range append([]string{term.Text}, conv.Variants(term.Text)...) {
				terms = append(terms, Term{v, term.Category})
			}
		}
	}
	return NewTerms(terms)
}

type sample struct{ File, Source string }

func devSamples(t testing.TB, kind string) []sample {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(samplesDir, "lists-dev", kind+".manifest.json"))
	if err != nil {
		t.Skipf("samples: %v", err)
	}
	var all []sample
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func recoverBytes(t testing.TB, raw []byte, name string, known *Terms) Result {
	t.Helper()
	res, err := Recover(bytes.NewReader(raw), int64(len(raw)), name, nil, known, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// TestDev measures detection on the development lists. The levels are those reached: a change may raise but not lower them.
func TestDev(t *testing.T) {
	known := builtinTerms(t)
	tests := []struct {
		kind        string
		least, most int // files with a blocklist
	}{
		{"positive", 208, 212}, // of 212: 98.1 %
		{"negative", 0, 0},     // of 405
		{"negative_rom", 0, 0}, // of 138
	}
	for _, tt := range tests {
		found := 0
		samples := devSamples(t, tt.kind)
		for i, s := range samples {
			raw, err := os.ReadFile(filepath.Join(samplesDir, "lists-dev", tt.kind, s.File))
			if err != nil {
				t.Fatal(err)
			}
			lists := blocklists(recoverBytes(t, raw, s.File, known))
			if len(lists) > 0 {
				found++
			}
			if tt.kind != "positive" {
				for _, l := range lists {
					t.Logf("%s: %q %q", s.Source, l.Evidence, l.Recipe)
				}
				continue
			}
			if len(lists) == 0 {
				t.Logf("missed %s (%s)", s.File, s.Source)
				continue
			}
			if len(lists) > 1 {
				t.Errorf("%s: %d lists", s.File, len(lists))
			}
			var want []string
			for line := range strings.Lines(string(raw)) {
				if w := strings.TrimFunc(line, blank); w != "" {
					want = append(want, w)
				}
			}
			if !slices.Equal(texts(lists[0]), want) {
				t.Errorf("%s: %d entries, want %d", s.File, len(lists[0].Entries), len(want))
			}
			if i%16 == 0 {
				testEncoded(t, s, raw, known, lists[0])
			}
		}
		t.Logf("%s: %d of %d", tt.kind, found, len(samples))
		if found < tt.least || found > tt.most {
			t.Errorf("%s: %d files with a blocklist, want %d to %d", tt.kind, found, tt.least, tt.most)
		}
	}
}

// testEncoded recovers a list from its text in other encodings.
func testEncoded(t *testing.T, s sample, raw []byte, known *Terms, want List) {
	t.Helper()
	for _, enc := range []encoding.Encoding{
		simplifiedchinese.GB18030, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	} {
		encoded, err := enc.NewEncoder().Bytes(raw)
		if err != nil {
			t.Fatalf("%s as %s: %v", s.File, enc, err)
		}
		lists := blocklists(recoverBytes(t, encoded, s.File, known))
		if len(lists) != 1 || lists[0].CanonicalSHA256 != want.CanonicalSHA256 || len(lists[0].Entries) != len(want.Entries) {
			t.Errorf("%s as %s: %d lists, not the one of the original", s.File, enc, len(lists))
		}
	}
}

func blocklists(res Result) []List {
	var all []List
	for _, l := range res.Lists {
		if l.Class == Blocklist {
			all = append(all, l)
		}
	}
	return all
}

// TestApps compares the lists of the sample apps with the truth.
func TestApps(t *testing.T) {
	known := builtinTerms(t)
	tests := []struct {
		app, member, truth string
		distinct           bool // the truth leaves repeated entries out
		encoding, recipe   string
	}{
		{"camera-b64-real.apk", "assets/sensi/sensi_words.txt", "22839f4553d5111ad56a3185f1627582c65ff796c29e1b3959b0538aae7a9edf", true, "utf-8", "base64 decode; lines (LF)"},
		{"msa-miad.apk", "assets/MiAdBlacklistConfig", "ee2289eef9796f56636e8bfd19c7b7457f4b0f2e913d1ee98384086dafa4a395", false, "utf-8", "json $.keywords[]"},
		{"securitycenter-dex.apk", "classes2.dex", "1f54b2217a8d291679d332e8f5fea54184d363518b51a1fb865ac4f5eecba515", false, "mutf-8", "dex array elements in com.miui.filter.KeywordTable.fill0"},
		{"theme-arsc.apk", "res/raw/words.xml", "248c747f0ed8ff894377cbca1c0e5ebfccde109dd91f27967b59f1d9d228b5cb", false, "utf-8", "xml $/words/w"},
		{"theme-arsc.apk", "resources.arsc", "31735067b0135cecbc2b5e3abc74a5ab780dad63ab50e41c6900f090161143c8", false, "utf-8", "resources.arsc array sensitive_words"},
		{"theme-arsc.apk", "res/xml/kw.xml", "e2e9c21d4773a4621d5ed0486ec9c862fef282e9c6827073eecca538dd4870cb", false, "utf-8", "axml $/words/w"},
		{"notes-gbk.apk", "assets/keyword.txt", "", false, "gb18030", "lines (CRLF)"},
	}
	for _, tt := range tests {
		t.Run(tt.app, func(t *testing.T) {
			raw := member(t, filepath.Join(samplesDir, tt.app), tt.member)
			lists := blocklists(recoverBytes(t, raw, tt.app+"!"+tt.member, known))
			if len(lists) != 1 {
				t.Fatalf("%d blocklists", len(lists))
			}
			l := lists[0]
			t.Logf("score %.3f %q", l.Score, l.Evidence)
			if got := strings.Join(l.Recipe, "; "); got != tt.recipe || l.Encoding != tt.encoding {
				t.Errorf("%s %q, want %s %q", l.Encoding, got, tt.encoding, tt.recipe)
			}
			var want []string
			if tt.truth == "" {
				text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
				if err != nil {
					t.Fatal(err)
				}
				want = strings.Split(strings.TrimSuffix(string(text), "\r\n"), "\r\n")
			} else {
				text, err := os.ReadFile(filepath.Join(samplesDir, "truth/lists", tt.truth+".txt"))
				if err != nil {
					t.Skipf("truth: %v", err)
				}
				want = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
			}
			var got []string
			for _, e := range l.Entries {
				if !tt.distinct || !slices.Contains(got, e.Text) {
					got = append(got, e.Text)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d entries %q..., want %d %q...", len(got), got[:min(5, len(got))], len(want), want[:5])
			}
		})
	}
}

func member(t *testing.T, app, name string) []byte {
	t.Helper()
	z, err := zip.OpenReader(app)
	if err != nil {
		t.Skipf("samples: %v", err)
	}
	defer z.Close()
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
