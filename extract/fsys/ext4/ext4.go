// Package ext4 reads ext2, ext3 and ext4 file systems in place, over any io.ReaderAt, and writes nothing.
//
// The layout is documented with the kernel (Documentation/filesystems/ext4); fs/ext4 there and lib/ext2fs in e2fsprogs decide where it leaves room.
// All features that change how files are read are known: extents and block maps, 64-bit block numbers, flex_bg and meta_bg, bigalloc,
// inline data, attributes in the inode, in blocks and in inodes, hashed, case-folded and large directories, and files that share blocks,
// as Android's images do. Contents encrypted by fscrypt are recognised and refused; an unclean journal is reported, not applied.
package ext4

import (
	"context"
	"io"
	"iter"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/fsys/tree"
)

// Format is ext2, ext3 and ext4.
func Format() extract.Format {
	return extract.Format{
		Name:    "ext4",
		Group:   "fsys",
		Summary: "ext2, ext3 and ext4 file systems; encrypted files and changes that only stand in the journal are named",
		Spec:    "https://www.kernel.org/doc/html/latest/filesystems/ext4/",
		Detect:  func(p *extract.Probe) bool { return plausible(p.At(superOffset, superSize)) },
		Open:    openContainer,
	}
}

// FS is an ext2, ext3 or ext4 file system as fs.FS. It follows no symbolic links; fs.FileInfo.Sys is a tree.Stat.
type FS struct{ *tree.FS }

// Open opens the file system in the first size bytes of src. The error is extract.ErrNotThis when there is none, an *extract.Unopened when it
// cannot be read.
func Open(src io.ReaderAt, size int64, b *extract.Budget) (*FS, error) {
	im, err := openImage(extract.ReaderSource(src, size), b)
	if err != nil {
		return nil, err
	}
	return &FS{tree.NewFS(&reader{im: im})}, nil
}

func openContainer(_ context.Context, in *extract.Input) (extract.Container, error) {
	im, err := openImage(in.Source, in.Budget)
	if err != nil {
		return nil, err
	}
	return &container{im: im, claims: &claims{}}, nil
}

// container is the file system as the walker sees it.
type container struct {
	im     *image
	claims *claims
}

// Members implements extract.Container: every name of every inode that the root leads to. Old contents in the journal and in free
// blocks belong to no member and not to the structure either, so they are searched as slack.
func (c *container) Members(ctx context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		for m, err := range tree.Walk(ctx, &reader{c.im, c.claims}) {
			if !yield(m, err) {
				return
			}
		}
		for _, u := range c.im.remarks() {
			if !yield(nil, u) {
				return
			}
		}
	}
}

// Structure implements extract.Container.
func (c *container) Structure() []extract.Extent {
	if c.im.compat&compatResizeInode != 0 {
		if n, err := c.im.inode(resizeInode, c.claims); err == nil {
			_, _ = n.mapping() // to claim its block of block numbers; what it maps is claimed anyway
		}
	}
	return merge(append(c.im.fixed(), c.claims.extents(c.im.blockSize)...), c.im.src.Size())
}

// Close implements extract.Container.
func (c *container) Close() error { return nil }
