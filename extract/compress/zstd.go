package compress

import (
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/klauspost/compress/zstd"

	"github.com/censorscan/censorscan/extract"
)

const zstdMagic = 0xfd2fb528

// Zstd is the format of zstd files, of any number of frames, skippable ones included.
func Zstd() extract.Format {
	return zstdCodec().format("zstd frames", "https://www.rfc-editor.org/rfc/rfc8878")
}

func zstdCodec() *codec {
	c := &codec{
		name:     "zstd",
		magic:    "\x28\xb5\x2f\xfd",
		suffixes: []suffix{{".tzst", ".tar"}, {".zstd", ""}, {".zst", ""}},
		begins:   func(head []byte) bool { return isSkippable(head) || zstdHeader(head) > 0 },
		open:     func(in *input, b *extract.Budget) (decoder, error) { return newZstdDecoder(in, b) },
	}
	c.detect = func(p *extract.Probe) bool {
		return zstdHeader(firstFrame(p)) > 0
	}
	return c
}

// maxSkipped is how many skippable frames may stand before the first frame that tells zstd and lz4 apart.
const maxSkipped = 16

// firstFrame is the beginning of the first frame that is not skippable.
func firstFrame(p *extract.Probe) []byte {
	head := p.At(0, unitHead)
	off := int64(0)
	for range maxSkipped {
		if !isSkippable(head) {
			break
		}
		off += 8 + int64(binary.LittleEndian.Uint32(head[4:]))
		head = p.At(off, unitHead)
	}
	return head
}

// zstdHeader is the length of the frame header that begins with head, magic included, or 0 if none does.
func zstdHeader(head []byte) int64 {
	if len(head) < 6 || binary.LittleEndian.Uint32(head) != zstdMagic || head[4]&0x08 != 0 {
		return 0
	}
	single := head[4] & 0x20
	size := 5 + int64([4]int{0, 1, 2, 4}[head[4]&3]) + int64([4]int{0, 2, 4, 8}[head[4]>>6])
	if single == 0 || head[4]>>6 == 0 {
		size++ // window descriptor, or the content size of one byte
	}
	return size
}

type zstdDecoder struct {
	in      *input
	budget  *extract.Budget
	dec     *zstd.Decoder
	skipped bool
	state   int // of zstdSize
	check   bool
}

func newZstdDecoder(in *input, b *extract.Budget) (*zstdDecoder, error) {
	max := uint64(max(b.Limits().Buffer, zstd.MinWindowSize))
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(max), zstd.WithDecoderMaxMemory(max))
	if err != nil {
		return nil, err
	}
	return &zstdDecoder{in: in, budget: b, dec: dec}, nil
}

func (d *zstdDecoder) next() error {
	head, err := d.in.Peek(unitHead)
	if err != nil && err != io.EOF {
		return err
	}
	if d.skipped = isSkippable(head); d.skipped {
		return skipFrame(d.in)
	}
	d.state, d.check = zstdAtHeader, len(head) > 4 && head[4]&0x04 != 0
	return d.dec.Reset(&frame{in: d.in, size: d.size})
}

func (d *zstdDecoder) Read(p []byte) (int, error) {
	if d.skipped {
		return 0, io.EOF
	}
	n, err := d.dec.Read(p)
	switch {
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		err = &extract.LimitError{Limit: "buffer", Value: d.budget.Limits().Buffer, What: "window of a zstd frame"}
	case errors.Is(err, zstd.ErrUnknownDictionary):
		err = extract.Unsupported(d.in.offset(), "zstd frame needs a dictionary that is not in the image")
	case err == io.EOF && d.state != zstdAtEnd:
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (d *zstdDecoder) Close() { d.dec.Close() }

// What stands next in a frame.
const (
	zstdAtHeader = iota
	zstdAtBlock
	zstdAtChecksum
	zstdAtEnd
)

// size is the length of the next element of the frame.
func (d *zstdDecoder) size() (int64, error) {
	switch d.state {
	case zstdAtHeader:
		head, err := d.in.Peek(unitHead)
		if err != nil && err != io.EOF {
			return 0, err
		}
		d.state = zstdAtBlock
		if n := zstdHeader(head); n > 0 {
			return n, nil
		}
		return math.MaxInt64, nil // the decoder will say what is wrong
	case zstdAtBlock:
		head, err := d.in.Peek(3)
		if err != nil {
			return 0, err
		}
		h := int64(head[0]) | int64(head[1])<<8 | int64(head[2])<<16
		if h&1 != 0 { // the last block
			d.state = zstdAtChecksum
		}
		if h>>1&3 == 1 { // one byte, repeated
			return 3 + 1, nil
		}
		return 3 + h>>3, nil
	case zstdAtChecksum:
		d.state = zstdAtEnd
		if d.check {
			return 4, nil
		}
	}
	return 0, io.EOF
}
