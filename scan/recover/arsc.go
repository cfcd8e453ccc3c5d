package recover

import (
	"fmt"
	"strings"
)

// isARSC tells a compiled resource table, resources.arsc.
func isARSC(b *image) bool {
	size := int64(b.u32(4))
	return b.u16(0) == chunkTable && b.u16(2) == 12 && size > 12 && size <= b.size+pageSize && b.u16(12) == chunkPool
}

// findARSC takes the strings of each array in their order, and the plain string resources of each configuration in the order of their entries.
func findARSC(b *image, c *catch) {
	t := &arsc{b: b, c: c}
	b.eachChunk(12, b.size, func(k chunk) {
		switch {
		case k.kind == chunkPool && t.pool == nil:
			t.pool = newResPool(b, k)
			t.told = t.pool.survey(c, "resources.arsc")
		case k.kind == chunkPackage && len(t.told) > 1:
			t.inPackage(k)
		}
	})
}

type arsc struct {
	b     *image
	c     *catch
	pool  *resPool
	told  map[uint32]bool
	types *resPool // names of the types of the package
	keys  *resPool // names of its entries
}

func (t *arsc) inPackage(p chunk) {
	t.types, t.keys = nil, nil
	typeNames, keyNames := p.off+int64(t.b.u32(p.off+268)), p.off+int64(t.b.u32(p.off+276))
	t.b.eachChunk(p.off+p.header, p.end, func(k chunk) {
		switch {
		case k.kind == chunkPool && k.off == typeNames:
			t.types = newResPool(t.b, k)
		case k.kind == chunkPool && k.off == keyNames:
			t.keys = newResPool(t.b, k)
		case k.kind == chunkType:
			t.entries(k)
		}
	})
}

// entries reads the entries of one type in one configuration.
func (t *arsc) entries(k chunk) {
	b := t.b
	id, flags, count := b.u8(k.off+8), b.u8(k.off+9), int64(b.u32(k.off+12))
	start := k.off + int64(b.u32(k.off+16))
	name := t.types.name(uint32(id) - 1)
	config := t.config(k.off + 20)
	values := &structure{doc: t.pool.doc, recipe: []string{fmt.Sprintf("resources.arsc values of type %s%s", name, config)}, order: 1}
	told := false
	const sparse, offset16 = 1, 2
	row := int64(4)
	if flags&(sparse|offset16) == offset16 {
		row = 2
	}
	for i := range min(count, max(start-k.off-k.header, 0)/row) {
		if !b.spend(8) {
			break
		}
		at := k.off + k.header + row*i
		off := int64(b.u32(at))
		switch {
		case flags&sparse != 0:
			off = 4 * (off >> 16)
		case flags&offset16 != 0:
			if off = int64(b.u16(at)); off == 0xFFFF {
				continue
			}
			off *= 4
		case off == noEntry:
			continue
		}
		if off += start; off+8 > k.end {
			continue
		}
		if v, ok := t.entry(off, k.end, name, config); ok {
			values.append(v.item(off))
			told = told || t.b.tells(v.text)
		}
	}
	if told {
		t.c.lists = append(t.c.lists, values)
	}
}

// entry reads an entry: the string of a plain one is returned, those of a bag are a structure.
func (t *arsc) entry(off, end int64, name, config string) (stored, bool) {
	b := t.b
	const complex, compact = 1, 8
	flags := b.u16(off + 2)
	switch {
	case flags&compact != 0:
		if flags>>8 == valueString {
			return t.pool.get(b.u32(off + 4))
		}
	case flags&complex == 0:
		return t.value(off + int64(b.u16(off)))
	default:
		at := off + int64(b.u16(off))
		count := min(int64(b.u32(off+12)), max(end-at, 0)/12)
		s := &structure{doc: t.pool.doc, recipe: []string{fmt.Sprintf("resources.arsc %s %s%s", name, t.keys.name(b.u32(off+4)), config)}}
		told := false
		for i := range count {
			if !b.spend(12) {
				break
			}
			if b.u8(at+12*i+7) == valueString {
				told = told || t.told[b.u32(at+12*i+8)]
			}
		}
		for i := range count {
			if !told {
				break
			}
			if v, ok := t.value(at + 12*i + 4); ok {
				s.append(v.item(at + 12*i))
			}
		}
		if told {
			t.c.lists = append(t.c.lists, s)
		}
	}
	return stored{}, false
}

// value returns the string that a Res_value names.
func (t *arsc) value(off int64) (stored, bool) {
	if t.b.u8(off+3) != valueString {
		return stored{}, false
	}
	return t.pool.get(t.b.u32(off + 4))
}

// config names the language and region of a configuration.
func (t *arsc) config(off int64) string {
	part := func(off int64, base byte) string {
		p := t.b.bytes(off, 2)
		switch {
		case p == nil || p[0] == 0:
			return ""
		case p[0]&0x80 != 0: // three letters of five bits
			v := uint16(p[0])<<8 | uint16(p[1])
			return string([]byte{base + byte(v&31), base + byte(v>>5&31), base + byte(v>>10&31)})
		default:
			return strings.ToValidUTF8(string(p), "?")
		}
	}
	language, region := part(off+8, 'a'), part(off+10, '0')
	switch {
	case language == "" && region == "":
		return ""
	case region == "":
		return " (" + language + ")"
	default:
		return " (" + language + "-r" + region + ")"
	}
}
