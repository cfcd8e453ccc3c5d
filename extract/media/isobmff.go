package media

import "github.com/censorscan/censorscan/extract"

// isobmff claims the media data of MP4, 3GP, M4A, MOV, HEIF and AVIF files. A file has to tell of what its data is (moov, moof or meta).
func isobmff(src extract.Source, at int64) []extract.Extent {
	var found claims
	described := false
	for i := 0; i < 100_000; i++ {
		h := bytesAt(src, at, 8)
		if h == nil || !printable(h[4:]) {
			break
		}
		size, head := int64(be.Uint32(h)), int64(8)
		switch size {
		case 0:
			size = src.Size() - at
		case 1:
			long := bytesAt(src, at+8, 8)
			if long == nil || be.Uint64(long) > 1<<62 {
				return nil
			}
			size, head = int64(be.Uint64(long)), 16
		}
		if size < head || size > src.Size()-at || i == 0 && (string(h[4:]) != "ftyp" || size > 4096) {
			break
		}
		switch string(h[4:]) {
		case "mdat", "imda":
			found.add(at+head, size-head)
		case "moov", "moof", "meta":
			described = true
		}
		at += size
	}
	if !described {
		return nil
	}
	return found
}

func printable(kind []byte) bool {
	for _, c := range kind {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
