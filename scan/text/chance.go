package text

import (
	"bytes"
	"unicode/utf8"
)

// The ascending units that make a code table: at least so many in a row, each at most so much more than the one before.
const (
	ascendingRun = 5
	ascendingGap = 8
)

// Short hits that the bytes around explain better than text of their own encoding does.

// periodic reports whether the hit is part of a repeated byte pattern of one to four bytes.
func periodic(window []byte, start, end int) bool {
	if start < 4 || end+4 > len(window) || end-start < 4 {
		return false
	}
	return bytes.Equal(window[start-4:start], window[start:start+4]) && bytes.Equal(window[end:end+4], window[end-4:end])
}

// ascending reports whether the hit is part of a code table: units that each exceed the one before by a little.
func ascending(window []byte, start, end int, enc Encoding) bool {
	width := 2
	switch enc {
	case UTF32LE, UTF32BE:
		width = 4
	case UTF8, MUTF8:
		return false
	}
	if enc.Escaped() || end-start < width {
		return false
	}
	unitAt := func(i int) int {
		v := 0
		for k := range width {
			at := i + k
			if enc == UTF16LE || enc == UTF32LE {
				at = i + width - 1 - k
			}
			v = v<<8 | int(window[at])
		}
		return v
	}
	step := func(i int) bool { // from the unit at i to the next one
		d := unitAt(i+width) - unitAt(i)
		return 0 < d && d <= ascendingGap
	}
	for i := start; i+2*width <= end; i += width {
		if !step(i) {
			return false
		}
	}
	n := (end - start) / width
	for i := start - width; i >= 0 && step(i); i -= width {
		n++
	}
	for i := end - width; i+2*width <= len(window) && step(i); i += width {
		n++
	}
	return n >= ascendingRun
}

// otherEncoding reports whether the hit and its neighbours read better as ASCII or as UTF-8 text: English read as
// UTF-16 is full of Han characters, and Chinese UTF-8 read as GB18030 as well.
func otherEncoding(window []byte, start, end int, enc Encoding) bool {
	switch enc {
	case UTF16LE, UTF16BE:
		lo, hi := max(0, start-8), min(len(window), end+8)
		for _, b := range window[lo:hi] {
			if b != '\n' && b != '\r' && b != '\t' && (b < ' ' || b > '~') {
				return false
			}
		}
		return true
	case GB18030, Big5, EUCTW:
		const enough = 4 // characters of several bytes
		lo, hi := max(0, start-18), min(len(window), end+18)
		for skip := 0; skip < 3 && lo < start && !utf8.RuneStart(window[lo]); skip++ {
			lo++
		}
		many := 0
		for i := lo; i < hi; {
			r, n := utf8.DecodeRune(window[i:])
			if r == utf8.RuneError && n <= 1 {
				return false
			}
			if n > 2 {
				many++
			}
			i += n
		}
		return many >= enough
	}
	return false
}

// packedNear reports whether a hit stands in the midst of Base64: a long run of its characters, as many capital as small ones and digits among
// them. In such a run + and / are no word boundaries.
func packedNear(window []byte, start, end int) bool {
	const enough = 48
	from, to := start, end
	for from > max(0, start-enough) && inBase64(window[from-1]) {
		from--
	}
	for to < min(len(window), end+enough) && inBase64(window[to]) {
		to++
	}
	upper, lower, digits := 0, 0, 0
	for _, c := range window[from:to] {
		switch {
		case 'A' <= c && c <= 'Z':
			upper++
		case 'a' <= c && c <= 'z':
			lower++
		case '0' <= c && c <= '9':
			digits++
		}
	}
	n := to - from
	return n >= enough && upper*4 >= n && lower*4 >= n && digits*20 >= n
}

// inBase64 reports whether c stands in Base64, line breaks included.
func inBase64(c byte) bool {
	_, ok := base64Value(c)
	return ok || c == '\n' || c == '\r'
}
