package ext4

import "fmt"

const (
	extentMagic   = 0xF30A
	extentDepth   = 5     // deepest tree that ext4 makes
	extentMaxInit = 32768 // longer lengths mean: allocated, but never written
	maxBlocks     = 1 << 32
)

// extents maps an inode that has an extent tree.
func (b *builder) extents() {
	b.extentNode(b.n.area[:], -1, 0, maxBlocks)
}

// extentNode maps the logical blocks from lo to hi by a node of the tree. Depth is the one that the node must have, -1 if it is the root.
// A node that breaks the rules makes what is left of its range unreadable; its neighbours count.
func (b *builder) extentNode(node []byte, depth int, lo, hi int64) {
	entries, has := int(le.Uint16(node[2:])), int(le.Uint16(node[6:]))
	switch {
	case le.Uint16(node) != extentMagic:
		b.bad(lo, hi, fmt.Errorf("an extent tree node has magic %#x", le.Uint16(node)))
		return
	case entries > int(le.Uint16(node[4:])) || 12+12*entries > len(node):
		b.bad(lo, hi, fmt.Errorf("an extent tree node claims %d entries of %d", entries, le.Uint16(node[4:])))
		return
	case depth >= 0 && has != depth || has > extentDepth:
		b.bad(lo, hi, fmt.Errorf("an extent tree node has depth %d in place of %d", has, depth))
		return
	}
	for i := range entries {
		if b.fatal != nil {
			return
		}
		e := node[12+12*i:][:12]
		first := int64(le.Uint32(e))
		if first < max(lo, b.next) || first >= hi {
			b.bad(lo, hi, fmt.Errorf("extent tree entry for block %d is out of order", first))
			return
		}
		if has == 0 {
			if !b.extent(e, first, hi) {
				b.bad(lo, hi, fmt.Errorf("extent of %d blocks at block %d is too long", le.Uint16(e[4:]), first))
				return
			}
			lo = first
			continue
		}
		end := hi
		if i+1 < entries {
			if next := int64(le.Uint32(node[24+12*i:])); next > first && next < hi {
				end = next
			}
		}
		number := int64(le.Uint32(e[4:])) | int64(le.Uint16(e[8:]))<<32
		child, err := b.enter(number)
		if err != nil {
			b.bad(first, end, fmt.Errorf("extent tree: %w", err))
			continue
		}
		before := len(b.m.errs)
		b.extentNode(child, has-1, first, end)
		if len(b.m.errs) == before {
			b.n.claims.add(number)
			b.n.im.checkExtents(b.n, child, number*b.n.im.blockSize)
		}
		lo = first
	}
}

// extent maps one entry of a leaf and reports whether it is valid.
func (b *builder) extent(e []byte, first, hi int64) bool {
	count := int64(le.Uint16(e[4:]))
	physical := int64(le.Uint32(e[8:])) | int64(le.Uint16(e[6:]))<<32
	unwritten := count > extentMaxInit
	if unwritten {
		count -= extentMaxInit
	}
	if count == 0 || count > hi-first {
		return false
	}
	if unwritten { // reads as zeros; what lies there is free space as good as any
		b.next = first + count
		return true
	}
	b.add(first, count, physical)
	return true
}
