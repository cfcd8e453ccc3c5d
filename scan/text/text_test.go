package text

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestNames(t *testing.T) {
	want := "utf-8 utf-16le utf-16be gb18030 big5 unicode-escape percent xml-decimal xml-hex " +
		"utf-32le utf-32be mutf-8 euc-tw gb2312-7bit cns11643-7bit utf-7 hex-escape octal-escape decimal-escape brace-escape percent-u long-escape html-named hex base64"
	var names []string
	for _, e := range Encodings() {
		names = append(names, e.String())
		if got, err := ParseEncoding(e.String()); got != e || err != nil {
			t.Errorf("ParseEncoding(%s) = %v, %v", e, got, err)
		}
	}
	if got := strings.Join(names, " "); got != want {
		t.Errorf("encodings are %s, want %s", got, want)
	}
	if _, err := ParseEncoding("latin-1"); err == nil {
		t.Error("latin-1: no error")
	}
	if s := SetOf(UTF8, Big5); !s.Has(Big5) || s.Has(GB18030) || !Set(0).Has(XMLHex) || Set(0).Has(UTF32LE) || !All.Has(Base64) {
		t.Error("sets are wrong")
	}
}

// matches reports whether one of the forms stands for the bytes.
func matches(forms []Form, s string) bool {
	return slices.ContainsFunc(forms, func(f Form) bool {
		if len(f.Bytes) != len(s) {
			return false
		}
		for i := range f.Bytes {
			if s[i]|f.Fold[i] != f.Bytes[i] {
				return false
			}
		}
		return true
	})
}

