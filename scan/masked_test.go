package scan

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/text"
	"github.com/censorscan/censorscan/wordlists"
)

// maskedIn returns the masked hits of a text: where, which term, and what was undone.
func maskedIn(lx *lexicon, data []byte) []string {
	l := newLeaf()
	lx.piece(l, extract.Piece{Data: data, Owned: len(data)})
	var out []string
	for _, h := range l.hits {
		if h.undone != 0 {
			out = append(out, fmt.Sprintf("%s %d+%d %s: %s", lx.terms[h.term].Text, h.offset, h.length, h.encoding, strings.Join(h.undone.Names(), ", ")))
		}
	}
	return out
}

func TestMasked(t *testing.T) {
	lx := embedded(t)
	gb, utf16 := writers[text.GB18030], writers[text.UTF16LE]
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"as it is", "他说法轮功。", nil},
		{"as it is, traditional", "他說法輪功。", nil},
		{"points", "他说法.轮.功吧", []string{"法轮功 6+11 utf-8: separators"}},
		{"spaces", "他说法 轮 功吧", []string{"法轮功 6+11 utf-8: separators"}},
		{"stars, known as such", "他说法*轮*功吧", nil},
		{"full-width points", "他说法．轮．功吧", []string{"法轮功 6+15 utf-8: separators, width"}},
		{"ideographic comma", "他说法、轮、功吧", []string{"法轮功 6+15 utf-8: separators"}},
		{"one star", "他说法轮☆功吧", []string{"法轮功 6+12 utf-8: separators"}},
		{"one comma is punctuation", "他说法轮,功吧", nil},
		{"commas of two kinds", "他说法,轮.功吧", nil},
		{"two characters with a dot", "纪念六·四事件的人", []string{"六四事件 6+14 utf-8: separators"}},
		{"sentences", "他去过西藏，独立地生活", nil},
		{"a list", "西藏,独立,台湾,独立\n", nil},
		{"lines", "法\n轮\n功\n", nil},
		{"zero width", "他说法\u200b轮\u2060功吧", []string{"法轮功 6+15 utf-8: zero-width characters"}},
		{"mixed characters", "他说法輪功和法轮功，臺灣独立", []string{"台湾独立 30+12 utf-8: traditional characters"}},
		{"full-width letters", "看ｆｒｅｅ　ｔｉｂｅｔ吧", []string{"Free Tibet 3+30 utf-8: width"}},
		{"letters of mathematics", "看看 𝐟𝐫𝐞𝐞 𝐭𝐢𝐛𝐞𝐭 吧", []string{"Free Tibet 7+37 utf-8: compatibility forms"}},
		{"part of a word", "看ｘｆｒｅｅ　ｔｉｂｅｔｓ吧", nil},
		{"one character", "单位有㎏和℠法", nil},
		{"English", "f.r.e.e t.i.b.e.t", nil},
		{"too many separators", "他说法 - - 轮 - - 功吧", nil},
		{"GB 18030 beside a known term", gb("达赖喇嘛\n他说法.轮.功吧\n"), []string{"法轮功 13+8 gb18030: separators"}},
		{"UTF-16 beside a known term", utf16("达赖喇嘛\n他说法.轮.功吧\n"), []string{"法轮功 14+10 utf-16le: separators"}},
	} {
		if got := maskedIn(lx, []byte(tt.text)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestMaskedPieces: a masked term is found once, wherever a piece ends.
func TestMaskedPieces(t *testing.T) {
	lx := embedded(t)
	data := []byte(strings.Repeat("天地玄黄宇宙洪荒，", 40) + "他说法.轮.功吧" + strings.Repeat("日月盈昃辰宿列张，", 40))
	want := maskedIn(lx, data)
	if len(want) != 1 {
		t.Fatalf("whole: %q", want)
	}
	overlap := lx.overlap()
	for cut := 1000; cut < 1200; cut++ {
		l := newLeaf()
		lead := min(cut, overlap)
		lx.piece(l, extract.Piece{Data: data[:min(len(data), cut+overlap)], Owned: cut})
		lx.piece(l, extract.Piece{Data: data[cut-lead:], Offset: int64(cut - lead), Lead: lead, Owned: len(data) - cut})
		n := 0
		for _, h := range l.hits {
			if h.undone != 0 {
				n++
			}
		}
		if n != 1 {
			t.Fatalf("cut at %d: %d hits", cut, n)
		}
	}
}

// FuzzMasked compares with a naive search: at every character, every term, character by character.
func FuzzMasked(f *testing.F) {
	for _, s := range []string{"法.轮.功", "法　轮　功吧", "六·四·事件", "臺灣独立", "ｆｒｅｅ ｔｉｂｅｔ法", "天,安,门", "法\u200b轮*.*功", "西藏\xff独立 达 赖 喇 嘛"} {
		f.Add(s)
	}
	lx := embedded(f)
	folded := map[int][]rune{}
	for id, k := range lx.terms {
		if k.alone && k.list.Kind == wordlists.KindTerms {
			folded[id] = []rune(lx.masked.norm.Fold(k.Text))
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 120 {
			return
		}
		s = "一二三四五。" + s + "。五四三二一"
		found := map[string]bool{}
		for _, h := range maskedIn(lx, []byte(s)) {
			found[h] = true
		}
		for _, h := range naiveMasked(lx, folded, s) {
			delete(found, h)
		}
		if len(found) > 0 {
			t.Fatalf("%q: found %v besides what a naive search finds", s, found)
		}
	})
}

// naiveMasked returns every masked term of a text, also those that others cover.
func naiveMasked(lx *lexicon, folded map[int][]rune, s string) []string {
	n := lx.masked.norm
	type char struct {
		at, end int
		folded  []rune
	}
	var chars []char
	for i, r := range s {
		_, size := utf8.DecodeRuneInString(s[i:])
		chars = append(chars, char{i, i + size, []rune(n.Fold(string(r)))})
	}
	var out []string
	for id, want := range folded {
		for i := range chars {
			var rest []rune
			for j := i; j < len(chars) && len(rest) < len(want); j++ {
				part := chars[j].folded
				if len(part) == 0 && j == i {
					break
				}
				if len(part) > 0 && len(rest) > 0 && part[0] != want[len(rest)] {
					continue // a separator: whether it may be one is for Undone to say
				}
				rest = append(rest, part...)
				if !strings.HasPrefix(string(want), string(rest)) {
					break
				}
				if len(rest) == len(want) {
					from, to := chars[i].at, chars[j].end
					if u, ok := n.Undone([]byte(s), from, to, text.UTF8); ok {
						out = append(out, fmt.Sprintf("%s %d+%d utf-8: %s", lx.terms[id].Text, from, to-from, strings.Join(u.Names(), ", ")))
					}
				}
			}
		}
	}
	return out
}

// BenchmarkMasked is the share of the pass in a search, over several kinds of content.
func BenchmarkMasked(b *testing.B) {
	lx := embedded(b)
	kinds := pieceKinds(b)
	if doc, err := os.ReadFile("../README.md"); err == nil {
		kinds = append(kinds, pieceKind{"readme", []byte(strings.Repeat(string(doc), 100))})
	}
	for _, kind := range kinds {
		p := extract.Piece{Data: kind.data, Owned: len(kind.data)}
		b.Run(kind.name+"/masked", func(b *testing.B) {
			b.SetBytes(int64(len(kind.data)))
			for b.Loop() {
				lx.masked.search(lx, newLeaf(), p)
			}
		})
		b.Run(kind.name+"/all", func(b *testing.B) {
			b.SetBytes(int64(len(kind.data)))
			for b.Loop() {
				lx.piece(newLeaf(), p)
			}
		})
	}
}
