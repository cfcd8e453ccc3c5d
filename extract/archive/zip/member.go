package zip

import (
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"io/fs"

	"github.com/censorscan/censorscan/extract"
)

// maxLink is the longest content, in bytes, that is taken for the target of a symbolic link.
const maxLink = 4096

// member makes the member of an entry whose local header stands at e.header, and gives the offset behind its last byte and what is to be
// noted about it. Bytes before seen belong to others already; none at or behind hi belong to it. The member is nil when it is refused.
func (c *container) member(e *entry, seen, hi int64) (m *extract.Member, end int64, notes []*extract.Unopened) {
	m = &extract.Member{Name: e.name, Mode: e.mode(), Size: e.size}
	local, name, extra, err := c.localHeader(e.header)
	if err != nil {
		m.Mode &^= fs.ModeDir
		m.Problem = extract.Damaged(e.header, "no local header at offset %d: %w", e.header, err)
		return m, seen, nil
	}
	notes = append(notes, c.claimHeader(e, local, name, extra)...)
	e.data = e.header + int64(localLen+name+extra)
	packed := e.packed
	if e.data > hi || packed > hi-e.data {
		packed = max(0, hi-e.data)
		notes = append(notes, note(e, "entry claims %d bytes at offset %d, %d are there", e.packed, e.data, packed))
	}
	raw := extract.Extent{Offset: e.data, Size: packed}
	end = raw.End()
	if e.header < seen {
		if c.shared += packed; c.shared > c.in.Size() {
			err := extract.Damaged(e.header, "entry lies within other entries, which hold more bytes than the archive by now")
			err.Name, err.Reason = e.name, extract.ReasonLimit
			return nil, seen, append(notes, err)
		}
	}
	if e.flags&flagDescriptor != 0 {
		end += c.claimDescriptor(e, end)
	}
	if e.isDir() {
		c.claims.add(raw.Offset, raw.Size, c.in.Size())
		return m, end, notes
	}
	if problem := c.fill(m, e, raw); problem != nil {
		notes = append(notes, problem)
	}
	return m, end, notes
}

// localHeader reads the fixed part of the local header at the given offset, and the lengths of the name and the extra fields behind it.
func (c *container) localHeader(at int64) (e *entry, name, extra int, err error) {
	if at < 0 || at > c.in.Size()-localLen {
		return nil, 0, 0, errors.New("it lies outside of the archive")
	}
	head := make([]byte, localLen)
	if n, err := c.in.ReadAt(head, at); n < len(head) {
		return nil, 0, 0, err
	}
	local, name, extra, ok := parseLocal(head)
	if !ok {
		return nil, 0, 0, errors.New("signature is missing")
	}
	return &local, name, extra, nil
}

// note is what there is to say of an entry that can be read all the same. It stands for the local header, so that nothing else counts as unread.
func note(e *entry, format string, args ...any) *extract.Unopened {
	u := extract.Damaged(e.header, format, args...)
	u.Name, u.Extent.Size = e.name, localLen
	return u
}

// claimHeader claims a local header as structure and notes where it contradicts the central directory, which Android trusts.
func (c *container) claimHeader(e, local *entry, name, extra int) (notes []*extract.Unopened) {
	rest := make([]byte, name+extra)
	n, _ := c.in.ReadAt(rest, e.header+localLen)
	rest = rest[:n]
	length := localLen + min(n, name)
	if n == name+extra {
		local.readExtra(rest[name:], false)
		if plainExtra(rest[name:]) {
			length += extra
		}
	}
	c.claims.add(e.header, int64(length), c.in.Size())
	disagree := func(format string, args ...any) {
		notes = append(notes, note(e, "local header and central directory disagree: "+format, args...))
	}
	if got := rest[:min(n, name)]; string(got) != e.name {
		disagree("name %q", got)
	}
	if local.method != e.method {
		disagree("method %d, %d", local.method, e.method)
	}
	deferred := local.flags&flagDescriptor != 0 // zeros stand for what the descriptor says
	if local.packed != e.packed && !(deferred && local.packed == 0) || local.size != e.size && !(deferred && local.size == 0) && e.size >= 0 {
		disagree("%d bytes packed of %d, %d of %d", local.packed, local.size, e.packed, e.size)
	}
	return notes
}

