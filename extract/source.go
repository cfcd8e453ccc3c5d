package extract

import (
	"errors"
	"fmt"
	"io"
	"sort"
)

// Source is random access to the bytes of an artefact. ReadAt must be safe for use by several goroutines at once. A Source that also implements
// io.Closer is closed by whoever opened it.
type Source interface {
	io.ReaderAt
	// Size is the length in bytes.
	Size() int64
}

// Sparse is implemented by a Source that knows where it holds nothing but zeros, so that readers need not read them.
type Sparse interface {
	// NextData returns the first run [start, end) at or after off that may hold other bytes than zero; start is the Source's size when there is none.
	NextData(off int64) (start, end int64)
}

// ZeroKeeper is implemented by a Source that decodes what is read and remembers where it found nothing but zeros.
type ZeroKeeper interface {
	// KnownZeros reports whether the n bytes at off are known to be zeros without reading them. False says nothing.
	KnownZeros(off, n int64) bool
}

// Extent is a run of bytes in an artefact.
type Extent struct {
	Offset, Size int64 // bytes
}

// End is the offset of the first byte after the extent.
func (e Extent) End() int64 { return e.Offset + e.Size }

// RangeError says that a run of bytes of a Source cannot be read, so that a reader can go on behind it.
type RangeError struct {
	Extent Extent // within the Source
	Err    error
}

func (e *RangeError) Error() string {
	return fmt.Sprintf("bytes %d to %d: %v", e.Extent.Offset, e.Extent.End(), e.Err)
}

func (e *RangeError) Unwrap() error { return e.Err }

// BytesSource is a Source over bytes in memory.
type BytesSource []byte

// Size is the length in bytes.
func (b BytesSource) Size() int64 { return int64(len(b)) }

// ReadAt implements io.ReaderAt.
func (b BytesSource) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off >= int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// ReaderSource makes a Source of any io.ReaderAt and a size, such as an os.File.
func ReaderSource(r io.ReaderAt, size int64) Source { return &readerSource{r, size} }

type readerSource struct {
	r    io.ReaderAt
	size int64
}

func (s *readerSource) Size() int64 { return s.size }
func (s *readerSource) ReadAt(p []byte, off int64) (int, error) {
	return readWithin(s.r, s.size, p, off)
}

// readWithin reads like r.ReadAt, but never behind size, and reports io.EOF there.
func readWithin(r io.ReaderAt, size int64, p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off >= size {
		return 0, io.EOF
	}
	if int64(len(p)) <= size-off {
		n, err := r.ReadAt(p, off)
		if n == len(p) {
			err = nil
		}
		return n, err
	}
	n, err := r.ReadAt(p[:size-off], off)
	if err == nil || int64(n) == size-off {
		err = io.EOF
	}
	return n, err
}

// Section is the part of a Source that an extent names, cut to the Source's size. Holes are kept.
func Section(src Source, e Extent) Source { return Concat(src, []Extent{e}) }

// Concat is the view of a Source that runs through the given extents one after another, each cut to the Source's size.
func Concat(src Source, extents []Extent) Source {
	c := &concatSource{src: src}
	for _, e := range extents {
		if e.Offset < 0 || e.Size <= 0 {
			continue
		}
		if e.Size = Reach(src, e.End()) - e.Offset; e.Size <= 0 {
			continue
		}
		c.extents = append(c.extents, e)
		c.starts = append(c.starts, c.size)
		c.size += e.Size
	}
	return c
}

type concatSource struct {
	src     Source
	extents []Extent
	starts  []int64 // offset of each extent in the view
	size    int64
}

func (c *concatSource) Size() int64 { return c.size }

func (c *concatSource) find(off int64) int {
	return sort.Search(len(c.starts), func(i int) bool { return c.starts[i] > off }) - 1
}

func (c *concatSource) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off >= c.size {
		return 0, io.EOF
	}
	for i := c.find(off); n < len(p) && i < len(c.extents); i++ {
		e, in := c.extents[i], off+int64(n)-c.starts[i]
		part := p[n:]
		if int64(len(part)) > e.Size-in {
			part = part[:e.Size-in]
		}
		m, err := c.src.ReadAt(part, e.Offset+in)
		n += m
		if m < len(part) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return n, c.translate(err, i)
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// translate moves the range of a RangeError of the parent into the view.
func (c *concatSource) translate(err error, i int) error {
	var re *RangeError
	if !errors.As(err, &re) {
		return err
	}
	e := c.extents[i]
	lo, hi := max(re.Extent.Offset, e.Offset), min(re.Extent.End(), e.End())
	if lo >= hi {
		return re.Err
	}
	return &RangeError{Extent{c.starts[i] + lo - e.Offset, hi - lo}, re.Err}
}

// NextData implements Sparse where the parent does.
func (c *concatSource) NextData(off int64) (start, end int64) {
	off = max(off, 0)
	sp, ok := c.src.(Sparse)
	if !ok {
		return min(off, c.size), c.size
	}
	if off >= c.size {
		return c.size, c.size
	}
	for i := c.find(off); i < len(c.extents); i++ {
		e := c.extents[i]
		s, t := sp.NextData(e.Offset + max(0, off-c.starts[i]))
		if s < e.End() {
			return c.starts[i] + s - e.Offset, c.starts[i] + min(t, e.End()) - e.Offset
		}
	}
	return c.size, c.size
}

// ReadFull reads exactly n bytes at off into memory that the budget allows. A Source that ends earlier is an error.
func (b *Budget) ReadFull(src io.ReaderAt, off, n int64) ([]byte, error) {
	buf, err := b.Bytes(n)
	if err != nil {
		return nil, err
	}
	m, err := src.ReadAt(buf, off)
	if m == len(buf) {
		return buf, nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return nil, fmt.Errorf("reading %d bytes at offset %d: %w", n, off, err)
}
