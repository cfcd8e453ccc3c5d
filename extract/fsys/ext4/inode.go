package ext4

import (
	"bytes"
	"io/fs"
	"time"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/fsys/tree"
)

// Inode flags that change how the inode is read.
const (
	flagCompressed = 0x4 | 0x200
	flagEncrypted  = 0x800
	flagIndex      = 0x1000
	flagExtents    = 0x80000
	flagVerity     = 0x100000
	flagEAInode    = 0x200000
	flagInline     = 0x10000000
)

const (
	blockAreaOffset = 0x28 // of i_block in the inode
	blockAreaSize   = 60
	maxLink         = 64 << 10 // longest target of a symbolic link: one block
)

// inode is a parsed inode. What does not fit into the first 128 bytes is read again when it is asked for.
type inode struct {
	im         *image
	claims     *claims
	id         uint32
	offset     int64 // of the inode in the image
	generation uint32
	flags      uint32
	xattrBlock int64
	area       [blockAreaSize]byte // i_block: block map, extent tree, link target or content
	stat       tree.Stat
}

var _ tree.Inode = (*inode)(nil)

// inode reads an inode.
func (im *image) inode(id uint32, c *claims) (*inode, error) {
	raw, off, err := im.inodeBytes(id)
	if err != nil {
		return nil, err
	}
	mode := le.Uint16(raw)
	n := &inode{im: im, claims: c, id: id, offset: off, flags: le.Uint32(raw[0x20:]), generation: le.Uint32(raw[0x64:]),
		xattrBlock: int64(le.Uint32(raw[0x68:]))}
	if im.incompat&incompat64bit != 0 {
		n.xattrBlock |= int64(le.Uint16(raw[0x76:])) << 32
	}
	copy(n.area[:], raw[blockAreaOffset:])
	kind, ok := fileMode(mode)
	if !ok {
		return nil, extract.Damaged(off, "inode %d: mode %#o is of no file type", id, mode)
	}
	im.checkInode(id, raw, off)
	n.stat = tree.Stat{ID: uint64(id), Mode: kind, ModTime: modTime(raw)}
	size := uint64(le.Uint32(raw[0x4:]))
	if kind.IsRegular() || im.incompat&incompatLargedir != 0 {
		size |= uint64(le.Uint32(raw[0x6C:])) << 32
	}
	switch {
	case kind&fs.ModeDevice != 0:
		n.stat.Device = device(n.area[:])
		return n, nil
	case kind&(fs.ModeNamedPipe|fs.ModeSocket) != 0:
		return n, nil
	case size > uint64(im.blockSize)<<32: // block numbers within a file have 32 bits
		n.stat.Problem = extract.Damaged(off+4, "inode %d: a size of %d bytes cannot be", id, size)
		size = 0
		if kind.IsDir() {
			return nil, n.stat.Problem
		}
	}
	n.stat.Size = int64(size)
	n.stat.Position = n.position()
	if n.stat.Problem == nil && kind.IsRegular() {
		n.stat.Problem = n.problem()
	}
	return n, nil
}

// problem says why the content cannot be read.
func (n *inode) problem() *extract.Unopened {
	switch {
	case n.flags&flagEncrypted != 0:
		return extract.Encrypted(n.offset, "inode %d is encrypted by fscrypt", n.id)
	case n.flags&flagCompressed != 0 && n.im.incompat&incompatCompression != 0:
		return extract.Unsupported(n.offset, "inode %d is compressed", n.id)
	}
	return nil
}

func (n *inode) Stat() tree.Stat { return n.stat }

// position is where the content, or the way to it, begins.
func (n *inode) position() int64 {
	var block int64
	switch {
	case n.flags&flagInline != 0:
		return n.offset
	case n.flags&flagExtents == 0:
		block = int64(le.Uint32(n.area[:]))
	case le.Uint16(n.area[2:]) == 0: // no entries
	case le.Uint16(n.area[6:]) == 0: // a leaf
		block = int64(le.Uint32(n.area[20:])) | int64(le.Uint16(n.area[18:]))<<32
	default:
		block = int64(le.Uint32(n.area[16:])) | int64(le.Uint16(n.area[20:]))<<32
	}
	return block * n.im.blockSize
}

