package match

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/scan/text"
)

// engines under test; all must agree with naive.
var engines = []struct {
	name   string
	engine Engine
}{{"narrow", Narrow}, {"wide", Wide}, {"automaton", Automaton}}

// testTerms are terms of many shapes: Han, Latin, mixed, with spaces and punctuation, short, with a Traditional form, outside the BMP.
func testTerms() []Term {
	words := []string{
		"法轮功", "法轮大法", "法轮", "六四", "天安门", "天安门事件", "八九民运", "89民运", "达赖", "达赖喇嘛", "西藏独立", "东突",
		"新疆", "台独", "台湾独立", "自由门", "无界浏览", "翻墙", "人权", "民主", "民主墙", "习近平", "共产党", "大纪元", "新唐人",
		"刘晓波", "零八宪章", "藏青会", "人人人", "功功", "free tibet", "FreeTibet", "tiananmen", "falun gong", "GFW", "VPN", "June 4th",
		"A&B<c>", "dalai-lama", "Ürümqi", "བོད་", "ئۇيغۇر", "𠀀𠀁", "com.miui.adblacklist", "MiAdBlacklistConfig", "aaaa", "aa",
	}
	terms := make([]Term, len(words))
	for i, w := range words {
		terms[i] = Term{ID: int32(i), Text: w}
	}
	terms[0].Variants = []string{"法輪功"}
	terms[8].Variants = []string{"達賴"}
	return append(terms, Term{ID: 900, Text: "vpn"}, Term{ID: 901, Text: "人", Encodings: text.SetOf(text.UTF16LE, text.GB18030)})
}

// naive finds every needle at every place.
func naive(c *Core, buf []byte, base int64) []Hit {
	var hits []Hit
	for i := range buf {
		for k := range int32(c.needles.len()) {
			form, fold := c.needles.at(k)
			if len(buf)-i < len(form) {
				continue
			}
			j := 0
			for j < len(form) && buf[i+j]|fold[j] == form[j] {
				j++
			}
			if j < len(form) {
				continue
			}
			for _, o := range c.needles.ownersOf(k) {
				hits = append(hits, Hit{base + int64(i), int32(len(form)), k, o.term, o.variant(), o.encoding()})
			}
		}
	}
	return hits
}

func scan(c *Core, buf []byte, base int64) []Hit {
	var hits []Hit
	c.Scan(buf, base, func(h Hit) { hits = append(hits, h) })
	return hits
}

// scanChunks scans in owned pieces of the given size.
func scanChunks(c *Core, buf []byte, size int) []Hit {
	var hits []Hit
	for at := 0; at < len(buf); at += size {
		end := min(len(buf), at+size+c.Overlap())
		c.ScanChunk(buf[at:end], int64(at), size, func(h Hit) { hits = append(hits, h) })
	}
	return hits
}

func mustCompile(t testing.TB, terms []Term, e Engine) *Core {
	t.Helper()
	c, err := Compile(terms, Options{Engine: e})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// haystack makes n bytes of a kind and plants needles: whole, with folded bits flipped, cut short, one over the other, in a row.
func haystack(rng *rand.Rand, kind string, n int, c *Core) []byte {
	buf := make([]byte, n)
	for i := range buf {
		switch kind {
		case "random":
			buf[i] = byte(rng.Uint32())
		case "ascii":
			buf[i] = " aeinrstu\\&#%u04;x"[rng.IntN(18)]
		case "han":
			buf[i] = "\x4e\x5b\x6c\x80\xe4\xe5\xb8\xcb\xc1\x00\x9f"[rng.IntN(11)]
		}
	}
	for range n / 25 {
		form, folds := c.needles.at(rng.Int32N(int32(c.needles.len())))
		form = bytes.Clone(form)
		for i, fold := range folds {
			if rng.IntN(2) == 0 {
				form[i] &^= fold
			}
			if rng.IntN(60) == 0 {
				form[i] ^= 0x20 // also where it must not match
			}
		}
		if rng.IntN(5) == 0 {
			form = form[rng.IntN(len(form)):]
		}
		if rng.IntN(5) == 0 {
			form = form[:rng.IntN(len(form)+1)]
		}
		at := rng.IntN(n)
		for range 1 + rng.IntN(2) {
			at += copy(buf[min(at, n):], form)
		}
	}
	return buf
}

func diff(t *testing.T, what string, got, want []Hit) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Fatalf("%s: %d hits, want %d; missing %+v", what, len(got), len(want), want[i])
		case i >= len(want):
			t.Fatalf("%s: %d hits, want %d; extra %+v", what, len(got), len(want), got[i])
		case got[i] != want[i]:
			t.Fatalf("%s: hit %d is %+v, want %+v", what, i, got[i], want[i])
		}
	}
}

