package zip

const (
	signingMagic = "APK Sig Block 42"
	signingTail  = 24 // the size, then the magic
)

// knownSigning reports whether a pair of the APK signing block is one that Android or the Play store defined. Others are what some shops
// hide their channel names in.
func knownSigning(id uint32) bool {
	switch id {
	case 0x7109871A, 0xF05368C0, 0x1B93AD61, // signature schemes v2, v3, v3.1
		0x2B09189E, 0x6DFF800D, // source stamps
		0x42726577, // padding
		0x504B4453, // encrypted dependency list
		0x2146444E: // Play metadata
		return true
	}
	return false
}

// signingBlock gives the extents of the APK signing block that ends at the offset of the central directory, from its first byte on, without the pairs that nobody has defined.
func (c *container) signingBlock(dir int64) claims {
	if dir < signingTail+8 {
		return nil
	}
	tail := make([]byte, signingTail)
	if n, _ := c.in.ReadAt(tail, dir-signingTail); n < signingTail || string(tail[8:]) != signingMagic {
		return nil
	}
	start, stop := dir-8-clamp64(le.Uint64(tail)), dir-signingTail
	var head [8]byte
	if n, _ := c.in.ReadAt(head[:], start); start < 0 || n < len(head) || [8]byte(tail[:8]) != head {
		return nil
	}
	var out claims
	size := c.in.Size()
	out.add(start, 8, size)
	for pos := start + 8; pos+12 <= stop; {
		var pair [12]byte
		if n, _ := c.in.ReadAt(pair[:], pos); n < len(pair) {
			break
		}
		n := clamp64(le.Uint64(pair[:]))
		if n < 4 || n > stop-pos-8 {
			break
		}
		if knownSigning(le.Uint32(pair[8:])) {
			out.add(pos, 8+n, size)
		} else {
			out.add(pos, int64(len(pair)), size)
		}
		pos += 8 + n
	}
	out.add(stop, signingTail, size)
	return out
}
