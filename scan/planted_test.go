package scan

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/text"
	"github.com/censorscan/censorscan/wordlists"
)

// writers write a list in every encoding, by other means than package text; "" is what cannot be written.
var writers = map[text.Encoding]func(string) string{
	text.UTF8:          func(s string) string { return s },
	text.UTF16LE:       charset(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)),
	text.UTF16BE:       charset(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)),
	text.UTF32LE:       charset(utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)),
	text.UTF32BE:       charset(utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)),
	text.GB18030:       charset(simplifiedchinese.GB18030),
	text.Big5:          charset(traditionalchinese.Big5),
	text.GB7:           charset(simplifiedchinese.HZGB2312),
	text.EUCTW:         eucTW(2),
	text.CNS7:          cns7(),
	text.UnicodeEscape: units(`\u%04x`),
	text.PercentU: func(s string) string {
		return units("%%u%04X")(strings.NewReplacer(" ", "%20", "(", "%28", ")", "%29").Replace(s))
	},
	text.Percent:       octets("%%%02X"),
	text.HexEscape:     octets(`\x%02x`),
	text.OctalEscape:   octets(`\%03o`),
	text.DecimalEscape: octets(`\%d`),
	text.XMLDecimal:    codes("&#%d;"),
	text.XMLHex:        codes("&#x%X;"),
	text.BraceEscape:   codes(`\u{%x}`),
	text.LongEscape:    codes(`\U%08X`),
	text.HexText:       func(s string) string { return hex.EncodeToString([]byte(s)) },
	text.Base64:        func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	text.UTF7: func(s string) string {
		return each(strings.ReplaceAll(s, "+", "+-"), func(run string) string {
			p := charset(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM))(run)
			return "+" + base64.RawStdEncoding.EncodeToString([]byte(p)) + "-"
		})
	},
}

func charset(e encoding.Encoding) func(string) string {
	return func(s string) string {
		p, err := e.NewEncoder().String(s)
		if err != nil {
			return ""
		}
		return p
	}
}

// eucTW has iconv write the first planes of EUC-TW, for which there is no encoder in Go. Which characters can be written is asked once.
func eucTW(planes int) func(string) string {
	run := func(s string) string {
		cmd := exec.Command("iconv", "-c", "-f", "UTF-8", "-t", "EUC-TW")
		cmd.Stdin = strings.NewReader(s)
		out, _ := cmd.Output() // it complains of what -c leaves out
		return string(out)
	}
	var known map[rune]bool
	return func(s string) string {
		if known == nil {
			known = map[rune]bool{}
			var all []rune
			var lines strings.Builder
			for r := rune(0x4E00); r <= 0x9FFF; r++ {
				all = append(all, r)
				lines.WriteString(string(r) + "\n")
			}
			for i, line := range strings.Split(run(lines.String()), "\n") {
				if i < len(all) {
					known[all[i]] = line != "" && (line[0] != 0x8E || planes == 2 && line[1] == 0xA2)
				}
			}
		}
		for _, r := range s {
			if r >= utf8.RuneSelf && !known[r] {
				return ""
			}
		}
		if !strings.ContainsAny(s, "\n,|;\t") {
			return s // asked for a single term only
		}
		return run(s)
	}
}

// cns7 makes ISO-2022-CN of the first plane of EUC-TW.
func cns7() func(string) string {
	euc := eucTW(1)
	return func(s string) string {
		p := euc(s)
		if p == s {
			return s
		}
		var out strings.Builder
		for line := range strings.SplitAfterSeq(p, "\n") {
			name := "\x1b$)G" // once a line
			out.WriteString(each(line, func(run string) string {
				b := []byte(run)
				for i := range b {
					b[i] &= 0x7F
				}
				run, name = name+"\x0e"+string(b)+"\x0f", ""
				return run
			}))
		}
		return out.String()
	}
}

