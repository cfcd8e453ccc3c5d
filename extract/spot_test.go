package extract

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// TestSpotterPieces: what is spotted does not depend on the pieces that the bytes come in, and is bounded.
func TestSpotterPieces(t *testing.T) {
	format := Format{Magic: "MAGIC!", Detect: func(p *Probe) bool { return p.At(6, 1)[0] != 'x' }}
	other := Format{Magic: "M2", Detect: func(*Probe) bool { panic("a fault") }}
	data := []byte(strings.Repeat("some text ", 500))
	var want []int64
	for at := 100; at < 3000; at += 700 {
		copy(data[at:], "MAGIC!y")
		copy(data[at+300:], "MAGIC!x")
		want = append(want, int64(at))
	}
	copy(data[3500:], "M2")
	copy(data, "MAGIC!y") // would have been detected
	for _, size := range []int{4096, 5000} {
		s := spotter{formats: []Format{format, other}, budget: NewBudget(DefaultLimits())}
		for off := 0; off < len(data); off += size {
			s.add(int64(off), data[off:min(len(data), off+size)])
		}
		got := slices.DeleteFunc(slices.Clone(s.spots), func(at int64) bool { return !slices.Contains(want, at) })
		if !slices.Equal(got, want) || len(s.spots) > len(want)+2 { // near the end of a piece there is too little for a closer look
			t.Errorf("pieces of %d: %v, want %v", size, s.spots, want)
		}
	}
	torn := append(bytes.Repeat([]byte{' '}, 5000), "MAGIC!y"...)
	s := spotter{formats: []Format{format}, budget: NewBudget(DefaultLimits())}
	s.add(0, torn[:5003])
	s.add(5003, torn[5003:])
	if !slices.Equal(s.spots, []int64{5000}) {
		t.Errorf("torn apart: %v", s.spots)
	}
	s = spotter{formats: []Format{format}, budget: NewBudget(DefaultLimits())}
	s.add(0, bytes.Repeat([]byte("MAGIC!y "), 10_000))
	if n := len(s.spots); n > maxSpots || n < maxSpots-1 { // the first is at the beginning of it all
		t.Errorf("%d spots", n)
	}
}
