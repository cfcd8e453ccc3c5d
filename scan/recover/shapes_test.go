package recover

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/scan/text"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// each writes every word with a format that takes its number and itself.
func each(format string, words []string) string {
	var b strings.Builder
	for i, w := range words {
		fmt.Fprintf(&b, format, i, w)
	}
	return b.String()
}

func toJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// asciiJSON is toJSON with every other character as \uXXXX.
func asciiJSON(v any) string {
	s := strconv.QuoteToASCII(toJSON(v))
	return strings.ReplaceAll(s[1:len(s)-1], `\"`, `"`)
}

type shapeSample struct {
	name, text string
	recipe     string // joined by "; "
	avoid      string // characters that the shape, as written here, cannot hold in a word
}

const quotes = "\"'\\"

// shapeSamples hold words in every shape, among what stands around lists in real files.
func shapeSamples(w []string) []shapeSample {
	lines := strings.Join(w, "\n") + "\n"
	var objects []map[string]any
	names := map[string]int{}
	for i, s := range w {
		objects = append(objects, map[string]any{"id": fmt.Sprint(i), "word": s, "type": "t"})
		names[s] = 1
	}
	half := len(w) / 2
	return []shapeSample{
		{"lines LF", lines, "lines (LF)", ""},
		{"lines CRLF", strings.ReplaceAll(lines, "\n", "\r\n"), "lines (CRLF)", ""},
		{"lines CR", strings.ReplaceAll(lines, "\n", "\r"), "lines (CR)", ""},
		{"lines NUL", strings.ReplaceAll(lines, "\n", "\x00"), "lines (NUL)", ""},
		{"lines indented", "\n  " + strings.Join(w, "\t\n\n  "), "lines (LF)", ""},
		{"comma", strings.Join(w, ","), "delimited by ','", ",\""},
		{"comma space", strings.Join(w, ", "), "delimited by ','", ",\""},
		{"pipe", "|" + strings.Join(w, "|") + "|\n", "delimited by '|'", "|"},
		{"semicolon", strings.Join(w, ";"), "delimited by ';'", ";"},
		{"ideographic comma", strings.Join(w, "、"), "delimited by '、'", "、"},
		{"full-width comma", strings.Join(w, "，"), "delimited by '，'", "，"},
		{"tab", strings.Join(w, "\t"), "delimited by tab", "\t"},
		{"many on two lines", strings.Join(w[:half], "|") + "\n" + strings.Join(w[half:], "|"), "delimited by '|'", "|"},
		{"csv word weight", each("%[2]s,%[1]d\n", w), "column 1 of 2, delimited by ','", ",\""},
		{"csv header", "id,word,level\n" + each("%d,%s,a\n", w), "column 2 of 3, delimited by ','; header row left out", ",\""},
		{"csv quoted", each("\"%d\",\"%s\",\"x,y\"\n", w), "column 2 of 3, delimited by ','", ",\""},
		{"word=mask", each("%[2]s=***\n", w), "column 1 of 2, delimited by '='", "=\""},
		{"word|level", each("%[2]s|2\n", w), "column 1 of 2, delimited by '|'", "|\""},
		{"tsv", each("%d\t%s\n", w), "column 2 of 2, delimited by tab", "\t\""},
		{"trailing comma", each("%[2]s,\n", w), "column 1 of 2, delimited by ','", ",\""},
		{"base64 lines", base64.StdEncoding.EncodeToString([]byte(lines)), "base64 decode; lines (LF)", ""},
		{"base64 wrapped", wrap(base64.StdEncoding.EncodeToString([]byte(lines)), 76), "base64 decode; lines (LF)", ""},
		{"base64 url json", base64.RawURLEncoding.EncodeToString([]byte(toJSON(w))), "base64 decode; json $[]", ""},
		{"json array", toJSON(w), "json $[]", ""},
		{"json indented", "{\n  \"version\": \"1.2\",\n  \"words\": [\n    \"" + strings.Join(w, "\",\n    \"") + "\"\n  ],\n}", "json $.words[]", quotes},
		{"json objects", toJSON(objects), "json $[].word", ""},
		{"json escaped", asciiJSON(map[string]any{"status": 0, "keywords": w}), "json $.keywords[]", quotes + "<>&"},
		{"json in json", toJSON(map[string]any{"status": 0, "message": "updated", "keywords": toJSON(w)}), "json string $.keywords; unescape decode; json $[]", ""},
		{"json in json escaped", toJSON(map[string]any{"status": 0, "keywords": asciiJSON(w)}), "json string $.keywords; unescape decode; json $[]", quotes + "<>&"},
		{"json delimited string", toJSON(map[string]any{"a": "b", "words": strings.Join(w, "|")}), "json string $.words; delimited by '|'", "|\""},
		{"json categories", `{"一":` + toJSON(w[:half]) + `,"二":` + toJSON(w[half:]) + `}`, "json $.*[]", ""},
		{"json lines", each("{\"n\":%d,\"w\":\"%s\"}\n", w), "json $.w", quotes},
		{"json base64", toJSON(map[string]any{"data": base64.StdEncoding.EncodeToString([]byte(lines))}), "json string $.data; base64 decode; lines (LF)", ""},
		{"xml elements", "<?xml version=\"1.0\"?>\n<words version=\"3\">" + each("\n  <w id=\"%d\">%s</w>", w) + "\n</words>", "xml $/words/w", "<>&"},
		{"xml attributes", "<list>" + each("<i n='%d' word=\"%s\"/>", w) + "</list>", "xml $/list/i@word", quotes + "<>&"},
		{"xml android array", "<resources><string name=\"app\">名字</string><string-array name=\"sensi\">" + each("<!-- %d --><item>%s</item>", w) + "</string-array></resources>", "xml $/resources/string-array/item", "<>&"},
		{"xml one string", "<r><s name=\"w\">" + strings.Join(w, ",") + "</s></r>", "xml text $/r/s; delimited by ','", ",<>&"},
		{"plist", "<?xml version=\"1.0\"?><!DOCTYPE plist><plist><dict><key>words</key><array>" + each("<string>%[2]s</string>", w) + "</array></dict></plist>", "xml $/plist/dict/array/string", "<>&"},
		{"java array", "package a;\nclass F {\n  // it's a filter\n  static final String[] W = {\n\"" + strings.Join(w, "\", \"") + "\"};\n String n = \"x\";}\n", "quoted strings, elements", quotes},
		{"java set", "void f() {\n" + each("  words.add(\"%[2]s\");\n", w) + "}\n", "quoted strings, elements", quotes},
		{"php array", "<?php\n$badwords = array('" + strings.Join(w, "','") + "');\nreturn 'ok';", "quoted strings, elements", quotes},
		{"php split", "<?php $w = explode('|', \"" + strings.Join(w, "|") + "\"); ?>", "quoted string; delimited by '|'", quotes + "|"},
		{"js escaped", "module.exports = [" + strings.Join(quotedASCII(w), ",\n") + "];", "quoted strings, elements", quotes},
		{"lua table", "local t = {\n" + each("  [%[1]d] = \"%[2]s\",\n", w) + "}\nreturn t", "quoted strings, values", quotes},
		{"properties", "# filter\nname = filter\n" + each("word%d = %s\n", w), "pairs values of word", "=:\\"},
		{"properties escaped", "# filter\nname=filter\n" + each("word.%d=%s\n", escapedWords(w)), "unescape decode; pairs values of word.", "=:\\"},
		{"properties one", "name=filter\nwords=" + strings.Join(escapedWords(w), ",") + "\nother=x\n", "unescape decode; pairs value; delimited by ','", ",=:\"\\"},
		{"ini section", "[filter]\n" + lines + "[other]\nred\nblue\n", "lines of pairs [filter]", "=:[];#!/"},
		{"strings", "/* f */\n" + each("\"k%d\" = \"%s\";\n", w), "quoted strings, values", quotes},
		{"yaml", "# x\nname: filter\nwords:\n" + each("  - %[2]s\n", w) + "other:\n  - red\n", "yaml $.words[]", quotes + ":#-[]{}&*!|>%@`"},
		{"yaml inline", "name: f\nwords: [" + strings.Join(w, ", ") + "]\n", "yaml $.words[]", quotes + ",:#-[]{}&*!|>%@`"},
		{"yaml map", "filter:\n" + each("  %[2]s: %[1]d\n", w), "yaml $.filter names", quotes + ":#-[]{}&*!|>%@`"},
		{"yaml objects", "rows:\n" + each("  - id: %d\n    word: %s\n    level: 3\n", w), "yaml $.rows[].word", quotes + ":#-[]{}&*!|>%@`"},
		{"percent lines", strings.ReplaceAll(url.PathEscape(lines), "%0A", "\n"), "percent decode; lines (LF)", ""},
		{"percent query", "words=" + url.QueryEscape(strings.Join(w, "|")) + "&v=2", "value; percent decode; delimited by '|'", "|"},
		{"entity lines", references(lines), "entity decode; lines (LF)", "<>&#\""},
		{"unicode lines", strings.Join(escapedWords(w), "\n"), "unescape decode; lines (LF)", quotes},
		{"base64 per line", strings.Join(base64Words(w), "\n"), "lines (LF); base64 in each entry", ""},
		{"base64 in json array", toJSON(base64Words(w)), "json $[]; base64 in each entry", ""},
		{"base64 in xml", "<r><name>x</name><data>\n" + wrap(base64.StdEncoding.EncodeToString([]byte(lines)), 76) + "\n</data></r>", "xml text $/r/data; base64 decode; lines (LF)", ""},
		{"base64 in source", "class A { String d = \"" + base64.StdEncoding.EncodeToString([]byte(lines)) + "\"; }", "quoted string; base64 decode; lines (LF)", ""},
		{"base64 in a heredoc", "D = '''\n" + wrap(base64.StdEncoding.EncodeToString([]byte(lines)), 76) + "'''\n", "block; base64 decode; lines (LF)", ""},
		{"python", "# words\nWORDS = [" + strings.Join(quotedASCII(w), ", ") + "]\nif x in WORDS: print('bad')\n", "quoted strings, elements", quotes},
	}
}

