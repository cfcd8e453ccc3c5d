package avb

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"math/bits"

	"github.com/censorscan/censorscan/extract"
)

// treeDescriptor tells the root of a dm-verity hash tree over an image, where the tree lies, and the error correction (FEC) over both.
type treeDescriptor struct {
	hashDescriptor
	offset, bytes        uint64
	dataBlock, hashBlock int64
	fecRoots             int64
	fecOffset, fecBytes  uint64

	levels []extract.Extent // of the tree in the image, the one over the data first
}

// newHash returns the hash function of that name, nil if we have none.
func newHash(name string) func() hash.Hash {
	switch name {
	case "sha1":
		return sha1.New
	case "sha256":
		return sha256.New
	case "sha512":
		return sha512.New
	}
	return nil
}

// digestSlot is what a digest takes up in a tree, in bytes: a power of two.
func digestSlot(algorithm string, digest int) int64 {
	if f := newHash(algorithm); f != nil {
		digest = f().Size()
	}
	if digest <= 0 || digest > 64 {
		return 0
	}
	return 1 << bits.Len(uint(digest-1))
}

// placeTree claims a hash tree and error correction for structure if they have the size that this image needs and lie behind it: nobody looks into them,
// so a descriptor may not call anything else so.
func (img *image) placeTree(d treeDescriptor) {
	const smallest, largest = 512, 64 << 10
	for _, b := range []int64{d.dataBlock, d.hashBlock} {
		if b < smallest || b > largest || b&(b-1) != 0 {
			img.note(d, "hash tree with blocks of %d bytes", b)
			return
		}
	}
	if img.content == 0 || d.size < uint64(img.content) || d.size-uint64(img.content) >= uint64(d.dataBlock) {
		return // of another partition
	}
	slot := digestSlot(d.algorithm, len(d.digest))
	if slot == 0 {
		img.note(d, "hash tree of digests of %d bytes", len(d.digest))
		return
	}
	want := d.place(slot)
	end := uint64(img.in.Size())
	if d.bytes != want || d.offset < d.size || d.offset > end || d.bytes > end-d.offset {
		img.note(d, "hash tree of %d bytes at %d; an image of %d bytes has one of %d behind it", d.bytes, d.offset, d.size, want)
		return
	}
	img.structure = append(img.structure, extract.Extent{Offset: int64(d.offset), Size: int64(d.bytes)})
	if len(d.levels) > 0 {
		img.trees = append(img.trees, d)
	}
	if d.fecBytes == 0 {
		return
	}
	if most := d.mostFEC(); d.fecBytes > most || d.fecOffset < d.offset+d.bytes || d.fecOffset > end || d.fecBytes > end-d.fecOffset {
		img.note(d, "error correction of %d bytes at %d; at most %d belong behind the hash tree", d.fecBytes, d.fecOffset, most)
		return
	}
	img.structure = append(img.structure, extract.Extent{Offset: int64(d.fecOffset), Size: int64(d.fecBytes)})
}

func (img *image) note(d treeDescriptor, format string, args ...any) {
	img.damage = append(img.damage, extract.Damaged(d.at, format, args...))
}

// place computes the levels of the tree, which lie with the root first, and returns the size of all in bytes.
func (d *treeDescriptor) place(slot int64) uint64 {
	var sizes []int64
	n := int64(d.size) / d.dataBlock // the descriptor's size is within a block of that of the image
	if int64(d.size)%d.dataBlock > 0 {
		n++
	}
	for n > 1 {
		blocks := (n*slot + d.hashBlock - 1) / d.hashBlock
		sizes = append(sizes, blocks*d.hashBlock)
		n = blocks
	}
	total := int64(0)
	for _, s := range sizes {
		total += s
	}
	at := int64(d.offset) + total
	for _, s := range sizes {
		at -= s
		d.levels = append(d.levels, extract.Extent{Offset: at, Size: s})
	}
	return uint64(total)
}

// mostFEC is how large the error correction of the image and its tree can be, in bytes: Reed-Solomon over 255 bytes, in blocks of 4096, and one for its
// own header.
func (d *treeDescriptor) mostFEC() uint64 {
	const block, code, mostRoots = 4096, 255, 24
	if d.fecRoots < 2 || d.fecRoots > mostRoots {
		return 0
	}
	blocks := (d.size + d.bytes + block - 1) / block
	data := uint64(code - d.fecRoots)
	return ((blocks+data-1)/data*uint64(d.fecRoots) + 1) * block
}
