package media

import (
	"bytes"

	"github.com/censorscan/censorscan/extract"
)

// jpeg claims the entropy-coded parts of a picture, which end at the first marker that is none of theirs. What applications add to it is not claimed: a
// thumbnail is a picture of its own.
func jpeg(src extract.Source, at int64) []extract.Extent {
	var found claims
	frame := false
	at += 2
	for i := 0; i < maxParts; i++ {
		head := bytesAt(src, at, 4)
		switch {
		case head == nil || head[0] != 0xff:
			return found
		case head[1] == 0xff: // fill
			at++
			continue
		case head[1] < 0xc0 || head[1] >= 0xd0 && head[1] <= 0xd9:
			return found // the end, or none
		}
		size := int64(be.Uint16(head[2:]))
		if size < 2 || at+2+size > src.Size() {
			return found
		}
		switch kind := head[1]; {
		case kind == 0xda:
			parts := bytesAt(src, at+4, 1)
			if !frame || parts == nil || size != 6+2*int64(parts[0]) {
				return found
			}
			end := entropyCoded(src, at+2+size)
			found.add(at+2+size, end-at-2-size)
			at = end
			continue
		case kind <= 0xcf && kind != 0xc4 && kind != 0xc8 && kind != 0xcc:
			frame = true
		}
		at += 2 + size
	}
	return found
}

// entropyCoded returns the offset of the first marker behind a scan: 0xff followed by neither zero, which stands for 0xff itself, nor a restart.
func entropyCoded(src extract.Source, at int64) int64 {
	buf := make([]byte, 64<<10)
	for {
		n, _ := src.ReadAt(buf, at)
		if n < 2 {
			return at + int64(n)
		}
		for i := 0; i < n-1; i++ {
			k := bytes.IndexByte(buf[i:n-1], 0xff)
			if k < 0 {
				break
			}
			i += k
			if next := buf[i+1]; next != 0 && (next < 0xd0 || next > 0xd7) {
				return at + int64(i)
			}
		}
		at += int64(n - 1)
	}
}
