package erofs

import (
	"encoding/binary"

	"github.com/censorscan/censorscan/extract"
)

// compressed maps a compressed file.
func (m *mapper) compressed() {
	if m.in.size == 0 {
		return
	}
	c, bad := m.in.loadClusters()
	switch {
	case bad != nil:
		m.fail(m.in.size, bad)
	case c.whole:
		m.fragment(c.fragment)
	case m.in.layout == layoutFull && c.advise&adviseExtents != 0:
		m.encodedExtents(c)
	default:
		m.indexed(c)
	}
}

// fragment maps the rest of the file to the packed inode.
func (m *mapper) fragment(off uint64) {
	if off > 1<<62 || m.in.number == m.in.view.super.packed {
		m.fail(m.in.size, extract.Damaged(m.in.offset, "inode %d refers to a fragment at %d that cannot be", m.in.number, off))
		return
	}
	m.add(run{size: m.in.size - m.next, kind: kindRaw, place: inPacked, from: int64(off)})
}

// head is a physical cluster whose end is not known yet.
type head struct {
	index
	at     int64 // where it begins in the file
	number int64 // of the logical cluster
	after  bool  // the index behind it was seen
	blocks int64 // blocks that the index behind it tells; 0 if it is a head itself
	broken bool  // the index behind it tells nothing
}

// indexed maps a file by the indexes of its logical clusters: each head begins a physical cluster, which ends where the next begins.
func (m *mapper) indexed(c *clusters) {
	in := m.in
	var h head
	open := false
	i := int64(-1)
	each := func(x index) bool {
		i++
		if x.kind == typeInside {
			if !open {
				return m.fail(min((i+1)<<c.bits, in.size), extract.Damaged(in.offset, "inode %d has a cluster without a head", in.number))
			}
			if !h.after {
				h.after, h.blocks, h.broken = true, x.blocks, x.blocks == 0
			}
			return true
		}
		at := i<<c.bits + x.start
		if x.start >= 1<<c.bits || (!open && m.next == 0 && at != 0) {
			m.fail(min((i+1)<<c.bits, in.size), extract.Damaged(in.offset, "inode %d has a cluster that begins at %d of cluster %d", in.number, x.start, i))
			open = false
			return !m.stopped
		}
		if at >= in.size {
			return false
		}
		if open && !m.cluster(c, &h, at, false) {
			return false
		}
		if m.next < at {
			m.fail(at, extract.Damaged(in.offset, "inode %d has a gap before cluster %d", in.number, i))
		}
		h, open = head{index: x, at: at, number: i}, true
		return !m.stopped
	}
	var bad *extract.Unopened
	if in.layout == layoutFull {
		bad = in.fullIndexes(c, each)
	} else {
		bad = in.compactIndexes(c, each)
	}
	switch {
	case m.stopped:
	case bad != nil:
		m.fail(in.size, bad)
	case open:
		m.cluster(c, &h, in.size, true)
	}
}

// cluster maps a physical cluster that ends where the file's byte end begins.
func (m *mapper) cluster(c *clusters, h *head, end int64, last bool) bool {
	in, sb := m.in, &m.in.view.super
	if last && c.advise&adviseFragment != 0 {
		off := c.fragment
		if in.layout == layoutFull {
			off |= uint64(h.block) << 32
		}
		m.fragment(off)
		return false
	}
	r := run{size: end - m.next, kind: kindCoded, from: h.block << sb.blockBits, partial: h.partial}
	encoded, interlaced := sb.block(), c.advise&adviseInterlaced != 0
	if last && c.inlineSize > 0 {
		interlaced = false
		r.place, r.from, encoded = in.metaPlace(), c.end, c.inlineSize
		if r.from&(sb.block()-1)+encoded > sb.block() {
			return m.fail(end, extract.Damaged(r.from, "the inline cluster of inode %d crosses its block", in.number))
		}
	} else if m.large(c, h) && h.after {
		if h.broken {
			return m.fail(end, extract.Damaged(in.offset, "inode %d does not tell the size of the cluster at %d", in.number, h.at))
		}
		encoded = h.blocks << sb.blockBits
	}
	switch h.kind {
	case typePlain:
		return m.plain(r, encoded, interlaced)
	case typeHead2:
		r.algorithm = c.algorithm[1]
	default:
		r.algorithm = c.algorithm[0]
	}
	return m.coded(r, encoded)
}

// large reports whether clusters of the head's type may have more than one block.
func (m *mapper) large(c *clusters, h *head) bool {
	bit := uint16(adviseBigHead2)
	if h.kind == typeHead1 {
		bit = adviseBigHead1
	}
	return c.advise&bit != 0 && (h.number+1)<<c.bits < m.in.size
}

