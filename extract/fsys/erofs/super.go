package erofs

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/censorscan/censorscan/extract"
)

const (
	magic       = 0xE0F5E1E2
	superOffset = 1024
	superSize   = 128 // bytes that every version has
	metaboxEnd  = 136 // where the metabox field of longer superblocks ends
	deviceSize  = 128 // bytes of a slot of the device table

	minBlockBits = 9
	maxBlockBits = 16
)

// Feature bits that a reader may not know and still read the image.
const (
	compatChecksum        = 1 << 0
	compatSharedInMetabox = 1 << 3
	compatPlainPrefixes   = 1 << 4
)

// Feature bits that a reader has to know. Two of them have two meanings, told apart by other fields.
const (
	incompatConfigs  = 1 << 1
	incompatDevices  = 1 << 3
	incompat48Bit    = 1 << 7
	incompatMetabox  = 1 << 8
	incompatKnown    = 1<<9 - 1
	inMetabox        = 1 << 63 // bit of an inode number: it lies in the metabox
	inodeNumberShift = 5       // inode numbers count slots of 32 bytes
)

// superblock is what the reader needs of the superblock.
type superblock struct {
	blockBits  uint
	size       int64
	compat     uint32
	incompat   uint32
	root       uint64
	packed     uint64 // inode that holds the fragments, 0 if none
	metabox    uint64 // inode that holds other inodes, 0 if none
	metaBase   int64  // offset of inode number 0
	xattrBase  int64  // offset of the shared attributes
	epoch      int64  // seconds
	nanos      int64
	prefixBase int64 // offset of the long attribute name prefixes
	prefixes   int
	devices    []device
	structure  []extract.Extent
	problems   []*extract.Unopened // what is wrong and does not keep the image from being read
}

// device is an entry of the device table: a further image that holds chunks.
type device struct {
	start, size int64 // its place in the address space that all devices share, bytes; start 0 if it has none
}

func (sb *superblock) block() int64 { return 1 << sb.blockBits }

// roundUp gives the next multiple of a power of two.
func roundUp(n, to int64) int64 { return (n + to - 1) &^ (to - 1) }

func readSuper(src extract.Source, b *extract.Budget) (*superblock, error) {
	raw, err := b.ReadFull(src, superOffset, superSize)
	if err != nil {
		return nil, extract.Damaged(superOffset, "the superblock: %w", err)
	}
	le := binary.LittleEndian
	if le.Uint32(raw) != magic {
		return nil, extract.ErrNotThis
	}
	sb := &superblock{
		blockBits: uint(raw[12]),
		size:      superSize + int64(raw[13])*16,
		compat:    le.Uint32(raw[8:]),
		incompat:  le.Uint32(raw[80:]),
		root:      uint64(le.Uint16(raw[14:])),
		epoch:     int64(le.Uint64(raw[24:])),
		nanos:     int64(le.Uint32(raw[32:])),
		packed:    le.Uint64(raw[96:]),
		prefixes:  int(raw[91]),
	}
	if sb.blockBits < minBlockBits || sb.blockBits > maxBlockBits {
		return nil, extract.Unsupported(superOffset, "blocks of 2^%d bytes; 2^%d to 2^%d are known", sb.blockBits, minBlockBits, maxBlockBits)
	}
	if unknown := sb.incompat &^ incompatKnown; unknown != 0 {
		return nil, extract.Unsupported(superOffset, "incompatible features unknown to this reader: %s", bitNames(unknown))
	}
	if raw[90] != 0 {
		return nil, extract.Unsupported(superOffset, "directory blocks that differ from blocks in size (shift %d)", raw[90])
	}
	sb.metaBase = int64(le.Uint32(raw[40:])) << sb.blockBits
	sb.xattrBase = int64(le.Uint32(raw[44:])) << sb.blockBits
	sb.prefixBase = int64(le.Uint32(raw[92:])) << 2
	if root := le.Uint64(raw[112:]); sb.incompat&incompat48Bit != 0 && root != 0 {
		sb.root = root
	}
	if sb.incompat&incompatMetabox != 0 {
		long, err := b.ReadFull(src, superOffset, metaboxEnd)
		if err != nil || sb.size < metaboxEnd {
			return nil, extract.Damaged(superOffset, "the superblock of %d bytes has no metabox field", sb.size)
		}
		sb.metabox = le.Uint64(long[128:])
	}
	if (sb.packed|sb.metabox)&inMetabox != 0 {
		return nil, extract.Damaged(superOffset, "the packed inode or the metabox lies in the metabox")
	}
	sb.structure = append(sb.structure, extract.Extent{Offset: superOffset, Size: min(sb.size, src.Size()-superOffset)})
	sb.verify(src, b)
	sb.readConfigs(src, le.Uint16(raw[84:]))
	sb.readDevices(src, int(le.Uint16(raw[86:])), int64(le.Uint16(raw[88:]))*deviceSize)
	return sb, nil
}

