package ext4

import (
	"encoding/binary"
	"math/bits"

	"github.com/censorscan/censorscan/extract"
)

const (
	superOffset = 1024
	superSize   = 1024
	magic       = 0xEF53

	goodOldInodeSize = 128
)

// Feature flags that change how the image is read.
const (
	compatResizeInode  = 0x10
	compatSparseSuper2 = 0x200

	incompatCompression = 0x1
	incompatFiletype    = 0x2
	incompatRecover     = 0x4
	incompatJournalDev  = 0x8
	incompatMetaBG      = 0x10
	incompatExtents     = 0x40
	incompat64bit       = 0x80
	incompatMMP         = 0x100
	incompatFlexBG      = 0x200
	incompatEAInode     = 0x400
	incompatDirdata     = 0x1000
	incompatCsumSeed    = 0x2000
	incompatLargedir    = 0x4000
	incompatInlineData  = 0x8000
	incompatEncrypt     = 0x10000
	incompatCasefold    = 0x20000
	// incompatKnown are those that are read; compression was never finished by anybody, and files that use it are refused one by one.
	incompatKnown = incompatCompression | incompatFiletype | incompatRecover | incompatMetaBG | incompatExtents | incompat64bit | incompatMMP |
		incompatFlexBG | incompatEAInode | incompatDirdata | incompatCsumSeed | incompatLargedir | incompatInlineData | incompatEncrypt | incompatCasefold

	roCompatSparseSuper  = 0x1
	roCompatMetadataCsum = 0x400
)

var le = binary.LittleEndian

// super is what is needed of the superblock.
type super struct {
	blockSize      int64
	blocks         int64 // blocks of the file system
	inodes         uint32
	firstDataBlock int64
	blocksPerGroup int64
	inodesPerGroup uint32
	inodeSize      int64
	descSize       int64
	reservedGDT    int64 // blocks kept for growing the descriptor table
	firstMetaBG    int64
	backupGroups   [2]int64 // with compatSparseSuper2
	revision       uint32
	compat         uint32
	incompat       uint32
	roCompat       uint32
	seed           uint32 // of metadata checksums
}

// plausible reports whether the 1024 bytes look like a superblock. A damaged one passes, so that the damage is reported.
func plausible(sb []byte) bool {
	return len(sb) == superSize && le.Uint16(sb[0x38:]) == magic && le.Uint32(sb[0x48:]) <= 4 && le.Uint32(sb[0x4C:]) <= 1
}

