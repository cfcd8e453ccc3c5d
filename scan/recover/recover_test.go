package recover

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
)

// filler makes n different words that are no known terms.
func filler(n int) []string {
	words := make([]string, n)
	for i := range words {
		words[i] = string([]rune{rune(0x4E00 + i%4000), rune(0x5000 + i/4000), rune(0x6000 + i*7%1000)})
	}
	return words
}

// TestNoBlocklist holds what has many known terms and is no blocklist.
func TestNoBlocklist(t *testing.T) {
	known := NewTerms([]Term{
		{"法轮功", "falun-gong"}, {"六四事件", "june-4"}, {"毛泽东", "leaders-general"}, {"江泽民", "leaders-general"}, {"胡锦涛", "leaders-general"},
		{"习近平", "leaders-general"}, {"香港", "politics-general"}, {"台独", "taiwan-general"}, {"迷药", "drugs"}, {"迷魂药", "drugs"}, {"迷奸", "violence"},
		{"强奸", "violence"}, {"海洛因", "drugs"}, {"射精", "sexual"},
	})
	terms := []string{"法轮功", "六四事件", "毛泽东", "江泽民", "胡锦涛", "习近平", "香港", "台独", "强奸", "海洛因", "射精"}
	var news []string
	for i := range 300 {
		news = append(news, fmt.Sprintf("记者第%d次报道%s的最新消息和各方反应", i, terms[i%len(terms)]))
	}
	page := []string{"迷药", "迷魂药", "迷奸"}
	for _, w := range filler(40) {
		page = append(page, "迷"+w)
	}
	tests := []struct{ name, text, against string }{
		{"dictionary", strings.Join(append(filler(5000), terms...), "\n"), "few among the entries"},
		{"dictionary with weights", each("%[2]s %[1]d n\n", append(terms, filler(5000)...)), "few among the entries"},
		{"page of a dictionary", strings.Join(page, "\n"), "same character"},
		{"names", strings.Join(append(filler(100), "毛泽东", "江泽民", "胡锦涛", "习近平"), "\n"), "names and words"},
		{"news", strings.Join(news, "\n"), ""},
		{"novel", strings.Repeat("他说起"+strings.Join(terms, "，又说起")+"，天就黑了。\n", 50), ""},
		{"locale", toJSON(map[string]any{"hk": "香港", "a": "设置", "b": "取消", "c": "确定", "d": "帮助", "e": "关于"}), ""},
	}
	for _, tt := range tests {
		against := ""
		for _, l := range recoverBytes(t, []byte(tt.text), "x", known).Lists {
			if l.Class != WordCollection || l.Score >= threshold {
				t.Errorf("%s: %s, score %v, %q, %q", tt.name, l.Class, l.Score, l.Evidence, l.Recipe)
			}
			against += strings.Join(l.Evidence, "; ")
		}
		if !strings.Contains(against, tt.against) {
			t.Errorf("%s: evidence %q lacks %q", tt.name, against, tt.against)
		}
	}
}

func TestSeveralLists(t *testing.T) {
	w := sampleWords()
	text := `{"first":` + toJSON(w) + `,"plain":` + toJSON(filler(20)) + `,"second":` + toJSON(w[:12]) + `}`
	lists := blocklists(recoverBytes(t, []byte(text), "x", knownWords()))
	if len(lists) != 2 {
		t.Fatalf("%d lists: %+v", len(lists), lists)
	}
	if a, b := lists[0], lists[1]; len(a.Entries) != len(w) || len(b.Entries) != 12 || a.End > b.Begin {
		t.Errorf("%d entries to %d, %d from %d", len(a.Entries), a.End, len(b.Entries), b.Begin)
	}
}

func TestEvidence(t *testing.T) {
	l := blocklists(recoverBytes(t, []byte(strings.Join(sampleWords(), "\n")), "rom.zip!a.apk!assets/sensi_words.txt", knownWords()))[0]
	want := []string{
		"24 entries (23 distinct), 11 are known terms and 1 hold one: 3 falun-gong, 2 insults, 2 tibet, 1 drugs, 1 june-4, 1 party, 1 politics-general, 1 sexual",
		"file name sensi_words.txt",
	}
	if strings.Join(l.Evidence, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q", l.Evidence)
	}
	if s := l.Categories[0]; s.Category != "falun-gong" || math.Abs(s.Share-3.0/23) > 1e-9 || len(l.Categories) != 8 {
		t.Errorf("categories %+v", l.Categories)
	}
	if e := l.Entries[6]; e.Text != "法轮功真相" || e.Category != "falun-gong" {
		t.Errorf("%+v", e)
	}
}

