package erofs

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/censorscan/censorscan/extract"
)

const (
	xattrHeader   = 12
	xattrEntry    = 4
	xattrLongName = 0x80 // bit of a name index: it numbers a long prefix
)

// xattrPrefix gives the namespace that a name index stands for; names without one are the image's own.
func xattrPrefix(index uint8) string {
	names := [...]string{"", "user.", "system.posix_acl_access", "system.posix_acl_default", "trusted.", "lustre.", "security."}
	if int(index) < len(names) {
		return names[index]
	}
	return fmt.Sprintf("(namespace %d).", index)
}

// prefixTable holds the long beginnings of attribute names, and where they were found.
type prefixTable struct {
	names      []string
	space      space
	start, end int64
}

// readPrefixes reads the long beginnings of attribute names, which lie in the image or in a file of their own.
func (v *volume) readPrefixes() (*prefixTable, error) {
	sb := &v.super
	var src space = v.image
	if sb.compat&compatPlainPrefixes == 0 {
		p := inImage
		if sb.metabox != 0 {
			p = inBox
		} else if sb.packed != 0 {
			p = inPacked
		}
		var err error
		if src, err = v.space(p); err != nil {
			return nil, err
		}
	}
	t := &prefixTable{space: src, start: sb.prefixBase, end: sb.prefixBase}
	for range sb.prefixes {
		off := roundUp(t.end, 4)
		var n [2]byte
		if _, err := readFull(src, n[:], off); err != nil {
			return t, extract.Damaged(off, "the attribute name prefixes at %d: %w", off, err)
		}
		raw := make([]byte, binary.LittleEndian.Uint16(n[:]))
		if _, err := readFull(src, raw, off+2); err != nil || len(raw) == 0 {
			return t, extract.Damaged(off, "the attribute name prefix of %d bytes at %d cannot be read", len(raw), off)
		}
		t.names = append(t.names, xattrPrefix(raw[0])+string(raw[1:]))
		t.end = off + 2 + int64(len(raw))
	}
	return t, nil
}

// Xattrs implements tree.Inode.
func (in *inode) Xattrs() ([]extract.Xattr, error) {
	if in.xattrs <= xattrHeader {
		return nil, nil
	}
	raw, err := in.area.read(in.offset+in.core, in.xattrs)
	if err != nil {
		return nil, err
	}
	shared := int64(raw[4])
	if xattrHeader+4*shared > int64(len(raw)) {
		return nil, extract.Damaged(in.offset+in.core, "%d shared attributes in a table of %d bytes", shared, len(raw))
	}
	var list []extract.Xattr
	var errs error
	add := func(b []byte) (size int) {
		x, size, err := in.view.xattr(b)
		if err != nil {
			errs = errors.Join(errs, extract.Damaged(in.offset+in.core, "an attribute of inode %d: %w", in.number, err))
		} else {
			list = append(list, x)
		}
		return size
	}
	for b := raw[xattrHeader+4*shared:]; len(b) >= xattrEntry; {
		if binary.LittleEndian.Uint32(b) == 0 { // room that was kept for more
			b = b[xattrEntry:]
			continue
		}
		size := add(b)
		if size == 0 {
			break
		}
		b = b[min(size, len(b)):]
	}
	for i := range shared {
		id := binary.LittleEndian.Uint32(raw[xattrHeader+4*i:])
		b, err := in.view.sharedXattr(int64(id))
		if err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		add(b)
	}
	return list, errs
}

// sharedXattr gives the bytes of an attribute that several inodes share.
func (v *view) sharedXattr(id int64) ([]byte, error) {
	a, err := &v.main, error(nil)
	if v.super.compat&compatSharedInMetabox != 0 {
		if a, err = v.box(); err != nil {
			return nil, err
		}
	}
	off := v.super.xattrBase + id*4
	b, err := a.read(off, xattrEntry)
	if err != nil {
		return nil, err
	}
	size := xattrSize(b)
	if b, err = a.read(off, size); err != nil {
		return nil, err
	}
	if v.claims != nil {
		v.mu.Lock()
		a.extents(v.claims, off, roundUp(size, 4))
		v.mu.Unlock()
	}
	return b, nil
}

// xattrSize is the size of an attribute in bytes, from its first four.
func xattrSize(b []byte) int64 {
	return xattrEntry + int64(b[0]) + int64(binary.LittleEndian.Uint16(b[2:]))
}

// xattr parses the attribute that b begins with. The size is that of its room, 0 if it does not lie in b.
func (v *view) xattr(b []byte) (x extract.Xattr, size int, err error) {
	n := int(xattrSize(b))
	if n > len(b) {
		return x, 0, fmt.Errorf("%d bytes long, of which %d are there", n, len(b))
	}
	size = int(roundUp(int64(n), 4))
	index, name := b[1], b[xattrEntry:xattrEntry+int(b[0])]
	beginning := xattrPrefix(index)
	if index&xattrLongName != 0 {
		t, err := v.prefixes()
		if i := int(index &^ xattrLongName); t != nil && i < len(t.names) {
			beginning = t.names[i]
		} else if err != nil {
			return x, size, err
		} else {
			return x, size, fmt.Errorf("its name has prefix %d of %d", i, len(t.names))
		}
	}
	value := append([]byte(nil), b[xattrEntry+len(name):n]...)
	return extract.Xattr{Name: beginning + string(name), Value: value}, size, nil
}
