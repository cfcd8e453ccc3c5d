// Package cpio reads cpio archives: the initial RAM disks of kernels, and what GNU cpio writes.
package cpio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"

	"github.com/censorscan/censorscan/extract"
)

// Format is cpio: newc (070701), crc (070702), odc (070707) and the old binary form of both byte orders, also several archives one after another.
func Format() extract.Format {
	return extract.Format{
		Name:    "cpio",
		Group:   "archive",
		Summary: "cpio archives: newc, crc, odc and old binary, also one after another as in an initramfs",
		Spec:    "Linux Documentation/driver-api/early-userspace/buffer-format.rst; FreeBSD cpio(5)",
		Detect:  detect,
		Open:    open,
	}
}

// detect wants a whole first header; of the binary form, whose magic is two bytes, also a type of file and a name that ends.
func detect(p *extract.Probe) bool {
	h, err := parse(p.At(0, largestHeader))
	if err != nil || h.size != binarySize {
		return err == nil
	}
	end := p.At(h.size+h.nameSize-1, 1)
	return h.mode>>12 != 0 && len(end) == 1 && end[0] == 0
}

// archive is an opened cpio archive.
type archive struct {
	src         extract.Source
	budget      *extract.Budget
	checkHashes bool
	structure   []extract.Extent
}

func open(_ context.Context, in *extract.Input) (extract.Container, error) {
	return &archive{src: in.Source, budget: in.Budget, checkHashes: in.CheckHashes}, nil
}

const (
	trailer  = "TRAILER!!!"
	maxName  = 64 << 10 // bytes of a name; the kernel takes 4096
	maxLink  = 64 << 10 // bytes of a symbolic link
	restName = "(behind the archive)"
)

// Members yields the entries in their order. A hard link whose data come with a later one is yielded together with that.
func (a *archive) Members(ctx context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		w := walk{archive: a, ctx: ctx, yield: yield}
		w.run()
	}
}

// walk is one pass over the archive.
type walk struct {
	*archive
	ctx   context.Context
	yield func(*extract.Member, error) bool
	links links
}

// run goes from header to header; each is behind the one before it, so it ends.
func (w *walk) run() {
	w.structure = nil
	w.links = newLinks(w.budget.Limits().Buffer)
	inside := true // an archive has begun and its trailer is to come
	for at := int64(0); ; {
		if w.ctx.Err() != nil {
			w.yield(nil, context.Cause(w.ctx))
			return
		}
		if !inside {
			at = w.skipZeros(at)
		}
		if at >= w.src.Size() {
			break
		}
		e, err := w.entry(at)
		if err != nil && !inside && errors.Is(err, errMagic) {
			w.rest(at)
			return
		}
		if err != nil {
			if w.links.flush(w.yield) {
				w.yield(nil, err)
			}
			return
		}
		w.claim(extract.Extent{Offset: at, Size: min(e.data.Offset-at, e.size+maxName)})
		w.claim(extract.Extent{Offset: e.data.End(), Size: min(e.next, w.src.Size()) - e.data.End()}) // padding
		inside = e.name != trailer
		if !inside {
			if !w.links.flush(w.yield) {
				return
			}
		} else if !w.emit(at, e) {
			return
		}
		at = e.next
	}
	if w.links.flush(w.yield) && inside {
		w.yield(nil, extract.Damaged(w.src.Size(), "the archive ends without a trailer"))
	}
}

// rest yields what follows the last archive: a kernel takes compressed archives behind plain ones.
func (w *walk) rest(at int64) {
	e := extract.Extent{Offset: at, Size: w.src.Size() - at}
	w.yield(w.file(&extract.Member{Name: restName}, e), nil)
}

// skipZeros finds the first byte at or after at that is not zero.
func (w *walk) skipZeros(at int64) int64 {
	buf := make([]byte, 64<<10)
	sp, sparse := w.src.(extract.Sparse)
	for at < w.src.Size() && w.ctx.Err() == nil {
		if sparse {
			if start, _ := sp.NextData(at); start > at {
				at = start
				continue
			}
		}
		n, err := w.src.ReadAt(buf, at)
		for i, c := range buf[:n] {
			if c != 0 {
				return at + int64(i)
			}
		}
		at += int64(n)
		if n < len(buf) && err != nil {
			break
		}
	}
	return at
}

// entry is a header with its name and where its data lie.
type entry struct {
	header
	name string
	data extract.Extent // as the header says
	next int64          // where the next header has to be
}

// entry reads the header at an offset. Of the name at most maxName bytes are read.
func (w *walk) entry(at int64) (entry, error) {
	var buf [512]byte
	n, err := w.src.ReadAt(buf[:], at)
	h, perr := parse(buf[:n])
	if perr != nil {
		if n < len(buf) && err != nil && err != io.EOF {
			return entry{}, fmt.Errorf("cpio header at %d: %w", at, err)
		}
		return entry{}, extract.Damaged(at, "cpio header: %w", perr)
	}
	e := entry{header: h}
	e.data = extract.Extent{Offset: pad(at, h.size+h.nameSize, h.align), Size: h.fileSize}
	e.next = pad(at, e.data.End()-at, h.align)
	if e.data.Offset > w.src.Size() {
		return e, extract.Damaged(at, "a name of %d bytes, but the archive ends at %d", h.nameSize, w.src.Size())
	}
	name, length := buf[h.size:n], min(h.nameSize, maxName)
	if int64(len(name)) < length {
		if name, err = w.budget.ReadFull(w.src, at+h.size, length); err != nil {
			return e, fmt.Errorf("cpio name at %d: %w", at, err)
		}
	}
	name, _, _ = bytes.Cut(name[:length], []byte{0})
	e.name = string(name)
	return e, nil
}

