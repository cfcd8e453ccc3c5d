package compress

import (
	"io"

	"github.com/andybalholm/brotli"

	"github.com/censorscan/censorscan/extract"
)

// brotliTrial is how much of a file that calls itself brotli is decoded to see that it is.
const brotliTrial = 64 << 10

// Brotli is the format of .br files. It has neither magic nor checksums, so the name has to say what the content then confirms.
func Brotli() extract.Format {
	return brotliCodec().format("brotli stream", "https://www.rfc-editor.org/rfc/rfc7932")
}

func brotliCodec() *codec {
	c := &codec{
		name:     "brotli",
		suffixes: []suffix{{".tbr", ".tar"}, {".br", ""}},
		open:     func(in *input, _ *extract.Budget) (decoder, error) { return &brotliDecoder{in: in}, nil },
	}
	c.detect = func(p *extract.Probe) bool {
		if !c.hasSuffix(p.Name) || len(p.Head()) == 0 {
			return false
		}
		n, _, err := c.trial(p, brotliTrial)
		return err == nil || err == io.EOF || n > 0 && cutShort(err)
	}
	return c
}

// brotliChunk bounds how far the library reads beyond the end of the stream.
const brotliChunk = 4 << 10

type brotliDecoder struct {
	in    *input
	chunk int64 // where the bytes that the library read last begin
	end   bool
	*brotli.Reader
}

func (d *brotliDecoder) next() error {
	d.Reader = brotli.NewReader(brotliInput{d})
	return nil
}

// Read decodes. The library does not tell where the stream ends, only that its last chunk held more: that chunk is then left to be searched as it is.
func (d *brotliDecoder) Read(p []byte) (int, error) {
	if d.end {
		return 0, io.EOF
	}
	n, err := d.Reader.Read(p)
	if err != nil && err.Error() == brotliExcess {
		d.in.seek(d.chunk)
		d.end = true
		return n, io.EOF
	}
	return n, err
}

// brotliExcess is the text of the library's unexported error for bytes behind the stream.
const brotliExcess = "brotli: excessive input"

type brotliInput struct{ d *brotliDecoder }

func (i brotliInput) Read(p []byte) (int, error) {
	i.d.chunk = i.d.in.offset()
	return i.d.in.Read(p[:min(len(p), brotliChunk)])
}

func (d *brotliDecoder) Close() {}
