package payload

import (
	"bytes"
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/censorscan/censorscan/extract"
)

// partition is one PartitionUpdate, mapped.
type partition struct {
	name    string
	offset  int64 // of its message in the payload
	size    int64 // bytes
	hash    []byte
	ops     []operation
	pieces  []piece          // in order, without overlap, holes left out
	runs    []extract.Extent // pieces merged: where there is data
	blobs   []extract.Extent // raw data in the payload
	problem *extract.Unopened
	notes   []*extract.Unopened // damage that no range of the partition shows
	dropped int                 // notes beyond maxNotes
	decoded *decoded
}

// piece is a run of a partition that one operation writes.
type piece struct {
	start, end int64 // bytes in the partition
	from       int64 // first byte within the decoded operation
	op         int32 // in partition.ops
	mode       mode
}

const (
	operationCost = 80 // bytes of memory for an operation with its blob, a piece with its run
	pieceCost     = 64
	maxNotes      = 16 // damage told one by one for a partition
)

// errTables says that the tables of the partitions outgrow the budget.
var errTables = errors.New("tables too large")

// fields of PartitionUpdate and PartitionInfo
const (
	partitionName       = 1
	partitionNewInfo    = 7
	partitionOperations = 8

	infoSize = 1
	infoHash = 2
)

// readPartition maps a partition. An error means that not even its name and size can be read.
func (c *container) readPartition(m message) (*partition, error) {
	p := &partition{offset: m.base, decoded: &decoded{owner: c.budget.Cache().NewOwner(), damage: map[int32]error{}}}
	for rest := m; len(rest.data) > 0; {
		f, err := rest.next()
		if err != nil {
			return nil, fmt.Errorf("partition %q: %w", p.name, err)
		}
		switch f.number {
		case partitionName:
			p.name = string(f.sub.data)
		case partitionNewInfo:
			if err := p.readInfo(f.sub); err != nil {
				return nil, fmt.Errorf("partition %q: %w", p.name, err)
			}
		}
	}
	before := c.tables
	if err := c.readOperations(m, p); err != nil {
		u := *extract.AsUnopened(err)
		p.problem = &u
		p.ops, p.pieces, c.tables = nil, nil, before
		return p, nil
	}
	p.finish()
	return p, nil
}

func (p *partition) readInfo(m message) error {
	for len(m.data) > 0 {
		at := m.base
		f, err := m.next()
		if err != nil {
			return err
		}
		switch f.number {
		case infoSize:
			if f.value > 1<<62 {
				return extract.Damaged(at, "a size of %d bytes", f.value)
			}
			p.size = int64(f.value)
		case infoHash:
			p.hash = bytes.Clone(f.sub.data)
		}
	}
	return nil
}

// readOperations fills the tables of p. The error says why the partition cannot be opened at all.
func (c *container) readOperations(m message, p *partition) error {
	sized := p.size > 0
	deltas, kinds := 0, map[uint64]int{}
	dst := make([]blocks, 0, 8)
	room := func() int64 { return c.budget.Limits().Buffer - c.tables }
	for len(m.data) > 0 {
		f, err := m.next()
		if err != nil {
			return err
		}
		if f.number != partitionOperations {
			continue
		}
		c.tables += operationCost
		var in install
		in, err = readInstall(f.sub, dst, room()/pieceCost)
		if err == nil && len(p.ops) < 1<<30 {
			dst = in.dst
			before := len(p.pieces)
			p.ops = append(p.ops, operation{number: int32(len(p.ops)), kind: in.kind, length: in.length})
			c.place(p, in, sized)
			c.tables += int64(len(p.pieces)-before) * pieceCost
		}
		if err == errTables || room() < 0 {
			l := c.budget.Limits().Buffer
			return &extract.LimitError{Limit: "buffer", Value: l, What: fmt.Sprintf("tables of the partitions up to operation %d of %q", len(p.ops), p.name)}
		}
		if err != nil {
			return fmt.Errorf("operation %d: %w", len(p.ops), err)
		}
		kinds[in.kind]++
		if p.ops[len(p.ops)-1].mode == broken && deltaNames[in.kind] != "" {
			deltas++
		}
	}
	if deltas > 0 {
		return deltaProblem(p.offset, kinds)
	}
	return nil
}

func deltaProblem(offset int64, kinds map[uint64]int) error {
	var order []uint64
	for k := range kinds {
		order = append(order, k)
	}
	sort.Slice(order, func(i, j int) bool { return order[i] < order[j] })
	first, list := "", []string{}
	for _, k := range order {
		if first == "" && deltaNames[k] != "" {
			first = typeName(k)
		}
		list = append(list, fmt.Sprintf("%d %s", kinds[k], typeName(k)))
	}
	return extract.Unsupported(offset, "delta operation %s needs the previous image (%s)", first, strings.Join(list, ", "))
}