func quotedASCII(words []string) []string {
	var q []string
	for _, w := range words {
		q = append(q, strconv.QuoteToASCII(w))
	}
	return q
}

// escapedWords writes words as a properties file does, base64Words each in Base64.
func escapedWords(words []string) []string {
	var q []string
	for _, w := range quotedASCII(words) {
		q = append(q, w[1:len(w)-1])
	}
	return q
}

func base64Words(words []string) []string {
	var q []string
	for _, w := range words {
		q = append(q, base64.StdEncoding.EncodeToString([]byte(w)))
	}
	return q
}

// references writes what is not ASCII as character references.
func references(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "&#x%X;", r)
		}
	}
	return b.String()
}

func wrap(s string, width int) string {
	var b strings.Builder
	for len(s) > width {
		b.WriteString(s[:width] + "\r\n")
		s = s[width:]
	}
	return b.String() + s
}

// TestTable checks that every shape in the folder is in the table, and has a sample and a fuzz target.
func TestTable(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(raw)
	}
	if n := len(regexp.MustCompile(`\nfunc find[A-Z]\w*\(d \*document\) found`).FindAllString(code.String(), -1)); n != len(shapes()) {
		t.Errorf("%d shapes in the folder, %d in the table", n, len(shapes()))
	}
	words := map[string]string{"columns": "column ", "source": "quoted string", "escaped": "percent decode"} // in recipes, where not the name
	for _, sh := range shapes() {
		if !strings.Contains(code.String(), fmt.Sprintf("fuzzShape(f, %q)", sh.name)) {
			t.Errorf("%s: no fuzz target", sh.name)
		}
		if !slices.ContainsFunc(shapeSamples(sampleWords()), func(s shapeSample) bool {
			return strings.Contains(s.recipe, cmp.Or(words[sh.name], sh.name))
		}) {
			t.Errorf("%s: no sample", sh.name)
		}
	}
}

