package match

import "encoding/binary"

// wide is the table of 32 buckets, half a megabyte: a quarter of the places pass that would with narrow.
type wide [1 << 16]uint64

const wideBuckets = 32

func newWide(t *[1 << 16]pairBuckets) *wide {
	w := new(wide)
	for pair, e := range t {
		w[pair] = uint64(e.first) | uint64(e.second)<<wideBuckets
	}
	return w
}

func (t *wide) blocks(buf []byte, l *lists) int {
	n := 0
	if l.few {
		n = t.rarely(buf, &l.blocks)
	} else {
		n = t.often(buf, &l.blocks)
	}
	l.few = n < len(buf)/block/16
	return n
}

// often is blocks without a branch.
func (t *wide) often(buf []byte, list *[segment / block]uint16) int {
	n := uint(0)
	for at := uint16(0); len(buf) >= 2*block+ahead; at += 2 * block {
		q := (*[2*block + 2]byte)(buf)
		t0 := t[binary.LittleEndian.Uint16(q[0:])]
		t1 := t[binary.LittleEndian.Uint16(q[2:])]
		t2 := t[binary.LittleEndian.Uint16(q[4:])]
		t3 := t[binary.LittleEndian.Uint16(q[6:])]
		t4 := t[binary.LittleEndian.Uint16(q[8:])]
		pass := t0&(t1>>wideBuckets) | t1&(t2>>wideBuckets) | t2&(t3>>wideBuckets) | t3&(t4>>wideBuckets)
		list[n%uint(len(list))] = at
		n += some(pass)
		t5 := t[binary.LittleEndian.Uint16(q[10:])]
		t6 := t[binary.LittleEndian.Uint16(q[12:])]
		t7 := t[binary.LittleEndian.Uint16(q[14:])]
		t8 := t[binary.LittleEndian.Uint16(q[16:])]
		pass = t4&(t5>>wideBuckets) | t5&(t6>>wideBuckets) | t6&(t7>>wideBuckets) | t7&(t8>>wideBuckets)
		list[n%uint(len(list))] = at + block
		n += some(pass)
		buf = buf[2*block:]
	}
	return int(n)
}

// rarely is blocks with a branch, which is faster where few blocks pass.
func (t *wide) rarely(buf []byte, list *[segment / block]uint16) int {
	n := uint(0)
	for at := uint16(0); len(buf) >= 2*block+ahead; at += 2 * block {
		q := (*[2*block + 2]byte)(buf)
		t0 := t[binary.LittleEndian.Uint16(q[0:])]
		t1 := t[binary.LittleEndian.Uint16(q[2:])]
		t2 := t[binary.LittleEndian.Uint16(q[4:])]
		t3 := t[binary.LittleEndian.Uint16(q[6:])]
		t4 := t[binary.LittleEndian.Uint16(q[8:])]
		a := t0&(t1>>wideBuckets) | t1&(t2>>wideBuckets) | t2&(t3>>wideBuckets) | t3&(t4>>wideBuckets)
		t5 := t[binary.LittleEndian.Uint16(q[10:])]
		t6 := t[binary.LittleEndian.Uint16(q[12:])]
		t7 := t[binary.LittleEndian.Uint16(q[14:])]
		t8 := t[binary.LittleEndian.Uint16(q[16:])]
		b := t4&(t5>>wideBuckets) | t5&(t6>>wideBuckets) | t6&(t7>>wideBuckets) | t7&(t8>>wideBuckets)
		if a|b != 0 {
			list[n%uint(len(list))] = at
			n += some(a)
			list[n%uint(len(list))] = at + block
			n += some(b)
		}
		buf = buf[2*block:]
	}
	return int(n)
}

func (t *wide) places(buf []byte, blocks []uint16, list *[segment / 2]uint16) int {
	n := uint(0)
	for _, at := range blocks {
		q := (*[block + 2]byte)(buf[at:])
		t0 := t[binary.LittleEndian.Uint16(q[0:])]
		t1 := t[binary.LittleEndian.Uint16(q[2:])]
		t2 := t[binary.LittleEndian.Uint16(q[4:])]
		t3 := t[binary.LittleEndian.Uint16(q[6:])]
		t4 := t[binary.LittleEndian.Uint16(q[8:])]
		list[n%uint(len(list))] = at
		n += some(t0 & (t1 >> wideBuckets))
		list[n%uint(len(list))] = at + 2
		n += some(t1 & (t2 >> wideBuckets))
		list[n%uint(len(list))] = at + 4
		n += some(t2 & (t3 >> wideBuckets))
		list[n%uint(len(list))] = at + 6
		n += some(t3 & (t4 >> wideBuckets))
	}
	return int(n)
}

func (t *wide) size() int { return 8 * len(t) }
