package compress

import (
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/flate"

	"github.com/censorscan/censorscan/extract"
)

// deflateCodec decodes raw deflate streams, which have neither magic nor check sum.
func deflateCodec() *codec {
	return &codec{
		name: "deflate",
		open: func(in *input, _ *extract.Budget) (decoder, error) { return &deflateDecoder{in: in}, nil },
	}
}

type deflateDecoder struct {
	in *input
	io.ReadCloser
}

func (d *deflateDecoder) next() error {
	d.ReadCloser = flate.NewReader(d.in.Reader)
	return nil
}

func (d *deflateDecoder) Close() {}

// deflateBegins reports whether data can begin with the first block of a stream: one with the fixed codes, one whose code of code lengths is complete, as
// all encoders make it, or a stored one that is not all there is.
func deflateBegins(data []byte) bool {
	const head = 10 // 3 bits, 14 bits of counts, 19 times 3 bits
	if len(data) < head {
		return false
	}
	last := data[0]&1 != 0
	switch data[0] >> 1 & 3 {
	case 0:
		return !last && binary.LittleEndian.Uint16(data[1:]) == ^binary.LittleEndian.Uint16(data[3:])
	case 1:
		return true
	case 3:
		return false
	}
	bits := binary.LittleEndian.Uint64(data) >> 3
	if bits&31 > 29 || bits>>5&31 > 29 {
		return false
	}
	count := int(bits>>10&15) + 4
	rest := binary.LittleEndian.Uint64(data[2:]) >> 1 // behind the 17 bits of header and counts
	kraft := 0
	for range count {
		if n := rest & 7; n > 0 {
			kraft += 128 >> n
		}
		rest >>= 3
	}
	return kraft == 128
}
