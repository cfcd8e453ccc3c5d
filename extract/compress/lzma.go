package compress

import (
	"encoding/binary"
	"io"
	"math/bits"

	"github.com/ulikunitz/xz/lzma"

	"github.com/censorscan/censorscan/extract"
)

// lzmaTrial is how much of a stream has to decode, or all of it, before a header without magic is believed.
const lzmaTrial = 16 << 10

// LZMA is the format of .lzma files, also called lzma-alone.
func LZMA() extract.Format {
	return lzmaCodec().format("lzma-alone stream", "https://github.com/tukaani-project/xz/blob/master/doc/lzma-file-format.txt")
}

func lzmaCodec() *codec {
	c := &codec{
		name:     "lzma",
		suffixes: []suffix{{".tlz", ".tar"}, {".lzma", ""}},
		open: func(in *input, b *extract.Budget) (decoder, error) {
			return &lzmaDecoder{in: in, budget: b}, nil
		},
	}
	c.detect = func(p *extract.Probe) bool {
		if !lzmaBegins(p.Head()) {
			return false
		}
		if lzmaMemory(p.Head()) > p.Budget.Limits().Buffer {
			return p.Head()[0] == lzmaProps // cannot be tried; with all the rest plausible it is to be recorded
		}
		n, _, err := c.trial(p, lzmaTrial)
		return err == nil || err == io.EOF || p.Size() < 0 && cutShort(err) && n >= 1<<10 || lzmaUsual(p.Head())
	}
	return c
}

const (
	lzmaHeader = 13
	// lzmaProperties is the length of the part of the header that is not the size of the content.
	lzmaProperties = 5
	lzmaProps      = 0x5d // lc 3, lp 0, pb 2: what nearly every encoder writes
	lzmaNoSize     = 1<<64 - 1
)

// lzmaBegins accepts the headers that encoders write: properties in range, a dictionary of 2^n or 2^n+2^(n-1) bytes, no size or one below 256 GiB, and the zero
// byte with which every range coder begins.
func lzmaBegins(head []byte) bool {
	if len(head) < lzmaHeader+5 || head[0] >= 9*5*5 || head[0]%9+head[0]/9%5 > 4 || head[lzmaHeader] != 0 {
		return false
	}
	size := binary.LittleEndian.Uint64(head[lzmaProperties:])
	return lzmaDict(binary.LittleEndian.Uint32(head[1:])) && (size == lzmaNoSize || size < 256<<30)
}

func lzmaDict(size uint32) bool {
	plain := bits.OnesCount32(size) == 1 || size>>bits.TrailingZeros32(size) == 3 || size == 1<<32-1
	return plain && size >= lzma.MinDictCap
}

// lzmaUsual recognises the header that encoders write by default when they do not know the size: then a stream that does not decode is a damaged one.
func lzmaUsual(head []byte) bool {
	dict, size := binary.LittleEndian.Uint32(head[1:]), binary.LittleEndian.Uint64(head[5:])
	return head[0] == lzmaProps && size == lzmaNoSize && dict >= 1<<16 && bits.OnesCount32(dict) == 1
}

// lzmaMemory is the size of the dictionary that a decoder needs for the stream with this header.
func lzmaMemory(head []byte) int64 {
	dict, size := binary.LittleEndian.Uint32(head[1:]), binary.LittleEndian.Uint64(head[5:])
	return int64(min(uint64(dict), size))
}

type lzmaDecoder struct {
	in     *input
	budget *extract.Budget
	r      io.Reader
}

func (d *lzmaDecoder) next() error {
	head, err := d.in.Peek(lzmaHeader)
	if err != nil {
		return err
	}
	if n := lzmaMemory(head); n > d.budget.Limits().Buffer || n > 1<<31-1 {
		return &extract.LimitError{Limit: "buffer", Value: d.budget.Limits().Buffer, What: "dictionary of an lzma stream"}
	}
	d.r, err = lzma.NewReader(d.in.Reader)
	return err
}

func (d *lzmaDecoder) Read(p []byte) (int, error) { return d.r.Read(p) }

func (d *lzmaDecoder) Close() {}
