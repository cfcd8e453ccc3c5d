package media

import "github.com/censorscan/censorscan/extract"

// flac claims the frames of FLAC sound, as far as their check sums are right. Pictures in front of them are files of their own.
func flac(src extract.Source, at int64) []extract.Extent {
	info := bytesAt(src, at, 4+4+34)
	if info == nil || info[4]&0x7f != 0 {
		return nil
	}
	largest := int64(info[15])<<16 | int64(info[16])<<8 | int64(info[17])
	if largest == 0 {
		largest = 1 << 20
	}
	samples := int64(info[21]&15)<<32 | int64(be.Uint32(info[22:]))
	for at += 4; ; {
		h := bytesAt(src, at, 4)
		if h == nil {
			return nil
		}
		at += 4 + (int64(h[1])<<16 | int64(h[2])<<8 | int64(h[3]))
		if h[0]&0x80 != 0 {
			break
		}
	}
	var found claims
	for i := 0; i < maxParts; i++ {
		b := bytesAt(src, at, int(max(0, min(largest+16, src.Size()-at))))
		n, head := flacHead(b)
		if head == 0 {
			break
		}
		samples -= n
		size := flacFrame(b, head, samples == 0)
		if size == 0 {
			break
		}
		found.add(at, int64(size))
		at += int64(size)
	}
	return found
}

// flacFrame returns the size of the frame that begins a buffer: where its check sum is right and another frame or the end follows, 0 if nowhere.
func flacFrame(b []byte, head int, last bool) int {
	sum := uint16(0)
	for i, c := range b {
		sum ^= uint16(c) << 8
		for range 8 {
			sum = sum<<1 ^ uint16(int16(sum)>>15)&0x8005
		}
		if sum != 0 || i < head+2 {
			continue
		}
		if _, next := flacHead(b[i+1:]); next > 0 || last || i+1 == len(b) {
			return i + 1
		}
	}
	return 0
}

// flacHead reads the head of a frame: how many samples it stands for, and its size in bytes, 0 if it is none.
func flacHead(b []byte) (samples int64, size int) {
	if len(b) < 16 || b[0] != 0xff || b[1]&0xfe != 0xf8 || b[3]&1 != 0 || b[2]>>4 == 0 || b[2]&15 == 15 {
		return 0, 0
	}
	size = 5
	for lead := b[4]; lead&0xc0 == 0xc0 && size < 11; lead <<= 1 {
		size++
	}
	switch code := b[2] >> 4; {
	case code == 1:
		samples = 192
	case code <= 5:
		samples = 576 << (code - 2)
	case code == 6:
		samples = int64(b[size]) + 1
		size++
	case code == 7:
		samples = int64(be.Uint16(b[size:])) + 1
		size += 2
	default:
		samples = 256 << (code - 8)
	}
	switch b[2] & 15 {
	case 12:
		size++
	case 13, 14:
		size += 2
	}
	if size >= len(b) {
		return 0, 0
	}
	sum := byte(0)
	for _, c := range b[:size] {
		sum ^= c
		for range 8 {
			sum = sum<<1 ^ byte(int8(sum)>>7)&7
		}
	}
	if sum != b[size] {
		return 0, 0
	}
	return samples, size + 1
}
