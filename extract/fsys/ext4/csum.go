package ext4

import "hash/crc32"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// crc32c continues a checksum as ext4 does: without the inversions before and after.
func crc32c(crc uint32, p []byte) uint32 { return ^crc32.Update(^crc, castagnoli, p) }

// inodeSeed is what the checksums of an inode and of its blocks begin with.
func (im *image) inodeSeed(id, generation uint32) uint32 {
	var b [8]byte
	le.PutUint32(b[:], id)
	le.PutUint32(b[4:], generation)
	return crc32c(im.seed, b[:])
}

func (im *image) checksums() bool { return im.roCompat&roCompatMetadataCsum != 0 }

// checkInode compares the checksum of an inode and notes when it does not match.
func (im *image) checkInode(id uint32, raw []byte, offset int64) {
	if !im.checksums() {
		return
	}
	const low, high = 0x7C, 0x82
	var zero [2]byte
	crc := im.inodeSeed(id, le.Uint32(raw[0x64:]))
	crc = crc32c(crc, raw[:low])
	crc = crc32c(crc, zero[:])
	crc = crc32c(crc, raw[low+2:goodOldInodeSize])
	want, mask := uint32(le.Uint16(raw[low:])), uint32(0xFFFF)
	if len(raw) > goodOldInodeSize {
		if le.Uint16(raw[goodOldInodeSize:]) >= 4 {
			crc = crc32c(crc, raw[goodOldInodeSize:high])
			crc = crc32c(crc, zero[:])
			crc = crc32c(crc, raw[high+2:])
			want |= uint32(le.Uint16(raw[high:])) << 16
			mask = ^uint32(0)
		} else {
			crc = crc32c(crc, raw[goodOldInodeSize:])
		}
	}
	if crc&mask != want {
		im.note("inode", offset)
	}
}

// checkExtents compares the checksum of a block of an extent tree; its header was found to be valid.
func (im *image) checkExtents(n *inode, block []byte, offset int64) {
	tail := 12 + 12*int64(le.Uint16(block[4:]))
	if im.checksums() && tail+4 <= int64(len(block)) && crc32c(im.inodeSeed(n.id, n.generation), block[:tail]) != le.Uint32(block[tail:]) {
		im.note("extent tree", offset)
	}
}

// checkDir compares the checksum of a directory block that ends in one. Blocks of the index have another, but may keep the looks of the end
// from when they held names.
func (im *image) checkDir(n *inode, block []byte, logical, offset int64) {
	root := logical == 0 && n.flags&flagIndex != 0
	node := le.Uint32(block) == 0 && int64(le.Uint16(block[4:])) == im.blockSize
	if !im.checksums() || root || node {
		return
	}
	tail := block[len(block)-12:]
	if le.Uint32(tail) == 0 && le.Uint16(tail[4:]) == 12 && tail[6] == 0 && tail[7] == 0xDE &&
		crc32c(im.inodeSeed(n.id, n.generation), block[:len(block)-12]) != le.Uint32(tail[8:]) {
		im.note("directory", offset)
	}
}

// checkXattr compares the checksum of a block of attributes.
func (im *image) checkXattr(number int64, block []byte) {
	if !im.checksums() {
		return
	}
	var b [8]byte
	le.PutUint64(b[:], uint64(number))
	crc := crc32c(im.seed, b[:])
	crc = crc32c(crc, block[:0x10])
	crc = crc32c(crc, make([]byte, 4))
	if crc32c(crc, block[0x14:]) != le.Uint32(block[0x10:]) {
		im.note("attribute block", number*im.blockSize)
	}
}
