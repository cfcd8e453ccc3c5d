package wordlists

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

func encoded(t testing.TB, e encoding.Encoding, s string) string {
	t.Helper()
	out, err := e.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func texts(l *List) []string {
	var out []string
	for _, term := range l.Terms {
		out = append(out, term.Text)
	}
	return out
}

// plain are the terms of most imports below.
func plain() []string { return []string{"法轮功", "一夜情", "西藏独立", "free tibet"} }

func TestImportEncodings(t *testing.T) {
	lines := strings.Join(plain(), "\r\n") + "\r\n"
	for name, text := range map[string]string{
		"utf-8":          lines,
		"utf-8 bom":      "\ufeff" + lines,
		"utf-8 old mac":  strings.ReplaceAll(lines, "\r\n", "\r"),
		"utf-16le":       encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), lines),
		"utf-16be":       encoded(t, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), lines),
		"utf-16le bom":   encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), lines),
		"utf-16be bom":   encoded(t, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), lines),
		"gbk":            encoded(t, simplifiedchinese.GBK, lines),
		"gb18030":        encoded(t, simplifiedchinese.GB18030, lines),
		"blank and glue": "\n  " + strings.Join(plain(), " \n\n\u3000\u200b\ufeff") + "\u00a0\n\u007f\n\n",
	} {
		l, err := Import("list.txt", strings.NewReader(text), ImportOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(texts(l), plain()) {
			t.Errorf("%s: %q, want %q", name, texts(l), plain())
		}
		if l.Name != "list" || l.Kind != KindTerms || l.SHA256 != hashOf([]byte(text)) {
			t.Errorf("%s: name %q, kind %q, hash %s", name, l.Name, l.Kind, l.SHA256)
		}
	}
	traditional := []string{"法輪功", "西藏獨立", "台灣獨立", "天安門事件", "達賴喇嘛", "共匪"}
	for name, text := range map[string]string{
		"big5": encoded(t, traditionalchinese.Big5, strings.Join(traditional, "\n")),
		"gbk":  encoded(t, simplifiedchinese.GBK, strings.Join(traditional, "\n")),
	} {
		l, err := Import("list.txt", strings.NewReader(text), ImportOptions{})
		if err != nil || !slices.Equal(texts(l), traditional) {
			t.Errorf("traditional %s: %v, %v", name, l, err)
		}
	}
}