// pad is the offset behind n bytes at an offset, moved up to the next multiple of align from the start of the header. Archives that follow
// another may begin anywhere, but each pads from its own headers, which are aligned within it.
func pad(at, n, align int64) int64 { return at + (n+align-1)/align*align }

// emit yields what an entry stands for.
func (w *walk) emit(at int64, e entry) bool {
	data := e.data
	damage := func(format string, args ...any) *extract.Unopened {
		u := extract.Damaged(at, format, args...)
		u.Name = e.name
		return u
	}
	if e.nameSize > maxName && !w.yield(nil, damage("a name of %d bytes, of which %d are read", e.nameSize, maxName)) {
		return false
	}
	var cut *extract.Unopened
	if room := max(0, w.src.Size()-data.Offset); data.Size > room {
		cut = damage("%d bytes of data, but the archive ends after %d of them", data.Size, room)
		data.Size = room
	}
	m := &extract.Member{Name: e.name, Mode: e.fileMode()}
	ok := true
	switch {
	case m.Mode&fs.ModeSymlink != 0:
		ok = w.symlink(m, data)
	case m.Mode&fs.ModeDevice != 0:
		m.Device = e.device
		ok = w.yield(m, nil)
	case m.Mode.IsRegular():
		ok = w.regular(m, e, data)
	default:
		ok = w.yield(m, nil)
	}
	if ok && cut != nil {
		return w.yield(nil, cut)
	}
	if ok && w.checkHashes && e.crc && m.Mode.IsRegular() && data.Size > 0 {
		return w.checksum(damage, e, data)
	}
	return ok
}

func (w *walk) symlink(m *extract.Member, data extract.Extent) bool {
	if data.Size > maxLink {
		u := extract.Damaged(data.Offset, "a symbolic link of %d bytes", data.Size)
		u.Name, u.Extent.Size = m.Name, data.Size
		return w.yield(nil, u)
	}
	target, err := w.budget.ReadFull(w.src, data.Offset, data.Size)
	if err != nil {
		u := *extract.AsUnopened(err)
		u.Name, u.Extent = m.Name, data
		return w.yield(nil, &u)
	}
	m.Link, m.Extents = string(target), []extract.Extent{data}
	m.Size = data.Size
	return w.yield(m, nil)
}

// regular yields a file, or keeps a hard link without data until they come.
func (w *walk) regular(m *extract.Member, e entry, data extract.Extent) bool {
	if e.links < 2 || e.size != newSize { // the old forms repeat the data, and their inode numbers are cut to 16 bits
		return w.yield(w.file(m, data), nil)
	}
	if data.Size == 0 {
		if known, ok := w.links.data[e.id]; ok {
			return w.yield(w.file(m, known), nil)
		}
		if w.links.wait(e.id, m) {
			return true
		}
		u := extract.AsUnopened(&extract.LimitError{Limit: "buffer", Value: w.budget.Limits().Buffer, What: "hard links that wait for their data"})
		u.Name = m.Name
		return w.yield(w.file(m, data), nil) && w.yield(nil, u)
	}
	for _, link := range w.links.found(e.id, data) {
		if !w.yield(w.file(link, data), nil) {
			return false
		}
	}
	return w.yield(w.file(m, data), nil)
}

// file makes m a regular member of the bytes of an extent.
func (a *archive) file(m *extract.Member, data extract.Extent) *extract.Member {
	m.Size = data.Size
	if data.Size > 0 {
		m.Extents = []extract.Extent{data}
	}
	m.Open = func(context.Context) (extract.Source, error) { return extract.Section(a.src, data), nil }
	return m
}

// checksum compares the sum of the data's bytes, as the crc form has it.
func (w *walk) checksum(damage func(string, ...any) *extract.Unopened, e entry, data extract.Extent) bool {
	sum, buf := uint32(0), make([]byte, 64<<10)
	for at := data.Offset; at < data.End(); {
		if w.ctx.Err() != nil {
			return true // run tells
		}
		n, err := w.src.ReadAt(buf[:min(int64(len(buf)), data.End()-at)], at)
		for _, c := range buf[:n] {
			sum += uint32(c)
		}
		at += int64(n)
		if n == 0 {
			return w.yield(nil, damage("checksum: reading at %d: %w", at, err))
		}
	}
	if sum != e.check {
		return w.yield(nil, damage("the data have checksum %08x, the header says %08x", sum, e.check))
	}
	return true
}

// claim keeps an extent as structure, together with its neighbour. So that a header of a hundred bytes does not cost more than its share, as many as the
// budget holds are kept; the rest is searched.
func (a *archive) claim(e extract.Extent) {
	const cost = 16
	if e.Size <= 0 {
		return
	}
	if n := len(a.structure); n > 0 && a.structure[n-1].End() == e.Offset {
		a.structure[n-1].Size += e.Size
	} else if int64(n) < a.budget.Limits().Buffer/cost {
		a.structure = append(a.structure, e)
	}
}

// Structure is the headers with the names, and the padding.
func (a *archive) Structure() []extract.Extent { return a.structure }

// Close implements extract.Container.
func (a *archive) Close() error { return nil }
