package text

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// han holds common characters to make terms of.
var han = []rune("法轮功民主自由西藏独立新疆台湾达赖喇嘛六四天安门事件共产党领导习近平胡锦涛江泽温家宝政府警察武公部维权律师上访抗议游行" +
	"罢工示威镇压屠杀真相活摘器官邪教宗基督会堂佛伊斯兰记者闻封锁翻墙软代理网络审查互联香港占中环雨伞革命反送条例国普选首蒙古满洲")

// traditional are characters that Big5 has.
var traditional = []rune("法輪功民主自由西藏獨立新疆台灣達賴喇嘛六四天安門事件共產黨領導習近平胡錦濤江澤溫家寶政府警察武公部維權律師上訪抗議遊行")

func term(rng *rand.Rand, enc Encoding, chars int) string {
	from := han
	if enc == Big5 || enc == EUCTW {
		from = traditional
	}
	w := make([]rune, chars)
	for i := range w {
		w[i] = from[rng.IntN(len(from))]
	}
	return string(w)
}

func form(t testing.TB, enc Encoding, s string) []byte {
	t.Helper()
	forms := enc.Forms(s)
	if len(forms) == 0 {
		forms = UTF8.Forms(s) // ASCII in an encoding that writes it so
	}
	if len(forms) == 0 {
		t.Fatalf("%s cannot write %q", enc, s)
	}
	return forms[0].Bytes
}

func noise(rng *rand.Rand, n int) []byte {
	buf := make([]byte, n)
	for i := range buf {
		buf[i] = byte(rng.Uint32())
	}
	return buf
}

// lists are the shapes in which lists are stored: what stands before and after every entry.
var lists = []struct {
	name string
	wrap func(enc Encoding, t testing.TB, s string) []byte
}{
	{"lines", between("", "\n")},
	{"crlf", between("", "\r\n")},
	{"nul", between("", "\x00")},
	{"json", between(`"`, `",`)},
	{"json-spaced", between(`    "`, "\",\n")},
	{"csv", between("", ",")},
	{"semicolons", between("", ";")},
	{"pipes", between("", "|")},
	{"xml", between("<item>", "</item>\n")},
	{"csv-columns", between("12,", ",political,1\n")},
	{"ideographic-comma", between("", "、")},
	{"len8", func(enc Encoding, t testing.TB, s string) []byte {
		p := form(t, enc, s)
		return append([]byte{byte(len(p))}, p...)
	}},
	{"len16-nul", func(enc Encoding, t testing.TB, s string) []byte {
		p := form(t, enc, s)
		length := binary.LittleEndian.AppendUint16(nil, uint16(len(p)/2))
		if enc == UTF32LE || enc == UTF32BE {
			length = binary.LittleEndian.AppendUint32(nil, uint32(len(p)/4))
		}
		if enc == UTF16BE || enc == UTF32BE {
			slices.Reverse(length)
		}
		return slices.Concat(length, p, make([]byte, len(length)))
	}},
}

func between(before, after string) func(Encoding, testing.TB, string) []byte {
	return func(enc Encoding, t testing.TB, s string) []byte {
		var p []byte
		for _, part := range []string{before, s, after} {
			if part != "" {
				p = append(p, form(t, enc, part)...)
			}
		}
		return p
	}
}

// plant writes a list of terms into noise and grades every entry.
func plant(t testing.TB, rng *rand.Rand, g *Grader, enc Encoding, shape, chars, entries int) (grades [3]int) {
	buf := noise(rng, 400&^1)
	type span struct{ start, end int }
	var spans []span
	for range entries {
		s := term(rng, enc, chars)
		p, f := lists[shape].wrap(enc, t, s), form(t, enc, s)
		at := bytes.Index(p, f)
		spans = append(spans, span{len(buf) + at, len(buf) + at + len(f)})
		buf = append(buf, p...)
	}
	buf = append(buf, noise(rng, 400)...)
	for _, s := range spans {
		grades[g.Grade(buf, s.start, s.end, enc)]++
	}
	return grades
}

// TestPlantedLists: of a list in the midst of noise next to nothing may be lost, in any encoding and shape.
func TestPlantedLists(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	g := NewGrader(nil)
	for _, enc := range Encodings() {
		if rows[enc].packed != nil {
			continue // see TestPlantedPacked of package scan
		}
		for shape := range lists {
			var sum [3]int
			for i := range 4 {
				for grade, n := range plant(t, rng, g, enc, shape, 2+i%2, 30) {
					sum[grade] += n
				}
			}
			// Strings of two-byte units behind one byte are out of step with one another: isolated is all that can be said.
			lone := lists[shape].name == "len8" && slices.Contains([]Encoding{UTF16LE, UTF16BE, UTF32LE, UTF32BE}, enc)
			if sum[Implausible] > 0 || sum[Isolated] > 3 && !lone {
				t.Errorf("%s %s: %d implausible, %d isolated, %d text-like", enc, lists[shape].name, sum[Implausible], sum[Isolated], sum[TextLike])
			}
		}
	}
}

// TestChance: what random data holds by chance must hardly ever pass for text. A scan for 1,000 terms finds some
// hundred needles of four bytes in a GiB of random data; one in two hundred may pass.
func TestChance(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	g := NewGrader(nil)
	const rounds = 1200
	for _, tt := range []struct {
		enc  Encoding
		term func() string
	}{
		{UTF16LE, func() string { return term(rng, UTF16LE, 2) }},
		{UTF16BE, func() string { return term(rng, UTF16BE, 2) }},
		{GB18030, func() string { return term(rng, GB18030, 2) }},
		{Big5, func() string { return term(rng, Big5, 2) }},
		{UTF8, func() string { return "GFW" }},
		{UTF8, func() string { return "june4" }},
	} {
		var sum [3]int
		for range rounds {
			f := form(t, tt.enc, tt.term())
			buf := noise(rng, 400)
			copy(buf[200:], f)
			sum[g.Grade(buf, 200, 200+len(f), tt.enc)]++
		}
		if sum[TextLike] > rounds/200 || sum[Isolated] > rounds/40 {
			t.Errorf("%s: of %d chance hits %d are isolated, %d text-like", tt.enc, rounds, sum[Isolated], sum[TextLike])
		}
	}
}