// claimDescriptor claims the data descriptor at the given offset, if one is there, and gives its length.
func (c *container) claimDescriptor(e *entry, at int64) int64 {
	var b [24]byte
	n, _ := c.in.ReadAt(b[:], at)
	length := descriptor(b[:n], e.packed)
	if length == 0 && n >= 12 && le.Uint32(b[:]) == e.crc { // without a signature
		switch {
		case n >= 20 && le.Uint64(b[4:]) == uint64(e.packed) && le.Uint64(b[12:]) == uint64(e.size):
			length = 20
		case int64(le.Uint32(b[4:])) == e.packed:
			length = 12
		}
	}
	c.claims.add(at, int64(length), c.in.Size())
	return int64(length)
}

// descriptor gives the length of the data descriptor with signature at the beginning of b that stands behind packed bytes, 0 if none does.
func descriptor(b []byte, packed int64) int {
	switch {
	case len(b) < 16 || string(b[:4]) != spanSig:
		return 0
	case len(b) >= 24 && le.Uint64(b[8:]) == uint64(packed) && (packed != 0 || le.Uint32(b[16:]) == 0 && le.Uint32(b[20:]) == 0):
		return 24
	case int64(le.Uint32(b[8:])) == packed:
		return 16
	}
	return 0
}

// fill decides how the bytes at raw are decoded. It returns what is to be noted beside the member.
func (c *container) fill(m *extract.Member, e *entry, raw extract.Extent) *extract.Unopened {
	method, raw, problem := c.resolve(e, raw)
	if raw.Size > 0 && (problem == nil || problem.Extent.Size > 0) { // else they are searched as they are
		m.Extents = []extract.Extent{raw}
	}
	if problem != nil {
		m.Problem = problem
		return nil
	}
	if e.isSymlink() && e.size <= maxLink {
		if link, ok := c.link(e, method, raw); ok {
			m.Mode, m.Link = m.Mode|fs.ModeSymlink, link
			return nil
		}
	}
	if method != stored {
		m.Stream = func(context.Context) (io.ReadCloser, error) { return c.stream(m, e, method, raw) }
		if e.method == stored && e.flags&flagEncrypted == 0 {
			return note(e, "entry is deflated although it is said to be stored")
		}
		return nil
	}
	src := extract.Section(c.in, raw)
	m.Size = src.Size()
	m.Open = func(context.Context) (extract.Source, error) { return src, nil }
	switch {
	case e.size >= 0 && e.size != e.packed && raw.Size == e.packed:
		return note(e, "stored entry of %d bytes says it has %d", e.packed, e.size)
	case c.in.CheckHashes && !e.noCRC && raw.Size == e.packed:
		return c.checkStored(e, src)
	}
	return nil
}

// checkStored verifies the checksum of a stored entry.
func (c *container) checkStored(e *entry, src extract.Source) *extract.Unopened {
	h := crc32.NewIEEE()
	buf := make([]byte, min(max(src.Size(), 1), 32<<10))
	if _, err := io.CopyBuffer(h, io.NewSectionReader(src, 0, src.Size()), buf); err != nil {
		return nil // whoever reads the member meets the error
	}
	if h.Sum32() != e.crc {
		return note(e, "CRC-32 is %08x, the directory says %08x", h.Sum32(), e.crc)
	}
	return nil
}

// link reads the target of a symbolic link. What does not look like a path is content that only pretends to be a link.
func (c *container) link(e *entry, method uint16, raw extract.Extent) (string, bool) {
	r, err := c.stream(&extract.Member{}, e, method, raw)
	if err != nil {
		return "", false
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxLink+1))
	if err != nil || len(b) == 0 || len(b) > maxLink || bytes.ContainsAny(b, "\x00\n") {
		return "", false
	}
	return string(b), true
}
