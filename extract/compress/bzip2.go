package compress

import (
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"io"

	"github.com/censorscan/censorscan/extract"
)

// Bzip2 is the format of bzip2 files, of any number of streams.
func Bzip2() extract.Format {
	return bzip2Codec().format("bzip2 stream", "https://github.com/dsnet/compress/blob/master/doc/bzip2-format.pdf")
}

func bzip2Codec() *codec {
	c := &codec{
		name:     "bzip2",
		magic:    "BZh",
		suffixes: []suffix{{".tbz2", ".tar"}, {".tbz", ".tar"}, {".bz2", ""}, {".bz", ""}},
		begins:   bzip2Begins,
		open:     func(in *input, _ *extract.Budget) (decoder, error) { return &bzip2Decoder{in: in}, nil },
	}
	c.detect = func(p *extract.Probe) bool { return bzip2Begins(p.Head()) }
	return c
}

// The magic numbers of a block and of the end of a stream.
const (
	bzip2Block = 0x314159265359
	bzip2End   = 0x177245385090
)

func bzip2Begins(head []byte) bool {
	if len(head) < 10 || !bytes.HasPrefix(head, []byte("BZh")) || head[3] < '1' || head[3] > '9' {
		return false
	}
	magic := binary.BigEndian.Uint64(head[2:]) & (1<<48 - 1)
	return magic == bzip2Block || magic == bzip2End
}

type bzip2Decoder struct {
	in *input
	r  io.Reader
}

func (d *bzip2Decoder) next() error {
	d.r = bzip2.NewReader(d.in.Reader)
	return nil
}

// Read decodes this stream and those that follow it directly: the library does not stop between them. It reads up to four bytes of what follows the
// last one to see whether it is another, and takes it for damage if not.
func (d *bzip2Decoder) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	var bad bzip2.StructuralError
	if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &bad) {
		return n, err
	}
	off := d.in.offset()
	for end := off - 1; end >= max(off-4, 0); end-- {
		if bzip2EndsAt(d.in.raw.src, end) {
			d.in.seek(end)
			return n, io.EOF
		}
	}
	return n, err
}

// bzip2EndsAt reports whether the trailer of a stream (48 bits of magic, 32 of checksum, up to 7 of padding) ends before the byte at off.
func bzip2EndsAt(src io.ReaderAt, off int64) bool {
	var tail [11]byte
	if off < int64(len(tail)) {
		return false
	}
	if n, _ := src.ReadAt(tail[:], off-int64(len(tail))); n < len(tail) {
		return false
	}
	bits := binary.BigEndian.Uint64(tail[:8]) // of the last 88 bits, 88-80-pad stand before the magic
	for pad := range 8 {
		if bits>>(64-8-48+pad)&(1<<48-1) == bzip2End {
			return true
		}
	}
	return false
}

func (d *bzip2Decoder) Close() {}
