package gpt

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/censorscan/censorscan/extract"
)

// MBR is disk images with a partition table in the first sector. Boot sectors of file systems end with the same two bytes, so the table has to be sane.
func MBR() extract.Format {
	return extract.Format{
		Name:    "mbr",
		Group:   "disk",
		Summary: "disk images with an MBR, logical partitions included",
		Spec:    "Linux block/partitions/msdos.c",
		Detect: func(p *extract.Probe) bool {
			size := p.Size()
			if size < 0 {
				size = 1 << 50 // not known yet: Open looks again
			}
			_, ok := parseMBR(p.At(0, mbrSize), size)
			return ok
		},
		Open: openMBR,
	}
}

const (
	mbrSize     = 512
	mbrTable    = 446
	mbrEntries  = 4
	mbrEntry    = 16
	mostLogical = 256
)

// entry is a partition as an MBR tells of it, in sectors of 512 bytes.
type entry struct {
	number      int
	kind        byte
	first, size uint64
}

func (e entry) end() uint64    { return e.first + e.size }
func (e entry) extended() bool { return e.kind == 0x05 || e.kind == 0x0f || e.kind == 0x85 }

// knownKinds are types of partitions that disks of phones and computers have: FAT, NTFS, extended, Linux, EFI, and Qualcomm's boot chain.
var knownKinds = []byte{0x01, 0x04, 0x05, 0x06, 0x07, 0x0b, 0x0c, 0x0e, 0x0f, 0x82, 0x83, 0x85, 0x8e, 0xef, 0x4d, 0x51, 0x45, 0x47, 0x46, 0x4c, 0x48}

// parseMBR reads the table of a disk of size bytes and reports whether it is sane: known states, partitions that lie inside and do not overlap, at
// least one of a known kind.
func parseMBR(b []byte, size int64) (out []entry, ok bool) {
	if len(b) < mbrSize || b[510] != 0x55 || b[511] != 0xaa {
		return nil, false
	}
	known := false
	for i := range mbrEntries {
		row := b[mbrTable+i*mbrEntry:][:mbrEntry]
		if row[0] != 0 && row[0] != 0x80 {
			return nil, false
		}
		e := entry{i + 1, row[4], uint64(le.Uint32(row[8:])), uint64(le.Uint32(row[12:]))}
		if e.kind == 0 {
			if len(bytes.TrimLeft(row, "\x00")) > 0 {
				return nil, false
			}
			continue
		}
		if e.first == 0 || e.size == 0 || e.end() > uint64(size)/mbrSize {
			return nil, false
		}
		for _, o := range out {
			if e.first < o.end() && o.first < e.end() {
				return nil, false
			}
		}
		known = known || slices.Contains(knownKinds, e.kind)
		out = append(out, e)
	}
	return out, known
}

func openMBR(_ context.Context, in *extract.Input) (extract.Container, error) {
	b := make([]byte, mbrSize)
	if n, err := in.ReadAt(b, 0); n < len(b) {
		return nil, fmt.Errorf("first sector: %w", err)
	}
	entries, ok := parseMBR(b, in.Size())
	if !ok {
		return nil, extract.ErrNotThis
	}
	d := newDisk(in.Source)
	d.claim(extract.Extent{Offset: mbrTable, Size: mbrSize - mbrTable})
	for _, e := range entries {
		if e.extended() {
			d.logical(e)
			continue
		}
		d.add(fmt.Sprintf("partition %d", e.number), "", e.first, e.end(), mbrSize)
	}
	d.check()
	return d, nil
}

// logical follows the chain of tables in an extended partition.
func (d *disk) logical(ext entry) {
	b := make([]byte, mbrSize)
	seen := map[uint64]bool{}
	number := 5
	for at := ext.first; ; {
		off := int64(at) * mbrSize
		if seen[at] || len(seen) == mostLogical {
			d.note("extended partition", off, "the chain of tables does not end: %d were read", len(seen))
			return
		}
		seen[at] = true
		if n, err := d.src.ReadAt(b, off); n < len(b) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			d.note("extended partition", off, "table: %w", err)
			return
		}
		if b[510] != 0x55 || b[511] != 0xaa {
			d.note("extended partition", off, "no table")
			return
		}
		d.claim(extract.Extent{Offset: off + mbrTable, Size: mbrSize - mbrTable})
		next := uint64(0)
		for i := range mbrEntries {
			row := b[mbrTable+i*mbrEntry:][:mbrEntry]
			e := entry{number, row[4], uint64(le.Uint32(row[8:])), uint64(le.Uint32(row[12:]))}
			switch {
			case e.kind == 0 || e.size == 0:
			case e.extended():
				if next = ext.first + e.first; next >= ext.end() {
					d.note("extended partition", off, "the next table is said to be at sector %d, outside", next)
					return
				}
			default:
				d.add(fmt.Sprintf("partition %d", number), "", at+e.first, at+e.end(), mbrSize)
				number++
			}
		}
		if next == 0 {
			return
		}
		at = next
	}
}
