package recover

import (
	"strings"

	"github.com/censorscan/censorscan/scan/text"
)

// The chunks of Android's resource files. Each begins with its type, the size of its header and its whole size.
// Layout: frameworks/base/libs/androidfw/include/androidfw/ResourceTypes.h of AOSP.
const (
	chunkPool         = 0x0001
	chunkTable        = 0x0002
	chunkXML          = 0x0003
	chunkStartElement = 0x0102
	chunkEndElement   = 0x0103
	chunkCharacters   = 0x0104
	chunkPackage      = 0x0200
	chunkType         = 0x0201
	noEntry           = 0xFFFFFFFF
	valueString       = 3
)

// chunk is a part of a resource file.
type chunk struct {
	kind   uint16
	off    int64
	header int64
	end    int64
}

// eachChunk calls f with the chunks that lie in [off, end), as far as their sizes can be.
func (b *image) eachChunk(off, end int64, f func(chunk)) {
	for off+8 <= end && b.spend(8) {
		size := int64(b.u32(off + 4))
		if size < 8 {
			return
		}
		c := chunk{b.u16(off), off, int64(b.u16(off + 2)), min(off+size, end)}
		f(c)
		off += (size + 3) &^ 3
	}
}

// resPool is a pool of strings.
type resPool struct {
	b       *image
	doc     *document
	count   uint32
	offsets int64
	strings int64
	end     int64
	utf8    bool
}

func newResPool(b *image, c chunk) *resPool {
	p := &resPool{b: b, count: b.u32(c.off + 8), offsets: c.off + c.header, strings: c.off + int64(b.u32(c.off+20)), end: c.end}
	p.utf8 = b.u32(c.off+16)&(1<<8) != 0
	p.count = uint32(min(int64(p.count), max(c.end-p.offsets, 0)/4))
	p.doc = b.document("utf-16le")
	if p.utf8 {
		p.doc = b.document("utf-8")
	}
	return p
}

// span returns where a string lies.
func (p *resPool) span(i uint32) (begin, end int64) {
	if p == nil || i >= p.count {
		return 0, -1
	}
	off := p.strings + int64(p.b.u32(p.offsets+4*int64(i)))
	if off >= p.end {
		return 0, -1
	}
	length := func() int64 {
		if p.utf8 {
			n := int64(p.b.u8(off))
			off++
			if n&0x80 != 0 {
				n = n&0x7F<<8 | int64(p.b.u8(off))
				off++
			}
			return n
		}
		n := int64(p.b.u16(off))
		off += 2
		if n&0x8000 != 0 {
			n = n&0x7FFF<<16 | int64(p.b.u16(off))
			off += 2
		}
		return 2 * n
	}
	n := length()
	if p.utf8 {
		n = length() // the first is in UTF-16 units
	}
	if n > p.end-off {
		return 0, -1
	}
	return off, off + n
}

// get returns a string.
func (p *resPool) get(i uint32) (stored, bool) {
	begin, end := p.span(i)
	if end <= begin {
		return stored{}, false
	}
	raw := p.b.bytes(begin, end-begin)
	if raw == nil {
		return stored{}, false
	}
	s := stored{extent: extent{begin, end}}
	if p.utf8 {
		s.text, s.origin = modifiedUTF8(raw, begin)
	} else {
		d := decode(raw, begin, text.UTF16LE, 0)
		s.text, s.origin = d.text, d.origin
	}
	return s, true
}

func (p *resPool) name(i uint32) string {
	s, ok := p.get(i)
	if !ok {
		return "?"
	}
	return s.text
}

// survey finds the strings that tell of a list, and keeps those that could be one by themselves, and all that are not ASCII.
func (p *resPool) survey(c *catch, kind string) (told map[uint32]bool) {
	told = map[uint32]bool{}
	words := &structure{doc: p.doc, recipe: []string{kind + " string pool", approximate}, order: 4}
	for i := range p.count {
		begin, end := p.span(i)
		if end <= begin {
			continue
		}
		hit := p.b.hitIn(begin, end)
		if !hit && end-begin > holdLength*4 && end-begin < longString {
			continue
		}
		s, ok := p.get(i)
		if !ok {
			continue
		}
		if hit && p.b.tells(s.text) {
			told[i] = true
		}
		c.text(p.doc, s, kind+" string")
		if end-begin <= holdLength*4 && strings.IndexFunc(s.text, func(r rune) bool { return r >= 0x80 }) >= 0 {
			words.append(s.item(0))
		}
	}
	c.pools = append(c.pools, words)
	return told
}
