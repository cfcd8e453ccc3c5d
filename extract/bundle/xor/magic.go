package xor

import (
	"bytes"
	"encoding/binary"

	"github.com/censorscan/censorscan/extract"
)

// magic is what a file of a known format holds at a fixed place.
type magic struct {
	offset int
	bytes  string
	// check looks closer at the beginning; nil when the formats have to say whether it is theirs. size is -1 when it is not known.
	check func(head []byte, size int64) bool
}

// magics are those of formats that may hide a list. Pictures and sound are none.
var magics = []magic{
	{0, "PK\x03\x04", isZip},
	{0, "\x1f\x8b\x08", nil}, {0, "\xfd7zXZ\x00", nil}, {0, "BZh", nil}, {0, "\x28\xb5\x2f\xfd", nil}, {0, "\x04\x22\x4d\x18", nil}, {0, "\x02\x21\x4c\x18", nil},
	{0, "\x78\x01", nil}, {0, "\x78\x5e", nil}, {0, "\x78\x9c", nil}, {0, "\x78\xda", nil}, {0, "\x5d\x00\x00", nil},
	{0, "7z\xbc\xaf\x27\x1c", nil}, {0, "Rar!\x1a\x07", nil}, {257, "ustar", nil}, {0, "07070", nil},
	{0, "UnityFS\x00", nil}, {0, "UnityWeb\x00", nil}, {0, "UnityRaw\x00", nil}, {0, "ANDROID BACKUP\n", nil},
	{0, "CrAU\x00\x00\x00\x00", nil}, {0, "ANDROID!", nil}, {0, "VNDRBOOT", nil}, {0, "\x3a\xff\x26\xed", nil}, {0, "vdex0", nil}, {0, "dey\n0", nil},
	{0, "dex\n0", isDEX}, {0, "cdex0", isDEX}, {0, "\x7fELF", isELF}, {0, "SQLite format 3\x00", isSQLite},
	{0, "\x1bLua", isLua}, {0, "\x1bLJ", isLuaJIT}, {0, "\x03\x00\x08\x00", isResource}, {0, "\x02\x00\x0c\x00", isResource},
}

// keyOf returns the key under which the magic stands in a head; 0 is none.
func (m *magic) keyOf(head []byte) byte {
	if len(head) < m.offset+len(m.bytes) {
		return 0
	}
	at := head[m.offset:][:len(m.bytes)]
	key := at[0] ^ m.bytes[0]
	for i := 1; i < len(at); i++ {
		if at[i]^m.bytes[i] != key {
			return 0
		}
	}
	return key
}

// byMagic finds the key under which a file is of a known format.
func (f finder) byMagic(p *extract.Probe) byte {
	head := p.Head()
	for i := range magics {
		m := &magics[i]
		key := m.keyOf(head)
		if key == 0 || tables().read(utf8Text, head[:min(len(head), first)]).readable() {
			continue
		}
		d := decoded{p.Source(), key}
		if m.check == nil && f.isContainer(d, p.Budget) {
			return key
		}
		if m.check != nil {
			b := make([]byte, min(len(head), 512))
			if n, _ := d.ReadAt(b, 0); m.check(b[:n], p.Size()) {
				return key
			}
		}
	}
	return 0
}

// isContainer tells whether one of the formats takes a Source for its own. It has no name that could lead them astray.
func (f finder) isContainer(src extract.Source, b *extract.Budget) bool {
	p := extract.NewProbe(src, "", b)
	for _, f := range f.formats {
		if f.Detect(p) {
			return true
		}
	}
	return false
}

var le = binary.LittleEndian

// isZip checks version, method, and the name of the first entry.
func isZip(b []byte, _ int64) bool {
	const header, newestVersion, newestMethod, longName = 30, 63, 99, 512
	if len(b) <= header || b[4] > newestVersion || le.Uint16(b[8:]) > newestMethod {
		return false
	}
	n := int(le.Uint16(b[26:]))
	if n == 0 || n > longName {
		return false
	}
	for _, c := range b[header:min(len(b), header+n)] {
		if c < ' ' {
			return false
		}
	}
	return true
}

// isDEX checks version, byte order and sizes.
func isDEX(b []byte, size int64) bool {
	const header, byteOrder = 0x70, 0x12345678
	return len(b) >= header && b[7] == 0 && le.Uint32(b[0x24:]) == header && le.Uint32(b[0x28:]) == byteOrder && fits(le.Uint32(b[0x20:]), size)
}

func fits(n uint32, size int64) bool { return size < 0 || int64(n) <= size }

// isELF checks the identification, and the version and header size behind it.
func isELF(b []byte, _ int64) bool {
	if len(b) < 64 || b[4] < 1 || b[4] > 2 || b[5] < 1 || b[5] > 2 || b[6] != 1 || !bytes.Equal(b[9:16], make([]byte, 7)) {
		return false
	}
	order := binary.ByteOrder(le)
	if b[5] == 2 {
		order = binary.BigEndian
	}
	size := order.Uint16(b[0x28:])
	if b[4] == 2 {
		size = order.Uint16(b[0x34:])
	}
	return order.Uint32(b[0x14:]) == 1 && (size == 52 || size == 64)
}

// isSQLite checks the page size and the fixed fractions of the header.
func isSQLite(b []byte, _ int64) bool {
	if len(b) < 100 {
		return false
	}
	page := binary.BigEndian.Uint16(b[16:])
	return (page == 1 || page >= 512 && page&(page-1) == 0) && b[21] == 64 && b[22] == 32 && b[23] == 32
}

// isLua checks version, format and what the header says of sizes or the data that tells of conversions.
func isLua(b []byte, _ int64) bool {
	if len(b) < 18 || b[4] < 0x51 || b[4] > 0x54 || b[5] > 1 {
		return false
	}
	if b[4] >= 0x53 {
		return string(b[6:12]) == "\x19\x93\r\n\x1a\n"
	}
	return b[6] <= 1 && b[7] == 4 && (b[8] == 4 || b[8] == 8) && b[9] == 4
}

// isLuaJIT checks version and flags, and without stripped names that of the source.
func isLuaJIT(b []byte, _ int64) bool {
	const stripped, knownFlags = 2, 0x0F
	if len(b) < 48 || b[3] < 1 || b[3] > 2 || b[4]&^knownFlags != 0 {
		return false
	}
	return b[4]&stripped == 0 && (b[6] == '@' || b[6] == '=')
}

// isResource checks the size of a chunk of Android's resources that is a whole file.
func isResource(b []byte, size int64) bool {
	const stringPool = 0x001C0001
	n := int(le.Uint16(b[2:]))
	return size >= 0 && int64(le.Uint32(b[4:])) == size && len(b) >= n+4 && le.Uint32(b[n:]) == stringPool
}
