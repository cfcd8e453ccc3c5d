package match

import (
	"encoding/binary"
	"math"
	"sort"
)

// pairs is the filter for up to some 12,000 needles. The needles are spread over eight buckets. For every pair of
// bytes the table tells in its low half in which buckets the pair begins an anchor, in its high half in which it goes on:
// a place p of even offset may hold an anchor of the bucket both agree on, if any. An anchor at an odd offset is seen one
// byte late, by its second to fifth byte. All that a place costs is a load, a shift and an AND.
type pairs struct {
	table [1 << 16]uint16
	exact *exact
}

const (
	buckets    = 8
	anchorsTry = 24 // anchors tried per needle
)

func newPairs(ns *needles) *pairs {
	p := new(pairs)
	b := pairBuilder{table: &p.table, background: theBackground(), load: make(map[uint32]int)}
	offsets := make([]int32, len(ns.list))
	for _, i := range byLength(ns) {
		offsets[i] = int32(b.place(&ns.list[i]))
	}
	p.exact = newExact(ns, offsets)
	return p
}

// byLength returns the needles, the shortest first: those have the least choice. Beyond eight bytes the length says nothing more.
func byLength(ns *needles) []int32 {
	order := make([]int32, len(ns.list))
	for i := range order {
		order[i] = int32(i)
	}
	length := func(i int) int { return min(8, len(ns.list[order[i]].bytes)) }
	sort.SliceStable(order, func(i, j int) bool { return length(i) < length(j) })
	return order
}

// pairBuilder places needles so that as few places as possible pass the filter, by the background frequencies.
type pairBuilder struct {
	table         *[1 << 16]uint16
	background    *background
	first, second [buckets]float32 // share of the pairs that begin, go on, in each bucket
	load          map[uint32]int   // needles anchored by a gram
}

// rect is a set of places: any of the first pairs followed by any of the second.
type rect struct{ first, second []uint16 }

// place adds the needle to the table and returns the offset of its anchor.
func (b *pairBuilder) place(n *needle) int {
	if len(n.bytes) < 4 {
		for _, q := range shortRects(n) {
			k, _ := b.bucket(q)
			b.add(q, k)
		}
		return 0
	}
	last := max(0, len(n.bytes)-5) // only needles of four bytes lack the fifth byte of an anchor
	best, bestCost := 0, float32(math.Inf(1))
	var bestEven, bestOdd rect
	var evenBucket, oddBucket int
	for off := 0; off <= last && off < anchorsTry; off++ {
		even, odd := anchorRects(n, off)
		ke, costEven := b.bucket(even)
		ko, costOdd := b.bucket(odd)
		cost := costEven + costOdd + b.crowding(n, off)
		if cost < bestCost {
			best, bestCost = off, cost
			bestEven, bestOdd, evenBucket, oddBucket = even, odd, ke, ko
		}
	}
	b.add(bestEven, evenBucket)
	b.add(bestOdd, oddBucket)
	n.eachGram(best, 4, func(gram uint32) { b.load[gram]++ })
	return best
}

// crowding is the price of sharing a gram with other needles.
func (b *pairBuilder) crowding(n *needle, off int) float32 {
	var cost float32
	n.eachGram(off, 4, func(gram uint32) {
		if l := b.load[gram]; l >= 4 {
			cost += 1e-7 * float32(l)
		}
	})
	return cost
}

// anchorRects returns what the filter sees of an anchor at an even and at an odd offset of the data.
func anchorRects(n *needle, off int) (even, odd rect) {
	even = rect{pairForms(n, off), pairForms(n, off+2)}
	odd = rect{pairForms(n, off+1), pairForms(n, off+3)}
	return even, odd
}

// shortRects is anchorRects for needles of two and three bytes, which are seen at an odd offset one byte early.
func shortRects(n *needle) []rect {
	even := rect{pairForms(n, 0), pairForms(n, 2)}
	odd := rect{pairForms(n, -1), pairForms(n, 1)}
	return []rect{even, odd}
}

// pairForms returns the pairs that the bytes at off and off+1 of the needle match; bytes outside of it are free.
func pairForms(n *needle, off int) []uint16 {
	lo, hi := byteForms(n, off), byteForms(n, off+1)
	forms := make([]uint16, 0, len(lo)*len(hi))
	for _, h := range hi {
		for _, l := range lo {
			forms = append(forms, uint16(l)|uint16(h)<<8)
		}
	}
	return forms
}

