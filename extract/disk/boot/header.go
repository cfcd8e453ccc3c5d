package boot

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/censorscan/censorscan/extract"
)

// Sizes of the headers in bytes, by version.
const (
	bootV0   = 1632
	bootV1   = 1648
	bootV2   = 1660
	bootV3   = 1580
	bootV4   = 1584
	vendorV3 = 2112
	vendorV4 = 2128

	largestHeader = vendorV4
	newPage       = 4096 // page size of boot images from version 3 on
	versionAt     = 40   // the same place in all versions of the boot header
	tableEntry    = 108  // of the vendor ramdisk table
)

// readBoot reads the header of a boot, init_boot or recovery image.
func (img *image) readBoot(h header) error {
	if err := h.need(bootV3); err != nil {
		return err
	}
	switch v := h.u32(versionAt); v {
	case 3, 4:
		return img.readNew(h, v)
	case 0, 1, 2:
		return img.readOld(h, v, 0)
	default:
		if v < 16 {
			return extract.Unsupported(versionAt, "boot image header of version %d", v)
		}
		return img.readOld(h, 0, v) // before versions, Qualcomm kept the size of a device tree table here
	}
}

// readOld reads versions 0 to 2; deviceTree is the size of Qualcomm's table, 0 if there is none.
func (img *image) readOld(h header, version, deviceTree int64) error {
	img.header = []int64{bootV0, bootV1, bootV2}[version]
	if err := h.need(img.header); err != nil {
		return err
	}
	page := h.u32(36)
	if err := pageSize(36, page); err != nil {
		return err
	}
	img.text = []extract.Extent{{Offset: 48, Size: 16 + 512}, {Offset: 608, Size: 1024}} // name and cmdline, extra_cmdline
	l := layout{img, page, page}
	l.add("kernel", h.u32(8))
	l.add("ramdisk", h.u32(16))
	l.add("second", h.u32(24))
	l.add("dt", deviceTree)
	if version >= 1 {
		size, at := h.u32(1632), h.u64(1636)
		e := l.add("", size)
		if at > 0 && at < math.MaxInt64-math.MaxUint32 { // the boot loader goes by what the header says
			e.Offset = int64(at)
		}
		if size > 0 {
			img.sections = append(img.sections, section{"recovery_dtbo", e})
		}
	}
	if version >= 2 {
		l.add("dtb", h.u32(1648))
	}
	return nil
}

// readNew reads versions 3 and 4.
func (img *image) readNew(h header, version int64) error {
	img.header = bootV3
	if version == 4 {
		img.header = bootV4
	}
	if err := h.need(img.header); err != nil {
		return err
	}
	img.text = []extract.Extent{{Offset: 44, Size: 1536}}
	l := layout{img, newPage, newPage}
	l.add("kernel", h.u32(8))
	l.add("ramdisk", h.u32(12))
	if version == 4 {
		img.claim("signature", l.add("", h.u32(1580)))
	}
	return nil
}

// readVendor reads the header of a vendor_boot image.
func (img *image) readVendor(h header) error {
	if err := h.need(vendorV3); err != nil {
		return err
	}
	version, page := h.u32(8), h.u32(12)
	switch version {
	case 3:
		img.header = vendorV3
	case 4:
		img.header = vendorV4
		if err := h.need(vendorV4); err != nil {
			return err
		}
	default:
		return extract.Unsupported(8, "vendor boot image header of version %d", version)
	}
	if err := pageSize(12, page); err != nil {
		return err
	}
	img.text = []extract.Extent{{Offset: 28, Size: 2048}, {Offset: 2080, Size: 16}} // cmdline, name
	l := layout{img, page, (img.header + page - 1) / page * page}
	if version == 3 {
		l.add("vendor_ramdisk", h.u32(24))
		l.add("dtb", h.u32(2100))
		return nil
	}
	ramdisks := l.add("", h.u32(24))
	fragments := len(img.sections)
	l.add("dtb", h.u32(2100))
	table := l.add("", h.u32(2112))
	l.add("bootconfig", h.u32(2124))
	img.claim("vendor ramdisk table", table)
	rest := append([]section(nil), img.sections[fragments:]...)
	img.sections = append(img.sections[:fragments], img.readTable(table, ramdisks, h.u32(2116), h.u32(2120))...)
	img.sections = append(img.sections, rest...)
	return nil
}

// readTable gives the fragments of the vendor ramdisk, or all of it when there is no sound table.
func (img *image) readTable(table, ramdisks extract.Extent, count, size int64) (out []section) {
	whole := []section{}
	if ramdisks.Size > 0 {
		whole = append(whole, section{"vendor_ramdisk", ramdisks})
	}
	if count == 0 {
		return whole
	}
	const most = 4096 // a vendor ramdisk has a handful
	if size < tableEntry || count > most || count*size > table.Size {
		img.note("vendor ramdisk table", extract.Damaged(table.Offset, "%d entries of %d bytes in %d bytes", count, size, table.Size))
		return whole
	}
	for i := range count {
		var b [tableEntry]byte
		at := table.Offset + i*size
		if n, err := img.src.ReadAt(b[:], at); n < len(b) {
			img.note("vendor ramdisk table", extract.Damaged(at, "entry %d: %w", i, err))
			return whole
		}
		h := header(b[:])
		e := extract.Extent{Offset: ramdisks.Offset + h.u32(4), Size: h.u32(0)}
		name := fmt.Sprintf("vendor_ramdisk%02d", i) // as unpack_bootimg does: the names in the table may be empty or alike
		if e.End() > ramdisks.End() {
			img.note(name, extract.Damaged(at, "bytes %d to %d lie outside of the vendor ramdisks, which end at %d", e.Offset, e.End(), ramdisks.End()))
			return whole
		}
		if e.Size > 0 {
			out = append(out, section{name, e})
		}
	}
	return append(out, gaps(out, ramdisks)...)
}

// gaps are the parts of the vendor ramdisks that no entry of the table names. They may be compressed, so they are members rather than slack.
func gaps(fragments []section, ramdisks extract.Extent) (out []section) {
	sorted := slices.SortedFunc(slices.Values(fragments), func(a, b section) int { return cmp.Compare(a.Offset, b.Offset) })
	at := ramdisks.Offset
	for _, s := range append(sorted, section{Extent: extract.Extent{Offset: ramdisks.End()}}) {
		if s.Offset > at {
			out = append(out, section{fmt.Sprintf("vendor_ramdisk at %d", at), extract.Extent{Offset: at, Size: s.Offset - at}})
		}
		at = max(at, s.End())
	}
	return out
}

// claim takes what lies in the image of a table or signature for structure.
func (img *image) claim(name string, e extract.Extent) {
	if e.Size == 0 {
		return
	}
	if in := img.cut(e); in.Size > 0 {
		img.structure = append(img.structure, in)
	}
	if e.End() > img.src.Size() {
		img.note(name, extract.Damaged(e.Offset, "%d bytes at %d, but the image ends at %d", e.Size, e.Offset, img.src.Size()))
	}
}

func (img *image) note(name string, u *extract.Unopened) {
	u.Name = name
	img.damage = append(img.damage, u)
}
