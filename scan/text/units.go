package text

// Margin is how many bytes on each side of a hit the functions of this package look at: a window handed to them should
// hold that many unless the artefact begins or ends there. A window's edge is taken for the end of the text.
const Margin = 160

// unit is one decoded character of a window.
type unit struct {
	r       rune
	off     int
	size    int
	invalid bool
}

// after appends the characters of window[end:] that begin within reach bytes.
func after(units []unit, window []byte, end, reach int, enc Encoding) []unit {
	for i := end; i < len(window) && i < end+reach; {
		r, size, ok := enc.DecodeRune(window[i:])
		units = append(units, unit{r, i, size, !ok})
		i += size
	}
	return units
}

// before appends the characters that end at start, in the order of the text, looking back reach bytes. Text is written to be read
// forwards: where the encoding does not tell where a character begins, every possible beginning is tried and the reading
// that makes most sense is taken.
func before(units []unit, window []byte, start, reach int, enc Encoding) []unit {
	lo := max(0, start-reach)
	phases := 1
	switch enc {
	case UTF16LE, UTF16BE:
		lo += (start - lo) & 1
	case UTF32LE, UTF32BE:
		lo += (start - lo) & 3
	case UTF8, MUTF8:
		for skip := 0; skip < 3 && lo > 0 && lo < start && window[lo]&0xC0 == 0x80; skip++ {
			lo++
		}
	case GB18030, EUCTW:
		phases = 4
	case Big5:
		phases = 2
	default: // begin at an escape, not within one
		lo = max(0, lo-rows[enc].unit)
	}
	best, bestScore := lo, -1<<30
	meet := start // a byte below the digits is a character of its own: there all readings meet
	for i := lo + phases; phases > 1 && i < start; i++ {
		if window[i] < '0' {
			meet = i
			break
		}
	}
	for p := 0; phases > 1 && p < phases && lo+p < start; p++ {
		if s := readability(window[:meet], lo+p, enc); s > bestScore {
			best, bestScore = lo+p, s
		}
	}
	return after(units, window[:start], best, start-best, enc)
}

// readability scores the reading of p from offset i to its end; a reading that ends within a character is the worst.
func readability(p []byte, i int, enc Encoding) int {
	class := &tables().class
	score := 0
	for i < len(p) {
		r, size, ok := enc.DecodeRune(p[i:])
		i += size
		switch {
		case !ok && i == len(p):
			score -= 1000
		case !ok:
			score -= 3
		case r < 0x80:
			score++
		case r <= 0xFFFF && class[r] != classRare:
			score += size
		}
	}
	return score
}
