// Package match finds the terms of wordlists in bytes, in many encodings at once. It is pure computation: no I/O.
//
// Compile turns terms into needles, the byte forms of every term in every encoding, and builds an immutable Core that any
// number of goroutines can search with. Every occurrence of every needle is reported, overlapping ones too, in the order
// of their offsets; the result is that of a naive search, byte for byte.
//
// The search looks only where something can be. Every needle has an anchor, four of its bytes that are rare in firmware
// (place.go, background.go). A filter walks the data two bytes at a time and passes over all but the few places where an anchor may
// stand (filter.go); there a hash table of the anchors gives the needles that are then compared (anchors.go). An
// Aho-Corasick automaton over the same needles (automaton.go) is the second, independent engine.
package match

import (
	"errors"
	"fmt"
	"sync"

	"github.com/censorscan/censorscan/scan/text"
)

// Term is what is searched for.
type Term struct {
	ID        int32    // reported in the hits; need not be unique nor dense
	Text      string   // the term; valid UTF-8
	Variants  []string // other spellings, reported as this term
	Encodings text.Set // in which to search; the zero value means the common ones
}

// Engine chooses how a Core searches. The hits are the same for all.
type Engine uint8

const (
	Auto      Engine = iota // Narrow or Wide, whichever is likely to be faster
	Narrow                  // filter of eight buckets: for up to some 15,000 needles
	Wide                    // filter of 32 buckets: for more
	Automaton               // Aho-Corasick alone: some 20 times slower, and simple enough to check the others
)

// Options are the options of Compile. The zero value is what a scan uses.
type Options struct {
	Engine Engine
}

// Limits of what Compile accepts.
const (
	MinNeedle  = 2       // bytes: shorter needles are everywhere
	MaxNeedle  = 4096    // bytes, so that Overlap stays small
	MaxNeedles = 1 << 20 // needles; memory is about 80 bytes each, besides less than a megabyte for the filter
)

// Errors of Compile; the error returned names the term.
var (
	ErrTermEmpty    = errors.New("empty term")
	ErrTermUTF8     = errors.New("term is not valid UTF-8")
	ErrTermShort    = errors.New("term too short")
	ErrTermLong     = errors.New("term too long")
	ErrTooManyTerms = errors.New("too many terms")
)

// Hit is one occurrence of one term.
//
// A byte form that several encodings or spellings of one term share is one hit, under the first encoding in the order of
// text.Encodings and the first spelling. A byte form that several terms share is one hit for each term.
type Hit struct {
	Offset   int64         // of its first byte
	Length   int32         // bytes
	Needle   int32         // index of the byte form
	Term     int32         // Term.ID
	Variant  int32         // 0 is Term.Text, i > 0 is Term.Variants[i-1]
	Encoding text.Encoding // in which the bytes spell the term
}

// Core searches. It is immutable and safe for concurrent use.
type Core struct {
	needles needles
	engine  engine
	pending sync.Pool // of *run
}

// engine reports the needles found in r.buf to r, in any order that r can put right.
type engine interface {
	search(r *run)
	reach() int // how far behind the place of discovery a needle can begin, in bytes
	size() int  // bytes of memory
}

// Compile builds the core for the terms. The same terms in the same order give the same core. It fails on a term that
// is empty, not UTF-8, or whose form in some encoding is shorter than MinNeedle or longer than MaxNeedle. An encoding
// that cannot write a term is left out for it.
func Compile(terms []Term, opts Options) (*Core, error) {
	ns, err := buildNeedles(terms)
	if err != nil {
		return nil, err
	}
	c := &Core{needles: ns}
	switch opts.Engine {
	case Auto:
		c.engine = chooseFilter(&c.needles)
	case Narrow:
		c.engine = newFilter(placeAll(&c.needles, narrowBuckets))
	case Wide:
		c.engine = newFilter(placeAll(&c.needles, wideBuckets))
	case Automaton:
		c.engine = newAutomaton(&c.needles)
	default:
		return nil, fmt.Errorf("match: unknown engine %d", opts.Engine)
	}
	c.pending.New = func() any { return new(run) }
	return c, nil
}

// Overlap returns how many bytes must follow the owned bytes of a chunk so that no hit that begins in them is missed:
// the length of the longest needle less one.
func (c *Core) Overlap() int { return max(0, c.needles.longest-1) }

// Size returns about how many bytes of memory the core holds.
func (c *Core) Size() int { return c.needles.size() + c.engine.size() }

// Scan reports every hit in buf, ordered by offset, needle and term. base is the offset of buf[0] in what is searched.
func (c *Core) Scan(buf []byte, base int64, emit func(Hit)) {
	c.ScanChunk(buf, base, len(buf), emit)
}

// ScanChunk reports the hits that begin in buf[:owned], in the order of Scan. The bytes beyond are the beginning of the
// next chunk: Overlap of them, or fewer at the end of the data. The hits of successive chunks are those of the whole.
func (c *Core) ScanChunk(buf []byte, base int64, owned int, emit func(Hit)) {
	owned = min(owned, len(buf))
	if owned <= 0 || c.needles.longest == 0 {
		return
	}
	buf = buf[:min(len(buf), owned+c.Overlap())]
	r := c.pending.Get().(*run)
	r.search = search{needles: &c.needles, buf: buf, base: base, owned: owned, reach: c.engine.reach(), emit: emit}
	c.engine.search(r)
	r.flush(len(buf))
	r.search = search{} // holds on to nothing of the caller's
	c.pending.Put(r)
}
