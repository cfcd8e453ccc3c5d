package wordlists

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestCombinations(t *testing.T) {
	for _, tt := range []struct {
		written, text string
		parts         []string
	}{
		{"西藏", "西藏", nil},
		{"西藏+独立", "西藏+独立", []string{"西藏", "独立"}},
		{" 西藏 + 独立 + free", "西藏+独立+free", []string{"西藏", "独立", "free"}},
		{"劳+教+所", "劳+教+所", nil},
		{"C++", "C++", nil},
		{"18+禁止", "18+禁止", nil},
		{"abc+de", "abc+de", nil},
		{"abc+def", "abc+def", []string{"abc", "def"}},
		{`西藏\+独立`, "西藏+独立", nil},
		{`西藏\+独立+自由`, "西藏+独立+自由", []string{"西藏+独立", "自由"}},
		{"пе+лот", "пе+лот", nil},
		{"西藏+--", "西藏+--", nil},
		{`a\b`, `a\b`, nil},
	} {
		l := &List{Name: "x", Kind: KindTerms}
		if err := l.add(Term{Text: tt.written}); err != nil {
			t.Fatal(err)
		}
		got := l.Terms[0]
		if got.Text != tt.text || !slices.Equal(got.Parts, tt.parts) {
			t.Errorf("%q: %q %q, want %q %q", tt.written, got.Text, got.Parts, tt.text, tt.parts)
		}
		for _, format := range Formats() {
			var b bytes.Buffer
			if err := Export(&b, l, format); err != nil {
				t.Fatal(err)
			}
			back, err := Import("x", &b, ImportOptions{Format: format})
			if err != nil || len(back.Terms) != 1 || back.Terms[0].Text != tt.text || !slices.Equal(back.Terms[0].Parts, tt.parts) {
				t.Errorf("%q as %s: %+v, %v", tt.written, format, back, err)
			}
		}
	}
	l, err := Parse("x.tsv", strings.NewReader("# kind: loaders\nterm\ncom.abc+def\n"))
	if err != nil || l.Terms[0].Parts != nil || l.Terms[0].Text != "com.abc+def" {
		t.Errorf("an indicator of a loader: %+v, %v", l, err)
	}
	l, err = Parse("x.tsv", strings.NewReader("term\tgloss\n西藏\\+独立\tx\n西藏\\\\+独立\tx\n"))
	if err != nil || l.Terms[0].Parts != nil || l.Terms[0].Text != "西藏+独立" || l.Terms[1].Text != "西藏+独立" {
		t.Errorf("escaped in TSV: %+v, %v", l, err)
	}
	if _, err = Parse("x.tsv", strings.NewReader("term\tgloss\nabc\ta\\+b\n")); err == nil {
		t.Error(`\+ in a gloss: no error`)
	}
}
