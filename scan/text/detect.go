package text

import (
	"bytes"
	"unicode/utf8"
)

// Detect finds the encoding of a whole text: by its byte order mark, whose length it returns, else by strict decoding.
// Text may be cut at its end, but holds no other invalid byte, and of control characters besides white space a stray
// one in a hundred characters at most, for real lists hold some; NUL is taken for a separator in UTF-16 and UTF-32 only. Pure
// ASCII is UTF8. Of GB18030 and Big5, and of UTF-16 and UTF-32 in both byte orders, the one that gives more common characters
// is chosen; if most are rare, the buffer is no text and ok is false.
func Detect(buf []byte) (enc Encoding, bom int, ok bool) {
	switch {
	case bytes.HasPrefix(buf, []byte("\xEF\xBB\xBF")):
		return UTF8, 3, true
	case bytes.HasPrefix(buf, []byte("\xFF\xFE\x00\x00")):
		return UTF32LE, 4, true
	case bytes.HasPrefix(buf, []byte("\x00\x00\xFE\xFF")):
		return UTF32BE, 4, true
	case bytes.HasPrefix(buf, []byte("\xFF\xFE")):
		return UTF16LE, 2, true
	case bytes.HasPrefix(buf, []byte("\xFE\xFF")):
		return UTF16BE, 2, true
	}
	if s := survey(UTF8, buf); s.valid && !s.nul && len(buf) > 0 {
		return UTF8, 0, true
	}
	best := 0
	for _, e := range []Encoding{UTF32LE, UTF32BE, UTF16LE, UTF16BE, GB18030, Big5} { // UTF-32 is UTF-16 with NULs as well
		s := survey(e, buf)
		if !s.valid || s.nul && (e == GB18030 || e == Big5) {
			continue
		}
		if share := s.commonPercent(); share >= detectShare && share > best {
			enc, ok, best = e, true, share
		}
	}
	return enc, 0, ok
}

// detectShare is the least share of common characters, in percent, of what is taken for text. Chinese prose and lists
// have 90 and more in their own encoding, the other readings of the same bytes 10 to 60.
const detectShare = 75

// census counts the characters of a buffer in one encoding.
type census struct {
	valid       bool
	nul         bool
	chars, good int
}

func (c census) commonPercent() int {
	if c.chars == 0 {
		return 0
	}
	return 100 * c.good / c.chars
}

func survey(e Encoding, buf []byte) census {
	class := &tables().class
	c := census{valid: true}
	stray := 0
	for i := 0; i < len(buf); {
		r, size, ok := e.DecodeRune(buf[i:])
		switch {
		case !ok:
			c.valid = truncated(e, buf[i:]) && stray <= c.chars/100
			return c
		case r == 0:
			c.nul = true
		case r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f', r == 0x7F:
			stray++
		default:
			c.chars++
			if r <= 0xFFFF && class[r] != classRare || r <= ' ' {
				c.good++
			}
		}
		i += size
	}
	c.valid = stray <= c.chars/100
	return c
}

// truncated reports whether p, which does not decode, is the beginning of a character cut off by the end of the buffer.
func truncated(e Encoding, p []byte) bool {
	switch e {
	case UTF8:
		return !utf8.FullRune(p)
	case GB18030:
		return isGBLead(p[0]) && (len(p) == 1 || len(p) < 4 && isDigit(p[1]))
	case Big5:
		return isGBLead(p[0]) && len(p) == 1
	default:
		return len(p) < 4
	}
}