func TestShapes(t *testing.T) {
	for _, tt := range shapeSamples(sampleWords()) {
		t.Run(tt.name, func(t *testing.T) {
			res := recoverBytes(t, []byte(tt.text), "x", knownWords())
			lists := blocklists(res)
			if len(lists) != 1 {
				t.Fatalf("%d blocklists of %d lists: %+v", len(lists), len(res.Lists), res.Lists)
			}
			l := lists[0]
			if got := strings.Join(l.Recipe, "; "); got != tt.recipe {
				t.Errorf("recipe %q, want %q", got, tt.recipe)
			}
			if got := texts(l); !slices.Equal(got, sampleWords()) {
				t.Errorf("entries %q", got)
			}
			if l.Distinct != len(sampleWords())-1 {
				t.Errorf("%d distinct", l.Distinct)
			}
			checkOffsets(t, []byte(tt.text), l)
		})
	}
}

// TestWrapped puts real lists into every shape.
func TestWrapped(t *testing.T) {
	known := builtinTerms(t)
	wrapped, exact := 0, 0
	for i, s := range devSamples(t, "positive") {
		raw, err := os.ReadFile(filepath.Join(samplesDir, "lists-dev/positive", s.File))
		if err != nil {
			t.Fatal(err)
		}
		if i%16 != 0 || len(raw) > 8<<10 || len(blocklists(recoverBytes(t, raw, "x", known))) == 0 {
			continue
		}
		var words []string
		for line := range strings.Lines(string(raw)) {
			if w := strings.TrimFunc(line, blank); w != "" {
				words = append(words, w)
			}
		}
		all := strings.Join(words, "")
		for _, tt := range shapeSamples(words) {
			if strings.ContainsAny(all, tt.avoid) {
				continue
			}
			wrapped++
			lists := blocklists(recoverBytes(t, []byte(tt.text), "x", known))
			if len(lists) == 1 && slices.Equal(texts(lists[0]), words) {
				exact++
			} else {
				t.Logf("%s as %s: %d lists", s.File, tt.name, len(lists))
			}
		}
	}
	t.Logf("%d of %d exact", exact, wrapped)
	if exact*100 < wrapped*99 {
		t.Errorf("%d of %d wrapped lists were recovered exactly", exact, wrapped)
	}
}

