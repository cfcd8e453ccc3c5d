package sdat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/censorscan/censorscan/extract"
)

// source is a partition. Behind its end stand the data that no command takes, and a byte that cannot be read for each fault that no byte shows.
type source struct {
	data   *data
	pieces []piece
	size   int64
	faults int64 // bytes at the end, one for each of data.faults
}

// open opens the partition that a list makes of a set.
func open(ctx context.Context, st *set, l *list) (extract.Source, error) {
	d, err := openData(ctx, st, l.data)
	if err != nil {
		return nil, err
	}
	if err := d.nothing(); err != nil { // the parts are searched as they are
		d.Close()
		return nil, err
	}
	if d.after != nil && d.size >= l.data {
		d.faults, d.after = append(d.faults, d.after), nil
	}
	s := &source{data: d, pieces: l.pieces, size: l.end()}
	if rest := d.size - l.data; rest > 0 {
		s.pieces = append(l.pieces[:len(l.pieces):len(l.pieces)], piece{start: s.size, end: s.size + rest, from: l.data})
		s.size += rest
	}
	s.faults = int64(len(d.faults))
	s.size += s.faults
	return s, nil
}

// Size is the partition's size in bytes, what was put behind its end included.
func (s *source) Size() int64 { return s.size }

// Close frees the data.
func (s *source) Close() error { return s.data.Close() }

// ReadAt implements io.ReaderAt. Blocks that no command writes are zeros.
func (s *source) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off >= s.size {
		return 0, io.EOF
	}
	if int64(len(p)) > s.size-off {
		p, err = p[:s.size-off], io.EOF
	}
	for i := s.find(off); n < len(p); i++ {
		at := off + int64(n)
		hole := min(off+int64(len(p)), s.size-s.faults)
		if i < len(s.pieces) {
			hole = min(hole, s.pieces[i].start)
		}
		if hole > at {
			clear(p[n : hole-off])
			n, at = int(hole-off), hole
		}
		if n == len(p) {
			break
		}
		if i >= len(s.pieces) {
			k := at - (s.size - s.faults)
			return n, &extract.RangeError{Extent: extract.Extent{Offset: at, Size: 1}, Err: s.data.faults[k]}
		}
		m, err := s.read(i, p[n:min(int64(len(p)), s.pieces[i].end-off)], at)
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, err
}

// find gives the first piece that ends behind off.
func (s *source) find(off int64) int {
	return sort.Search(len(s.pieces), func(i int) bool { return s.pieces[i].end > off })
}

// read fills part, which begins at byte at of the partition and ends within piece i.
func (s *source) read(i int, part []byte, at int64) (int, error) {
	pc := s.pieces[i]
	if pc.from == unplaced {
		return 0, &extract.RangeError{Extent: extract.Extent{Offset: at, Size: pc.end - at}, Err: errUnplaced}
	}
	from := pc.from + at - pc.start
	n, err := s.data.ReadAt(part, from)
	var re *extract.RangeError
	switch {
	case n == len(part):
		return n, nil
	case !errors.As(err, &re):
		return n, fmt.Errorf("byte %d of the data: %w", from+int64(n), err)
	}
	at += int64(n)
	end := min(pc.end, at+max(1, re.Extent.End()-from-int64(n)))
	for i++; end == s.pieces[i-1].end && i < len(s.pieces); i++ { // the pieces that follow may lie in the same gap
		next := s.pieces[i]
		if next.from < re.Extent.Offset || next.from >= re.Extent.End() {
			break
		}
		end = min(next.end, next.start+re.Extent.End()-next.from)
	}
	return n, &extract.RangeError{Extent: extract.Extent{Offset: at, Size: end - at}, Err: re.Err}
}

var errUnplaced = errors.New("its place in the data is not known, as a command before is damaged")

// NextData implements extract.Sparse.
func (s *source) NextData(off int64) (start, end int64) {
	i := s.find(off)
	if i == len(s.pieces) {
		return max(min(off, s.size), s.size-s.faults), s.size
	}
	start, end = max(off, s.pieces[i].start), s.pieces[i].end
	for i++; i < len(s.pieces) && s.pieces[i].start == end; i++ {
		end = s.pieces[i].end
	}
	return start, end
}
