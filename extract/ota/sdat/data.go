package sdat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/censorscan/censorscan/extract"
)

// data is the decoded new.dat: segments one after another, some of which cannot be read.
type data struct {
	segments []segment
	size     int64 // where the last segment ends
	after    error // why nothing follows
	faults   []error
}

// segment is a part of the data; err says why there is no src.
type segment struct {
	start, end int64
	src        extract.Source
	err        error
}

// openData makes the data of a set available, spooling what is decoded. Parts that are there for random access are read in place.
// want is how many bytes the list takes.
func openData(ctx context.Context, st *set, want int64) (*data, error) {
	d := &data{}
	if st.br {
		r, err := st.stream(ctx)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		src, err := st.budget.Spool(ctx, r)
		d.add(src, -1, err)
		return d, stopped(ctx, d)
	}
	for _, p := range st.parts {
		if d.after != nil { // how much is missing before this part is not known: it goes behind all that the list takes
			d.skip(max(0, want-d.size), d.after)
			d.after = nil
		}
		switch {
		case p.m == nil && p.size < 0:
			d.after = p.missing()
		case p.m == nil:
			d.skip(p.size, p.missing())
		default:
			src, err := openPart(ctx, p.m, st.budget)
			d.add(src, p.size, err)
		}
	}
	return d, stopped(ctx, d)
}

// stopped frees the data when the run is over.
func stopped(ctx context.Context, d *data) error {
	if ctx.Err() == nil {
		return nil
	}
	d.Close()
	return context.Cause(ctx)
}

// openPart opens a member. An error may come with a Source of what can be read.
func openPart(ctx context.Context, m *extract.Member, b *extract.Budget) (extract.Source, error) {
	switch {
	case m.Problem != nil:
		return nil, m.Problem
	case m.Open != nil:
		return m.Open(ctx)
	}
	r, err := m.Stream(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return b.Spool(ctx, r)
}

// add appends a Source that should have size bytes (-1 when unknown); err says why it has fewer, or what else is wrong with it.
func (d *data) add(src extract.Source, size int64, err error) {
	got := int64(0)
	if src != nil {
		got = src.Size()
		d.segments = append(d.segments, segment{start: d.size, end: d.size + got, src: src})
		d.size += got
	}
	switch {
	case got < size:
		if err == nil {
			err = fmt.Errorf("%d of %d bytes are there", got, size)
		}
		d.skip(size-got, err)
	case err != nil && size < 0:
		d.after = err
	case err != nil: // all there, but a checksum is wrong
		d.faults = append(d.faults, err)
	}
}

// skip appends n bytes that cannot be read.
func (d *data) skip(n int64, err error) {
	d.segments = append(d.segments, segment{start: d.size, end: d.size + n, err: err})
	d.size += n
}

// nothing says why not one byte can be read, if that is so.
func (d *data) nothing() error {
	for _, s := range d.segments {
		if s.src != nil && s.end > s.start {
			return nil
		}
	}
	for _, s := range d.segments {
		if s.err != nil {
			return s.err
		}
	}
	return d.after
}

// endless is where data that end too early would end: beyond all that lists speak of.
const endless = 1 << 61

// damage tells whether the byte at off cannot be read because it is not there, and up to where that is so.
func (d *data) damage(off int64) (end int64, err error) {
	i := sort.Search(len(d.segments), func(i int) bool { return d.segments[i].end > off })
	if i == len(d.segments) {
		if err = d.after; err == nil {
			err = fmt.Errorf("the data end after %d bytes", d.size)
		}
		return endless, err
	}
	return d.segments[i].end, d.segments[i].err
}

// ReadAt reads up to the first byte that cannot be read. Errors are RangeErrors where the Sources below say so.
func (d *data) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		at := off + int64(n)
		i := sort.Search(len(d.segments), func(i int) bool { return d.segments[i].end > at })
		if i == len(d.segments) || d.segments[i].src == nil {
			end, err := d.damage(at)
			return n, &extract.RangeError{Extent: extract.Extent{Offset: at, Size: end - at}, Err: err}
		}
		s := d.segments[i]
		part := p[n:min(int64(len(p)), int64(n)+s.end-at)]
		m, err := s.src.ReadAt(part, at-s.start)
		n += m
		if m < len(part) {
			return n, s.shift(err)
		}
	}
	return n, nil
}

// shift moves a RangeError of a segment's Source into the data.
func (s segment) shift(err error) error {
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	var re *extract.RangeError
	if !errors.As(err, &re) {
		return err
	}
	e := re.Extent
	e.Offset += s.start
	return &extract.RangeError{Extent: e, Err: re.Err}
}

// Close frees the Sources.
func (d *data) Close() error {
	var first error
	for _, s := range d.segments {
		if c, ok := s.src.(io.Closer); ok {
			if err := c.Close(); err != nil && first == nil {
				first = err
			}
		}
	}
	return first
}
