package super

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"

	"github.com/censorscan/censorscan/extract"
)

// volume gives random access to a partition.
type volume struct {
	src  extract.Source
	size int64
	runs []run // in order, zeros left out
}

// run is a part of a partition that lies in one piece in the image, or cannot be read.
type run struct {
	start, end int64 // bytes in the partition
	at         int64 // in the image
	err        error
}

// maxSize is how large a partition may be in bytes, so that sums do not overflow.
const maxSize = 1 << 61

// volume maps a partition.
func (c *container) volume(t *table, p partition) (*volume, *extract.Unopened) {
	v := &volume{src: c.src}
	if p.first+p.count > int64(t.extents.count) && p.count > 0 {
		return nil, extract.Damaged(t.at.Offset, "extents %d to %d of %d", p.first, p.first+p.count, t.extents.count)
	}
	for i := p.first; i < p.first+p.count; i++ {
		e := t.extent(i)
		if e.sectors > uint64(maxSize-v.size)/sector {
			return nil, extract.Damaged(t.at.Offset, "extent %d has %d sectors", i, e.sectors)
		}
		start := v.size
		v.size += int64(e.sectors) * sector
		switch e.kind {
		case zeros:
		case linear:
			at, here, err := c.locate(t, e)
			v.add(run{start: start, end: start + here, at: at})
			v.add(run{start: start + here, end: v.size, err: err})
		default:
			v.add(run{start: start, end: v.size, err: fmt.Errorf("extent %d is of the unknown kind %d", i, e.kind)})
		}
	}
	return v, nil
}

// locate finds an extent in the image. What of it is not there is told by the error.
func (c *container) locate(t *table, e extent) (at, here int64, err error) {
	if e.device >= uint32(t.devices.count) {
		return 0, 0, fmt.Errorf("on block device %d of %d", e.device, t.devices.count)
	}
	d, base := t.device(int(e.device)), t.bases[e.device]
	if base < 0 || c.bare {
		return 0, 0, fmt.Errorf("on block device %q, which is not in this image", d.name)
	}
	limit := c.src.Size()
	if len(t.bases) > 1 {
		limit = min(limit, base+int64(min(d.size, maxSize)))
	}
	if e.data >= uint64(limit-base)/sector {
		return 0, 0, fmt.Errorf("sectors %d to %d of block device %q lie outside of its %d bytes", e.data, e.data+e.sectors, d.name, limit-base)
	}
	at = base + int64(e.data)*sector
	if here = int64(e.sectors) * sector; here > limit-at {
		here = limit - at
		err = fmt.Errorf("sectors %d to %d of block device %q lie outside of its %d bytes", e.data, e.data+e.sectors, d.name, limit-base)
	}
	return at, here, err
}

// add appends a run unless it is empty.
func (v *volume) add(r run) {
	if r.end <= r.start {
		return
	}
	if n := len(v.runs); n > 0 {
		if last := &v.runs[n-1]; last.err == nil && r.err == nil && last.end == r.start && last.at+last.end-last.start == r.at {
			last.end = r.end
			return
		}
	}
	v.runs = append(v.runs, r)
}

// lost is why a part of the partition cannot be read, nil if all of it can.
func (v *volume) lost() error {
	for _, r := range v.runs {
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

// Size is the size of the partition in bytes.
func (v *volume) Size() int64 { return v.size }

func (v *volume) find(off int64) int {
	return sort.Search(len(v.runs), func(i int) bool { return v.runs[i].end > off })
}

// ReadAt implements io.ReaderAt.
func (v *volume) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off >= v.size {
		return 0, io.EOF
	}
	if int64(len(p)) > v.size-off {
		p, err = p[:v.size-off], io.EOF
	}
	for i := v.find(off); n < len(p); i++ {
		end := off + int64(len(p))
		if i < len(v.runs) {
			end = min(end, v.runs[i].start)
		}
		if at := off + int64(n); end > at { // zeros
			clear(p[n : end-off])
			n = int(end - off)
		}
		if n == len(p) {
			break
		}
		r := &v.runs[i]
		m, err := r.read(v.src, p[n:min(int64(len(p)), r.end-off)], off+int64(n))
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, err
}

// read fills part, which begins at byte at of the partition and ends within the run.
func (r *run) read(src extract.Source, part []byte, at int64) (int, error) {
	if r.err != nil {
		return 0, &extract.RangeError{Extent: extract.Extent{Offset: r.start, Size: r.end - r.start}, Err: r.err}
	}
	n, err := src.ReadAt(part, r.at+at-r.start)
	if n == len(part) {
		return n, nil
	}
	at += int64(n)
	var re *extract.RangeError
	if !errors.As(err, &re) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return n, fmt.Errorf("byte %d of the super image: %w", r.at+at-r.start, err)
	}
	shift := r.start - r.at
	lo, hi := max(r.start, re.Extent.Offset+shift), min(r.end, re.Extent.End()+shift)
	if lo > at || hi <= at {
		lo, hi = at, r.end
	}
	return n, &extract.RangeError{Extent: extract.Extent{Offset: lo, Size: hi - lo}, Err: re.Err}
}

// NextData implements extract.Sparse, the holes of the image included.
func (v *volume) NextData(off int64) (start, end int64) {
	sp, _ := v.src.(extract.Sparse)
	for i := v.find(off); i < len(v.runs); i++ {
		r := &v.runs[i]
		lo := max(off, r.start)
		if sp == nil || r.err != nil {
			return lo, r.end
		}
		shift := r.start - r.at
		if s, e := sp.NextData(lo - shift); s+shift < r.end {
			return s + shift, min(e+shift, r.end)
		}
	}
	return v.size, v.size
}

// check finds extents that overlap or lie in the metadata, which no partition of a sound table does.
func (t *table) check() (notes []*extract.Unopened) {
	type claim struct {
		name       string
		device     uint32
		start, end uint64 // sectors
	}
	const most = 16
	note := func(format string, args ...any) {
		if len(notes) < most {
			notes = append(notes, extract.Damaged(t.at.Offset, format, args...))
		}
	}
	var all []claim
	for i := range t.partitions.count {
		p := t.partition(i)
		if len(all) > 2*t.extents.count {
			break // told where the members are
		}
		for k := p.first; k < min(p.first+p.count, int64(t.extents.count)); k++ {
			e := t.extent(k)
			if e.kind != linear || e.sectors == 0 || int(e.device) >= t.devices.count || e.data+e.sectors < e.data {
				continue
			}
			if first := t.device(int(e.device)).first; e.data < first {
				note("partition %q begins at sector %d of block device %q, before %d", p.name, e.data, t.device(int(e.device)).name, first)
			}
			all = append(all, claim{p.name, e.device, e.data, e.data + e.sectors})
			if len(all) > 2*t.extents.count {
				break
			}
		}
	}
	slices.SortFunc(all, func(a, b claim) int { return cmp.Or(cmp.Compare(a.device, b.device), cmp.Compare(a.start, b.start)) })
	for i, far := 1, 0; i < len(all); i++ {
		if all[i].device == all[far].device && all[i].start < all[far].end {
			note("partitions %q and %q both hold sector %d of block device %q", all[far].name, all[i].name, all[i].start, t.device(int(all[i].device)).name)
		}
		if all[i].device != all[far].device || all[i].end > all[far].end {
			far = i
		}
	}
	return notes
}
