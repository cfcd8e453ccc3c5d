package zip

import (
	"io/fs"
	"strings"
)

// entry is what the headers say of one member.
type entry struct {
	name     string
	creator  uint16 // "version made by": the system in the high byte
	flags    uint16
	method   uint16
	crc      uint32
	packed   int64 // bytes in the archive
	size     int64 // bytes when decoded, -1 when only decoding can tell
	header   int64 // offset of the local header
	data     int64 // offset of the packed bytes
	external uint32
	aes      bool // the extra field of WinZip's encryption is there
	noCRC    bool // the checksum is not known
}

// Bits of the general purpose flags.
const (
	flagEncrypted  = 1 << 0
	flagLZMAEnd    = 1 << 1 // an LZMA stream has an end mark
	flagDescriptor = 1 << 3
)

// Ids of extra fields that hold nothing but what their owners defined: sizes, times, ids, padding.
const (
	extraZip64 = 0x0001
	extraAES   = 0x9901
)

func knownExtra(id uint16) bool {
	switch id {
	case extraZip64, extraAES,
		0x000A,         // NTFS times
		0x5455, 0x5855, // times
		0x7855, 0x7875, // owner ids
		0xCAFE, // mark of a jar
		0xD935: // Android's alignment
		return true
	}
	return false
}

// clamp64 makes a size or an offset of any 64 bits safe to add up.
func clamp64(v uint64) int64 { return int64(min(v, 1<<60)) }

// parseCentral reads the record of the central directory at the beginning of b and gives its length; ok is false when there is none.
func parseCentral(b []byte) (e entry, length int, ok bool) {
	if len(b) < centralLen || string(b[:4]) != centralSig {
		return e, 0, false
	}
	name, extra, comment := int(le.Uint16(b[28:])), int(le.Uint16(b[30:])), int(le.Uint16(b[32:]))
	length = centralLen + name + extra + comment
	if length > len(b) {
		return e, 0, false
	}
	e = entry{
		name:     string(b[centralLen:][:name]),
		creator:  le.Uint16(b[4:]),
		flags:    le.Uint16(b[8:]),
		method:   le.Uint16(b[10:]),
		crc:      le.Uint32(b[16:]),
		packed:   int64(le.Uint32(b[20:])),
		size:     int64(le.Uint32(b[24:])),
		header:   int64(le.Uint32(b[42:])),
		external: le.Uint32(b[38:]),
	}
	e.readExtra(b[centralLen+name:][:extra], true)
	return e, length, true
}

// parseLocal reads the fixed part of a local header; name and extra are the lengths of what follows.
func parseLocal(b []byte) (e entry, name, extra int, ok bool) {
	if len(b) < localLen || string(b[:4]) != localSig {
		return e, 0, 0, false
	}
	return entry{
		flags:  le.Uint16(b[6:]),
		method: le.Uint16(b[8:]),
		crc:    le.Uint32(b[14:]),
		packed: int64(le.Uint32(b[18:])),
		size:   int64(le.Uint32(b[22:])),
	}, int(le.Uint16(b[26:])), int(le.Uint16(b[28:])), true
}

// readExtra takes the sizes of zip64 and the sign of encryption from extra fields; broken fields are passed over, as Android does.
func (e *entry) readExtra(b []byte, central bool) {
	for len(b) >= 4 {
		id, n := le.Uint16(b), int(le.Uint16(b[2:]))
		if b = b[4:]; n > len(b) {
			return
		}
		field := b[:n]
		b = b[n:]
		switch id {
		case extraAES:
			e.aes = true
		case extraZip64:
			wide := []*int64{&e.size, &e.packed}
			if central {
				wide = append(wide, &e.header)
			}
			for _, v := range wide {
				if *v == 0xFFFFFFFF && len(field) >= 8 {
					*v, field = clamp64(le.Uint64(field)), field[8:]
				}
			}
		}
	}
}

// plainExtra reports whether extra fields are known ones or zeros throughout, so that nothing can hide in them.
func plainExtra(b []byte) bool {
	for len(b) >= 4 {
		id, n := le.Uint16(b), int(le.Uint16(b[2:]))
		if n > len(b)-4 || !knownExtra(id) && id != 0 {
			break
		}
		if id == 0 && n != 0 {
			break
		}
		b = b[4+n:]
	}
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// isDir reports whether the entry is a folder. One that has content is none: Android would open it as a file.
func (e *entry) isDir() bool {
	empty := e.packed == 0 || e.size == 0 && e.packed <= 2 // two bytes are an empty deflate stream
	return empty && (strings.HasSuffix(e.name, "/") || e.unixMode()&0o170000 == 0o040000 || e.external&0x10 != 0)
}

func (e *entry) isSymlink() bool { return e.unixMode()&0o170000 == 0o120000 }

// unixMode is the mode that a Unix (3) or macOS (19) system stored, or 0.
func (e *entry) unixMode() uint32 {
	if system := e.creator >> 8; system != 3 && system != 19 {
		return 0
	}
	return e.external >> 16
}

// mode gives type and permissions. A device or fifo is given as the regular file that its bytes make.
func (e *entry) mode() fs.FileMode {
	u := e.unixMode()
	m := fs.FileMode(u & 0o777)
	if m == 0 {
		m = 0o644
		if e.isDir() {
			m = 0o755
		}
	}
	if u&0o4000 != 0 {
		m |= fs.ModeSetuid
	}
	if u&0o2000 != 0 {
		m |= fs.ModeSetgid
	}
	if u&0o1000 != 0 {
		m |= fs.ModeSticky
	}
	if e.isDir() {
		m |= fs.ModeDir
	}
	return m
}
