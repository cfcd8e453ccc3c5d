package avb

import (
	"bytes"
	"context"
	"errors"
	"hash"
	"io"
	"iter"

	"github.com/censorscan/censorscan/extract"
)

// verify compares the image with the hashes that its metadata tell. Each kind of hash is computed once, however many descriptors there are.
func (img *image) verify(ctx context.Context) iter.Seq[*extract.Unopened] {
	return func(yield func(*extract.Unopened) bool) {
		for _, d := range img.hashes[:min(1, len(img.hashes))] {
			if u := img.verifyHash(ctx, d); u != nil && !yield(u) {
				return
			}
		}
		for _, d := range img.trees[:min(1, len(img.trees))] {
			if u := img.verifyTree(ctx, d); u != nil && !yield(u) {
				return
			}
		}
	}
}

func (img *image) verifyHash(ctx context.Context, d hashDescriptor) *extract.Unopened {
	f := newHash(d.algorithm)
	if f == nil {
		return extract.Unsupported(d.at, "hash %q is not checked", d.algorithm)
	}
	h := f()
	h.Write(d.salt)
	if _, err := io.Copy(h, &stopReader{ctx, io.NewSectionReader(img.in, 0, img.content)}); err != nil {
		return extract.AsUnopened(err)
	}
	if got := h.Sum(nil); !bytes.Equal(got, d.digest) {
		return extract.Damaged(d.at, "the image has %s %x, its vbmeta says %x", d.algorithm, got, d.digest)
	}
	return nil
}

// stopReader ends with the context.
type stopReader struct {
	ctx context.Context
	r   io.Reader
}

func (s *stopReader) Read(p []byte) (int, error) {
	if err := context.Cause(s.ctx); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

// errDiffers is the mismatch of one block and its hash.
var errDiffers = errors.New("hash differs")

// verifyTree compares every block with its hash in the level above, up to the root.
func (img *image) verifyTree(ctx context.Context, d treeDescriptor) *extract.Unopened {
	f := newHash(d.algorithm)
	if f == nil {
		return extract.Unsupported(d.at, "hash tree of %q is not checked", d.algorithm)
	}
	slot := digestSlot(d.algorithm, 0)
	h := f()
	below, block := extract.Extent{Size: int64(d.size)}, d.dataBlock
	for _, level := range d.levels {
		if at, err := img.verifyLevel(ctx, h, d.salt, below, block, level, slot); err != nil {
			if errors.Is(err, errDiffers) {
				return extract.Damaged(at, "block of %d bytes and its hash in the tree differ", block)
			}
			return extract.AsUnopened(err)
		}
		below, block = level, d.hashBlock
	}
	root, err := img.in.Budget.ReadFull(img.in, below.Offset, below.Size)
	if err != nil {
		return extract.AsUnopened(err)
	}
	if got := sum(h, d.salt, root); !bytes.Equal(got, d.digest) {
		return extract.Damaged(below.Offset, "the hash tree has the root %x, its vbmeta says %x", got, d.digest)
	}
	return nil
}

// verifyLevel compares the blocks of an extent with the hashes of the level above it and returns where the first one differs.
func (img *image) verifyLevel(ctx context.Context, h hash.Hash, salt []byte, data extract.Extent, block int64, level extract.Extent, slot int64) (int64, error) {
	const chunk = 1 << 20 // a multiple of every block size
	buf, hashes := make([]byte, min(chunk, data.Size+block)), make([]byte, chunk/block*slot)
	at := level.Offset
	for off := data.Offset; off < data.End(); off += chunk {
		if err := context.Cause(ctx); err != nil {
			return off, err
		}
		n := min(chunk, data.End()-off)
		padded := (n + block - 1) / block * block // the last block may be cut off: zeros follow
		clear(buf[n:padded])
		if m, err := img.in.ReadAt(buf[:n], off); int64(m) < n {
			return off, &extract.RangeError{Extent: extract.Extent{Offset: off, Size: n}, Err: err}
		}
		want := hashes[:padded/block*slot]
		if m, err := img.in.ReadAt(want, at); m < len(want) {
			return at, &extract.RangeError{Extent: extract.Extent{Offset: at, Size: int64(len(want))}, Err: err}
		}
		at += int64(len(want))
		for i := int64(0); i < padded; i += block {
			if !bytes.HasPrefix(want[i/block*slot:], sum(h, salt, buf[i:i+block])) {
				return off + i, errDiffers
			}
		}
	}
	return 0, nil
}

func sum(h hash.Hash, salt, data []byte) []byte {
	h.Reset()
	h.Write(salt)
	h.Write(data)
	return h.Sum(nil)
}
