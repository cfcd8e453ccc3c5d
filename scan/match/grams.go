package match

import (
	"encoding/binary"
	"math"
)

// grams is the filter for many needles: a bitmap of hashed three-byte grams, looked up at every even place. Of the two
// grams that an anchor of four bytes holds, one stands at an even place.
type grams struct {
	bitmap [1 << (gramBits - 5)]uint32
	exact  *exact
}

const (
	gramBits   = 22                           // half a megabyte, which the second-level cache of a core holds
	gramFactor = 0x9E3779B1 << 8 & 0xFFFFFFFF // the fourth byte falls out
)

func newGrams(ns *needles) *grams {
	g := new(grams)
	b := theBackground()
	load := make(map[uint32]int)
	offsets := make([]int32, len(ns.list))
	for _, i := range byLength(ns) {
		n := &ns.list[i]
		if len(n.bytes) < 4 {
			g.addShort(n)
			continue
		}
		best, bestCost := 0, float32(math.Inf(1))
		for off := 0; off+4 <= len(n.bytes) && off < anchorsTry; off++ {
			if cost := g.cost(n, off, b, load); cost < bestCost {
				best, bestCost = off, cost
			}
		}
		n.eachGram(best, 3, g.add)
		n.eachGram(best+1, 3, g.add)
		n.eachGram(best, 4, func(gram uint32) { load[gram]++ })
		offsets[i] = int32(best)
	}
	g.exact = newExact(ns, offsets)
	return g
}

// cost is the share of places that an anchor makes pass, and the price of sharing its gram with other needles.
func (g *grams) cost(n *needle, off int, b *background, load map[uint32]int) float32 {
	var cost float32
	for _, o := range []int{off, off + 1} {
		n.eachGram(o, 3, func(gram uint32) {
			if !g.has(gram) {
				cost += b.gram3(gram) + 1.0/(1<<24)
			}
		})
	}
	n.eachGram(off, 4, func(gram uint32) {
		if l := load[gram]; l >= 4 {
			cost += 1e-7 * float32(l)
		}
	})
	return cost
}

// addShort adds a needle of two or three bytes: at an even place it is seen there, at an odd one a byte early.
func (g *grams) addShort(n *needle) {
	for _, off := range []int{0, -1} {
		for _, third := range byteForms(n, off+2) {
			for _, pair := range pairForms(n, off) {
				g.add(uint32(pair) | uint32(third)<<16)
			}
		}
	}
}

func (g *grams) add(gram uint32) {
	h := gramHash(gram)
	g.bitmap[h>>5] |= 1 << (h & 31)
}

func (g *grams) has(gram uint32) bool {
	h := gramHash(gram)
	return g.bitmap[h>>5]>>(h&31)&1 != 0
}

// gramHash hashes the three low bytes.
func gramHash(gram uint32) uint32 { return gram * gramFactor >> (32 - gramBits) }

func (g *grams) search(r *run) {
	const block = 8
	bitmap := &g.bitmap
	i := 0
	for ; i+block+8 <= len(r.buf); i += block {
		q := (*[block + 8]byte)(r.buf[i:])
		x := binary.LittleEndian.Uint64(q[:])
		a := gramHash(uint32(x))
		b := gramHash(uint32(x >> 16))
		c := gramHash(uint32(x >> 32))
		d := gramHash(binary.LittleEndian.Uint32(q[6:]))
		if bitmap[a>>5]>>(a&31)&1 != 0 {
			g.exact.candidate(r, i)
		}
		if bitmap[b>>5]>>(b&31)&1 != 0 {
			g.exact.candidate(r, i+2)
		}
		if bitmap[c>>5]>>(c&31)&1 != 0 {
			g.exact.candidate(r, i+4)
		}
		if bitmap[d>>5]>>(d&31)&1 != 0 {
			g.exact.candidate(r, i+6)
		}
	}
	g.exact.tail(r, i)
}

func (g *grams) reach() int { return g.exact.reach() }

func (g *grams) size() int { return 4*len(g.bitmap) + g.exact.size() }