func bitNames(bits uint32) string {
	var s []string
	for i := range 32 {
		if bits>>i&1 != 0 {
			s = append(s, fmt.Sprintf("%#x", uint32(1)<<i))
		}
	}
	return strings.Join(s, ", ")
}

// verify checks the checksum over the block of the superblock.
func (sb *superblock) verify(src extract.Source, b *extract.Budget) {
	if sb.compat&compatChecksum == 0 {
		return
	}
	n := sb.block()
	if n > superOffset {
		n -= superOffset
	}
	data, err := b.ReadFull(src, superOffset, n)
	if err != nil {
		sb.problem(superOffset, "the checksum of the superblock: %w", err)
		return
	}
	want := binary.LittleEndian.Uint32(data[4:])
	clear(data[4:8])
	if got := ^crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)); got != want {
		sb.problem(superOffset, "the superblock has the checksum %#08x, its bytes give %#08x; read all the same", want, got)
	}
}

func (sb *superblock) problem(off int64, format string, args ...any) {
	sb.problems = append(sb.problems, extract.Damaged(off, format, args...))
}

// readConfigs finds the settings of the compressors that follow the superblock. Nothing in them is needed to decode: the bounds of a decoder come
// from the size of what it decodes.
func (sb *superblock) readConfigs(src extract.Source, algorithms uint16) {
	if sb.incompat&incompatConfigs == 0 {
		return
	}
	off := superOffset + sb.size
	start := off
	for ; algorithms != 0; algorithms &= algorithms - 1 {
		var n [2]byte
		off = roundUp(off, 4)
		if m, _ := src.ReadAt(n[:], off); m < 2 {
			sb.problem(off, "the settings of the compressors are cut off")
			break
		}
		off += 2 + int64(binary.LittleEndian.Uint16(n[:]))
	}
	if end := min(off, src.Size()); end > start {
		sb.structure = append(sb.structure, extract.Extent{Offset: start, Size: end - start})
	}
}

// readDevices reads the device table.
func (sb *superblock) readDevices(src extract.Source, n int, off int64) {
	if sb.incompat&incompatDevices == 0 {
		return
	}
	for range n {
		var slot [deviceSize]byte
		if m, _ := src.ReadAt(slot[:], off); m < len(slot) {
			sb.problem(off, "the device table of %d entries is cut off", n)
			return
		}
		le := binary.LittleEndian
		size, start := uint64(le.Uint32(slot[64:])), uint64(le.Uint32(slot[68:]))
		if sb.incompat&incompat48Bit != 0 {
			size |= uint64(le.Uint16(slot[72:])) << 32
			start |= uint64(le.Uint16(slot[74:])) << 32
		}
		sb.devices = append(sb.devices, device{int64(start << sb.blockBits), int64(size << sb.blockBits)})
		sb.structure = append(sb.structure, extract.Extent{Offset: off, Size: deviceSize})
		off += deviceSize
	}
}