func TestImportForms(t *testing.T) {
	want := plain()
	quoted, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	// MiAdBlacklistConfig: JSON text, its Chinese escaped, inside a JSON string.
	var escaped strings.Builder
	for _, r := range string(quoted) {
		if r > 0x7F {
			fmt.Fprintf(&escaped, `\u%04x`, r)
		} else {
			escaped.WriteRune(r)
		}
	}
	inString, err := json.Marshal(escaped.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, text string
		opts       ImportOptions
	}{
		{"one line with bars", "法轮功|一夜情|西藏独立|free tibet|", ImportOptions{}},
		{"one line with commas", "法轮功, 一夜情, 西藏独立, free tibet", ImportOptions{}},
		{"lines with separators", "法轮功、一夜情、西藏独立、\nfree tibet", ImportOptions{}},
		{"one column with a header", "Keyword\n法轮功\n一夜情\n西藏独立\nfree tibet\n", ImportOptions{}},
		{"comma lines forced", "法轮功\n一夜情\n西藏独立\nfree tibet", ImportOptions{Format: FormatLines}},
		{"header", "id,word,level\n1,法轮功,3\n2,一夜情,1\n3,西藏独立,3\n4,free tibet,3\n", ImportOptions{}},
		{"header in Chinese", "编号;敏感词;分类\n1;法轮功;a\n2;一夜情;b\n3;西藏独立;a\n4;free tibet;a\n", ImportOptions{}},
		{"no header: the Chinese column", "1,x y z long text,法轮功\n2,other long text,一夜情\n3,more of it,西藏独立\n4,and more,free tibet\n", ImportOptions{}},
		{"no header: not the numbers", "100001\t法轮功\n100002\t一夜情\n100003\t西藏独立\n100004\tfree tibet\n", ImportOptions{}},
		{"column by name", "a,b\n1,法轮功\n1,一夜情\n1,西藏独立\n1,free tibet\n", ImportOptions{Column: "B"}},
		{"column by number", "词,法轮功\n词,一夜情\n词,西藏独立\n词,free tibet\n", ImportOptions{Column: "2"}},
		{"column by number below a header", "keyword,b\n词,法轮功\n词,一夜情\n词,西藏独立\n词,free tibet\n", ImportOptions{Column: "2"}},
		{"quotes", "id,keyword\n1,\"法轮功\"\n2,\"一夜情\"\n3,\"西藏独立\"\n4,\"free tibet\"\n", ImportOptions{}},
		{"JSON array", string(quoted), ImportOptions{}},
		{"JSON array of objects", `[{"id":1,"word":"法轮功"},{"word":"一夜情"},{"word":"西藏独立"},{"word":"free tibet"}]`, ImportOptions{}},
		{"JSON object", ` {"words": ` + string(quoted) + `}`, ImportOptions{}},
		{"MiAdBlacklistConfig", `{"status":0,"message":"updated","version":7,"cacheTime":86400,"keywords":` + string(inString) + `}`, ImportOptions{}},
		{"MiAdBlacklistConfig, plain array", `{"status":0,"message":"updated","version":"7","cacheTime":86400,"keywords":` + string(quoted) + `}`, ImportOptions{}},
		{"our TSV in UTF-16", encoded(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "# name: list\nterm\tgloss\n法轮功\n一夜情\n西藏独立\tx\nfree tibet\n"), ImportOptions{}},
	} {
		l, err := Import("list.x", strings.NewReader(tc.text), tc.opts)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if !slices.Equal(texts(l), want) {
			t.Errorf("%s: %q, want %q", tc.name, texts(l), want)
		}
		if strings.HasPrefix(tc.name, "MiAd") && l.Version != "7" {
			t.Errorf("%s: version %q", tc.name, l.Version)
		}
	}
}

// The column names of the tables in github.com/citizenlab/chat-censorship; the rows are ours.
func TestImportCitizenLab(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       []Term
	}{
		{"LINE", "Keyword,Machine translation,Human translation (if necessary),Notes,Category,Source,Source2,Source3\n" +
			"法轮功,wheel,Falun Gong,\"a note, with a comma\nand a second line\",Religion,http://example.org/,,\n" +
			"六四 周舵,machine,,,June 4,,,\n",
			[]Term{
				{Text: "法轮功", Category: "Religion", Gloss: "Falun Gong", Sources: []string{"http://example.org/"}, Line: 2},
				{Text: "六四 周舵", Category: "June 4", Gloss: "machine", Line: 4},
			}},
		{"TOM-Skype", "word_id,word,human_translation,machine_translation,pinyin,description,client,lists,category,category_id,theme\n" +
			"1,法轮功,,wheel,falungong,,Both,\"List 1;List 2\",Religion,47,Political\n",
			[]Term{{Text: "法轮功", Category: "Religion", Gloss: "wheel", Line: 2}}},
		{"livestream", "client,word,machine_translation,human_translation,theme,categories,description\n" +
			"YY,法轮功,wheel,Falun Gong,Political,Religion,x\n",
			[]Term{{Text: "法轮功", Category: "Religion", Gloss: "Falun Gong", Line: 2}}},
	} {
		l, err := Import("list.csv", strings.NewReader(tc.text), ImportOptions{Kind: KindContext})
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if !reflect.DeepEqual(l.Terms, tc.want) || l.Kind != KindContext {
			t.Errorf("%s: %+v\nwant %+v", tc.name, l.Terms, tc.want)
		}
	}
}

