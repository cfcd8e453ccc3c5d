package erofs

import (
	"encoding/binary"

	"github.com/censorscan/censorscan/extract"
)

// Advice bits of the header of a compressed file.
const (
	adviseCompact2B    = 1 << 0 // compact indexes: some take 2 bytes
	adviseExtents      = 1 << 0 // full indexes: encoded extents instead
	adviseBigHead1     = 1 << 1 // clusters of more than one block
	adviseBigHead2     = 1 << 2
	adviseInline       = 1 << 3 // the last cluster follows the indexes
	adviseInterlaced   = 1 << 4 // plain blocks are rotated to keep their place in the block
	adviseFragment     = 1 << 5 // the end of the file lies in the packed inode
	extentRecordShift  = 1      // encoded extents: bits of the record size
	wholeFragment      = 1 << 63
	clusterHeader      = 8
	fullIndexGap       = 8 // between the header and full indexes
	fullIndexSize      = 8
	maxCompactBits     = 14
	maxCompact2BBits   = 12
	countFlag          = 1 << 11 // the distance is a number of blocks
	indexTypeMask      = 3
	indexPartial       = 1 << 15
	compact2BIndexes   = 16 // in a pack of 32 bytes
	compact4BIndexes   = 2  // in a pack of 8 bytes
	compact2BPackBytes = 32
	compact4BPackBytes = 8
)

// Types of an index: a logical cluster holds the beginning of a physical one, or lies inside of one.
const (
	typePlain = iota
	typeHead1
	typeInside
	typeHead2
)

// clusters describes how a compressed file is cut up.
type clusters struct {
	bits       uint // of a logical cluster
	advise     uint16
	algorithm  [2]uint8 // of the two head types
	inlineSize int64    // bytes of the last cluster that follow the indexes, or 0
	fragment   uint64   // offset in the packed inode
	whole      bool     // all of the file is a fragment
	extents    int64    // encoded extents: how many
	indexes    int64    // offset of the indexes in the area
	end        int64    // behind the indexes
	count      int64    // logical clusters
	first4B    int64    // compact: how many lie in front of those of 2 bytes
	mid2B      int64    // compact: how many take 2 bytes
}

// loadClusters reads the header of a compressed file that is not empty.
func (in *inode) loadClusters() (*clusters, *extract.Unopened) {
	pos := roundUp(in.tail(), 8)
	h, err := in.area.read(pos, clusterHeader)
	if err != nil {
		return nil, extract.AsUnopened(err)
	}
	le := binary.LittleEndian
	c := &clusters{end: pos + clusterHeader, indexes: pos + clusterHeader}
	if all := le.Uint64(h); all&wholeFragment != 0 {
		c.whole, c.fragment = true, all&^wholeFragment
		if in.layout == layoutFull {
			c.end += fullIndexGap // mkfs.erofs leaves the beginning of an unused table there
		}
		return c, nil
	}
	c.advise = le.Uint16(h[4:])
	c.bits = in.view.super.blockBits + uint(h[7]&15)
	c.count = (in.size-1)>>c.bits + 1
	if in.layout == layoutFull && c.advise&adviseExtents != 0 {
		c.extents = int64(le.Uint32(h)) | int64(le.Uint16(h[6:]))<<32
		c.indexes = roundUp(c.end, c.recordSize())
		n := c.count
		if c.recordSize() > 8 {
			n = c.extents
		}
		c.end = c.indexes + n*c.recordSize()
		if c.recordSize() == 4 {
			c.end += 8
		}
		return c, nil
	}
	c.algorithm = [2]uint8{h[6] & 15, h[6] >> 4}
	switch {
	case c.advise&adviseFragment != 0:
		c.fragment = uint64(le.Uint32(h))
	case c.advise&adviseInline != 0:
		c.inlineSize = int64(le.Uint16(h[2:]))
	}
	if in.layout == layoutFull {
		c.indexes += fullIndexGap
		c.end = c.indexes + c.count*fullIndexSize
		return c, nil
	}
	return c, c.layCompact(in)
}

// recordSize is the size of an encoded extent in bytes.
func (c *clusters) recordSize() int64 { return 4 << (c.advise >> extentRecordShift & 3) }

