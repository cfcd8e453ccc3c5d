package compress

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
)

// xzFilterNames are the filters that the format defines.
var xzFilterNames = []struct {
	id   uint64
	name string
}{
	{0x03, "delta"}, {0x04, "x86 BCJ"}, {0x05, "PowerPC BCJ"}, {0x06, "IA-64 BCJ"}, {0x07, "ARM BCJ"}, {0x08, "ARM-Thumb BCJ"},
	{0x09, "SPARC BCJ"}, {0x0a, "ARM64 BCJ"}, {0x0b, "RISC-V BCJ"}, {0x21, "LZMA2"},
}

// xzFilters names the filters in the block header that begins with head.
func xzFilters(head []byte) (string, error) {
	if len(head) == 0 || head[0] == 0 {
		return "", errors.New("not a block header")
	}
	size := (int(head[0]) + 1) * 4
	if size > len(head) || crc32.ChecksumIEEE(head[:size-4]) != binary.LittleEndian.Uint32(head[size-4:]) {
		return "", errors.New("block header is damaged")
	}
	flags, rest := head[1], head[2:size-4]
	number := func() uint64 {
		v, n := binary.Uvarint(rest)
		rest = rest[max(n, 0):]
		return v
	}
	if flags&0x40 != 0 {
		number() // compressed size
	}
	if flags&0x80 != 0 {
		number() // size of the content
	}
	var names []string
	for range int(flags&3) + 1 {
		names = append(names, xzFilterName(number()))
		rest = rest[min(number(), uint64(len(rest))):] // properties
	}
	return strings.Join(names, " + "), nil
}

func xzFilterName(id uint64) string {
	for _, f := range xzFilterNames {
		if f.id == id {
			return f.name
		}
	}
	return fmt.Sprintf("of unknown id %#x", id)
}
