package text

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// few is a normaliser that knows of some traditional characters.
func few() *Normalizer {
	pairs := [][2]rune{{'輪', '轮'}, {'臺', '台'}, {'灣', '湾'}, {'獨', '独'}}
	return NewNormalizer(func(yield func(a, b rune) bool) {
		for _, p := range pairs {
			if !yield(p[0], p[1]) {
				return
			}
		}
	})
}

func TestFold(t *testing.T) {
	n := few()
	for _, tt := range [][2]string{
		{"法轮功", "法轮功"},
		{"法輪功", "法轮功"},
		{"法. 輪*功.", "法轮功."},
		{"法....轮", "法....轮"},
		{"（法）", "(法)"},
		{"法\u200b\u2060轮", "法轮"},
		{"法\n轮", "法\n轮"},
		{"A. B", "a. b"},
		{"ＡＢ　Ｃ", "ab c"},
		{"法 a 轮", "法 a 轮"},
		{"Ürümqi ß ﬁ", "ürümqi ss fi"},
		{"㍿１", "株式会社1"},
		{"𝐟𝐫", "fr"},
	} {
		if got := n.Fold(tt[0]); got != tt[1] {
			t.Errorf("%q: %q, want %q", tt[0], got, tt[1])
		}
	}
}

func TestRegions(t *testing.T) {
	pad := strings.Repeat("a", 200)
	for _, tt := range []struct {
		name, text string
		want       []int
	}{
		{"nothing", "", nil},
		{"English", pad, nil},
		{"one character", pad + "法" + pad, nil},
		{"a word", pad + "法轮" + pad, []int{168, 238}},
		{"far apart", pad + "法" + pad + "轮" + pad, nil},
		{"behind NUL", "a\x00b法轮\x00c", []int{2, 9}},
		{"invalid", "法轮\xff法\xff功", []int{0, 6}},
		{"at the end", "法轮\xe5\x8a", []int{0, 6}},
	} {
		var got []int
		for from, to := range Regions([]byte(tt.text)) {
			got = append(got, from, to)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// FuzzFolded: a part of the normal form comes from bytes that have it as their normal form; regions are in order, and no wide characters that stand
// together lie outside of them.
func FuzzFolded(f *testing.F) {
	for _, s := range []string{"法. 輪*功", "ａ法\u200b轮㍿ 功。", "x\xff法 轮\xe5", strings.Repeat("法，轮功 ", 60) + "臺灣"} {
		f.Add([]byte(s), uint8(0), uint16(3), uint8(9))
		f.Add([]byte(s), uint8(GB18030), uint16(3), uint8(9))
	}
	n := few()
	f.Fuzz(func(t *testing.T, p []byte, e uint8, at uint16, size uint8) {
		enc := Encoding(e % uint8(UnicodeEscape))
		var folded Folded
		folded.Reset(n, p, 0, len(p), enc)
		start := int(at)
		for start < len(folded.Text) && !utf8.RuneStart(folded.Text[start]) {
			start++
		}
		end := min(len(folded.Text), start+1+int(size))
		if start < end {
			from, to := folded.Source(start, end)
			if from < 0 || to > len(p) || from >= to {
				t.Fatalf("Source is %d to %d of %d", from, to, len(p))
			}
			var part Folded
			part.Reset(n, p[from:to], 0, to-from, enc)
			if !bytes.Contains(part.Text, folded.Text[start:end]) && !bytes.ContainsAny(folded.Text[start:end], gaps+masks) {
				t.Fatalf("%q comes from %q, whose form is %q", folded.Text[start:end], p[from:to], part.Text)
			}
		}
		last := 0
		for from, to := range Regions(p) {
			if from < last-regionLead-utf8.UTFMax || from >= to || to > len(p) {
				t.Fatalf("region %d to %d after %d of %d", from, to, last, len(p))
			}
			if i := bytes.Index(p[min(last, from):from], []byte("法轮")); i >= 0 {
				t.Fatalf("wide characters at %d are in no region", last+i)
			}
			last = max(last, to)
		}
		if i := bytes.Index(p[last:], []byte("法轮")); i >= 0 {
			t.Fatalf("wide characters at %d are in no region", last+i)
		}
	})
}

func BenchmarkFold(b *testing.B) {
	n := few()
	p := bytes.Repeat([]byte("道可道，非常道。名可名，非常名。無名天地之始；"), 1000)
	var f Folded
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		f.Reset(n, p, 0, len(p), UTF8)
	}
}

func BenchmarkRegions(b *testing.B) {
	p := make([]byte, 1<<20)
	for i := range p {
		p[i] = byte(i * i >> 3)
	}
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		for range Regions(p) {
		}
	}
}
