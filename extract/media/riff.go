package media

import (
	"bytes"

	"github.com/censorscan/censorscan/extract"
)

// riff claims the pictures of WebP, compressed sound of WAVE and the streams of AVI. Samples that are not compressed are not claimed.
func riff(src extract.Source, at int64) []extract.Extent {
	head := bytesAt(src, at, 12)
	if head == nil {
		return nil
	}
	end := at + 8 + int64(le.Uint32(head[4:]))
	if end > src.Size() || end < at+12 {
		return nil
	}
	var found claims
	compressed := false
	form := string(head[8:])
	for at += 12; at < end; {
		h := bytesAt(src, at, 8)
		if h == nil {
			return nil
		}
		kind, size := string(h[:4]), int64(le.Uint32(h[4:]))
		data := at + 8
		if data+size > end {
			return nil
		}
		switch {
		case form == "WEBP":
			if webp(src, kind, data, size) {
				found.add(data, size)
			}
		case form == "WAVE" && kind == "fmt ":
			tag := bytesAt(src, data, 2)
			compressed = tag != nil && le.Uint16(tag) != 1 && le.Uint16(tag) != 3
		case form == "WAVE" && kind == "data" && compressed, form == "AVI " && kind == "LIST" && string(bytesAt(src, data, 4)) == "movi":
			found.add(data, size)
		}
		at = data + size + size&1
	}
	return found
}

// webp tells whether a chunk holds a compressed picture.
func webp(src extract.Source, kind string, data, size int64) bool {
	switch kind {
	case "VP8 ":
		b := bytesAt(src, data, 10)
		return b != nil && (b[0]&1 == 1 || bytes.Equal(b[3:6], []byte{0x9d, 0x01, 0x2a}))
	case "VP8L":
		b := bytesAt(src, data, 5)
		return b != nil && b[0] == 0x2f && b[4]>>5 == 0 // version 0
	case "ALPH":
		b := bytesAt(src, data, 1)
		return b != nil && b[0]&3 <= 1
	case "ANMF":
		b := bytesAt(src, data+16, 8)
		return b != nil && size >= 24 && (string(b[:4]) == "ALPH" || string(b[:3]) == "VP8") && int64(le.Uint32(b[4:])) <= size-24
	}
	return false
}
