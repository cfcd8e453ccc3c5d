package recover

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/censorscan/censorscan/scan/text"
)

const (
	maxPrefixed = 4096 // bytes of a string behind its length
	maxBack     = 1024 // of one that is looked for backwards
	maxGap      = 12   // bytes between two strings besides the length
	maxVoters   = 64
)

// lengthKind is a way to write the length of a string in front of it.
type lengthKind struct {
	name string
	// read returns the number at the beginning of p and the bytes that it takes up, 0 when there is none.
	read func(p []byte) (n, width int)
}

// lengthKinds are ordered so that of two that explain the same bytes the wider comes first: the low byte of a wide number is a narrow one.
func lengthKinds() []lengthKind {
	return []lengthKind{
		{"u64le", func(p []byte) (int, int) {
			if len(p) < 8 || binary.LittleEndian.Uint64(p) > maxPrefixed*2 {
				return 0, 0
			}
			return int(p[0]) | int(p[1])<<8, 8
		}},
		{"u32le", func(p []byte) (int, int) {
			if len(p) < 4 || binary.LittleEndian.Uint32(p) > maxPrefixed*2 {
				return 0, 0
			}
			return int(p[0]) | int(p[1])<<8, 4
		}},
		{"u32be", func(p []byte) (int, int) {
			if len(p) < 4 || binary.BigEndian.Uint32(p) > maxPrefixed*2 {
				return 0, 0
			}
			return int(p[2])<<8 | int(p[3]), 4
		}},
		{"u16le", func(p []byte) (int, int) {
			if len(p) < 2 {
				return 0, 0
			}
			return int(p[0]) | int(p[1])<<8, 2
		}},
		{"u16be", func(p []byte) (int, int) {
			if len(p) < 2 {
				return 0, 0
			}
			return int(p[0])<<8 | int(p[1]), 2
		}},
		{"u8", func(p []byte) (int, int) {
			if len(p) < 1 {
				return 0, 0
			}
			return int(p[0]), 1
		}},
		{"varint", leb128},
		{"varint (high first)", func(p []byte) (n, width int) { // of Lua 5.4: the last byte has the high bit
			for i := 0; i < min(len(p), 3); i++ {
				n = n<<7 | int(p[i]&0x7F)
				if p[i]&0x80 != 0 {
					return n, i + 1
				}
			}
			return 0, 0
		}},
		{"varint (ECMA-335)", func(p []byte) (int, int) {
			switch {
			case len(p) > 0 && p[0]&0x80 == 0:
				return int(p[0]), 1
			case len(p) > 1 && p[0]&0xC0 == 0x80:
				return int(p[0]&0x3F)<<8 | int(p[1]), 2
			}
			return 0, 0
		}},
		{"MessagePack", func(p []byte) (int, int) {
			switch {
			case len(p) > 0 && p[0]&0xE0 == 0xA0:
				return int(p[0] & 0x1F), 1
			case len(p) > 1 && p[0] == 0xD9:
				return int(p[1]), 2
			case len(p) > 2 && p[0] == 0xDA:
				return int(p[1])<<8 | int(p[2]), 3
			}
			return 0, 0
		}},
		{"CBOR", func(p []byte) (int, int) {
			switch {
			case len(p) > 0 && p[0] >= 0x60 && p[0] < 0x78:
				return int(p[0] - 0x60), 1
			case len(p) > 1 && p[0] == 0x78:
				return int(p[1]), 2
			case len(p) > 2 && p[0] == 0x79:
				return int(p[1])<<8 | int(p[2]), 3
			}
			return 0, 0
		}},
	}
}

// leb128 reads a number in groups of seven bits, the low ones first.
func leb128(p []byte) (n, width int) {
	for i := 0; i < min(len(p), 3); i++ {
		n |= int(p[i]&0x7F) << (7 * i)
		if p[i]&0x80 == 0 {
			return n, i + 1
		}
	}
	return 0, 0
}

