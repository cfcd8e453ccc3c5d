package sdat

import (
	"bytes"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"

	"github.com/censorscan/censorscan/extract"
)

// unbrotli decodes a brotli stream. What stands behind the stream follows as it is, so that nothing hides there; reading on to the end also lets the
// container verify its checksum.
type unbrotli struct {
	raw   *recent
	dec   io.Reader // nil when the stream is over
	after io.Reader
}

func newUnbrotli(r io.ReadCloser, size int64, b *extract.Budget) io.ReadCloser {
	u := &unbrotli{raw: &recent{r: r}}
	u.dec = b.Expand(&guarded{brotli.NewReader(u.raw)}, size)
	return u
}

func (u *unbrotli) Read(p []byte) (int, error) {
	if u.dec == nil {
		return u.after.Read(p)
	}
	n, err := u.dec.Read(p)
	switch {
	case err == nil:
		return n, nil
	case err == io.EOF:
		u.after = u.raw.r
	case err.Error() == brotliExcess: // the library does not tell where: its last chunk follows
		u.after = io.MultiReader(bytes.NewReader(u.raw.chunk), u.raw.r)
	case u.raw.err != nil:
		return n, u.raw.err
	default:
		return n, fmt.Errorf("brotli stream breaks near byte %d: %w", u.raw.read, err)
	}
	u.dec = nil
	return n, nil
}

func (u *unbrotli) Close() error { return u.raw.r.Close() }

// brotliExcess is the text of the library's unexported error for bytes behind the stream.
const brotliExcess = "brotli: excessive input"

// recent keeps the last bytes that were read.
type recent struct {
	r     io.ReadCloser
	chunk []byte
	read  int64
	err   error          // of r
	buf   [32 << 10]byte // what the library asks for at once
}

func (r *recent) Read(p []byte) (int, error) {
	n, err := r.r.Read(p[:min(len(p), len(r.buf))])
	if n > 0 {
		r.chunk = r.buf[:copy(r.buf[:], p[:n])]
		r.read += int64(n)
	}
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// guarded turns a panic of the decoder into damage.
type guarded struct{ r io.Reader }

func (g *guarded) Read(p []byte) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, fmt.Errorf("decoder panicked: %v", v)
		}
	}()
	return g.r.Read(p)
}
