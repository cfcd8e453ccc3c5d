package zip

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/censorscan/censorscan/extract"
)

// end is the end of central directory record, zip64's merged in.
type end struct {
	entries int64 // modulo 65536 without zip64
	size    int64 // of the directory, in bytes
	offset  int64 // of the directory, as recorded
	comment int   // length of the comment
}

// parseEnd reads an end record of at least endLen bytes.
func parseEnd(b []byte) end {
	return end{
		entries: int64(le.Uint16(b[10:])),
		size:    int64(le.Uint32(b[12:])),
		offset:  int64(le.Uint32(b[16:])),
		comment: int(le.Uint16(b[20:])),
	}
}

func (e *end) needs64() bool {
	return e.entries == 0xFFFF || e.size == 0xFFFFFFFF || e.offset == 0xFFFFFFFF
}

// merge64 takes over the values of a zip64 record of end64Len bytes that the short record has no room for.
func (e *end) merge64(b []byte) {
	if e.entries == 0xFFFF {
		e.entries = clamp64(le.Uint64(b[32:]))
	}
	if e.size == 0xFFFFFFFF {
		e.size = clamp64(le.Uint64(b[40:]))
	}
	if e.offset == 0xFFFFFFFF {
		e.offset = clamp64(le.Uint64(b[48:]))
	}
}

// ref finds a record of the central directory.
type ref struct {
	header int64 // offset of the local header in the container
	record int   // offset of the record in directory.data
}

// directory is the central directory as it stands in the container.
type directory struct {
	at       int64  // where it begins
	base     int64  // what is added to recorded offsets: the length of data before the archive
	data     []byte // its records
	order    []ref  // its entries in the order of their bytes
	fixed    claims // its records and the end records, ascending
	regions  claims // signing block, directory and end records as a whole, ascending: no entries are looked for there
	problems []error
}

// readDirectory finds the central directory. An archive without one is read by its local headers: c.dir stays nil.
func (c *container) readDirectory(ctx context.Context) error {
	size := c.in.Size()
	from := max(0, size-endLen-0xFFFF)
	d, err := c.findDirectory(ctx, from, size)
	if d == nil && err == nil && from > 0 {
		d, err = c.findDirectory(ctx, 0, from+endLen-1)
	}
	if err != nil {
		return err
	}
	head := make([]byte, 4)
	if n, err := c.in.ReadAt(head, 0); n < len(head) {
		return fmt.Errorf("reading the beginning: %w", err)
	}
	starts := string(head) == localSig || string(head) == spanSig || string(head) == spanMarker
	// A directory whose offsets do not count from the beginning of what is itself a zip belongs to a stored member that the truncation of
	// the outer archive left as the last thing.
	if d != nil && d.base > 0 && starts {
		d = nil
	}
	if d == nil && (!starts || !c.hasEntry(ctx)) {
		return extract.ErrNotThis
	}
	c.dir = d
	return nil
}

// findDirectory looks for the last end record in [lo, hi) that leads to a central directory.
func (c *container) findDirectory(ctx context.Context, lo, hi int64) (*directory, error) {
	const step, maxTries = 1 << 20, 1 << 16
	tries := 0
	for hi-lo >= endLen {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		start := max(lo, hi-step)
		buf, err := c.in.Budget.Bytes(hi - start)
		if err != nil {
			return nil, err
		}
		// what cannot be read holds zeros, so a record behind it is still found
		n, _ := c.in.ReadAt(buf, start)
		for buf = buf[:n]; ; {
			at := lastEnd(buf)
			if at < 0 {
				break
			}
			if tries++; tries > maxTries { // made to be slow; its members are found by their local headers
				return nil, nil
			}
			d, err := c.tryEnd(start + int64(at))
			if d != nil || err != nil {
				return d, err
			}
			buf = buf[:at]
		}
		if start == lo {
			break
		}
		hi = start + int64(len(endSig)) - 1
	}
	return nil, nil
}

