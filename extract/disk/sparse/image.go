package sparse

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/censorscan/censorscan/extract"
)

// image gives random access to what sparse images stand for.
type image struct {
	*layout
	parts []extract.Source // the files that hold it
}

// Size is the size of the image in bytes.
func (m *image) Size() int64 { return m.size }

// find gives the first piece that ends behind off.
func (m *image) find(off int64) int {
	return sort.Search(len(m.pieces), func(i int) bool { return m.pieces[i].end > off })
}

// ReadAt implements io.ReaderAt.
func (m *image) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off >= m.size {
		return 0, io.EOF
	}
	if int64(len(p)) > m.size-off {
		p, err = p[:m.size-off], io.EOF
	}
	for i := m.find(off); n < len(p); {
		at := off + int64(n)
		if i == len(m.pieces) || m.pieces[i].start > at {
			end := off + int64(len(p))
			if i < len(m.pieces) {
				end = min(end, m.pieces[i].start)
			}
			clear(p[n : end-off])
			n = int(end - off)
			continue
		}
		got, err := m.readPiece(&m.pieces[i], p[n:min(int64(len(p)), m.pieces[i].end-off)], at)
		n += got
		if err != nil {
			return n, err
		}
		i++
	}
	return n, err
}

// readPiece fills part, which begins at byte at of the image and ends within the piece.
func (m *image) readPiece(pc *piece, part []byte, at int64) (int, error) {
	switch pc.kind {
	case zero:
		clear(part)
	case fill:
		repeat(part, uint32(pc.at), at-pc.start)
	case broken:
		return 0, &extract.RangeError{Extent: extract.Extent{Offset: pc.start, Size: pc.end - pc.start}, Err: m.errs[pc.at]}
	case raw:
		n, err := m.parts[pc.part].ReadAt(part, pc.at+at-pc.start)
		if n < len(part) {
			return n, pc.rawError(at+int64(n), err)
		}
	}
	return len(part), nil
}

// rawError moves an error of the file to the image.
func (pc *piece) rawError(at int64, err error) error {
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	e := extract.Extent{Offset: at, Size: pc.end - at}
	var re *extract.RangeError
	if !errors.As(err, &re) {
		return fmt.Errorf("byte %d of the sparse image: %w", pc.at+at-pc.start, err)
	}
	lo, hi := max(pc.start, re.Extent.Offset-pc.at+pc.start), min(pc.end, re.Extent.End()-pc.at+pc.start)
	if lo <= at && hi > at {
		e = extract.Extent{Offset: lo, Size: hi - lo}
	}
	return &extract.RangeError{Extent: e, Err: re.Err}
}

// repeat fills part with a value of four bytes, of which shift bytes were written before.
func repeat(part []byte, value uint32, shift int64) {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], value)
	for i := range min(len(part), len(b)) {
		part[i] = b[(shift+int64(i))&3]
	}
	for n := len(b); n < len(part); n *= 2 {
		copy(part[n:], part[:n])
	}
}

// NextData implements extract.Sparse.
func (m *image) NextData(off int64) (start, end int64) {
	for i := m.find(off); i < len(m.pieces); i++ {
		if p := &m.pieces[i]; p.kind != zero {
			return max(off, p.start), p.end
		}
	}
	return m.size, m.size
}
