package erofs

import "errors"

var errLZ4 = errors.New("broken lz4 block")

// lz4Partial decodes a raw lz4 block until dst is full: src may go on behind, with more data or padding, which a block decoder for exact lengths
// refuses. Layout: github.com/lz4/lz4, doc/lz4_Block_format.md.
func lz4Partial(dst, src []byte) error {
	d, s := 0, 0
	for d < len(dst) {
		if s >= len(src) {
			return errLZ4
		}
		token := src[s]
		s++
		literals := int(token >> 4)
		if literals == 15 {
			var ok bool
			if literals, s, ok = lz4Length(literals, src, s); !ok {
				return errLZ4
			}
		}
		if n := min(literals, len(dst)-d); n > 0 {
			if n > len(src)-s {
				return errLZ4
			}
			copy(dst[d:d+n], src[s:s+n])
			d, s = d+n, s+n
			if d == len(dst) {
				return nil
			}
		}
		if s+2 > len(src) {
			return errLZ4
		}
		distance := int(src[s]) | int(src[s+1])<<8
		s += 2
		if distance == 0 || distance > d {
			return errLZ4
		}
		n := int(token&15) + 4
		if token&15 == 15 {
			var ok bool
			if n, s, ok = lz4Length(n, src, s); !ok {
				return errLZ4
			}
		}
		n = min(n, len(dst)-d)
		for n > 0 { // a match may run into what it writes: copy what is there, which doubles each time
			m := copy(dst[d:d+n], dst[d-distance:d])
			d, n = d+m, n-m
			distance += m
		}
	}
	return nil
}

// lz4Length adds the bytes that continue a length to n.
func lz4Length(n int, src []byte, s int) (int, int, bool) {
	for s < len(src) {
		b := src[s]
		s++
		n += int(b)
		if b != 255 {
			return n, s, true
		}
	}
	return n, s, false
}
