package recover

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// checkStructures verifies what every shape must keep: items in order, inside the text, and where nothing was decoded equal to
// the text that they lie in.
func checkStructures(t *testing.T, d *document, f found) {
	t.Helper()
	for _, s := range f.lists {
		for _, it := range s.items {
			if it.pos < 0 || it.end < it.pos || it.end > len(d.text) || it.text == "" {
				t.Fatalf("item %q at %d to %d of %d", it.text, it.pos, it.end, len(d.text))
			}
			raw := d.text[it.pos:it.end]
			if it.text != raw && !strings.ContainsAny(raw, `\&`) {
				t.Fatalf("item %q, but the text is %q", it.text, raw)
			}
		}
	}
	for _, inner := range f.texts {
		for pos := range inner.text {
			if off := inner.origin.offset(pos); off < 0 || off > int64(len(d.text)) {
				t.Fatalf("position %d of a text within comes from %d of %d", pos, off, len(d.text))
			}
		}
	}
}

func fuzzShape(f *testing.F, name string) {
	var find func(*document) found
	for _, sh := range shapes() {
		if sh.name == name {
			find = sh.find
		}
	}
	for _, s := range shapeSamples(sampleWords()) {
		f.Add(s.text)
	}
	for _, s := range hostileTexts() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := &document{text: text, encoding: "utf-8", origin: shift(0), space: space{bytes: []byte(text)}}
		checkStructures(t, d, find(d))
	})
}

func FuzzBase64(f *testing.F)    { fuzzShape(f, "base64") }
func FuzzJSON(f *testing.F)      { fuzzShape(f, "json") }
func FuzzXML(f *testing.F)       { fuzzShape(f, "xml") }
func FuzzSource(f *testing.F)    { fuzzShape(f, "source") }
func FuzzColumns(f *testing.F)   { fuzzShape(f, "columns") }
func FuzzDelimited(f *testing.F) { fuzzShape(f, "delimited") }
func FuzzEscaped(f *testing.F)   { fuzzShape(f, "escaped") }
func FuzzYAML(f *testing.F)      { fuzzShape(f, "yaml") }
func FuzzPairs(f *testing.F)     { fuzzShape(f, "pairs") }
func FuzzLines(f *testing.F)     { fuzzShape(f, "lines") }

// FuzzRecover takes any bytes: every offset lies in the artefact, and the result is the same twice.
func FuzzRecover(f *testing.F) {
	for _, s := range shapeSamples(sampleWords()) {
		f.Add([]byte(s.text), int64(0))
		if gb, err := simplifiedchinese.GB18030.NewEncoder().String(s.text); err == nil {
			f.Add([]byte(gb), int64(100))
		}
		if le, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(s.text); err == nil {
			f.Add([]byte(le), int64(0))
		}
	}
	known := knownWords()
	f.Fuzz(func(t *testing.T, raw []byte, limit int64) {
		opt := Options{Limit: limit}
		r := bytes.NewReader(raw)
		res, err := Recover(r, r.Size(), "fuzz", []int64{int64(len(raw) / 2)}, known, opt)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range res.Lists {
			checkList(t, l, raw)
		}
		again, err := Recover(r, r.Size(), "fuzz", []int64{int64(len(raw) / 2)}, known, opt)
		if err != nil || !reflect.DeepEqual(res, again) {
			t.Fatalf("not the same twice: %v", err)
		}
	})
}

func checkList(t *testing.T, l List, raw []byte) {
	t.Helper()
	recipe := strings.Join(l.Recipe, "; ")
	end := int64(len(raw))
	if strings.Contains(recipe, "base64 decode") {
		end = end * 3 / 4
	}
	if l.Begin < 0 || l.Begin > l.End || l.End > end {
		t.Fatalf("%s: from %d to %d of %d bytes", recipe, l.Begin, l.End, end)
	}
	if l.Score < 0 || l.Score > 1 || len(l.Entries) < l.Distinct || len(l.RawSHA256) != 64 || len(l.CanonicalSHA256) != 64 {
		t.Fatalf("score %v, %d distinct of %d, hashes %q %q", l.Score, l.Distinct, len(l.Entries), l.RawSHA256, l.CanonicalSHA256)
	}
	for _, e := range l.Entries {
		if e.Offset < l.Begin || e.Offset >= l.End || e.Text == "" {
			t.Fatalf("%s: entry %q at %d, the list is %d to %d", recipe, e.Text, e.Offset, l.Begin, l.End)
		}
		if strings.Contains(recipe, "decode") || strings.Contains(recipe, PerEntry) || !strings.HasPrefix(l.Encoding, "utf-8") || !utf8.ValidString(e.Text) {
			continue
		}
		if at := string(raw[e.Offset:l.End]); !strings.HasPrefix(at, e.Text) && !strings.ContainsAny(at, `\&`) {
			t.Fatalf("%s: entry %q is not at %d: %.40q", recipe, e.Text, e.Offset, at)
		}
	}
}

