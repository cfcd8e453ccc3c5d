package cpio

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"

	"github.com/censorscan/censorscan/extract"
)

// header is what all forms have in common.
type header struct {
	id       fileID
	mode     uint32
	links    uint32
	device   [2]uint32
	fileSize int64
	nameSize int64  // with its NUL
	check    uint32 // sum of the data's bytes
	crc      bool   // check is set
	size     int64  // of the header, bytes
	align    int64  // of name and data, bytes
}

const (
	newSize       = 110
	odcSize       = 76
	binarySize    = 26
	largestHeader = newSize
	binaryMagic   = 0o070707
)

var (
	errMagic = errors.New("no cpio magic")
	errShort = errors.New("cut off")
)

// parse reads a header of any form.
func parse(b []byte) (h header, err error) {
	switch {
	case len(b) >= 6 && (string(b[:6]) == "070701" || string(b[:6]) == "070702"):
		h, err = parseNew(b)
	case len(b) >= 6 && string(b[:6]) == "070707":
		h, err = parseODC(b)
	case len(b) >= 2 && binary.LittleEndian.Uint16(b) == binaryMagic:
		h, err = parseBinary(b, binary.LittleEndian)
	case len(b) >= 2 && binary.BigEndian.Uint16(b) == binaryMagic:
		h, err = parseBinary(b, binary.BigEndian)
	default:
		return h, errMagic
	}
	if err != nil {
		return h, err
	}
	if h.nameSize == 0 {
		return h, errors.New("name of 0 bytes")
	}
	return h, h.checkType()
}

// digits reads the numbers of a text header.
type digits struct {
	b    []byte
	base uint64
	err  error
}

func (d *digits) next(n int) (v uint64) {
	for _, c := range d.b[:n] {
		x := uint64(99)
		switch {
		case c >= '0' && c <= '9':
			x = uint64(c - '0')
		case c >= 'a' && c <= 'f':
			x = uint64(c-'a') + 10
		case c >= 'A' && c <= 'F':
			x = uint64(c-'A') + 10
		}
		if x >= d.base && d.err == nil {
			d.err = fmt.Errorf("%q is no digit of base %d", c, d.base)
		}
		v = v*d.base + x
	}
	d.b = d.b[n:]
	return v
}

func parseNew(b []byte) (h header, err error) {
	if len(b) < newSize {
		return h, errShort
	}
	d := digits{b: b[6:newSize], base: 16}
	var f [13]uint32 // inode, mode, uid, gid, links, mtime, size, device, rdevice, name size, check
	for i := range f {
		f[i] = uint32(d.next(8))
	}
	h = header{id: fileID{f[7], f[8], f[0]}, mode: f[1], links: f[4], device: [2]uint32{f[9], f[10]}, fileSize: int64(f[6]), nameSize: int64(f[11]),
		check: f[12], crc: b[5] == '2', size: newSize, align: 4}
	return h, d.err
}

func parseODC(b []byte) (h header, err error) {
	if len(b) < odcSize {
		return h, errShort
	}
	d := digits{b: b[6:odcSize], base: 8}
	var f [10]uint64 // device, inode, mode, uid, gid, links, rdevice, mtime, name size, size
	for i, n := range []int{6, 6, 6, 6, 6, 6, 6, 11, 6, 11} {
		f[i] = d.next(n)
	}
	h = header{id: fileID{minor: uint32(f[0]), inode: uint32(f[1])}, mode: uint32(f[2]), links: uint32(f[5]), device: oldDevice(uint32(f[6])),
		fileSize: int64(f[9]), nameSize: int64(f[8]), size: odcSize, align: 1}
	return h, d.err
}

// parseBinary reads the old form: numbers of 16 bits, those of 32 bits with the high half first.
func parseBinary(b []byte, order binary.ByteOrder) (h header, err error) {
	if len(b) < binarySize {
		return h, errShort
	}
	var f [13]uint32 // magic, device, inode, mode, uid, gid, links, rdevice, mtime (2), name size, size (2)
	for i := range f {
		f[i] = uint32(order.Uint16(b[2*i:]))
	}
	return header{id: fileID{minor: f[1], inode: f[2]}, mode: f[3], links: f[6], device: oldDevice(f[7]),
		fileSize: int64(f[11])<<16 | int64(f[12]), nameSize: int64(f[10]), size: binarySize, align: 2}, nil
}

// oldDevice splits a device number of 16 bits.
func oldDevice(d uint32) [2]uint32 { return [2]uint32{d >> 8, d & 0xff} }

// types are the file types of st_mode.
var types = map[uint32]fs.FileMode{
	0o010: fs.ModeNamedPipe,
	0o020: fs.ModeDevice | fs.ModeCharDevice,
	0o040: fs.ModeDir,
	0o060: fs.ModeDevice,
	0o100: 0,
	0o110: 0, // a contiguous file of HP-UX
	0o120: fs.ModeSymlink,
	0o140: fs.ModeSocket,
}

// checkType refuses a mode that no file has, the trailer's 0 apart.
func (h header) checkType() error {
	if _, ok := types[h.mode>>9&0o170]; !ok && h.mode>>12 != 0 {
		return fmt.Errorf("mode %#o", h.mode)
	}
	return nil
}

// fileMode is the type and the permissions.
func (h header) fileMode() fs.FileMode {
	m := fs.FileMode(h.mode&0o777) | types[h.mode>>9&0o170]
	for bit, mode := range map[uint32]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if h.mode&bit != 0 {
			m |= mode
		}
	}
	return m
}

// emptyFile opens a file without bytes.
func emptyFile(context.Context) (extract.Source, error) { return extract.BytesSource(nil), nil }
