// Package avb reads what Android Verified Boot adds to an image: a footer in its last bytes, which tells where the image itself ends and where its hash
// tree, error correction and signed metadata lie, and vbmeta images, which are such metadata alone.
package avb

import (
	"context"
	"encoding/binary"
	"iter"

	"github.com/censorscan/censorscan/extract"
)

const (
	footerMagic = "AVBf"
	vbmetaMagic = "AVB0"

	footerSize = 64
	headerSize = 256
	version    = 1       // major version of footer and metadata that libavb accepts
	mostMeta   = 1 << 20 // bytes of metadata; boot loaders take 64 KiB
)

// Format is images with an AVB footer and vbmeta images.
func Format() extract.Format {
	return extract.Format{
		Name:    "avb",
		Group:   "disk",
		Summary: "images with an Android Verified Boot footer (hash tree, FEC) and vbmeta images",
		Spec:    "AOSP external/avb libavb/avb_footer.h, avb_vbmeta_image.h, avb_*_descriptor.h",
		Trailer: footerMagic,
		Detect:  detect,
		Open:    open,
	}
}

func detect(p *extract.Probe) bool {
	if isMagic(p.At(0, 8), vbmetaMagic) {
		return true
	}
	// not Tail, which would decode 66 KiB of every file for the sake of eight bytes
	return p.Size() > footerSize && isMagic(p.At(p.Size()-footerSize, 8), footerMagic)
}

// isMagic tells whether b is a magic and a version that we know.
func isMagic(b []byte, magic string) bool {
	return len(b) == 8 && string(b[:4]) == magic && binary.BigEndian.Uint32(b[4:]) == version
}

// image is an opened image or the metadata of one.
type image struct {
	in        *extract.Input
	content   int64 // bytes of the image without what AVB adds; 0 for metadata alone
	structure []extract.Extent
	damage    []*extract.Unopened
	hashes    []hashDescriptor // that speak of the content
	trees     []treeDescriptor // likewise, with a tree in its place
}

func open(_ context.Context, in *extract.Input) (extract.Container, error) {
	img := &image{in: in}
	size := in.Size()
	if size > footerSize {
		f, err := in.Budget.ReadFull(in, size-footerSize, footerSize)
		if err != nil {
			return nil, err
		}
		if isMagic(f[:8], footerMagic) {
			if err := img.readFooter(f); err != nil {
				return nil, err
			}
			return img, nil
		}
	}
	head := make([]byte, min(size, 8))
	if n, err := in.ReadAt(head, 0); n < len(head) {
		return nil, extract.Damaged(0, "vbmeta header: %w", err)
	}
	if !isMagic(head, vbmetaMagic) {
		return nil, extract.ErrNotThis
	}
	if err := img.readMeta(extract.Extent{Size: size}); err != nil {
		return nil, err
	}
	return img, nil
}

// readFooter reads a footer. One that points to no metadata is none: it may be the end of an image that is wrapped in another way, such as the last
// chunk of a sparse image. Whatever else is wrong, the image itself is there to be opened.
func (img *image) readFooter(f []byte) error {
	at := img.in.Size() - footerSize
	end := uint64(at)
	original, offset, size := binary.BigEndian.Uint64(f[12:]), binary.BigEndian.Uint64(f[20:]), binary.BigEndian.Uint64(f[28:])
	var head [8]byte
	if offset > end || size > end-offset {
		return extract.ErrNotThis
	}
	if n, _ := img.in.ReadAt(head[:], int64(offset)); n < len(head) || !isMagic(head[:], vbmetaMagic) {
		return extract.ErrNotThis
	}
	img.structure = append(img.structure, extract.Extent{Offset: at, Size: 36}) // the rest is reserved
	img.content = int64(min(original, offset))
	if original > offset {
		img.damage = append(img.damage, extract.Damaged(at+12, "AVB footer: an image of %d bytes before metadata at %d", original, offset))
	}
	if err := img.readMeta(extract.Extent{Offset: int64(offset), Size: int64(size)}); err != nil {
		img.damage = append(img.damage, extract.AsUnopened(err))
	}
	return nil
}

// Members yields the image without what AVB adds.
func (img *image) Members(ctx context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		if img.content > 0 {
			e := extract.Extent{Size: img.content}
			m := &extract.Member{Name: img.in.Name, Size: e.Size, Extents: []extract.Extent{e}}
			m.Open = func(context.Context) (extract.Source, error) { return extract.Section(img.in, e), nil }
			if !yield(m, nil) {
				return
			}
		}
		for _, u := range img.damage {
			if !yield(nil, u) {
				return
			}
		}
		if img.in.CheckHashes {
			for u := range img.verify(ctx) {
				if !yield(nil, u) {
					return
				}
			}
		}
	}
}

// Structure is the footer, the parts of the metadata that hold no text, the hash tree and the error correction.
func (img *image) Structure() []extract.Extent { return img.structure }

// Close implements extract.Container.
func (img *image) Close() error { return nil }
