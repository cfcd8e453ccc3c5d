package compress

import "math/bits"

// brotliBegins reads the headers of a stream and of its first block up to the first prefix code. It returns what the block decodes to if it is the last, else -1;
// ok says whether a stream can begin so whose first block is compressed.
func brotliBegins(data []byte) (size int64, ok bool) {
	r := bitReader{data: data}
	if r.take(1) != 0 && r.take(3) == 0 && r.take(3) == 1 { // the sizes of the window have codes of 1, 4 and 7 bits, of which one is not used
		return 0, false
	}
	last := r.take(1) != 0
	if last && r.take(1) != 0 {
		return 0, false // empty
	}
	nibbles := 4 + int(r.take(2))
	if nibbles == 7 {
		return 0, false // no content
	}
	size = int64(r.take(4 * nibbles))
	if nibbles > 4 && size>>(4*(nibbles-1)) == 0 {
		return 0, false
	}
	size++
	if !last {
		if size = -1; r.take(1) != 0 {
			return 0, false // stored
		}
	}
	for range 3 { // block types of literals, commands and distances
		if n := r.brotliCount(); n > 1 {
			return size, r.brotliCode(n+2) && !r.short
		}
	}
	r.take(6 + 2) // how distances are coded, and the context of literals
	for range 2 { // context maps of literals and distances
		if n := r.brotliCount(); n > 1 {
			if r.take(1) != 0 {
				n += int(r.take(4)) + 1
			}
			return size, r.brotliCode(n) && !r.short
		}
	}
	return size, r.brotliCode(256) && !r.short
}

// brotliCount reads a number from 1 to 256.
func (r *bitReader) brotliCount() int {
	if r.take(1) == 0 {
		return 1
	}
	n := int(r.take(3))
	return 1 + 1<<n + int(r.take(n))
}

// brotliLengths are the code lengths of the codes of code lengths and how many bits each takes, by the next four bits.
var brotliLengths = [16]struct{ length, bits uint8 }{
	{0, 2}, {4, 2}, {3, 2}, {2, 3}, {0, 2}, {4, 2}, {3, 2}, {1, 4}, {0, 2}, {4, 2}, {3, 2}, {2, 3}, {0, 2}, {4, 2}, {3, 2}, {5, 4},
}

// brotliCode reports whether the prefix code for an alphabet can be one, as far as its symbols or its code of code lengths go.
func (r *bitReader) brotliCode(alphabet int) bool {
	skip := int(r.take(2))
	if skip == 1 { // up to four symbols
		var symbols [4]int
		count := int(r.take(2)) + 1
		for i := range count {
			symbols[i] = int(r.take(bits.Len(uint(alphabet - 1))))
			if symbols[i] >= alphabet {
				return false
			}
			for _, s := range symbols[:i] {
				if s == symbols[i] {
					return false
				}
			}
		}
		return true
	}
	space, codes := 32, 0
	for range 18 - skip {
		l := brotliLengths[r.peek()&15]
		r.take(int(l.bits))
		if l.length == 0 {
			continue
		}
		codes++
		if space -= 32 >> l.length; space <= 0 {
			break
		}
	}
	return codes == 1 || space == 0
}

// bitReader reads bits, the lowest of each byte first.
type bitReader struct {
	data  []byte
	at    int // in bits
	short bool
}

// peek is the next bits, at least 24 of them, zeros behind the end.
func (r *bitReader) peek() uint32 {
	var v uint32
	for i := range 4 {
		if k := r.at>>3 + i; k < len(r.data) {
			v |= uint32(r.data[k]) << (8 * i)
		}
	}
	return v >> (r.at & 7)
}

// take reads n bits, at most 24.
func (r *bitReader) take(n int) uint32 {
	v := r.peek() & (1<<n - 1)
	if r.at += n; r.at > 8*len(r.data) {
		r.short = true
	}
	return v
}
