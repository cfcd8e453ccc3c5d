package erofs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz/lzma"
)

// Algorithms of compressed clusters, as numbered on disk.
const (
	algLZ4 = iota
	algLZMA
	algDeflate
	algZstd
	algCount
)

// Bounds of a compressed cluster that the kernel sets too.
const (
	maxEncoded = 1 << 20
	maxDecoded = 12 << 20
)

// decoders holds what decoding a cluster needs, for use by several goroutines.
type decoders struct {
	raw     sync.Pool // *[]byte, encoded clusters
	deflate sync.Pool // io.ReadCloser with flate.Resetter
	zstd    func() (*zstd.Decoder, error)
}

func newDecoders() *decoders {
	d := &decoders{}
	d.raw.New = func() any { return new([]byte) }
	d.deflate.New = func() any { return flate.NewReader(nil) }
	d.zstd = sync.OnceValues(func() (*zstd.Decoder, error) {
		return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(maxDecoded), zstd.WithDecoderMaxWindow(maxDecoded))
	})
	return d
}

// decode fills dst with the beginning of what src decodes to. With whole set, src decodes to just that much.
func (d *decoders) decode(dst, src []byte, algorithm uint8, whole bool) error {
	padded := len(src)
	for len(src) >= 8 && binary.LittleEndian.Uint64(src) == 0 {
		src = src[8:]
	}
	src = bytes.TrimLeft(src, "\x00") // encoders put the padding in front
	if len(src) == 0 {
		return fmt.Errorf("a compressed cluster of %d zeros", padded)
	}
	switch algorithm {
	case algLZ4:
		return d.decodeLZ4(dst, src, whole)
	case algLZMA:
		return decodeMicroLZMA(dst, src, whole)
	case algDeflate:
		return d.decodeDeflate(dst, src)
	case algZstd:
		return d.decodeZstd(dst, src, whole)
	}
	return fmt.Errorf("unknown compression algorithm %d", algorithm)
}

func (d *decoders) decodeLZ4(dst, src []byte, whole bool) error {
	if whole { // the fast decoder takes only exact lengths; old images have padding behind the data
		if n, err := lz4.UncompressBlock(src, dst); err == nil && n == len(dst) {
			return nil
		}
	}
	return lz4Partial(dst, src)
}

// decodeMicroLZMA decodes an lzma stream whose header is gone and whose first byte, always zero, was replaced by the inverted properties.
// Layout: liblzma, api/lzma/container.h, lzma_microlzma_decoder.
func decodeMicroLZMA(dst, src []byte, whole bool) error {
	header := make([]byte, lzma.HeaderLen+1) // ends in the zero byte
	header[0] = ^src[0]
	// A match cannot reach further back than the output is long; the decoder wants room for one more match.
	binary.LittleEndian.PutUint32(header[1:], uint32(max(len(dst), lzma.MinDictCap)+512))
	size := ^uint64(0) // not known: the stream goes on behind dst
	if whole {
		size = uint64(len(dst))
	}
	binary.LittleEndian.PutUint64(header[5:], size)
	r, err := lzma.ReaderConfig{DictCap: maxDecoded + 512}.NewReader(io.MultiReader(bytes.NewReader(header), bytes.NewReader(src[1:])))
	if err != nil {
		return err
	}
	for len(dst) > 0 {
		n, err := r.Read(dst)
		dst = dst[n:]
		if len(dst) > 0 && err != nil && (n == 0 || err == io.EOF) { // after an error the reader gives what it had decoded before
			return unexpected(err)
		}
	}
	return nil
}

func (d *decoders) decodeDeflate(dst, src []byte) error {
	r := d.deflate.Get().(io.ReadCloser)
	defer d.deflate.Put(r)
	if err := r.(flate.Resetter).Reset(bytes.NewReader(src), nil); err != nil {
		return err
	}
	_, err := io.ReadFull(r, dst)
	return unexpected(err)
}

func (d *decoders) decodeZstd(dst, src []byte, whole bool) error {
	dec, err := d.zstd()
	if err != nil {
		return err
	}
	out, err := dec.DecodeAll(src, dst[:0:len(dst)])
	if err != nil {
		return err
	}
	if len(out) < len(dst) || (whole && len(out) > len(dst)) {
		return fmt.Errorf("%d bytes decoded, not %d", len(out), len(dst))
	}
	if len(dst) > 0 && &out[0] != &dst[0] {
		copy(dst, out)
	}
	return nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
