package pak

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/compress"
)

// Kinds of resources, which Chromium tells by how they begin too.
const (
	plain = iota
	gzip
	brotli
)

const (
	gzipMagic   = "\x1f\x8b\x08"
	brotliMagic = "\x1e\x9b"
	brotliHead  = 8 // magic and size in 48 bits
)

func (p *pack) kind(e extract.Extent) int {
	if e.Size < brotliHead {
		return plain
	}
	var b [len(gzipMagic)]byte
	if n, _ := p.in.ReadAt(b[:], e.Offset); n < len(b) {
		return plain // whoever reads it is told
	}
	switch {
	case string(b[:]) == gzipMagic:
		return gzip
	case bytes.HasPrefix(b[:], []byte(brotliMagic)):
		return brotli
	}
	return plain
}

// decode makes the member of a brotli resource.
func (p *pack) decode(ctx context.Context, name string, e extract.Extent) (*extract.Member, error) {
	head, err := p.in.Budget.ReadFull(p.in, e.Offset, brotliHead)
	if err != nil {
		return nil, err
	}
	size := int64(binary.LittleEndian.Uint64(head) >> 16)
	raw := extract.Extent{Offset: e.Offset + brotliHead, Size: e.Size - brotliHead}
	c, err := compress.Brotli().Open(ctx, &extract.Input{Source: extract.Section(p.in, raw), Name: name, Budget: p.in.Budget})
	if err != nil {
		return nil, err
	}
	for inner, err := range c.Members(ctx) {
		if err != nil {
			return nil, err
		}
		m := &extract.Member{Name: name, Size: size, Extents: []extract.Extent{e}}
		var claim sync.Once
		ended := func() { // what follows the stream in the resource is left to be searched
			claim.Do(func() { m.Extents = shift(inner.Extents, e.Offset) })
		}
		m.Stream = func(ctx context.Context) (io.ReadCloser, error) {
			r, err := inner.Stream(ctx)
			if err != nil {
				return nil, err
			}
			return &decoded{ReadCloser: r, at: raw.Offset, want: size, ended: ended}, nil
		}
		return m, nil
	}
	return nil, errors.New("no brotli stream")
}

// shift moves the extents of a stream to their place in the pack, where the resource begins at off, and adds the head.
func shift(extents []extract.Extent, off int64) []extract.Extent {
	all := []extract.Extent{{Offset: off, Size: brotliHead}}
	for _, e := range extents {
		all = append(all, extract.Extent{Offset: off + brotliHead + e.Offset, Size: e.Size})
	}
	return all
}

// decoded is the stream of a resource, which has to give as many bytes as the resource says.
type decoded struct {
	io.ReadCloser
	at        int64 // of the stream in the pack
	got, want int64 // bytes
	ended     func()
}

func (d *decoded) Read(b []byte) (int, error) {
	n, err := d.ReadCloser.Read(b)
	d.got += int64(n)
	var u *extract.Unopened
	switch {
	case err == io.EOF:
		d.ended()
		if d.got != d.want {
			return n, extract.Damaged(d.at, "brotli resource of %d bytes, %d by what it says", d.got, d.want)
		}
	case errors.As(err, &u): // places in the stream become places in the pack
		moved := *u
		moved.Extent.Offset += d.at
		return n, &moved
	}
	return n, err
}
