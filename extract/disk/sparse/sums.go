package sparse

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/censorscan/censorscan/extract"
)

// checkSums compares the CRC32 of the image with what the header and chunks tell. AOSP's own tools differ in what they count. For today's reader, "don't care"
// is zeros; an older one leaves it out; so does the writer, which counts but one block of each fill. Each of them is right.
func (c *container) checkSums(ctx context.Context, m *image) error {
	sums := c.sums
	if c.checksum != 0 {
		sums = append(sums[:len(sums):len(sums)], sum{end: c.size, value: c.checksum, offset: 24})
	}
	if len(sums) == 0 {
		return nil
	}
	s := summer{m: m, buf: make([]byte, 256<<10)}
	for _, want := range sums {
		if !s.upTo(ctx, want.end) {
			return nil // what cannot be read is told where it is read
		}
		if want.value != s.reader && want.value != s.older && want.value != s.writer {
			return extract.Damaged(want.offset, "the first %d bytes of the image have CRC32 %08x, the image says %08x", want.end, s.reader, want.value)
		}
	}
	return nil
}

// summer sums an image from its beginning.
type summer struct {
	m   *image
	buf []byte
	at  int64

	reader, older, writer uint32
}

// upTo sums the image up to byte end and reports whether it could be read.
func (s *summer) upTo(ctx context.Context, end int64) bool {
	for i := s.m.find(s.at); s.at < end; i++ {
		if i == len(s.m.pieces) || s.m.pieces[i].start >= end {
			s.repeat(0, end-s.at, true)
			return true
		}
		p := &s.m.pieces[i]
		if p.start > s.at {
			s.repeat(0, p.start-s.at, true)
		}
		n := min(p.end, end) - s.at
		switch p.kind {
		case broken:
			return false
		case zero:
			s.repeat(0, n, false)
		case fill:
			s.repeat(uint32(p.at), n, false)
		case raw:
			if !s.read(ctx, n) {
				return false
			}
		}
	}
	return true
}

// read sums the next n bytes of the image by reading them.
func (s *summer) read(ctx context.Context, n int64) bool {
	for n > 0 {
		b := s.buf[:min(n, int64(len(s.buf)))]
		if m, err := s.m.ReadAt(b, s.at); m < len(b) || err != nil && err != io.EOF || ctx.Err() != nil {
			return false
		}
		sum, size := crc32.ChecksumIEEE(b), int64(len(b))
		s.reader, s.older, s.writer = combine(s.reader, sum, size), combine(s.older, sum, size), combine(s.writer, sum, size)
		s.at += int64(len(b))
		n -= int64(len(b))
	}
	return true
}

// repeat sums n bytes of one value: a fill or what nobody cares for.
func (s *summer) repeat(value uint32, n int64, skip bool) {
	all := repeated(value, n)
	s.reader = combine(s.reader, all, n)
	if !skip {
		block := min(n, s.m.block)
		s.older = combine(s.older, all, n)
		s.writer = combine(s.writer, repeated(value, block), block)
	}
	s.at += n
}

// repeated is the CRC32 of n bytes, a multiple of four, that hold one value.
func repeated(value uint32, n int64) uint32 {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], value)
	out, unit, size := uint32(0), crc32.ChecksumIEEE(b[:]), int64(len(b))
	for k := n / size; k > 0; k >>= 1 {
		if k&1 == 1 {
			out = combine(out, unit, size)
		}
		if k > 1 {
			unit = combine(unit, unit, size)
			size *= 2
		}
	}
	return out
}

// combine is the CRC32 of two runs of bytes, one after the other, by those of each; size is that of the second.
func combine(first, second uint32, size int64) uint32 {
	const one, x8 = 1 << 31, 1 << 23 // polynomials, the highest bit is x to the power of 0
	shift := uint32(one)
	for square := uint32(x8); size > 0; size >>= 1 {
		if size&1 == 1 {
			shift = multiply(shift, square)
		}
		square = multiply(square, square)
	}
	return multiply(shift, first) ^ second
}

// multiply multiplies polynomials modulo that of CRC32.
func multiply(a, b uint32) (out uint32) {
	for bit := uint32(1) << 31; bit > 0; bit >>= 1 {
		if a&bit != 0 {
			out ^= b
		}
		low := b & 1
		b >>= 1
		if low == 1 {
			b ^= crc32.IEEE
		}
	}
	return out
}
