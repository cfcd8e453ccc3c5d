package match

import (
	"math"
	"math/bits"
	"sort"
)

// pairBuckets tells in which buckets a pair begins an anchor and in which it goes on, a bit each.
type pairBuckets struct{ first, second uint32 }

// placer chooses the anchors and the buckets of needles, one after the other, so that as few places as possible pass the filter.
type placer struct {
	needles *needles
	table   [1 << 16]pairBuckets
	buckets int
	offsets []int32 // of the anchor of every needle

	first, second [wideBuckets]shares // of the pairs that begin, go on, in each bucket
	wild          [wilds]pairBuckets  // the buckets that have all pairs of a wild form
	wildShare     [wilds]shares       // as far as they are needed
	load          map[uint32]int32    // needles anchored by a gram
}

const (
	anchorsTry  = 24 // anchors looked at for a needle
	anchorsBest = 8  // of those, the ones with the rarest pairs are tried in each bucket
)

// crowdingPrice is what a needle that is looked at costs, in places that pass.
const crowdingPrice = 0.25

// placeAll places all needles in so many buckets.
func placeAll(ns *needles, buckets int) *placer {
	p := newPlacer(ns, buckets)
	for _, i := range byLength(ns) {
		p.place(i)
	}
	return p
}

func newPlacer(ns *needles, buckets int) *placer {
	return &placer{needles: ns, buckets: buckets, offsets: make([]int32, ns.len()), load: make(map[uint32]int32, ns.len())}
}

// byLength returns the needles, the shortest first: those have the least choice. Beyond eight bytes the length says nothing more.
func byLength(ns *needles) []int32 {
	order := make([]int32, ns.len())
	for i := range order {
		order[i] = int32(i)
	}
	sort.SliceStable(order, func(i, j int) bool { return min(8, ns.length(order[i])) < min(8, ns.length(order[j])) })
	return order
}

// place adds a needle to the table.
func (p *placer) place(i int32) {
	bytes, fold := p.needles.at(i)
	if len(bytes) < 4 {
		p.placeShort(bytes, fold)
		return
	}
	last := max(0, len(bytes)-5) // only needles of four bytes lack the fifth byte of an anchor
	last = min(last, anchorsTry-1)
	var at [anchorsTry + 4]forms
	for off := range last + 4 {
		p.formsAt(&at[off], bytes, fold, off)
	}
	anchor := func(off int) (even, odd rect) {
		return rect{&at[off], &at[off+2]}, rect{&at[off+1], &at[off+3]}
	}
	var rough [anchorsTry]float32
	for off := range last + 1 {
		even, odd := anchor(off)
		rough[off] = even.first.share.times(&even.second.share) + odd.first.share.times(&odd.second.share)
	}
	best, bestCost := 0, float32(math.Inf(1))
	var evenBucket, oddBucket int
	for range min(last+1, anchorsBest) {
		off := 0
		for i := range last + 1 {
			if rough[i] < rough[off] {
				off = i
			}
		}
		rough[off] = float32(math.Inf(1))
		even, odd := anchor(off)
		ke, costEven := p.bucket(even)
		ko, costOdd := p.bucket(odd)
		if cost := costEven + costOdd + p.crowding(i, off, even); cost < bestCost {
			best, bestCost, evenBucket, oddBucket = off, cost, ke, ko
		}
	}
	even, odd := anchor(best)
	p.add(even, evenBucket)
	p.add(odd, oddBucket)
	p.needles.eachGram(i, best, 4, func(gram uint32) { p.load[gram]++ })
	p.offsets[i] = int32(best)
}

// placeShort adds a needle of two or three bytes, which is seen at an odd offset one byte early.
func (p *placer) placeShort(bytes, fold []byte) {
	for _, off := range []int{0, -1} {
		var first, second forms
		p.formsAt(&first, bytes, fold, off)
		p.formsAt(&second, bytes, fold, off+2)
		q := rect{&first, &second}
		k, _ := p.bucket(q)
		p.add(q, k)
	}
}

// crowding is the price of sharing a gram with other needles, which are all looked at where it stands.
func (p *placer) crowding(i int32, off int, even rect) (cost float32) {
	share := crowdingPrice*even.first.share.times(&even.second.share) + 1e-7
	p.needles.eachGram(i, off, 4, func(gram uint32) { cost += share * float32(p.load[gram]) })
	return cost
}

// passing returns the weighted sum of the shares of the places that pass, were their pairs independent.
func (p *placer) passing() (sum float32) {
	for k := range p.buckets {
		sum += p.first[k].times(&p.second[k])
	}
	return sum
}

// bucket returns the bucket in which the rectangle lets the fewest more places pass, and the weighted share of those.
func (p *placer) bucket(q rect) (int, float32) {
	have1, have2 := p.have(q.first), p.have(q.second)
	has1, has2 := have1.first, have2.second
	if both := has1 & has2; both != 0 {
		return bits.TrailingZeros32(both), 0
	}
	best, bestCost := 0, float32(math.Inf(1))
	for k := range p.buckets {
		// (first + grow1) * (second + grow2) - first * second
		var cost float32
		var grow1, grow2 shares
		if has1>>k&1 == 0 {
			grow1 = p.growth(q.first, func(in *pairBuckets) bool { return in.first>>k&1 != 0 })
			cost += grow1.times(&p.second[k])
		}
		if cost >= bestCost {
			continue
		}
		if has2>>k&1 == 0 {
			grow2 = p.growth(q.second, func(in *pairBuckets) bool { return in.second>>k&1 != 0 })
			cost += grow2.times(&p.first[k])
			if has1>>k&1 == 0 {
				cost += grow1.times(&grow2)
			}
		}
		if cost < bestCost {
			best, bestCost = k, cost
		}
	}
	return best, bestCost
}

// in returns the buckets of a form.
func (p *placer) in(x *form) *pairBuckets {
	if x.wild >= 0 {
		return &p.wild[x.wild]
	}
	return &p.table[x.pair]
}

// have returns the buckets that have all of the forms.
func (p *placer) have(f *forms) pairBuckets {
	have := *p.in(&f.list[0])
	for i := range f.list[1:f.n] {
		in := p.in(&f.list[1+i])
		have.first &= in.first
		have.second &= in.second
	}
	return have
}

// growth returns what the forms that a bucket lacks would add to it.
func (p *placer) growth(f *forms, has func(*pairBuckets) bool) (s shares) {
	if f.n == 1 {
		return f.share
	}
	for i := range f.list[:f.n] {
		if x := &f.list[i]; !has(p.in(x)) {
			s.add(&x.share)
		}
	}
	return s
}

// add puts the rectangle into a bucket.
func (p *placer) add(q rect, k int) {
	p.mark(q.first, func(e *pairBuckets) *uint32 { return &e.first }, &p.first[k], k)
	p.mark(q.second, func(e *pairBuckets) *uint32 { return &e.second }, &p.second[k], k)
}

func (p *placer) mark(f *forms, half func(*pairBuckets) *uint32, share *shares, k int) {
	pair := func(u uint16) {
		if bits := half(&p.table[u]); *bits>>k&1 == 0 {
			*bits |= 1 << k
			s := backgroundOf(u)
			share.add(&s)
		}
	}
	for _, x := range f.list[:f.n] {
		if x.wild < 0 {
			pair(x.pair)
			continue
		}
		bits := half(&p.wild[x.wild])
		if *bits>>k&1 == 0 {
			*bits |= 1 << k
			eachOfWild(int(x.wild), pair)
		}
	}
}
