package compress

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"

	"github.com/censorscan/censorscan/extract"
)

// Streams without a magic or a check sum are believed only if they decode up to where the artefact ends, or up to where a length in front of them says that they
// do, and to more bytes than they take.

// decoders are kept from one attempt to the next.
type decoders struct {
	flate  io.ReadCloser
	brotli *brotli.Reader
	out    []byte
}

// attemptOut is how much an attempt decodes of a beginning.
const attemptOut = 64 << 10

// inflate decodes up to n bytes of a raw deflate stream. It returns how many there were, how many bytes of data that took, and why it ended: nil when n bytes came.
func (d *decoders) inflate(data []byte, n int) (decoded, raw int, err error) {
	r := bytes.NewReader(data)
	if d.flate == nil {
		d.flate = flate.NewReader(r)
	} else if err := d.flate.(flate.Resetter).Reset(r, nil); err != nil {
		return 0, 0, err
	}
	decoded, err = d.drain(d.flate, n)
	return decoded, len(data) - r.Len(), err
}

// unbrotli is inflate for a brotli stream, which has to take all of data.
func (d *decoders) unbrotli(data []byte, n int) (decoded int, err error) {
	if d.brotli == nil {
		d.brotli = brotli.NewReader(bytes.NewReader(data))
	} else if err := d.brotli.Reset(bytes.NewReader(data)); err != nil {
		return 0, err
	}
	return d.drain(d.brotli, n)
}

// drain reads up to n bytes and throws them away.
func (d *decoders) drain(r io.Reader, n int) (decoded int, err error) {
	defer func() {
		if p := recover(); p != nil {
			d.flate, d.brotli, err = nil, nil, errPanicked
		}
	}()
	if d.out == nil {
		d.out = make([]byte, 8<<10)
	}
	for idle := 0; decoded < n && err == nil; {
		var m int
		m, err = r.Read(d.out[:min(len(d.out), n-decoded)])
		decoded += m
		if idle++; m > 0 {
			idle = 0
		} else if idle > 100 && err == nil {
			err = io.ErrNoProgress
		}
	}
	return decoded, err
}

// try takes one of the trials that decode more than the head.
func (s *search) try() bool {
	s.trials++
	return s.trials <= maxTrials
}

// ends reports whether n bytes from off on end where the stretch does, up to spare bytes of it, or are as many as the header in front of them says.
func (s *search) ends(off int, n, spare int64) bool {
	if left := s.left(off) - n; s.size >= 0 && left >= 0 && left <= spare {
		return true
	}
	return declares(s.head[:min(off, len(s.head))], n)
}

// lz4Block finds a block of LZ4 behind a header that says what it decodes to.
func (s *search) lz4Block() *found {
	for off := 4; off <= min(maxHeader, len(s.head)-minStream); off++ {
		data := s.head[off:]
		out, matches, sound, end := lz4Measure(data)
		if matches == 0 {
			continue
		}
		if !s.whole() {
			end = false
			if sound >= len(data)/2 {
				out, end = s.lz4Long(off, out)
			}
		}
		size := int64(-1) // up to the end
		if !end || out < minContent || !declares(s.head[:off], out) {
			out, size = s.lz4Declared(off, data[:sound])
		}
		if out < minContent || size >= 0 && out <= size || size < 0 && s.size >= 0 && out <= s.left(off) {
			continue
		}
		limit := int64(-1)
		if size >= 0 {
			limit = s.from + int64(off) + size
		} else if s.size >= 0 {
			limit = s.size
		}
		return s.streamAt(lz4BlockCodec(out), off, nil, limit)
	}
	return nil
}

// lz4Long measures a block that is longer than the head, of which so far bytes decode.
func (s *search) lz4Long(off int, soFar int64) (out int64, end bool) {
	for n := range declared(s.head[:off], math.MaxUint32) {
		if n < soFar || n < s.left(off) || n/255 > s.left(off) {
			continue
		}
		if s.size < 0 {
			return n, true
		}
		if !s.try() {
			return 0, false
		}
		data, err := s.budget.ReadFull(s.src, s.from+int64(off), s.left(off))
		if err != nil {
			return n, s.left(off) > s.budget.Limits().Buffer // what is found is that it is too large
		}
		out, _, _, end := lz4Measure(data)
		return out, end
	}
	return 0, false
}