func TestImportErrors(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		opts       ImportOptions
		want       string
	}{
		{"empty", "", ImportOptions{}, "x.csv: no terms (read as lines)"},
		{"header only", "id,keyword\n", ImportOptions{}, "x.csv: no terms (read as csv)"},
		{"empty CSV", "", ImportOptions{Format: FormatCSV}, "x.csv: no terms (an empty table)"},
		{"empty cell", "id,keyword\n1,a\n\n2,\n", ImportOptions{}, "x.csv:4: empty term"},
		{"missing cell", "id,keyword\n1,a\n2\n", ImportOptions{}, "x.csv:3: no column 2 (the line has 1)"},
		{"unknown column", "a,b\n1,2\n", ImportOptions{Column: "word"}, `x.csv: no column "word"`},
		{"column zero", "a,b\n1,2\n", ImportOptions{Column: "0"}, `x.csv: no column "0"`},
		{"column of JSON", "[]", ImportOptions{Column: "word", Format: FormatJSON}, "but this is json"},
		{"unknown format", "a", ImportOptions{Format: "xml"}, `unknown list format "xml"`},
		{"unknown kind", "a", ImportOptions{Kind: "words"}, `unknown kind "words"`},
		{"binary", "PK\x03\x04\n", ImportOptions{}, "x.csv:1: control character U+0003 in a term"},
		{"zero bytes", "abc\n\x00\x00\x00a", ImportOptions{}, "x.csv:2: zero byte: not a text file"},
		{"odd UTF-16", "\xff\xfea\x00\n\x00b", ImportOptions{}, "x.csv:2: UTF-16 of an odd number of bytes"},
		{"surrogate", "\xff\xfea\x00\n\x00\x00\xd8", ImportOptions{}, "x.csv:2: unpaired UTF-16 surrogate"},
		{"damaged UTF-8", "法轮功\n法\xff轮\n", ImportOptions{}, "x.csv:2: byte 0xff is not UTF-8, though most"},
		{"no encoding", "a\n\xff\xff\n", ImportOptions{}, "x.csv:2: neither UTF-8 nor UTF-16 nor valid GB18030"},
		{"long line", "a\n" + strings.Repeat("b", MaxTermLen+1), ImportOptions{}, "x.csv:2: term of 1025 characters"},
		{"cut JSON", "[\"a\",\n\"b", ImportOptions{}, "x.csv:2: JSON: unexpected end"},
		{"text after JSON", "[\"a\"]\nb", ImportOptions{}, "x.csv:2: JSON: invalid character"},
		{"number", `["a", 5]`, ImportOptions{}, "x.csv: element 2: neither a string nor an object: 5"},
		{"null", `["a", null]`, ImportOptions{}, "x.csv: element 2: neither a string nor an object: null"},
		{"empty element", `["a", " "]`, ImportOptions{}, "x.csv: element 2: empty term"},
		{"object without a term", `[{"id":1}]`, ImportOptions{}, `x.csv: element 1: an object without a term: {"id":1}`},
		{"wrong member", `[{"word":"a","gloss":1}]`, ImportOptions{}, `x.csv: element 1: member "gloss"`},
		{"object without a list", `{"b":1,"a":2}`, ImportOptions{}, `x.csv: a JSON object without a list of terms (its members: ["a" "b"])`},
		{"list is a number", `{"keywords":1}`, ImportOptions{}, `x.csv: member "keywords" is not an array`},
		{"list is text", `{"keywords":"a,b"}`, ImportOptions{}, `x.csv: the text in member "keywords" is not JSON`},
		{"no terms in JSON", `{"keywords":[]}`, ImportOptions{}, "x.csv: no terms (read as json)"},
		{"our TSV", "# name: a\nterm\tcolour\nb\tc\n", ImportOptions{}, `x.csv:2: unknown column "colour"`},
	} {
		_, err := Import("x.csv", strings.NewReader(tc.text), tc.opts)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", tc.name, err, tc.want)
		}
	}
}

