package erofs_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
	"github.com/censorscan/censorscan/extract/fsys/erofs"
)

// Places in the image that newImage makes.
const (
	superAt   = 1024
	rootInode = 40
	rootAt    = rootInode * 32
	fileInode = 48
	fileAt    = fileInode * 32
	fileTail  = fileAt + 64 // behind the extended inode
	dirAt     = 4096
	dataAt    = 8192
	imageSize = 16384
)

// image is a small image under construction.
type image []byte

func (b image) u16(at int, v uint16) { binary.LittleEndian.PutUint16(b[at:], v) }
func (b image) u32(at int, v uint32) { binary.LittleEndian.PutUint32(b[at:], v) }
func (b image) u64(at int, v uint64) { binary.LittleEndian.PutUint64(b[at:], v) }

// newImage makes an image of one directory with one file of the given layout and size.
func newImage(layout uint16, size uint64) image {
	b := make(image, imageSize)
	b.u32(superAt, 0xE0F5E1E2)
	b[superAt+12] = 12
	b.u16(superAt+14, rootInode)
	b.u16(rootAt+4, 0o40755)
	b.u32(rootAt+8, 4096)
	b.u32(rootAt+16, dirAt/4096)
	b.entries("file", fileInode)
	b.u16(fileAt, layout<<1|1)
	b.u16(fileAt+4, 0o100644)
	b.u64(fileAt+8, size)
	b.u32(fileAt+16, dataAt/4096)
	copy(b[dataAt:], strings.Repeat("data", 2048))
	return b
}

// entries writes the directory: names and inode numbers in turn.
func (b image) entries(list ...any) {
	clear(b[dirAt : dirAt+4096])
	name := len(list) / 2 * 12
	for i := 0; i < len(list); i += 2 {
		b.u64(dirAt+i*6, uint64(list[i+1].(int)))
		b.u16(dirAt+i*6+8, uint16(name))
		name += copy(b[dirAt+name:], list[i].(string))
	}
}

