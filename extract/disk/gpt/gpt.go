// Package gpt reads partition tables of whole disks: GPT, and MBR with logical partitions.
package gpt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/censorscan/censorscan/extract"
)

const magic = "EFI PART"

// Format is disk images with a GUID partition table, of sectors of 512 and 4096 bytes.
func Format() extract.Format {
	return extract.Format{
		Name:    "gpt",
		Group:   "disk",
		Summary: "disk images with a GUID partition table (sectors of 512 and 4096 bytes, the backup too)",
		Spec:    "https://uefi.org/specs/UEFI/2.10/05_GUID_Partition_Table_Format.html",
		Detect:  detect,
		Trailer: magic,
		Open:    open,
	}
}

var le = binary.LittleEndian

// sectors are the sizes of a sector in bytes.
var sectors = []int64{512, 4096}

const (
	headerSize = 92
	entrySize  = 128
)

// detect looks for the header, or for the backup of one that is gone. Both may lie in an archive of such tables: so the first sector must be an MBR, or empty.
func detect(p *extract.Probe) bool {
	if mbr := p.At(0, mbrSize); len(mbr) < mbrSize || string(mbr[510:]) != "\x55\xaa" && len(bytes.TrimLeft(mbr, "\x00")) > 0 {
		return false
	}
	for _, s := range sectors {
		if p.Has(s, magic) {
			return true
		}
	}
	if head := p.At(0, 1024); len(head) < 1024 || head[mbrTable+4] != protective && len(bytes.TrimLeft(head, "\x00")) > 0 {
		return false // a file system or boot loader: what is at the end may be left from before
	}
	for _, s := range sectors {
		if bytes.HasPrefix(p.Tail(int(s)), []byte(magic)) {
			return true
		}
	}
	return false
}

// protective is the type of the partition by which an MBR stands for a GPT.
const protective = 0xee

// header is one copy of the table's header.
type header struct {
	sector      int64 // bytes
	at          int64 // of the header in the image
	size        int64 // bytes
	backup      uint64
	firstUsable uint64 // sector
	entries     uint64 // sector
	count, step int64  // of the entries: number, bytes
	sum         uint32 // of the entries
}

// readHeader reads the header at a sector.
func readHeader(src extract.Source, sector, at int64) (*header, error) {
	b := make([]byte, min(sector, max(0, src.Size()-at)))
	if n, err := src.ReadAt(b, at); n < len(b) {
		return nil, fmt.Errorf("header: %w", err)
	}
	if len(b) < headerSize || string(b[:8]) != magic {
		return nil, fmt.Errorf("no header")
	}
	h := &header{sector: sector, at: at, size: int64(le.Uint32(b[12:])), backup: le.Uint64(b[32:]), firstUsable: le.Uint64(b[40:]), entries: le.Uint64(b[72:]),
		count: int64(le.Uint32(b[80:])), step: int64(le.Uint32(b[84:])), sum: le.Uint32(b[88:])}
	if h.size < headerSize || h.size > int64(len(b)) {
		return nil, fmt.Errorf("a header of %d bytes", h.size)
	}
	want := le.Uint32(b[16:])
	clear(b[16:20])
	if got := crc32.ChecksumIEEE(b[:h.size]); got != want {
		return h, errHeaderSum
	}
	return h, nil
}

var (
	errHeaderSum  = errors.New("checksum of the header is wrong")
	errEntriesSum = errors.New("checksum of the entries is wrong")
)

// table is one copy of the partition table.
type table struct {
	*header
	rows []byte
	err  error // errHeaderSum or errEntriesSum: it can be read all the same
}

// extents gives where the copy lies.
func (t *table) extents() []extract.Extent {
	return []extract.Extent{{Offset: t.at, Size: t.size}, t.entriesAt()}
}

// entriesAt is where the entries lie.
func (h *header) entriesAt() extract.Extent {
	return extract.Extent{Offset: int64(h.entries) * h.sector, Size: h.count * h.step}
}

