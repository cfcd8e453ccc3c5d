package zip

import (
	"bufio"
	"compress/bzip2"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"
	"github.com/ulikunitz/xz/lzma"

	"github.com/censorscan/censorscan/extract"
)

// Compression methods.
const (
	stored    = 0
	deflated  = 8
	bzipped   = 12
	lzmaed    = 14
	oldZstd   = 20
	zstandard = 93
	xzed      = 95
	aes       = 99
)

func decodable(method uint16) bool {
	switch method {
	case stored, deflated, bzipped, lzmaed, oldZstd, zstandard, xzed:
		return true
	}
	return false
}

// methodName names the methods that exist and are not read; "" is a number that nobody uses.
func methodName(method uint16) string {
	switch method {
	case 1:
		return "shrink"
	case 2, 3, 4, 5:
		return "reduce"
	case 6:
		return "implode"
	case 9:
		return "deflate64"
	case 10:
		return "PKWARE DCL implode"
	case 16:
		return "z/OS CMPSC"
	case 18:
		return "TERSE"
	case 19:
		return "LZ77"
	case 94:
		return "MP3"
	case 96:
		return "JPEG"
	case 97:
		return "WavPack"
	case 98:
		return "PPMd"
	case aes:
		return "AES encryption"
	}
	return ""
}

// resolve finds the method that decodes an entry, and the bytes that it decodes. Flags and numbers that forbid it are not believed when the
// bytes decode: Android pays no heed to the encryption flag, and takes every method but deflate for stored.
func (c *container) resolve(e *entry, raw extract.Extent) (uint16, extract.Extent, *extract.Unopened) {
	encrypted := e.flags&flagEncrypted != 0
	if decodable(e.method) && (!encrypted || raw.Size == 0) {
		if e.method == stored && e.size >= 0 && e.size != e.packed && c.probe(e, deflated, raw) {
			return deflated, raw, nil // its sizes gave it away
		}
		return e.method, raw, nil
	}
	same := e.packed == e.size // encryption adds a header, so the sizes of an encrypted entry differ
	named := methodName(e.method)
	switch {
	case e.method == stored && same, same && !encrypted && named == "":
		return stored, raw, nil
	case decodable(e.method) && e.method != stored && c.probe(e, e.method, raw):
		return e.method, raw, nil
	case e.method != deflated && c.probe(e, deflated, raw):
		return deflated, raw, nil
	case same && c.probe(e, stored, raw):
		return stored, raw, nil
	case !encrypted && !same && c.plain(e, raw):
		return stored, extract.Extent{Offset: raw.Offset, Size: e.size}, nil
	}
	var u *extract.Unopened
	switch {
	case encrypted || e.method == aes && e.aes:
		u = extract.Encrypted(raw.Offset, "entry is encrypted")
	case named != "":
		u = extract.Unsupported(raw.Offset, "compression method %d (%s)", e.method, named)
	default: // its bytes are searched as they are, which is what Android makes of them
		return 0, raw, extract.Unsupported(raw.Offset, "unknown compression method %d", e.method)
	}
	u.Extent = raw
	return 0, raw, u
}

// plain reports whether the bytes where an entry begins are its content, whatever its packed size says: Android does not look at that when it maps an asset.
func (c *container) plain(e *entry, raw extract.Extent) bool {
	if e.size < 0 || e.size > c.in.Size()-raw.Offset || e.noCRC {
		return false
	}
	if c.shared += e.size; c.shared > c.in.Size() {
		return false
	}
	return c.probe(e, stored, extract.Extent{Offset: raw.Offset, Size: e.size})
}

// probeSize is how many decoded bytes without an error, in bytes, are proof enough that the method is right.
const probeSize = 1 << 20

