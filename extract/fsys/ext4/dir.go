package ext4

import (
	"fmt"
	"iter"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/fsys/tree"
)

// Entries implements tree.Inode. Every block of a directory is read as a list of entries: the index of a large directory hides in entries
// without inode. An encrypted directory yields the names as they are stored.
func (n *inode) Entries() iter.Seq2[tree.Entry, error] {
	if n.flags&flagInline != 0 {
		return n.inlineEntries
	}
	return n.blockEntries
}

func (n *inode) blockEntries(yield func(tree.Entry, error) bool) {
	m, err := n.mapping()
	if err != nil {
		yield(tree.Entry{}, err)
		return
	}
	blocks := (m.size + n.im.blockSize - 1) / n.im.blockSize
	if blocks == 0 && !yield(tree.Entry{}, extract.Damaged(n.offset, "a folder of 0 bytes, which holds not even itself")) {
		return
	}
	for _, r := range m.runs {
		count := min(r.count, blocks-r.logical)
		if count > 0 && r.physical < 0 {
			if !yield(tree.Entry{}, m.errs[^r.physical]) {
				return
			}
			continue
		}
		for i := range count {
			if err := n.visit(r.physical + i); err != nil {
				yield(tree.Entry{}, err)
				return
			}
			block, err := n.im.block(r.physical + i)
			if err != nil {
				err = extract.Damaged((r.physical+i)*n.im.blockSize, "directory block %d: %w", r.logical+i, err)
				if !yield(tree.Entry{}, err) {
					return
				}
				continue
			}
			n.im.checkDir(n, block, r.logical+i, (r.physical+i)*n.im.blockSize)
			sound, more := n.im.entries(block, (r.physical+i)*n.im.blockSize, yield)
			if sound {
				n.claims.add(r.physical + i)
			}
			if !more {
				return
			}
		}
	}
}

// visit accounts for a block of a directory or of the way to content, if this is a walk.
func (n *inode) visit(number int64) error {
	if n.claims == nil {
		return nil
	}
	return n.claims.visit(n.im, number)
}

// inlineEntries lists a directory that lies in its inode: the parent's number and entries in the block area, more of them in an attribute.
func (n *inode) inlineEntries(yield func(tree.Entry, error) bool) {
	data, extents, err := n.inline()
	if err != nil {
		yield(tree.Entry{}, err)
		return
	}
	_, more := n.im.entries(data[4:blockAreaSize], n.offset+blockAreaOffset+4, yield)
	if more && len(extents) > 1 {
		n.im.entries(data[blockAreaSize:], extents[1].Offset, yield)
	}
}

// entries yields the entries of one block, which lies at off in the image, and reports whether they are sound and whether
// more is wanted.
func (im *image) entries(block []byte, off int64, yield func(tree.Entry, error) bool) (sound, more bool) {
	for at := 0; at < len(block); {
		length, name, id, err := im.entry(block[at:])
		if err != nil {
			return false, yield(tree.Entry{}, extract.Damaged(off+int64(at), "directory entry: %w", err))
		}
		at += length
		if id == 0 || name == "." || name == ".." {
			continue
		}
		if !yield(tree.Entry{Name: name, ID: uint64(id)}, nil) {
			return true, false
		}
	}
	return true, true
}

// entry parses the entry that b begins with and gives its length in b.
func (im *image) entry(b []byte) (length int, name string, id uint32, err error) {
	if len(b) < 8 {
		return 0, "", 0, fmt.Errorf("%d bytes are left", len(b))
	}
	id = le.Uint32(b)
	length = int(le.Uint16(b[4:]))
	if im.blockSize >= 64<<10 { // lengths of 64 KiB and more do not fit: their high bits are the low ones
		if length == 0 || length == 65535 {
			length = 64 << 10
		} else {
			length = length&^3 | length&3<<16
		}
	}
	nameLength := int(b[6])
	if im.incompat&incompatFiletype == 0 {
		nameLength |= int(b[7]) << 8
	}
	switch {
	case length < 8 || length%4 != 0 || length > len(b):
		return 0, "", 0, fmt.Errorf("length of %d bytes where %d are left", length, len(b))
	case id == 0:
		return length, "", 0, nil
	case nameLength == 0 || nameLength > 255 || nameLength > length-8:
		return 0, "", 0, fmt.Errorf("name of %d bytes in an entry of %d", nameLength, length)
	}
	return length, string(b[8:][:nameLength]), id, nil
}