// Link implements tree.Inode.
func (n *inode) Link() (string, error) {
	target, err := n.target()
	if err != nil {
		return "", err
	}
	if i := bytes.IndexByte(target, 0); i >= 0 {
		return string(target[:i]), extract.Damaged(n.offset, "inode %d: the target of the link ends after %d of %d bytes", n.id, i, len(target))
	}
	return string(target), nil
}

func (n *inode) target() ([]byte, error) {
	size := n.stat.Size
	switch {
	case n.stat.Problem != nil:
		return nil, n.stat.Problem
	case n.flags&flagEncrypted != 0:
		return nil, extract.Encrypted(n.offset, "inode %d: the target of the link is encrypted by fscrypt", n.id)
	case size > maxLink:
		return nil, extract.Damaged(n.offset+4, "inode %d: the target of the link has %d bytes", n.id, size)
	case n.flags&flagInline == 0 && size < blockAreaSize && !n.hasExtents():
		return n.area[:size], nil
	}
	src, err := n.Open()
	if err != nil {
		return nil, err
	}
	if m, ok := src.(*mapped); ok && n.claims != nil {
		n.claims.addRuns(m.runs)
	}
	buf, err := n.im.budget.ReadFull(src, 0, size)
	if err != nil {
		return nil, extract.Damaged(n.offset, "inode %d: the target of the link: %w", n.id, err)
	}
	return buf, nil
}

// hasExtents reports whether a short symbolic link has its target in a block after all.
func (n *inode) hasExtents() bool {
	return n.flags&flagExtents != 0 && le.Uint16(n.area[:]) == extentMagic
}

// Extents implements tree.Inode.
func (n *inode) Extents() []extract.Extent {
	if n.stat.Problem != nil && n.stat.Problem.Reason == extract.ReasonDamaged {
		return nil
	}
	if n.flags&flagInline != 0 {
		_, extents, err := n.inline()
		if err != nil {
			return nil
		}
		return extents
	}
	m, err := n.mapping()
	if err != nil {
		return nil
	}
	if n.flags&flagVerity != 0 && n.claims != nil {
		n.claims.addRuns(m.behind((n.stat.Size + verityAlign - 1) / verityAlign * verityAlign / n.im.blockSize))
	}
	return m.extents()
}

// verityAlign is the alignment of what fs-verity puts behind the content.
const verityAlign = 64 << 10

// Open implements tree.Inode.
func (n *inode) Open() (extract.Source, error) {
	if n.stat.Problem != nil {
		return nil, n.stat.Problem
	}
	if n.flags&flagInline == 0 {
		return n.mapping()
	}
	data, _, err := n.inline()
	if err != nil {
		return nil, err
	}
	if int64(len(data)) >= n.stat.Size {
		return extract.BytesSource(data[:n.stat.Size]), nil
	}
	return &padded{data, n.stat.Size}, nil
}

func fileMode(mode uint16) (fs.FileMode, bool) {
	m := fs.FileMode(mode & 0o777)
	if mode&0o4000 != 0 {
		m |= fs.ModeSetuid
	}
	if mode&0o2000 != 0 {
		m |= fs.ModeSetgid
	}
	if mode&0o1000 != 0 {
		m |= fs.ModeSticky
	}
	switch mode & 0xF000 {
	case 0x1000:
		m |= fs.ModeNamedPipe
	case 0x2000:
		m |= fs.ModeDevice | fs.ModeCharDevice
	case 0x4000:
		m |= fs.ModeDir
	case 0x6000:
		m |= fs.ModeDevice
	case 0x8000:
	case 0xA000:
		m |= fs.ModeSymlink
	case 0xC000:
		m |= fs.ModeSocket
	default:
		return 0, false
	}
	return m, true
}

func modTime(raw []byte) time.Time {
	sec, nsec := int64(int32(le.Uint32(raw[0x10:]))), int64(0)
	if len(raw) > 0x8C && le.Uint16(raw[0x80:]) >= 0x8C-goodOldInodeSize {
		extra := le.Uint32(raw[0x88:])
		sec += int64(extra&3) << 32
		nsec = int64(extra >> 2)
	}
	return time.Unix(sec, nsec).UTC()
}

// device gives the major and minor number: in 16 bits if they fit, else in 32.
func device(area []byte) [2]uint32 {
	if d := le.Uint32(area); d != 0 {
		return [2]uint32{d >> 8 & 0xFF, d & 0xFF}
	}
	d := le.Uint32(area[4:])
	return [2]uint32{d >> 8 & 0xFFF, d&0xFF | d>>12&0xFFF00}
}
