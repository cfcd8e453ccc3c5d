package extract

import (
	"bytes"
	"slices"
)

// maxSpots is how many magics of an artefact that is no container are looked at wherever they stand: chance makes one in a few MiB.
const maxSpots = 64

// spotter finds what may be the beginnings of containers in the bytes of an artefact as they are read: a short stream among text, or one that repeats itself,
// does not look random.
type spotter struct {
	formats []Format
	budget  *Budget
	spots   []int64 // ascending
	tail    []byte  // the last bytes, in which a magic may begin
	end     int64   // behind them
}

// add looks at the bytes at off, which is not in front of what was looked at before.
func (s *spotter) add(off int64, p []byte) {
	if len(s.formats) == 0 || len(s.spots) >= maxSpots {
		return
	}
	if off != s.end {
		s.tail = nil
	}
	found := s.find(append(s.tail, p[:min(len(p), magicSize)]...), off-int64(len(s.tail)), len(s.tail))
	found = append(found, s.find(p, off, len(p))...)
	slices.Sort(found)
	for _, at := range found {
		if n := len(s.spots); at > 0 && n < maxSpots && (n == 0 || s.spots[n-1] < at) {
			s.spots = append(s.spots, at)
		}
	}
	s.tail, s.end = slices.Clone(p[max(0, len(p)-magicSize+1):]), off+int64(len(p))
}

// find returns the offsets of the first magics that begin in the first n bytes.
func (s *spotter) find(p []byte, off int64, n int) (found []int64) {
	for i := range s.formats {
		f, count := &s.formats[i], 0
		for at := 0; f.Magic != "" && count < maxSpots; at++ {
			k := bytes.Index(p[at:], []byte(f.Magic))
			if at += k; k < 0 || at >= n {
				break
			}
			if s.likely(f, p[at:]) {
				found = append(found, off+int64(at))
				count++
			}
		}
	}
	return found
}

// likely has a format look at what there is of its beginning, if that is enough to tell.
func (s *spotter) likely(f *Format, p []byte) (yes bool) {
	const enough = 1 << 10
	if len(p) < enough {
		return true
	}
	defer func() {
		if recover() != nil { // a fault of the format's
			yes = false
		}
	}()
	return f.Detect(newHeadProbe(p[:min(len(p), prefixSize)], "", s.budget))
}