func fuzzLayout(f *testing.F, name string) {
	for _, s := range layoutSamples() {
		if s.layout == name {
			f.Add(testFile(f, s.file))
		}
	}
	known := knownWords()
	f.Fuzz(func(t *testing.T, raw []byte) {
		res := recoverBytes(t, raw, "fuzz", known)
		for _, l := range res.Lists {
			if !res.Text {
				checkBinary(t, l, raw)
			}
		}
	})
}

func FuzzDEX(f *testing.F)       { fuzzLayout(f, "dex") }
func FuzzARSC(f *testing.F)      { fuzzLayout(f, "arsc") }
func FuzzAXML(f *testing.F)      { fuzzLayout(f, "axml") }
func FuzzELF(f *testing.F)       { fuzzLayout(f, "elf") }
func FuzzSQLite(f *testing.F)    { fuzzLayout(f, "sqlite") }
func FuzzSQLiteLog(f *testing.F) { fuzzLayout(f, "sqlite log") }
func FuzzLua(f *testing.F)       { fuzzLayout(f, "lua") }
func FuzzLuaJIT(f *testing.F)    { fuzzLayout(f, "luajit") }
func FuzzBPlist(f *testing.F)    { fuzzLayout(f, "bplist") }
func FuzzHermes(f *testing.F)    { fuzzLayout(f, "hermes") }
func FuzzJava(f *testing.F)      { fuzzLayout(f, "java") }
func FuzzDotNet(f *testing.F)    { fuzzLayout(f, "dotnet") }
func FuzzUnknown(f *testing.F)   { fuzzLayout(f, "") } // bytes of no layout that is known

// checkBinary verifies what every list of a binary layout must keep.
func checkBinary(t *testing.T, l List, raw []byte) {
	t.Helper()
	recipe := strings.Join(l.Recipe, "; ")
	if l.Score < 0 || l.Score > 1 || len(l.Entries) < l.Distinct || len(l.RawSHA256) != 64 || len(l.CanonicalSHA256) != 64 {
		t.Fatalf("%s: score %v, %d distinct of %d, hashes %q %q", recipe, l.Score, l.Distinct, len(l.Entries), l.RawSHA256, l.CanonicalSHA256)
	}
	if strings.Contains(recipe, "base64 decode") {
		return
	}
	for _, e := range l.Entries {
		if e.Offset < l.Begin || e.End > l.End || e.Offset >= e.End || l.End > int64(len(raw)) || e.Text == "" {
			t.Fatalf("%s: %q at %d to %d, the list is %d to %d of %d", recipe, e.Text, e.Offset, e.End, l.Begin, l.End, len(raw))
		}
	}
}

// hostileTexts are built to make a reader loop, recurse or take time that grows with the square.
func hostileTexts() []string {
	const n = 1000
	return []string{
		strings.Repeat("[", n), strings.Repeat(`{"a":`, n), strings.Repeat(`["`, n), `{"a":"` + strings.Repeat(`\`, n),
		strings.Repeat("<a ", n), strings.Repeat("<a>", n), "<a " + strings.Repeat(`b="`, n), strings.Repeat("<![CDATA[", n), "<!--",
		strings.Repeat(`"\`, n), strings.Repeat(`'`, n), strings.Repeat(`"""`, n), strings.Repeat(`,"`, n), strings.Repeat(`"a,""`, n),
		strings.Repeat("a,", n), strings.Repeat("\n", n), strings.Repeat("&", n), strings.Repeat(`\u`, n), strings.Repeat(`\ud800`, n),
		strings.Repeat("=", n), strings.Repeat("Aa1+", n), "\uFEFF", `"`, `\`, "&#x110000;&#0;&#xD800;",
	}
}