func texts(l List) []string {
	var all []string
	for _, e := range l.Entries {
		all = append(all, e.Text)
	}
	return all
}

// checkOffsets reads the entries again at their offsets.
func checkOffsets(t *testing.T, raw []byte, l List) {
	t.Helper()
	decoded := strings.Contains(strings.Join(l.Recipe, " "), "base64 decode")
	for _, e := range l.Entries {
		if e.Offset < l.Begin || e.Offset > l.End {
			t.Fatalf("%q at %d is outside %d to %d", e.Text, e.Offset, l.Begin, l.End)
		}
		if decoded || strings.Contains(strings.Join(l.Recipe, " "), PerEntry) {
			continue
		}
		if l.End > int64(len(raw)) {
			t.Fatalf("end %d of %d bytes", l.End, len(raw))
		}
		at := string(raw[e.Offset:])
		if !strings.HasPrefix(at, e.Text) && !strings.ContainsAny(at[:1], `\%&`) && !strings.HasPrefix(at, e.Text[:1]) {
			t.Fatalf("%q is not at %d: %.20q", e.Text, e.Offset, at)
		}
	}
}

func TestEncodings(t *testing.T) {
	words := sampleWords()
	traditional := []string{"法輪功", "李洪志", "台獨", "民運", "達賴喇嘛", "藏獨", "某個詞", "另一個", "雞巴", "傻逼", "冰毒", "共匪", "普通詞", "疆獨"}
	known := NewTerms([]Term{{"法輪功", "a"}, {"達賴喇嘛", "b"}, {"民運", "c"}, {"法轮功", "a"}, {"六四事件", "b"}, {"共匪", "c"}, {"冰毒", "d"}})
	utf16 := func(e unicode.Endianness, b unicode.BOMPolicy, s string) string {
		out, err := unicode.UTF16(e, b).NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	lines := strings.Join(words, "\n")
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(lines)
	if err != nil {
		t.Fatal(err)
	}
	big5, err := traditionalchinese.Big5.NewEncoder().String(strings.Join(traditional, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		encoding, raw string
		want          []string
	}{
		{"utf-8", lines, words},
		{"utf-8+bom", "\uFEFF" + lines, words},
		{"utf-16le", utf16(unicode.LittleEndian, unicode.IgnoreBOM, lines), words},
		{"utf-16le+bom", utf16(unicode.LittleEndian, unicode.UseBOM, lines), words},
		{"utf-16be", utf16(unicode.BigEndian, unicode.IgnoreBOM, lines), words},
		{"utf-16be+bom", utf16(unicode.BigEndian, unicode.UseBOM, lines), words},
		{"utf-16le", utf16(unicode.LittleEndian, unicode.IgnoreBOM, strings.ReplaceAll(lines, "\n", "\x00")), words},
		{"gb18030", gb, words},
		{"gb18030", strings.ReplaceAll(gb, "\n", "\x00"), words},
		{"big5", big5, traditional},
	}
	for _, tt := range tests {
		lists := blocklists(recoverBytes(t, []byte(tt.raw), "x", known))
		if len(lists) != 1 {
			t.Errorf("%s: %d blocklists", tt.encoding, len(lists))
			continue
		}
		l := lists[0]
		if l.Encoding != tt.encoding || !slices.Equal(texts(l), tt.want) {
			t.Errorf("%s %q, want %s", l.Encoding, texts(l), tt.encoding)
		}
		if l.End != int64(len(tt.raw)) {
			t.Errorf("%s: ends at %d of %d", tt.encoding, l.End, len(tt.raw))
		}
		// An entry lies where its own bytes do.
		unit := int64(len(tt.raw)) - l.Entries[len(l.Entries)-1].Offset
		last := decode([]byte(tt.raw[int64(len(tt.raw))-unit:]), 0, encodingOf(t, tt.encoding), 0).text
		if want := tt.want[len(tt.want)-1]; last != want {
			t.Errorf("%s: at the offset of the last entry stands %q, want %q", tt.encoding, last, want)
		}
	}
}

func encodingOf(t *testing.T, name string) text.Encoding {
	t.Helper()
	enc, err := text.ParseEncoding(strings.TrimSuffix(name, "+bom"))
	if err != nil {
		t.Fatal(err)
	}
	return enc
}
