package compress

import (
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/zlib"

	"github.com/censorscan/censorscan/extract"
)

// zlibTrial is how much of a stream has to decode, or all of it with a right checksum, before two bytes of magic are believed.
const zlibTrial = 32 << 10

// Zlib is the format of bare zlib streams.
func Zlib() extract.Format {
	return zlibCodec().format("zlib stream", "https://www.rfc-editor.org/rfc/rfc1950")
}

func zlibCodec() *codec {
	c := &codec{
		name:     "zlib",
		suffixes: []suffix{{".zlib", ""}, {".zz", ""}},
		open:     func(in *input, _ *extract.Budget) (decoder, error) { return &zlibDecoder{in: in}, nil },
	}
	c.detect = func(p *extract.Probe) bool {
		if !zlibBegins(p.Head()) {
			return false
		}
		_, raw, err := c.trial(p, zlibTrial)
		return err == nil || err == io.EOF || p.Size() < 0 && cutShort(err) && raw >= 1<<10
	}
	return c
}

// zlibBegins accepts the headers that zlib writes: deflate with a window of 32 KiB and no preset dictionary.
func zlibBegins(head []byte) bool {
	return len(head) >= 8 && head[0] == 0x78 && head[1]&0x20 == 0 && binary.BigEndian.Uint16(head)%31 == 0
}

type zlibDecoder struct {
	in *input
	io.ReadCloser
}

func (d *zlibDecoder) next() (err error) {
	d.ReadCloser, err = zlib.NewReader(d.in.Reader)
	return err
}

func (d *zlibDecoder) Close() {}
