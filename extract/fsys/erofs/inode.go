package erofs

import (
	"encoding/binary"
	"io/fs"
	"time"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/fsys/tree"
)

// Layouts of an inode's content.
const (
	layoutPlain = iota
	layoutFull  // compressed, indexes of 8 bytes or encoded extents
	layoutInline
	layoutCompact // compressed, indexes of 2 and 4 bytes
	layoutChunks
	layoutCount
)

const (
	compactInode  = 32
	extendedInode = 64
	maxSize       = 1 << 60
	maxLink       = 64 << 10 // bytes of a symbolic link's target
)

// inode is an inode of the image. It implements tree.Inode.
type inode struct {
	view   *view
	area   *area // it lies in
	number uint64
	offset int64 // in the area
	core   int64 // bytes of the inode itself
	xattrs int64 // bytes of the attributes that follow
	mode   fs.FileMode
	size   int64
	mtime  time.Time
	device [2]uint32
	layout uint8
	format uint16 // of the chunks
	start  int64  // first block of a flat file, -1 for a file of zeros

	position int64
	problem  *extract.Unopened
}

// tail is the offset in the area of what follows the attributes.
func (in *inode) tail() int64 { return in.offset + in.core + in.xattrs }

func (v *view) readInode(number uint64) (*inode, error) {
	in := &inode{view: v, number: number}
	var err error
	if in.area, err = v.areaOf(number); err != nil {
		return nil, err
	}
	slot := number &^ inMetabox
	if slot > uint64(in.area.Size())>>inodeNumberShift {
		return nil, extract.Damaged(0, "inode %d lies outside the image", number)
	}
	in.offset = in.area.base + int64(slot<<inodeNumberShift)
	raw, err := in.area.read(in.offset, compactInode)
	if err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	format := le.Uint16(raw)
	in.layout = uint8(format >> 1 & 7)
	if format>>5 != 0 || in.layout >= layoutCount {
		return nil, extract.Damaged(in.offset, "inode %d has the unknown format %#x", number, format)
	}
	if n := int64(le.Uint16(raw[2:])); n > 0 {
		in.xattrs = 12 + (n-1)*4
	}
	where, high := le.Uint32(raw[16:]), uint16(0)
	unixMode := le.Uint16(raw[4:])
	if format&1 != 0 {
		if raw, err = in.area.read(in.offset, extendedInode); err != nil {
			return nil, err
		}
		in.core = extendedInode
		in.size = int64(le.Uint64(raw[8:]))
		in.mtime = time.Unix(int64(le.Uint64(raw[32:])), int64(le.Uint32(raw[40:])))
		high = le.Uint16(raw[6:])
	} else {
		in.core = compactInode
		in.size = int64(le.Uint32(raw[8:]))
		in.mtime = time.Unix(v.super.epoch+int64(le.Uint32(raw[12:])), v.super.nanos)
		if format>>4 != 0 && unixMode>>12 != 4 { // the bit has another meaning for directories
			high = le.Uint16(raw[6:])
		}
	}
	if in.size < 0 || in.size > maxSize {
		return nil, extract.Damaged(in.offset, "inode %d claims %d bytes", number, uint64(in.size))
	}
	if err := in.setMode(unixMode, where); err != nil {
		return nil, err
	}
	in.format = uint16(where)
	in.start = int64(where) | int64(high)<<32
	if where == 1<<32-1 && (high == 0 || high == 1<<16-1) && in.layout == layoutPlain {
		in.start = -1
	}
	return in, nil
}

// setMode translates the file type and permission bits; rdev is the device number if it is a device.
func (in *inode) setMode(unixMode uint16, rdev uint32) error {
	in.mode = fs.FileMode(unixMode & 0o777)
	if unixMode&0o4000 != 0 {
		in.mode |= fs.ModeSetuid
	}
	if unixMode&0o2000 != 0 {
		in.mode |= fs.ModeSetgid
	}
	if unixMode&0o1000 != 0 {
		in.mode |= fs.ModeSticky
	}
	switch unixMode >> 12 {
	case 0o10:
		return nil
	case 0o4:
		in.mode |= fs.ModeDir
	case 0o12:
		in.mode |= fs.ModeSymlink
	case 0o2:
		in.mode |= fs.ModeDevice | fs.ModeCharDevice
	case 0o6:
		in.mode |= fs.ModeDevice
	case 0o1:
		in.mode |= fs.ModeNamedPipe
	case 0o14:
		in.mode |= fs.ModeSocket
	default:
		return extract.Damaged(in.offset, "inode %d has the unknown file type %#o", in.number, unixMode>>12)
	}
	if in.mode&fs.ModeDevice != 0 {
		in.device = [2]uint32{rdev >> 8 & 0xfff, rdev&0xff | rdev>>12&0xfff00}
	}
	if in.mode&(fs.ModeDir|fs.ModeSymlink) == 0 {
		in.size = 0
	}
	return nil
}

// hasContent reports whether the inode's bytes lie in the image: those of a file, a directory's entries or a link's target.
func (in *inode) hasContent() bool {
	return in.mode.IsRegular() || in.mode&(fs.ModeDir|fs.ModeSymlink) != 0
}

// Stat implements tree.Inode.
func (in *inode) Stat() tree.Stat {
	s := tree.Stat{ID: in.number, Mode: in.mode, Size: in.size, ModTime: in.mtime, Device: in.device, Position: in.position, Problem: in.problem}
	if !in.mode.IsRegular() {
		s.Size = 0
	}
	return s
}

// Link implements tree.Inode.
func (in *inode) Link() (string, error) {
	if in.size > maxLink {
		return "", extract.Damaged(in.offset, "a link of %d bytes", in.size)
	}
	src, err := in.open()
	if err != nil {
		return "", err
	}
	buf := make([]byte, in.size)
	if n, err := src.ReadAt(buf, 0); n < len(buf) {
		return "", extract.Damaged(in.offset, "the target of a link: %w", unexpected(err))
	}
	return string(buf), nil
}

// Open implements tree.Inode.
func (in *inode) Open() (extract.Source, error) {
	src, err := in.open()
	if err != nil {
		return nil, err
	}
	return src, nil
}

// Extents implements tree.Inode.
func (in *inode) Extents() []extract.Extent {
	var l extentList
	in.eachRun(func(r run) bool {
		r.extents(in.view.volume, &l)
		return true
	})
	return l.merge()
}
