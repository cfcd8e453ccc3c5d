package ext4

import "fmt"

const directBlocks = 12

// blockMap maps an inode as ext2 and ext3 do: twelve blocks, then one block of block numbers, then two and three levels of those. Blocks behind
// the end of the content are not looked up.
func (b *builder) blockMap() {
	end := (b.m.size + b.n.im.blockSize - 1) / b.n.im.blockSize
	for i := range int64(directBlocks) {
		b.pointer(int64(le.Uint32(b.n.area[4*i:])), 0, i, 1, end)
	}
	logical, covers := int64(directBlocks), int64(1)
	for level := 1; level <= 3; level++ {
		covers *= b.n.im.blockSize / 4
		b.pointer(int64(le.Uint32(b.n.area[4*(directBlocks+level-1):])), level, logical, covers, end)
		logical += covers
	}
}

// pointer maps what a block number stands for: the logical blocks that it covers, through as many levels of blocks of numbers.
func (b *builder) pointer(number int64, level int, logical, covers, end int64) {
	switch {
	case number == 0 || logical >= end || b.fatal != nil: // a hole, or nothing that matters
		return
	case level == 0:
		b.add(logical, 1, number)
		return
	}
	block, err := b.enter(number)
	if err != nil {
		b.bad(logical, min(logical+covers, end), fmt.Errorf("block map: %w", err))
		return
	}
	before := len(b.m.errs)
	covers /= b.n.im.blockSize / 4
	for ; len(block) >= 4 && logical < end; block = block[4:] {
		b.pointer(int64(le.Uint32(block)), level-1, logical, covers, end)
		logical += covers
	}
	if len(b.m.errs) == before {
		b.n.claims.add(number)
	}
}
