package recover

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// layoutSample is a file that a real tool made; testdata has the scripts.
type layoutSample struct {
	file    string
	layout  string
	recipes []string // of the blocklists in it, each of which holds sampleWords, in the order of the file
}

func layoutSamples() []layoutSample {
	return []layoutSample{
		{"dex/lists.dex", "dex", []string{
			"dex string; delimited by '|'", // the string lies before the code
			"dex static values of com.example.Fields",
			"dex annotation in com.example.Noted",
			"dex strings passed to java.util.Set.add in com.example.Adder.<init>",
			"dex array elements in com.example.Array.<clinit>",
			"dex strings passed to java.lang.String.equals in com.example.Equals.isBad",
			"dex array elements in com.example.Filled.words",
			"dex strings passed to java.util.Map.put in com.example.Mapper.fill",
			"dex strings passed to java.util.Set.add in com.example.Parts",
			"dex strings returned by com.example.Switch.word",
			"dex array elements in com.example.Table.rows",
		}},
		{"res/aapt2.arsc", "arsc", []string{
			"resources.arsc string; delimited by '|'",
			"resources.arsc array sensitive_words",
			"resources.arsc array sensitive_words (zh-rTW)",
		}},
		{"res/aapt-utf16.arsc", "arsc", []string{
			"resources.arsc string; delimited by '|'",
			"resources.arsc array sensitive_words",
			"resources.arsc array sensitive_words (zh-rTW)",
		}},
		{"res/aapt2-text.axml", "axml", []string{"axml $/words/w"}},
		{"res/aapt2-attr.axml", "axml", []string{"axml $/words/list/i@word"}},
		{"res/aapt-text.axml", "axml", []string{"axml $/words/w"}},
		{"elf/array.so", "elf", []string{"elf pointer table"}},
		{"elf/struct.so", "elf", []string{"elf pointer table"}},
		{"elf/relr.so", "elf", []string{"elf pointer table"}},
		{"elf/rel32.so", "elf", []string{"elf pointer table"}},
		{"elf/gbk.so", "elf", []string{"elf pointer table"}},
		{"elf/fixed.elf", "elf", []string{"elf pointer table"}},
		{"sqlite/table.db", "sqlite", []string{"sqlite table filter column word"}},
		{"sqlite/utf16le.db", "sqlite", []string{"sqlite table filter column word"}},
		{"sqlite/utf16be.db", "sqlite", []string{"sqlite table filter column word"}},
		{"sqlite/norowid.db", "sqlite", []string{"sqlite table filter column word"}},
		{"sqlite/values.db", "sqlite", []string{"sqlite value; json $[]", "sqlite blob; lines (LF)"}},
		{"sqlite/deleted.db", "sqlite", []string{"sqlite deleted rows, column 2 of 3; approximate"}},
		{"sqlite/dropped.db", "sqlite", []string{"sqlite deleted rows, column 2 of 3; approximate"}},
		{"sqlite/partly.db", "sqlite", []string{"sqlite freed cells, column 2 of 3; approximate"}},
		{"packed/words-5.1.luac", "lua", []string{"lua strings loaded one after another"}},
		{"packed/words-5.2.luac", "lua", []string{"lua strings loaded one after another"}},
		{"packed/words-5.3.luac", "lua", []string{"lua strings loaded one after another"}},
		{"packed/words-5.4.luac", "lua", []string{"lua strings loaded one after another"}},
		{"packed/keys-5.1.luac", "lua", []string{"lua strings loaded one after another"}},
		{"packed/keys-5.2.luac", "lua", []string{"lua strings loaded one after another"}},
		{"packed/keys-5.3.luac", "lua", []string{"lua strings loaded one after another"}},
		{"packed/keys-5.4.luac", "lua", []string{"lua strings loaded one after another"}},
		{"packed/words.ljbc", "luajit", []string{"luajit table"}},
		{"packed/keys.ljbc", "luajit", []string{"luajit constants of a function"}},
		{"packed/words.bplist", "bplist", []string{"bplist $.words[]"}},
		{"packed/words.hbc", "hermes", []string{"hermes array literals"}},
		{"packed/array.ser", "java", []string{"java array"}},
		{"packed/list.ser", "java", []string{"java java.util.ArrayList"}},
		{"packed/Filter.dll", "dotnet", []string{".net strings loaded one after another"}},
		{"packed/repeated.pb", "", []string{"u8 length-prefixed strings"}},
		{"packed/messages.pb", "", []string{"u8 length-prefixed strings; approximate"}},
		{"packed/utf.bin", "", []string{"u16be length-prefixed strings"}},
		{"packed/u32utf16.bin", "", []string{"u32le length-prefixed strings (in characters)"}},
		{"sqlite/wal.db-wal", "sqlite log", []string{"sqlite log rows, column 2 of 3; approximate"}},
	}
}