// prefixed is an array of strings that each stand behind their length.
type prefixed struct {
	b     *image
	enc   text.Encoding
	kind  lengthKind
	bias  int    // that the number is larger than the length
	unit  int    // bytes that it counts in
	align int64  // of the next string's length; 0 when a gap of constant length lies between
	gap   int    // bytes from the end of a string to the next length
	tag   []byte // the bytes of the gap; nil when they vary
}

func (x *prefixed) recipe() []string {
	step := x.kind.name + " length-prefixed strings"
	if x.unit > 1 {
		step += " (in characters)"
	}
	if x.align > 0 {
		step += fmt.Sprintf(", aligned to %d", x.align)
	}
	if x.tag == nil && x.align == 0 {
		return []string{step, approximate}
	}
	return []string{step}
}

// entry returns the string whose length stands at an offset, and where it ends.
func (x *prefixed) entry(off int64) (begin, end int64, ok bool) {
	p := x.b.upTo(off, 9)
	n, width := x.kind.read(p)
	n = (n - x.bias) * x.unit
	if width == 0 || n <= 0 || n > maxPrefixed {
		return 0, 0, false
	}
	begin = off + int64(width)
	end = begin + int64(n)
	return begin, end, clean(x.b.bytes(begin, int64(n)), x.enc)
}

// clean reports whether bytes are nothing but text.
func clean(p []byte, enc text.Encoding) bool {
	for i := 0; i < len(p); {
		r, size, ok := enc.DecodeRune(p[i:])
		if !ok || control(r) || r == 0xFFFF {
			return false
		}
		i += max(size, 1)
	}
	return len(p) > 0
}

// next returns where the length of the string behind one that ends at an offset stands.
func (x *prefixed) next(end int64) (off int64, ok bool) {
	if x.align > 0 {
		off = (end + x.align - 1) / x.align * x.align
		return off, off == end || len(bytes.Trim(x.b.bytes(end, off-end), "\x00")) == 0
	}
	off = end + int64(x.gap)
	return off, x.tag == nil || bytes.Equal(x.b.bytes(end, int64(x.gap)), x.tag) || x.gap == 0
}

// before returns where the length of the string in front of one whose length stands at an offset stands.
func (x *prefixed) before(off int64) (at int64, ok bool) {
	pads := []int64{int64(x.gap)}
	if x.align > 0 {
		pads = []int64{0, 1, 2, 3, 4, 5, 6, 7}[:x.align]
	}
	for _, pad := range pads {
		end := off - pad
		if next, ok := x.next(end); !ok || next != off {
			continue
		}
		if at, ok = x.endsAt(end, 1, maxNear); ok {
			return at, true
		}
		if at, ok = x.endsAt(end, maxNear+1, maxBack); ok {
			return at, true
		}
	}
	return 0, false
}

const (
	maxNear  = 63 // bytes of most strings
	maxWidth = 8  // bytes of a length
)

// endsAt returns where the length of a string of at least least and at most most bytes stands that ends at an offset.
func (x *prefixed) endsAt(end, least, most int64) (at int64, ok bool) {
	from := max(end-most-maxWidth, 0)
	p := x.b.bytes(from, end-from)
	for n := least; n <= most; n++ {
		if n%int64(x.unit) != 0 {
			continue
		}
		for width := int64(1); width <= maxWidth; width++ {
			i := int64(len(p)) - n - width
			if i < 0 {
				break
			}
			if v, w := x.kind.read(p[i:]); int64(w) != width || int64((v-x.bias)*x.unit) != n {
				continue
			}
			if _, to, ok := x.entry(from + i); ok && to == end {
				return from + i, true
			}
		}
	}
	return 0, false
}

// chain returns the strings around the one whose length stands at an offset.
func (x *prefixed) chain(off int64) *structure {
	first := off
	for range maxItems {
		at, ok := x.before(first)
		if !ok || !x.tagged(at) {
			break
		}
		first = at
	}
	s := &structure{doc: x.b.document(x.enc.String()), recipe: x.recipe(), order: 2}
	if x.tag == nil && x.align == 0 {
		s.order = 4
	}
	for at := first; x.b.left > 0 && !s.cut; {
		begin, end, ok := x.entry(at)
		if !ok {
			break
		}
		d := decode(x.b.bytes(begin, end-begin), begin, x.enc, 0)
		s.append(stored{text: d.text, extent: extent{begin, end}}.item(0))
		if at, ok = x.next(end); !ok {
			break
		}
	}
	return s
}

