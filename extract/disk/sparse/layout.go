package sparse

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/censorscan/censorscan/extract"
)

// kinds of chunks
const (
	chunkRaw      = 0xcac1
	chunkFill     = 0xcac2
	chunkDontCare = 0xcac3
	chunkCRC      = 0xcac4
)

// layout says where the bytes of an image come from. What no piece covers is "don't care" and reads as zeros.
type layout struct {
	header
	size      int64 // bytes of the image
	mapped    int64 // bytes of the image that the chunks tell of
	pieces    []piece
	sums      []sum
	errs      []error          // of the pieces that cannot be read
	structure []extract.Extent // in the file
	notes     []*extract.Unopened
	end       int64 // in the file, behind the last chunk
	extra     bool  // there are bytes in the file that make up nothing of the image
	cost      int64 // bytes of memory
}

// piece is a run of the image.
type piece struct {
	start, end int64 // bytes in the image
	at         int64 // raw: offset in the file; fill: the value; broken: index into errs
	part       int32 // file that holds it
	kind       kind
}

type kind uint8

const (
	raw    kind = iota
	fill        // a value of four bytes, again and again
	zero        // a fill with zeros
	broken      // cannot be read
)

// sum is a CRC32 of the image up to a byte.
type sum struct {
	end    int64 // bytes of the image
	value  uint32
	offset int64 // in the file
}

const (
	pieceCost = 32 + 16 + 16 // bytes of memory for a piece, the extent of its data and the header before it
	maxNotes  = 16
)

// scan reads the headers of all chunks.
func scan(src extract.Source, b *extract.Budget) (*layout, error) {
	head := make([]byte, min(src.Size(), fileHeaderSize))
	if n, err := src.ReadAt(head, 0); n < len(head) {
		return nil, extract.Damaged(int64(n), "sparse header: %w", err)
	}
	h, err := readHeader(head)
	if err != nil {
		return nil, err
	}
	s := &scanner{layout: &layout{header: h, size: h.blocks * h.block}, src: src, budget: b}
	s.claim(0, h.fileHeader)
	s.run()
	s.size = max(s.size, s.mapped)
	return s.layout, nil
}

// scanner reads chunk after chunk.
type scanner struct {
	*layout
	src    extract.Source
	budget *extract.Budget
	window [512]byte // chunks without data follow each other closely
	start  int64     // of the window in the file
	filled int
	solid  int64 // bytes of fills with other values than zero
}

// at reads n bytes at off, at most as many as the window holds.
func (s *scanner) at(off int64, n int) ([]byte, error) {
	if off < s.start || off+int64(n) > s.start+int64(s.filled) {
		m, err := s.src.ReadAt(s.window[:], off)
		s.start, s.filled = off, m
		if m < n {
			if err == nil || off+int64(n) > s.src.Size() {
				err = fmt.Errorf("the file ends at %d", s.src.Size())
			}
			return nil, err
		}
	}
	return s.window[off-s.start:][:n], nil
}

// run maps the chunks. One that cannot be understood is left out if the next can be found, else the rest of the image is.
func (s *scanner) run() {
	off := s.fileHeader
	for i := range s.chunks {
		b, err := s.at(off, chunkHeaderSize)
		if err == nil {
			c := chunk{number: i, offset: off, kind: binary.LittleEndian.Uint16(b), size: int64(binary.LittleEndian.Uint32(b[4:])) * s.block,
				total: int64(binary.LittleEndian.Uint32(b[8:]))}
			err = s.add(c)
			off += max(c.total, s.chunkHeader)
			s.end = min(off, s.src.Size())
		} else {
			err = fmt.Errorf("chunk %d of %d: %w", i, s.chunks, err)
		}
		if err != nil {
			u := extract.AsUnopened(err)
			if u.Extent.Offset == 0 {
				c := *u
				c.Extent = extract.Extent{Offset: min(off, s.src.Size())}
				u = &c
			}
			s.note(u)
			s.breakRange(s.mapped, s.size, err)
			s.mapped = max(s.mapped, s.size)
			return
		}
	}
	if s.mapped > s.blocks*s.block {
		s.note(extract.Damaged(16, "the header tells of %d blocks, the chunks of %d", s.blocks, s.mapped/s.block))
	}
}

// chunk is one header of a chunk.
type chunk struct {
	number int64
	offset int64 // in the file
	kind   uint16
	size   int64 // bytes in the image
	total  int64 // bytes in the file, its header included
}

func (c chunk) damaged(format string, args ...any) *extract.Unopened {
	return extract.Damaged(c.offset, "chunk %d: %s", c.number, fmt.Sprintf(format, args...))
}

