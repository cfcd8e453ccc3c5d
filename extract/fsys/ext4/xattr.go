package ext4

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/censorscan/censorscan/extract"
)

const (
	xattrMagic       = 0xEA020000
	xattrBlockHeader = 32
	xattrEntry       = 16
	xattrSystem      = 7       // name index of "system."
	maxXattrs        = 1 << 20 // bytes of all values of an inode; the kernel hands out 64 KiB for each
)

// xattrPrefix gives the beginning of a name that its index stands for.
func xattrPrefix(index byte) string {
	switch index {
	case 0:
		return ""
	case 1:
		return "user."
	case 2:
		return "system.posix_acl_access"
	case 3:
		return "system.posix_acl_default"
	case 4:
		return "trusted."
	case 6:
		return "security."
	case xattrSystem:
		return "system."
	case 8:
		return "system.richacl"
	case 9:
		return "encryption."
	case 10:
		return "hurd."
	case 11:
		return "verity."
	}
	return fmt.Sprintf("(index %d).", index)
}

// attribute is an entry of a list of attributes.
type attribute struct {
	index  byte
	name   string
	inum   uint32 // the inode that holds the value, 0 if base does
	offset int64  // of the value in base
	size   int64
}

// attributes parses a list of entries at the beginning of list; its values lie in base. It gives those that could be parsed.
func attributes(list, base []byte) ([]attribute, error) {
	var all []attribute
	for len(list) >= 4 && le.Uint32(list) != 0 {
		if len(list) < xattrEntry || int(list[0]) > len(list)-xattrEntry {
			return all, errors.New("the list of attributes is cut off")
		}
		nameLength := int(list[0])
		a := attribute{index: list[1], name: string(list[xattrEntry:][:nameLength]), inum: le.Uint32(list[4:]),
			offset: int64(le.Uint16(list[2:])), size: int64(le.Uint32(list[8:]))}
		if a.inum == 0 && a.size > 0 && (a.offset > int64(len(base)) || a.size > int64(len(base))-a.offset) {
			return all, fmt.Errorf("the value of attribute %q lies at %d+%d of %d bytes", a.name, a.offset, a.size, len(base))
		}
		all = append(all, a)
		list = list[min(len(list), (xattrEntry+nameLength+3)&^3):]
	}
	return all, nil
}

// bodyAttributes parses the attributes that lie in the inode itself. Base, which holds the values, lies at offset in the image.
func (n *inode) bodyAttributes() (all []attribute, base []byte, offset int64, err error) {
	raw, off, err := n.im.inodeBytes(n.id)
	if err != nil || len(raw) == goodOldInodeSize {
		return nil, nil, 0, err
	}
	at := goodOldInodeSize + int64(le.Uint16(raw[goodOldInodeSize:]))
	if at == goodOldInodeSize || at+4 > int64(len(raw)) || le.Uint32(raw[at:]) != xattrMagic {
		return nil, nil, 0, nil
	}
	base = raw[at+4:]
	all, err = attributes(base, base)
	if err != nil {
		err = extract.Damaged(off+at, "inode %d: %w", n.id, err)
	}
	return all, base, off + at + 4, err
}

// blockAttributes parses the attributes that lie in a block of their own, which several inodes may share.
func (n *inode) blockAttributes() (all []attribute, base []byte, err error) {
	if n.xattrBlock == 0 {
		return nil, nil, nil
	}
	block, err := n.im.block(n.xattrBlock)
	if err == nil && (le.Uint32(block) != xattrMagic || le.Uint32(block[8:]) != 1) {
		err = errors.New("not a block of attributes")
	}
	if err != nil {
		return nil, nil, extract.Damaged(n.offset+0x68, "inode %d: attributes in block %d: %w", n.id, n.xattrBlock, err)
	}
	if n.claims.add(n.xattrBlock) {
		n.im.checkXattr(n.xattrBlock, block)
	}
	all, err = attributes(block[xattrBlockHeader:], block)
	if err != nil {
		err = extract.Damaged(n.xattrBlock*n.im.blockSize, "inode %d: %w", n.id, err)
	}
	return all, block, err
}

// Xattrs implements tree.Inode. Content that lies in the inode is not told as an attribute, though it is stored as one.
func (n *inode) Xattrs() ([]extract.Xattr, error) {
	body, bodyBase, _, bodyErr := n.bodyAttributes()
	block, blockBase, blockErr := n.blockAttributes()
	errs := []error{bodyErr, blockErr}
	var list []extract.Xattr
	left := int64(maxXattrs)
	take := func(all []attribute, base []byte) {
		for _, a := range all {
			if a.index == xattrSystem && a.name == "data" {
				continue
			}
			if a.size > left {
				errs = append(errs, extract.Damaged(n.offset, "inode %d: attribute %q makes more than %d bytes of them", n.id, a.name, maxXattrs))
				return
			}
			value, err := n.attributeValue(a, base)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			left -= a.size
			list = append(list, extract.Xattr{Name: xattrPrefix(a.index) + a.name, Value: value})
		}
	}
	take(body, bodyBase)
	take(block, blockBase)
	return list, errors.Join(errs...)
}

func (n *inode) attributeValue(a attribute, base []byte) ([]byte, error) {
	if a.inum == 0 {
		if a.size == 0 {
			return nil, nil
		}
		return append([]byte(nil), base[a.offset:][:a.size]...), nil
	}
	owner, err := n.im.inode(a.inum, n.claims)
	if err == nil && (!owner.stat.Mode.IsRegular() || owner.flags&flagEAInode == 0) {
		err = errors.New("that inode holds no value")
	}
	var value []byte
	if err == nil {
		value, err = owner.value(a.size)
	}
	if err != nil {
		return nil, extract.Damaged(n.offset, "inode %d: value of attribute %q in inode %d: %w", n.id, a.name, a.inum, err)
	}
	return value, nil
}

// value reads the content of an inode that stands for the value of an attribute. Its blocks are structure: the value is told.
func (n *inode) value(size int64) ([]byte, error) {
	src, err := n.Open()
	if err != nil {
		return nil, err
	}
	if m, ok := src.(*mapped); ok && n.claims != nil {
		n.claims.addRuns(m.runs)
	}
	return n.im.budget.ReadFull(src, 0, size)
}

// inline returns the content that lies in the inode, and where: 60 bytes in place of the block map, the rest as an attribute.
func (n *inode) inline() ([]byte, []extract.Extent, error) {
	data := append([]byte(nil), n.area[:]...)
	extents := []extract.Extent{{Offset: n.offset + blockAreaOffset, Size: blockAreaSize}}
	all, base, offset, err := n.bodyAttributes()
	if err != nil {
		return nil, nil, err
	}
	for _, a := range all {
		if a.index == xattrSystem && a.name == "data" && a.inum == 0 {
			if a.size > 0 {
				data = append(data, base[a.offset:][:a.size]...)
				extents = append(extents, extract.Extent{Offset: offset + a.offset, Size: a.size})
			}
			break
		}
	}
	if n.stat.Mode&fs.ModeType == 0 { // claim no more than the content
		left := n.stat.Size
		for i := range extents {
			extents[i].Size = min(extents[i].Size, left)
			left -= extents[i].Size
		}
	}
	return data, extents, nil
}