// layCompact finds how compact indexes are laid out: packs of 4 byte indexes up to an offset that is a multiple of 32, then as many packs of 2
// byte indexes as fill up, then 4 byte indexes again.
func (c *clusters) layCompact(in *inode) *extract.Unopened {
	big := c.advise & (adviseBigHead1 | adviseBigHead2)
	switch {
	case c.bits > maxCompactBits, c.advise&adviseCompact2B != 0 && c.bits > maxCompact2BBits:
		return extract.Unsupported(in.offset, "inode %d has compact indexes for clusters of 2^%d bytes", in.number, c.bits)
	case big != 0 && big != adviseBigHead1|adviseBigHead2:
		return extract.Damaged(in.offset, "inode %d has large clusters of one head type only", in.number)
	}
	total := (in.size-1)>>in.view.super.blockBits + 1
	c.first4B = (32 - c.indexes%32) / 4 & 7
	if c.advise&adviseCompact2B != 0 && c.first4B < total {
		c.mid2B = (total - c.first4B) &^ (compact2BIndexes - 1)
	}
	c.end = c.indexes
	for _, part := range [...][2]int64{{min(c.first4B, c.count), 4}, {min(c.mid2B, c.count-c.first4B), 2}, {c.count - c.first4B - c.mid2B, 4}} {
		if n, size := part[0], part[1]; n > 0 && size == 4 {
			c.end += roundUp(n, compact4BIndexes) * 4
		} else if n > 0 {
			c.end += roundUp(n, compact2BIndexes) * 2
		}
	}
	return nil
}

// index is what is said of one logical cluster.
type index struct {
	kind    uint8
	start   int64 // of a head: where in the logical cluster the physical one begins
	block   int64 // of a head
	blocks  int64 // of the first cluster inside: size of the physical cluster, 0 if not said
	partial bool
}

// fullIndexes yields the indexes of 8 bytes.
func (in *inode) fullIndexes(c *clusters, yield func(index) bool) *extract.Unopened {
	le := binary.LittleEndian
	const piece = 512
	for i := int64(0); i < c.count; {
		n := min(c.count-i, piece)
		table, err := in.area.read(c.indexes+i*fullIndexSize, n*fullIndexSize)
		if err != nil && n > 1 {
			n = 1
			table, err = in.area.read(c.indexes+i*fullIndexSize, fullIndexSize)
		}
		if err != nil {
			return extract.AsUnopened(err)
		}
		for ; len(table) > 0; table = table[fullIndexSize:] {
			flags := le.Uint16(table)
			x := index{kind: uint8(flags & indexTypeMask)}
			if x.kind == typeInside {
				if d := le.Uint16(table[4:]); d&countFlag != 0 {
					x.blocks = int64(d &^ countFlag)
				}
			} else {
				x.start = int64(le.Uint16(table[2:]))
				x.block = int64(le.Uint32(table[4:]))
				x.partial = flags&indexPartial != 0
			}
			if !yield(x) {
				return nil
			}
		}
		i += n
	}
	return nil
}

// compactIndexes yields the indexes of 2 and 4 bytes. A pack holds the fields of its indexes bit by bit and ends in a block number, from which the
// blocks of the heads in it are counted.
func (in *inode) compactIndexes(c *clusters, yield func(index) bool) *extract.Unopened {
	const piece = 512 // bytes, a multiple of both packs
	pos := c.indexes
	for i := int64(0); i < c.count; {
		pack, each, left := int64(compact4BPackBytes), int64(compact4BIndexes), c.count-i
		switch {
		case i < c.first4B:
			left = min(left, c.first4B-i)
		case i < c.first4B+c.mid2B:
			pack, each = compact2BPackBytes, compact2BIndexes
			left = min(left, c.first4B+c.mid2B-i)
		}
		packs := min((left+each-1)/each, piece/pack)
		raw, err := in.area.read(pos, packs*pack)
		if err != nil && packs > 1 {
			packs = 1
			raw, err = in.area.read(pos, pack)
		}
		if err != nil {
			return extract.AsUnopened(err)
		}
		pos += packs * pack
		for ; len(raw) > 0; raw = raw[pack:] {
			n := min(each, c.count-i)
			if !c.unpack(raw[:pack], int(each), int(n), yield) {
				return nil
			}
			i += n
		}
	}
	return nil
}

// unpack yields the first n of the indexes of a pack, which holds room for so many.
func (c *clusters) unpack(pack []byte, room, n int, yield func(index) bool) bool {
	le := binary.LittleEndian
	width := (len(pack) - 4) * 8 / room
	low := max(c.bits, 12)
	block := int64(le.Uint32(pack[len(pack)-4:]))
	big := c.advise&adviseBigHead1 != 0
	if !big {
		block++
	}
	afterHead := false
	for i := range n {
		bit := i * width
		field := le.Uint32(pack[bit/8:]) >> (bit & 7)
		x := index{kind: uint8(field >> low & indexTypeMask)}
		value := int64(field & (1<<low - 1))
		if x.kind == typeInside {
			if value&countFlag != 0 {
				x.blocks = value &^ countFlag
				if block += x.blocks; afterHead {
					block-- // counted with the head
				}
			}
		} else {
			x.start, x.block = value, block
			block++
		}
		afterHead = x.kind != typeInside
		if !yield(x) {
			return false
		}
	}
	return true
}
