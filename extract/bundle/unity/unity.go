// Package unity reads Unity's asset bundles: files (serialised assets and their resources) behind a table of blocks, each stored or compressed on its own.
package unity

import (
	"context"

	"github.com/censorscan/censorscan/extract"
)

const (
	magicFS      = "UnityFS\x00"
	magicWeb     = "UnityWeb\x00"
	magicRaw     = "UnityRaw\x00"
	magicArchive = "UnityArchive\x00"
)

// Versions of the layout that begin with these numbers.
const (
	firstFS, lastFS = 6, 8
	firstPadded     = 7 // the header ends at a multiple of 16
)

// Format is the asset bundles of Unity 2 to 6: UnityFS (format 6 to 8) and its forerunners UnityRaw and UnityWeb (format 1 to 5).
func Format() extract.Format {
	return extract.Format{
		Name:    "unity",
		Group:   "bundle",
		Summary: "Unity asset bundles: UnityFS (stored, lzma, lz4), UnityRaw, UnityWeb",
		Spec:    "https://github.com/K0lb3/UnityPy UnityPy/files/BundleFile.py",
		Detect:  detect,
		Open:    open,
	}
}

func detect(p *extract.Probe) bool {
	return p.Has(0, magicFS) || p.Has(0, magicWeb) || p.Has(0, magicRaw) || p.Has(0, magicArchive)
}

func open(ctx context.Context, in *extract.Input) (extract.Container, error) {
	b := newBundle(ctx, in)
	h, rest, err := readHeader(in)
	switch {
	case err != nil:
		return nil, err
	case h.magic == magicArchive:
		return nil, extract.Unsupported(0, "a Unity bundle of the kind UnityArchive")
	case h.version > lastFS || h.version == 0 || h.magic == magicFS && h.version < firstFS:
		return nil, extract.Unsupported(int64(len(h.magic)), "a Unity bundle of format %d", h.version)
	case h.version >= firstFS:
		err = b.openFS(h, rest)
	default:
		err = b.openLegacy(h, rest)
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

// header is what all bundles begin with.
type header struct {
	magic   string
	version uint32
	end     int64 // offset of what follows: the fields of the layout
}

// longestHeader is how much of a bundle is read for its header: two version strings, which are short, and some numbers.
const longestHeader = 4 << 10

// readHeader reads the header; the cursor stands behind it.
func readHeader(in *extract.Input) (h header, c *cursor, err error) {
	buf := make([]byte, min(in.Size(), longestHeader))
	if n, err := in.ReadAt(buf, 0); n < len(buf) {
		return h, nil, extract.Damaged(int64(n), "header of a Unity bundle: %w", err)
	}
	c = &cursor{rest: buf}
	h.magic = c.text() + "\x00"
	h.version = c.u32()
	c.text() // version of the player that can read it
	c.text() // version of the editor that wrote it
	if c.short {
		return h, nil, extract.Damaged(0, "header of a Unity bundle is cut off or its version strings do not end")
	}
	h.end = int64(len(buf) - len(c.rest))
	return h, c, nil
}