// read opens an image and reads all of it; what went wrong is in the problems and in the files.
func read(t *testing.T, b []byte) *formattest.Listing {
	t.Helper()
	l, err := formattest.List(erofs.Format(), extract.BytesSource(b), "image", formattest.SmallLimits())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestHostile(t *testing.T) {
	const plain, full, inline, compact, chunks = 0, 1, 2, 3, 4
	tests := []struct {
		name   string
		layout uint16
		size   uint64
		change func(b image)
		want   string // in the problem of the file, or between members
	}{
		{"directory loop", plain, 4, func(b image) { b.entries("again", rootInode, "file", fileInode) }, "directory loop"},
		{"inode outside", plain, 4, func(b image) { b.entries("file", 1<<40) }, "lies outside"},
		{"inode with the sign bit", plain, 4, func(b image) { b.u64(dirAt, 1<<63|5) }, "no metabox"},
		{"name offset outside", plain, 4, func(b image) { b.u16(dirAt+8, 60000) }, "first name is said to begin"},
		{"name offset zero", plain, 4, func(b image) { b.u16(dirAt+8, 0) }, "first name is said to begin"},
		{"names that cross", plain, 4, func(b image) { b.entries("a", fileInode, "b", fileInode); b.u16(dirAt+12+8, 20) }, "names that do not lie"},
		{"directory of 2^60 bytes", plain, 4, func(b image) { b.u16(rootAt, 1); b.u64(rootAt+8, 1<<60) }, "of the directory"},
		{"directory of zeros", plain, 4, func(b image) { b.u16(rootAt, 1); b.u64(rootAt+8, 1<<60); b.u32(rootAt+16, 1<<32-1) }, "64 broken directory blocks"},
		{"size 2^62", plain, 1 << 62, nil, "claims"},
		{"size 2^60", plain, 1 << 60, nil, "but there are only"},
		{"negative size", plain, 1 << 63, nil, "claims"},
		{"data outside", plain, 4, func(b image) { b.u32(fileAt+16, 1<<30) }, "but there are only"},
		{"inline end across blocks", inline, 4095, nil, "crosses its block"},
		{"unknown format", plain, 4, func(b image) { b.u16(fileAt, 0xfff0) }, "unknown format"},
		{"unknown file type", plain, 4, func(b image) { b.u16(fileAt+4, 0o170000) }, "unknown file type"},
		{"chunk bits 31", chunks, 1 << 50, func(b image) { b.u32(fileAt+16, 31) }, "but there are only"},
		{"chunk table outside", chunks, 1 << 50, func(b image) { b.u32(fileAt+16, 0) }, "but there are only"},
		{"unknown chunk format", chunks, 4, func(b image) { b.u32(fileAt+16, 0x8000) }, "unknown chunk format"},
		{"device that is not there", chunks, 4, func(b image) {
			b.u32(superAt+80, 8)
			b.u16(superAt+86, 1)
			b.u16(superAt+88, 24) // the table at 3072
			b.u32(3072+64, 100)
			b.u32(fileAt+16, 0x20)
			b.u16(fileTail+2, 1)
		}, "device 1 of 1"},
		{"clusters without a head", full, 8192, func(b image) { b.u16(fileTail+16, 2) }, "without a head"},
		{"first cluster begins late", full, 8192, func(b image) { b.u16(fileTail+16, 1); b.u16(fileTail+18, 5) }, "begins at 5"},
		{"cluster outside", full, 4096, func(b image) { b.u16(fileTail+16, 1); b.u32(fileTail+20, 1<<31) }, "but there are only"},
		{"cluster of no compressor", full, 4096, func(b image) { b[fileTail+6] = 9; b.u16(fileTail+16, 1) }, "algorithm 9"},
		{"cluster of zeros", full, 4096, func(b image) { b.u16(fileTail+16, 1); b.u32(fileTail+20, 3); clear(b[3*4096:]) }, "4096 zeros"},
		{"huge cluster", full, 16384, func(b image) {
			b.u16(fileTail+4, 2)
			b.u16(fileTail+16, 1)
			b.u16(fileTail+24, 2)
			b.u16(fileTail+28, 0x800|0x7ff)
		}, "cluster of 8384512 bytes"},
		{"cluster that decodes to too much", full, 13 << 20, func(b image) {
			b[fileTail+7] = 4 // logical clusters of 64 KiB
			for i := range 208 {
				b.u16(fileTail+16+i*8, 2)
			}
			b.u16(fileTail+16, 1)
		}, "decodes to 13631488"},
		{"cluster of unsaid size", full, 8192, func(b image) { b.u16(fileTail+4, 2); b.u16(fileTail+16, 1); b.u16(fileTail+24, 2) }, "does not tell the size"},
		{"index outside", full, 1 << 60, func(b image) { b.u16(fileTail+16, 1) }, "broken lz4 block"},
		{"compact index outside", compact, 1 << 60, nil, "plain bytes in a cluster"},
		{"compact index of large clusters", compact, 4096, func(b image) { b[fileTail+7] = 15 }, "compact indexes for clusters"},
		{"big clusters of one head", compact, 4096, func(b image) { b.u16(fileTail+4, 2) }, "one head type only"},
		{"fragment without packed inode", full, 100, func(b image) { b.u64(fileTail, 1<<63|7) }, "no packed inode"},
		{"fragment outside", full, 100, func(b image) {
			b.u64(superAt+96, rootInode+20)
			copy(b[rootAt+640:], b[fileAt:fileAt+64])
			b.u16(rootAt+640, 1) // plain
			b.u64(fileTail, 1<<63|7777)
		}, "but there are only"},
		{"packed inode in itself", full, 100, func(b image) { b.u64(superAt+96, fileInode); b.u64(fileTail, 1<<63|7) }, "that cannot be"},
		{"packed inode is a directory", full, 100, func(b image) { b.u64(superAt+96, rootInode); b.u64(fileTail, 1<<63|7) }, "not a regular file"},
		{"extents out of order", full, 8192, func(b image) {
			b.u32(fileTail, 2)
			b.u16(fileTail+4, 1|2<<1) // records of 16 bytes
			b.u32(fileTail+16+16+12, 0)
			b.u32(fileTail+16, 4096)
		}, "begins at 0, not behind"},
		{"extents that are not there", full, 8192, func(b image) { b.u32(fileTail, 0); b.u16(fileTail+4, 1|2<<1) }, "maps only the first 0"},
		{"attributes outside", plain, 4, func(b image) { b.u16(fileAt+2, 0xffff) }, "lies outside"},
		{"shared attributes that are not there", plain, 4, func(b image) { b.u16(fileAt+2, 2); b[fileTail+4] = 255 }, "255 shared attributes"},
		{"attribute that is too long", plain, 4, func(b image) { b.u16(fileAt+2, 3); b.u32(fileTail+12, 0xffff_01_ff) }, "bytes long"},
		{"broken checksum", plain, 4, func(b image) { b.u32(superAt+8, 1); b.u32(superAt+4, 99) }, "checksum"},
		{"root is a file", plain, 4, func(b image) { b.u16(superAt+14, fileInode) }, "root is not a directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newImage(tt.layout, tt.size)
			if tt.change != nil {
				tt.change(b)
			}
			l := read(t, b)
			said := slices.Clone(l.Problems)
			for _, f := range l.Files {
				said = append(said, f.Problem)
			}
			if all := strings.Join(said, "\n"); !strings.Contains(all, tt.want) {
				t.Errorf("problems are %q, want one with %q", said, tt.want)
			}
			formattest.Survive(t, erofs.Format(), b)
		})
	}
}

