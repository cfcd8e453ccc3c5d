package super

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/censorscan/censorscan/extract"
)

const (
	reserved      = 4096 // bytes before the geometry
	geometryBlock = 4096
	geometryMagic = "gDla"
	geometrySize  = 52
	headerMagic   = "0PLA"
	headerSize    = 128 // to version 10.1
	major         = 10
	newestMinor   = 2
	sector        = 512
)

var le = binary.LittleEndian

// geometry says how the metadata lies.
type geometry struct {
	size  int64 // bytes of the metadata of one slot, at most
	slots int64
}

// parseGeometry reads a geometry from its bytes.
func parseGeometry(b []byte) (geometry, error) {
	if len(b) < geometrySize || string(b[:4]) != geometryMagic {
		return geometry{}, fmt.Errorf("no geometry")
	}
	if n := le.Uint32(b[4:]); n != geometrySize {
		return geometry{}, fmt.Errorf("geometry of %d bytes, %d wanted", n, geometrySize)
	}
	if !summed(b[:geometrySize], 8, b[8:40]) {
		return geometry{}, fmt.Errorf("checksum of the geometry is wrong")
	}
	g := geometry{int64(le.Uint32(b[40:])), int64(le.Uint32(b[44:]))}
	if g.size < headerSize || g.size%sector != 0 || g.slots == 0 {
		return g, fmt.Errorf("geometry of %d slots with %d bytes", g.slots, g.size)
	}
	return g, nil
}

// summed tells whether the SHA-256 of b, with zeros where it stands itself, is sum.
func summed(b []byte, at int, sum []byte) bool {
	c := bytes.Clone(b)
	clear(c[at:][:sha256.Size])
	got := sha256.Sum256(c)
	return bytes.Equal(got[:], sum)
}

// readGeometry reads the geometry or its backup. It gives the offset of the first slot.
func (c *container) readGeometry() (g geometry, first int64, err error) {
	read := func(off int64) (geometry, error) {
		b := make([]byte, geometrySize)
		n, err := c.src.ReadAt(b, off)
		if n < len(b) {
			return geometry{}, fmt.Errorf("geometry: %w", err)
		}
		return parseGeometry(b)
	}
	if g, err = read(0); err == nil {
		c.bare = true
		c.structure = append(c.structure, extract.Extent{Size: geometrySize})
		return g, geometryBlock, nil
	}
	const primary, backup, slots = reserved, reserved + geometryBlock, reserved + 2*geometryBlock
	g, err = read(primary)
	second, err2 := read(backup)
	if err != nil && err2 != nil {
		return g, 0, extract.Damaged(primary, "%w; the backup: %w", err, err2)
	}
	for i, err := range []error{err, err2} {
		e := extract.Extent{Offset: primary + int64(i)*geometryBlock, Size: geometrySize}
		if err == nil {
			c.structure = append(c.structure, e)
			continue
		}
		c.lost(e, err)
	}
	if err != nil {
		g = second
	} else if err2 == nil && g != second {
		c.notes = append(c.notes, extract.Damaged(backup, "the backup of the geometry tells of %d slots with %d bytes, it itself of %d with %d", second.slots, second.size, g.slots, g.size))
	}
	return g, slots, nil
}

// lost records a copy of a table that cannot be read; the other one is used.
func (c *container) lost(e extract.Extent, err error) {
	u := *extract.AsUnopened(err)
	u.Extent = extract.Extent{Offset: min(e.Offset, c.src.Size())}
	u.Extent.Size = min(e.Size, c.src.Size()-u.Extent.Offset)
	c.notes = append(c.notes, &u)
}

// mostSlots is how many slots are looked at: there are two or three.
const mostSlots = 16

// readTables reads the metadata of every slot, first the primary copies.
func (c *container) readTables(g geometry, first int64, b *extract.Budget) error {
	copies := int64(2)
	if c.bare {
		copies, g.slots = 1, 1
	}
	if g.slots > mostSlots {
		c.notes = append(c.notes, extract.Damaged(reserved, "%d slots, the first %d are read", g.slots, mostSlots))
	}
	var cause error
	room := b.Limits().Buffer / 4 // for all copies together, which have some kilobytes each
	for backup := range copies {
		for slot := range min(g.slots, mostSlots) {
			off := first + (backup*g.slots+slot)*g.size
			label := fmt.Sprintf("slot %d", slot)
			if backup == 1 {
				label = "backup of " + label
			}
			t, err := readTable(c.src, off, g.size, b)
			if err == nil && t.at.Size > room {
				err = &extract.LimitError{Limit: "buffer", Value: b.Limits().Buffer, What: "tables of the partitions"}
			}
			switch {
			case err == errEmpty && slot > 0:
			case err == nil:
				room -= t.at.Size
				t.label = label
				c.tables = append(c.tables, t)
				c.structure = append(c.structure, t.at)
			default:
				if cause == nil {
					cause = err
				}
				c.lost(extract.Extent{Offset: off, Size: g.size}, fmt.Errorf("metadata, %s: %w", label, err))
			}
		}
	}
	if len(c.tables) == 0 {
		return fmt.Errorf("no metadata can be read: %w", cause)
	}
	return nil
}
