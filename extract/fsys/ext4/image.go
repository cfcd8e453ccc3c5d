package ext4

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/fsys/tree"
)

// metaPiece is how much metadata is read at once, at least: many inodes lie side by side.
const metaPiece = 16 << 10

// Inodes with a fixed number.
const (
	rootInode   = 2
	resizeInode = 7 // maps the blocks kept for growing the descriptor table
)

// image is an opened file system: the superblock and a way to its blocks. Nothing else is held; tables are read when they are needed, through
// the cache of the run.
type image struct {
	*super
	src    extract.Source
	budget *extract.Budget
	owner  int64 // in the cache
	piece  int64 // bytes of metadata read at once
	limit  int64 // blocks that can be read: of the file system, and of the source

	mu    sync.Mutex
	notes notes
}

// notes are what does not keep from reading: they are told once, at the end.
type notes struct {
	seen   blockSet // offsets in units of the smallest inode, which hold a checksum that does not match
	count  int
	first  string // what the first is of
	offset int64
}

func openImage(src extract.Source, b *extract.Budget) (*image, error) {
	sb, err := b.ReadFull(src, superOffset, superSize)
	if err != nil || !plausible(sb) {
		return nil, extract.ErrNotThis
	}
	s, err := parseSuper(sb)
	if err != nil {
		return nil, err
	}
	im := &image{super: s, src: src, budget: b, owner: b.Cache().NewOwner(), piece: max(metaPiece, s.blockSize)}
	im.limit = min(s.blocks, (src.Size()+s.blockSize-1)/s.blockSize)
	if im.checksums() && crc32c(^uint32(0), sb[:0x3FC]) != le.Uint32(sb[0x3FC:]) {
		im.note("superblock", superOffset)
	}
	return im, nil
}

// note remembers that the checksum of what lies at offset does not match.
func (im *image) note(what string, offset int64) {
	im.mu.Lock()
	defer im.mu.Unlock()
	if !im.notes.seen.add(offset / goodOldInodeSize) {
		return
	}
	if im.notes.count++; im.notes.count == 1 {
		im.notes.first, im.notes.offset = what, offset
	}
}

// remarks are the records about the image as a whole.
func (im *image) remarks() []*extract.Unopened {
	im.mu.Lock()
	n := im.notes
	im.mu.Unlock()
	var list []*extract.Unopened
	if end := im.blocks * im.blockSize; im.src.Size() < end {
		list = append(list, extract.Damaged(im.src.Size(), "the image ends at %d bytes, the file system in it at %d", im.src.Size(), end))
	}
	if im.incompat&incompatRecover != 0 {
		list = append(list, extract.Unsupported(superOffset+0x60, "the journal holds changes that are not applied: files are read as they were before them"))
	}
	if n.count > 0 {
		list = append(list, extract.Damaged(n.offset, "%d metadata checksums do not match, the first that of the %s at offset %d; all was read regardless",
			n.count, n.first, n.offset))
	}
	return list
}

// bytes returns n bytes of metadata at off, which must not cross a multiple of the block size. They are shared: nobody may change them.
func (im *image) bytes(off, n int64) ([]byte, error) {
	if off > im.src.Size()-n {
		return nil, fmt.Errorf("reading %d bytes at offset %d: %w", n, off, io.ErrUnexpectedEOF)
	}
	start := off / im.piece * im.piece
	piece, err := im.budget.Cache().Get(extract.CacheKey{Owner: im.owner, Block: start}, func() ([]byte, error) {
		return im.budget.ReadFull(im.src, start, min(im.piece, im.src.Size()-start))
	})
	if err != nil { // what is wanted may be sound where its neighbours are not
		return im.budget.ReadFull(im.src, off, n)
	}
	return piece[off-start:][:n:n], nil
}

// block returns a block of metadata.
func (im *image) block(number int64) ([]byte, error) {
	if !im.holds(number, 1) {
		return nil, im.outside(number)
	}
	return im.bytes(number*im.blockSize, im.blockSize)
}

// holds reports whether blocks lie in the image. Block 0 is never part of anything: there is the superblock or what boots.
func (im *image) holds(number, count int64) bool {
	return number > 0 && number < im.limit && count <= im.limit-number
}

func (im *image) outside(number int64) error {
	return fmt.Errorf("block %d lies outside the image of %d blocks", number, im.limit)
}

// descriptor gives a group's blocks of the block bitmap, the inode bitmap and the inode table.
func (im *image) descriptor(g int64) (blockBitmap, inodeBitmap, inodeTable int64, err error) {
	at := im.descBlock(g / im.descsPerBlock())
	if !im.holds(at, 1) {
		return 0, 0, 0, im.outside(at)
	}
	d, err := im.bytes(at*im.blockSize+g%im.descsPerBlock()*im.descSize, im.descSize)
	if err != nil {
		return 0, 0, 0, err
	}
	field := func(low, high int) int64 {
		n := int64(le.Uint32(d[low:]))
		if len(d) >= 64 {
			n |= int64(le.Uint32(d[high:])) << 32
		}
		return n
	}
	return field(0, 0x20), field(4, 0x24), field(8, 0x28), nil
}

// inodeBytes returns the raw inode and its offset in the image.
func (im *image) inodeBytes(id uint32) ([]byte, int64, error) {
	if id == 0 || id > im.inodes {
		return nil, 0, extract.Damaged(0, "inode %d does not exist: there are %d", id, im.inodes)
	}
	g, index := int64((id-1)/im.inodesPerGroup), int64((id-1)%im.inodesPerGroup)
	if g >= im.groups() {
		return nil, 0, extract.Damaged(0, "inode %d lies in group %d of %d", id, g, im.groups())
	}
	_, _, table, err := im.descriptor(g)
	if err != nil {
		return nil, 0, fmt.Errorf("inode %d: descriptor of group %d: %w", id, g, err)
	}
	if !im.holds(table, 1) {
		return nil, 0, extract.Damaged(0, "inode %d: inode table of group %d: %w", id, g, im.outside(table))
	}
	off := table*im.blockSize + index*im.inodeSize
	raw, err := im.bytes(off, im.inodeSize)
	if err != nil {
		return nil, 0, extract.Damaged(off, "inode %d: %w", id, err)
	}
	return raw, off, nil
}

// reader hands out inodes; those of a walk carry its claims.
type reader struct {
	im     *image
	claims *claims // nil when nobody accounts
}

var _ tree.Reader = (*reader)(nil)

func (r *reader) Root() uint64 { return rootInode }

func (r *reader) Inode(id uint64) (tree.Inode, error) {
	if id > 1<<32-1 {
		return nil, errors.New("inode number too large")
	}
	n, err := r.im.inode(uint32(id), r.claims)
	if err != nil {
		return nil, err
	}
	return n, nil
}
