package payload

import (
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"sync"

	"github.com/censorscan/censorscan/extract"
	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"
)

// partitionSource gives random access to a partition: an operation is decoded when one of its bytes is read and kept in the cache of the run; one that is too
// large for the cache is spooled.
type partitionSource struct {
	c   *container
	p   *partition
	ctx context.Context // of Open: ends the spooling

	mu     sync.Mutex
	spools map[int32]*spool
}

// decoded is what the Sources of one partition share.
type decoded struct {
	owner  int64 // in the cache of the run
	mu     sync.Mutex
	damage map[int32]error // why the cached bytes of an operation are fewer than they should be
	zeros  map[int32]zeroMap
}

// spool is an operation decoded to where the budget keeps streams.
type spool struct {
	once sync.Once
	src  extract.Source
	err  error
}

// source opens a partition that has no problem.
func (p *partition) source(ctx context.Context, c *container) *partitionSource {
	return &partitionSource{c: c, p: p, ctx: ctx, spools: map[int32]*spool{}}
}

// Size is the partition's size in bytes.
func (s *partitionSource) Size() int64 { return s.p.size }

// ReadAt implements io.ReaderAt. Bytes that no operation writes are zeros.
func (s *partitionSource) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off >= s.p.size {
		return 0, io.EOF
	}
	if int64(len(p)) > s.p.size-off {
		p, err = p[:s.p.size-off], io.EOF
	}
	pieces := s.p.pieces
	for i := sort.Search(len(pieces), func(i int) bool { return pieces[i].end > off }); n < len(p); {
		at := off + int64(n)
		if i == len(pieces) || pieces[i].start > at {
			end := off + int64(len(p))
			if i < len(pieces) {
				end = min(end, pieces[i].start)
			}
			clear(p[n : end-off])
			n = int(end - off)
			continue
		}
		part := p[n:min(int64(len(p)), pieces[i].end-off)]
		m, err := s.readPiece(&pieces[i], part, at)
		n += m
		if err != nil {
			return n, err
		}
		i++
	}
	return n, err
}

// readPiece fills part, which begins at byte at of the partition and ends within the piece.
func (s *partitionSource) readPiece(pc *piece, part []byte, at int64) (int, error) {
	o := &s.p.ops[pc.op]
	in := pc.from + at - pc.start // offset in the decoded operation
	switch pc.mode {
	case raw:
		n, err := s.c.ReadAt(part, o.blob.Offset+in)
		if n == len(part) {
			return n, nil
		}
		return n, s.rawError(pc, o, at+int64(n), err)
	case broken:
		return 0, s.rangeError(pc, o, pc.start, nil)
	}
	if o.size > s.held() {
		return s.readSpooled(pc, o, part, in)
	}
	data, err := s.c.budget.Cache().Get(extract.CacheKey{Owner: s.p.decoded.owner, Block: int64(pc.op)}, func() ([]byte, error) {
		data, err := s.decode(o)
		if err == nil && int64(len(data)) == o.size {
			s.p.decoded.setZeros(pc.op, newZeroMap(data))
		}
		return data, err
	})
	if err != nil {
		return 0, s.rangeError(pc, o, pc.start, err)
	}
	n := 0
	if in < int64(len(data)) {
		n = copy(part, data[in:])
	}
	if n < len(part) {
		return n, s.rangeError(pc, o, pc.start+max(0, int64(len(data))-pc.from), s.p.decoded.damageOf(o))
	}
	return n, nil
}

// held is the largest operation that is decoded into the cache: some of them have to fit, or reading here and there would decode again and again.
func (s *partitionSource) held() int64 {
	l := s.c.budget.Limits()
	return min(l.Buffer, max(l.Memory/8, 4<<20))
}

// decode returns what can be decoded of an operation. If that is not all, damageOf tells why.
func (s *partitionSource) decode(o *operation) ([]byte, error) {
	buf, err := s.c.budget.Bytes(o.size)
	if err != nil {
		return nil, err
	}
	r, free, err := s.c.reader(o)
	if err != nil {
		return nil, err
	}
	defer free()
	n, err := io.ReadFull(r, buf)
	if err == nil { // all there: the end holds the checksum of xz
		var one [1]byte
		if _, err = r.Read(one[:]); err == io.EOF {
			return buf, nil
		}
		return nil, err
	}
	if n == 0 || scrambled(err) || !s.p.decoded.setDamage(o, err) {
		return nil, err
	}
	return buf[:n], nil
}

