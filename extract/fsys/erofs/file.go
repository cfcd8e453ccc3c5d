package erofs

import (
	"errors"
	"io"
	"sort"
	"unsafe"

	"github.com/censorscan/censorscan/extract"
)

// file is the content of an inode. Its runs are in memory; clusters are decoded when they are read, straight to where they are wanted if all of one is, else by
// way of the cache. It is a space too: the metabox and the packed inode are files that hold parts of others.
type file struct {
	volume *volume
	size   int64
	runs   []run
	owner  int64 // in the cache
}

// open makes the runs of the content.
func (in *inode) open() (*file, error) {
	v := in.view.volume
	f := &file{volume: v, size: in.size, owner: v.budget.Cache().NewOwner()}
	limit := v.budget.Limits().Buffer / int64(unsafe.Sizeof(run{}))
	tooMany := false
	in.eachRun(func(r run) bool {
		f.runs = append(f.runs, r)
		tooMany = int64(len(f.runs)) > limit
		return !tooMany
	})
	if tooMany {
		return nil, &extract.LimitError{Limit: "buffer", Value: v.budget.Limits().Buffer, What: "the map of one file"}
	}
	return f, nil
}

// Size is the length in bytes.
func (f *file) Size() int64 { return f.size }

// Close gives back what the cache holds of the file, which can be read on.
func (f *file) Close() error {
	f.volume.budget.Cache().Forget(f.owner, len(f.runs))
	return nil
}

// find gives the index of the run that holds off.
func (f *file) find(off int64) int {
	return sort.Search(len(f.runs), func(i int) bool { return f.runs[i].end() > off })
}

// ReadAt implements io.ReaderAt.
func (f *file) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off >= f.size {
		return 0, io.EOF
	}
	for i := f.find(off); n < len(p) && i < len(f.runs); i++ {
		r := &f.runs[i]
		in := off + int64(n) - r.at
		part := p[n:]
		part = part[:min(int64(len(part)), r.size-in)]
		if m, err := f.readRun(part, i, in); err != nil {
			return n + m, &extract.RangeError{Extent: extract.Extent{Offset: r.at, Size: r.size}, Err: err}
		}
		n += len(part)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// readRun fills p from the offset in of a run.
func (f *file) readRun(p []byte, i int, in int64) (int, error) {
	r := &f.runs[i]
	switch r.kind {
	case kindHole:
		clear(p)
		return len(p), nil
	case kindBad:
		return 0, r.bad
	case kindRaw:
		s, err := f.volume.space(r.place)
		if err != nil {
			return 0, err
		}
		return readFull(s, p, r.from+in)
	}
	key := extract.CacheKey{Owner: f.owner, Block: int64(i)}
	if int64(len(p)) == r.size {
		if data, ok := f.volume.budget.Cache().Peek(key); ok { // from a look at the head or the tail
			return copy(p, data), nil
		}
		return 0, f.volume.decode(p, r)
	}
	data, err := f.volume.budget.Cache().Get(key, func() ([]byte, error) {
		buf := make([]byte, r.size) // at most maxDecoded
		return buf, f.volume.decode(buf, r)
	})
	if err != nil {
		return 0, err
	}
	return copy(p, data[in:]), nil
}

// decode fills dst with what a cluster decodes to.
func (v *volume) decode(dst []byte, r *run) error {
	s, err := v.space(r.place)
	if err != nil {
		return err
	}
	pooled := v.decoders.raw.Get().(*[]byte)
	defer v.decoders.raw.Put(pooled)
	if cap(*pooled) < int(r.encoded) {
		*pooled = make([]byte, r.encoded) // at most maxEncoded
	}
	raw := (*pooled)[:r.encoded]
	if _, err := readFull(s, raw, r.from); err != nil {
		return err
	}
	if err := v.decoders.decode(dst, raw, r.algorithm, !r.partial); err != nil {
		return extract.Damaged(r.from, "the cluster of %d bytes at %d: %w", r.encoded, r.from, err)
	}
	return nil
}

func readFull(r io.ReaderAt, p []byte, off int64) (int, error) {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return n, nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// NextData implements extract.Sparse.
func (f *file) NextData(off int64) (start, end int64) {
	off = max(off, 0)
	for i := f.find(off); i < len(f.runs); i++ {
		if f.runs[i].kind == kindHole {
			continue
		}
		start = max(off, f.runs[i].at)
		for i < len(f.runs) && f.runs[i].kind != kindHole {
			i++
		}
		return start, f.runs[i-1].end()
	}
	return f.size, f.size
}

// extents implements space.
func (f *file) extents(to *extentList, off, n int64) {
	for i := f.find(off); i < len(f.runs) && f.runs[i].at < off+n; i++ {
		r := f.runs[i]
		if r.kind == kindRaw {
			start := max(off, r.at)
			r.size, r.from = min(r.end(), off+n)-start, r.from+start-r.at
		}
		r.extents(f.volume, to)
	}
}
