package recover

import "strings"

const (
	dexHeader  = 0x70
	dexStrings = 1 << 24 // more than any DEX file holds
	longString = 256     // characters of a string that may hold a list of its own, hidden by an encoding
	mostText   = 64 << 10
)

// isDEX tells a DEX file by its magic and its byte order. Compact DEX ("cdex") shares its strings with other files and is none.
// Layout: https://source.android.com/docs/core/runtime/dex-format
func isDEX(b *image) bool {
	return b.has(0, "dex\n") && b.u8(7) == 0 && b.u32(40) == 0x12345678 && b.u32(36) >= dexHeader
}

// dex is a DEX file.
type dex struct {
	b       *image
	c       *catch
	doc     *document
	strings dexTable
	types   dexTable
	protos  dexTable
	fields  dexTable
	methods dexTable
	classes dexTable
	told    map[uint32]bool // strings that are or hold a known term
	cache   map[uint32]stored
}

// dexTable is a table of the header.
type dexTable struct {
	count uint32
	off   int64
	size  int64 // of a row
}

func (d *dex) table(at, row int64) dexTable {
	t := dexTable{count: d.b.u32(at), off: int64(d.b.u32(at + 4)), size: row}
	if t.off < dexHeader || t.off >= d.b.size {
		return dexTable{size: row}
	}
	t.count = uint32(min(int64(t.count), (d.b.size-t.off)/row))
	return t
}

func (t dexTable) row(i uint32) (off int64, ok bool) {
	return t.off + int64(i)*t.size, i < t.count
}

// newDEX reads the header.
func newDEX(b *image, c *catch) *dex {
	d := &dex{b: b, c: c, doc: b.document("mutf-8"), told: map[uint32]bool{}, cache: map[uint32]stored{}}
	d.strings = d.table(56, 4)
	d.types = d.table(64, 4)
	d.protos = d.table(72, 12)
	d.fields = d.table(80, 8)
	d.methods = d.table(88, 8)
	d.classes = d.table(96, 32)
	return d
}

// findDEX takes the strings that one method uses in one way, in the order of its code: those it puts into an array, adds to a set or compares with. Then those of
// static values and annotations. What only the string pool holds comes last, for its order is that of the characters.
func findDEX(b *image, c *catch) {
	d := newDEX(b, c)
	d.pool()
	if len(d.told) < 2 {
		return
	}
	for i := range d.classes.count {
		d.class(i)
	}
}

// string returns a string of the pool.
func (d *dex) string(i uint32) (stored, bool) {
	row, ok := d.strings.row(i)
	if !ok {
		return stored{}, false
	}
	chars, off := d.b.uleb128(int64(d.b.u32(row)))
	if off < 0 || chars > maxRead/4 {
		return stored{}, false
	}
	n := int64(0) // up to the NUL that ends it
	for {
		p := d.b.upTo(off+n, min(int64(chars)-n/3+1, pageSize))
		if len(p) == 0 {
			return stored{}, false
		}
		if i := strings.IndexByte(string(p), 0); i >= 0 {
			n += int64(i)
			break
		}
		if n += int64(len(p)); n > 3*int64(chars) {
			return stored{}, false
		}
	}
	if n == 0 {
		return stored{extent: extent{off, off}}, true
	}
	raw := d.b.bytes(off, n)
	if raw == nil {
		return stored{}, false
	}
	s := stored{extent: extent{off, off + n}}
	s.text, s.origin = modifiedUTF8(raw, off)
	return s, true
}

// name returns the text of a string.
func (d *dex) name(i uint32) string {
	s, _ := d.string(i)
	return s.text
}

// pool finds the strings that tell of a list, and keeps those that could be one by themselves.
func (d *dex) pool() {
	words := &structure{doc: d.doc, recipe: []string{"dex string pool", approximate}, order: 4}
	for i := range d.strings.count {
		off := int64(d.b.u32(d.strings.off + 4*int64(i)))
		chars, next := d.b.uleb128(off)
		if next < 0 || chars > maxRead/4 {
			continue
		}
		hit := d.b.hitIn(off, next+3*int64(chars))
		if !hit && chars < longString && !(d.b.hits != nil && d.b.u8(next) >= 0x80) {
			continue
		}
		s, ok := d.string(i)
		if !ok {
			continue
		}
		if hit && d.b.tells(s.text) {
			d.told[i] = true
		}
		d.c.text(d.doc, s, "dex string")
		if chars <= holdLength && strings.IndexFunc(s.text, func(r rune) bool { return r >= 0x80 }) >= 0 {
			words.append(s.item(0))
		}
	}
	d.c.pools = append(d.c.pools, words)
}

// typeName returns the name of a type as Java writes it.
func (d *dex) typeName(i uint32) string {
	row, ok := d.types.row(i)
	if !ok {
		return "?"
	}
	name := d.name(d.b.u32(row))
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(name, "L"), ";"), "/", ".")
}

// methodName returns class and name of a method.
func (d *dex) methodName(i uint32) string {
	row, ok := d.methods.row(i)
	if !ok {
		return "?"
	}
	return d.typeName(uint32(d.b.u16(row))) + "." + d.name(d.b.u32(row+4))
}
