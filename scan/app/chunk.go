package app

import (
	"encoding/binary"
	"unicode/utf16"
)

// The chunks of compiled resources that matter here.
// Layout: AOSP frameworks/base/libs/androidfw/include/androidfw/ResourceTypes.h
const (
	chunkPool         = 0x0001
	chunkTable        = 0x0002
	chunkXML          = 0x0003
	chunkResourceMap  = 0x0180
	chunkStartElement = 0x0102
	chunkPackage      = 0x0200
	chunkType         = 0x0201
)

// The types of a value.
const (
	valueReference = 0x01
	valueString    = 0x03
	valueIntFirst  = 0x10
	valueIntLast   = 0x1f
)

// data reads little-endian numbers; what lies outside is 0.
type data []byte

func (d data) u8(at int) uint8 {
	if at < 0 || at >= len(d) {
		return 0
	}
	return d[at]
}

func (d data) u16(at int) uint16 {
	if at < 0 || at > len(d)-2 {
		return 0
	}
	return binary.LittleEndian.Uint16(d[at:])
}

func (d data) u32(at int) uint32 {
	if at < 0 || at > len(d)-4 {
		return 0
	}
	return binary.LittleEndian.Uint32(d[at:])
}

// chunk is a part of a compiled resource: data begins with its header.
type chunk struct {
	kind   uint16
	header int // bytes
	data   data
}

// chunks splits data into chunks, as far as their sizes make sense.
func chunks(d data) []chunk {
	var out []chunk
	for len(d) >= 8 {
		c := chunk{d.u16(0), int(d.u16(2)), d}
		size := int64(d.u32(4))
		if c.header < 8 || size < int64(c.header) || size > int64(len(d)) {
			break
		}
		c.data = d[:size]
		out = append(out, c)
		d = d[size:]
	}
	return out
}

// maxString bounds a string of a pool in characters.
const maxString = 32 << 10

// pool is the strings of a compiled resource.
type pool struct {
	d     data
	count int
	start int
	utf8  bool
}

func newPool(c chunk) pool {
	const flagUTF8 = 1 << 8
	return pool{c.data, int(min(c.data.u32(8), 1<<22)), int(min(c.data.u32(20), 1<<30)), c.data.u32(16)&flagUTF8 != 0}
}

// get returns a string, "" if there is none.
func (p pool) get(i uint32) string {
	if int64(i) >= int64(p.count) {
		return ""
	}
	at := p.start + int(p.d.u32(28+4*int(i)))
	if at < 0 || at >= len(p.d) {
		return ""
	}
	if p.utf8 {
		_, at = p.length8(at) // characters, then bytes
		n, at := p.length8(at)
		if n > 4*maxString || at+n > len(p.d) {
			return ""
		}
		return string(p.d[at:][:n])
	}
	n := int(p.d.u16(at))
	at += 2
	if n&0x8000 != 0 {
		n = n&0x7fff<<16 | int(p.d.u16(at))
		at += 2
	}
	if n > maxString || at+2*n > len(p.d) {
		return ""
	}
	units := make([]uint16, n)
	for i := range units {
		units[i] = p.d.u16(at + 2*i)
	}
	return string(utf16.Decode(units))
}

func (p pool) length8(at int) (n, next int) {
	n = int(p.d.u8(at))
	if n&0x80 != 0 {
		return n&0x7f<<8 | int(p.d.u8(at+1)), at + 2
	}
	return n, at + 1
}
