package unity

import (
	"bytes"
	"encoding/binary"
)

// cursor reads big-endian numbers and strings one after another. Once something is not there, short is set and all that follows is empty.
type cursor struct {
	rest  []byte
	short bool
}

func (c *cursor) take(n int) []byte {
	if c.short || n > len(c.rest) {
		c.short = true
		return nil
	}
	b := c.rest[:n]
	c.rest = c.rest[n:]
	return b
}

func (c *cursor) u16() uint16 {
	if b := c.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if b := c.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) i64() int64 {
	if b := c.take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

// text reads a string that a zero byte ends.
func (c *cursor) text() string {
	n := bytes.IndexByte(c.rest, 0)
	if n < 0 {
		c.short = true
		return ""
	}
	b := c.take(n + 1)
	if b == nil {
		return ""
	}
	return string(b[:n])
}
