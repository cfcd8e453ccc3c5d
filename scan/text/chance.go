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

// ascending reports whether the hit is part of a code table: two-byte units that each exceed the one before by a little.
func ascending(window []byte, start, end int, enc Encoding) bool {
	if enc == UTF8 || enc.Escaped() || end-start < 2 {
		return false
	}
	unitAt := func(i int) int {
		if enc == UTF16LE {
			return int(window[i]) | int(window[i+1])<<8
		}
		return int(window[i])<<8 | int(window[i+1])
	}
	step := func(i int) bool { // from the unit at i to the next one
		d := unitAt(i+2) - unitAt(i)
		return 0 < d && d <= ascendingGap
	}
	for i := start; i+4 <= end; i += 2 {
		if !step(i) {
			return false
		}
	}
	n := (end - start) / 2
	for i := start - 2; i >= 0 && step(i); i -= 2 {
		n++
	}
	for i := end - 2; i+4 <= len(window) && step(i); i += 2 {
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
	case GB18030, Big5:
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
