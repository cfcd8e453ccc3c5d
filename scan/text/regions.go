package text

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"unicode/utf8"
)

const (
	regionGap  = 64 // bytes of ASCII that end a region
	regionLead = 32 // bytes of ASCII at either end that belong to it
)

// Regions yields the stretches of p that are UTF-8 with at least two characters of three bytes or more, as those of Chinese are, close to one
// another. ASCII before, between and behind them belongs to a region; the pair of offsets is where it begins and ends.
func Regions(p []byte) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		for at := 0; ; {
			at = nextWide(p, at)
			if at < 0 {
				return
			}
			end, wide := regionEnd(p, at)
			if wide >= 2 && !yield(regionStart(p, at), end) {
				return
			}
			at = max(end, at+1)
		}
	}
}

// nextWide returns the next place at or behind which a character of three bytes stands, or seems to; -1 if there is none. It looks at six places at once.
func nextWide(p []byte, at int) int {
	const high = 0x8080808080808080
	for ; at+8 <= len(p); at += 6 {
		w := binary.LittleEndian.Uint64(p[at:])
		lead := w & (w << 1) & (w << 2) &^ (w << 3) // 1110....
		next := w &^ (w << 1)                       // 10......
		if m := lead & (next >> 8) & (next >> 16) & (high >> 16); m != 0 {
			return at + bits.TrailingZeros64(m)/8
		}
	}
	for ; at+3 <= len(p); at++ {
		if p[at]&0xF0 == 0xE0 && p[at+1]&0xC0 == 0x80 && p[at+2]&0xC0 == 0x80 {
			return at
		}
	}
	return -1
}

// regionEnd returns where the region that begins with the character at p[at:] ends, and how many wide characters it has.
func regionEnd(p []byte, at int) (end, wide int) {
	last, i := at, at // last: behind the last character that is not ASCII
	for i < len(p) && i-last < regionGap {
		if p[i] < utf8.RuneSelf {
			if p[i] == 0 {
				break
			}
			i++
			continue
		}
		if c := p[i]; 0xE0 < c && c < 0xF0 && c != 0xED && i+3 <= len(p) && p[i+1]&0xC0 == 0x80 && p[i+2]&0xC0 == 0x80 {
			i += 3
			last = i
			wide++
			continue
		}
		r, n := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && n <= 1 {
			break
		}
		i += n
		last = i
		if n >= 3 {
			wide++
		}
	}
	return min(i, last+regionLead), wide
}

// regionStart goes back over characters of other lengths.
func regionStart(p []byte, at int) int {
	from := max(0, at-regionLead)
	for i := at - 1; i >= from; i-- {
		if p[i] == 0 {
			return i + 1
		}
	}
	for from < at && !utf8.RuneStart(p[from]) {
		from++
	}
	return from
}
