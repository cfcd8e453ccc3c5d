// Package sparse reads Android sparse images, which leave out what a partition need not hold, whole or cut into parts.
package sparse

import (
	"context"
	"encoding/binary"
	"iter"
	"math"
	"path"
	"strings"

	"github.com/censorscan/censorscan/extract"
)

const magic = "\x3a\xff\x26\xed"

// Format is Android sparse images of version 1.
func Format() extract.Format {
	return extract.Format{
		Name:    "sparse",
		Group:   "disk",
		Summary: "Android sparse images (raw, fill, don't care, CRC32)",
		Spec:    "AOSP system/core/libsparse/sparse_format.h",
		Detect:  func(p *extract.Probe) bool { return p.Has(0, magic) },
		Open:    open,
	}
}

// header is what the file header says.
type header struct {
	fileHeader, chunkHeader int64 // bytes
	block                   int64 // bytes
	blocks, chunks          int64
	checksum                uint32 // of the image, 0 if there is none
}

const (
	fileHeaderSize  = 28
	chunkHeaderSize = 12
)

// readHeader reads the header of an image that begins with the magic.
func readHeader(b []byte) (h header, err error) {
	if len(b) < fileHeaderSize {
		return h, extract.Damaged(0, "sparse header of %d bytes, %d wanted", len(b), fileHeaderSize)
	}
	le := binary.LittleEndian
	if major := le.Uint16(b[4:]); major != 1 {
		return h, extract.Unsupported(4, "sparse image of version %d.%d", major, le.Uint16(b[6:]))
	}
	h = header{
		fileHeader: int64(le.Uint16(b[8:])), chunkHeader: int64(le.Uint16(b[10:])),
		block: int64(le.Uint32(b[12:])), blocks: int64(le.Uint32(b[16:])), chunks: int64(le.Uint32(b[20:])), checksum: le.Uint32(b[24:]),
	}
	switch {
	case h.fileHeader < fileHeaderSize || h.chunkHeader < chunkHeaderSize:
		return h, extract.Damaged(8, "headers of %d and %d bytes", h.fileHeader, h.chunkHeader)
	case h.block == 0 || h.block%4 != 0:
		return h, extract.Damaged(12, "blocks of %d bytes", h.block)
	case h.blocks > maxSize/h.block:
		return h, extract.Damaged(16, "%d blocks of %d bytes", h.blocks, h.block)
	case h.block > math.MaxInt32: // a chunk of 2^32 blocks would go beyond an int64
		return h, extract.Damaged(12, "blocks of %d bytes", h.block)
	}
	return h, nil
}

// maxSize is how large an image may be, in bytes, so that sums do not overflow.
const maxSize = 1 << 61

// container is an opened sparse image.
type container struct {
	*layout
	src    extract.Source
	name   string
	verify bool
}

func open(_ context.Context, in *extract.Input) (extract.Container, error) {
	l, err := scan(in.Source, in.Budget)
	if err != nil {
		return nil, err
	}
	l.single(in.Name)
	return &container{layout: l, src: in.Source, name: memberName(in.Name), verify: in.CheckHashes}, nil
}

// Map gives the image that a sparse image stands for, as a Source over it. What cannot be mapped is an *extract.RangeError where it is read. Rest says
// whether the file holds more than the image. ErrNotThis means that it is no sparse image.
func Map(ctx context.Context, src extract.Source, b *extract.Budget) (img extract.Source, rest bool, err error) {
	head := make([]byte, len(magic))
	if n, _ := src.ReadAt(head, 0); string(head[:n]) != magic {
		return nil, false, extract.ErrNotThis
	}
	l, err := scan(src, b)
	if err != nil {
		return nil, false, err
	}
	rest = l.hides(ctx, src)
	l.unwritten()
	return &image{layout: l, parts: []extract.Source{src}}, rest, nil
}

// memberName takes what tells of the sparse form out of a file name.
func memberName(name string) string {
	for _, suffix := range []string{".simg", ".sparse", "_sparse"} {
		name = strings.TrimSuffix(name, suffix)
	}
	ext := path.Ext(name)
	if name = strings.TrimSuffix(strings.TrimSuffix(name, ext), "_sparse") + ext; name == "" {
		return "image"
	}
	return name
}

// Members yields the one image, then what is wrong with it.
func (c *container) Members(ctx context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		img := &image{layout: c.layout, parts: []extract.Source{c.src}}
		m := &extract.Member{Name: c.name, Size: c.size, Extents: c.raw()}
		m.Open = func(context.Context) (extract.Source, error) { return img, nil }
		if !yield(m, nil) {
			return
		}
		for _, n := range c.notes {
			if !yield(nil, n) {
				return
			}
		}
		if c.verify {
			if err := c.checkSums(ctx, img); err != nil {
				yield(nil, err)
			}
		}
	}
}

// Structure is the headers of the file and of its chunks, with the values and sums that stand in chunks.
func (c *container) Structure() []extract.Extent { return c.structure }

// Close implements extract.Container.
func (c *container) Close() error { return nil }

// begins is how many bytes an image may leave out at its beginning: whatever it holds has its first tables before.
const begins = 64 << 10

// single judges an image that no other file completes: what it does not write although it should is not taken for zeros.
func (l *layout) single(name string) {
	l.unwritten()
	if len(l.pieces) == 0 {
		return
	}
	first, last := l.pieces[0].start, l.pieces[len(l.pieces)-1].end
	part, _ := partName(name)
	miss := func(start, end int64, err *extract.Unopened) {
		l.note(err)
		l.breakRange(start, end, err)
	}
	if first >= begins {
		miss(0, first, extract.Damaged(0, "the image is written from byte %d on only: other parts of it are missing", first))
	}
	if part.sure && last < l.size {
		miss(last, l.size, extract.Damaged(0, "the image is written up to byte %d only: by its name other parts of it are missing", last))
	}
}
