package ext4

import (
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/censorscan/censorscan/extract"
)

// run is a stretch of a file, in blocks.
type run struct {
	logical, count int64
	physical       int64 // negative: cannot be read, the reason is errs[^physical]
}

// mapped is the content of an inode whose blocks were looked up: a Source that reads them from the image. What no run covers is a hole.
type mapped struct {
	im   *image
	size int64 // of the content, in bytes
	runs []run // ascending, without overlap
	errs []error
}

var _ extract.Sparse = (*mapped)(nil)

// runSize is what a run takes of the memory that a table may have.
const runSize = 24

// mapping looks up where the content of an inode lies. What is damaged in the way to it becomes runs that cannot be read.
func (n *inode) mapping() (*mapped, error) {
	b := &builder{n: n, m: &mapped{im: n.im, size: n.stat.Size}, maxRuns: int(n.im.budget.Limits().Buffer / runSize)}
	if n.flags&flagExtents != 0 {
		b.extents()
	} else {
		b.blockMap()
	}
	return b.m, b.fatal
}

// builder collects the runs of one inode.
type builder struct {
	n       *inode
	m       *mapped
	next    int64    // first logical block behind the runs so far
	seen    blockSet // blocks of the tree: each is entered once
	maxRuns int
	fatal   error // no use in going on
}

func (b *builder) append(r run) {
	b.next = r.logical + r.count
	if last := len(b.m.runs) - 1; last >= 0 {
		p := &b.m.runs[last]
		if p.physical >= 0 && r.physical == p.physical+p.count && r.logical == p.logical+p.count {
			p.count += r.count
			return
		}
	}
	if len(b.m.runs) >= b.maxRuns {
		b.fatal = &extract.LimitError{Limit: "buffer", Value: b.n.im.budget.Limits().Buffer,
			What: fmt.Sprintf("inode %d lies in more than %d pieces", b.n.id, b.maxRuns)}
		return
	}
	b.m.runs = append(b.m.runs, r)
}

// add maps blocks that hold data, as far as they lie in the image.
func (b *builder) add(logical, count, physical int64) {
	inside := int64(0)
	if b.n.im.holds(physical, 1) {
		inside = min(count, b.n.im.limit-physical)
		b.append(run{logical, inside, physical})
	}
	if inside < count {
		b.bad(logical+inside, logical+count, b.n.im.outside(physical+inside))
	}
}

// bad marks blocks up to end as unreadable, those that are not mapped yet.
func (b *builder) bad(logical, end int64, err error) {
	logical = max(logical, b.next)
	if logical >= end {
		return
	}
	b.append(run{logical, end - logical, ^int64(len(b.m.errs))})
	b.m.errs = append(b.m.errs, extract.Damaged(b.n.offset, "inode %d: %w", b.n.id, err))
}

// enter reads a block of the tree. Each is read once for a file, so trees that bite their tail end.
func (b *builder) enter(number int64) ([]byte, error) {
	if !b.n.im.holds(number, 1) {
		return nil, b.n.im.outside(number)
	}
	if !b.seen.add(number) {
		return nil, fmt.Errorf("block %d is used twice in the tree", number)
	}
	if err := b.n.visit(number); err != nil {
		b.fatal = err
		return nil, err
	}
	return b.n.im.block(number)
}

func (m *mapped) Size() int64 { return m.size }

// find gives the first run that ends behind a block.
func (m *mapped) find(block int64) int {
	return sort.Search(len(m.runs), func(i int) bool { return m.runs[i].logical+m.runs[i].count > block })
}

