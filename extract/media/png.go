package media

import (
	"hash/crc32"

	"github.com/censorscan/censorscan/extract"
)

// png claims the chunks of a picture that are compressed and hold no text. All check sums up to the end have to be right.
func png(src extract.Source, at int64) []extract.Extent {
	var found claims
	var buf []byte
	at += 8
	for i := 0; i < maxParts; i++ {
		head := bytesAt(src, at, 8)
		if head == nil {
			return nil
		}
		size, kind := int64(be.Uint32(head)), string(head[4:])
		if size > src.Size()-at-12 || (i == 0) != (kind == "IHDR" || kind == "CgBI") && (kind != "IHDR" || i > 1) {
			return nil
		}
		sum := crc32.ChecksumIEEE(head[4:])
		if buf == nil {
			buf = make([]byte, 64<<10)
		}
		for done := int64(0); done < size; {
			n, _ := src.ReadAt(buf[:min(int64(len(buf)), size-done)], at+8+done)
			if n == 0 {
				return nil
			}
			sum = crc32.Update(sum, crc32.IEEETable, buf[:n])
			done += int64(n)
		}
		if tail := bytesAt(src, at+8+size, 4); tail == nil || be.Uint32(tail) != sum {
			return nil
		}
		switch kind {
		case "IDAT", "fdAT", "iCCP":
			found.add(at, size+12)
		case "IEND":
			return found
		}
		at += size + 12
	}
	return nil
}
