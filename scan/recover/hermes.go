package recover

import (
	"github.com/censorscan/censorscan/scan/text"
)

// isHermes tells compiled JavaScript of Hermes.
func isHermes(b *image) bool {
	return b.has(0, "\xC6\x1F\xBC\x03\xC1\x03\x19\x1F") && b.u32(8) < 1000
}

// findHermes takes the array literals, then the table of all strings, whose order says nothing.
// Layout: include/hermes/BCGen/HBC/BytecodeFileFormat.h and SerializedLiteralGenerator.h of Hermes.
func findHermes(b *image, c *catch) {
	h := &hermes{b: b, doc: b.document(asciiOr(text.UTF16LE))}
	functions, kinds, identifiers := int64(b.u32(40)), int64(b.u32(44)), int64(b.u32(48))
	h.count, h.overflows = int64(b.u32(52)), int64(b.u32(56))
	sizes := int64(64)
	const bigInts = 87 // the version that has them
	if b.u32(8) >= bigInts {
		sizes += 8
	}
	align := func(n int64) int64 { return (n + 3) &^ 3 }
	h.small = 128 + 16*functions + 4*kinds + 4*identifiers
	h.large = h.small + 4*h.count
	h.storage = h.large + 8*h.overflows
	arrays := align(h.storage + int64(b.u32(60)))
	keys := align(arrays + int64(b.u32(sizes+8)))
	values := align(keys + int64(b.u32(sizes+12)))
	ends := []int64{arrays + int64(b.u32(sizes+8)), keys + int64(b.u32(sizes+12)), values + int64(b.u32(sizes+16))}
	h.count = min(h.count, max(b.size-h.small, 0)/4)

	told := map[int64]bool{}
	pool := &structure{doc: h.doc, recipe: []string{"hermes string table", approximate}, order: 4}
	for i := range h.count {
		begin, end, wide := h.span(i)
		if end <= begin || !b.hitIn(begin, end) && end-begin < longString {
			continue
		}
		s, ok := h.string(begin, end, wide)
		if !ok {
			continue
		}
		if b.tells(s.text) {
			told[i] = true
		}
		c.text(b.document(text.UTF8.String()), s, "hermes string")
	}
	if len(told) < 2 {
		return
	}
	wides := h.wideTold(told)
	for i := range h.count {
		begin, end, wide := h.span(i)
		if s, ok := h.string(begin, end, wide); ok && wide == wides && len(s.text) < 4*holdLength {
			pool.append(s.item(0))
		}
	}
	c.pools = append(c.pools, pool)
	for i, recipe := range []string{"hermes array literals", "hermes keys of object literals", "hermes values of object literals"} {
		h.literals(c, []int64{arrays, keys, values}[i], ends[i], recipe)
	}
}

type hermes struct {
	b                *image
	doc              *document
	count, overflows int64
	small, large     int64 // tables
	storage          int64
}

// wideTold reports whether most of the telling strings are not ASCII.
func (h *hermes) wideTold(told map[int64]bool) bool {
	wides := 0
	for i := range told {
		if _, _, wide := h.span(i); wide {
			wides++
		}
	}
	return wides*2 > len(told)
}

// span returns where a string lies and whether it is in UTF-16.
func (h *hermes) span(i int64) (begin, end int64, wide bool) {
	row := h.b.u32(h.small + 4*i)
	off, n := int64(row>>1&(1<<23-1)), int64(row>>24)
	wide = row&1 != 0
	if n == 0xFF && off < h.overflows {
		row := h.large + 8*off
		off, n = int64(h.b.u32(row)), int64(h.b.u32(row+4))
	}
	if wide {
		n *= 2
	}
	begin = h.storage + off
	if begin+n > h.b.size {
		return 0, 0, wide
	}
	return begin, begin + n, wide
}

func (h *hermes) string(begin, end int64, wide bool) (stored, bool) {
	raw := h.b.bytes(begin, end-begin)
	if raw == nil {
		return stored{}, false
	}
	enc := text.UTF8
	if wide {
		enc = text.UTF16LE
	}
	d := decode(raw, begin, enc, 0)
	return stored{text: d.text, extent: extent{begin, end}, origin: d.origin}, true
}

// literals reads a buffer of literals: runs of values of one kind. Runs of strings that follow each other may be one array, for the length of a run is limited.
func (h *hermes) literals(c *catch, off, end int64, recipe string) {
	const number, long, short, single, whole = 3, 4, 5, 6, 7
	widths := [8]int64{number: 8, long: 4, short: 2, single: 1, whole: 4}
	all := &structure{doc: h.doc, recipe: []string{recipe}, order: 1}
	open := false
	for end = min(end, h.b.size); off < end && h.b.left > 0; {
		tag := h.b.u8(off)
		n := int64(tag & 15)
		off++
		if tag&0x80 != 0 {
			n = n<<8 | int64(h.b.u8(off))
			off++
		}
		kind := tag >> 4 & 7
		width := widths[kind]
		if kind != long && kind != short && kind != single {
			open = false
			off += n * width
			continue
		}
		const longest = 4095
		if !open {
			all.parts = append(all.parts, &structure{doc: h.doc, recipe: []string{recipe}})
		}
		open = n == longest
		part := all.parts[len(all.parts)-1]
		for range n {
			raw := h.b.bytes(off, width)
			if raw == nil {
				return
			}
			i := int64(0)
			for k, x := range raw {
				i |= int64(x) << (8 * k)
			}
			begin, to, wide := h.span(i)
			if s, ok := h.string(begin, to, wide); ok && i < h.count {
				part.append(s.item(off))
				all.append(s.item(off))
			}
			off += width
		}
	}
	if len(all.parts) > 1 {
		c.lists = append(c.lists, all)
	}
	c.lists = append(c.lists, all.parts...)
}
