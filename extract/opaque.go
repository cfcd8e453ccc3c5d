package extract

import (
	"math"
)

// opaqueWindow is the grain in which an artefact is measured, in bytes. It is small, because a list that is hidden among other bytes is small too.
const opaqueWindow = 4096

// opaqueMin is the smallest run of bytes that can be told from other data: below, keys, hashes and small pictures are not to be told from a stream.
const opaqueMin = 512

// opaqueSmall is up to which size, in windows, an artefact counts as opaque for a single window. In a larger one it takes two in a row, because tables
// of code (hashes, substitution boxes) fill one here and there.
const opaqueSmall = 8

// maxOpaqueRuns is how many runs of opaque windows are looked at one by one; what follows them is one run.
const maxOpaqueRuns = 4096

// What separates random bytes from others, in bits per byte below the 8 that random bytes have; measured over compressors, ciphers and the files of a
// machine (see TestOpaqueKinds and TestOpaqueRealFiles). Deviations are those that chance has in so many bytes.
const (
	maxLoss       = 0.10 // of the bytes; streams of fast compressors lose up to that, code and text half a bit and more
	maxStrideLoss = 0.05 // of the differences to the bytes before; samples, pixels, floats and tables of numbers lose more
	deviations    = 5
)

// opaqueRun is a run of windows that look like random bytes. It may end within its last window.
type opaqueRun struct {
	Extent
	windows int
	opaque  int64   // bytes of the windows that are opaque
	bits    float64 // sum of the entropy of its bytes
	cut     bool    // what is left of a run of which something else claims a part
}

// meter measures the bytes of an artefact in windows that begin at multiples of opaqueWindow, in whatever pieces they come.
type meter struct {
	runs   []opaqueRun
	head   []byte // the first bytes
	part   []byte // the window that is not complete
	window int64  // its number
	filled bool   // it holds something
}

// add takes the bytes at off. Those between what was added before and off count as zeros.
func (m *meter) add(off int64, p []byte) {
	if off == 0 {
		m.head = append(m.head, p[:min(len(p), magicSize)]...)
	}
	for len(p) > 0 {
		if k := off / opaqueWindow; k != m.window {
			m.flush(opaqueWindow)
			m.window = k
		}
		at := int(off % opaqueWindow)
		if at == 0 && len(p) >= opaqueWindow {
			m.measure(off, p[:opaqueWindow])
			off, p = off+opaqueWindow, p[opaqueWindow:]
			continue
		}
		if m.part == nil {
			m.part = make([]byte, opaqueWindow)
		}
		n := copy(m.part[at:], p)
		m.filled = true
		off, p = off+int64(n), p[n:]
	}
}

// finish measures the last window of an artefact of the given size.
func (m *meter) finish(size int64) { m.flush(min(opaqueWindow, size-m.window*opaqueWindow)) }

func (m *meter) flush(n int64) {
	if m.filled && n > 0 {
		m.measure(m.window*opaqueWindow, m.part[:n])
		clear(m.part)
	}
	m.filled = false
}

func (m *meter) measure(off int64, b []byte) {
	bits, random := looksRandom(b)
	if !random {
		return
	}
	n := int64(len(b))
	last := len(m.runs) - 1
	if last < 0 || m.runs[last].End() != off && last+1 < maxOpaqueRuns {
		m.runs = append(m.runs, opaqueRun{Extent: Extent{Offset: off}})
		last++
	}
	r := &m.runs[last]
	r.Size = off + n - r.Offset
	r.windows++
	r.opaque += n
	r.bits += bits * float64(n)
}

// looksRandom tells whether bytes look like those of a compressed or encrypted stream: all values equally often, whatever stands before them. If so, it
// returns their entropy.
func looksRandom(b []byte) (bits float64, yes bool) {
	if len(b) < opaqueMin || len(b) >= 2048 && distinct(b) < minDistinct {
		return 0, false
	}
	var count [256]uint32
	for _, c := range b {
		count[c]++
	}
	chance := chanceLoss(len(b))
	// Tables in which each value stands equally often (permutations, check sums) are more even than chance.
	if l := loss(&count, len(b)); l > maxLoss+deviations*chance || l < -deviations*chance {
		return 0, false
	}
	part := b[len(b)/2-min(len(b), strideBytes)/2:][:min(len(b), strideBytes)]
	var stride [256]uint32
	for _, s := range [...]int{1, 2, 3, 4, 8} {
		clear(stride[:])
		before := part[:len(part)-s]
		for i, c := range part[s:] {
			stride[c-before[i]]++
		}
		if loss(&stride, len(before)) > maxStrideLoss+deviations*chanceLoss(len(before)) {
			return 0, false
		}
	}
	return entropy(&count, len(b)), true
}

// strideBytes is how many bytes of a window the differences are taken of.
const strideBytes = 2048

// distinct counts the different values among 128 bytes of a window. Random bytes have 101 of them, give or take 4; most other data is told by that alone.
func distinct(b []byte) (n int) {
	var seen [256]uint8
	step := len(b) / 8
	for i := 0; i < 8; i++ {
		for _, c := range b[i*step:][:16] {
			seen[c] = 1
		}
	}
	for _, s := range seen {
		n += int(s)
	}
	return n
}

const minDistinct = 82

// loss is by how many bits per byte n bytes with these counts fall short of random ones, from the chi-square statistic; about 0 for random bytes whatever
// their number, within a few times chanceLoss.
func loss(count *[256]uint32, n int) float64 {
	squares := int64(0)
	for _, k := range count {
		squares += int64(k) * int64(k)
	}
	chi := float64(squares)*256/float64(n) - float64(n)
	return (chi - 255) / (2 * math.Ln2 * float64(n))
}

// chanceLoss is the standard deviation of loss for n random bytes.
func chanceLoss(n int) float64 { return math.Sqrt(2*255) / (2 * math.Ln2 * float64(n)) }

// entropy is an estimate of the bits of entropy per byte by the frequency of the values, corrected for the bias that so few bytes have (Miller and Madow).
func entropy(count *[256]uint32, n int) float64 {
	sum, values := 0.0, 0
	for _, k := range count {
		if k > 0 {
			sum += float64(k) * math.Log2(float64(k))
			values++
		}
	}
	return min(8, math.Log2(float64(n))-sum/float64(n)+float64(values-1)/(2*math.Ln2*float64(n)))
}
