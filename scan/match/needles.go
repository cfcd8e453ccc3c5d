package match

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/censorscan/censorscan/scan/text"
)

// needles are the distinct byte forms of all terms. Their bytes lie one after the other in one array, and so do the folds, of
// which the equal ones are kept once: a hundred thousand needles are four allocations.
type needles struct {
	list        []needle
	bytes, fold []byte
	owners      []owner // of all needles, by needle
	longest     int
	folded      byte // every bit that any fold holds
}

// needle is one byte form: where its bytes, its fold and its owners begin. Bytes and owners end where those of the next begin.
type needle struct{ bytes, fold, owners uint32 }

// owner is a term that a needle spells.
type owner struct {
	term     int32
	spelling uint32 // variant<<8 | encoding
}

func newOwner(term int32, variant int, e text.Encoding) owner {
	return owner{term, uint32(variant)<<8 | uint32(e)}
}

func (o owner) variant() int32          { return int32(o.spelling >> 8) }
func (o owner) encoding() text.Encoding { return text.Encoding(o.spelling) }

func (ns *needles) len() int { return max(0, len(ns.list)-1) } // the last is only an end

func (ns *needles) length(i int32) int { return int(ns.list[i+1].bytes - ns.list[i].bytes) }

// at returns the bytes of a needle and its fold: a byte b of the data matches position i when b|fold[i] == bytes[i].
func (ns *needles) at(i int32) (bytes, fold []byte) {
	n := &ns.list[i]
	bytes = ns.bytes[n.bytes:ns.list[i+1].bytes]
	return bytes, ns.fold[n.fold:][:len(bytes)]
}

func (ns *needles) ownersOf(i int32) []owner { return ns.owners[ns.list[i].owners:ns.list[i+1].owners] }

func (ns *needles) size() int {
	return 12*cap(ns.list) + cap(ns.bytes) + cap(ns.fold) + 8*cap(ns.owners)
}

// matches reports whether the needle stands at the beginning of p.
func (ns *needles) matches(i int32, p []byte) bool {
	bytes, fold := ns.at(i)
	if len(p) < len(bytes) {
		return false
	}
	p = p[:len(bytes)]
	for len(bytes) >= 8 {
		if binary.LittleEndian.Uint64(p)|binary.LittleEndian.Uint64(fold) != binary.LittleEndian.Uint64(bytes) {
			return false
		}
		bytes, fold, p = bytes[8:], fold[8:], p[8:]
	}
	for i, b := range bytes {
		if p[i]|fold[i] != b {
			return false
		}
	}
	return true
}

// needleBuilder collects needles.
type needleBuilder struct {
	needles
	index map[string]int32  // by bytes and fold
	folds map[string]uint32 // where a fold stands
	owned [][]owner         // by needle
	key   []byte
}

func buildNeedles(terms []Term) (needles, error) {
	b := needleBuilder{index: make(map[string]int32), folds: make(map[string]uint32)}
	for i, t := range terms {
		for v := range len(t.Variants) + 1 {
			spelling := t.Text
			if v > 0 {
				spelling = t.Variants[v-1]
			}
			if err := b.spell(&t, v, spelling); err != nil {
				return needles{}, fmt.Errorf("match: term %d (%.40q): %w", i, spelling, err)
			}
		}
	}
	return b.finish(), nil
}

// spell adds a spelling of a term in every encoding.
func (b *needleBuilder) spell(t *Term, variant int, spelling string) error {
	switch {
	case spelling == "":
		return ErrTermEmpty
	case len(spelling) > MaxNeedle:
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTermLong, len(spelling), MaxNeedle)
	case !utf8.ValidString(spelling):
		return ErrTermUTF8
	}
	for _, e := range text.Encodings() {
		if !t.Encodings.Has(e) {
			continue
		}
		for _, f := range e.Forms(spelling) {
			switch n := len(f.Bytes); {
			case n < MinNeedle:
				return fmt.Errorf("%w: %d byte in %s, at least %d", ErrTermShort, n, e, MinNeedle)
			case n > MaxNeedle:
				return fmt.Errorf("%w: %d bytes in %s, at most %d", ErrTermLong, n, e, MaxNeedle)
			}
			if err := b.add(f, newOwner(t.ID, variant, e)); err != nil {
				return err
			}
		}
	}
	return nil
}

// add adds a form, unless it is there already, and its owner.
func (b *needleBuilder) add(f text.Form, o owner) error {
	for _, fold := range f.Fold {
		if fold&(fold-1) != 0 {
			panic(fmt.Sprintf("match: a byte of %q folds more than one bit", f.Bytes)) // a mistake in package text
		}
	}
	b.key = append(append(b.key[:0], f.Bytes...), f.Fold...)
	at, known := b.index[string(b.key)]
	if !known {
		if len(b.list) == MaxNeedles || len(b.bytes) > math.MaxUint32-MaxNeedle {
			return fmt.Errorf("%w: more than %d needles", ErrTooManyTerms, MaxNeedles)
		}
		at = int32(len(b.list))
		b.index[string(b.key)] = at
		fold, known := b.folds[string(f.Fold)]
		if !known {
			fold = uint32(len(b.fold))
			b.folds[string(f.Fold)] = fold
			b.fold = append(b.fold, f.Fold...)
			for _, bits := range f.Fold {
				b.folded |= bits
			}
		}
		b.list = append(b.list, needle{bytes: uint32(len(b.bytes)), fold: fold})
		b.bytes = append(b.bytes, f.Bytes...)
		b.owned = append(b.owned, nil)
		b.longest = max(b.longest, len(f.Bytes))
	}
	for _, other := range b.owned[at] {
		if other.term == o.term {
			return nil // in an encoding or a spelling that comes first
		}
	}
	b.owned[at] = append(b.owned[at], o)
	return nil
}

// finish lays the owners one after the other and lets go of spare room.
func (b *needleBuilder) finish() needles {
	ns := b.needles
	total := 0
	for _, o := range b.owned {
		total += len(o)
	}
	ns.owners = make([]owner, 0, total)
	ns.list = make([]needle, 0, len(b.list)+1)
	for i, n := range b.list {
		n.owners = uint32(len(ns.owners))
		ns.list = append(ns.list, n)
		ns.owners = append(ns.owners, b.owned[i]...)
	}
	ns.list = append(ns.list, needle{bytes: uint32(len(b.bytes)), owners: uint32(total)})
	ns.bytes = append(make([]byte, 0, len(b.bytes)), b.bytes...)
	ns.fold = append(make([]byte, 0, len(b.fold)), b.fold...)
	return ns
}

// eachGram calls f with every form of the bytes at the offset that the needle takes for equal, first byte lowest.
func (ns *needles) eachGram(i int32, off, width int, f func(gram uint32)) {
	b, folds := ns.at(i)
	var gram, fold uint32
	for i := range width {
		gram |= uint32(b[off+i]) << (8 * i)
		fold |= uint32(folds[off+i]) << (8 * i)
	}
	for free := fold; ; free = (free - 1) & fold { // every subset of the folded bits
		f(gram&^fold | free)
		if free == 0 {
			return
		}
	}
}
