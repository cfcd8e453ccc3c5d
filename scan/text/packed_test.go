package text

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// pack writes text in a packed encoding, by other means than Forms.
func pack(enc Encoding, s string) (string, bool) {
	switch enc {
	case HexText:
		return hex.EncodeToString([]byte(s)), true
	case Base64:
		return base64.StdEncoding.EncodeToString([]byte(s)), true
	case UTF7:
		return runs(s, "+", "-", func(run string) (string, bool) {
			var units []byte
			for _, r := range run {
				units = encodeUTF16BE(units, r)
			}
			return base64.RawStdEncoding.EncodeToString(units), true
		})
	case GB7: // HZ; x/text writes no line ends in shifted state
		if strings.Contains(s, "~") {
			return "", false
		}
		p, err := simplifiedchinese.HZGB2312.NewEncoder().String(s)
		return p, err == nil
	case CNS7:
		return runs(s, "\x0e", "\x0f", func(run string) (string, bool) {
			p := []byte(run)
			var out []byte
			for len(p) > 0 {
				r, n := utf8.DecodeRune(p)
				code, ok := cns().code[r]
				if !ok || code>>15 != 0 {
					return "", false
				}
				out = append(out, byte(code>>8), byte(code))
				p = p[n:]
			}
			return string(out), true
		})
	}
	panic("not packed")
}

// runs writes what is not ASCII between marks.
func runs(s, begin, end string, write func(string) (string, bool)) (string, bool) {
	var b strings.Builder
	for s != "" {
		n := strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
		if n < 0 {
			n = len(s)
		}
		b.WriteString(s[:n])
		s = s[n:]
		n = strings.IndexFunc(s, func(r rune) bool { return r < utf8.RuneSelf })
		if n < 0 {
			n = len(s)
		}
		if n == 0 {
			continue
		}
		p, ok := write(s[:n])
		if !ok {
			return "", false
		}
		b.WriteString(begin + p + end)
		s = s[n:]
	}
	return b.String(), true
}

// opened returns where the forms of a term stand in the window and open, as it spells the term.
func opened(enc Encoding, window []byte, term string) map[int]View {
	found := map[int]View{}
	for _, f := range enc.Forms(term) {
		for i := 0; i+len(f.Bytes) <= len(window); i++ {
			end := i + len(f.Bytes)
			if !matches([]Form{f}, string(window[i:end])) {
				continue
			}
			if v, ok := Open(window, i, end, enc, term); ok {
				found[i] = v
			}
		}
	}
	return found
}

// FuzzOpen: a term is found in a packed text as often as it stands in the text itself.
func FuzzOpen(f *testing.F) {
	for _, s := range [][3]string{{"", "法轮功", ""}, {"a", "法轮功", "民"}, {"民主", "法輪功", "b民"}, {"他们说", "民主", "是民主的"}, {"x", "89民运", "y"}, {"一", "民运89", "二"}, {"\n", "Tibet", " free"}} {
		for _, enc := range []Encoding{GB7, CNS7, UTF7, HexText, Base64} {
			f.Add(s[0], s[1], s[2], uint8(enc))
		}
	}
	f.Fuzz(func(t *testing.T, before, term, after string, e uint8) {
		enc := Encoding(e % uint8(len(rows)))
		if rows[enc].packed == nil || len(before)+len(term)+len(after) > 40 || strings.ContainsAny(before+term+after, "+-~\n\x00\x0e\x0f\x1b") {
			return
		}
		text := before + term + after
		packed, ok := pack(enc, text)
		if !ok || !utf8.ValidString(text) || len(enc.Forms(term)) == 0 {
			return
		}
		if enc == UTF7 && (strings.IndexFunc(term, func(r rune) bool { return r >= 0x80 }) == 0) && len([]rune(term)) < 2 {
			return // too short a run for all of its places
		}
		want := 0
		for i := range text {
			tail := text[i:]
			if len(tail) < len(term) || !foldedASCII(tail[:len(term)], term) {
				continue
			}
			cased := tail[:len(term)]
			if enc == Base64 && cased != term && cased != strings.Map(lowerASCII, term) && cased != strings.Map(upperASCII, term) {
				continue
			}
			want++
		}
		window := []byte(packed)
		found := opened(enc, window, term)
		if len(found) < want || len(found) > want && enc != Base64 { // whose runs of one character read alike from several digits
			t.Fatalf("%s %q in %q: found %d times, want %d", enc, term, packed, len(found), want)
		}
		for _, v := range found {
			if got, _ := DecodeAll(v.Encoding, v.Window[v.Start:v.End]); !foldedASCII(got, term) {
				t.Fatalf("%s %q: view of %q", enc, term, got)
			}
		}
	})
}