// lz4Declared measures a block of which the header says both what it takes and what it decodes to.
func (s *search) lz4Declared(off int, data []byte) (out, size int64) {
	for n := range declared(s.head[:off], s.left(off)-1) {
		block := s.head[off:]
		switch {
		case n <= int64(len(block)):
			block = block[:n]
		case s.whole() || len(data) < len(block)/2 || !s.try():
			continue
		default:
			var err error
			if block, err = s.budget.ReadFull(s.src, s.from+int64(off), n); err != nil {
				continue
			}
		}
		if out, _, _, end := lz4Measure(block); end && declares(s.head[:off], out) {
			return out, n
		}
	}
	return -1, -1
}

// zstdBare finds zstd frames without their magic, of which the chain of blocks leads to the end.
func (s *search) zstdBare() *found {
	lead := binary.LittleEndian.AppendUint32(nil, zstdMagic)
	var head [unitHead]byte
	copy(head[:], lead)
	for off := 0; off <= min(maxHeader, len(s.head)-minStream); off++ {
		copy(head[len(lead):], s.head[off:])
		header := zstdHeader(head[:])
		// there has to be a check sum or the size of the content
		if header == 0 || head[4]&0x18 != 0 || head[4]&3 != 0 || head[4]&0xe4 == 0 {
			continue
		}
		raw := s.zstdBlocks(off, off+int(header)-len(lead), head[4]&4 != 0)
		if raw < 0 || !s.try() {
			continue
		}
		end := s.from + int64(off) + raw
		if s.size < 0 {
			end = -1
		}
		f := s.streamAt(zstdCodec(), off, lead, end)
		n, used, err := f.file.trial(math.MaxInt64)
		if isLimit(err, n) || s.size < 0 && cutShort(err) && n >= minContent || err == io.EOF && n >= minContent && n > raw && used == int64(len(lead))+raw {
			return f
		}
	}
	return nil
}

// zstdBlocks follows the headers of blocks from the one at off on to the end of their frame, which begins at begin. It returns the length of the frame, or -1
// if it does not end where it has to or nothing in it is compressed.
func (s *search) zstdBlocks(begin, at int, checksum bool) int64 {
	off, total, packed := int64(at), s.left(0), false
	for blocks := int64(0); ; blocks++ {
		var h []byte
		if off+3 <= int64(len(s.head)) {
			h = s.head[off:][:3]
		} else {
			if off+3 > total || blocks > 64+off>>8 {
				break
			}
			var buf [3]byte
			if n, _ := s.src.ReadAt(buf[:], s.from+off); n < 3 {
				return -1
			}
			h = buf[:]
		}
		v := int64(h[0]) | int64(h[1])<<8 | int64(h[2])<<16
		size := v >> 3
		if v>>1&3 == 3 || size > 128<<10 {
			return -1
		}
		switch v >> 1 & 3 {
		case 1: // one byte, repeated
			size = 1
		case 2:
			packed = true
		}
		if off += 3 + size; v&1 != 0 {
			if checksum {
				off += 4
			}
			if n := off - int64(begin); packed && s.ends(begin, n, 0) && off <= total {
				return n
			}
			return -1
		}
		if s.size < 0 && off > total && blocks >= 3 {
			return total - int64(begin)
		}
		if off > total {
			return -1
		}
	}
	return -1
}

// bare finds raw deflate and brotli.
func (s *search) bare() *found {
	sample := s.head
	if len(sample) >= 2*maxHeader {
		sample = sample[maxHeader:]
	}
	if !compressed(sample) {
		return nil
	}
	for off := 0; off <= min(maxHeader, len(s.head)-minStream); off++ {
		if f := s.deflate(off); f != nil {
			return f
		}
		if f := s.brotliAt(off); f != nil {
			return f
		}
	}
	return nil
}

