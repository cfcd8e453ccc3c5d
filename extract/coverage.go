package extract

import (
	"errors"
	"fmt"
	"math/bits"
	"sort"
)

// Ledger accounts for the bytes of one artefact: Searched + Structure + Unopened = Size. What lies in a container counts in the container's own
// bytes: a member that was opened to 90 % has 90 % of its raw bytes searched.
type Ledger struct {
	Size, Searched, Structure, Unopened int64 // bytes
}

// Add sums two ledgers up.
func (l *Ledger) Add(o Ledger) {
	l.Size += o.Size
	l.Searched += o.Searched
	l.Structure += o.Structure
	l.Unopened += o.Unopened
}

// scale tells how n bytes of a container divide that stand for a member with this ledger. Unopened bytes round up: they never vanish.
func (l Ledger) scale(n int64) Ledger {
	if l.Size <= 0 {
		if l.Unopened > 0 {
			return Ledger{Size: n, Unopened: n}
		}
		return Ledger{Size: n, Structure: n} // an empty file's compressed form
	}
	u := mulDiv(l.Unopened, n, l.Size, true)
	s := min(mulDiv(l.Structure, n, l.Size, false), n-u)
	return Ledger{Size: n, Structure: s, Unopened: u, Searched: n - u - s}
}

// mulDiv is a*b/c for 0 <= a <= c, without overflow.
func mulDiv(a, b, c int64, up bool) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, r := bits.Div64(hi, lo, uint64(c))
	if up && r > 0 {
		q++
	}
	return int64(q)
}

// Item names bytes that could not be opened.
type Item struct {
	Path   string
	Size   int64 // bytes of the named artefact; 0 when its bytes could be read although something is wrong with them
	Reason Reason
	Detail string
	Limit  string // which limit was reached, as LimitError names it; "" for other reasons

	Entropy float64 // of bytes that look compressed or encrypted, in bits per byte; 0 when it was not measured
}

// PartitionCoverage is the ledger of one partition.
type PartitionCoverage struct {
	Path string
	Ledger
}

// Coverage is the account of a whole run.
type Coverage struct {
	Ledger     // of the inputs, in bytes of the inputs
	Items      []Item
	Partitions []PartitionCoverage
}

// Add appends the coverage of another input.
func (c *Coverage) Add(o *Coverage) {
	c.Ledger.Add(o.Ledger)
	c.Items = append(c.Items, o.Items...)
	c.Partitions = append(c.Partitions, o.Partitions...)
}

func (c *Coverage) note(a *Artifact, u *Unopened) {
	detail := u.Detail
	if u.Extent.Offset > 0 {
		detail = fmt.Sprintf("at offset %d: %s", u.Extent.Offset, detail)
	}
	item := Item{Path: a.Path, Size: u.Extent.Size, Reason: u.Reason, Detail: detail, Entropy: u.Entropy}
	if trip := (*LimitError)(nil); errors.As(u, &trip) {
		item.Limit = trip.Limit
	}
	c.Items = append(c.Items, item)
}

// claims divides the bytes of a container among its members and its structure.
type claims struct {
	list    []claim
	ledgers []Ledger // by owner
	lost    bool     // a member could not be read whole, and where its bytes lie is not known
}

type claim struct {
	Extent
	owner int // index into ledgers, or structure
}

const structure = -1

// add claims extents for a member with the given ledger.
func (c *claims) add(l Ledger, extents []Extent) {
	c.ledgers = append(c.ledgers, l)
	c.claim(len(c.ledgers)-1, extents)
}

func (c *claims) claim(owner int, extents []Extent) {
	for _, e := range extents {
		if e.Size > 0 {
			c.list = append(c.list, claim{e, owner})
		}
	}
}

// settle gives every byte of a container of the given size to one owner (the claim that begins first, then the one made first) and returns
// what the members' and the structure's bytes add up to, and the extents that nobody claims.
func (c *claims) settle(size int64) (Ledger, []Extent) {
	sort.SliceStable(c.list, func(i, j int) bool { return c.list[i].Offset < c.list[j].Offset })
	won := make([]int64, len(c.ledgers))
	var sum Ledger
	var free []Extent
	at := int64(0)
	for _, e := range c.list {
		start, end := max(e.Offset, at), min(e.End(), size)
		if start >= end {
			continue
		}
		if start > at {
			free = append(free, Extent{at, start - at})
		}
		if e.owner == structure {
			sum.Structure += end - start
			sum.Size += end - start
		} else {
			won[e.owner] += end - start
		}
		at = end
	}
	if at < size {
		free = append(free, Extent{at, size - at})
	}
	for i, n := range won {
		if n > 0 {
			sum.Add(c.ledgers[i].scale(n))
		}
	}
	return sum, free
}
