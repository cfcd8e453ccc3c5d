package tar

import (
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"

	"github.com/censorscan/censorscan/extract"
)

// chunk is a run of data in a sparse file.
type chunk struct {
	at   int64 // in the file
	size int64
	raw  int64 // in the archive
}

// sparse is the map of a sparse file. It is a Source over the archive.
type sparse struct {
	in     extract.Source
	chunks []chunk // ascending, none empty
	size   int64
}

// add takes the next run of data. Runs have to ascend and lie within the file.
func (s *sparse) add(at, n int64, limit int64) error {
	if at < 0 || n < 0 || at > s.size || n > s.size-at {
		return fmt.Errorf("sparse map has a run of %d bytes at %d in a file of %d", n, at, s.size)
	}
	if n == 0 {
		return nil
	}
	if last := len(s.chunks) - 1; last >= 0 && at < s.chunks[last].at+s.chunks[last].size {
		return fmt.Errorf("sparse map goes back to %d", at)
	}
	if int64(len(s.chunks))*24 > limit {
		return &extract.LimitError{Limit: "buffer", Value: limit, What: "sparse map of a tar member"}
	}
	s.chunks = append(s.chunks, chunk{at: at, size: n})
	return nil
}

// place lays the runs one behind the other in the archive from data on, size bytes in all.
func (s *sparse) place(in extract.Source, data, size int64) error {
	s.in = in
	at := data
	for i := range s.chunks {
		s.chunks[i].raw = at
		if at += s.chunks[i].size; at-data > size {
			return fmt.Errorf("sparse map needs more than the %d bytes of the member", size)
		}
	}
	return nil
}

func (s *sparse) Size() int64 { return s.size }

// from gives the index of the first run that ends behind off.
func (s *sparse) from(off int64) int {
	return sort.Search(len(s.chunks), func(i int) bool { return s.chunks[i].at+s.chunks[i].size > off })
}

// NextData implements extract.Sparse.
func (s *sparse) NextData(off int64) (start, end int64) {
	off = max(off, 0)
	i := s.from(off)
	if i == len(s.chunks) {
		return s.size, s.size
	}
	c := s.chunks[i]
	return max(off, c.at), c.at + c.size
}

// ReadAt implements io.ReaderAt; holes are zeros.
func (s *sparse) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off >= s.size {
		return 0, io.EOF
	}
	if int64(len(p)) > s.size-off {
		p, err = p[:s.size-off], io.EOF
	}
	clear(p)
	end := off + int64(len(p))
	for i := s.from(off); i < len(s.chunks) && s.chunks[i].at < end; i++ {
		c := s.chunks[i]
		lo, hi := max(off, c.at), min(end, c.at+c.size)
		got, rerr := s.in.ReadAt(p[lo-off:hi-off], c.raw+lo-c.at)
		if int64(got) < hi-lo {
			if rerr == nil || rerr == io.EOF {
				rerr = io.ErrUnexpectedEOF
			}
			bad, stop := lo+int64(got), c.at+c.size
			var re *extract.RangeError
			if errors.As(rerr, &re) && re.Extent.End() > c.raw+bad-c.at {
				stop, rerr = min(stop, c.at+re.Extent.End()-c.raw), re.Err
			}
			return int(bad - off), &extract.RangeError{Extent: extract.Extent{Offset: bad, Size: stop - bad}, Err: rerr}
		}
	}
	return len(p), err
}

// oldSparse reads the map of GNU's old format: in the header block and in blocks behind it, which the content comes after.
func (r *reader) oldSparse(e *entry, block []byte) error {
	real, ok := sparseReal.number(block)
	if !ok {
		return fmt.Errorf("sparse file with size %q", sparseReal.of(block))
	}
	s := &sparse{size: real}
	limit := r.in.Budget.Limits().Buffer
	pairs, more := sparseMap.of(block), sparseExtended.of(block)[0] != 0
	for {
		for ; len(pairs) >= 24 && pairs[0] != 0; pairs = pairs[24:] {
			at, ok1 := number(pairs[:12])
			n, ok2 := number(pairs[12:24])
			if !ok1 || !ok2 {
				return fmt.Errorf("sparse map with %q", pairs[:24])
			}
			if err := s.add(at, n, limit); err != nil {
				return err
			}
		}
		if !more {
			break
		}
		b := r.block(e.data)
		if b == nil {
			return fmt.Errorf("sparse map: %w", io.ErrUnexpectedEOF)
		}
		r.claims.add(e.data, blockSize)
		e.data += blockSize
		pairs, more = b[:21*24], b[504] != 0
	}
	e.sparse = s
	return s.place(r.in, e.data, e.size)
}

// paxSparse reads the maps of GNU's pax formats 0.0, 0.1 and 1.0 if the records speak of one.
func (r *reader) paxSparse(e *entry, records []record) error {
	s, limit := &sparse{size: -1}, r.in.Budget.Limits().Buffer
	var pairs []int64
	major, text := "", ""
	for _, rec := range records {
		key, ok := strings.CutPrefix(rec.key, gnuSparse)
		if !ok {
			continue
		}
		switch key {
		case "size", "realsize":
			n, err := strconv.ParseInt(rec.value, 10, 64)
			if err != nil || n < 0 || n > 1<<60 {
				return fmt.Errorf("sparse file with size %q", rec.value)
			}
			s.size = n
		case "name":
			e.name = rec.value
		case "major":
			major = rec.value
		case "map":
			text = rec.value
		case "offset", "numbytes":
			n, err := strconv.ParseInt(rec.value, 10, 64)
			if err != nil || (key == "offset") != (len(pairs)%2 == 0) {
				return fmt.Errorf("sparse map with %s %q", key, rec.value)
			}
			pairs = append(pairs, n)
		}
	}
	if s.size < 0 {
		return nil
	}
	if text != "" {
		for _, v := range strings.Split(text, ",") {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil {
				return fmt.Errorf("sparse map with %q", v)
			}
			pairs = append(pairs, n)
		}
	}
	for ; len(pairs) >= 2; pairs = pairs[2:] {
		if err := s.add(pairs[0], pairs[1], limit); err != nil {
			return err
		}
	}
	data, size := e.data, e.size
	if major == "1" {
		used, err := r.numbersBefore(s, e)
		if err != nil {
			return err
		}
		r.claims.add(data, used)
		data, size = data+used, size-used
	}
	e.sparse = s
	return s.place(r.in, data, size)
}

// numbersBefore reads the map of format 1.0, decimal lines before the content, and gives how many bytes it takes.
func (r *reader) numbersBefore(s *sparse, e *entry) (used int64, err error) {
	limit := r.in.Budget.Limits().Buffer
	var b []byte
	next := func() (int64, error) {
		v, digits := int64(0), 0
		for {
			if len(b) == 0 {
				if used+blockSize > e.size {
					return 0, errors.New("sparse map is longer than the member")
				}
				if b = r.block(e.data + used); b == nil {
					return 0, io.ErrUnexpectedEOF
				}
				used += blockSize
			}
			c := b[0]
			b = b[1:]
			if c == '\n' && digits > 0 {
				return v, nil
			}
			if c < '0' || c > '9' || v > 1<<56 {
				return 0, fmt.Errorf("sparse map with byte %#x", c)
			}
			v, digits = v*10+int64(c-'0'), digits+1
		}
	}
	count, err := next()
	for ; err == nil && count > 0; count-- {
		var at, n int64
		if at, err = next(); err != nil {
			break
		}
		if n, err = next(); err != nil {
			break
		}
		err = s.add(at, n, limit)
	}
	return used, err
}
