package match

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// anchors knows which needles have their anchor at a place and has them compared. Needles of four bytes and more are anchored by
// four bytes, shorter ones by their first two.
type anchors struct {
	four, two gramTable
	maxOffset int
}

// newAnchors builds the tables; offsets holds the anchor of every needle.
func newAnchors(ns *needles, offsets []int32) *anchors {
	x := new(anchors)
	var four, two []entry
	for i := range int32(ns.len()) {
		off := int(offsets[i])
		if ns.length(i) < 4 {
			ns.eachGram(i, 0, 2, func(gram uint32) { two = append(two, entry{gram, anything, newRef(i, 0, 0)}) })
			continue
		}
		x.maxOffset = max(x.maxOffset, off)
		at := witnessAt(off, ns.length(i))
		bytes, _ := ns.at(i)
		witness := binary.LittleEndian.Uint32(bytes[at:]) | splat(ns.folded)
		ns.eachGram(i, off, 4, func(gram uint32) { four = append(four, entry{gram, witness, newRef(i, off, at-off)}) })
	}
	x.four.build(four, splat(ns.folded))
	x.two.build(two, anything)
	return x
}

// witnessAt returns where the four bytes begin that say most besides the anchor: behind it, else before it.
func witnessAt(off, length int) int {
	behind, before := min(4, length-off-4), min(4, off)
	if behind >= before {
		return off + behind
	}
	return off - before
}

// anything is a witness that all bytes agree with.
const anything = 1<<32 - 1

func splat(b byte) uint32 { return uint32(b) * 0x01010101 }

// place looks for anchors at and around an even place, anywhere in r.buf.
func (x *anchors) place(r *run, p int) {
	if p > 0 && p+3 <= len(r.buf) {
		x.four.find(r, binary.LittleEndian.Uint32(r.buf[p-1:]), p-1)
	}
	if p+4 <= len(r.buf) {
		x.four.find(r, binary.LittleEndian.Uint32(r.buf[p:]), p)
	}
	if p+2 <= len(r.buf) {
		x.two.find(r, uint32(binary.LittleEndian.Uint16(r.buf[p:])), p)
	}
	if p+3 <= len(r.buf) {
		x.two.find(r, uint32(binary.LittleEndian.Uint16(r.buf[p+1:])), p+1)
	}
}

// check looks for anchors at and around the places, which count from base and have a byte before them and seven behind.
func (x *anchors) check(r *run, base int, places []uint16) {
	// The third pass: the grams that the sieves let through, by their offset from base-1, doubled, and one more for a gram of two bytes.
	list, n := &r.lists.grams, uint(0)
	const put = 2 * segment
	short := len(x.two.entries) > 0
	buf := r.buf[base-1:]
	for _, p := range places {
		q := binary.LittleEndian.Uint64(buf[p:])
		list[n%put] = 2 * p
		n += x.four.sieve.may(gramHash(uint32(q)))
		list[n%put] = 2*p + 2
		n += x.four.sieve.may(gramHash(uint32(q >> 8)))
		if short {
			list[n%put] = 2*p + 3
			n += x.two.sieve.may(gramHash(uint32(uint16(q >> 8))))
			list[n%put] = 2*p + 5
			n += x.two.sieve.may(gramHash(uint32(uint16(q >> 16))))
		}
	}
	for _, p := range list[:n] {
		at := base - 1 + int(p/2)
		if p%2 == 0 {
			x.four.find(r, binary.LittleEndian.Uint32(r.buf[at:]), at)
		} else {
			x.two.find(r, uint32(binary.LittleEndian.Uint16(r.buf[at:])), at)
		}
	}
}

func (x *anchors) size() int { return x.four.size() + x.two.size() }

// gramTable maps grams to the needles anchored by them: a sieve turns most strangers away, a hash table finds the rest.
type gramTable struct {
	sieve   sieve
	starts  []uint32 // by hash: where its entries begin; they end where those of the next hash begin
	shift   uint8
	entries []entry
	folded  uint32
}

// entry is an anchor: four bytes, four more of the needle to compare before the rest, with all bits set that any needle folds, and which needle it is.
type entry struct {
	gram, witness uint32
	ref           ref
}

// ref holds a needle in its low 20 bits, above the offset of the anchor in it, and above that of the witness from the anchor, plus 4.
type ref uint32

func newRef(needle int32, offset, witness int) ref {
	return ref(needle) | ref(offset)<<20 | ref(witness+4)<<26
}

func (r ref) needle() int32 { return int32(r & (MaxNeedles - 1)) }
func (r ref) offset() int   { return int(r >> 20 & 63) }
func (r ref) witness() int  { return int(r>>26) - 4 }

// gramHash is good in its high bits.
func gramHash(gram uint32) uint64 { return uint64(gram) * 0x9E3779B97F4A7C15 }

func (t *gramTable) build(entries []entry, folded uint32) {
	n := bits.Len(uint(len(entries)))
	t.sieve = newSieve(min(n-2, 15))
	startBits := max(4, n-1)
	t.starts, t.shift, t.folded = make([]uint32, 1<<startBits+1), uint8(64-startBits), folded
	for _, e := range entries {
		h := gramHash(e.gram)
		t.sieve.add(h)
		t.starts[h>>t.shift+1]++
	}
	for i := range len(t.starts) - 1 {
		t.starts[i+1] += t.starts[i]
	}
	t.entries = make([]entry, len(entries))
	next := slices.Clone(t.starts)
	for _, e := range entries {
		i := gramHash(e.gram) >> t.shift
		t.entries[next[i]] = e
		next[i]++
	}
}

// find has the needles compared that are anchored by the gram, which stands at buf[at:].
func (t *gramTable) find(r *run, gram uint32, at int) {
	i := gramHash(gram) >> t.shift
	for _, e := range t.entries[t.starts[i]:t.starts[i+1]] {
		if e.gram != gram {
			continue
		}
		if w := at + e.ref.witness(); w >= 0 && w+4 <= len(r.buf) && e.witness != binary.LittleEndian.Uint32(r.buf[w:])|t.folded {
			continue
		}
		r.confirm(e.ref.needle(), at-e.ref.offset(), at)
	}
}

func (t *gramTable) size() int { return 8*len(t.sieve.words) + 4*len(t.starts) + 12*len(t.entries) }

// sieve is a Bloom filter of two bits for each gram, both in one word.
type sieve struct {
	words []uint64
	shift uint8
}

// newSieve makes one of 2^logWords words. A quarter of a megabyte is enough: more drives the filter's table out of the second-level cache.
func newSieve(logWords int) sieve {
	logWords = max(8, logWords)
	return sieve{make([]uint64, 1<<logWords), uint8(64 - logWords)}
}

func (s *sieve) add(hash uint64) {
	s.words[hash>>s.shift] |= 1<<(hash>>(s.shift-6)&63) | 1<<(hash>>(s.shift-12)&63)
}

// may returns 0 if the gram is none of those added, else mostly 1.
func (s *sieve) may(hash uint64) uint {
	w := s.words[hash>>s.shift]
	return uint(w >> (hash >> (s.shift - 6) & 63) & (w >> (hash >> (s.shift - 12) & 63)) & 1)
}
