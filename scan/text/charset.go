package text

import (
	"bytes"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// The legacy charsets, from golang.org/x/text: the tables of the WHATWG Encoding Standard.
var (
	gb18030Charset encoding.Encoding = simplifiedchinese.GB18030
	big5Charset    encoding.Encoding = traditionalchinese.Big5
)

// What a character is to the plausibility check.
const (
	classRare   uint8 = iota // unlikely next to a term
	classCommon              // a Han character in common use
	classOther               // printable ASCII, CJK punctuation, full-width forms, kana, bopomofo, pinyin
)

// charTables holds the two-byte charsets by lead<<8|trail (0: no character) and the class of every character of the BMP.
type charTables struct {
	gb, big5 [1 << 16]rune
	class    [1 << 16]uint8
}

// tables builds the tables once; they are only read afterwards.
var tables = sync.OnceValue(func() *charTables {
	t := new(charTables)
	fillCharset(&t.gb, gb18030Charset)
	fillCharset(&t.big5, big5Charset)
	// Common Han characters: GB 2312 level 1 (3,755, rows 0xB0 to 0xD7) and Big5 level 1 (5,401, leads 0xA4 to 0xC6).
	t.mark(&t.gb, 0xB0, 0xD7, 0xA1)
	t.mark(&t.big5, 0xA4, 0xC6, 0x40)
	other := func(lo, hi rune) {
		for r := lo; r <= hi; r++ {
			t.class[r] = classOther
		}
	}
	other(0x20, 0x7E)
	other(0x3000, 0x3011) // CJK punctuation
	other(0x3041, 0x3096) // hiragana
	other(0x30A1, 0x30FA) // katakana
	other(0x3105, 0x3129) // bopomofo
	other(0xFF01, 0xFF5E) // full-width ASCII
	const marks = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü·—‘’“”…《》〈〉【】「」『』〔〕、。￥"
	for _, r := range marks {
		t.class[r] = classOther
	}
	return t
})

// fillCharset decodes every two-byte code in one go: one code a line, so that an invalid one spoils nothing else.
func fillCharset(codes *[1 << 16]rune, charset encoding.Encoding) {
	var src []byte
	for lead := 0x81; lead < 0xFF; lead++ {
		for trail := 0x40; trail < 0xFF; trail++ {
			src = append(src, byte(lead), byte(trail), '\n')
		}
	}
	dst, err := charset.NewDecoder().Bytes(src)
	if err != nil {
		panic("text: " + err.Error()) // cannot be: a decoder replaces what it cannot read
	}
	code := 0
	for line := range bytes.Lines(dst) {
		key := (0x81+code/191)<<8 | (0x40 + code%191)
		code++
		line = line[:len(line)-1]
		r, n := utf8.DecodeRune(line)
		if n == len(line) && r != utf8.RuneError {
			codes[key] = r
		}
	}
}

// mark makes the Han characters of a block of codes common.
func (t *charTables) mark(codes *[1 << 16]rune, leadLo, leadHi, trailLo int) {
	for lead := leadLo; lead <= leadHi; lead++ {
		for trail := trailLo; trail < 0xFF; trail++ {
			if r := codes[lead<<8|trail]; 0x4E00 <= r && r <= 0x9FFF {
				t.class[r] = classCommon
			}
		}
	}
}

func decodeGB18030(p []byte) (rune, int, bool) {
	if len(p) >= 4 && isGBLead(p[0]) && isDigit(p[1]) && isGBLead(p[2]) && isDigit(p[3]) {
		out, err := gb18030Charset.NewDecoder().Bytes(p[:4])
		if r, n := utf8.DecodeRune(out); err == nil && n == len(out) && r != utf8.RuneError {
			return r, 4, true
		}
		return utf8.RuneError, 1, false
	}
	return decodeDouble(p, &tables().gb)
}

func isGBLead(b byte) bool { return 0x81 <= b && b <= 0xFE }
func isDigit(b byte) bool  { return '0' <= b && b <= '9' }

func decodeBig5(p []byte) (rune, int, bool) { return decodeDouble(p, &tables().big5) }

func decodeDouble(p []byte, codes *[1 << 16]rune) (rune, int, bool) {
	if p[0] < utf8.RuneSelf {
		return rune(p[0]), 1, true
	}
	if len(p) >= 2 {
		if r := codes[int(p[0])<<8|int(p[1])]; r != 0 {
			return r, 2, true
		}
	}
	return utf8.RuneError, 1, false
}
