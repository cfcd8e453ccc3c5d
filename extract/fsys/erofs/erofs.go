// Package erofs reads EROFS, the read-only file system of most Android partitions: uncompressed, chunk-based and compressed images, with every compressor
// and way of packing that mkfs.erofs knows.
package erofs

import (
	"context"
	"io"
	"iter"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/fsys/tree"
)

// Format is the EROFS file system.
func Format() extract.Format {
	return extract.Format{
		Name:    "erofs",
		Group:   "fsys",
		Summary: "EROFS: plain, chunk-based, lz4, lzma, deflate, zstd, with big clusters, packed tails, fragments and deduplication",
		Spec:    "https://docs.kernel.org/filesystems/erofs.html; Linux, fs/erofs/erofs_fs.h",
		Detect:  func(p *extract.Probe) bool { return p.Has(superOffset, "\xe2\xe1\xf5\xe0") },
		Open: func(_ context.Context, in *extract.Input) (extract.Container, error) {
			v, err := openVolume(in.Source, in.Budget)
			if err != nil {
				return nil, err
			}
			return &container{&view{volume: v, claims: new(extentList), work: v.newAllowance()}}, nil
		},
	}
}

// container is an image as members.
type container struct{ view *view }

// Members implements extract.Container.
func (c *container) Members(ctx context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		for _, p := range c.view.super.problems {
			if !yield(nil, p) {
				return
			}
		}
		for m, err := range tree.Walk(ctx, c.view) {
			if !yield(m, err) {
				return
			}
		}
	}
}

// Structure implements extract.Container.
func (c *container) Structure() []extract.Extent { return c.view.structure() }

// Close implements extract.Container.
func (c *container) Close() error { return nil }

// FS is an EROFS image as fs.FS. It follows no symbolic links. It is safe for use by several goroutines.
type FS struct{ *tree.FS }

// Open opens an image of size bytes. Decoded clusters are kept in the budget's cache.
func Open(src io.ReaderAt, size int64, b *extract.Budget) (*FS, error) {
	v, err := openVolume(extract.ReaderSource(src, size), b)
	if err != nil {
		return nil, err
	}
	return &FS{tree.NewFS(&view{volume: v})}, nil
}
