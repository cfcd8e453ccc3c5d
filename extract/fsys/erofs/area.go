package erofs

import (
	"io"

	"github.com/censorscan/censorscan/extract"
)

// space is an address space that content comes from: the image, or a file in it that holds parts of others.
type space interface {
	extract.Source
	// extents appends where the n bytes at off lie in the image.
	extents(to *extentList, off, n int64)
}

// imageSpace is the image itself.
type imageSpace struct{ extract.Source }

func (s imageSpace) extents(to *extentList, off, n int64) {
	if off < 0 || off >= s.Size() || n <= 0 {
		return
	}
	to.add(extract.Extent{Offset: off, Size: min(n, s.Size()-off)})
}

// area is a space that holds inodes.
type area struct {
	space
	base  int64 // offset of inode number 0
	cache *extract.Cache
	owner int64
}

// window is how much metadata is read at once.
const window = 16 << 10

// read returns the n bytes at off. Nobody may change them.
func (a *area) read(off, n int64) ([]byte, error) {
	if off < 0 || n < 0 || off > a.Size()-n {
		return nil, extract.Damaged(max(0, off), "metadata of %d bytes at %d lies outside the %d bytes there are", n, off, a.Size())
	}
	first, err := a.window(off / window)
	if err != nil {
		return nil, err
	}
	if in := off % window; in+n <= int64(len(first)) {
		return first[in : in+n], nil
	}
	buf := make([]byte, 0, n) // callers ask for what a 16 bit field counts at most
	for int64(len(buf)) < n {
		at := off + int64(len(buf))
		w, err := a.window(at / window)
		if err != nil {
			return nil, err
		}
		w = w[at%window:]
		buf = append(buf, w[:min(int64(len(w)), n-int64(len(buf)))]...)
	}
	return buf, nil
}

func (a *area) window(i int64) ([]byte, error) {
	return a.cache.Get(extract.CacheKey{Owner: a.owner, Block: i}, func() ([]byte, error) {
		off := i * window
		buf := make([]byte, min(window, a.Size()-off))
		if n, err := a.ReadAt(buf, off); n < len(buf) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, extract.Damaged(off, "metadata at %d: %w", off, err)
		}
		return buf, nil
	})
}