// TestExportImport: what a format can hold comes back.
func TestExportImport(t *testing.T) {
	full := &List{Name: "demo", Version: "1", Kind: KindLoaders, Description: "a; b", Sources: []string{"x", "y"}, Terms: []Term{
		{Text: "法轮功", Language: "zh-Hans", Category: "falun-gong", Gloss: `a "quoted", gloss`, Sources: []string{"s1", "s2"}},
		{Text: "a,b", Category: "c"},
		{Text: "法轮功", Gloss: "again"},
	}}
	termsOnly := &List{Name: "demo", Kind: KindLoaders}
	for _, term := range full.Terms {
		termsOnly.Terms = append(termsOnly.Terms, Term{Text: term.Text})
	}
	noHeader := &List{Name: "demo", Kind: KindLoaders, Terms: full.Terms}
	for format, want := range map[Format]*List{FormatTSV: full, FormatJSON: full, FormatCSV: noHeader, FormatLines: termsOnly} {
		var b bytes.Buffer
		if err := Export(&b, full, format); err != nil {
			t.Fatal(err)
		}
		got, err := Import("demo.x", bytes.NewReader(b.Bytes()), ImportOptions{Kind: KindLoaders})
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if !reflect.DeepEqual(bare(got), want) {
			t.Errorf("%s: got %+v\nwant %+v", format, bare(got), want)
		}
	}
}

func TestCheck(t *testing.T) {
	l, err := Parse("x.tsv", strings.NewReader("term\tgloss\n法轮功\tx\nＦＬＧ\tx\nflg \tx\n法\tx\nab\tx\nab功\t\na\\nbc\tx\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range Check(l) {
		got = append(got, p.String())
	}
	want := []string{
		`line 4: "flg ": same as line 3`,
		`line 4: "flg ": leading or trailing space`,
		`line 5: "法": too short: 1 of at least 2 characters`,
		`line 6: "ab": too short: 2 of at least 3 characters`,
		`line 7: "ab功": no gloss`,
		`line 8: "a\nbc": control character U+000A`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if got := Check(&List{Kind: KindLoaders, Terms: []Term{{Text: "short", Gloss: "x", Line: 1}}}); len(got) != 1 {
		t.Errorf("a loader of five letters: %v", got)
	}
	if got := Check(&List{}); len(got) != 1 || got[0].String() != "no terms" {
		t.Errorf("an empty list: %v", got)
	}
}

func FuzzImport(f *testing.F) {
	for _, seed := range []string{
		"法轮功\r\n西藏独立\r\n", "\ufeffa|b|c", "id,word\n1,a\n2,\"b\n", "[\"a\",{\"word\":\"b\"}]",
		`{"status":0,"version":7,"keywords":"[\"a\",\"\\u6cd5\"]"}`, "# name: a\nterm\tgloss\na\tb\n", "\xff\xfea\x00\n\x00", "\xb7\xa8\xc2\xd6\xb9\xa6\n",
	} {
		f.Add([]byte(seed), "")
	}
	f.Add([]byte("a;b\n1;2\n"), "2")
	f.Fuzz(func(t *testing.T, raw []byte, column string) {
		l, err := Import("fuzz.x", bytes.NewReader(raw), ImportOptions{Column: column})
		if err != nil {
			return
		}
		if column == "" {
			// What was read as a list must survive the canonical form, or be refused with a reason.
			var b bytes.Buffer
			if err := Export(&b, l, FormatTSV); err != nil {
				return
			}
			again, err := Parse("fuzz.tsv", &b)
			if err != nil {
				t.Fatalf("parse of the exported list: %v", err)
			}
			if !slices.Equal(texts(again), texts(l)) {
				t.Errorf("got %q, want %q", texts(again), texts(l))
			}
		}
		for _, term := range l.Terms {
			if strings.TrimSpace(term.Text) == "" {
				t.Error("an empty term")
			}
		}
	})
}

func BenchmarkImport(b *testing.B) {
	text := strings.Repeat("法轮功\n西藏独立\n", 20000)
	gbk := encoded(b, simplifiedchinese.GBK, text)
	for name, text := range map[string]string{"utf-8": text, "gbk": gbk} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := Import("x", strings.NewReader(text), ImportOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