// probe reports whether the bytes at raw decode by the method to what the directory says, as far as probeSize. Stored ones are read to the end.
func (c *container) probe(e *entry, method uint16, raw extract.Extent) bool {
	r, err := c.stream(&extract.Member{}, e, method, raw)
	if err != nil {
		return false
	}
	defer r.Close()
	if method == stored {
		_, err = io.Copy(io.Discard, r)
		return err == nil
	}
	n, err := io.CopyN(io.Discard, r, probeSize)
	return err == nil || err == io.EOF && n == e.size
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// inflater is what is worth keeping from one deflate stream to the next.
type inflater struct {
	buf *bufio.Reader
	dec io.ReadCloser
}

// stream decodes one entry and verifies its size and checksum at the end.
type stream struct {
	m      *extract.Member
	e      *entry
	raw    extract.Extent
	in     counter
	buf    *bufio.Reader
	r      io.Reader
	crc    uint32
	n      int64
	err    error
	buffer int64 // largest window, in bytes
	exact  bool  // the decoder reads no byte behind the end of its stream
	close  func()
}

// stream begins to decode the bytes at raw. When it has been read to its end, m.Extents are what it really took: bytes behind it are nobody's.
func (c *container) stream(m *extract.Member, e *entry, method uint16, raw extract.Extent) (io.ReadCloser, error) {
	s := &stream{m: m, e: e, raw: raw, buffer: c.in.Budget.Limits().Buffer, close: func() {}}
	s.in.r = io.NewSectionReader(c.in, raw.Offset, raw.Size)
	if method == stored {
		s.r = &s.in
		return s, nil
	}
	var err error
	if method == deflated {
		s.exact = true
		s.inflate(c)
	} else if s.r, err = s.decoder(method); err != nil {
		return nil, s.fail(err)
	}
	s.r = c.in.Budget.Expand(s.r, raw.Size)
	return s, nil
}

// inflate sets up a deflate decoder, a used one if there is one.
func (s *stream) inflate(c *container) {
	f, ok := c.pool.Get().(*inflater)
	if ok {
		f.buf.Reset(&s.in)
		ok = f.dec.(flate.Resetter).Reset(f.buf, nil) == nil
	}
	if !ok {
		f = &inflater{buf: bufio.NewReaderSize(&s.in, 16<<10)}
		f.dec = flate.NewReader(f.buf)
	}
	s.buf, s.r = f.buf, f.dec
	s.close = func() { c.pool.Put(f) }
}

// decoder sets up the decoder of a method other than deflate.
func (s *stream) decoder(method uint16) (io.Reader, error) {
	s.buf = bufio.NewReaderSize(&s.in, 16<<10)
	switch method {
	case bzipped:
		s.exact = true
		return bzip2.NewReader(s.buf), nil
	case lzmaed:
		return s.lzma()
	case xzed:
		return xz.NewReader(s.buf, uint32(min(s.buffer, 1<<31)))
	}
	d, err := zstd.NewReader(s.buf, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(uint64(max(s.buffer, 1<<20))))
	if err != nil {
		return nil, err
	}
	s.close = d.Close
	return d, nil
}

// lzma turns zip's header (version, length of the properties, properties) into the one of an .lzma file.
func (s *stream) lzma() (io.Reader, error) {
	var h [9]byte
	if _, err := io.ReadFull(s.buf, h[:]); err != nil {
		return nil, noEOF(err)
	}
	if n := le.Uint16(h[2:]); n != 5 {
		return nil, fmt.Errorf("LZMA properties of %d bytes", n)
	}
	if dict := int64(le.Uint32(h[5:])); dict > s.buffer {
		return nil, &extract.LimitError{Limit: "buffer", Value: s.buffer, What: fmt.Sprintf("LZMA dictionary of %d bytes", dict)}
	}
	head := make([]byte, 13)
	copy(head, h[4:])
	size := ^uint64(0)
	if s.e.flags&flagLZMAEnd == 0 && s.e.size >= 0 {
		size = uint64(s.e.size)
	}
	le.PutUint64(head[5:], size)
	s.exact = true
	return lzma.NewReader(&prefixed{head, s.buf})
}

// prefixed is a reader with bytes before it. As it also reads single bytes, a decoder takes no more than it needs.
type prefixed struct {
	head []byte
	r    *bufio.Reader
}

func (p *prefixed) ReadByte() (byte, error) {
	if len(p.head) == 0 {
		return p.r.ReadByte()
	}
	c := p.head[0]
	p.head = p.head[1:]
	return c, nil
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.head) == 0 {
		return p.r.Read(b)
	}
	n := copy(b, p.head)
	p.head = p.head[n:]
	return n, nil
}

func (s *stream) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	s.crc = crc32.Update(s.crc, crc32.IEEETable, p[:n])
	s.n += int64(n)
	switch err {
	case nil:
	case io.EOF:
		s.err = s.finish()
	default:
		s.err = s.fail(err)
	}
	return n, s.err
}

// finish is what the reader gets at the end: io.EOF when size and checksum are right.
func (s *stream) finish() error {
	if s.exact {
		if used := s.in.n - int64(s.buf.Buffered()); used < s.raw.Size {
			s.m.Extents = []extract.Extent{{Offset: s.raw.Offset, Size: used}}
		}
	}
	if s.e.size >= 0 && s.n != s.e.size {
		return extract.Damaged(s.raw.Offset, "decoded to %d bytes, the directory says %d", s.n, s.e.size)
	}
	if !s.e.noCRC && s.crc != s.e.crc {
		return extract.Damaged(s.raw.Offset, "CRC-32 is %08x, the directory says %08x", s.crc, s.e.crc)
	}
	return io.EOF
}

func (s *stream) fail(err error) error {
	var limit *extract.LimitError
	switch {
	case errors.As(err, &limit):
		return err
	case errors.Is(err, xz.ErrMemlimit), errors.Is(err, zstd.ErrWindowSizeExceeded):
		return &extract.LimitError{Limit: "buffer", Value: s.buffer, What: fmt.Sprintf("method %d: %v", s.e.method, err)}
	}
	return extract.Damaged(s.raw.Offset+s.in.n, "after %d decoded bytes: %w", s.n, noEOF(err))
}

func (s *stream) Close() error {
	s.close()
	s.close = func() {}
	s.r = closed{}
	return nil
}

type closed struct{}

func (closed) Read([]byte) (int, error) { return 0, errors.New("read after close") }

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