// tagged reports whether the byte before a length is the last of the gap, when that is a tag: it belongs to the string behind it, so the first one has it too.
func (x *prefixed) tagged(off int64) bool {
	n := len(x.tag)
	return n == 0 || x.tag[n-1] == 0 || off > 0 && x.b.u8(off-1) == x.tag[n-1]
}

// shape is what two prefixed arrays have in common when they are of one kind.
func (x *prefixed) shape() string {
	return fmt.Sprint(x.kind.name, x.bias, x.unit, x.align, x.gap, x.tag == nil, string(x.tag), x.enc)
}

// findPrefixed looks at what stands before strings that begin with a hit: a kind of length that fits several of them, each with the string behind it, is the one
// that the array is written in.
func (b *image) findPrefixed(hits []hit) []*structure {
	type vote struct {
		x     prefixed
		count int
		at    []int64
	}
	votes := map[string]*vote{}
	var order []string
	step := max(len(hits)/maxVoters, 1)
	for i := 0; i < len(hits); i += step {
		for _, c := range b.prefixes(hits[i]) {
			key := c.x.shape()
			if votes[key] == nil {
				votes[key] = &vote{x: c.x}
				order = append(order, key)
			}
			votes[key].count++
			votes[key].at = append(votes[key].at, c.at)
		}
	}
	slices.SortStableFunc(order, func(a, c string) int { return votes[c].count - votes[a].count })
	var found []*structure
	for _, key := range order[:min(len(order), 6)] {
		v := votes[key]
		if v.count < 2 {
			break
		}
		end := int64(-1)
		for _, at := range v.at {
			if at < end {
				continue
			}
			s := v.x.chain(at)
			if len(s.items) >= minEntries {
				found = append(found, s)
				end = int64(s.items[len(s.items)-1].end)
			}
		}
	}
	return found
}

type prefixAt struct {
	x  prefixed
	at int64
}

// prefixes returns the kinds of length that could stand before a hit, with what could lie between it and the next string.
func (b *image) prefixes(h hit) []prefixAt {
	var all []prefixAt
	units := []int{1}
	if h.enc == text.UTF16LE || h.enc == text.UTF16BE {
		units = []int{2, 1}
	}
	front := b.upTo(max(h.off-maxWidth, 0), min(h.off, maxWidth))
	for _, kind := range lengthKinds() {
		for width := 1; width <= len(front); width++ {
			n, w := kind.read(front[len(front)-width:])
			if w != width {
				continue
			}
			for _, bias := range []int{0, 1, 5} { // 1 of Lua and .NET, 5 of LuaJIT
				for _, unit := range units {
					if (n-bias)*unit <= 0 || (n-bias)*unit > maxPrefixed {
						continue
					}
					x := prefixed{b: b, enc: h.enc, kind: kind, bias: bias, unit: unit}
					if _, end, ok := x.entry(h.off - int64(width)); ok {
						all = append(all, x.gaps(h.off-int64(width), end)...)
					}
				}
			}
		}
	}
	return all
}

// gaps returns the array with what could lie between the string that ends at an offset and the next one.
func (x prefixed) gaps(at, end int64) []prefixAt {
	var all []prefixAt
	for _, align := range []int64{4, 8} {
		y := x
		y.align = align
		if next, ok := y.next(end); ok && next != end && at%align == 0 {
			if _, _, ok := y.entry(next); ok {
				all = append(all, prefixAt{y, at})
			}
		}
	}
	for gap := 0; gap <= maxGap; gap++ {
		y := x
		y.gap = gap
		if _, _, ok := y.entry(end + int64(gap)); !ok {
			continue
		}
		y.tag = append([]byte{}, x.b.bytes(end, int64(gap))...)
		all = append(all, prefixAt{y, at})
		if gap > 0 {
			y.tag = nil
			all = append(all, prefixAt{y, at})
		}
	}
	return all
}
