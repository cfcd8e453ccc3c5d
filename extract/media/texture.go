package media

import "github.com/censorscan/censorscan/extract"

const ktxMagic = "\xabKTX 11\xbb\r\n\x1a\n"

func textureMagic() []string { return []string{ktxMagic, "\x13\xab\xa1\x5c", "PKM 10", "PKM 20"} }

// texture claims compressed textures of KTX, ASTC and PKM (ETC) files, whose size follows from their dimensions.
func texture(src extract.Source, at int64) []extract.Extent {
	h := bytesAt(src, at, 16)
	var size int64
	switch {
	case h == nil:
		return nil
	case h[0] == ktxMagic[0]:
		return ktx(src, at)
	case h[0] == 'P': // type, width and height in whole blocks, width, height
		w, t := int64(be.Uint16(h[8:])), int64(be.Uint16(h[10:]))
		size = w * t / 2
		if kind := be.Uint16(h[6:]); kind == 3 || kind == 6 || kind == 8 {
			size *= 2
		}
	default: // three sides of a block, three of the texture
		size = 16
		for i := range 3 {
			block, side := int64(h[4+i]), int64(h[7+3*i])|int64(h[8+3*i])<<8|int64(h[9+3*i])<<16
			if block < 1 || block > 12 || side == 0 {
				return nil
			}
			size *= (side + block - 1) / block
			if size > src.Size() {
				return nil
			}
		}
	}
	if size <= 0 || size > src.Size()-at-16 {
		return nil
	}
	return []extract.Extent{{Offset: at + 16, Size: size}}
}

func ktx(src extract.Source, at int64) []extract.Extent {
	h := bytesAt(src, at, 64)
	if h == nil || le.Uint32(h[12:]) != 0x04030201 || le.Uint32(h[16:]) != 0 {
		return nil
	}
	area := int64(max(1, le.Uint32(h[36:]))) * int64(max(1, le.Uint32(h[40:])))
	faces, levels := int64(max(1, le.Uint32(h[52:]))), max(1, le.Uint32(h[56:]))
	if faces > 6 || levels > 32 {
		return nil
	}
	var found claims
	at += 64 + int64(le.Uint32(h[60:]))
	for range levels {
		b := bytesAt(src, at, 4)
		if b == nil {
			return nil
		}
		size := (int64(le.Uint32(b)) + 3) &^ 3 * faces
		if size/faces/2 > area+64 || size > src.Size()-at-4 { // a pixel takes two bytes at most
			return nil
		}
		found.add(at+4, size)
		at += 4 + size
	}
	return found
}
