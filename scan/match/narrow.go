package match

import "encoding/binary"

// narrow is the table of eight buckets, small enough that what is in use of it lies in the first-level cache. Blocks that pass are rare.
type narrow [1 << 16]uint16

const narrowBuckets = 8

func newNarrow(t *[1 << 16]pairBuckets) *narrow {
	n := new(narrow)
	for pair, e := range t {
		n[pair] = uint16(e.first | e.second<<narrowBuckets)
	}
	return n
}

func (t *narrow) blocks(buf []byte, l *lists) int {
	list, n := &l.blocks, uint(0)
	for at := uint16(0); len(buf) >= 2*block+ahead; at += 2 * block {
		q := (*[2*block + 2]byte)(buf)
		t0 := uint32(t[binary.LittleEndian.Uint16(q[0:])])
		t1 := uint32(t[binary.LittleEndian.Uint16(q[2:])])
		t2 := uint32(t[binary.LittleEndian.Uint16(q[4:])])
		t3 := uint32(t[binary.LittleEndian.Uint16(q[6:])])
		t4 := uint32(t[binary.LittleEndian.Uint16(q[8:])])
		a := t0&(t1>>narrowBuckets) | t2&(t3>>narrowBuckets)
		b := t1&(t2>>narrowBuckets) | t3&(t4>>narrowBuckets)
		t5 := uint32(t[binary.LittleEndian.Uint16(q[10:])])
		t6 := uint32(t[binary.LittleEndian.Uint16(q[12:])])
		t7 := uint32(t[binary.LittleEndian.Uint16(q[14:])])
		t8 := uint32(t[binary.LittleEndian.Uint16(q[16:])])
		a |= t4&(t5>>narrowBuckets) | t6&(t7>>narrowBuckets)
		b |= t5&(t6>>narrowBuckets) | t7&(t8>>narrowBuckets)
		if a|b != 0 { // rarely
			list[n%uint(len(list))] = at
			list[(n+1)%uint(len(list))] = at + block
			n += 2
		}
		buf = buf[2*block:]
	}
	return int(n)
}

func (t *narrow) places(buf []byte, blocks []uint16, list *[segment / 2]uint16) int {
	n := uint(0)
	for _, at := range blocks {
		q := (*[block + 2]byte)(buf[at:])
		t0 := uint32(t[binary.LittleEndian.Uint16(q[0:])])
		t1 := uint32(t[binary.LittleEndian.Uint16(q[2:])])
		t2 := uint32(t[binary.LittleEndian.Uint16(q[4:])])
		t3 := uint32(t[binary.LittleEndian.Uint16(q[6:])])
		t4 := uint32(t[binary.LittleEndian.Uint16(q[8:])])
		list[n%uint(len(list))] = at
		n += some(uint64(t0 & (t1 >> narrowBuckets)))
		list[n%uint(len(list))] = at + 2
		n += some(uint64(t1 & (t2 >> narrowBuckets)))
		list[n%uint(len(list))] = at + 4
		n += some(uint64(t2 & (t3 >> narrowBuckets)))
		list[n%uint(len(list))] = at + 6
		n += some(uint64(t3 & (t4 >> narrowBuckets)))
	}
	return int(n)
}

func (t *narrow) size() int { return 2 * len(t) }