// tryEnd follows the end record at pos; nil when it leads nowhere.
func (c *container) tryEnd(pos int64) (*directory, error) {
	rec := make([]byte, endLen)
	if n, _ := c.in.ReadAt(rec, pos); n < endLen {
		return nil, nil
	}
	e := parseEnd(rec)
	stop := pos // where the directory has to end
	if e.needs64() {
		stop = c.merge64(&e, pos)
	}
	d := &directory{at: -1}
	for _, at := range []int64{e.offset, stop - e.size} { // Android looks at the recorded offset alone
		if at >= 0 && at < stop && c.has(at, centralSig) {
			d.at = at
			break
		}
	}
	if d.at < 0 {
		if e.size != 0 || e.entries != 0 {
			return nil, nil
		}
		d.at = stop
	}
	if d.at != e.offset && d.at == stop-e.size {
		d.base = c.base(d.at, d.at-e.offset)
	}
	length := min(e.size, stop-d.at)
	if err := c.load(d, length); err != nil {
		return nil, err
	}
	if int64(len(d.order)) < e.entries && length < stop-d.at { // its size is wrong
		length = stop - d.at
		if err := c.load(d, length); err != nil {
			return nil, err
		}
	}
	if found := int64(len(d.order)); found < e.entries && len(d.problems) == 0 {
		d.problems = append(d.problems, extract.Damaged(d.at, "the central directory has %d entries, its end record says %d", found, e.entries))
	}
	size := c.in.Size()
	begin := d.at
	if block := c.signingBlock(d.at); len(block) > 0 {
		d.fixed = append(block, d.fixed...)
		begin = block[0].Offset
	}
	d.regions.add(begin, d.at+length-begin, size)
	d.fixed.add(stop, pos+endLen-stop, size)
	d.regions.add(stop, pos+endLen-stop, size)
	return d, nil
}

// merge64 merges the zip64 record that belongs to the end record at pos, and gives the offset at which the directory has to end.
func (c *container) merge64(e *end, pos int64) int64 {
	loc := make([]byte, locatorLen)
	if n, _ := c.in.ReadAt(loc, pos-locatorLen); n < locatorLen || string(loc[:4]) != locatorSig {
		return pos
	}
	for _, at := range []int64{clamp64(le.Uint64(loc[8:])), pos - locatorLen - end64Len} {
		rec := make([]byte, end64Len)
		if n, _ := c.in.ReadAt(rec, at); n == end64Len && string(rec[:4]) == end64Sig && at < pos {
			e.merge64(rec)
			return at
		}
	}
	return pos
}

// base decides what is added to recorded offsets: shift, unless the first entry's local header stands where it says by itself.
func (c *container) base(at, shift int64) int64 {
	rec := make([]byte, centralLen)
	if n, _ := c.in.ReadAt(rec, at); n < centralLen {
		return 0
	}
	header := int64(le.Uint32(rec[42:]))
	if c.has(header, localSig) && !c.has(header+shift, localSig) {
		return 0
	}
	return shift
}

func (c *container) has(at int64, sig string) bool {
	if at < 0 || at >= c.in.Size() {
		return false
	}
	b := make([]byte, len(sig))
	n, _ := c.in.ReadAt(b, at)
	return n == len(sig) && string(b) == sig
}

// load reads the records of the directory from its length bytes and puts them in order.
func (c *container) load(d *directory, length int64) error {
	d.order, d.fixed, d.problems = nil, nil, nil
	limits := c.in.Budget.Limits()
	n := min(length, limits.Buffer)
	var err error
	if d.data, err = c.in.Budget.ReadFull(c.in, d.at, n); err != nil {
		return fmt.Errorf("central directory: %w", err)
	}
	if n < length {
		d.problems = append(d.problems, &extract.LimitError{Limit: "buffer", Value: limits.Buffer,
			What: fmt.Sprintf("central directory of %d bytes, what does not fit is read by its local headers", length)})
	}
	size := c.in.Size()
	for pos := 0; pos < len(d.data); {
		e, length, ok := parseCentral(d.data[pos:])
		if !ok {
			// a broken record: the next one that can be read goes on
			next := bytes.Index(d.data[pos+1:], []byte(centralSig))
			if next < 0 {
				break
			}
			pos += 1 + next
			continue
		}
		d.order = append(d.order, ref{e.header + d.base, pos})
		fixed := centralLen + len(e.name)
		extra := int(le.Uint16(d.data[pos+30:]))
		if plainExtra(d.data[pos+fixed:][:extra]) {
			fixed += extra
		}
		d.fixed.add(d.at+int64(pos), int64(fixed), size)
		pos += length
	}
	slices.SortStableFunc(d.order, func(a, b ref) int { return cmp.Compare(a.header, b.header) })
	return nil
}
