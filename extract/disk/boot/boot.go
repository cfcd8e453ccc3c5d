// Package boot reads Android's boot images: what the boot loader needs, one section after another on page boundaries.
package boot

import (
	"bytes"
	"context"
	"encoding/binary"
	"iter"

	"github.com/censorscan/censorscan/extract"
)

const (
	bootMagic   = "ANDROID!"
	vendorMagic = "VNDRBOOT"
)

// Format is boot, init_boot and recovery images of header versions 0 to 4 and vendor_boot images of versions 3 and 4.
func Format() extract.Format {
	return extract.Format{
		Name:    "boot",
		Group:   "disk",
		Summary: "Android boot, init_boot, recovery (v0 to v4) and vendor_boot (v3, v4) images",
		Spec:    "AOSP system/tools/mkbootimg include/bootimg/bootimg.h",
		Detect:  detect,
		Open:    open,
	}
}

func detect(p *extract.Probe) bool { return p.Has(0, bootMagic) || p.Has(0, vendorMagic) }

// image is an opened boot image.
type image struct {
	src       extract.Source
	header    int64            // bytes
	text      []extract.Extent // of the header: command line and name, left to be searched
	sections  []section
	structure []extract.Extent // besides the header
	damage    []*extract.Unopened
}

// section is a run of the image as the header tells of it.
type section struct {
	name string
	extract.Extent
}

func open(_ context.Context, in *extract.Input) (extract.Container, error) {
	h := make([]byte, min(in.Size(), largestHeader))
	if n, err := in.ReadAt(h, 0); n < len(h) {
		return nil, extract.Damaged(int64(n), "boot image header: %w", err)
	}
	img := &image{src: in.Source}
	var err error
	if bytes.HasPrefix(h, []byte(vendorMagic)) {
		err = img.readVendor(header(h))
	} else {
		err = img.readBoot(header(h))
	}
	if err != nil {
		return nil, err
	}
	return img, nil
}

// header is the raw header; its numbers are little endian.
type header []byte

func (h header) u32(off int64) int64  { return int64(binary.LittleEndian.Uint32(h[off:])) }
func (h header) u64(off int64) uint64 { return binary.LittleEndian.Uint64(h[off:]) }

// need fails unless the header holds size bytes.
func (h header) need(size int64) error {
	if int64(len(h)) < size {
		return extract.Damaged(0, "boot image header of %d bytes, %d wanted", len(h), size)
	}
	return nil
}

// layout places sections one after another, each on a page boundary.
type layout struct {
	img  *image
	page int64 // bytes
	next int64 // where the next section begins
}

// add places a section of size bytes; without a name it is only passed over.
func (l *layout) add(name string, size int64) extract.Extent {
	e := extract.Extent{Offset: l.next, Size: size}
	l.next += (size + l.page - 1) / l.page * l.page
	if name != "" && size > 0 {
		l.img.sections = append(l.img.sections, section{name, e})
	}
	return e
}

// pageSize checks a page size that a header names.
func pageSize(at, size int64) error {
	const smallest, largest = 2048, 1 << 20
	if size < smallest || size > largest || size&(size-1) != 0 {
		return extract.Damaged(at, "page size %d is no power of two from %d to %d", size, smallest, largest)
	}
	return nil
}

// cut is the part of an extent that lies in the image.
func (img *image) cut(e extract.Extent) extract.Extent {
	size := img.src.Size()
	if e.Offset >= size {
		return extract.Extent{Offset: size}
	}
	e.Size = min(e.Size, size-e.Offset)
	return e
}

// Members yields the sections in their order. One that the image cuts off is yielded as far as it goes, with the damage.
func (img *image) Members(ctx context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		for _, s := range img.sections {
			e := img.skipMTK(img.cut(s.Extent))
			if e.Size > 0 {
				m := &extract.Member{Name: s.name, Size: e.Size, Extents: []extract.Extent{e}}
				m.Open = func(context.Context) (extract.Source, error) { return extract.Section(img.src, e), nil }
				if !yield(m, nil) {
					return
				}
			}
			if s.End() > img.src.Size() {
				u := extract.Damaged(s.Offset, "%d bytes at %d, but the image ends at %d", s.Size, s.Offset, img.src.Size())
				u.Name = s.name
				if !yield(nil, u) {
					return
				}
			}
		}
		for _, u := range img.damage {
			if !yield(nil, u) {
				return
			}
		}
	}
}

// MediaTek's boot loaders put a header of one sector before the kernel and the ramdisk (public source: U-Boot tools/mtk_image.h, struct
// lk_hdr): magic, size of what follows, name.
const (
	mtkMagic  = 0x58881688
	mtkHeader = 512
)

// skipMTK leaves MediaTek's header out of a section and claims it as structure.
func (img *image) skipMTK(e extract.Extent) extract.Extent {
	var b [8]byte
	if e.Size <= mtkHeader {
		return e
	}
	if n, _ := img.src.ReadAt(b[:], e.Offset); n < len(b) || binary.LittleEndian.Uint32(b[:]) != mtkMagic ||
		int64(binary.LittleEndian.Uint32(b[4:])) > e.Size-mtkHeader {
		return e
	}
	img.structure = append(img.structure, extract.Extent{Offset: e.Offset, Size: mtkHeader})
	return extract.Extent{Offset: e.Offset + mtkHeader, Size: e.Size - mtkHeader}
}

// Structure is the header without its texts, the ramdisk table and the signature. Padding is left out: it is zeros, and searched if not.
func (img *image) Structure() []extract.Extent {
	var s []extract.Extent
	at := int64(0)
	for _, t := range append(img.text[:len(img.text):len(img.text)], extract.Extent{Offset: img.header}) {
		if t.Offset > at {
			s = append(s, extract.Extent{Offset: at, Size: t.Offset - at})
		}
		at = t.End()
	}
	return append(s, img.structure...)
}

// Close implements extract.Container.
func (img *image) Close() error { return nil }