// ReadAt implements io.ReaderAt. Holes are zeros; what cannot be read is a *extract.RangeError.
func (m *mapped) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off >= m.size {
		return 0, io.EOF
	}
	var end error
	if int64(len(p)) > m.size-off {
		p, end = p[:m.size-off], io.EOF
	}
	bs := m.im.blockSize
	for i := m.find(off / bs); n < len(p); {
		at, part := off+int64(n), p[n:]
		if i == len(m.runs) || m.runs[i].logical*bs > at { // a hole
			if i < len(m.runs) {
				part = part[:min(int64(len(part)), m.runs[i].logical*bs-at)]
			}
			clear(part)
			n += len(part)
			continue
		}
		r := m.runs[i]
		part = part[:min(int64(len(part)), (r.logical+r.count)*bs-at)]
		if r.physical < 0 {
			return n, &extract.RangeError{Extent: m.bytes(r), Err: m.errs[^r.physical]}
		}
		k, err := m.im.src.ReadAt(part, r.physical*bs+at-r.logical*bs)
		n += k
		if k < len(part) {
			return n, m.rangeError(r, at+int64(k), err)
		}
		i++
	}
	return n, end
}

// bytes are the bytes of the content that a run covers.
func (m *mapped) bytes(r run) extract.Extent {
	off := r.logical * m.im.blockSize
	return extract.Extent{Offset: off, Size: min(r.count*m.im.blockSize, m.size-off)}
}

// rangeError says which bytes of the content cannot be read when reading the image failed at offset at of the content, in run r.
func (m *mapped) rangeError(r run, at int64, err error) error {
	e := m.bytes(r)
	bad := extract.Extent{Offset: at, Size: e.End() - at}
	var re *extract.RangeError
	if errors.As(err, &re) {
		move := r.logical*m.im.blockSize - r.physical*m.im.blockSize
		lo, hi := max(re.Extent.Offset+move, at), min(re.Extent.End()+move, e.End())
		if lo < hi {
			bad, err = extract.Extent{Offset: lo, Size: hi - lo}, re.Err
		}
	} else if err == nil || err == io.EOF {
		err = fmt.Errorf("the image ends before: %w", io.ErrUnexpectedEOF)
	}
	return &extract.RangeError{Extent: bad, Err: err}
}

// NextData implements extract.Sparse.
func (m *mapped) NextData(off int64) (start, end int64) {
	off = max(off, 0)
	bs := m.im.blockSize
	i := m.find(off / bs)
	if off >= m.size || i == len(m.runs) || m.runs[i].logical*bs >= m.size {
		return m.size, m.size
	}
	start = max(off, m.runs[i].logical*bs)
	next := m.runs[i].logical
	for ; i < len(m.runs) && m.runs[i].logical == next; i++ {
		next += m.runs[i].count
	}
	return start, min(next*bs, m.size)
}

// extents are the bytes of the image that the content comes from.
func (m *mapped) extents() []extract.Extent {
	var list []extract.Extent
	for _, r := range m.runs {
		e := m.bytes(r)
		if r.physical < 0 || e.Size <= 0 {
			continue
		}
		e.Offset = r.physical * m.im.blockSize
		e.Size = min(e.Size, m.im.src.Size()-e.Offset)
		list = append(list, e)
	}
	return list
}

// behind gives the runs from a logical block on.
func (m *mapped) behind(block int64) []run {
	list := append([]run(nil), m.runs[m.find(block):]...)
	if len(list) > 0 && list[0].logical < block && list[0].physical >= 0 {
		skip := block - list[0].logical
		list[0] = run{block, list[0].count - skip, list[0].physical + skip}
	}
	return list
}

// padded is content that ends in zeros of which the image says nothing.
type padded struct {
	data []byte
	size int64
}

func (p *padded) Size() int64 { return p.size }

func (p *padded) ReadAt(buf []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off >= p.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(buf)), p.size-off))
	done := copy(buf[:n], p.data[min(off, int64(len(p.data))):])
	clear(buf[done:n])
	if n < len(buf) {
		return n, io.EOF
	}
	return n, nil
}

// NextData implements extract.Sparse.
func (p *padded) NextData(off int64) (start, end int64) {
	if off = max(off, 0); off < int64(len(p.data)) {
		return off, int64(len(p.data))
	}
	return p.size, p.size
}
