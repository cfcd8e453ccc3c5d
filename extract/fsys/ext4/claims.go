package ext4

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/censorscan/censorscan/extract"
)

// blockSet is a set of blocks. The zero value is empty. It takes memory for the regions that hold any.
type blockSet struct {
	pages map[int64]*[16]uint64 // 1024 blocks each
}

// add puts a block into the set and reports whether it was not there.
func (s *blockSet) add(block int64) bool {
	if s.pages == nil {
		s.pages = map[int64]*[16]uint64{}
	}
	p := s.pages[block>>10]
	if p == nil {
		p = new([16]uint64)
		s.pages[block>>10] = p
	}
	word, bit := &p[block>>6&15], uint64(1)<<(block&63)
	fresh := *word&bit == 0
	*word |= bit
	return fresh
}

// addRange puts many blocks into the set. Long ranges go a page at a time: a crafted file can name the same ones over and over.
func (s *blockSet) addRange(first, count int64) {
	for end := first + count; first < end; first++ {
		s.add(first)
		if page := s.pages[first>>10]; first&1023 == 0 && end-first >= 1024 {
			for i := range page {
				page[i] = ^uint64(0)
			}
			first += 1023
		}
	}
}

// claims are the blocks that turned out to be structure while a tree was walked, and what the walk may still cost.
type claims struct {
	mu     sync.Mutex
	blocks blockSet
	visits int64
}

// visit counts the reading of a block of a directory or of the way to a file's blocks. Files and directories of a sound image have such blocks
// of their own, which are read a few times each. Where crafted ones share them, reading the same again and again has an end here.
func (c *claims) visit(im *image, number int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	allowed := 64*im.limit + 1<<20
	if c.visits++; c.visits > allowed {
		return &extract.LimitError{Limit: "visits", Value: allowed, What: fmt.Sprintf("blocks of directories and block maps, the last is block %d", number)}
	}
	return nil
}

// add claims a block and reports whether it was not claimed. Only what was found to be sound is claimed: the rest is searched.
func (c *claims) add(number int64) bool {
	if c == nil {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.blocks.add(number)
}

// addRuns claims the blocks of runs.
func (c *claims) addRuns(runs []run) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range runs {
		if r.physical >= 0 {
			c.blocks.addRange(r.physical, r.count)
		}
	}
}

// extents gives the claimed blocks.
func (c *claims) extents(blockSize int64) []extract.Extent {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []extract.Extent
	for page, words := range c.blocks.pages {
		for i := range int64(1024) {
			if words[i>>6]&(1<<(i&63)) != 0 {
				list = append(list, extract.Extent{Offset: (page<<10 + i) * blockSize, Size: blockSize})
			}
		}
	}
	return list
}

// fixed gives what lies at places that the superblock and the descriptors name: copies of both, bitmaps and inode tables.
func (im *image) fixed() []extract.Extent {
	list := []extract.Extent{{Offset: superOffset, Size: superSize}}
	blocks := func(first, count int64) {
		if first > 0 && first < im.limit && count > 0 {
			list = append(list, extract.Extent{Offset: first * im.blockSize, Size: min(count, im.limit-first) * im.blockSize})
		}
	}
	groups := im.groups()
	descBlocks := (groups + im.descsPerBlock() - 1) / im.descsPerBlock()
	table := descBlocks + im.reservedGDT // that every copy of the superblock has behind it
	if im.incompat&incompatMetaBG != 0 {
		table = min(im.firstMetaBG, descBlocks)
	}
	for g := int64(0); g < groups && im.groupStart(g) < im.limit; g++ {
		start := im.groupStart(g)
		if im.hasSuper(g) {
			if g == 0 {
				start = im.primaryBlock()
			}
			blocks(start, 1)
			blocks(start+1, table)
		}
		if per := im.descsPerBlock(); im.isMeta(g / per) { // in the first, second and last group of those that it describes
			switch g % per {
			case 0:
				blocks(im.descBlock(g/per), 1)
			case 1, per - 1:
				if im.hasSuper(g) {
					start++
				}
				blocks(start, 1)
			}
		}
		blockBitmap, inodeBitmap, inodeTable, err := im.descriptor(g)
		if err != nil {
			continue
		}
		blocks(blockBitmap, 1)
		blocks(inodeBitmap, 1)
		blocks(inodeTable, im.tableBlocks())
	}
	return list
}

// merge sorts extents, joins those that touch or overlap and cuts them to size.
func merge(list []extract.Extent, size int64) []extract.Extent {
	slices.SortFunc(list, func(a, b extract.Extent) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Size, b.Size))
	})
	var out []extract.Extent
	for _, e := range list {
		if e.Size = min(e.Size, size-e.Offset); e.Size <= 0 {
			continue
		}
		if last := len(out) - 1; last >= 0 && e.Offset <= out[last].End() {
			out[last].Size = max(out[last].Size, e.End()-out[last].Offset)
		} else {
			out = append(out, e)
		}
	}
	return out
}
