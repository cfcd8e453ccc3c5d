package recover

import (
	"encoding/base64"
	"strings"
)

// minBase64 is the least length of what is taken for Base64: shorter strings of its alphabet are words.
const minBase64 = 32

// Base64 reports whether the beginning of a file looks like Base64 (RFC 4648, either alphabet, with or without line breaks and
// padding). A list within is hidden from a search for its terms, so such a file is worth a Recover without hits.
func Base64(head []byte) bool {
	_, n := base64Alphabet(string(head))
	return n >= minBase64
}

// base64Alphabet returns whether s uses the URL alphabet and how many characters of Base64 it holds, 0 when it holds any
// other character than white space.
func base64Alphabet(s string) (url bool, n int) {
	var classes [4]int                          // a-z, A-Z, 0-9, others: words and numbers do not use all of them
	if i := strings.IndexByte(s, '='); i >= 0 { // nothing but padding follows
		if strings.Trim(s[i:], "= \t\r\n") != "" {
			return false, 0
		}
		s = s[:i]
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z':
			classes[0]++
		case 'A' <= c && c <= 'Z':
			classes[1]++
		case '0' <= c && c <= '9':
			classes[2]++
		case c == '+', c == '/':
			classes[3]++
		case c == '-', c == '_':
			url = true
			classes[3]++
		case c == ' ', c == '\t', c == '\r', c == '\n':
		default:
			return false, 0
		}
	}
	if classes[0] == 0 || classes[1] == 0 {
		return false, 0
	}
	return url, classes[0] + classes[1] + classes[2] + classes[3]
}

// findBase64 decodes a text that is Base64 as a whole.
func findBase64(d *document) found {
	body := strings.TrimFunc(d.text, blank)
	url, n := base64Alphabet(body)
	if n < minBase64 {
		return found{}
	}
	if !wrapped(body) {
		return found{} // each line by itself
	}
	packed := make([]byte, 0, n)
	for i := range len(body) {
		if c := body[i]; c > ' ' && c != '=' {
			packed = append(packed, c)
		}
	}
	enc := base64.RawStdEncoding
	if url {
		enc = base64.RawURLEncoding
	}
	raw := make([]byte, enc.DecodedLen(len(packed)))
	n, err := enc.Decode(raw, packed)
	if err != nil {
		return found{}
	}
	return found{bytes: raw[:n], step: "base64 decode"}
}

// wrapped reports whether all lines but the last are of one length.
func wrapped(s string) bool {
	length, odd, even := 0, 0, true
	eachLine(s, func(line string, _ int) {
		n := len(strings.Trim(line, " \t"))
		if n == 0 {
			return
		}
		even = even && odd == 0
		if length == 0 {
			length = n
		}
		if n != length {
			odd++
			even = even && n < length
		}
	})
	return even
}

// minBlockLine is the least length of a line of Base64 within a text, except for the last: mail and PEM have 64 and 76.
const minBlockLine = 40

// base64Blocks decodes the lines of a text that are nothing but Base64, those that follow each other together.
func base64Blocks(d *document) []*document {
	var all []*document
	from, end, lines := -1, 0, 0
	flush := func() {
		if from < 0 {
			return
		}
		block := literal{text: d.text[from:end], pos: from, end: end}
		if _, n := base64Alphabet(block.text); n >= minBlockLine && (lines > 1 || n >= 2*minBlockLine) {
			all = append(all, block.document(d, "block"))
		}
		from, lines = -1, 0
	}
	eachLine(d.text, func(line string, pos int) {
		if len(all) == maxNodes {
			return
		}
		if line == "" { // of CRLF
			return
		}
		body := strings.TrimRight(strings.TrimLeft(line, " \t"), " \t\"'`;)")
		long := len(body) >= minBlockLine
		if !long && from < 0 || strings.ContainsAny(body, " \t") || body == "" {
			flush()
			return
		}
		if _, n := base64Alphabet(body); n == 0 && (long || strings.Trim(body, base64Letters) != "") {
			flush()
			return
		}
		if from < 0 {
			from = pos + strings.Index(line, body)
		}
		end = pos + strings.Index(line, body) + len(body)
		lines++
		if !long {
			flush()
		}
	})
	flush()
	return all
}

const base64Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="

// with returns the recipe with more steps, leaving the one given as it is.
func with(recipe []string, steps ...string) []string {
	return append(append(make([]string, 0, len(recipe)+len(steps)), recipe...), steps...)
}
