package compress

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/censorscan/censorscan/extract"
)

// Gzip is the format of gzip files, of any number of members.
func Gzip() extract.Format {
	return gzipCodec().format("gzip stream", "https://www.rfc-editor.org/rfc/rfc1952")
}

func gzipCodec() *codec {
	c := &codec{
		name:     "gzip",
		magic:    "\x1f\x8b\x08",
		suffixes: []suffix{{".tgz", ".tar"}, {".svgz", ".svg"}, {".gz", ""}, {".gzip", ""}, {"-gz", ""}, {".z", ""}},
		begins:   gzipBegins,
		open:     func(in *input, _ *extract.Budget) (decoder, error) { return &gzipDecoder{in: in}, nil },
		header:   gzipHeader,
	}
	c.detect = func(p *extract.Probe) bool {
		if !gzipBegins(p.Head()) {
			return false
		}
		// A header as all known writers make it is proof enough, even if what follows is damaged; for another the stream has to decode.
		if xfl, os := p.Head()[8], p.Head()[9]; xfl&^6 == 0 && (os <= 13 || os == 255) {
			return true
		}
		n, _, err := c.trial(p, 4<<10)
		return err == nil || err == io.EOF || n > 0 && cutShort(err)
	}
	return c
}

// Flags of a gzip header.
const (
	gzipHeaderCRC = 1 << 1
	gzipExtra     = 1 << 2
	gzipName      = 1 << 3
	gzipComment   = 1 << 4
	gzipReserved  = 0xe0
)

func gzipBegins(head []byte) bool {
	return len(head) >= 10 && bytes.HasPrefix(head, []byte{0x1f, 0x8b, 8}) && head[3]&gzipReserved == 0
}

// maxGzipText is how long a stored name or comment may be: longer ones are left to the decoder to accept or refuse.
const maxGzipText = 64 << 10

// gzipFixed is the length of the part of a header that all members have.
const gzipFixed = 10

// maxFileName is the longest name in bytes that file systems take.
const maxFileName = 255

// gzipHeader reads the header of the first member. The name is in its raw bytes. Extra fields, comments and texts that are no file names may hold anything.
func gzipHeader(src extract.Source) (header, error) {
	head := make([]byte, min(10+2+1<<16+2*maxGzipText, src.Size()))
	n, err := src.ReadAt(head, 0)
	if n < 10 {
		return header{}, extract.Damaged(int64(n), "gzip header ends early: %w", err)
	}
	head = head[:n]
	flags, at := head[3], 10
	if flags&gzipExtra != 0 && at+2 <= n {
		at += 2 + int(binary.LittleEndian.Uint16(head[at:]))
	}
	text := func() []byte {
		if at > n {
			return nil
		}
		end := bytes.IndexByte(head[at:], 0)
		if end < 0 {
			at = n + 1
			return nil
		}
		s := head[at : at+end]
		at += end + 1
		return s
	}
	h := header{own: gzipFixed}
	if flags&gzipName != 0 {
		h.name = string(text())
	}
	if flags&gzipComment != 0 {
		text()
	}
	if flags&gzipHeaderCRC != 0 {
		at += 2
	}
	if at > n {
		return header{name: h.name}, nil // cut or oversized: the decoder will say so
	}
	h.size = int64(at)
	if flags&(gzipExtra|gzipComment) == 0 && len(h.name) <= maxFileName {
		h.own = h.size
	}
	return h, nil
}

type gzipDecoder struct {
	in *input
	*gzip.Reader
}

func (d *gzipDecoder) next() (err error) {
	if d.Reader == nil {
		d.Reader, err = gzip.NewReader(d.in.Reader)
	} else {
		err = d.Reader.Reset(d.in.Reader)
	}
	if err == nil {
		d.Multistream(false)
	}
	return err
}

func (d *gzipDecoder) Close() {}
