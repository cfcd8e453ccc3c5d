package media

import (
	"strings"

	"github.com/censorscan/censorscan/extract"
)

// ogg claims the pages of a stream of sound or film, as far as their check sums are right.
func ogg(src extract.Source, at int64) []extract.Extent {
	var found claims
	for i := 0; i < maxParts; i++ {
		page := oggPage(src, at)
		if page == nil || i == 0 && !oggCodec(page) {
			break
		}
		found.add(at, int64(len(page)))
		at += int64(len(page))
	}
	return found
}

func oggCodec(page []byte) bool {
	body := string(page[27+int(page[26]):])
	for _, s := range []string{"\x01vorbis", "OpusHead", "\x7fFLAC", "Speex   ", "\x80theora", "fishead"} {
		if strings.HasPrefix(body, s) {
			return true
		}
	}
	return false
}

// oggPage reads a page, nil if there is none.
func oggPage(src extract.Source, at int64) []byte {
	h := bytesAt(src, at, 27)
	if h == nil || string(h[:5]) != "OggS\x00" {
		return nil
	}
	segments := bytesAt(src, at+27, int(h[26]))
	size := 27 + len(segments)
	for _, s := range segments {
		size += int(s)
	}
	page := bytesAt(src, at, size)
	if page == nil || len(segments) != int(h[26]) {
		return nil
	}
	want := le.Uint32(page[22:])
	clear(page[22:26])
	if oggSum(page) != want {
		return nil
	}
	return page
}

var oggTable = func() (t [256]uint32) {
	for i := range t {
		r := uint32(i) << 24
		for range 8 {
			r = r<<1 ^ uint32(int32(r)>>31)&0x04c11db7
		}
		t[i] = r
	}
	return t
}()

func oggSum(b []byte) (sum uint32) {
	for _, c := range b {
		sum = sum<<8 ^ oggTable[byte(sum>>24)^c]
	}
	return sum
}