// place decides how the last operation of p is read and maps its extents.
func (c *container) place(p *partition, in install, sized bool) {
	o := &p.ops[len(p.ops)-1]
	var whole bool
	o.blob, whole = c.blob(in.offset, in.length)
	o.size = p.total(o, in.dst, c.blockSize)
	if !sized {
		for _, b := range in.dst {
			if start, n, ok := b.bytes(c.blockSize); ok {
				p.size = max(p.size, start+n)
			}
		}
	}
	o.mode = c.modeOf(o, in)
	spread := func(m mode, from, to int64) { p.spread(o, in.dst, c.blockSize, m, from, to) }
	switch o.mode {
	case hole:
		spread(hole, 0, o.size)
		return
	case broken:
		o.fault = foreign
		spread(broken, 0, o.size)
	case packed:
		if !whole {
			o.fault = outside // its beginning decodes all the same
		} else if o.blob.Size == 0 {
			o.fault = empty
		}
		if o.blob.Size == 0 {
			o.mode = broken
		}
		spread(o.mode, 0, o.size)
	case raw:
		if o.blob.Size > o.size {
			p.note(o, "%d bytes of data for %d bytes of extents", o.blob.Size, o.size)
			o.blob.Size = o.size // the rest is slack
		}
		spread(raw, 0, o.blob.Size)
		switch missing := o.size - o.blob.Size; {
		case !whole:
			o.fault = outside
			spread(broken, o.blob.Size, o.size)
		case missing >= c.blockSize:
			o.fault = short
			spread(broken, o.blob.Size, o.size)
		default: // the last block is padded with zeros
			spread(hole, o.blob.Size, o.size)
		}
	}
	if o.size == 0 {
		if o.blob.Size > 0 {
			p.note(o, "%d bytes of data are written nowhere", o.blob.Size)
		}
		return
	}
	p.claim(o.blob)
}

// modeOf tells how an operation is read. Makers number REPLACE_ZSTD differently (14, 11 and 8 are seen), so an operation that reads no old blocks
// and whose data begin like a compressed stream is taken for what it looks like.
func (c *container) modeOf(o *operation, in install) mode {
	switch in.kind {
	case opReplace:
		return raw
	case opZero, opDiscard:
		return hole
	case opReplaceBZ, opReplaceXZ:
		return packed
	}
	if !in.sources && o.blob.Size > 0 && sniff(c.head(o.blob)) != unknown {
		return packed
	}
	return broken
}

// head is the first bytes of a blob.
func (c *container) head(blob extract.Extent) []byte {
	var b [6]byte
	n, _ := c.ReadAt(b[:min(int64(len(b)), blob.Size)], blob.Offset)
	return b[:n]
}

// total is the decoded size of an operation.
func (p *partition) total(o *operation, dst []blocks, blockSize int64) (sum int64) {
	for _, b := range dst {
		_, n, ok := b.bytes(blockSize)
		if !ok || n > 1<<62-sum {
			p.note(o, "an extent of %d blocks at block %d", b.count, b.start)
			return sum
		}
		sum += n
	}
	return sum
}

// spread maps the bytes [from, to) of the decoded operation to where its extents put them.
func (p *partition) spread(o *operation, dst []blocks, blockSize int64, m mode, from, to int64) {
	at := int64(0)
	for _, b := range dst {
		start, n, _ := b.bytes(blockSize)
		if at+n > o.size { // behind the last sound extent
			return
		}
		lo, hi := max(from, at), min(to, at+n)
		if lo < hi {
			pc := piece{start: start + lo - at, end: start + hi - at, from: lo, op: o.number, mode: m}
			if pc.end > p.size {
				p.note(o, "writes bytes %d to %d of a partition of %d", pc.start, pc.end, p.size)
				pc.end = p.size
			}
			if pc.start < pc.end {
				p.pieces = append(p.pieces, pc)
			}
		}
		at += n
	}
}

// note records damage of an operation that no range of the partition shows.
func (p *partition) note(o *operation, format string, args ...any) {
	if len(p.notes) == maxNotes {
		p.dropped++
		return
	}
	u := extract.Damaged(o.blob.Offset, "%v: %w", o, fmt.Errorf(format, args...))
	u.Name = p.name
	p.notes = append(p.notes, u)
}

// claim adds a blob to the raw bytes of the partition.
func (p *partition) claim(e extract.Extent) {
	if e.Size == 0 {
		return
	}
	if n := len(p.blobs); n > 0 && p.blobs[n-1].End() == e.Offset {
		p.blobs[n-1].Size += e.Size
		return
	}
	p.blobs = append(p.blobs, e)
}

// finish orders the pieces and finds the runs of data.
func (p *partition) finish() {
	p.order()
	kept := p.pieces[:0]
	for _, pc := range p.pieces {
		if pc.mode == hole {
			continue
		}
		kept = append(kept, pc)
		if n := len(p.runs); n > 0 && p.runs[n-1].End() == pc.start {
			p.runs[n-1].Size += pc.end - pc.start
		} else {
			p.runs = append(p.runs, extract.Extent{Offset: pc.start, Size: pc.end - pc.start})
		}
	}
	p.pieces = kept
	if p.dropped > 0 {
		u := extract.Damaged(p.offset, "%d more damaged operations", p.dropped)
		u.Name = p.name
		p.notes = append(p.notes, u)
	}
}
