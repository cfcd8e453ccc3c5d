package unity

import (
	"fmt"

	"github.com/censorscan/censorscan/extract"
)

// hashSize is the size of the hash with which a block info begins; it is hardly ever set.
const hashSize = 16

// Sizes of the entries in the tables, and of what is held of one in memory, in bytes.
const (
	blockEntry   = 4 + 4 + 2
	smallestNode = 8 + 8 + 4 + 1
	entryMemory  = 64
)

// block is a run of decoded bytes.
type block struct {
	start  int64  // in the decoded bytes
	raw    int64  // offset in the bundle
	packed uint32 // bytes in the bundle
	size   uint32 // bytes decoded
	flags  uint16
}

// node is a file: a run of decoded bytes.
type node struct {
	name         string
	offset, size int64
}

// end is the offset behind the node; only for one within the blocks.
func (n *node) end() int64 { return n.offset + n.size }

// tables are the block info.
type tables struct {
	blocks []block // their places not set
	packed int64   // bytes of all blocks in the bundle
	nodes  []node
	rest   []byte // what follows
}

// parseTables reads a block info. Tables that would take more than limit bytes of memory are refused.
func parseTables(info []byte, limit int64) (*tables, error) {
	c := &cursor{rest: info}
	t := &tables{}
	c.take(hashSize)
	n, err := count(c, "blocks", blockEntry, limit)
	if err != nil {
		return nil, err
	}
	t.blocks = make([]block, n)
	for i := range t.blocks {
		bl := &t.blocks[i]
		bl.size, bl.packed, bl.flags = c.u32(), c.u32(), c.u16()
		t.packed += int64(bl.packed)
	}
	if n, err = count(c, "files", smallestNode, limit); err != nil {
		return nil, err
	}
	t.nodes = make([]node, n)
	for i := range t.nodes {
		nd := &t.nodes[i]
		nd.offset, nd.size = c.i64(), c.i64()
		c.u32() // flags: whether it holds serialised objects
		nd.name = c.text()
	}
	if c.short {
		return nil, fmt.Errorf("directory of %d files is cut off", n)
	}
	t.rest = c.rest
	return t, nil
}

// count reads how many entries of at least the given size follow.
func count(c *cursor, what string, entry int, limit int64) (int64, error) {
	n := int64(c.u32())
	switch {
	case c.short:
		return 0, fmt.Errorf("number of %s is cut off", what)
	case n > int64(len(c.rest)/entry):
		return 0, fmt.Errorf("%d %s in %d bytes", n, what, len(c.rest))
	case n > limit/entryMemory:
		return 0, &extract.LimitError{Limit: "buffer", Value: limit, What: fmt.Sprintf("a table of %d %s", n, what)}
	}
	return n, nil
}
