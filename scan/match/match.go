// Package match finds the terms of wordlists in bytes, in many encodings at once. It is pure computation: no I/O.
//
// Compile turns terms into needles, the byte forms of every term in every encoding, and builds an immutable Core that any
// number of goroutines can search with. Every occurrence of every needle is reported, overlapping ones too, in the order
// of their offsets; the result is that of a naive search, byte for byte.
//
// The search looks only where something can be. Every needle has an anchor, the four of its bytes that are rarest in
// firmware. A filter walks the data two bytes at a time and passes over all but the few places where an anchor may stand
// (pairs.go for up to some 12,000 needles, grams.go for more); there a hash table of the anchors gives the needles that are then
// compared (exact.go). An Aho-Corasick automaton over the same needles (automaton.go) is the second, independent engine.
package match

import (
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/censorscan/censorscan/scan/text"
)

// Term is what is searched for.
type Term struct {
	ID        int32    // reported in the hits; need not be unique nor dense
	Text      string   // the term; valid UTF-8
	Variants  []string // other spellings, reported as this term
	Encodings text.Set // in which to search; the zero value means all
}

// Engine chooses how a Core searches. The hits are the same for all.
type Engine uint8

const (
	Auto      Engine = iota // Pairs or Grams, by the number of needles
	Pairs                   // filter by byte pairs: fastest for up to some 12,000 needles
	Grams                   // filter by a bitmap of three-byte grams: for more
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
	MaxNeedles = 1 << 20 // needles; memory is about 200 bytes each, besides at most 512 KiB for the filter
)

// pairsUpTo is the number of needles from which Auto takes Grams (see BenchmarkCutOver).
const pairsUpTo = 12_000

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
	Needle   int32         // index of the byte form, below Core.Needles
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
	kind := opts.Engine
	if kind == Auto {
		kind = Pairs
		if len(ns.list) > pairsUpTo {
			kind = Grams
		}
	}
	switch kind {
	case Pairs:
		c.engine = newPairs(&c.needles)
	case Grams:
		c.engine = newGrams(&c.needles)
	case Automaton:
		c.engine = newAutomaton(&c.needles)
	default:
		return nil, fmt.Errorf("match: unknown engine %d", opts.Engine)
	}
	c.pending.New = func() any { return new(run) }
	return c, nil
}

// Needles returns the number of distinct byte forms.
func (c *Core) Needles() int { return len(c.needles.list) }

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
	*r = run{needles: &c.needles, buf: buf, base: base, owned: owned, reach: c.engine.reach(), emit: emit, found: r.found[:0]}
	c.engine.search(r)
	r.flush(len(buf))
	*r = run{found: r.found[:0]}
	c.pending.Put(r)
}

// needle is one byte form. A byte b of the data matches position i when b|fold[i] == bytes[i].
type needle struct {
	bytes, fold []byte
	owners      []owner
}

// owner is a term that a needle spells.
type owner struct {
	term, variant int32
	encoding      text.Encoding
}

type needles struct {
	list     []needle
	shortest int
	longest  int
	bytes    int // of all forms
}

func (ns *needles) size() int { return len(ns.list)*(72+12) + 2*ns.bytes }

func buildNeedles(terms []Term) (needles, error) {
	var ns needles
	index := make(map[string]int32)
	var key []byte
	for i, t := range terms {
		for v := range len(t.Variants) + 1 {
			spelling := t.Text
			if v > 0 {
				spelling = t.Variants[v-1]
			}
			fail := func(err error, detail string) (needles, error) {
				return needles{}, fmt.Errorf("match: term %d (%.40q): %w%s", i, spelling, err, detail)
			}
			switch {
			case spelling == "":
				return fail(ErrTermEmpty, "")
			case len(spelling) > MaxNeedle:
				return fail(ErrTermLong, fmt.Sprintf(": %d bytes, at most %d", len(spelling), MaxNeedle))
			case !utf8.ValidString(spelling):
				return fail(ErrTermUTF8, "")
			}
			for _, e := range text.Encodings() {
				if !t.Encodings.Has(e) {
					continue
				}
				for _, f := range e.Forms(spelling) {
					switch n := len(f.Bytes); {
					case n < MinNeedle:
						return fail(ErrTermShort, fmt.Sprintf(": %d byte in %s, at least %d", n, e, MinNeedle))
					case n > MaxNeedle:
						return fail(ErrTermLong, fmt.Sprintf(": %d bytes in %s, at most %d", n, e, MaxNeedle))
					}
					key = append(append(key[:0], f.Bytes...), f.Fold...)
					at, known := index[string(key)]
					if !known {
						if len(ns.list) == MaxNeedles {
							return fail(ErrTooManyTerms, fmt.Sprintf(": more than %d needles", MaxNeedles))
						}
						at = int32(len(ns.list))
						index[string(key)] = at
						ns.add(needle{bytes: f.Bytes, fold: f.Fold})
					}
					ns.list[at].own(owner{t.ID, int32(v), e})
				}
			}
		}
	}
	return ns, nil
}

func (ns *needles) add(n needle) {
	ns.list = append(ns.list, n)
	ns.bytes += len(n.bytes)
	ns.longest = max(ns.longest, len(n.bytes))
	if ns.shortest == 0 || len(n.bytes) < ns.shortest {
		ns.shortest = len(n.bytes)
	}
}

// own adds an owner unless the same term owns the needle already, in an encoding or a spelling that comes first.
func (n *needle) own(o owner) {
	for _, known := range n.owners {
		if known.term == o.term {
			return
		}
	}
	n.owners = append(n.owners, o)
}

// matches reports whether the needle stands at the beginning of p.
func (n *needle) matches(p []byte) bool {
	if len(p) < len(n.bytes) {
		return false
	}
	fold := n.fold[:len(n.bytes)]
	p = p[:len(n.bytes)]
	for i, b := range n.bytes {
		if p[i]|fold[i] != b {
			return false
		}
	}
	return true
}
