package scan

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"

	"github.com/censorscan/censorscan/extract"
)

const (
	minRepeat  = 4 << 10 // bytes: what is smaller is searched faster than it is hashed and looked up
	maxRepeats = 1 << 18 // artefacts that are remembered, some 25 MiB; those met later are searched each time
	maxShared  = 4096    // hits of an artefact that is remembered; with more it is searched again
)

// repeats knows the artefacts of a run by their SHA-256, so that the same bytes are searched once, however often they are met. It is for use by several
// goroutines.
type repeats struct {
	mu    sync.Mutex
	met   map[digest]*sighting
	sizes map[int64]bool // of those in met
}

type digest [sha256.Size]byte

// sighting is the search of an artefact that may be met again. After done, found is its result, nil if the search did not come to an end or is not shared.
type sighting struct {
	done    chan struct{}
	found   *matches
	settled bool // for the one who searches
}

func newRepeats() *repeats { return &repeats{met: map[digest]*sighting{}, sizes: map[int64]bool{}} }

// size tells whether an artefact of that many bytes was met.
func (r *repeats) size(n int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sizes[n]
}

// find returns what was found in the artefact if it was searched before, nil if not.
func (r *repeats) find(d digest) *matches {
	r.mu.Lock()
	s := r.met[d]
	r.mu.Unlock()
	if s == nil {
		return nil
	}
	<-s.done
	return s.found
}

// meet is find for the caller that goes on to search what was not: it has to settle the sighting, unless that is nil.
func (r *repeats) meet(d digest, size int64) (*matches, *sighting) {
	r.mu.Lock()
	if r.met[d] == nil && len(r.met) < maxRepeats {
		s := &sighting{done: make(chan struct{})}
		r.met[d], r.sizes[size] = s, true
		r.mu.Unlock()
		return nil, s
	}
	r.mu.Unlock()
	return r.find(d), nil
}

// settle makes the result of a search known, once; it is nil when there is none to share.
func (s *sighting) settle(m *matches) {
	if s == nil || s.settled {
		return
	}
	if m != nil && len(m.hits) <= maxShared {
		c := *m // the leaf goes on to change its own
		s.found = &c
	}
	s.settled = true
	close(s.done)
}

// hasher takes the SHA-256 of an artefact from the pieces that it is read in.
type hasher struct {
	hash.Hash
	next int64 // bytes so far
	gaps bool  // holes or what could not be read
}

func newHasher() *hasher { return &hasher{Hash: sha256.New()} }

func (h *hasher) add(p extract.Piece) {
	at := p.Offset + int64(p.Lead)
	h.gaps = h.gaps || at != h.next
	h.Write(p.Data[p.Lead:][:p.Owned])
	h.next = at + int64(p.Owned)
}

// digest is the SHA-256 of an artefact of that many bytes, ok if all of them were read.
func (h *hasher) digest(size int64) (d digest, ok bool) {
	if h.gaps || h.next != size {
		return d, false
	}
	h.Sum(d[:0])
	return d, true
}

// tally counts in walk order, so that the report does not depend on who searched what.
type tally map[uint64]bool

// repeated tells whether the artefact was met before.
func (t tally) repeated(d digest) bool {
	if d == (digest{}) {
		return false
	}
	key := binary.LittleEndian.Uint64(d[:])
	if t[key] {
		return true
	}
	t[key] = true
	return false
}
