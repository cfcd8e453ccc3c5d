package compress

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/mikelolasagasti/xz"

	"github.com/censorscan/censorscan/extract"
)

const (
	xzMagic  = "\xfd7zXZ\x00"
	xzHeader = 12
	xzFooter = 12
)

// XZ is the format of xz files, of any number of streams with padding between them.
func XZ() extract.Format {
	return xzCodec().format("xz streams", "https://tukaani.org/xz/xz-file-format.txt")
}

func xzCodec() *codec {
	c := &codec{
		name:     "xz",
		magic:    "\xfd7zXZ\x00",
		suffixes: []suffix{{".txz", ".tar"}, {".xz", ""}},
		begins:   xzBegins,
		open:     func(in *input, b *extract.Budget) (decoder, error) { return &xzDecoder{in: in, budget: b}, nil },
	}
	c.detect = func(p *extract.Probe) bool { return xzBegins(p.Head()) }
	return c
}

// xzBegins accepts the magic and flags under a right checksum.
func xzBegins(head []byte) bool {
	return len(head) >= xzHeader && bytes.HasPrefix(head, []byte(xzMagic)) &&
		crc32.ChecksumIEEE(head[6:8]) == binary.LittleEndian.Uint32(head[8:])
}

type xzDecoder struct {
	in     *input
	budget *extract.Budget
	start  int64 // where the stream begins
	chunk  int64 // where the bytes that the library read last begin
	r      *xz.Reader
	plain  uint64 // bytes decoded from the stream
}

func (d *xzDecoder) next() error {
	d.start, d.plain = d.in.offset(), 0
	var err error
	if d.r == nil {
		d.r, err = xz.NewReader(xzInput{d}, uint32(min(d.budget.Limits().Buffer, math.MaxInt32)))
	} else {
		err = d.r.Reset(xzInput{d})
	}
	d.r.Multistream(false)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return d.explain(err)
}

// Read decodes one stream. Padding behind it is no part of it, and of no interest to us even where its length is wrong.
func (d *xzDecoder) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	d.plain += uint64(n)
	if err == io.EOF || errors.Is(err, xz.ErrData) {
		if end, ok := d.findEnd(); ok {
			d.in.seek(end)
			return n, io.EOF
		}
	}
	return n, d.explain(err)
}

func (d *xzDecoder) Close() {}

// explain gives the library's errors the form of the contract's.
func (d *xzDecoder) explain(err error) error {
	switch {
	case errors.Is(err, xz.ErrMemlimit):
		return &extract.LimitError{Limit: "buffer", Value: d.budget.Limits().Buffer, What: "dictionary of an xz stream"}
	case errors.Is(err, xz.ErrUnsupportedCheck):
		return extract.Unsupported(d.start, "xz check type %d", d.r.CheckType)
	case errors.Is(err, xz.ErrOptions):
		return extract.Unsupported(d.start, "xz %s", d.options())
	case errors.Is(err, xz.ErrBuf):
		return fmt.Errorf("%w: %w", err, io.ErrUnexpectedEOF)
	}
	return err
}

// options names the filters of the first block, for a stream that the library refuses for its options.
func (d *xzDecoder) options() string {
	var buf [1024]byte
	n, _ := d.in.raw.src.ReadAt(buf[:], d.start+xzHeader)
	names, err := xzFilters(buf[:n])
	if err != nil {
		return "options: " + err.Error()
	}
	return "filters " + names
}

type xzInput struct{ d *xzDecoder }

func (i xzInput) Read(p []byte) (int, error) {
	i.d.chunk = i.d.in.offset()
	return i.d.in.Read(p)
}

// findEnd is where the stream ends, if it does. The library has read the padding behind it and up to 8 KiB more; the end is where a footer stands whose index
// adds up to the stream's length, raw and decoded: the library has one error for damage and for wrong padding.
func (d *xzDecoder) findEnd() (end int64, ok bool) {
	src := d.in.raw.src
	from := zerosBefore(src, d.start, d.chunk)
	from += (4 - (from-d.start)%4) % 4
	if from >= d.start+xzHeader+xzFooter && xzEndsAt(src, d.start, from, d.plain, d.budget) {
		return from, true
	}
	var buf [16 << 10]byte
	from = max(d.chunk-(d.chunk-d.start)%4-xzFooter, d.start)
	n, _ := src.ReadAt(buf[:min(d.in.offset()-from, int64(len(buf)))], from)
	for at := 0; at+xzFooter <= n; at += 4 {
		if string(buf[at+xzFooter-2:at+xzFooter]) == "YZ" && xzEndsAt(src, d.start, from+int64(at)+xzFooter, d.plain, d.budget) {
			return from + int64(at) + xzFooter, true
		}
	}
	return 0, false
}

// zerosBefore is where the run of zeros begins that ends at off, but not before start.
func zerosBefore(src io.ReaderAt, start, off int64) int64 {
	var buf [4 << 10]byte
	for off > start {
		n := min(off-start, int64(len(buf)))
		if m, _ := src.ReadAt(buf[:n], off-n); int64(m) < n {
			return off
		}
		if kept := len(bytes.TrimRight(buf[:n], "\x00")); kept > 0 {
			return off - n + int64(kept)
		}
		off -= n
	}
	return off
}

// xzEndsAt reports whether the stream that begins at start and decodes to plain bytes ends before the byte at end.
func xzEndsAt(src io.ReaderAt, start, end int64, plain uint64, b *extract.Budget) bool {
	var foot [xzFooter]byte
	if n, _ := src.ReadAt(foot[:], end-xzFooter); n < xzFooter || string(foot[10:]) != "YZ" ||
		crc32.ChecksumIEEE(foot[4:10]) != binary.LittleEndian.Uint32(foot[:]) {
		return false
	}
	size := (int64(binary.LittleEndian.Uint32(foot[4:])) + 1) * 4
	if end-xzFooter-size < start+xzHeader {
		return false
	}
	index, err := b.ReadFull(src, end-xzFooter-size, size)
	if err != nil || index[0] != 0 {
		return false
	}
	blocks, decoded, ok := xzBlocks(index[1 : size-4])
	return ok && decoded == plain && blocks == uint64(end-start-xzHeader-size-xzFooter)
}

// xzBlocks is the length of all blocks that an index lists, paddings included, and of what they decode to.
func xzBlocks(index []byte) (sum, decoded uint64, ok bool) {
	records, n := binary.Uvarint(index)
	if n <= 0 {
		return 0, 0, false
	}
	for index = index[n:]; records > 0; records-- {
		unpadded, n := binary.Uvarint(index)
		if n <= 0 || unpadded > 1<<62 {
			return 0, 0, false
		}
		plain, m := binary.Uvarint(index[n:])
		if m <= 0 || plain > 1<<62 {
			return 0, 0, false
		}
		index = index[n+m:]
		if sum += (unpadded + 3) &^ 3; sum > 1<<62 {
			return 0, 0, false
		}
		if decoded += plain; decoded > 1<<62 {
			return 0, 0, false
		}
	}
	return sum, decoded, true
}
