package payload

import (
	"fmt"
	"math/bits"

	"github.com/censorscan/censorscan/extract"
)

// Types of InstallOperation.
const (
	opReplace   = 0
	opReplaceBZ = 1
	opZero      = 6
	opDiscard   = 7
	opReplaceXZ = 8
)

// deltaNames are the operations that need the image before the update.
var deltaNames = map[uint64]string{
	2: "MOVE", 3: "BSDIFF", 4: "SOURCE_COPY", 5: "SOURCE_BSDIFF", 9: "PUFFDIFF", 10: "BROTLI_BSDIFF",
	11: "ZUCCHINI", 12: "LZ4DIFF_BSDIFF", 13: "LZ4DIFF_PUFFDIFF",
}

func typeName(kind uint64) string {
	switch kind {
	case opReplace:
		return "REPLACE"
	case opReplaceBZ:
		return "REPLACE_BZ"
	case opZero:
		return "ZERO"
	case opDiscard:
		return "DISCARD"
	case opReplaceXZ:
		return "REPLACE_XZ"
	}
	if name, ok := deltaNames[kind]; ok {
		return name
	}
	return fmt.Sprintf("type %d", kind)
}

// mode is how the bytes of a piece are had.
type mode uint8

const (
	hole   mode = iota // zeros
	raw                // bytes of the payload
	packed             // decoded from a blob
	broken             // not at all: operation.fault
)

// fault is why an operation cannot be read, or not all of it.
type fault uint8

const (
	sound   fault = iota
	foreign       // of a type that is not read
	outside       // its data lie outside of the payload
	empty         // it has no data
	short         // it has fewer data than its extents take
)

// operation is one InstallOperation as far as reading needs it.
type operation struct {
	number int32 // in the partition, from 0
	mode   mode
	fault  fault
	kind   uint64         // as the manifest says
	length uint64         // of the data, as the manifest says
	blob   extract.Extent // within the payload
	size   int64          // decoded bytes: all of its extents
}

func (o *operation) String() string {
	return fmt.Sprintf("operation %d (%s, data at %d)", o.number, typeName(o.kind), o.blob.Offset)
}

// err tells the fault. It is not kept: a manifest may hold a million faults.
func (o *operation) err() error {
	switch o.fault {
	case foreign:
		return extract.Unsupported(o.blob.Offset, "operation of %s", typeName(o.kind))
	case outside:
		return extract.Damaged(o.blob.Offset, "%d bytes of data lie outside of the payload", o.length)
	case empty:
		return extract.Damaged(o.blob.Offset, "no data")
	}
	return extract.Damaged(o.blob.Offset, "%d bytes of data for %d bytes of extents", o.blob.Size, o.size)
}

// blocks is an Extent of the manifest.
type blocks struct{ start, count uint64 }

// fields of InstallOperation and Extent
const (
	opType       = 1
	opDataOffset = 2
	opDataLength = 3
	opSrcExtents = 4
	opDstExtents = 6
	opDataHash   = 8

	extentStart = 1
	extentCount = 2
)

// install is an InstallOperation as it stands in the manifest.
type install struct {
	kind           uint64
	offset, length uint64
	sources        bool // it reads the image before the update
	dst            []blocks
	hash           []byte
}

// readInstall decodes an operation. Its extents, at most room of them, are put in dst, which is used again; without dst they are left out.
func readInstall(m message, dst []blocks, room int64) (install, error) {
	op := install{dst: dst[:0]}
	for len(m.data) > 0 {
		f, err := m.next()
		if err != nil {
			return op, err
		}
		switch f.number {
		case opType:
			op.kind = f.value
		case opDataOffset:
			op.offset = f.value
		case opDataLength:
			op.length = f.value
		case opSrcExtents:
			op.sources = true
		case opDataHash:
			op.hash = f.sub.data
		case opDstExtents:
			if dst == nil {
				continue
			}
			if int64(len(op.dst)) >= room {
				return op, errTables
			}
			e, err := readBlocks(f.sub)
			if err != nil {
				return op, err
			}
			op.dst = append(op.dst, e)
		}
	}
	return op, nil
}

func readBlocks(m message) (e blocks, err error) {
	for len(m.data) > 0 {
		f, err := m.next()
		if err != nil {
			return e, err
		}
		switch f.number {
		case extentStart:
			e.start = f.value
		case extentCount:
			e.count = f.value
		}
	}
	return e, nil
}

// bytes are the extent's offset and length in bytes; ok is false when they are too large for any partition.
func (b blocks) bytes(blockSize int64) (start, size int64, ok bool) {
	const most = 1 << 62
	h1, s := bits.Mul64(b.start, uint64(blockSize))
	h2, n := bits.Mul64(b.count, uint64(blockSize))
	if h1|h2 != 0 || s > most || n > most-s {
		return 0, 0, false
	}
	return int64(s), int64(n), true
}
