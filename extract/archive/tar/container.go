package tar

import (
	"context"
	"hash/fnv"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/censorscan/censorscan/extract"
)

// container is an opened archive.
type container struct {
	in     *extract.Input
	claims claims
}

func (c *container) Close() error { return nil }

// Structure gives headers, maps, end marks, padding and the line with an MD5. Other bytes behind the end mark are not in it.
func (c *container) Structure() []extract.Extent { return slices.Clone(c.claims) }

// Members gives the entries in their order, those of archives that were written one behind the other too. A damaged header is told, and the
// next block that is one goes on.
func (c *container) Members(ctx context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		stopped := false
		tell := func(m *extract.Member, err error) bool {
			stopped = stopped || !yield(m, err)
			return !stopped
		}
		w := &walk{reader: reader{in: c.in}, ctx: ctx, yield: tell, seen: map[uint64]int64{}}
		w.run()
		if !stopped {
			w.trailer(c.in.CheckHashes)
		}
		c.claims = w.claims
	}
}

// walk is one iteration over the members.
type walk struct {
	reader
	ctx   context.Context
	yield func(*extract.Member, error) bool
	seen  map[uint64]int64 // hash of a name: offset of the first header of the file that it last stood for
	again int64            // bytes of headers that hard links had read again
}

func (w *walk) run() {
	ended := false
	for at := int64(0); ; {
		if err := w.ctx.Err(); err != nil {
			w.yield(nil, err)
			return
		}
		e, stop, err := w.entry(at)
		switch {
		case e != nil:
			ended = false
			if !w.member(e, at, err) {
				return
			}
			at = e.next
			continue
		case err == errEnd:
			if ended = true; stop > at && !w.yield(nil, extract.Damaged(at, "long headers, but no member")) {
				return
			}
			at = w.skipZeros(stop)
			continue
		case err == io.EOF:
			if !ended {
				at := extract.Reach(w.in, stop)
				w.yield(nil, extract.Damaged(at, "archive ends without its end mark at offset %d, members may be missing", at))
			}
			return
		case ended && !w.headerAt(at):
			return // what stands behind the end mark is no archive
		}
		if !w.yield(nil, err) {
			return
		}
		if at = w.resync(stop + blockSize); at < 0 {
			return
		}
		ended = false
	}
}

// window is how much is read at once to get over what are no headers.
const window = 128 * blockSize

// skipZeros claims the blocks of zeros from at on and gives the offset behind them.
func (w *walk) skipZeros(at int64) int64 {
	buf := make([]byte, window)
	for w.ctx.Err() == nil {
		n, _ := w.in.ReadAt(buf, at)
		i := 0
		for ; i+blockSize <= n && zero(buf[i:i+blockSize]); i += blockSize {
		}
		w.claims.add(at, int64(i))
		at += int64(i)
		if i < len(buf) {
			break
		}
	}
	return at
}

// resync gives the offset of the next header of a kind newer than v7 at or behind a block, -1 when there is none. What cannot be read is passed over.
func (w *walk) resync(at int64) int64 {
	buf := make([]byte, window)
	for ; extract.Reach(w.in, at+1) > at && w.ctx.Err() == nil; at += window {
		n, _ := w.in.ReadAt(buf, at)
		for i := 0; i+blockSize <= n; i += blockSize {
			if b := buf[i : i+blockSize]; magic(b) && validBlock(b) {
				return at + int64(i)
			}
		}
	}
	return -1
}

// trailer claims the line with an MD5.
func (w *walk) trailer(check bool) {
	t := findTrailer(w.in)
	if t == nil {
		return
	}
	w.claims.add(t.Offset, t.known)
	if check {
		if err := t.verify(w.ctx, w.in); err != nil {
			w.yield(nil, err)
		}
	}
}