func TestEqualsNaive(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	long := slices.DeleteFunc(testTerms(), func(t Term) bool { return len(t.Text) < 4 })
	for _, set := range []struct {
		name  string
		terms []Term
	}{{"all", testTerms()}, {"long", long}, {"one", long[:1]}} {
		for _, e := range engines {
			c := mustCompile(t, set.terms, e.engine)
			found := 0
			for _, kind := range []string{"random", "ascii", "zero", "han"} {
				for n := range 8 {
					buf := haystack(rng, kind, 1+n*n*15, c)
					want := naive(c, buf, 1000)
					found += len(want)
					diff(t, fmt.Sprint(set.name, " ", e.name, " ", kind, " ", len(buf)), scan(c, buf, 1000), want)
				}
			}
			if found < 100 {
				t.Errorf("%s %s: only %d hits compared", set.name, e.name, found)
			}
		}
	}
}

// TestSegmentsEqualNaive searches more than the filter looks at together, with runs of one byte, some of them needles.
func TestSegmentsEqualNaive(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	terms := []Term{{ID: 1, Text: "aaaa"}, {ID: 2, Text: "法轮功"}, {ID: 3, Text: "aab"}, {ID: 4, Text: "功功"}, {ID: 5, Text: "free tibet"}}
	for _, e := range engines {
		for _, set := range [][]Term{terms, slices.DeleteFunc(slices.Clone(terms), func(t Term) bool { return len(t.Text) < 4 })} {
			c := mustCompile(t, set, e.engine)
			for _, n := range []int{segment - 1, segment + 2, segment + 2 + ahead, 2*segment + 33, 4*segment + 5} {
				buf := haystack(rng, "random", n, c)
				for range 6 {
					at := rng.IntN(n)
					run := buf[at:min(n, at+segment/2+rng.IntN(2*segment))]
					for i, b := 0, "\x00\x00\x00a\xb9\xff"[rng.IntN(6)]; i < len(run); i++ {
						run[i] = b
					}
				}
				diff(t, fmt.Sprint(e.name, " ", n), scan(c, buf, 0), naive(c, buf, 0))
			}
		}
	}
}

func TestChunksEqualWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, e := range engines {
		c := mustCompile(t, testTerms(), e.engine)
		buf := haystack(rng, "han", 250, c)
		whole := scan(c, buf, 0)
		if len(whole) == 0 {
			t.Fatal("nothing to find")
		}
		for size := 1; size <= len(buf)+1; size++ {
			diff(t, fmt.Sprint(e.name, " chunks of ", size), scanChunks(c, buf, size), whole)
		}
	}
}

// TestManyTerms compares the engines with one another on as many needles as make Auto change from narrow to wide.
func TestManyTerms(t *testing.T) {
	terms := benchTerms(2500)
	auto, automaton := mustCompile(t, terms, Auto), mustCompile(t, terms, Automaton)
	if _, ok := auto.engine.(*filter).table.(*wide); !ok || auto.needles.len() <= narrowUpTo {
		t.Fatalf("%d needles make a %T", auto.needles.len(), auto.engine.(*filter).table)
	}
	narrow := mustCompile(t, terms, Narrow)
	rng := rand.New(rand.NewPCG(9, 10))
	for _, kind := range []string{"random", "ascii", "han"} {
		buf := haystack(rng, kind, 1<<15, auto)
		want := scan(automaton, buf, 0)
		if len(want) < 300 {
			t.Errorf("%s: only %d hits compared", kind, len(want))
		}
		diff(t, "wide "+kind, scan(auto, buf, 0), want)
		diff(t, "narrow "+kind, scan(narrow, buf, 0), want)
	}
}