// add maps a chunk. An error means that the chunk after it cannot be found.
func (s *scanner) add(c chunk) error {
	data := c.total - s.chunkHeader
	if data < 0 {
		return c.damaged("%d bytes with its header", c.total)
	}
	if c.size > maxSize-s.mapped || c.kind == chunkCRC && c.size > 0 {
		return c.damaged("%d bytes behind %d of the image", c.size, s.mapped)
	}
	if s.cost > s.budget.Limits().Buffer {
		return &extract.LimitError{Limit: "buffer", Value: s.budget.Limits().Buffer, What: fmt.Sprintf("tables of the chunks up to number %d of %d", c.number, s.chunks)}
	}
	start, end := s.mapped, s.mapped+c.size
	s.mapped = end
	body := c.offset + s.chunkHeader
	var value uint32
	if c.kind == chunkFill || c.kind == chunkCRC {
		if data < 4 {
			s.unreadable(c, start, c.damaged("%d bytes of data, 4 wanted", data))
			return nil
		}
		b, err := s.at(body, 4)
		if err != nil {
			return fmt.Errorf("chunk %d: %w", c.number, err)
		}
		value = binary.LittleEndian.Uint32(b)
	}
	claimed := int64(0) // bytes of data that are structure
	switch c.kind {
	case chunkRaw:
		return s.addRaw(c, start, data)
	case chunkFill:
		claimed = 4
		s.addFill(c, start, value)
	case chunkDontCare:
	case chunkCRC:
		claimed = 4
		s.sums = append(s.sums, sum{end: end, value: value, offset: c.offset})
		s.cost += pieceCost
	default:
		s.unreadable(c, start, c.damaged("unknown kind %#x", c.kind))
		return nil
	}
	s.claim(c.offset, s.chunkHeader+claimed)
	if data != claimed {
		s.extra = true
		s.note(c.damaged("%d bytes of data, %d wanted", data, claimed))
	}
	return nil
}

// addRaw maps a chunk whose data are there.
func (s *scanner) addRaw(c chunk, start, data int64) error {
	body := c.offset + s.chunkHeader
	s.claim(c.offset, s.chunkHeader)
	here := min(data, c.size, max(0, s.src.Size()-body))
	s.push(piece{start: start, end: start + here, at: body, kind: raw})
	if here < c.size {
		err := c.damaged("%d bytes of data for %d of the image", min(data, max(0, s.src.Size()-body)), c.size)
		s.note(err)
		s.breakRange(start+here, start+c.size, err)
	} else if data > c.size {
		s.extra = true
		s.note(c.damaged("%d bytes of data for %d of the image", data, c.size))
	}
	return nil
}

// addFill maps a chunk of one value, as far as the ratio of the budget goes.
func (s *scanner) addFill(c chunk, start int64, value uint32) {
	if value == 0 {
		s.push(piece{start: start, end: start + c.size, kind: zero})
		return
	}
	const free = 64 << 20
	ratio := max(1, s.budget.Limits().Ratio)
	if s.solid += c.size; s.solid > max(free, min(s.src.Size(), maxSize/ratio)*ratio) {
		err := &extract.LimitError{Limit: "ratio", Value: ratio, What: fmt.Sprintf("chunk %d fills %d bytes", c.number, c.size)}
		s.note(extract.AsUnopened(err))
		s.breakRange(start, start+c.size, err)
		return
	}
	s.push(piece{start: start, end: start + c.size, at: int64(value), kind: fill})
}

// unreadable maps a chunk that cannot be understood; what follows it can.
func (s *scanner) unreadable(c chunk, start int64, err *extract.Unopened) {
	s.extra = true
	s.note(err)
	s.breakRange(start, start+c.size, err)
}

// push appends a piece unless it is empty.
func (l *layout) push(p piece) {
	if p.end > p.start {
		l.pieces = append(l.pieces, p)
		l.cost += pieceCost
	}
}

// breakRange makes a run of the image, which no piece covers, unreadable.
func (l *layout) breakRange(start, end int64, err error) {
	if end <= start {
		return
	}
	l.errs = append(l.errs, err)
	l.cost += 256
	p := piece{start: start, end: end, at: int64(len(l.errs) - 1), kind: broken}
	i, _ := slices.BinarySearchFunc(l.pieces, start, func(p piece, start int64) int { return cmp.Compare(p.start, start) })
	l.pieces = slices.Insert(l.pieces, i, p)
}

// unwritten makes unreadable what the header tells of and no chunk does.
func (l *layout) unwritten() {
	if l.mapped < l.size {
		err := extract.Damaged(16, "the header tells of %d blocks, the chunks of %d", l.blocks, l.mapped/l.block)
		l.note(err)
		l.breakRange(l.mapped, l.size, err)
		l.mapped = l.size
	}
}

func (l *layout) note(u *extract.Unopened) {
	if len(l.notes) < maxNotes {
		l.notes = append(l.notes, u)
	}
}

// claim adds to the structure of the file.
func (s *scanner) claim(off, n int64) {
	l := s.layout
	n = min(n, s.src.Size()-off)
	if k := len(l.structure) - 1; k >= 0 && l.structure[k].End() == off {
		l.structure[k].Size += n
		return
	}
	l.structure = append(l.structure, extract.Extent{Offset: off, Size: n})
	l.cost += 16
}

// raw gives where the data of the image lie in the file.
func (l *layout) raw() []extract.Extent {
	var out []extract.Extent
	for _, p := range l.pieces {
		if p.kind == raw {
			out = append(out, extract.Extent{Offset: p.at, Size: p.end - p.start})
		}
	}
	return out
}