func foldedASCII(a, b string) bool { return strings.Map(lowerASCII, a) == strings.Map(lowerASCII, b) }

func TestOpen(t *testing.T) {
	for _, tt := range []struct {
		enc                Encoding
		before, hit, after string
		term               string
		context            Excerpt // nothing: no hit
	}{
		{UTF8, "一", "民主", "二", "民主", Excerpt{"一", "民主", "二"}},
		{GB7, "a~{VP", "CqVw", "9z~}b", "民主", Excerpt{"a中", "民主", "国b"}},
		{GB7, "\x1b$)A\x0eVP", "CqVw", "\x0f,", "民主", Excerpt{"中", "民主", ","}},
		{GB7, "~{V", "CqVw", "P~}", "民主", Excerpt{}},
		{GB7, "~{VP\n", "CqVw", "", "民主", Excerpt{}},
		{GB7, "", "CqVw", "", "民主", Excerpt{}},
		{UTF7, "x +", "bBFOO", "w-!", "民主", Excerpt{"x ", "民主", "!"}},
		{UTF7, "x +a", "bBFOO", "w-", "民主", Excerpt{}},
		{UTF7, "x ", "bBFOO", "w-", "民主", Excerpt{}},
		{HexText, "e4bda0", "e6b091e4b8bb", "e5a5bd", "民主", Excerpt{"你", "民主", "好"}},
		{HexText, "", "e6b091e4b8bb", "", "民主", Excerpt{"", "民主", ""}},
		{Base64, "data:;base64,YWH", "msJHkuL", "shYg==", "民主", Excerpt{"aa", "民主", "!b"}},
		{Base64, "x,5L2g5aW9\n", "5rCR5Li7", "\n5L2g", "民主", Excerpt{"你好", "民主", "你"}},
		{Base64, "x,A", "5rCR5Li7", "", "民主", Excerpt{"", "民主", ""}}, // out of step with the beginning, but it spells the term
		{Base64, "", "5rCR5Li6", "", "民主", Excerpt{}},
	} {
		window := []byte(tt.before + tt.hit + tt.after)
		v, ok := Open(window, len(tt.before), len(tt.before)+len(tt.hit), tt.enc, tt.term)
		if want := tt.context != (Excerpt{}); ok != want {
			t.Errorf("%s %q: %v, want %v", tt.enc, window, ok, want)
			continue
		}
		if !ok {
			continue
		}
		if got := Context(v.Window, v.Start, v.End, v.Encoding, 20); got != tt.context {
			t.Errorf("%s %q: %q, want %q", tt.enc, window, got, tt.context)
		}
	}
}

// TestEUCTW compares the table with what iconv makes of the characters of Big5.
func TestEUCTW(t *testing.T) {
	if _, err := exec.LookPath("iconv"); err != nil {
		t.Skip("iconv is not installed")
	}
	var chars []rune
	var text bytes.Buffer
	for r := range cns().code {
		chars = append(chars, r)
		text.WriteString(string(r) + "\n")
	}
	cmd := exec.Command("iconv", "-c", "-f", "UTF-8", "-t", "EUC-TW")
	cmd.Stdin = &text
	out, err := cmd.Output()
	if len(out) == 0 {
		t.Skipf("iconv does not know EUC-TW: %v", err)
	}
	lines := bytes.Split(out, []byte("\n"))
	wrong := 0
	for i, r := range chars {
		want := lines[i]
		if got := eucTWForms(string(r)); len(want) > 0 && string(got[0].Bytes) != string(want) && r >= 0x4E00 && r <= 0x9FFF {
			if wrong++; wrong < 10 {
				t.Errorf("%c is % x, iconv has % x", r, got[0].Bytes, want)
			}
		}
		back, n, ok := decodeEUCTW(eucTWForms(string(r))[0].Bytes)
		if r >= 0x4E00 && r <= 0x9FFF && (!ok || n != len(eucTWForms(string(r))[0].Bytes) || back != r) {
			t.Errorf("%c comes back as %c", r, back)
		}
	}
	if len(chars) < 13_000 {
		t.Errorf("only %d characters", len(chars))
	}
}
