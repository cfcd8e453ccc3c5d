package xor

import "math/bits"

// keySet is a set of key bytes.
type keySet [4]uint64

func (s *keySet) add(key byte)      { s[key>>6] |= 1 << (key & 63) }
func (s *keySet) remove(key byte)   { s[key>>6] &^= 1 << (key & 63) }
func (s *keySet) has(key byte) bool { return s[key>>6]>>(key&63)&1 != 0 }

// meet keeps the keys that are in both sets and reports whether any is left.
func (s *keySet) meet(o *keySet) bool {
	for i := range s {
		s[i] &= o[i]
	}
	return s[0]|s[1]|s[2]|s[3] != 0
}

// all yields the keys in order.
func (s *keySet) all(yield func(byte) bool) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			if !yield(byte(i<<6 + bits.TrailingZeros64(w))) {
				return
			}
		}
	}
}

func (s *keySet) join(o *keySet) {
	for i := range s {
		s[i] |= o[i]
	}
}

func (s *keySet) empty() bool { return s[0]|s[1]|s[2]|s[3] == 0 }

// histogram counts bytes.
type histogram [256]uint16

// keys returns those that make every byte one that a text may hold.
func (h *histogram) keys(allow *[256]keySet) keySet {
	set := keySet{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
	for b, n := range h {
		if n > 0 && !set.meet(&allow[b]) {
			break
		}
	}
	return set
}

// counts are histograms of a sample: of all its bytes, and of those at even and odd offsets.
type counts struct {
	all, even, odd histogram
	most           byte // the byte that is seen most often
	size           int
}

const (
	minKinds = 10  // different bytes of any text
	maxKinds = 160 // of a text of the size of the first look
	maxShare = 40  // percent of a text that are one byte, unless it is a space or the zeros of UTF-16
)

// count counts a sample. It reports whether that may be text under any key.
func (h *counts) count(sample []byte) bool {
	for i := 0; i+1 < len(sample); i += 2 {
		h.even[sample[i]]++
		h.odd[sample[i+1]]++
	}
	h.size = len(sample) &^ 1
	kinds := 0
	for b := range h.all {
		n := h.even[b] + h.odd[b]
		if n > 0 {
			kinds++
		}
		if h.all[b] = n; n > h.all[h.most] {
			h.most = byte(b)
		}
	}
	return kinds >= minKinds && kinds <= maxKinds
}

// keys returns those under which the sample may be text, by encoding, and reports whether there is any but zero.
func (h *counts) keys(t *charTables) (sets [charsets]keySet, any bool) {
	sets[utf8Text] = h.all.keys(&t.allow8)
	sets[utf16le] = h.odd.keys(&t.allow16)
	sets[utf16be] = h.even.keys(&t.allow16)
	if int(h.all[h.most])*100 > maxShare*h.size {
		var few keySet
		few.add(h.most ^ ' ')
		few.add(h.most)
		for c := range sets {
			sets[c].meet(&few)
		}
	}
	sets[gbk], sets[big5] = sets[utf8Text], sets[utf8Text]
	zero := keySet{1}
	for c := range sets {
		any = any || !sets[c].empty() && sets[c] != zero
	}
	return sets, any
}

// promises reports whether the sample may be text of single bytes, UTF-8, GBK or Big5 under a key, by its bytes alone.
func (h *counts) promises(t *charTables, key byte) bool {
	const wideFee = 5 // bits of a byte of a Han character
	fee, wide, letters, most := 0, 0, 0, 0
	for b, n := range h.all {
		if n == 0 {
			continue
		}
		c := byte(b) ^ key
		if c >= 0x80 {
			wide += int(n)
			fee += wideFee * int(n)
			continue
		}
		fee += t.asciiFee[c] * int(n)
		if low := c | 0x20; 'a' <= low && low <= 'z' {
			letters += int(n)
			most = max(most, int(n))
		}
	}
	return fee <= 7*h.size && (wide*5 >= h.size || (wide+letters)*5 >= 2*h.size && most*4 <= h.size)
}