func TestForms(t *testing.T) {
	for _, tt := range []struct {
		enc     Encoding
		term    string
		forms   int
		yes, no []string
	}{
		{UTF8, "Free西藏", 1, []string{"free西藏", "FREE西藏"}, []string{"frEe西"}},
		{UTF8, "a[b", 1, []string{"A[B"}, []string{"a{b"}},
		{UTF16LE, "a民", 1, []string{"a\x00\x11\x6c", "A\x00\x11\x6c"}, []string{"a\x00\x11\x4c", "a \x11\x6c"}},
		{UTF16BE, "𠀀", 1, []string{"\xd8\x40\xdc\x00"}, nil},
		{GB18030, "法a", 1, []string{"\xb7\xa8A"}, []string{"\xb7\x88a"}},
		{GB18030, "亂", 1, []string{"\x81y"}, []string{"\x81Y"}},
		{GB18030, "ئ", 1, []string{"\x81\x31\x83\x38"}, nil},
		{GB18030, "abc", 0, nil, nil},
		{Big5, "功", 1, []string{"\xa5\x5c"}, nil},
		{Big5, "ئ", 0, nil, nil},
		{UnicodeEscape, "法轮", 2, []string{`\u6cd5\u8f6e`, `\u6CD5\u8F6e`, `\\u6cd5\\u8f6e`}, []string{`\U6cd5\u8f6e`, `\u6cd5\\u8f6e`}},
		{UnicodeEscape, "法", 1, []string{`\u6cd5`}, nil},
		{UnicodeEscape, "89民运", 4, []string{`89\u6c11\u8fd0`, `89\\u6c11\\u8fd0`, `\u0038\u0039\u6c11\u8fd0`, `\\u0038\\u0039\\u6c11\\u8fd0`}, nil},
		{UnicodeEscape, "Ok", 2, []string{`\u004f\u006b`, `\u006F\u004B`, `\\u006f\\u006b`}, []string{`ok`, `\u002f\u006b`}},
		{UnicodeEscape, "𠀀", 2, []string{`\ud840\udc00`, `\\uD840\\uDC00`}, nil},
		{Percent, "89民", 2, []string{"89%e6%B0%91", "%38%39%E6%B0%91"}, nil},
		{Percent, "Free 西", 4, []string{"free%20%e8%a5%bf", "FREE+%E8%A5%BF", "free %e8%a5%bf", "%46%72%65%65%20%e8%a5%bf", "%66%72%65%65%20%e8%a5%bf"}, nil},
		{Percent, "vpn", 1, []string{"%56%70%6E"}, []string{"vpn"}},
		{XMLDecimal, "民A", 3, []string{"&#27665;a", "&#27665;A", "&#27665;&#65;", "&#27665;&#97;"}, []string{"&#27665&#65;"}},
		{XMLHex, "民&", 2, []string{"&#x6c11;&amp;", "&#X6C11;&#x26;"}, nil},
		{XMLHex, "j", 1, []string{"&#x6a;", "&#x4A;"}, []string{"&#x2a;"}},
		{UTF32LE, "a民", 1, []string{"a\x00\x00\x00\x11\x6c\x00\x00", "A\x00\x00\x00\x11\x6c\x00\x00"}, nil},
		{UTF32BE, "𠀀", 1, []string{"\x00\x02\x00\x00"}, nil},
		{MUTF8, "a𠀀", 1, []string{"A\xed\xa1\x80\xed\xb0\x80"}, nil},
		{MUTF8, "法", 0, nil, nil},
		{EUCTW, "法輪功", 1, []string{"\xce\xce\xef\xc7\xc5\xfc"}, nil},
		{EUCTW, "法轮功", 0, nil, nil},
		{EUCTW, "乂A", 1, []string{"\x8e\xa2\xa1\xa1a"}, nil},
		{GB7, "法轮功", 1, []string{"7(BV9&"}, []string{"7(bV9&"}},
		{GB7, "89民运", 3, []string{"89~{CqTK", "89\x0eCqTK", "89\x1b$)A\x0eCqTK"}, nil},
		{GB7, "民运89", 2, []string{"CqTK~}89", "CqTK\x0f89"}, nil},
		{GB7, "輪", 0, nil, nil},
		{CNS7, "法輪功", 1, []string{"NNoGE|"}, nil},
		{UTF7, "法轮功", 3, []string{"bNWPblKf", "zVj25Sn", "s1Y9uUp"}, nil},
		{UTF7, "89民运", 1, []string{"89+bBGP0"}, nil},
		{UTF7, "民运89", 3, []string{"bBGP0A-89"}, nil},
		{HexEscape, "民A", 3, []string{`\xE6\xB0\x91A`, `\xe6\xb0\x91a`, `\xe6\xb0\x91\x41`, `\xe6\xb0\x91\x61`, `\\xe6\\xb0\\x91a`}, []string{`\xe6\xb0\x91\x51`}},
		{OctalEscape, "民a", 2, []string{`\346\260\221A`, `\346\260\221\141`, `\346\260\221\101`}, nil},
		{DecimalEscape, "民a", 3, []string{`\230\176\145A`, `\230\176\145\097`, `\230\176\145\065`}, nil},
		{BraceEscape, "民a", 4, []string{`\u{6C11}a`, `\u{6c11}\u{61}`, `\x{6c11}A`}, nil},
		{PercentU, "民 é", 1, []string{`%u6C11%20%e9`}, nil},
		{LongEscape, "民", 1, []string{`\U00006c11`}, []string{`\u00006c11`}},
		{HTMLNamed, "Ürümqi", 1, []string{"&Uuml;r&uuml;mqi", "&Uuml;R&uuml;MQI"}, []string{"&uuml;r&uuml;mqi"}},
		{HTMLNamed, "Free Tibet", 1, []string{"free&nbsp;tibet"}, nil},
		{HTMLNamed, "民主", 0, nil, nil},
		{HexText, "民主", 1, []string{"e6b091e4b8bb", "E6B091E4B8BB"}, nil},
		{HexText, "Tibet", 1, []string{"5469626574", "7449424554"}, []string{"3469626574"}},
		{HexText, "VPN", 0, nil, nil},
		{Base64, "法轮功", 3, []string{"5rOV6L2u5Yqf", "azlei9ruWKn", "ms5Xova7lip"}, nil},
		{Base64, "VPN", 0, nil, nil},
		{UTF8, "a\xff", 0, nil, nil},
		{UTF8, "", 0, nil, nil},
	} {
		forms := tt.enc.Forms(tt.term)
		if len(forms) != tt.forms {
			t.Errorf("%s %q: %d forms, want %d: %q", tt.enc, tt.term, len(forms), tt.forms, forms)
		}
		for _, s := range tt.yes {
			if !matches(forms, s) {
				t.Errorf("%s %q: does not match %q", tt.enc, tt.term, s)
			}
		}
		for _, s := range tt.no {
			if matches(forms, s) {
				t.Errorf("%s %q: matches %q", tt.enc, tt.term, s)
			}
		}
	}
}

