package media

import (
	"bytes"

	"github.com/censorscan/censorscan/extract"
)

const (
	sectionGNUHash = 0x6ffffff6
	maxELFTable    = 64 << 20 // of one table of a program, in bytes
)

// section is an entry of an ELF file's section table.
type section struct {
	kind, link   uint32
	offset, size int64
}

// gnuHash claims the table by which a program's symbols are found: a Bloom filter and the hashes of their names. All of it has to follow from the names.
func gnuHash(src extract.Source, at int64) []extract.Extent {
	sections, wide := elfSections(src, at)
	for _, s := range sections {
		if s.kind != sectionGNUHash || int(s.link) >= len(sections) || int(sections[s.link].link) >= len(sections) {
			continue
		}
		symbols := sections[s.link]
		table, syms, names := elfTable(src, at, s), elfTable(src, at, symbols), elfTable(src, at, sections[symbols.link])
		if n := hashTable(table, syms, names, wide); n > 0 {
			return []extract.Extent{{Offset: at + s.offset, Size: int64(n)}}
		}
	}
	return nil
}

func elfTable(src extract.Source, at int64, s section) []byte {
	if s.size <= 0 || s.size > maxELFTable || s.offset < 0 {
		return nil
	}
	return bytesAt(src, at+s.offset, int(s.size))
}

// elfSections reads the section table of a little-endian ELF file.
func elfSections(src extract.Source, at int64) (list []section, wide bool) {
	h := bytesAt(src, at, 64)
	if h == nil || h[5] != 1 || h[4] != 1 && h[4] != 2 {
		return nil, false
	}
	wide = h[4] == 2
	off, entry, n := int64(le.Uint32(h[32:])), int(le.Uint16(h[46:])), int(le.Uint16(h[48:]))
	if wide {
		off, entry, n = int64(le.Uint64(h[40:])), int(le.Uint16(h[58:])), int(le.Uint16(h[60:]))
	}
	if wide && entry != 64 || !wide && entry != 40 || off <= 0 || off > src.Size() {
		return nil, false
	}
	table := bytesAt(src, at+off, n*entry)
	for ; len(table) >= entry; table = table[entry:] {
		s := section{kind: le.Uint32(table[4:]), link: le.Uint32(table[24:]), offset: int64(le.Uint32(table[16:])), size: int64(le.Uint32(table[20:]))}
		if wide {
			s = section{kind: s.kind, link: le.Uint32(table[40:]), offset: int64(le.Uint64(table[24:])), size: int64(le.Uint64(table[32:]))}
		}
		list = append(list, s)
	}
	return list, wide
}

// hashTable returns how many bytes of a hash table follow from the names of the symbols, 0 if they do not.
func hashTable(table, syms, names []byte, wide bool) int {
	if len(table) < 16 {
		return 0
	}
	word, symbol := 4, 16
	if wide {
		word, symbol = 8, 24
	}
	buckets, first, filter, shift := int(le.Uint32(table)), int(le.Uint32(table[4:])), int(le.Uint32(table[8:])), le.Uint32(table[12:])
	count := len(syms)/symbol - first
	chain := 16 + filter*word + 4*buckets
	if filter <= 0 || filter > len(table) || buckets > len(table) || first > len(syms) || count <= 0 || chain+4*count > len(table) || shift > 63 {
		return 0
	}
	bloom := make([]byte, filter*word)
	for i := range count {
		at := int(le.Uint32(syms[(first+i)*symbol:]))
		if at >= len(names) {
			return 0
		}
		name, _, _ := bytes.Cut(names[at:], []byte{0})
		h := uint32(5381)
		for _, c := range name {
			h = h*33 + uint32(c)
		}
		if (le.Uint32(table[chain+4*i:])^h)&^1 != 0 {
			return 0
		}
		bits := uint32(8 * word)
		w := bloom[int(h/bits)%filter*word:]
		for _, b := range [2]uint32{h % bits, h >> shift % bits} {
			w[b/8] |= 1 << (b % 8)
		}
	}
	if !bytes.Equal(bloom, table[16:16+filter*word]) {
		return 0
	}
	return chain + 4*count
}
