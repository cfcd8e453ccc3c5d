// Package split reads artefacts that lie in several files, one run of bytes after another.
package split

import (
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/censorscan/censorscan/extract"
)

// Piece is a part of a chain.
type Piece struct {
	Source extract.Source // nil if it is missing
	Size   int64          // bytes in the chain; the Source may be longer or shorter
	Err    error          // why bytes are missing, nil for a Source that is too short
}

// Chain is the view that runs through pieces one after another. What is missing of them is an *extract.RangeError where it is read. Holes are kept.
func Chain(pieces []Piece) extract.Source {
	c := &chain{}
	for _, p := range pieces {
		if p.Size <= 0 {
			continue
		}
		held := int64(0)
		if p.Source != nil {
			held = min(p.Size, p.Source.Size())
		}
		if p.Err == nil {
			p.Err = fmt.Errorf("it ends at byte %d of %d", held, p.Size)
		}
		c.links = append(c.links, link{p, c.size, held})
		c.size += p.Size
	}
	return c
}

type chain struct {
	links []link
	size  int64
}

type link struct {
	Piece
	start int64 // in the chain
	held  int64 // bytes that are there
}

func (l *link) end() int64 { return l.start + l.Size }

// Size is the sum of the sizes of the pieces in bytes.
func (c *chain) Size() int64 { return c.size }

func (c *chain) find(off int64) int {
	return sort.Search(len(c.links), func(i int) bool { return c.links[i].end() > off })
}

// ReadAt implements io.ReaderAt.
func (c *chain) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off >= c.size {
		return 0, io.EOF
	}
	if int64(len(p)) > c.size-off {
		p, err = p[:c.size-off], io.EOF
	}
	for i := c.find(off); n < len(p); i++ {
		l := &c.links[i]
		m, err := l.read(p[n:min(int64(len(p)), l.end()-off)], off+int64(n))
		if n += m; err != nil {
			return n, err
		}
	}
	return n, err
}

// read fills part, which begins at byte at of the chain and ends within the piece.
func (l *link) read(part []byte, at int64) (n int, err error) {
	in := at - l.start
	if in < l.held {
		want := part[:min(int64(len(part)), l.held-in)]
		if n, err = l.Source.ReadAt(want, in); n < len(want) {
			return n, l.translate(at+int64(n), err)
		}
	}
	if n < len(part) {
		return n, &extract.RangeError{Extent: extract.Extent{Offset: l.start + l.held, Size: l.Size - l.held}, Err: l.Err}
	}
	return n, nil
}

// translate moves an error of the piece at byte at of the chain into the chain.
func (l *link) translate(at int64, err error) error {
	var re *extract.RangeError
	if !errors.As(err, &re) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("byte %d of a piece: %w", at-l.start, err)
	}
	lo, hi := max(l.start, l.start+re.Extent.Offset), min(l.end(), l.start+re.Extent.End())
	if lo > at || hi <= at {
		lo, hi = at, l.start+l.held
	}
	return &extract.RangeError{Extent: extract.Extent{Offset: lo, Size: hi - lo}, Err: re.Err}
}

// NextData implements extract.Sparse where the pieces do.
func (c *chain) NextData(off int64) (start, end int64) {
	off = max(off, 0)
	for i := c.find(off); i < len(c.links); i++ {
		l := &c.links[i]
		at := max(off, l.start)
		sp, ok := l.Source.(extract.Sparse)
		if !ok || at-l.start >= l.held {
			return at, l.end()
		}
		if s, e := sp.NextData(at - l.start); s < l.held {
			return l.start + s, l.start + min(e, l.held)
		}
		if l.held < l.Size {
			return l.start + l.held, l.end()
		}
	}
	return c.size, c.size
}