func testFile(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestLayoutTable checks that every layout has a sample and a fuzz target.
func TestLayoutTable(t *testing.T) {
	code, err := os.ReadFile("fuzz_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, lay := range layouts() {
		if !strings.Contains(string(code), fmt.Sprintf("fuzzLayout(f, %q)", lay.name)) {
			t.Errorf("%s: no fuzz target", lay.name)
		}
		if !slices.ContainsFunc(layoutSamples(), func(s layoutSample) bool { return s.layout == lay.name }) {
			t.Errorf("%s: no sample", lay.name)
		}
	}
}

func TestLayouts(t *testing.T) {
	for _, tt := range layoutSamples() {
		t.Run(tt.file, func(t *testing.T) {
			raw := testFile(t, tt.file)
			res := recoverBytes(t, raw, tt.file, knownWords())
			if res.Layout != tt.layout {
				t.Errorf("layout %q, want %q", res.Layout, tt.layout)
			}
			var recipes []string
			for _, l := range blocklists(res) {
				recipe := strings.Join(l.Recipe, "; ")
				recipes = append(recipes, recipe)
				want := sampleWords()
				if tt.file == "packed/keys.ljbc" { // a function holds a constant once
					want = slices.Delete(want, 16, 17)
				}
				if got := texts(l); !slices.Equal(got, want) {
					t.Errorf("%s: entries %q", recipe, got)
				}
				checkStored(t, raw, l)
			}
			if !slices.Equal(recipes, tt.recipes) {
				t.Errorf("recipes\n%s\nwant\n%s", strings.Join(recipes, "\n"), strings.Join(tt.recipes, "\n"))
			}
		})
	}
}

// checkStored reads the entries again at their offsets.
func checkStored(t *testing.T, raw []byte, l List) {
	t.Helper()
	for _, e := range l.Entries {
		if e.Offset < l.Begin || e.End > l.End || e.Offset >= e.End || l.End > int64(len(raw)) {
			t.Fatalf("%q at %d to %d, the list is %d to %d of %d", e.Text, e.Offset, e.End, l.Begin, l.End, len(raw))
		}
		name, ascii, mixed := strings.Cut(strings.Replace(l.Encoding, "mutf-8", "utf-8", 1), ", ")
		enc := encodingOf(t, name)
		if mixed && ascii == "ascii as bytes" && string(raw[e.Offset:e.End]) == e.Text {
			continue
		}
		if at := decode(raw[e.Offset:e.End], 0, enc, 0).text; strings.TrimFunc(at, blank) != e.Text {
			t.Fatalf("%q is not at %d: %q", e.Text, e.Offset, at)
		}
	}
}

// hitsOf returns where known terms stand in UTF-8 and UTF-16, as a search would.
func hitsOf(raw []byte, words []string) []int64 {
	var hits []int64
	for _, w := range words {
		for _, form := range []string{w, utf16Of(w, binary.LittleEndian), utf16Of(w, binary.BigEndian), gbkOf(w)} {
			for i := 0; ; i++ {
				n := bytes.Index(raw[i:], []byte(form))
				if n < 0 {
					break
				}
				i += n
				hits = append(hits, int64(i))
			}
		}
	}
	return hits
}

func gbkOf(s string) string {
	out, err := simplifiedchinese.GBK.NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return out
}

func utf16Of(s string, order binary.AppendByteOrder) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return string(out)
}

// TestLayoutHits: with the hits of a search, a part of the bytes in memory, and a Source that reads slowly the result is the same.
func TestLayoutHits(t *testing.T) {
	for _, s := range layoutSamples() {
		raw := testFile(t, s.file)
		want := recoverBytes(t, raw, s.file, knownWords())
		hits := hitsOf(raw, []string{"法轮功", "李洪志", "六四事件", "Free Tibet", "达赖喇嘛", "鸡巴", "共匪", "冰毒", "傻逼", "操你妈", "民运"})
		opt := Options{}
		if s.layout != "" {
			opt.Limit = 16
		}
		got, err := Recover(bytes.NewReader(raw), int64(len(raw)), s.file, hits, knownWords(), opt)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %d lists with %d hits, %d without, %v", s.file, len(got.Lists), len(hits), len(want.Lists), err)
		}
	}
}

// TestLayoutDamage flips, cuts and repeats bytes of the samples: nothing panics, and the time does not grow.
func TestLayoutDamage(t *testing.T) {
	for _, s := range layoutSamples() {
		raw := testFile(t, s.file)
		rng := rand.New(rand.NewSource(1))
		start := time.Now()
		for range 150 {
			bad := slices.Clone(raw)
			for range 1 + rng.Intn(8) {
				bad[rng.Intn(len(bad))] = byte(rng.Intn(256))
			}
			if rng.Intn(4) == 0 {
				bad = bad[:rng.Intn(len(bad))]
			}
			for _, l := range recoverBytes(t, bad, s.file, knownWords()).Lists {
				checkBinary(t, l, bad)
			}
		}
		if d := time.Since(start); d > time.Minute {
			t.Errorf("%s: %v", s.file, d)
		}
	}
}