func TestDecodeRune(t *testing.T) {
	for _, tt := range []struct {
		enc  Encoding
		p    string
		r    rune
		size int
		ok   bool
	}{
		{UTF8, "法x", '法', 3, true},
		{UTF8, "\xef\xbf\xbd", utf8.RuneError, 3, true},
		{UTF8, "\xb7\xa8", utf8.RuneError, 1, false},
		{UTF16LE, "\x40\xd8\x00\xdc", '𠀀', 4, true},
		{UTF16LE, "\x40\xd8a\x00", utf8.RuneError, 2, false},
		{UTF16BE, "l", utf8.RuneError, 1, false},
		{GB18030, "\xb7\xa8", '法', 2, true},
		{GB18030, "\x95\x32\x82\x36", '𠀀', 4, true},
		{GB18030, "\xff\xa8", utf8.RuneError, 1, false},
		{GB18030, "\xb7", utf8.RuneError, 1, false},
		{Big5, "\xa5\x5c", '功', 2, true},
		{Big5, "\xa5\x20", utf8.RuneError, 1, false},
		{UnicodeEscape, `\u6CD5x`, '法', 6, true},
		{UnicodeEscape, `\\u6cd5x`, '法', 7, true},
		{UnicodeEscape, `\ud840\udc00`, '𠀀', 12, true},
		{UnicodeEscape, `\ud840\u0041`, utf8.RuneError, 6, false},
		{UnicodeEscape, `\u6cg5`, '\\', 1, true},
		{UnicodeEscape, `\`, '\\', 1, true},
		{UnicodeEscape, `法`, '法', 3, true},
		{Percent, "%e6%B3%95%e8", '法', 9, true},
		{Percent, "%41%42", 'A', 3, true},
		{Percent, "%e6%B3", utf8.RuneError, 3, false},
		{Percent, "%zz", '%', 1, true},
		{XMLDecimal, "&#27861;", '法', 8, true},
		{XMLHex, "&#X6cD5;", '法', 8, true},
		{XMLHex, "&lt;", '<', 4, true},
		{XMLHex, "&#x;", '&', 1, true},
		{XMLHex, "&#1114112;", '&', 1, true},
		{XMLDecimal, "&#55296;", '&', 1, true},
		{XMLHex, "& b", '&', 1, true},
		{UTF32LE, "\xd5\x6c\x00\x00", '法', 4, true},
		{UTF32BE, "\x00\x11\x00\x00", utf8.RuneError, 4, false},
		{UTF32BE, "\x00\x00\xd8\x00", utf8.RuneError, 4, false},
		{UTF32LE, "\xd5\x6c\x00", utf8.RuneError, 3, false},
		{MUTF8, "\xed\xa1\x80\xed\xb0\x80", '𠀀', 6, true},
		{MUTF8, "\xed\xa1\x80x", utf8.RuneError, 1, false},
		{MUTF8, "法", '法', 3, true},
		{EUCTW, "\xce\xce\xef", '法', 2, true},
		{EUCTW, "\x8e\xa2\xa1\xa1", '乂', 4, true},
		{EUCTW, "\x8e\xa3\xa1\xa1", utf8.RuneError, 1, false},
		{EUCTW, "\xce", utf8.RuneError, 1, false},
		{HexEscape, `\xE6\xb3\x95\x41`, '法', 12, true},
		{HexEscape, `\\xE6\\xb3\\x95`, '法', 15, true},
		{HexEscape, `\xE6\xb3`, utf8.RuneError, 4, false},
		{HexEscape, `\n`, '\\', 1, true},
		{OctalEscape, `\346\263\225`, '法', 12, true},
		{OctalEscape, `\777`, '\\', 1, true},
		{DecimalEscape, `\230\179\149`, '法', 12, true},
		{BraceEscape, `\u{6cd5}x`, '法', 8, true},
		{BraceEscape, `\x{20000}`, '𠀀', 9, true},
		{BraceEscape, `\u{}`, '\\', 1, true},
		{BraceEscape, `\u{110000}`, '\\', 1, true},
		{PercentU, `%u6cd5`, '法', 6, true},
		{PercentU, `%uD840%uDC00`, '𠀀', 12, true},
		{PercentU, `%e9`, 'é', 3, true},
		{PercentU, `%zz`, '%', 1, true},
		{LongEscape, `\U00020000`, '𠀀', 10, true},
		{LongEscape, `\U0002`, '\\', 1, true},
		{HTMLNamed, "&uuml;", 'ü', 6, true},
		{HTMLNamed, "&nbsp;", ' ', 6, true},
		{HTMLNamed, "&amp;", '&', 5, true},
		{HTMLNamed, "&nothing;", '&', 1, true},
	} {
		if r, size, ok := tt.enc.DecodeRune([]byte(tt.p)); r != tt.r || size != tt.size || ok != tt.ok {
			t.Errorf("%s %q: %q, %d, %v; want %q, %d, %v", tt.enc, tt.p, r, size, ok, tt.r, tt.size, tt.ok)
		}
	}
	if _, size, ok := UTF8.DecodeRune(nil); size != 0 || ok {
		t.Error("nothing decodes to something")
	}
}

// TestCharsets compares the two-byte tables with what golang.org/x/text decodes code by code.
func TestCharsets(t *testing.T) {
	for enc, charset := range map[Encoding]interface{ String(string) (string, error) }{
		GB18030: gb18030Charset.NewDecoder(), Big5: big5Charset.NewDecoder(),
	} {
		known := 0
		for lead := 0x81; lead < 0xFF; lead += 3 {
			for trail := 0x40; trail < 0xFF; trail++ {
				p := []byte{byte(lead), byte(trail)}
				s, err := charset.String(string(p))
				if err != nil {
					t.Fatal(err)
				}
				want, n := utf8.DecodeRuneInString(s)
				valid := want != utf8.RuneError && n == len(s)
				r, _, ok := enc.DecodeRune(p)
				if ok != valid || ok && r != want {
					t.Fatalf("%s % x: %q, %v; want %q, %v", enc, p, r, ok, want, valid)
				}
				if ok {
					known++
				}
			}
		}
		if known < 4000 {
			t.Errorf("%s: only %d codes known", enc, known)
		}
	}
}

func TestDecodeAll(t *testing.T) {
	if s, err := DecodeAll(GB18030, []byte("a\xb7\xa8\n")); s != "a法\n" || err != nil {
		t.Errorf("got %q, %v", s, err)
	}
	if _, err := DecodeAll(GB18030, []byte("a\xb7\xa8\xff")); err == nil || !strings.Contains(err.Error(), "gb18030 at offset 3") {
		t.Errorf("error %v, want one at offset 3", err)
	}
	var offsets []int
	var runes []rune
	for off, r := range Runes(UTF16BE, []byte("\x00a\x6c\xd5\xd8\x40\xdc\x00\xd8\x40\x00")) {
		offsets, runes = append(offsets, off), append(runes, r)
	}
	if !slices.Equal(offsets, []int{0, 2, 4, 8, 10}) || string(runes) != "a法𠀀\ufffd\ufffd" {
		t.Errorf("Runes gave %v %q", offsets, runes)
	}
	for range Runes(UTF8, []byte("ab")) {
		break
	}
}

func TestDetect(t *testing.T) {
	const simplified = "法轮功\n民主\n西藏独立\n天安门事件\n"
	const trad = "法輪功\n民主\n西藏獨立\n天安門事件\n"
	for _, tt := range []struct {
		name string
		buf  string
		enc  Encoding
		bom  int
		ok   bool
	}{
		{"nothing", "", 0, 0, false},
		{"ASCII", "word\nlist\n", UTF8, 0, true},
		{"UTF-8", simplified, UTF8, 0, true},
		{"UTF-8 cut", simplified[:len(simplified)-2], UTF8, 0, true},
		{"UTF-8 with mark", "\xef\xbb\xbfx", UTF8, 3, true},
		{"UTF-16LE with mark", "\xff\xfea\x00", UTF16LE, 2, true},
		{"UTF-16BE with mark", "\xfe\xff\x00a", UTF16BE, 2, true},
		{"UTF-32LE with mark", "\xff\xfe\x00\x00a\x00\x00\x00", UTF32LE, 4, true},
		{"UTF-32BE with mark", "\x00\x00\xfe\xff\x00\x00\x00a", UTF32BE, 4, true},
		{"UTF-32LE", string(form(t, UTF32LE, simplified)), UTF32LE, 0, true},
		{"UTF-32BE cut", string(form(t, UTF32BE, simplified))[:62], UTF32BE, 0, true},
		{"UTF-16LE", string(form(t, UTF16LE, simplified)), UTF16LE, 0, true},
		{"UTF-16BE", string(form(t, UTF16BE, simplified)), UTF16BE, 0, true},
		{"UTF-16LE cut", string(form(t, UTF16LE, simplified))[:31], UTF16LE, 0, true},
		{"UTF-16LE of ASCII", "w\x00o\x00r\x00d\x00\n\x00", UTF16LE, 0, true},
		{"UTF-16BE of ASCII", "\x00w\x00o\x00r\x00d\x00\n", UTF16BE, 0, true},
		{"GB18030", string(form(t, GB18030, simplified)), GB18030, 0, true},
		{"GB18030 cut", string(form(t, GB18030, simplified+"法"))[:29], GB18030, 0, true},
		{"Big5", string(form(t, Big5, trad)), Big5, 0, true},
		{"UTF-8 with a stray control", strings.Repeat(simplified, 6) + "\x7f", UTF8, 0, true},
		{"controls", "\x01\x02\x03word", 0, 0, false},
		{"zeros", strings.Repeat("\x00", 64), 0, 0, false},
		{"binary", "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\xb7\x00\xff\xf0\x80\x81", 0, 0, false},
		{"GB18030 with a NUL", string(form(t, GB18030, simplified)) + "\x00\x00\x00", 0, 0, false},
	} {
		enc, bom, ok := Detect([]byte(tt.buf))
		if ok != tt.ok || ok && (enc != tt.enc || bom != tt.bom) {
			t.Errorf("%s: %s, %d, %v; want %s, %d, %v", tt.name, enc, bom, ok, tt.enc, tt.bom, tt.ok)
		}
	}
}

func TestBoundary(t *testing.T) {
	for _, tt := range []struct {
		enc                Encoding
		before, hit, after string // bytes
		want               bool
	}{
		{UTF8, "", "freetibet", "", true},
		{UTF8, "www.", "freetibet", ".org", true},
		{UTF8, "www", "freetibet", "org", false},
		{UTF8, "www", "freetibet", ".org", false},
		{UTF8, "_", "tibet", "_", true},
		{UTF8, "-", "tibet", "-", true},
		{UTF8, "My", "FreeTibet", "", false},
		{UTF8, "", "june4", "5", false},
		{UTF8, "19", "89", "", false},
		{UTF8, "1989", "民运", "1989", true},
		{UTF8, "的", "vpn", "的", true},
		{UTF8, "é", "vpn", "", false},
		{UTF8, "", "vpn", "\u0301", false},
		{UTF8, "\x00\x03", "vpn", "\x00", true},
		{UTF8, "ａ", "vpn", "ｂ", true},
		{UTF8, "\xb7\xa8", "vpn", "\xb7\xa8", true}, // GBK around
		{UTF8, "\xa5\x5c\xaek", "vpn", "", true},    // Big5, whose second byte is a letter
		{UTF16LE, "a\x00", "v\x00p\x00n\x00", "\x00\x00", false},
		{UTF16LE, "_\x00", "v\x00p\x00n\x00", "b\x00", false},
		{UTF16LE, "_\x00", "v\x00p\x00n\x00", "ab", true},
		{UTF16BE, "\x00a", "\x00v\x00p\x00n", "\x00.", false},
		{UTF16BE, "\x00.", "\x00v\x00p\x00n", "\x00", true},
		{Percent, "%20", "%76%70%6e", "%20", true},
		{Percent, "%41", "%76%70%6e", "%20", false},
		{UnicodeEscape, `\n`, `\u0076\u0070\u006e`, `\u0041`, false},
		{XMLHex, "&#x41;", "&#x76;&#x70;", "", false},
		{GB18030, "a", "89\xc3\xf1", "b", false},
		{GB18030, "\xc3\xf1", "89\xc3\xf1", "b", true},
	} {
		window := []byte(tt.before + tt.hit + tt.after)
		if got := Boundary(window, len(tt.before), len(tt.before)+len(tt.hit), tt.enc); got != tt.want {
			t.Errorf("%s %q|%q|%q: %v", tt.enc, tt.before, tt.hit, tt.after, got)
		}
	}
	if Boundary([]byte("abc"), 2, 9, UTF8) {
		t.Error("a hit outside of the window has no boundaries")
	}
}

func TestContext(t *testing.T) {
	for _, tt := range []struct {
		enc                Encoding
		before, hit, after string // bytes
		width              int
		want               Excerpt
	}{
		{UTF8, "一二三", "民主", "四五六", 2, Excerpt{"二三", "民主", "四五"}},
		{UTF8, "a\n\t\x00\x1b[31m", "民主", "\u202e\u200bx", 20, Excerpt{`a\n\t\x00\x1b[31m`, "民主", `\u202e\u200bx`}},
		{UTF8, "\xff\\", "民主", "\xe6\xb0", 20, Excerpt{`\xff\\`, "民主", `\xe6\xb0`}},
		{UTF8, "\xb0\x91主", "民主", "", 1, Excerpt{"主", "民主", ""}},
		{UTF16LE, "\x01a\x00", "\x11\x6c\x3b\x4e", "b\x00\x40\xd8", 9, Excerpt{"a", "民主", `b\x40\xd8`}},
		{GB18030, "\xb7\xa8,", "\xc3\xf1\xd6\xf7", "\n\xb7", 9, Excerpt{"法,", "民主", `\n\xb7`}},
		{UnicodeEscape, `["\u6cd5","`, `\u6c11`, `"]`, 9, Excerpt{`["法","`, "民", `"]`}},
		{UTF8, "", "民主", "", 0, Excerpt{"", "民主", ""}},
		{UTF8, "", "民主", "\U000e0041", 3, Excerpt{"", "民主", `\U000e0041`}},
	} {
		window := []byte(tt.before + tt.hit + tt.after)
		if got := Context(window, len(tt.before), len(tt.before)+len(tt.hit), tt.enc, tt.width); got != tt.want {
			t.Errorf("%s %q: %+q, want %+q", tt.enc, window, got, tt.want)
		}
	}
}

// FuzzWindow: whatever the bytes and the place of the hit, nothing panics, and what is to be printed is safe to print.
func FuzzWindow(f *testing.F) {
	f.Add([]byte("一二三民主四五六"), 9, 6, uint8(0))
	f.Add([]byte("\xb7\xa8,\xc3\xf1\xd6\xf7\n\xb7"), 3, 4, uint8(GB18030))
	f.Add([]byte(`["\\u6cd5","\\ud840\\udc00`), 3, 7, uint8(UnicodeEscape))
	f.Add([]byte("%e6%b0%91&#x6c;&amp"), 0, 9, uint8(Percent))
	g := NewGrader(nil)
	f.Fuzz(func(t *testing.T, window []byte, start, length int, e uint8) {
		enc := Encoding(e % uint8(len(rows)))
		g.Grade(window, start, start+length, enc)
		Boundary(window, start, start+length, enc)
		Detect(window)
		x := Context(window, start, start+length, enc, 20)
		for _, s := range []string{x.Before, x.Match, x.After} {
			for _, r := range s {
				if r == utf8.RuneError && !utf8.ValidString(s) || unicode.Is(unicode.C, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
					t.Fatalf("%q is not safe to print", s)
				}
			}
		}
		last := -1
		for off := range Runes(enc, window) {
			if off <= last || off >= len(window) {
				t.Fatalf("offset %d after %d of %d", off, last, len(window))
			}
			last = off
		}
	})
}

// FuzzForms: what a term is written as decodes to the term again, but for the case of ASCII letters.
func FuzzForms(f *testing.F) {
	for _, s := range []string{"法轮功", "89民运", "Free Tibet", "𠀀é&<", "བོད་"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, term string) {
		if len(term) > 100 || strings.ContainsAny(term, "\\%+&\u00a0") { // which are read as escapes again
			return
		}
		for _, enc := range Encodings() {
			if rows[enc].packed != nil {
				continue // see FuzzOpen
			}
			for _, form := range enc.Forms(term) {
				if len(form.Bytes) != len(form.Fold) {
					t.Fatalf("%s %q: %d bytes, %d folds", enc, term, len(form.Bytes), len(form.Fold))
				}
				got, err := DecodeAll(enc, form.Bytes)
				if err != nil {
					t.Fatalf("%s %q: %v", enc, term, err)
				}
				got = strings.ReplaceAll(got, "+", " ") // a space in a query
				if strings.Map(lowerASCII, got) != strings.Map(lowerASCII, term) {
					t.Fatalf("%s %q: decodes to %q", enc, term, got)
				}
			}
		}
	})
}
