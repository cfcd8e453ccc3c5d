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

// TestDev measures detection on the development lists. The levels are those reached; a change may raise but not lower them.
func TestDev(t *testing.T) {
	known := builtinTerms(t)
	tests := []struct {
		kind        string
		charset     encoding.Encoding
		least, most int // files with a blocklist
	}{
		{"positive", nil, 203, 212}, // 95.8 % of 212
		{"positive", simplifiedchinese.GB18030, 203, 212},
		{"positive", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), 203, 212},
		{"positive", unicode.UTF16(unicode.BigEndian, unicode.UseBOM), 203, 212},
		{"negative", nil, 0, 1}, // 0.25 % of 405
		{"negative_rom", nil, 0, 0},
	}
	for _, tt := range tests {
		samples := devSamples(t, tt.kind)
		found, entries := 0, 0
		for i, s := range samples {
			raw, err := os.ReadFile(filepath.Join(samplesDir, "lists-dev", tt.kind, s.File))
			if err != nil {
				t.Fatal(err)
			}
			want := strings.FieldsFunc(string(raw), func(r rune) bool { return r == '\n' })
			if tt.charset != nil {
				if i%5 != 0 && testing.Short() {
					continue
				}
				if raw, err = tt.charset.NewEncoder().Bytes(bytes.TrimPrefix(raw, []byte("\uFEFF"))); err != nil {
					t.Fatalf("%s: %v", s.File, err)
				}
			}
			lists := blocklists(recoverBytes(t, raw, s.File, known))
			if len(lists) == 0 {
				if tt.kind == "positive" {
					t.Logf("missed %s", s.File)
				}
				continue
			}
			found++
			entries += len(lists[0].Entries)
			if tt.kind != "positive" {
				t.Logf("%s: %s %q %q", s.Source, s.File, lists[0].Evidence, lists[0].Recipe)
			} else if n := len(lists[0].Entries); n != len(want) {
				t.Logf("%s: %d entries in %d lists of %d lines, %q", s.File, n, len(lists), len(want), lists[0].Recipe)
			}
		}
		t.Logf("%s %v: %d of %d, %d entries", tt.kind, tt.charset, found, len(samples), entries)
		if found < tt.least || found > tt.most {
			t.Errorf("%s: %d blocklists, want %d to %d", tt.kind, found, tt.least, tt.most)
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
		{"theme-arsc.apk", "res/raw/words.xml", "248c747f0ed8ff894377cbca1c0e5ebfccde109dd91f27967b59f1d9d228b5cb", false, "utf-8", "xml $/words/w"},
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