func TestRefused(t *testing.T) {
	tests := []struct {
		name   string
		change func(b image)
		want   string
	}{
		{"unknown features", func(b image) { b.u32(superAt+80, 1<<9|1<<31) }, "0x200, 0x80000000"},
		{"block size", func(b image) { b[superAt+12] = 30 }, "2^30"},
		{"directory block size", func(b image) { b[superAt+90] = 1 }, "directory blocks"},
		{"metabox in the metabox", func(b image) { b.u32(superAt+80, 1<<8); b[superAt+13] = 1; b.u64(superAt+128, 1<<63) }, "lies in the metabox"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newImage(0, 4)
			tt.change(b)
			_, err := erofs.Open(bytes.NewReader(b), imageSize, extract.NewBudget(formattest.SmallLimits()))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

// TestHoles reads a chunk-based file whose middle chunk is a hole.
func TestHoles(t *testing.T) {
	b := newImage(4, 10000)
	b.u32(fileAt+16, 0)
	b.u32(fileTail, dataAt/4096)
	b.u32(fileTail+4, 1<<32-1)
	b.u32(fileTail+8, dataAt/4096)
	c, err := erofs.Format().Open(context.Background(), &extract.Input{Source: extract.BytesSource(b), Budget: extract.NewBudget(extract.DefaultLimits())})
	if err != nil {
		t.Fatal(err)
	}
	for m, err := range c.Members(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Name != "/file" {
			continue
		}
		f, err := m.Open(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		var runs []int64
		for off := int64(0); off < f.Size(); {
			start, end := f.(extract.Sparse).NextData(off)
			runs = append(runs, start, end)
			off = end
		}
		if want := []int64{0, 4096, 8192, 10000}; !slices.Equal(runs, want) {
			t.Errorf("runs of data = %d, want %d", runs, want)
		}
		got, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
		if want := slices.Concat(b[dataAt:dataAt+4096], make([]byte, 4096), b[dataAt:dataAt+1808]); err != nil || !bytes.Equal(got, want) {
			t.Errorf("wrong content (%v)", err)
		}
		return
	}
	t.Error("/file is missing")
}