// TestCanonical checks that one set of words has one name in every shape.
func TestCanonical(t *testing.T) {
	names := map[string]string{}
	for _, s := range shapeSamples(sampleWords()) {
		for _, l := range blocklists(recoverBytes(t, []byte(s.text), "x", knownWords())) {
			names[l.CanonicalSHA256] = s.name
		}
	}
	if len(names) != 1 {
		t.Errorf("%v", names)
	}
}

func TestWindow(t *testing.T) {
	filler := strings.Repeat("普通的一行文字\n", 2000)
	list := strings.Join(sampleWords(), "\n")
	raw := []byte(filler + list + "\n" + filler)
	at := int64(len(filler))
	known := knownWords()
	res, err := Recover(bytes.NewReader(raw), int64(len(raw)), "x", []int64{at + 20, 5, at}, known, Options{Limit: 2 << 10})
	if err != nil {
		t.Fatal(err)
	}
	if res.End-res.Begin != 2<<10 || res.Begin > at || res.End < at+int64(len(list)) {
		t.Errorf("read %d to %d, the list begins at %d", res.Begin, res.End, at)
	}
	if len(res.Lists) != 1 {
		t.Fatalf("%d lists", len(res.Lists))
	}
	l := res.Lists[0]
	if notes := strings.Join(l.Evidence, "\n"); !strings.Contains(notes, "were read") {
		t.Errorf("evidence does not say what was read: %s", notes)
	}
	for _, e := range l.Entries {
		if got := string(raw[e.Offset:][:len(e.Text)]); got != e.Text {
			t.Fatalf("%q at %d, where %q stands", e.Text, e.Offset, got)
		}
	}
}

type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestReadError(t *testing.T) {
	_, err := Recover(broken{}, 10, "rom.zip!w.txt", nil, knownWords(), Options{})
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "rom.zip!w.txt") {
		t.Errorf("error %v", err)
	}
}

func TestNotText(t *testing.T) {
	for _, raw := range []string{"", "\x7fELF\x02\x01\x01\x00\x00\x03\xff\xfe\x80\x81" + strings.Repeat("\x00\xff\x91\x02", 100)} {
		if res := recoverBytes(t, []byte(raw), "x", knownWords()); res.Text || len(res.Lists) > 0 {
			t.Errorf("%.10q: %+v", raw, res)
		}
	}
}

func TestTerms(t *testing.T) {
	terms := NewTerms([]Term{{"ＦＬＧ", "a"}, {"flg", "b"}, {"法轮", "c"}, {"法轮功", "d"}, {"操", "e"}, {" ", "f"}, {"Free Tibet", "g"}})
	if terms.Len() != 5 {
		t.Errorf("%d terms", terms.Len())
	}
	tests := []struct{ text, lookup, within string }{
		{"FLG", "a", "a"}, {"法轮", "c", "c"}, {"大法轮功", "", "d"}, {"操", "e", ""}, {"早操", "", ""},
		{"flgs", "", ""}, {"看flg的", "", "a"}, {"a free  tibet", "", ""}, {"FREE　Tibet!", "", "g"}, {"法", "", ""}, {"", "", ""},
	}
	for _, tt := range tests {
		folded := Fold(tt.text)
		if c, _ := terms.Lookup(folded); c != tt.lookup {
			t.Errorf("Lookup %q: %q, want %q", tt.text, c, tt.lookup)
		}
		if c, _ := terms.Within(folded); c != tt.within {
			t.Errorf("Within %q: %q, want %q", tt.text, c, tt.within)
		}
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{" ＡＢc\uFEFF": "abc", "Straße": "strasse", "㍿": "株式会社", "法輪\u3000功": "法輪 功", "①": "1", "É": "é", "": ""} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}