// parseSuper reads the superblock and refuses values that no file system can have.
func parseSuper(sb []byte) (*super, error) {
	damaged := func(field int64, format string, args ...any) (*super, error) {
		return nil, extract.Damaged(superOffset+field, "superblock: "+format, args...)
	}
	s := &super{
		inodes:         le.Uint32(sb[0x0:]),
		blocks:         int64(le.Uint32(sb[0x4:])),
		firstDataBlock: int64(le.Uint32(sb[0x14:])),
		blocksPerGroup: int64(le.Uint32(sb[0x20:])),
		inodesPerGroup: le.Uint32(sb[0x28:]),
		revision:       le.Uint32(sb[0x4C:]),
		inodeSize:      goodOldInodeSize,
		descSize:       32,
	}
	if s.revision > 0 {
		s.inodeSize = int64(le.Uint16(sb[0x58:]))
		s.compat, s.incompat, s.roCompat = le.Uint32(sb[0x5C:]), le.Uint32(sb[0x60:]), le.Uint32(sb[0x64:])
	}
	if s.incompat&incompatJournalDev != 0 {
		return nil, extract.Unsupported(superOffset+0x60, "superblock: an external journal, not a file system")
	}
	if unknown := s.incompat &^ incompatKnown; unknown != 0 {
		return nil, extract.Unsupported(superOffset+0x60, "superblock: features %#x are not known", unknown)
	}
	shift := le.Uint32(sb[0x18:])
	if shift > 6 {
		return damaged(0x18, "block size of 2^(10+%d) bytes", shift)
	}
	s.blockSize = 1024 << shift
	if s.incompat&incompat64bit != 0 {
		s.blocks |= int64(le.Uint32(sb[0x150:])) << 32
		s.descSize = int64(le.Uint16(sb[0xFE:]))
		if s.descSize < 64 || s.descSize > s.blockSize || bits.OnesCount64(uint64(s.descSize)) != 1 {
			return damaged(0xFE, "group descriptors of %d bytes", s.descSize)
		}
	}
	s.reservedGDT = int64(le.Uint16(sb[0xCE:]))
	s.firstMetaBG = int64(le.Uint32(sb[0x104:]))
	s.backupGroups = [2]int64{int64(le.Uint32(sb[0x24C:])), int64(le.Uint32(sb[0x250:]))}
	s.seed = crc32c(^uint32(0), sb[0x68:0x78]) // the UUID
	if s.incompat&incompatCsumSeed != 0 {
		s.seed = le.Uint32(sb[0x270:])
	}
	switch {
	case s.inodeSize < goodOldInodeSize || s.inodeSize > s.blockSize || bits.OnesCount64(uint64(s.inodeSize)) != 1:
		return damaged(0x58, "inodes of %d bytes", s.inodeSize)
	case s.inodesPerGroup == 0 || int64(s.inodesPerGroup) > 8*s.blockSize:
		return damaged(0x28, "%d inodes in a group", s.inodesPerGroup)
	case s.blocksPerGroup < 64 || s.blocksPerGroup > 1<<32-64: // the smallest that mke2fs makes is 256
		return damaged(0x20, "%d blocks in a group", s.blocksPerGroup)
	case s.firstDataBlock > 1:
		return damaged(0x14, "data begins at block %d", s.firstDataBlock)
	case s.blocks <= s.firstDataBlock || s.blocks > 1<<48:
		return damaged(0x4, "%d blocks", s.blocks)
	case s.inodes == 0:
		return damaged(0, "no inodes")
	}
	return s, nil
}

func (s *super) groups() int64 {
	return (s.blocks - s.firstDataBlock + s.blocksPerGroup - 1) / s.blocksPerGroup
}

func (s *super) groupStart(g int64) int64 { return s.firstDataBlock + g*s.blocksPerGroup }

// hasSuper reports whether a group begins with a copy of the superblock.
func (s *super) hasSuper(g int64) bool {
	switch {
	case g == 0:
		return true
	case s.compat&compatSparseSuper2 != 0:
		return g == s.backupGroups[0] || g == s.backupGroups[1]
	case s.roCompat&roCompatSparseSuper == 0 || g == 1:
		return true
	}
	for _, base := range []int64{3, 5, 7} {
		n := base
		for n < g {
			n *= base
		}
		if n == g {
			return true
		}
	}
	return false
}

// primaryBlock is the block that the superblock lies in.
func (s *super) primaryBlock() int64 { return superOffset / s.blockSize }

func (s *super) descsPerBlock() int64 { return s.blockSize / s.descSize }

// isMeta reports whether the descriptor block nr lies in the groups that it describes.
func (s *super) isMeta(nr int64) bool {
	return s.incompat&incompatMetaBG != 0 && nr >= s.firstMetaBG
}

// descBlock gives the block that holds the descriptor block nr.
func (s *super) descBlock(nr int64) int64 {
	if !s.isMeta(nr) {
		return s.primaryBlock() + 1 + nr
	}
	g := nr * s.descsPerBlock()
	b := s.groupStart(g)
	if s.hasSuper(g) {
		b++
	}
	if nr == 0 && s.blockSize == 1024 && s.firstDataBlock == 0 {
		b++ // blocks of 1 KiB counted from 0: the superblock is block 1
	}
	return b
}

func (s *super) tableBlocks() int64 {
	return (int64(s.inodesPerGroup)*s.inodeSize + s.blockSize - 1) / s.blockSize
}