func TestHits(t *testing.T) {
	terms := []Term{
		{ID: 7, Text: "法轮功", Variants: []string{"法輪功"}},
		{ID: 8, Text: "VPN"}, {ID: 9, Text: "vpn"},
		{ID: 10, Text: "轮功"}, {ID: 11, Text: "亂亂"}, {ID: 12, Text: "\u4e4d\u4e41"},
	}
	for _, tt := range []struct {
		buf  string
		want []Hit // without Needle
	}{
		{"..法轮功", []Hit{{Offset: 2, Length: 9, Term: 7}, {Offset: 5, Length: 6, Term: 10}}},
		{"\x6c\xd5\x8f\x2a\x52\x9f", []Hit{{Length: 6, Term: 7, Variant: 1, Encoding: text.UTF16BE}}},
		{"\x6c\xd5\x8f\x6a\x52\x9f", nil},
		{"\x6c\xd5\x8f\x2a\x52\x9f\x6c\xd5\x8f\x6e\x52\x9f", []Hit{{Length: 6, Term: 7, Variant: 1, Encoding: text.UTF16BE}, {Offset: 6, Length: 6, Term: 7, Encoding: text.UTF16BE}, {Offset: 8, Length: 4, Term: 10, Encoding: text.UTF16BE}}},
		{"\xa7\xb0\x00vPn", []Hit{{Offset: 3, Length: 3, Term: 8}, {Offset: 3, Length: 3, Term: 9}}},
		{"v\x00p\x00n\x00", []Hit{{Length: 6, Term: 8, Encoding: text.UTF16LE}, {Length: 6, Term: 9, Encoding: text.UTF16LE}}},
		{`\u6CD5\u8f2a\u529F`, []Hit{{Length: 18, Term: 7, Variant: 1, Encoding: text.UnicodeEscape}}},
		{`\\u6cd5\\u8f2a\\u529f`, []Hit{{Length: 21, Term: 7, Variant: 1, Encoding: text.UnicodeEscape}}},
		{"%e6%B3%95%e8%BD%AE%E5%8a%9F", []Hit{{Length: 27, Term: 7, Encoding: text.Percent}, {Offset: 9, Length: 18, Term: 10, Encoding: text.Percent}}},
		{"\xb7\xa8\xc2\xd6\xb9\xa6", []Hit{{Length: 6, Term: 7, Encoding: text.GB18030}, {Offset: 2, Length: 4, Term: 10, Encoding: text.GB18030}}},
		{"\x81y\x81y", []Hit{{Length: 4, Term: 11, Encoding: text.GB18030}}},
		{"\x81Y\x81y", nil}, // a trail byte that looks like a letter is none
		{"\x4d\x4e\x41\x4e", []Hit{{Length: 4, Term: 12, Encoding: text.UTF16LE}}},
		{"\x6d\x4e\x41\x4e", nil}, // nor is half a UTF-16 unit
		{"&#27861;&#36650;&#21151;", []Hit{{Length: 24, Term: 7, Variant: 1, Encoding: text.XMLDecimal}}},
		{"&#x6CD5;&#X8f2A;&#x529f;", []Hit{{Length: 24, Term: 7, Variant: 1, Encoding: text.XMLHex}}},
	} {
		for _, e := range engines {
			got := scan(mustCompile(t, terms, e.engine), []byte(tt.buf), 0)
			for i := range got {
				got[i].Needle = 0
			}
			diff(t, fmt.Sprintf("%s %q", e.name, tt.buf), got, tt.want)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for _, tt := range []struct {
		term Term
		want error
	}{
		{Term{Text: ""}, ErrTermEmpty},
		{Term{Text: "法轮", Variants: []string{""}}, ErrTermEmpty},
		{Term{Text: "a\xffb"}, ErrTermUTF8},
		{Term{Text: "a"}, ErrTermShort},
		{Term{Text: strings.Repeat("法", 1<<20)}, ErrTermLong},
		{Term{Text: strings.Repeat("法", 1000)}, ErrTermLong}, // 6,000 bytes as \u escapes
	} {
		_, err := Compile([]Term{{ID: 1, Text: "法轮功"}, tt.term}, Options{})
		if !errors.Is(err, tt.want) || !strings.Contains(fmt.Sprint(err), "term 1") {
			t.Errorf("%.20q: error %v, want %v naming term 1", tt.term.Text, err, tt.want)
		}
	}
	if _, err := Compile(testTerms(), Options{Engine: 99}); err == nil {
		t.Error("engine 99: no error")
	}
}

func TestNoTerms(t *testing.T) {
	for _, e := range engines {
		c := mustCompile(t, nil, e.engine)
		if hits := scan(c, make([]byte, 1000), 0); hits != nil || c.Overlap() != 0 {
			t.Errorf("%s: %d hits, overlap %d", e.name, len(hits), c.Overlap())
		}
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, e := range engines {
		c := mustCompile(t, testTerms(), e.engine)
		buf := haystack(rng, "random", 1<<13, c)
		n := 0
		emit := func(Hit) { n++ }
		c.Scan(buf, 0, emit)
		if n == 0 {
			t.Fatal("nothing to find")
		}
		most := 0.0
		if raceEnabled {
			most = 4 // sync.Pool forgets at random
		}
		if a := testing.AllocsPerRun(20, func() { c.Scan(buf, 0, emit) }); a > most {
			t.Errorf("%s: %v allocations per scan of %d hits", e.name, a, n)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	c := mustCompile(t, testTerms(), Auto)
	buf := haystack(rand.New(rand.NewPCG(7, 8)), "han", 1<<15, c)
	want := scan(c, buf, 0)
	results := make(chan []Hit)
	for range 4 {
		go func() { results <- scan(c, buf, 0) }()
	}
	for range 4 {
		diff(t, "concurrent", <-results, want)
	}
}

// FuzzScan compares an engine with naive, whole and in chunks, for two terms of the fuzzer's choice.
func FuzzScan(f *testing.F) {
	f.Add("法轮功", "VPN", []byte("xx法轮功vpn\\u6cd5\\u8f6e\\u529f"), uint16(3))
	f.Add("人人", "aa", []byte("\xba\xba\xba\xba\x4e\xba\x4eaaaa人人人"), uint16(1))
	f.Add("A&B", "é", []byte("a&amp;b &#xe9;%c3%A9"), uint16(7))
	f.Fuzz(func(t *testing.T, a, b string, buf []byte, chunk uint16) {
		if len(buf) > 256 || len(a)+len(b) > 40 {
			return
		}
		for _, e := range engines[chunk%3 : chunk%3+1] {
			c, err := Compile([]Term{{ID: 1, Text: a, Variants: []string{b}}, {ID: 2, Text: b}}, Options{Engine: e.engine})
			if err != nil {
				return
			}
			for i := range int32(c.needles.len()) { // let the fuzzer find something
				form, _ := c.needles.at(i)
				buf = append(buf, form...)
				if len(buf) > 1024 {
					break
				}
			}
			want := naive(c, buf, 0)
			if len(want) == 0 {
				t.Fatalf("needle %q not found by naive", c.needles.bytes[:c.needles.length(0)])
			}
			diff(t, e.name, scan(c, buf, 0), want)
			diff(t, e.name+" chunked", scanChunks(c, buf, 1+int(chunk)), want)
		}
	})
}