// member yields an entry whose first header is at start; err is why its content cannot be read.
func (w *walk) member(e *entry, start int64, err error) bool {
	m := &extract.Member{Name: e.name, Mode: e.fileMode(), Device: e.device, Xattrs: e.xattrs}
	if e.doubt != "" && !w.yield(nil, note(e, "%s", e.doubt)) {
		return false
	}
	switch e.flag {
	case typeVolume:
		return true // a label, searched as it is
	case typeSymlink:
		m.Link = e.link
		m.Size = int64(len(e.link))
	case typeHard:
		if e.size == 0 {
			start = w.hardLink(m, e)
			break
		}
		fallthrough
	default:
		if !m.Mode.IsRegular() {
			break
		}
		if e.flag == typeContinued && !w.yield(nil, note(e, "file is continued from another volume")) {
			return false
		}
		w.content(m, e, err)
	}
	if m.Mode.IsRegular() && start >= 0 && int64(len(w.seen))*32 < w.in.Budget.Limits().Buffer {
		w.seen[key(e.name)] = start
	}
	if !w.yield(m, nil) {
		return false
	}
	// What lies behind the content is not looked at before: the archive may be decoded as it is read.
	end := e.data + e.size
	if short := end - extract.Reach(w.in, end); m.Mode.IsRegular() && short > 0 && !w.yield(nil, note(e, "member has %d bytes, the archive ends %d before", e.size, short)) {
		return false
	}
	w.claimZeros(end, e.next-end)
	return true
}

// note is what there is to say of an entry that can be read all the same. It stands for the header, so that nothing else counts as unread.
func note(e *entry, format string, args ...any) *extract.Unopened {
	u := extract.Damaged(e.header, format, args...)
	u.Name, u.Extent.Size = e.name, blockSize
	return u
}

// content gives a member the bytes of an entry.
func (w *walk) content(m *extract.Member, e *entry, err error) {
	if err != nil { // the raw bytes are searched as slack
		m.Size = e.size
		m.Problem = extract.AsUnopened(err)
		return
	}
	if e.sparse != nil {
		m.Size = e.sparse.size
		for _, c := range e.sparse.chunks {
			if n := w.there(c.raw, c.size); n > 0 {
				m.Extents = append(m.Extents, extract.Extent{Offset: c.raw, Size: n})
			}
		}
		m.Open = func(context.Context) (extract.Source, error) { return e.sparse, nil }
		return
	}
	raw := extract.Extent{Offset: e.data, Size: w.there(e.data, e.size)}
	m.Size = raw.Size
	if raw.Size > 0 {
		m.Extents = []extract.Extent{raw}
	}
	m.Open = func(context.Context) (extract.Source, error) { return extract.Section(w.in, raw), nil }
}

// there is how many of the n bytes at off there are. What has not been decoded yet is taken for granted.
func (w *walk) there(off, n int64) int64 {
	if _, ok := w.in.Source.(extract.Passing); ok {
		return n
	}
	return max(0, min(n, w.in.Size()-off))
}

// hardLink gives a member the bytes of the file before it that it names, and the offset of that one's first header, -1 when there is none.
func (w *walk) hardLink(m *extract.Member, e *entry) int64 {
	start, ok := w.seen[key(e.link)]
	if !ok {
		m.Problem = extract.Damaged(e.header, "hard link to %q, which is no file before it in the archive", e.link)
		return -1
	}
	if w.again > e.header+windowsAgain {
		m.Problem = extract.Damaged(e.header, "hard link to %q: the headers of such files have been read too often", e.link)
		m.Problem.Reason = extract.ReasonLimit
		return -1
	}
	r := reader{in: w.in} // claims nothing
	target, _, err := r.entry(start)
	if target == nil {
		m.Problem = extract.Damaged(e.header, "hard link to %q: %w", e.link, err)
		return -1
	}
	w.again += target.data - start
	if target.sparse != nil {
		w.again += int64(len(target.sparse.chunks)) * 24
	}
	w.content(m, target, err)
	return start
}

// windowsAgain is how many bytes of headers may be read again for hard links beyond those that stand before the link.
const windowsAgain = 64 << 20

// key is the hash of a name, with or without "./" before it.
func key(name string) uint64 {
	h := fnv.New64a()
	io.WriteString(h, strings.TrimPrefix(name, "./"))
	return h.Sum64()
}
