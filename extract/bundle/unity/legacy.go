package unity

import (
	"fmt"

	"github.com/censorscan/censorscan/extract"
)

// largestDirectory is how much is read for the directory of a bundle that does not tell its size, in bytes.
const largestDirectory = 1 << 20

// openLegacy reads a UnityRaw or UnityWeb bundle: one block, stored or an lzma stream, that begins with the directory.
func (b *bundle) openLegacy(h header, c *cursor) error {
	if h.version >= 4 {
		c.take(16 + 4) // hash and checksum
	}
	c.u32() // bytes to load before the first level
	data := int64(c.u32())
	c.u32() // levels to load before the first one starts
	levels := c.u32()
	if levels == 0 || int64(levels) > int64(len(c.rest)/8) {
		return extract.Damaged(h.end, "header of a Unity bundle: %d levels", levels)
	}
	c.take(8 * int(levels-1)) // each counts from the beginning, so the last one is the whole
	bl := block{packed: c.u32(), size: c.u32()}
	directory := uint32(0)
	if h.version >= 2 {
		c.u32() // size of the bundle
	}
	if h.version >= 3 {
		directory = c.u32()
	}
	end := min(b.in.Size(), longestHeader) - int64(len(c.rest))
	if c.short || data < end || data > b.in.Size() {
		return extract.Damaged(h.end, "header of a Unity bundle is cut off, or its data at offset %d lie outside of the bundle", data)
	}
	b.structure = append(b.structure, extract.Extent{Size: end})
	b.claim(end, data)
	if h.magic == magicWeb {
		bl.flags, b.sized = methodLZMA, true
	}
	if b.layout([]block{bl}, data); len(b.blocks) == 0 {
		return extract.Damaged(data, "a Unity bundle whose data decode to nothing")
	}
	return b.readDirectory(int64(directory))
}

// readDirectory reads the names of the files at the beginning of the decoded bytes.
func (b *bundle) readDirectory(size int64) error {
	if size <= 4 || size > b.size {
		size = min(b.size, largestDirectory)
	}
	raw, err := b.in.Budget.ReadFull(decoded{b}, 0, size)
	if err != nil {
		return fmt.Errorf("directory of a Unity bundle: %w", err)
	}
	c := &cursor{rest: raw}
	n, err := count(c, "files", 1+4+4, b.in.Budget.Limits().Buffer)
	if err != nil {
		b.note(extract.AsUnopened(located(b.blocks[0].raw, fmt.Errorf("directory of a Unity bundle: %w", err))))
		return nil // what has no name is searched all the same
	}
	nodes := make([]node, n)
	for i := range nodes {
		nodes[i] = node{c.text(), int64(c.u32()), int64(c.u32())}
	}
	if c.short {
		b.note(extract.Damaged(b.blocks[0].raw, "directory of a Unity bundle with %d files is cut off", n))
		return nil
	}
	b.nodes, b.directory = nodes, size-int64(len(c.rest))
	if e := b.rawExtent(extract.Extent{Size: b.directory}); b.blocks[0].method() == stored {
		b.structure = append(b.structure, e)
	}
	return nil
}
