package scan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/text"
	"github.com/censorscan/censorscan/wordlists"
)

func lexiconOf(t testing.TB, terms ...string) *lexicon {
	t.Helper()
	l, err := wordlists.Parse("own.tsv", strings.NewReader("# kind: terms\nterm\n"+strings.Join(terms, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	lx, err := newLexicon([]*wordlists.List{l})
	if err != nil {
		t.Fatal(err)
	}
	return lx
}

// combinationsIn returns the hits of combinations: which, where, and where the parts are.
func combinationsIn(lx *lexicon, data []byte) []string {
	l := newLeaf()
	lx.piece(l, extract.Piece{Data: data, Owned: len(data)})
	var out []string
	for _, h := range l.hits {
		if h.parts == nil {
			continue
		}
		s := fmt.Sprintf("%s %d+%d", lx.terms[h.term].Text, h.offset, h.length)
		for _, p := range h.parts {
			s += fmt.Sprintf(" %s@%d+%d", p.Text, p.Offset, p.Length)
		}
		out = append(out, s)
	}
	return out
}

func TestCombinations(t *testing.T) {
	lx := lexiconOf(t, "西藏+独立运动", "student+square+广场", "上街+散步", "C++语言", `西藏\+新疆`, "达赖喇嘛", "达赖喇嘛+回来")
	far := strings.Repeat("的", 33)
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"both", "他们说西藏的独立运动是这样", []string{"西藏+独立运动 9+21 西藏@9+6 独立运动@18+12"}},
		{"the other way round", "独立运动在西藏", []string{"西藏+独立运动 0+21 西藏@15+6 独立运动@0+12"}},
		{"as in a list", "一二三\n西藏+独立运动\n四五六", []string{"西藏+独立运动 10+19 西藏@10+6 独立运动@17+12"}},
		{"traditional", "他們說西藏的獨立運動是這樣", []string{"西藏+独立运动 9+21 西藏@9+6 独立运动@18+12"}},
		{"one alone", "他们说独立运动是这样", nil},
		{"on two lines", "他们说西藏\n的独立运动", nil},
		{"in two strings", "他们说西藏\x00的独立运动", nil},
		{"at most 32 characters apart", "西藏" + far[:90] + "独立运动", []string{"西藏+独立运动 0+108 西藏@0+6 独立运动@96+12"}},
		{"further apart", "西藏" + far + "独立运动", nil},
		{"three words", "在广场 Square 的 STUDENT 说", []string{"student+square+广场 3+25 student@21+7 square@10+6 广场@3+6"}},
		{"part of a word", "在广场 Squares 的 student 说", nil},
		{"two of three", "在 Square 的 student 说", nil},
		{"a plus", "学习C++语言吧，西藏+新疆", nil},
		{"beside a term of one part", "达赖喇嘛要回来了", []string{"达赖喇嘛+回来 0+21 达赖喇嘛@0+12 回来@15+6"}},
	} {
		if got := combinationsIn(lx, []byte(tt.text)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := combinationsIn(lx, []byte(writers[text.UTF16LE]("他们说西藏的独立运动是"))); !slices.Equal(got, []string{"西藏+独立运动 6+14 西藏@6+4 独立运动@12+8"}) {
		t.Errorf("UTF-16: %q", got)
	}
	if got := combinationsIn(lx, []byte(writers[text.GB18030]("他们说西藏的独立运动是"))); !slices.Equal(got, []string{"西藏+独立运动 6+14 西藏@6+4 独立运动@12+8"}) {
		t.Errorf("GB 18030: %q", got)
	}
}

// FuzzCombination compares with a naive search of lines of UTF-8: a hit of a combination says that its parts stand where it says, and every line in which
// the parts stand close together has one.
func FuzzCombination(f *testing.F) {
	for _, s := range []string{"西藏的独立运动", "独立运动 西藏\n西藏", "西藏独立运动西藏", "西\x00藏独立运动", "西藏" + strings.Repeat("x", 32) + "独立运动"} {
		f.Add(s)
	}
	lx := lexiconOf(f, "西藏+独立运动")
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || len(s) > 100 || strings.ContainsAny(s, "\u200b") {
			return
		}
		s = "一二三四五六七八\n" + s + "\n一二三四五六七八"
		l := newLeaf()
		lx.piece(l, extract.Piece{Data: []byte(s), Owned: len(s)})
		found := 0
		for _, h := range l.hits {
			for _, p := range h.parts {
				if s[p.Offset:p.Offset+int64(p.Length)] != p.Text {
					t.Fatalf("%q: no %s at %d", s, p.Text, p.Offset)
				}
			}
			if h.parts != nil {
				found++
			}
		}
		want := 0
		lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' || r == 0 })
		for _, line := range lines {
			for i := range line {
				if !strings.HasPrefix(line[i:], "独立运动") {
					continue
				}
				before, after := []rune(line[:i]), []rune(line[i+len("独立运动"):])
				near := string(before[max(0, len(before)-combinationWidth):]) + "|" + string(after[:min(len(after), combinationWidth)])
				if strings.Contains(near, "西藏") {
					want++
				}
			}
		}
		if found > want || found < want && len(s) < 180 && printable(s) {
			t.Fatalf("%q: %d hits, want %d", s, found, want)
		}
	})
}

// printable reports whether a text is so plain that no hit in it is implausible.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7F && (r < 0x4E00 || r > 0x9FA5) || r < ' ' && r != '\n' })
}