// coded maps a compressed cluster.
func (m *mapper) coded(r run, encoded int64) bool {
	end := m.next + r.size
	switch {
	case r.algorithm >= algCount:
		return m.fail(end, extract.Unsupported(m.in.offset, "inode %d uses the unknown compression algorithm %d", m.in.number, r.algorithm))
	case encoded > maxEncoded || r.size > maxDecoded:
		return m.fail(end, extract.Damaged(m.in.offset, "inode %d has a cluster of %d bytes that decodes to %d at %d", m.in.number, encoded, r.size, m.next))
	}
	r.encoded = int32(encoded)
	return m.add(r)
}

// plain maps a cluster that is stored as it is. An interlaced block keeps the bytes at the offset that they have in a block of the file, so that what
// passes the end of the block stands at its beginning.
func (m *mapper) plain(r run, encoded int64, interlaced bool) bool {
	end := m.next + r.size
	block := m.in.view.super.block()
	if r.size > encoded {
		return m.fail(end, extract.Damaged(m.in.offset, "inode %d has %d plain bytes in a cluster of %d", m.in.number, r.size, encoded))
	}
	r.kind = kindRaw
	if in := m.next & (block - 1); interlaced && in > 0 {
		if encoded != block {
			return m.fail(end, extract.Unsupported(m.in.offset, "inode %d has an interlaced cluster of %d bytes", m.in.number, encoded))
		}
		right := r
		right.from += in
		right.size = min(r.size, block-in)
		if r.size -= right.size; !m.add(right) {
			return false
		}
	}
	return m.add(r)
}

// Fields of the length of an encoded extent.
const (
	extentLength  = 2<<20 - 1
	extentPartial = 1 << 27
	extentFormat  = 28 // shift; 0 is plain, else the algorithm and 1
)

// encodedExtents maps a file by records of an encoded length, and where the record has room for them a physical and a logical offset.
func (m *mapper) encodedExtents(c *clusters) {
	in, le := m.in, binary.LittleEndian
	size, pos, n := c.recordSize(), c.indexes, c.extents
	var next int64 // where the following record's bytes begin, when they lie one behind another
	if size <= 8 {
		n = c.count
	}
	if size == 4 {
		first, err := in.area.read(pos, 8)
		if err != nil {
			m.fail(in.size, extract.AsUnopened(err))
			return
		}
		next = int64(le.Uint64(first))
		pos += 8
	}
	start := func(rec []byte, i int64) int64 {
		if size <= 8 {
			return i << c.bits
		}
		at := int64(le.Uint32(rec[12:]))
		if size > 16 {
			at |= int64(le.Uint32(rec[16:])) << 32
		}
		return at
	}
	rec, err := in.area.read(pos, size)
	for i := int64(0); i < n && err == nil && m.next < in.size; i++ {
		if at := start(rec, i); at != m.next {
			m.fail(in.size, extract.Damaged(pos, "extent %d of inode %d begins at %d, not at %d", i, in.number, at, m.next))
			return
		}
		length, from, end := le.Uint32(rec), next, in.size
		if size > 4 {
			from = int64(le.Uint32(rec[4:]))
		}
		if size > 8 {
			from |= int64(le.Uint32(rec[8:])) << 32
		}
		next = from + int64(length&extentLength)
		pos += size
		last := i+1 == n
		if !last {
			var following []byte
			if following, err = in.area.read(pos, size); err == nil {
				end = min(start(following, i+1), in.size)
				rec = following
			}
			if end <= m.next {
				m.fail(in.size, extract.Damaged(pos, "extent %d of inode %d begins at %d, not behind %d", i+1, in.number, end, m.next))
				return
			}
		}
		if !m.extent(c, length, from, end, last) {
			return
		}
	}
	if err != nil {
		m.fail(in.size, extract.AsUnopened(err))
	}
}

// extent maps one encoded extent.
func (m *mapper) extent(c *clusters, length uint32, from, end int64, last bool) bool {
	encoded := int64(length & extentLength)
	r := run{size: end - m.next, kind: kindCoded, from: from, partial: length&extentPartial != 0}
	switch format := length >> extentFormat; {
	case last && c.advise&adviseFragment != 0:
		off := uint64(length)
		if c.recordSize() > 4 {
			off |= uint64(from) << 32
		}
		m.fragment(off)
		return false
	case encoded == 0:
		r.kind = kindHole
		return m.add(r)
	case format == 0:
		aligned := (from|encoded)&(m.in.view.super.block()-1) == 0
		return m.plain(r, encoded, c.advise&adviseInterlaced != 0 && aligned)
	default:
		r.algorithm = uint8(format - 1)
		return m.coded(r, encoded)
	}
}
