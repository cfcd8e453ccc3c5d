package recover

import (
	"strings"

	"github.com/censorscan/censorscan/scan/text"
)

// isDotNet tells a PE file with the header of the Common Language Infrastructure.
// Layout: ECMA-335, II.24 and II.25.
func isDotNet(b *image) bool {
	if !b.has(0, "MZ") {
		return false
	}
	n := &dotNet{b: b}
	return n.open()
}

// findDotNet takes the literals that methods load one after another, and the heap of all literals, whose order is that of their first use.
func findDotNet(b *image, c *catch) {
	n := &dotNet{b: b, doc: b.document(text.UTF16LE.String())}
	if !n.open() || n.heap.end == 0 {
		return
	}
	all := &structure{doc: n.doc, recipe: []string{".net user strings"}, order: 2}
	told := map[int64]bool{}
	for off := n.heap.begin + 1; off < n.heap.end; {
		s, next := n.literal(off)
		if next <= off {
			break
		}
		if s.text != "" {
			if b.hitIn(s.begin, s.end) && b.tells(s.text) {
				told[off-n.heap.begin] = true
			}
			c.text(n.doc, s, ".net user string")
			all.append(s.item(0))
		}
		off = next
	}
	if len(told) > 1 {
		n.loads(c, told)
		c.pools = append(c.pools, all)
	}
}

type dotNet struct {
	b        *image
	doc      *document
	sections []segment // addr is relative to the image
	heap     extent    // of user strings
}

func (n *dotNet) file(rva int64) int64 {
	for _, s := range n.sections {
		if d := rva - s.addr; d >= 0 && d < s.size {
			return s.off + d
		}
	}
	return -1
}

// open finds the heap of user strings.
func (n *dotNet) open() bool {
	b := n.b
	pe := int64(b.u32(0x3C))
	if !b.has(pe, "PE\x00\x00") {
		return false
	}
	count, optional := b.u16(pe+6), int64(b.u16(pe+20))
	directories := pe + 24 + 96
	if b.u16(pe+24) == 0x20B { // PE32+
		directories += 16
	}
	at := pe + 24 + optional
	for range min(count, maxSegments) {
		n.sections = append(n.sections, segment{off: int64(b.u32(at + 20)), addr: int64(b.u32(at + 12)), size: int64(b.u32(at + 16))})
		at += 40
	}
	const cli = 14
	header := n.file(int64(b.u32(directories + 8*cli)))
	if header < 0 || b.u32(directories+8*cli) == 0 {
		return false
	}
	root := n.file(int64(b.u32(header + 8)))
	if !b.has(root, "BSJB") {
		return false
	}
	stream := root + 16 + int64(b.u32(root+12))
	streams := b.u16(stream + 2)
	stream += 4
	for range min(streams, 32) {
		name, _, _ := strings.Cut(string(b.upTo(stream+8, 32)), "\x00")
		if name == "#US" {
			n.heap.begin = root + int64(b.u32(stream))
			n.heap.end = min(n.heap.begin+int64(b.u32(stream+4)), b.size)
		}
		stream += 8 + int64(len(name)+4)&^3
	}
	return true
}

// literal returns the string at an offset and the offset of the next one, -1 when there is none.
func (n *dotNet) literal(off int64) (stored, int64) {
	c := int64(n.b.u8(off))
	size, body := c, off+1
	switch {
	case c&0xC0 == 0x80:
		size, body = c&0x3F<<8|int64(n.b.u8(off+1)), off+2
	case c&0xE0 == 0xC0:
		size, body = c&0x1F<<24|int64(n.b.u8(off+1))<<16|int64(n.b.u8(off+2))<<8|int64(n.b.u8(off+3)), off+4
	}
	if body+size > n.heap.end {
		return stored{}, -1
	}
	if size < 2 {
		return stored{}, body + size
	}
	raw := n.b.bytes(body, size-1)
	if raw == nil {
		return stored{}, -1
	}
	d := decode(raw, body, text.UTF16LE, 0)
	return stored{text: d.text, extent: extent{body, body + size - 1}, origin: d.origin}, body + size
}

const (
	loadString      = 0x72 // ldstr, followed by a token of four bytes
	maxBetweenLoads = 40
)

func (n *dotNet) run(order int) *structure {
	return &structure{doc: n.doc, recipe: []string{".net strings loaded one after another"}, order: order}
}

// usedBy returns the instruction behind a load, with the method when it is a call.
func usedBy(code []byte) string {
	const call, callVirtual = 0x28, 0x6F
	if len(code) >= 5 && (code[0] == call || code[0] == callVirtual) {
		return string(code[:5])
	}
	return string(code[:min(len(code), 1)])
}

// loads takes the literals of load instructions that follow each other closely.
func (n *dotNet) loads(c *catch, told map[int64]bool) {
	var whole *structure
	tells := 0
	last, use := int64(0), ""
	flush := func() {
		if tells > 1 && len(whole.parts) > 1 {
			c.lists = append(c.lists, whole)
		}
		if tells > 1 {
			c.lists = append(c.lists, whole.parts...)
		}
		whole, tells, use = n.run(1), 0, ""
	}
	flush()
	for _, s := range n.sections {
		end := min(s.off+s.size, n.b.size)
		for off := s.off; off < end; off += pageSize {
			p := n.b.upTo(off, min(pageSize+10, end-off))
			for i := 0; i+5 <= len(p) && i < pageSize; i++ {
				if p[i] != loadString || p[i+4] != 0x70 {
					continue
				}
				token := int64(p[i+1]) | int64(p[i+2])<<8 | int64(p[i+3])<<16
				at := off + int64(i)
				if at >= n.heap.begin && at < n.heap.end || token == 0 {
					continue
				}
				lit, next := n.literal(n.heap.begin + token)
				if next < 0 {
					continue
				}
				if at-last > maxBetweenLoads {
					flush()
				}
				if next := usedBy(p[i+5:]); next != use || len(whole.parts) == 0 {
					whole.parts = append(whole.parts, n.run(0))
					use = next
				}
				last = at
				if told[token] {
					tells++
				}
				whole.append(lit.item(at))
				whole.parts[len(whole.parts)-1].append(lit.item(at))
			}
		}
	}
	flush()
}
