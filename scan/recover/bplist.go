package recover

import (
	"encoding/binary"

	"github.com/censorscan/censorscan/scan/text"
)

// isBPlist tells a binary property list.
// Layout: CFBinaryPList.c of Apple's CoreFoundation.
func isBPlist(b *image) bool { return b.has(0, "bplist0") && b.size > 40 }

// findBPlist takes the strings of each array, the keys and the values of dictionaries, by their path as in JSON.
func findBPlist(b *image, c *catch) {
	trailer := b.bytes(b.size-32, 32)
	if trailer == nil {
		return
	}
	p := &bplist{b: b, c: c, width: int64(trailer[6]), ref: int64(trailer[7])}
	p.count = int64(binary.BigEndian.Uint64(trailer[8:]) & (1<<56 - 1))
	p.table = int64(binary.BigEndian.Uint64(trailer[24:]) & (1<<56 - 1))
	if p.width < 1 || p.width > 8 || p.ref < 1 || p.ref > 8 {
		return
	}
	p.g = grouper{doc: b.document(asciiOr(text.UTF16BE)), kind: "bplist"}
	p.object(int64(binary.BigEndian.Uint64(trailer[16:])&(1<<56-1)), p.g.root(), 0, 0)
	c.lists = append(c.lists, p.g.structures()...)
}

// asciiOr names the encoding of files that write a string in bytes when it is ASCII.
func asciiOr(enc text.Encoding) string { return enc.String() + ", ascii as bytes" }

type bplist struct {
	b          *image
	c          *catch
	g          grouper
	width, ref int64 // bytes of an offset and of the number of an object
	count      int64
	table      int64
}

// be reads a number of a width in bytes, high byte first.
func (p *bplist) be(off, width int64) (v int64) {
	for _, x := range p.b.bytes(off, width) {
		v = v<<8 | int64(x)
	}
	return v & (1<<56 - 1)
}

// object reads an object into a place; at is where it is named.
func (p *bplist) object(i int64, n *node, depth int, at int64) {
	if i >= min(p.count, p.b.size) || depth > maxNested || !p.b.spend(8) {
		return
	}
	off := p.be(p.table+i*p.width, p.width)
	marker := p.b.u8(off)
	size, body := int64(marker&15), off+1
	if size == 15 {
		width := int64(1) << (p.b.u8(body) & 3)
		size, body = p.be(body+1, width), body+1+width
	}
	size = min(size, p.b.size)
	const ascii, utf16, array, set, dict = 5, 6, 10, 12, 13
	switch marker >> 4 {
	case ascii, utf16:
		if s, ok := p.string(body, size, marker>>4 == utf16); ok {
			p.c.text(p.b.document(text.UTF8.String()), s, "bplist string "+n.path())
			p.g.put(n, s.item(at))
		}
	case array, set:
		place := p.g.at(n, "[]", false)
		for k := range size {
			if p.b.left < 0 {
				return
			}
			p.object(p.be(body+k*p.ref, p.ref), place, depth+1, body+k*p.ref)
		}
	case dict:
		names := p.g.at(n, " names", false)
		for k := range size {
			if p.b.left < 0 {
				return
			}
			key := p.be(body+k*p.ref, p.ref)
			p.object(key, names, maxNested, body+k*p.ref)
			at := body + (size+k)*p.ref
			p.object(p.be(at, p.ref), p.g.at(n, "."+p.name(key), true), depth+1, at)
		}
	}
}

// name returns a string object.
func (p *bplist) name(i int64) string {
	off := p.be(p.table+i*p.width, p.width)
	marker := p.b.u8(off)
	if marker>>4 != 5 || marker&15 == 15 {
		return "?"
	}
	return string(p.b.bytes(off+1, int64(marker&15)))
}

func (p *bplist) string(off, chars int64, wide bool) (stored, bool) {
	n, enc := chars, text.UTF8
	if wide {
		n, enc = 2*chars, text.UTF16BE
	}
	raw := p.b.bytes(off, n)
	if raw == nil {
		return stored{}, false
	}
	d := decode(raw, off, enc, 0)
	return stored{text: d.text, extent: extent{off, off + n}, origin: d.origin}, true
}
