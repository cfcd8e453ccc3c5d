package match

import (
	"encoding/binary"
	"math/bits"
	"sort"
)

// exact is the second stage: it knows which needles have their anchor at a place and has them compared. Needles of
// four bytes and more are anchored by four bytes, shorter ones by their first two.
type exact struct {
	four, two gramTable
	maxOffset int
}

// anchor is the place of a needle's rarest bytes.
type anchor struct {
	needle int32
	offset int32
}

// newExact builds the tables; offsets holds the anchor of every needle.
func newExact(ns *needles, offsets []int32) *exact {
	x := new(exact)
	four, two := make(map[uint32][]anchor), make(map[uint32][]anchor)
	for i := range ns.list {
		n, off := &ns.list[i], int(offsets[i])
		x.maxOffset = max(x.maxOffset, off)
		grams, width := four, 4
		if len(n.bytes) < 4 {
			grams, width = two, 2
		}
		n.eachGram(off, width, func(gram uint32) {
			grams[gram] = append(grams[gram], anchor{int32(i), int32(off)})
		})
	}
	x.four.build(ns, four)
	x.two.build(ns, two)
	return x
}

// eachGram calls f with every form of the bytes at the offset that the needle takes for equal, first byte lowest.
func (n *needle) eachGram(off, width int, f func(gram uint32)) {
	var gram, fold uint32
	for i := range width {
		gram |= uint32(n.bytes[off+i]) << (8 * i)
		fold |= uint32(n.fold[off+i]) << (8 * i)
	}
	for free := fold; ; free = (free - 1) & fold { // every subset of the folded bits
		f(gram&^fold | free)
		if free == 0 {
			return
		}
	}
}

// candidate looks for anchors at and around an even place that the filter let through.
func (x *exact) candidate(r *run, p int) {
	if p > 0 && p+3 <= len(r.buf) {
		x.four.check(r, binary.LittleEndian.Uint32(r.buf[p-1:]), p-1, p)
	}
	if p+4 <= len(r.buf) {
		x.four.check(r, binary.LittleEndian.Uint32(r.buf[p:]), p, p)
	}
	if x.two.entries != nil {
		if p+2 <= len(r.buf) {
			x.two.check(r, uint32(binary.LittleEndian.Uint16(r.buf[p:])), p, p)
		}
		if p+3 <= len(r.buf) {
			x.two.check(r, uint32(binary.LittleEndian.Uint16(r.buf[p+1:])), p+1, p)
		}
	}
}

// tail does without the filter from an even place to the end, where it cannot look ahead.
func (x *exact) tail(r *run, from int) {
	for p := from; p <= len(r.buf); p += 2 {
		x.candidate(r, p)
	}
}

// reach: a needle is discovered at its anchor or one byte beyond.
func (x *exact) reach() int { return x.maxOffset + 1 }

func (x *exact) size() int { return x.four.size() + x.two.size() }

// gramTable maps grams to the needles anchored by them: a bitmap turns most strangers away, open addressing finds the rest.
type gramTable struct {
	bitmap      []uint32
	bitmapShift uint8
	slots       []slot
	slotShift   uint8
	entries     []entry
}

type slot struct {
	gram         uint32
	first, count uint32 // in entries; a count of 0 is an empty slot
}

// entry is a needle with the first eight bytes for a quick look: data|headFold == head, bytes beyond the needle are free.
type entry struct {
	head, headFold uint64
	anchor
}

const hashFactor = 0x85EBCA6B

func (t *gramTable) build(ns *needles, grams map[uint32][]anchor) {
	if len(grams) == 0 {
		return
	}
	bitmapBits := max(15, bits.Len(uint(len(grams)))+5)
	slotBits := bits.Len(uint(2 * len(grams)))
	t.bitmap, t.bitmapShift = make([]uint32, 1<<(bitmapBits-5)), uint8(32-bitmapBits)
	t.slots, t.slotShift = make([]slot, 1<<slotBits), uint8(32-slotBits)
	order := make([]uint32, 0, len(grams))
	for gram := range grams {
		order = append(order, gram)
	}
	sort.Slice(order, func(i, j int) bool { return order[i] < order[j] })
	for _, gram := range order {
		h := gram * hashFactor
		bit := h >> t.bitmapShift
		t.bitmap[bit>>5] |= 1 << (bit & 31)
		s := h >> t.slotShift
		for t.slots[s].count != 0 {
			s = (s + 1) & uint32(len(t.slots)-1)
		}
		t.slots[s] = slot{gram, uint32(len(t.entries)), uint32(len(grams[gram]))}
		for _, a := range grams[gram] {
			t.entries = append(t.entries, newEntry(&ns.list[a.needle], a))
		}
	}
}

func newEntry(n *needle, a anchor) entry {
	e := entry{anchor: a}
	for i := range 8 {
		b, fold := byte(0xFF), byte(0xFF)
		if i < len(n.bytes) {
			b, fold = n.bytes[i], n.fold[i]
		}
		e.head |= uint64(b) << (8 * i)
		e.headFold |= uint64(fold) << (8 * i)
	}
	return e
}

// check has the needles compared that are anchored by the gram, which stands at buf[at:].
func (t *gramTable) check(r *run, gram uint32, at, place int) {
	if t.entries == nil {
		return
	}
	h := gram * hashFactor
	bit := h >> t.bitmapShift
	if t.bitmap[bit>>5]>>(bit&31)&1 == 0 {
		return
	}
	for i := h >> t.slotShift; ; i = (i + 1) & uint32(len(t.slots)-1) {
		s := &t.slots[i]
		if s.count == 0 {
			return
		}
		if s.gram != gram {
			continue
		}
		entries := t.entries[s.first : s.first+s.count]
		for j := range entries {
			e := &entries[j]
			start := at - int(e.offset)
			if start >= 0 && start+8 <= len(r.buf) && binary.LittleEndian.Uint64(r.buf[start:])|e.headFold != e.head {
				continue
			}
			r.confirm(e.needle, start, place)
		}
		return
	}
}

func (t *gramTable) size() int { return 4*len(t.bitmap) + 12*len(t.slots) + 24*len(t.entries) }
