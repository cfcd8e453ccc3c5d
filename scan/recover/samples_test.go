package recover

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const samplesDir = "../../../shared/samples"

// sampleTerms are the terms of the fact sheet: the test must not change with the embedded wordlists.
func sampleTerms(t testing.TB) *Terms {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(samplesDir, "../facts/attested-terms.tsv"))
	if err != nil {
		t.Skipf("attested terms: %v", err)
	}
	var terms []Term
	for line := range strings.Lines(string(raw)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || len(f) < 4 || len([]rune(f[0])) < 2 {
			continue
		}
		topic := f[3]
		if strings.HasPrefix(topic, "CPC member") {
			topic = "leaders"
		}
		if terms = append(terms, Term{f[0], topic}); len(terms) == 750 {
			break
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

func TestMeasure(t *testing.T) {
	known := sampleTerms(t)
	for _, kind := range []string{"positive", "negative", "negative_rom"} {
		n := 0
		for _, s := range devSamples(t, kind) {
			raw, err := os.ReadFile(filepath.Join(samplesDir, "lists-dev", kind, s.File))
			if err != nil {
				t.Fatal(err)
			}
			res := recoverBytes(t, raw, s.File, known)
			hit := false
			for _, l := range res.Lists {
				hit = hit || l.Class == Blocklist
			}
			if hit {
				n++
			}
			if hit != (kind == "positive") || len(res.Lists) > 1 || len(res.Lists) == 1 && !strings.HasPrefix(strings.Join(res.Lists[0].Recipe, "/"), "lines") {
				t.Logf("%s %s %v %d lists %s", kind, s.File, res.Text, len(res.Lists), s.Source[max(0, len(s.Source)-50):])
				for i, l := range res.Lists {
					if i == 3 {
						break
					}
					t.Logf("   %s %.2f %q %s %q", l.Class, l.Score, l.Evidence, l.Encoding, l.Recipe)
				}
			}
		}
		t.Logf("%s: %d", kind, n)
	}
}
