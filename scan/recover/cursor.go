package recover

import "github.com/censorscan/censorscan/scan/text"

// cursor reads an image from its beginning to its end. After a failure it reads zeros.
type cursor struct {
	b      *image
	off    int64
	failed bool
}

func (c *cursor) take(n int64) []byte {
	if c.failed {
		return nil
	}
	p := c.b.bytes(c.off, n)
	if p == nil && n != 0 {
		c.failed = true
	}
	c.off += n
	return p
}

func (c *cursor) skip(n int64) {
	if n < 0 || c.off > c.b.size-n || !c.b.spend(1) {
		c.failed = true
		return
	}
	c.off += n
}

func (c *cursor) u8() uint8 {
	if p := c.take(1); p != nil {
		return p[0]
	}
	return 0
}

// number reads a number of a width in bytes, low byte first.
func (c *cursor) number(width int64) (v int64) {
	for i, x := range c.take(width) {
		v |= int64(x) << (8 * i)
	}
	return v
}

func (c *cursor) uleb() int64 {
	v, next := c.b.uleb128(c.off)
	if c.failed || next < 0 || v > maxCount {
		c.failed = true
		return 0
	}
	c.off = next
	return int64(v)
}

// maxCount is more than any table of these files holds.
const maxCount = 1 << 31

// string reads n bytes as text: UTF-8, or what bytes that are not valid in it are in GB18030.
func (c *cursor) string(n int64) stored {
	off := c.off
	raw := c.take(n)
	if len(raw) == 0 {
		return stored{extent: extent{off, off}}
	}
	s := stored{extent: extent{off, off + n}}
	s.text, s.origin = modifiedUTF8(raw, off)
	return s
}

// charset returns the encoding in which most of the strings are valid: programs hold them as bytes. Those of GB18030 are read again.
func (b *image) charset(all []stored) *document {
	invalid, gb := 0, 0
	for _, s := range all {
		if s.origin == nil {
			continue
		}
		invalid++
		if clean(b.bytes(s.begin, s.end-s.begin), text.GB18030) {
			gb++
		}
	}
	if gb == 0 || gb*2 < invalid {
		return b.document(text.UTF8.String())
	}
	for i, s := range all {
		if raw := b.bytes(s.begin, s.end-s.begin); len(raw) > 0 {
			d := decode(raw, s.begin, text.GB18030, 0)
			all[i].text, all[i].origin = d.text, d.origin
		}
	}
	return b.document(text.GB18030.String())
}