// each writes the runs of other characters than ASCII.
func each(s string, write func(string) string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		end := i
		for end < len(s) && s[end] >= utf8.RuneSelf {
			end++
		}
		if end == i {
			b.WriteByte(s[i])
			i++
			continue
		}
		b.WriteString(write(s[i:end]))
		i = end
	}
	return b.String()
}

func octets(format string) func(string) string {
	return func(s string) string {
		return each(s, func(run string) string {
			var b strings.Builder
			for _, c := range []byte(run) {
				fmt.Fprintf(&b, format, c)
			}
			return b.String()
		})
	}
}

func codes(format string) func(string) string {
	return func(s string) string {
		return each(s, func(run string) string {
			var b strings.Builder
			for _, r := range run {
				fmt.Fprintf(&b, format, r)
			}
			return b.String()
		})
	}
}

func units(format string) func(string) string {
	return func(s string) string {
		return each(s, func(run string) string {
			var b strings.Builder
			for _, u := range utf16.Encode([]rune(run)) {
				fmt.Fprintf(&b, format, u)
			}
			return b.String()
		})
	}
}

// frames are what stands before and after every entry of a list.
var frames = [][2]string{
	{"", "\n"}, {"", "\r\n"}, {"", ","}, {"", "|"}, {"", ";"}, {"", "\t"}, {`"`, `",`}, {`    "`, "\",\n"}, {"<item>", "</item>\n"}, {"12,", ",political,1\n"},
}

func embedded(t testing.TB) *lexicon {
	t.Helper()
	lists, err := wordlists.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	lx, err := newLexicon(lists)
	if err != nil {
		t.Fatal(err)
	}
	return lx
}

// TestPlanted plants lists of the embedded terms in noise, in every encoding and frame: at most one hit in a thousand may be lost.
func TestPlanted(t *testing.T) {
	lx := embedded(t)
	for _, enc := range text.Encodings() {
		write := writers[enc]
		if write == nil {
			if enc != text.MUTF8 && enc != text.HTMLNamed { // which write few characters in a way of their own
				t.Errorf("%s: no writer", enc)
			}
			continue
		}
		t.Run(enc.String(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, uint64(enc)))
			planted, lost, isolated := 0, 0, 0
			for i, f := range frames {
				if (i+int(enc))&1 != 0 && *chanceGiB < 1 {
					continue // all of them by make plausible
				}
				for n := 0; n < len(lx.terms); n += 30 {
					var list []int32
					var b strings.Builder
					b.WriteString("\n") // a digit of the noise would make one word with a term
					for id := n; id < min(n+30, len(lx.terms)); id++ {
						s, ok := writable(lx, int32(id), write)
						if k := lx.terms[id]; ok && k.alone && k.list.Kind == wordlists.KindTerms {
							list = append(list, int32(id))
							b.WriteString(f[0] + s + f[1])
						}
					}
					if len(list) < 10 {
						continue // hardly a list
					}
					data := slices.Concat(noise(rng, 400), []byte(write(b.String())), noise(rng, 400))
					l := newLeaf()
					lx.piece(l, extract.Piece{Data: data, Owned: len(data)})
					for _, id := range list {
						planted++
						switch o := l.terms[id]; {
						case o == nil:
							lost++
							if lost < 5 {
								t.Logf("%q in %q is lost", lx.terms[id].Text, f)
							}
						case o.grade != text.TextLike:
							isolated++
						}
					}
				}
			}
			if planted == 0 {
				t.Skip("iconv does not write it")
			}
			t.Logf("%d planted, %d lost, %d isolated", planted, lost, isolated)
			if lost*1000 > planted || isolated*20 > planted {
				t.Errorf("of %d planted hits %d are lost, %d isolated", planted, lost, isolated)
			}
		})
	}
}

// writable returns the first spelling of a term that can be written.
func writable(lx *lexicon, id int32, write func(string) string) (string, bool) {
	for v := range len(lx.variants[id]) + 1 {
		if s := lx.spelling(id, int32(v)); write(s) != "" {
			return s, true
		}
	}
	return "", false
}

func noise(rng *rand.Rand, n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(rng.Uint32())
	}
	return p
}
