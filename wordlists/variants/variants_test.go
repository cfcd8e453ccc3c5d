package variants

import (
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func newConverter(t testing.TB) *Converter {
	t.Helper()
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestVariants(t *testing.T) {
	c := newConverter(t)
	for _, tc := range []struct {
		term string
		want []string
	}{
		{"法轮功", []string{"法輪功"}},
		{"天安门事件", []string{"天安門事件"}},
		// The character 发 is 發 or 髮, 后 is 後 or 后: the phrase decides.
		{"头发", []string{"頭髮"}},
		{"发展", []string{"發展"}},
		{"发票", []string{"發票"}},
		{"后门", []string{"後門"}},
		{"皇后", nil},
		{"公里", nil},
		// No phrase: the usual one first, then the others.
		{"里", []string{"裡", "裏", "哩"}},
		{"干", []string{"幹", "乾", "榦"}},
		{"后", []string{"後"}},
		// Both are written in Taiwan; Hong Kong writes 台.
		{"台湾独立", []string{"臺灣獨立", "台灣獨立"}},
		{"台独", []string{"臺獨", "台獨"}},
		// Forms of Taiwan and Hong Kong before OpenCC's standard.
		{"为人民服务", []string{"為人民服務", "爲人民服務"}},
		// From the traditional side, regional forms included.
		{"藏獨", []string{"藏独"}},
		{"臺灣獨立", []string{"台湾独立", "台灣獨立"}},
		{"台灣獨立", []string{"台湾独立", "臺灣獨立"}},
		{"羣眾", []string{"群众", "群眾", "羣衆"}},
		// Mixed script, Latin inside.
		{"法轮gong", []string{"法輪gong"}},
		{"六四", nil},
		{"falun", nil},
		{"ファルン", nil},
		{"", nil},
		{"法\xff轮", []string{"法\xff輪"}},
	} {
		if got := c.Variants(tc.term); !slices.Equal(got, tc.want) {
			t.Errorf("Variants(%q) = %q, want %q", tc.term, got, tc.want)
		}
	}
}

func TestSimplified(t *testing.T) {
	c := newConverter(t)
	for in, want := range map[string]string{
		"臺灣獨立運動":  "台湾独立运动",
		"一目瞭然":    "一目了然", // a phrase: 瞭 alone is 了 or 瞭
		"法轮功 FLG": "法轮功 FLG",
		"":        "",
	} {
		if got := c.Simplified(in); got != want {
			t.Errorf("Simplified(%q) = %q, want %q", in, got, want)
		}
	}
}

func pack(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	if _, err := zw.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestLoadRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		packed     []byte
	}{
		{"no gzip", "EOF", nil},
		{"unknown section", "line 2: unknown section [japan]", pack(t, "# x\n[japan]\n")},
		{"entry first", "line 1: entry before", pack(t, "发\t發\n")},
		{"section missing", "missing", pack(t, "[traditional]\n发\t發\n")},
		{"truncated", "unexpected EOF", packed[:len(packed)/2]},
	} {
		_, err := load(tc.packed)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one with %q", tc.name, err, tc.want)
		}
	}
}

func FuzzVariants(f *testing.F) {
	for _, s := range []string{"法轮功", "台湾独立", "里后干发", "羣眾", "x\xff里", strings.Repeat("发", 5000)} {
		f.Add(s)
	}
	c := newConverter(f)
	f.Fuzz(func(t *testing.T, term string) {
		got := c.Variants(term)
		if len(got) > MaxVariants {
			t.Errorf("%d variants", len(got))
		}
		for i, v := range got {
			if v == term || slices.Contains(got[:i], v) {
				t.Errorf("Variants(%q) = %q: the term itself or a duplicate", term, got)
			}
			if utf8.ValidString(term) != utf8.ValidString(v) {
				t.Errorf("Variants(%q) = %q: validity changed", term, got)
			}
		}
		if again := c.Variants(term); !slices.Equal(got, again) {
			t.Errorf("Variants(%q) = %q, then %q", term, got, again)
		}
	})
}

func BenchmarkNew(b *testing.B) {
	b.SetBytes(int64(len(packed)))
	for b.Loop() {
		if _, err := New(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVariants(b *testing.B) {
	c := newConverter(b)
	const term = "台湾独立万岁"
	b.SetBytes(int64(len(term)))
	for b.Loop() {
		c.Variants(term)
	}
}