// setDamage keeps the error that cut the decoding of an operation short; false when there are too many of them.
func (d *decoded) setDamage(o *operation, err error) bool {
	const most = 4096
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.damage) == most && d.damage[o.number] == nil {
		return false
	}
	d.damage[o.number] = err
	return true
}

// damageOf is the error that cut the decoding of an operation short.
func (d *decoded) damageOf(o *operation) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.damage[o.number]
}

func (s *partitionSource) readSpooled(pc *piece, o *operation, part []byte, in int64) (int, error) {
	s.mu.Lock()
	sp := s.spools[pc.op]
	if sp == nil {
		sp = &spool{}
		s.spools[pc.op] = sp
	}
	s.mu.Unlock()
	sp.once.Do(func() { sp.src, sp.err = s.spool(o) })
	size := int64(0)
	if sp.src != nil {
		size = sp.src.Size()
	}
	n := 0
	if in < size {
		var err error
		if n, err = sp.src.ReadAt(part[:min(int64(len(part)), size-in)], in); err != nil && err != io.EOF {
			return n, err
		}
	}
	if n < len(part) {
		return n, s.rangeError(pc, o, pc.start+max(0, size-pc.from), sp.err)
	}
	return n, nil
}

// spool decodes a large operation once. With an error the Source holds what came before it, or is nil.
func (s *partitionSource) spool(o *operation) (extract.Source, error) {
	if s.c.spooled.Add(-o.size) < 0 {
		s.c.spooled.Add(o.size)
		return nil, &extract.LimitError{Limit: "ratio", Value: s.c.budget.Limits().Ratio,
			What: fmt.Sprintf("an operation of %d bytes for a payload of %d", o.size, s.c.Size())}
	}
	src, err := s.spoolWithin(o)
	if src == nil {
		s.c.spooled.Add(o.size)
	}
	return src, err
}

func (s *partitionSource) spoolWithin(o *operation) (extract.Source, error) {
	r, free, err := s.c.reader(o)
	if err != nil {
		return nil, err
	}
	defer free()
	src, err := s.c.budget.Spool(s.ctx, r)
	if err == nil || src.Size() < o.size && !scrambled(err) {
		return src, err
	}
	src.(io.Closer).Close() // all there, but the checksum at the end is wrong
	return nil, err
}

// scrambled tells whether what was decoded before the error is of no use: damage to a bzip2 block shows at its end only and moves all of its bytes.
func scrambled(err error) bool {
	var e bzip2.StructuralError
	return errors.As(err, &e)
}

// rangeError is the error for a piece from byte start on, where err came up unless the operation has a fault of its own.
func (s *partitionSource) rangeError(pc *piece, o *operation, start int64, err error) error {
	if errors.Is(err, xz.ErrMemlimit) || errors.Is(err, zstd.ErrWindowSizeExceeded) {
		err = &extract.LimitError{Limit: "buffer", Value: s.c.budget.Limits().Buffer, What: "the dictionary of compressed data is larger"}
	} else if o.fault != sound {
		err = o.err()
	}
	return &extract.RangeError{Extent: extract.Extent{Offset: start, Size: pc.end - start}, Err: fmt.Errorf("%v: %w", o, err)}
}

// rawError moves an error of the payload's own Source to the partition.
func (s *partitionSource) rawError(pc *piece, o *operation, at int64, err error) error {
	var re *extract.RangeError
	if !errors.As(err, &re) {
		return fmt.Errorf("%v: reading byte %d: %w", o, at, err)
	}
	shift := pc.start - pc.from - o.blob.Offset
	lo, hi := max(pc.start, re.Extent.Offset+shift), min(pc.end, re.Extent.End()+shift)
	if lo > at || hi <= at {
		lo, hi = at, pc.end
	}
	return &extract.RangeError{Extent: extract.Extent{Offset: lo, Size: hi - lo}, Err: fmt.Errorf("%v: %w", o, re.Err)}
}

// NextData implements extract.Sparse.
func (s *partitionSource) NextData(off int64) (start, end int64) {
	runs := s.p.runs
	i := sort.Search(len(runs), func(i int) bool { return runs[i].End() > off })
	if i == len(runs) {
		return s.p.size, s.p.size
	}
	return max(off, runs[i].Offset), runs[i].End()
}

// Close frees what was spooled.
func (s *partitionSource) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for op, sp := range s.spools {
		if cl, ok := sp.src.(io.Closer); ok {
			cl.Close()
			s.c.spooled.Add(s.p.ops[op].size)
		}
	}
	clear(s.spools)
	return nil
}
