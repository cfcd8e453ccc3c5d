package app

// maxHops bounds references to references.
const maxHops = 8

// lookUp finds the strings that resource ids stand for, in the configuration without qualifiers, else in the first that has one.
func lookUp(raw []byte, ids ...uint32) map[uint32]string {
	d := data(raw)
	out := map[uint32]string{}
	if d.u16(0) != chunkTable || int(d.u16(2)) > len(d) {
		return out
	}
	t := table{values: map[uint32]entry{}, want: map[uint32]bool{}}
	for hop := 0; hop < maxHops; hop++ {
		for _, id := range ids {
			t.want[id] = true
		}
		before := len(t.want)
		t.read(d)
		for _, e := range t.values {
			if e.ref != 0 {
				t.want[e.ref] = true
			}
		}
		if len(t.want) == before {
			break
		}
	}
	for _, id := range ids {
		at := id
		for range maxHops {
			e := t.values[at]
			if e.ref == 0 {
				out[id] = e.text
				break
			}
			at = e.ref
		}
	}
	return out
}

// table is resources.arsc.
type table struct {
	strings pool
	want    map[uint32]bool
	values  map[uint32]entry
}

type entry struct {
	value
	plain bool // of the configuration without qualifiers
}

func (t *table) read(d data) {
	for _, c := range chunks(d[d.u16(2):]) {
		switch {
		case c.kind == chunkPool && t.strings.d == nil:
			t.strings = newPool(c)
		case c.kind == chunkPackage:
			for _, k := range chunks(c.data[min(c.header, len(c.data)):]) {
				if k.kind == chunkType {
					t.entries(c.data.u32(8), k)
				}
			}
		}
	}
}

// entries reads those entries of one type in one configuration that are wanted.
func (t *table) entries(pkg uint32, k chunk) {
	const flagSparse, flagOffset16, noEntry = 1, 2, 0xFFFFFFFF
	d := k.data
	flags, count, start := d.u8(9), int(min(d.u32(12), 1<<16)), int(min(d.u32(16), 1<<30))
	configSize := int(min(d.u32(20), 256))
	plain := true
	for i := 4; i < configSize; i++ {
		plain = plain && d.u8(20+i) == 0
	}
	for i := range count {
		index, off := i, 0
		switch {
		case flags&flagSparse != 0:
			row := d.u32(k.header + 4*i)
			index, off = int(row&0xFFFF), 4*int(row>>16)
		case flags&flagOffset16 != 0:
			row := d.u16(k.header + 2*i)
			if row == 0xFFFF {
				continue
			}
			off = 4 * int(row)
		default:
			row := d.u32(k.header + 4*i)
			if row == noEntry {
				continue
			}
			off = int(min(row, 1<<30))
		}
		id := pkg<<24 | uint32(d.u8(8))<<16 | uint32(index)
		if !t.want[id] || t.values[id].plain {
			continue
		}
		if _, known := t.values[id]; known && !plain {
			continue
		}
		if v, ok := t.value(d, start+off); ok {
			t.values[id] = entry{v, plain}
		}
	}
}

// value reads an entry that is no bag.
func (t *table) value(d data, at int) (value, bool) {
	const complex, compact = 1, 8
	flags := d.u16(at + 2)
	kind, raw := d.u8(at+int(d.u16(at))+3), d.u32(at+int(d.u16(at))+4)
	switch {
	case flags&compact != 0:
		kind, raw = uint8(flags>>8), d.u32(at+4)
	case flags&complex != 0:
		return value{}, false
	}
	switch kind {
	case valueString:
		return value{text: t.strings.get(raw)}, true
	case valueReference:
		return value{ref: raw}, true
	}
	return value{}, false
}