func byteForms(n *needle, i int) []byte {
	if i < 0 || i >= len(n.bytes) {
		return anyByte[:]
	}
	if n.fold[i] != 0 {
		return []byte{n.bytes[i], n.bytes[i] &^ n.fold[i]}
	}
	return n.bytes[i : i+1]
}

var anyByte = func() (all [256]byte) {
	for i := range all {
		all[i] = byte(i)
	}
	return all
}()

// bucket returns the bucket in which the rectangle lets the fewest more places pass, and their share.
func (b *pairBuilder) bucket(q rect) (int, float32) {
	d1, d2 := b.growth(q.first, 0), b.growth(q.second, buckets)
	best, bestCost := 0, float32(math.Inf(1))
	for k := range buckets {
		cost := (b.first[k]+d1[k])*(b.second[k]+d2[k]) - b.first[k]*b.second[k]
		if cost < bestCost {
			best, bestCost = k, cost
		}
	}
	return best, bestCost
}

// growth returns what the pairs would add to each bucket.
func (b *pairBuilder) growth(forms []uint16, half int) (d [buckets]float32) {
	for _, u := range forms {
		in := b.table[u] >> half
		for k := range d {
			if in>>k&1 == 0 {
				d[k] += b.background.pair[u]
			}
		}
	}
	return d
}

func (b *pairBuilder) add(q rect, k int) {
	mark := func(forms []uint16, bit int, share *float32) {
		for _, u := range forms {
			if b.table[u]>>bit&1 == 0 {
				b.table[u] |= 1 << bit
				*share += b.background.pair[u]
			}
		}
	}
	mark(q.first, k, &b.first[k])
	mark(q.second, buckets+k, &b.second[k])
}

func (p *pairs) search(r *run) {
	const block = 32
	t := &p.table
	i := 0
	for ; i+block+2 <= len(r.buf); i += block {
		q := (*[block + 2]byte)(r.buf[i:])
		t0 := t[binary.LittleEndian.Uint16(q[0:])]
		t1 := t[binary.LittleEndian.Uint16(q[2:])]
		t2 := t[binary.LittleEndian.Uint16(q[4:])]
		t3 := t[binary.LittleEndian.Uint16(q[6:])]
		t4 := t[binary.LittleEndian.Uint16(q[8:])]
		pass := t0&(t1>>8) | t1&(t2>>8) | t2&(t3>>8) | t3&(t4>>8)
		t5 := t[binary.LittleEndian.Uint16(q[10:])]
		t6 := t[binary.LittleEndian.Uint16(q[12:])]
		t7 := t[binary.LittleEndian.Uint16(q[14:])]
		t8 := t[binary.LittleEndian.Uint16(q[16:])]
		pass |= t4&(t5>>8) | t5&(t6>>8) | t6&(t7>>8) | t7&(t8>>8)
		t9 := t[binary.LittleEndian.Uint16(q[18:])]
		t10 := t[binary.LittleEndian.Uint16(q[20:])]
		t11 := t[binary.LittleEndian.Uint16(q[22:])]
		t12 := t[binary.LittleEndian.Uint16(q[24:])]
		pass |= t8&(t9>>8) | t9&(t10>>8) | t10&(t11>>8) | t11&(t12>>8)
		t13 := t[binary.LittleEndian.Uint16(q[26:])]
		t14 := t[binary.LittleEndian.Uint16(q[28:])]
		t15 := t[binary.LittleEndian.Uint16(q[30:])]
		t16 := t[binary.LittleEndian.Uint16(q[32:])]
		pass |= t12&(t13>>8) | t13&(t14>>8) | t14&(t15>>8) | t15&(t16>>8)
		if pass != 0 {
			p.block(r, i, i+block)
		}
	}
	p.exact.tail(r, i)
}

// block finds the places of a block that pass.
func (p *pairs) block(r *run, from, to int) {
	a := p.table[binary.LittleEndian.Uint16(r.buf[from:])]
	for i := from; i < to; i += 2 {
		b := p.table[binary.LittleEndian.Uint16(r.buf[i+2:])]
		if a&(b>>8) != 0 {
			p.exact.candidate(r, i)
		}
		a = b
	}
}

func (p *pairs) reach() int { return p.exact.reach() }

func (p *pairs) size() int { return 2*len(p.table) + p.exact.size() }