// deflate finds a raw deflate stream at off.
func (s *search) deflate(off int) *found {
	data := s.head[off:]
	if !deflateBegins(data) {
		return nil
	}
	n, raw, err := s.inflate(data, attemptOut)
	switch {
	case err == io.EOF:
		if !s.believable(off, int64(n), int64(raw)) {
			return nil
		}
		return s.streamAt(deflateCodec(), off, nil, s.from+int64(off+raw))
	case err != nil && (s.whole() || !cutShort(err)) || !s.try():
		return nil
	}
	f := s.streamAt(deflateCodec(), off, nil, -1)
	return s.long(f, off)
}

// long decodes a stream that goes on beyond the head. One that runs into a limit is one: whoever reads it will be told.
func (s *search) long(f *found, off int) *found {
	n, raw, err := f.file.trial(math.MaxInt64)
	switch {
	case isLimit(err, n), s.size < 0 && cutShort(err) && n > raw:
		return f
	case err != io.EOF || !s.believable(off, n, raw):
		return nil
	}
	f.end = s.from + int64(off) + raw
	f.file.src = extract.Section(f.file.src, extract.Extent{Size: raw})
	return f
}

// believable reports whether a stream that begins at off, takes raw bytes and decodes to n looks like one, ends where it should and is worth its while. What stands in front of
// it has to say one of the two, or there has to be so much that chance is ruled out.
func (s *search) believable(off int, n, raw int64) bool {
	if n < minContent || raw < minStream || n <= raw || !s.ends(off, raw, 0) || !compressed(s.head[off:min(int64(off)+raw, int64(len(s.head)))]) {
		return false
	}
	return off == 0 || raw >= minUndeclared || declares(s.head[:off], n) || declares(s.head[:off], raw)
}

// minUndeclared is the least number of bytes that a stream takes behind a header that does not say so: shorter ones stand by
// chance in one of 100,000 blobs of random bytes of up to 400.
const minUndeclared = 128

// brotliAt finds a brotli stream at off.
func (s *search) brotliAt(off int) *found {
	size, ok := brotliBegins(s.head[off:])
	if !ok {
		return nil
	}
	f, early := s.brotliUpTo(off, s.left(off), size)
	if f != nil {
		return f
	}
	for n := range declared(s.head[:off], s.left(off)-1) {
		if within := n <= int64(len(s.head)-off); early != within {
			continue
		}
		if f, _ := s.brotliUpTo(off, n, size); f != nil {
			return f
		}
	}
	return nil
}

// brotliUpTo finds a brotli stream of raw bytes at off, of which the last block decodes to size bytes if that is known; early says that one ends before that,
// or may, within the head.
func (s *search) brotliUpTo(off int, raw, size int64) (f *found, early bool) {
	if size >= 0 && size < minContent {
		return nil, false
	}
	data := s.head[off:]
	if raw <= int64(len(data)) {
		data = data[:raw]
	}
	end := s.from + int64(off) + raw
	if s.size < 0 && raw == s.left(off) {
		end = -1
	}
	n, err := s.unbrotli(data, attemptOut)
	switch {
	case err == io.EOF && raw == int64(len(data)):
		if size >= 0 && int64(n) != size || !s.believable(off, int64(n), raw) {
			return nil, false
		}
		return s.streamAt(brotliCodec(), off, nil, end), false
	case err != nil && err.Error() == brotliExcess:
		return nil, true
	case err != nil && (end >= 0 && raw == int64(len(data)) || !cutShort(err)) || !s.try():
		return nil, false
	}
	return s.long(s.streamAt(brotliCodec(), off, nil, end), off), err == nil
}

// isLimit reports whether a trial ended at a limit behind n decoded bytes.
func isLimit(err error, n int64) bool {
	var limit *extract.LimitError
	return n >= minContent && errors.As(err, &limit)
}
