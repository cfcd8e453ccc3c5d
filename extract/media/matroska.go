package media

import (
	"bytes"
	"math/bits"

	"github.com/censorscan/censorscan/extract"
)

// Element IDs of Matroska, with their length marker.
const (
	ebmlSegment     = 0x18538067
	ebmlCluster     = 0x1f43b675
	ebmlBlockGroup  = 0xa0
	ebmlSimpleBlock = 0xa3
	ebmlTracks      = 0x1654ae6b
)

// matroska claims the blocks of Matroska and WebM files.
func matroska(src extract.Source, at int64) []extract.Extent {
	_, size, data := element(src, at)
	if data == 0 || size < 8 || size > 4096 || size > src.Size()-data {
		return nil
	}
	head := bytesAt(src, data, int(size))
	if !bytes.Contains(head, []byte("webm")) && !bytes.Contains(head, []byte("matroska")) {
		return nil
	}
	var found claims
	tracks := false
	at = data + size
	for i := 0; i < maxParts; i++ {
		id, size, data := element(src, at)
		if data == 0 {
			break
		}
		if id == ebmlSegment || id == ebmlCluster { // their size may be unknown
			at = data
			continue
		}
		if size < 0 || size > src.Size()-data || !known(id) {
			break
		}
		if id == ebmlSimpleBlock || id == ebmlBlockGroup {
			found.add(at, data-at+size)
		}
		tracks = tracks || id == ebmlTracks
		at = data + size
	}
	if !tracks {
		return nil
	}
	return found
}

// known tells of the elements that stand in a segment or a cluster.
func known(id uint64) bool {
	switch id {
	case ebmlSimpleBlock, ebmlBlockGroup, ebmlTracks, 0x114d9b74, 0x1549a966, 0x1c53bb6b, 0x1941a469, 0x1043a770, 0x1254c367, 0xec, 0xbf, 0xe7, 0xa7, 0xab, 0xaf, 0x5854:
		return true
	}
	return false
}

// element reads the head of an element: its ID, its size (-1 when unknown), and where its data begins, 0 if there is none.
func element(src extract.Source, at int64) (id uint64, size, data int64) {
	b := bytesAt(src, at, int(max(0, min(12, src.Size()-at))))
	n, id := vint(b, false)
	if n == 0 || n > 4 {
		return 0, 0, 0
	}
	m, v := vint(b[n:], true)
	if m == 0 {
		return 0, 0, 0
	}
	size = int64(v)
	if v == 1<<(7*m)-1 {
		size = -1
	}
	return id, size, at + int64(n+m)
}

// vint reads a number of variable length; its length is 0 if it is none.
func vint(b []byte, mask bool) (n int, v uint64) {
	if len(b) == 0 || b[0] == 0 {
		return 0, 0
	}
	n = bits.LeadingZeros8(b[0]) + 1
	if n > len(b) {
		return 0, 0
	}
	for i, c := range b[:n] {
		if i == 0 && mask {
			c &= 1<<(8-n) - 1
		}
		v = v<<8 | uint64(c)
	}
	return n, v
}
