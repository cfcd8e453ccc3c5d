package erofs

import (
	"encoding/binary"

	"github.com/censorscan/censorscan/extract"
)

// kind says how the bytes of a run are found.
type kind uint8

const (
	kindHole  kind = iota // zeros
	kindRaw               // as they are in the space
	kindCoded             // a compressed cluster
	kindBad               // they cannot be read
)

// place is the space that a run lies in.
type place uint8

const (
	inImage  place = iota
	inBox          // the metabox
	inPacked       // the packed inode, which holds fragments
)

// run is a part of a file whose bytes are found in one way.
type run struct {
	at, size  int64 // within the file
	from      int64 // offset in the space
	encoded   int32 // bytes of the compressed cluster
	kind      kind
	place     place
	algorithm uint8
	partial   bool // the cluster decodes to more
	bad       *extract.Unopened
}

func (r *run) end() int64 { return r.at + r.size }

// joins reports whether next, which follows r, is found in the same way; of bad runs the first reason is enough.
func (r *run) joins(next *run) bool {
	if r.size == 0 || r.kind != next.kind {
		return false
	}
	switch r.kind {
	case kindCoded:
		return false
	case kindRaw:
		return r.place == next.place && r.from+r.size == next.from
	}
	return true
}

// extents adds where the run's raw bytes lie in the image.
func (r *run) extents(v *volume, to *extentList) {
	n := r.size
	switch r.kind {
	case kindHole, kindBad:
		return
	case kindCoded:
		n = int64(r.encoded)
	}
	if s, err := v.space(r.place); err == nil {
		s.extents(to, r.from, n)
	}
}

// mapper puts the runs of a file together. Every byte of the file ends up in one run.
type mapper struct {
	in      *inode
	yield   func(run) bool
	next    int64 // where the next run begins
	pending run
	stopped bool
}

// eachRun yields the runs of the content in order, until yield says false.
func (in *inode) eachRun(yield func(run) bool) {
	m := &mapper{in: in, yield: yield}
	switch in.layout {
	case layoutPlain, layoutInline:
		m.flat()
	case layoutChunks:
		m.chunks()
	case layoutFull, layoutCompact:
		m.compressed()
	}
	if m.next < in.size {
		m.fail(in.size, extract.Damaged(in.offset, "inode %d maps only the first %d of its %d bytes", in.number, m.next, in.size))
	}
	m.flush()
}

// add appends a run that begins where the last one ended, checking that it lies in its space. It reports whether more are wanted.
func (m *mapper) add(r run) bool {
	r.at = m.next
	r.size = min(r.size, m.in.size-r.at)
	if r.size <= 0 || m.stopped {
		return !m.stopped
	}
	if r.kind == kindRaw || r.kind == kindCoded {
		s, err := m.in.view.space(r.place)
		if err != nil {
			return m.fail(r.end(), extract.AsUnopened(err))
		}
		n := r.size
		if r.kind == kindCoded {
			n = int64(r.encoded)
		}
		there := s.Size() - r.from
		switch {
		case r.from < 0 || there <= 0 || (there < n && r.kind == kindCoded):
			return m.fail(r.end(), extract.Damaged(m.in.offset, "inode %d refers to %d bytes at %d, but there are only %d", m.in.number, n, r.from, s.Size()))
		case there < n:
			end := r.end()
			r.size = there
			return m.push(r) &&
				m.fail(end, extract.Damaged(m.in.offset, "inode %d refers to %d bytes at %d, but there are only %d", m.in.number, n, r.from, s.Size()))
		}
	}
	return m.push(r)
}

// fail says that the bytes up to end cannot be read.
func (m *mapper) fail(end int64, why *extract.Unopened) bool {
	if end <= m.next || m.stopped {
		return !m.stopped
	}
	return m.push(run{at: m.next, size: end - m.next, kind: kindBad, bad: why})
}

func (m *mapper) push(r run) bool {
	m.next = r.end()
	if m.pending.joins(&r) {
		m.pending.size += r.size
		return true
	}
	m.flush()
	m.pending = r
	return !m.stopped
}

func (m *mapper) flush() {
	if m.pending.size > 0 && !m.stopped {
		m.stopped = !m.yield(m.pending)
	}
	m.pending = run{}
}

// metaPlace is the space that the inode itself lies in.
func (in *inode) metaPlace() place {
	if in.number&inMetabox != 0 {
		return inBox
	}
	return inImage
}

