package match

import (
	_ "embed"
	"encoding/binary"
	"math"
)

// background tells how often pairs of bytes stand in kinds of data that images are made of. Anchors are chosen by it: it
// decides how fast a search is, never what it finds.
//
// The file holds, for every pair (first | second<<8), a little-endian uint32 with four bits for each measured kind: 0 is a pair that
// was not seen, n > 0 a share of about 2^(n-17). The program in gen makes it.
//
//go:embed background.bin
var background string

//go:generate sh gen/samples.sh
//go:generate go run ./gen -o background.bin samples

// kinds of data: native code, dex, English text, Chinese in UTF-8, UTF-16LE, UTF-16BE and GB 18030, as gen orders them, and random bytes.
const kinds = 8

// weights is how much a place that passes the filter counts in each kind.
var weights = [kinds]float64{1, 1.5, 1.5, 0.4, 0.6, 0.15, 0.15, 2}

// shares is a share of the pairs of each kind, times the root of its weight: a product of two has the weight of the kind.
type shares [kinds]float32

// shareOfLevel is the share of each kind that four bits stand for.
var shareOfLevel = func() (s [kinds][16]float32) {
	for k, weight := range weights {
		for n := range s[k] {
			share := math.Ldexp(1, n-17)
			if n == 0 {
				share = math.Ldexp(1, -21)
			}
			s[k][n] = float32(share * math.Sqrt(weight))
		}
	}
	return s
}()

// backgroundOf returns the share of a pair in each kind.
func backgroundOf(pair uint16) (s shares) {
	levels := binary.LittleEndian.Uint32([]byte(background[4*int(pair):][:4]))
	for k := range s {
		s[k] = shareOfLevel[k][levels>>(4*k)&15]
	}
	s[kinds-1] = shareOfLevel[kinds-1][1] // every pair of random bytes has the same
	return s
}

func (s *shares) add(t *shares) {
	for k := range s {
		s[k] += t[k]
	}
}

// times returns the weighted share of the places where both stand, were they independent.
func (s *shares) times(t *shares) float32 {
	return (s[0]*t[0] + s[1]*t[1]) + (s[2]*t[2] + s[3]*t[3]) + ((s[4]*t[4] + s[5]*t[5]) + (s[6]*t[6] + s[7]*t[7]))
}
