package payload

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"fmt"
	"io"
	"math"
	"sync"

	"github.com/censorscan/censorscan/extract"
	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"
)

// codec is how a blob is compressed.
type codec uint8

const (
	unknown codec = iota
	isBzip2
	isXZ
	isZstd
)

// sniff tells the codec from the first bytes of a blob.
func sniff(head []byte) codec {
	switch {
	case len(head) >= 4 && string(head[:3]) == "BZh" && head[3] >= '1' && head[3] <= '9':
		return isBzip2
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		return isXZ
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return isZstd
	}
	return unknown
}

// decoders lends decoders, which hold their dictionaries between uses.
type decoders struct {
	xz, zstd *sync.Pool
	window   uint64 // bytes of dictionary that a stream may ask for
}

func newDecoders(l extract.Limits) decoders {
	window := uint64(min(max(l.Buffer, 1<<20), math.MaxInt32))
	return decoders{window: window, xz: &sync.Pool{}, zstd: &sync.Pool{New: func() any {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
		if err != nil {
			return err
		}
		return d
	}}}
}

// reader decodes the data of an operation. It gives exactly o.size bytes: short data are padded with zeros up to a block, longer or shorter data
// are an error. free gives the decoder back.
func (c *container) reader(o *operation) (r io.Reader, free func(), err error) {
	in := io.NewSectionReader(c.Source, o.blob.Offset, o.blob.Size)
	free = func() {}
	switch head := c.head(o.blob); sniff(head) {
	case isBzip2:
		r = bzip2.NewReader(bufio.NewReaderSize(in, 32<<10))
	case isXZ:
		d, _ := c.decoders.xz.Get().(*xz.Reader)
		if d == nil {
			d, err = xz.NewReader(in, uint32(c.decoders.window))
		} else {
			err = d.Reset(in)
		}
		if err != nil {
			return nil, free, err
		}
		r, free = d, func() { c.decoders.xz.Put(d) }
	case isZstd:
		switch d := c.decoders.zstd.Get().(type) {
		case error:
			return nil, free, d
		case *zstd.Decoder:
			if err := d.Reset(in); err != nil {
				return nil, free, err
			}
			r, free = d, func() { d.Reset(nil); c.decoders.zstd.Put(d) }
		}
	default:
		return nil, free, fmt.Errorf("data are neither bzip2 nor xz nor zstd but begin with %x", head)
	}
	return &exactReader{r: c.budget.Expand(r, o.blob.Size), left: o.size, pad: c.blockSize}, free, nil
}

// exactReader gives left bytes, of which fewer than pad at the end may be zeros that r does not hold, and fails if r holds more or less.
type exactReader struct {
	r    io.Reader
	left int64
	pad  int64
	done bool // r has ended
}

func (e *exactReader) Read(p []byte) (n int, err error) {
	if e.left == 0 {
		return 0, e.end()
	}
	p = p[:min(int64(len(p)), e.left)]
	if !e.done {
		n, err = e.r.Read(p)
		e.left -= int64(n)
		if err != io.EOF {
			return n, err
		}
		if e.left >= e.pad {
			return n, fmt.Errorf("data end %d bytes before the extents: %w", e.left, io.ErrUnexpectedEOF)
		}
		e.done, p = true, p[n:]
	}
	clear(p)
	e.left -= int64(len(p))
	return n + len(p), nil
}

// end checks that nothing follows.
func (e *exactReader) end() error {
	for tries := 0; !e.done; tries++ {
		var one [1]byte
		n, err := e.r.Read(one[:])
		switch {
		case n > 0:
			return fmt.Errorf("data go on behind the extents")
		case err == io.EOF:
			e.done = true
		case err != nil:
			return err
		case tries == 100:
			return io.ErrNoProgress
		}
	}
	return io.EOF
}