// flat maps a file that lies in one piece, but for an end that may follow the inode.
func (m *mapper) flat() {
	in := m.in
	if in.start < 0 {
		m.add(run{size: in.size, kind: kindHole})
		return
	}
	blocks := in.size
	block := in.view.super.block()
	if in.layout == layoutInline && in.size > 0 {
		blocks = (in.size - 1) &^ (block - 1)
	}
	if blocks > 0 {
		m.add(run{size: blocks, kind: kindRaw, from: in.start << in.view.super.blockBits})
	}
	if rest := in.size - blocks; rest > 0 {
		if in.tail()&(block-1)+rest > block {
			m.fail(in.size, extract.Damaged(in.tail(), "the inline end of inode %d crosses its block", in.number))
			return
		}
		m.add(run{size: rest, kind: kindRaw, place: in.metaPlace(), from: in.tail()})
	}
}

// Bits of the chunk format.
const (
	chunkBits    = 1<<5 - 1 // size of a chunk: 2^n blocks
	chunkIndexes = 1 << 5   // entries of 8 bytes, else of 4
	chunk48Bit   = 1 << 6
	chunkKnown   = 1<<7 - 1
)

// chunkTable is where the table of a chunk-based file begins and how large its entries are.
func (in *inode) chunkTable() (off, unit int64) {
	unit = 4
	if in.format&chunkIndexes != 0 {
		unit = 8
	}
	return roundUp(in.tail(), unit), unit
}

// chunkShift is the size of a chunk as a power of two.
func (in *inode) chunkShift() uint { return in.view.super.blockBits + uint(in.format&chunkBits) }

// chunks maps a file by its table of chunks.
func (m *mapper) chunks() {
	in, sb := m.in, &m.in.view.super
	if in.format&^chunkKnown != 0 {
		m.fail(in.size, extract.Unsupported(in.offset, "inode %d has the unknown chunk format %#x", in.number, in.format))
		return
	}
	off, unit := in.chunkTable()
	le := binary.LittleEndian
	var absent *extract.Unopened
	for left := (in.size - 1) >> in.chunkShift(); m.next < in.size; {
		n := min(left+1, 512)
		table, err := in.area.read(off, n*unit)
		if err != nil && n > 1 { // as far as it goes
			n = 1
			table, err = in.area.read(off, unit)
		}
		if err != nil {
			m.fail(in.size, extract.AsUnopened(err))
			return
		}
		for e := table; len(e) > 0; e = e[unit:] {
			r := run{size: 1 << in.chunkShift(), kind: kindRaw}
			block, all, dev := int64(le.Uint32(e)), int64(1<<32-1), uint16(0)
			if unit == 8 {
				block, dev = int64(le.Uint32(e[4:])), le.Uint16(e[2:])
				if in.format&chunk48Bit != 0 {
					block |= int64(le.Uint16(e)) << 32
					all = 1<<48 - 1
				}
			}
			ok := true
			if block == all {
				ok = m.add(run{size: r.size, kind: kindHole})
			} else if r.from, ok = sb.resolve(block<<sb.blockBits, dev, min(r.size, in.size-m.next), in.view.image.Size()); ok {
				ok = m.add(r)
			} else {
				if absent == nil {
					absent = extract.Unsupported(in.offset, "it lies on device %d of %d, which is not in the image", dev, len(sb.devices))
				}
				ok = m.fail(min(m.next+r.size, in.size), absent)
			}
			if !ok {
				return
			}
		}
		off += n * unit
		left -= n
	}
}

// resolve gives the offset in the image of the n bytes at off of a device, 0 being the image itself. Other devices are read only where they were appended to
// the image, at their place in the address space that all share.
func (sb *superblock) resolve(off int64, dev uint16, n, imageSize int64) (int64, bool) {
	if len(sb.devices) == 0 {
		return off, true
	}
	mask := 1
	for mask < len(sb.devices)+1 {
		mask <<= 1
	}
	if dev &= uint16(mask - 1); dev == 0 {
		for _, d := range sb.devices {
			if d.start > 0 && off >= d.start && off < d.start+d.size {
				return off, off+n <= imageSize
			}
		}
		return off, true
	}
	if int(dev) > len(sb.devices) {
		return 0, false
	}
	d := sb.devices[dev-1]
	return d.start + off, d.start > 0 && off <= d.size-n && d.start+off+n <= imageSize
}