func TestGrade(t *testing.T) {
	g := NewGrader([]string{"བོད་"})
	rng := rand.New(rand.NewPCG(3, 3))
	junk := func(n int) string { return strings.Repeat("\xfe\x01\xc3\x9f\x7f\x88", n/6+1)[:n] }
	for _, tt := range []struct {
		name               string
		enc                Encoding
		before, hit, after string // before and after as bytes, hit as text
		want               Grade
	}{
		{"whole file", UTF8, "", "法轮功", "", Isolated},
		{"string in code", UTF8, junk(60) + "\x00", "法轮功", "\x00" + junk(60), Isolated},
		{"too long for chance", UTF8, junk(60), "法轮功", junk(60), Isolated},
		{"xml", UTF8, "<item name=\"a\">", "法轮功", "</item>\n", TextLike},
		{"prose", UTF8, "他们说", "民主", "是好的", TextLike},
		{"one character in junk", UTF8, junk(60), "法", junk(60), Implausible},
		{"one character in text", UTF8, "天下之", "法", "也是人所共知", TextLike},
		{"short latin in junk", UTF8, junk(60), "GFW", junk(60), Implausible},
		{"short latin in code", UTF8, junk(60) + "\x00", "GFW", "\x00" + junk(60), Isolated},
		{"short latin behind its length", UTF8, junk(60) + "\x03", "GFW", "\x00" + junk(60), Isolated},
		{"short latin in json", UTF8, "{\"name\": \"", "GFW", "\", \"id\": 3}", TextLike},
		{"short latin in GBK text", UTF8, "\xb7\xa8\xc2\xd6\xb9\xa6\n\xc3\xf1\xd6\xf7\n\xb7\xa8\xc2\xd6\n", "GFW", "\n\xb7\xa8\xc2\xd6\xb9\xa6\n\xc3\xf1\xd6\xf7\n\xb7\xa8\xc2\xd6\n", TextLike},
		{"short latin in Base64", UTF8, "x7Kd9ZqTb2Rk0LhVw5YpEa+JmNcUo3Xf/", "GFW", "+8sQdGv1HrTy6ZkPw4BnLxAe9Mu/", Implausible},
		{"short latin in a path", UTF8, "/system/priv-app/DownloadProvider2/Res/", "GFW", "/lib/arm64/FilterList1.so\n", TextLike},
		{"latin in UTF-16", UTF16LE, "n\x00a\x00m\x00e\x00=\x00", "GFW", "\n\x00n\x00e\x00w\x00", TextLike},
		{"lone string in UTF-16", UTF16LE, junk(60) + "\x00\x00", "法轮", "\x00\x00" + junk(60), Isolated},
		{"UTF-16 in junk", UTF16LE, junk(60), "法轮", junk(60), Implausible},
		{"ASCII read as UTF-16", UTF16BE, "so the other way", "\u6865\u7265", "round it would be", Implausible},
		{"code table", UTF16LE, "\xf8\x4e\xf9\x4e\xfa\x4e\xfb\x4e", "\u4efc\u4efd", "\xfe\x4e\xff\x4e\x00\x4f", Implausible},
		{"fill pattern", UTF16LE, strings.Repeat("\xd5\x6c\x6e\x8f", 10), "法轮", strings.Repeat("\xd5\x6c\x6e\x8f", 10), Implausible},
		{"own script", UTF16LE, "\x56\x0f\x7c\x0f\x51\x0f\x0b\x0f\x56\x0f\x7c\x0f", "བོ", "\x51\x0f\x0b\x0f\x56\x0f\x7c\x0f", TextLike},
		{"escapes in json", UnicodeEscape, `["\u6cd5\u8f6e","`, "民主", `","\u6cd5\u8f6e"]`, TextLike},
		{"percent in a URL", Percent, "https://example.com/s?q=", "民主", "&x=1", TextLike},
	} {
		f := form(t, tt.enc, tt.hit)
		if tt.enc == UTF8 {
			f = []byte(tt.hit)
		}
		window := slices.Concat([]byte(tt.before), f, []byte(tt.after))
		if got := g.Grade(window, len(tt.before), len(tt.before)+len(f), tt.enc); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	for _, enc := range []Encoding{GB18030, Big5} {
		if got := g.Grade([]byte("中国人民中国人民"), 6, 10, enc); got != Implausible {
			t.Errorf("UTF-8 read as %s: %s", enc, got)
		}
	}
	if got := g.Grade(noise(rng, 10), 8, 20, UTF8); got != Implausible {
		t.Errorf("hit outside of the window: %s", got)
	}
}

func BenchmarkGrade(b *testing.B) {
	g := NewGrader(nil)
	for _, enc := range []Encoding{UTF8, UTF16LE, GB18030} {
		side := bytes.Repeat(form(b, enc, "天安门\n西藏独立\n民主\n"), 10)
		f := form(b, enc, "法轮")
		window := slices.Concat(side, f, side)
		b.Run(enc.String(), func(b *testing.B) {
			b.SetBytes(2 * nearReach)
			for b.Loop() {
				g.Grade(window, len(side), len(side)+len(f), enc)
			}
		})
	}
}
