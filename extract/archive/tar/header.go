package tar

import (
	"bytes"
	"io/fs"
	"strings"

	"github.com/censorscan/censorscan/extract"
)

const blockSize = 512

// Types of entries.
const (
	typeOld        = 0
	typeRegular    = '0'
	typeHard       = '1'
	typeSymlink    = '2'
	typeChar       = '3'
	typeBlock      = '4'
	typeDir        = '5'
	typeFifo       = '6'
	typeDumpDir    = 'D' // GNU: a folder with a listing of its files as content
	typeLongLink   = 'K'
	typeLongName   = 'L'
	typeContinued  = 'M' // GNU: the rest of a file from another volume
	typeSparse     = 'S'
	typeVolume     = 'V' // GNU: label
	typePax        = 'x'
	typePaxGlobal  = 'g'
	typePaxSolaris = 'X'
)

// field is a part of a header block.
type field struct{ off, size int }

var (
	fieldName   = field{0, 100}
	fieldMode   = field{100, 8}
	fieldSize   = field{124, 12}
	fieldSum    = field{148, 8}
	fieldLink   = field{157, 100}
	fieldMagic  = field{257, 8}
	fieldMajor  = field{329, 8}
	fieldMinor  = field{337, 8}
	fieldPrefix = field{345, 155}

	starPrefix  = field{345, 131}
	starTrailer = field{508, 4}

	sparseMap      = field{386, 4 * 24}
	sparseExtended = field{482, 1}
	sparseReal     = field{483, 12}
)

const (
	flagOff  = 156
	v7Length = 257 // bytes of a header that v7 defines
)

func (f field) of(b []byte) []byte { return b[f.off:][:f.size] }

// str is a field up to its first NUL.
func (f field) str(b []byte) string {
	s, _, _ := bytes.Cut(f.of(b), []byte{0})
	return string(s)
}

// number reads an octal field, or one in base 256; ok is false for what is neither, for negative numbers and for those beyond 2^60.
func number(b []byte) (v int64, ok bool) {
	if len(b) > 0 && b[0]&0x80 != 0 {
		if b[0]&0x40 != 0 {
			return 0, false
		}
		v = int64(b[0] & 0x3F)
		for _, c := range b[1:] {
			if v >= 1<<52 {
				return 0, false
			}
			v = v<<8 | int64(c)
		}
		return v, true
	}
	b = bytes.Trim(b, " \x00")
	for _, c := range b {
		if c < '0' || c > '7' || v >= 1<<57 {
			return 0, false
		}
		v = v<<3 | int64(c-'0')
	}
	return v, true
}

func (f field) number(b []byte) (int64, bool) { return number(f.of(b)) }

// validBlock reports whether a block is a header: its checksum is right, as the sum of unsigned bytes or, in old archives, of signed ones.
func validBlock(b []byte) bool {
	sum := bytes.Trim(fieldSum.of(b), " \x00")
	want, ok := number(sum)
	if !ok || len(sum) == 0 {
		return false
	}
	var unsigned, signed int64
	for i, c := range b {
		if i >= fieldSum.off && i < fieldSum.off+fieldSum.size {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	if want != unsigned && want != signed {
		return false
	}
	return magic(b) || b[0] != 0
}

// magic reports whether a header is of a newer kind than v7.
func magic(b []byte) bool { return string(fieldMagic.of(b)[:5]) == "ustar" }

// entry is one member with what the headers before its own say of it.
type entry struct {
	name   string
	link   string
	flag   byte
	mode   int64
	size   int64 // bytes in the archive
	device [2]uint32
	xattrs []extract.Xattr
	header int64 // offset of the header block
	data   int64 // offset of the content
	next   int64 // offset of the next header block
	sparse *sparse
	doubt  string // what is wrong with the headers, though the entry can be read
}

// parse reads a header block; the offset is for messages alone.
func parse(b []byte, off int64) (*entry, error) {
	e := &entry{name: fieldName.str(b), link: fieldLink.str(b), flag: b[flagOff], header: off, data: off + blockSize}
	var ok bool
	if e.size, ok = fieldSize.number(b); !ok {
		return nil, extract.Damaged(off, "header with size %q", fieldSize.of(b))
	}
	e.mode, _ = fieldMode.number(b)
	if !magic(b) {
		return e, nil
	}
	major, _ := fieldMajor.number(b)
	minor, _ := fieldMinor.number(b)
	e.device = [2]uint32{uint32(major), uint32(minor)}
	prefix := ""
	switch {
	case string(starTrailer.of(b)) == "tar\x00":
		prefix = starPrefix.str(b)
	case string(fieldMagic.of(b)[:6]) == "ustar\x00":
		prefix = fieldPrefix.str(b)
	}
	if prefix != "" {
		e.name = prefix + "/" + e.name
	}
	return e, nil
}

// isDir reports whether the entry is a folder. In v7 only the name tells; one that has content is a file all the same.
func (e *entry) isDir() bool {
	switch e.flag {
	case typeDir, typeDumpDir:
		return true
	case typeOld, typeRegular:
		return e.size == 0 && strings.HasSuffix(e.name, "/")
	}
	return false
}

// headerOnly reports whether entries of the type have no content.
func (e *entry) headerOnly() bool { return e.flag >= typeHard && e.flag <= typeFifo }

func (e *entry) fileMode() fs.FileMode {
	m := fs.FileMode(e.mode & 0o777)
	if e.mode&0o4000 != 0 {
		m |= fs.ModeSetuid
	}
	if e.mode&0o2000 != 0 {
		m |= fs.ModeSetgid
	}
	if e.mode&0o1000 != 0 {
		m |= fs.ModeSticky
	}
	switch e.flag {
	case typeSymlink:
		m |= fs.ModeSymlink
	case typeChar:
		m |= fs.ModeDevice | fs.ModeCharDevice
	case typeBlock:
		m |= fs.ModeDevice
	case typeFifo:
		m |= fs.ModeNamedPipe
	}
	if e.isDir() {
		m |= fs.ModeDir
	}
	return m
}
