package payload

import (
	"bytes"
	"sort"
)

// zeroGrain is how finely zeros are remembered, in bytes.
const zeroGrain = 4096

// zeroMap says of each grain of a decoded operation whether it is all zeros. It costs 64 bytes for the usual operation of 2 MiB and spares decoding it once more
// to see that the free space of a file system is empty.
type zeroMap []uint64

func newZeroMap(data []byte) zeroMap {
	m := make(zeroMap, (len(data)/zeroGrain+63)/64)
	var zeros [zeroGrain]byte
	for i := 0; (i+1)*zeroGrain <= len(data); i++ {
		if bytes.Equal(data[i*zeroGrain:][:zeroGrain], zeros[:]) {
			m[i/64] |= 1 << (i % 64)
		}
	}
	return m
}

// all reports whether the bytes from lo to hi are known to be zeros.
func (m zeroMap) all(lo, hi int64) bool {
	for i := lo / zeroGrain; i*zeroGrain < hi; i++ {
		if i/64 >= int64(len(m)) || m[i/64]>>(i%64)&1 == 0 {
			return false
		}
	}
	return true
}

// KnownZeros implements extract.ZeroKeeper: it answers from what was decoded before and decodes nothing.
func (s *partitionSource) KnownZeros(off, n int64) bool {
	pieces := s.p.pieces
	i := sort.Search(len(pieces), func(i int) bool { return pieces[i].end > off })
	for ; i < len(pieces) && pieces[i].start < off+n; i++ {
		pc := &pieces[i]
		if pc.mode == raw || pc.mode == broken {
			return false
		}
		lo, hi := max(off, pc.start), min(off+n, pc.end)
		if !s.p.decoded.zerosOf(pc.op).all(pc.from+lo-pc.start, pc.from+hi-pc.start) {
			return false
		}
	}
	return off >= 0 && n >= 0 && off+n <= s.p.size
}

func (d *decoded) setZeros(op int32, m zeroMap) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.zeros == nil {
		d.zeros = map[int32]zeroMap{}
	}
	d.zeros[op] = m
}

func (d *decoded) zerosOf(op int32) zeroMap {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.zeros[op]
}