// readTable reads a copy of the table. With a checksum that is wrong the table is given together with the error.
func readTable(src extract.Source, sector, at int64, b *extract.Budget) (*table, error) {
	h, err := readHeader(src, sector, at)
	if h == nil {
		return nil, err
	}
	if h.step < entrySize || h.entries > uint64(src.Size()/sector) || h.count > (src.Size()-int64(h.entries)*sector)/h.step {
		return nil, fmt.Errorf("%d entries of %d bytes at sector %d, but the image ends at %d", h.count, h.step, h.entries, src.Size())
	}
	t := &table{header: h}
	e := h.entriesAt()
	if limit := b.Limits().Buffer; e.Size > limit/8 { // a partition takes more than its entry
		return nil, &extract.LimitError{Limit: "buffer", Value: limit, What: fmt.Sprintf("a partition table of %d bytes", e.Size)}
	}
	var readErr error
	if t.rows, readErr = b.ReadFull(src, e.Offset, e.Size); readErr != nil {
		return nil, readErr
	}
	if err == nil && crc32.ChecksumIEEE(t.rows) != h.sum {
		err = errEntriesSum
	}
	t.err = err
	return t, err
}

func open(_ context.Context, in *extract.Input) (extract.Container, error) {
	var primary *table
	err := error(nil)
	sector := int64(0)
	for _, s := range sectors { // the sector size is that of the first header which reads
		t, e := readTable(in.Source, s, s, in.Budget)
		if t != nil && (primary == nil || primary.err != nil && t.err == nil) {
			primary, sector, err = t, s, e
		} else if primary == nil && err == nil {
			err = e
		}
	}
	d := newDisk(in.Source)
	backup, backupErr := findBackup(in, primary, sector)
	switch {
	case primary == nil && backup == nil:
		return nil, fmt.Errorf("%w; the backup: %w", err, backupErr)
	case primary == nil:
		d.lost(extract.Extent{Offset: backup.sector, Size: headerSize}, fmt.Errorf("%w; the backup is used", err))
		primary, backup, backupErr = backup, nil, nil
	case err != nil && backup != nil && backup.err == nil: // the better one first
		primary, backup = backup, primary
		backupErr = err
	}
	d.addTable(primary, "")
	if primary.err != nil {
		d.lost(primary.entriesAt(), primary.err)
	}
	if backup != nil {
		d.addTable(backup, " (other table)")
	}
	if backupErr != nil {
		e := extract.Extent{Offset: max(0, in.Size()-primary.sector), Size: headerSize}
		if backup != nil {
			e = backup.entriesAt()
		}
		d.lost(e, fmt.Errorf("the other copy of the table: %w", backupErr))
	}
	d.claim(extract.Extent{Offset: mbrTable, Size: mbrSize - mbrTable})
	d.check()
	return d, nil
}

// findBackup looks for the backup where the primary header says, else at the end. One that was never written is no error.
func findBackup(in *extract.Input, primary *table, sector int64) (*table, error) {
	try := sectors
	if primary != nil {
		try = []int64{sector}
	}
	var first error
	for _, s := range try {
		at := in.Size()/s*s - s
		if primary != nil && primary.err != errHeaderSum {
			if primary.backup >= uint64(in.Size()/s) {
				return nil, nil // the image is cut: told by the partitions
			}
			at = int64(primary.backup) * s
		}
		if at <= s {
			continue
		}
		t, err := readTable(in.Source, s, at, in.Budget)
		if t != nil {
			return t, err
		}
		b := make([]byte, s)
		if n, _ := in.ReadAt(b, at); primary != nil && n > 0 && len(bytes.TrimLeft(b[:n], "\x00")) == 0 {
			return nil, nil
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = fmt.Errorf("no header")
	}
	return nil, first
}

// addTable adds the partitions of a copy that no copy before it has.
func (d *disk) addTable(t *table, suffix string) {
	for _, e := range t.extents() {
		d.claim(e)
	}
	if bare := int64(min(t.firstUsable, 1<<40))*t.sector + t.entriesAt().Size + 2*t.sector; d.src.Size() <= bare {
		return // tables alone, as flashing tools have them
	}
	var free [16]byte
	for i := range t.count {
		row := t.rows[i*t.step:][:entrySize]
		if bytes.Equal(row[:16], free[:]) {
			continue
		}
		name := utf16Name(row[56:128])
		if name == "" {
			name = fmt.Sprintf("partition %d", i+1)
		}
		first, last := le.Uint64(row[32:]), le.Uint64(row[40:])
		d.add(name, suffix, first, last+1, t.sector)
	}
}
