package scan

import (
	"bytes"
	"unicode/utf8"
)

// sniff names what an artefact that holds no others looks like, for the report only.
func sniff(head []byte) string {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.name
		}
	}
	switch {
	case len(head) == 0:
		return "empty"
	case bytes.IndexByte(head, 0) < 0 && utf8.Valid(trimPartial(head)):
		return "text"
	}
	return "data"
}

var magics = []struct{ magic, name string }{
	{"dex\n", "dex"}, {"cdex", "cdex"}, {"vdex", "vdex"}, {"oat\n", "oat"}, {"\x7fELF", "elf"}, {"\x03\x00\x08\x00", "axml"}, {"\x02\x00\x0c\x00", "arsc"},
	{"SQLite format 3\x00", "sqlite"}, {"\x89PNG", "png"}, {"\xff\xd8\xff", "jpeg"}, {"RIFF", "riff"}, {"OggS", "ogg"}, {"\x1bLua", "lua bytecode"},
	{"\x1bLJ", "luajit bytecode"}, {"bplist", "plist"}, {"<?xml", "xml"}, {"\xef\xbb\xbf", "text"}, {"\xff\xfe", "utf-16 text"}, {"\xfe\xff", "utf-16 text"},
}

// trimPartial cuts a UTF-8 character that the end of a buffer tore apart.
func trimPartial(b []byte) []byte {
	for i := 1; i <= 3 && i <= len(b); i++ {
		if c := b[len(b)-i]; c >= 0xC0 {
			return b[:len(b)-i]
		} else if c < 0x80 {
			break
		}
	}
	return b
}
