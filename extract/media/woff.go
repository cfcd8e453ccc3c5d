package media

import "github.com/censorscan/censorscan/extract"

// woff claims the compressed tables of a font for the web.
func woff(src extract.Source, at int64) []extract.Extent {
	h := bytesAt(src, at, 44)
	if h == nil || int64(be.Uint32(h[8:])) > src.Size()-at || h[14] != 0 || h[15] != 0 {
		return nil
	}
	var found claims
	tables := bytesAt(src, at+44, 20*int(be.Uint16(h[12:])))
	for ; len(tables) >= 20; tables = tables[20:] {
		off, size, plain := int64(be.Uint32(tables[4:])), int64(be.Uint32(tables[8:])), int64(be.Uint32(tables[12:]))
		if off < 44 || size > plain || off+size > int64(be.Uint32(h[8:])) || !printable(tables[:4]) {
			return nil
		}
		if z := bytesAt(src, at+off, 2); size < plain && z != nil && z[0] == 0x78 && be.Uint16(z)%31 == 0 {
			found.add(at+off, size)
		}
	}
	return found
}

// woff2 claims the one stream of a font for the web, which begins behind the directory of its tables.
func woff2(src extract.Source, at int64) []extract.Extent {
	h := bytesAt(src, at, 48)
	if h == nil || int64(be.Uint32(h[8:])) > src.Size()-at || h[14] != 0 || h[15] != 0 || string(h[4:8]) == "ttcf" {
		return nil
	}
	stream := int64(be.Uint32(h[20:]))
	dir := bytesAt(src, at+48, int(min(src.Size()-at-48, 64<<10)))
	n := 0
	number := func() (v uint64) {
		for i := 0; i < 5 && n < len(dir); i++ {
			c := dir[n]
			n++
			v = v<<7 | uint64(c&0x7f)
			if c < 0x80 {
				break
			}
		}
		return v
	}
	plain := uint64(0)
	for range be.Uint16(h[12:]) {
		if n >= len(dir) {
			return nil
		}
		flags := dir[n]
		n++
		if flags&63 == 63 {
			n += 4
		}
		plain += number()
		glyphs := flags&63 == 10 || flags&63 == 11
		if version := flags >> 6; glyphs && version == 0 || !glyphs && version != 0 {
			number()
		}
	}
	if stream == 0 || plain > 1<<30 || 48+int64(n)+stream > int64(be.Uint32(h[8:])) {
		return nil
	}
	return []extract.Extent{{Offset: at + 48 + int64(n), Size: stream}}
}
