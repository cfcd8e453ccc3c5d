package recover

import (
	"bytes"
	"unicode/utf8"

	"github.com/censorscan/censorscan/scan/text"
)

// maxDamage is how many characters there must be for each invalid one or control character, for bytes to be taken for text.
const maxDamage = 64

// detect finds the encoding of a whole text. text.Detect asks for clean text; here a list separated by NUL is text too, and a
// damaged byte must not hide one: of the encodings in which the bytes are nearly clean, the one that shows the most known
// terms is taken.
func detect(raw []byte, known *Terms) (enc text.Encoding, bom int, ok bool) {
	if enc, bom, ok = text.Detect(raw); ok {
		return enc, bom, ok
	}
	most := 0
	for _, e := range []text.Encoding{text.UTF8, text.UTF16LE, text.UTF16BE, text.GB18030, text.Big5} {
		if !nearlyClean(raw, e) {
			continue
		}
		terms := 0
		eachLine(decode(raw, 0, e, 0).text, func(line string, _ int) {
			if _, found := known.Within(Fold(line)); found {
				terms++
			}
		})
		if terms > most {
			enc, ok, most = e, true, terms
		}
	}
	return enc, mark(raw, enc), ok
}

// mark returns the length of the byte order mark of an encoding.
func mark(raw []byte, enc text.Encoding) int {
	for _, m := range [...]struct {
		enc  text.Encoding
		mark string
	}{{text.UTF8, "\xEF\xBB\xBF"}, {text.UTF16LE, "\xFF\xFE"}, {text.UTF16BE, "\xFE\xFF"}} {
		if enc == m.enc && bytes.HasPrefix(raw, []byte(m.mark)) {
			return len(m.mark)
		}
	}
	return 0
}

// nearlyClean reports whether hardly a character is invalid or a control character. It gives up early on binary data.
func nearlyClean(raw []byte, enc text.Encoding) bool {
	chars, bad, nul := 0, 0, 0
	for i := 0; i < len(raw); chars++ {
		r, size := character(enc, raw[i:])
		switch {
		case r == 0:
			nul++
		case r == utf8.RuneError || control(r):
			bad++
		}
		if chars == 4096 && bad > chars/8 {
			return false
		}
		i += size
	}
	return bad <= chars/maxDamage && nul <= chars/2
}

// control reports whether c is an ASCII control character other than white space.
func control(c rune) bool {
	return c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' || c == 0x7F
}
