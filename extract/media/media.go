// Package media knows the kinds of data that look like random bytes by their nature and hold no text to search: compressed pictures, sound and film,
// fonts for the web, keys and signatures, hash tables of programs. Each looks at the structure, not at a magic alone, and claims only the bytes that the
// structure accounts for: what lies in front of them, between them or behind them is measured like any other bytes. What the structure cannot tell is
// whether compressed data, rightly framed, decodes to a picture.
package media

import (
	"encoding/binary"

	"github.com/censorscan/censorscan/extract"
)

// All returns the media. Their order does not matter: no two have the same magic and structure.
func All() []extract.Medium {
	return []extract.Medium{
		{Name: "png", Spec: "https://www.w3.org/TR/png-3/", Magic: []string{"\x89PNG\r\n\x1a\n"}, Ends: true, Claims: png},
		{Name: "jpeg", Spec: "https://www.w3.org/Graphics/JPEG/itu-t81.pdf", Magic: []string{"\xff\xd8\xff"}, Ends: true, Claims: jpeg},
		{Name: "gif", Spec: "https://www.w3.org/Graphics/GIF/spec-gif89a.txt", Magic: []string{"GIF87a", "GIF89a"}, Ends: true, Claims: gif},
		{Name: "riff", Spec: "https://developers.google.com/speed/webp/docs/riff_container", Magic: []string{"RIFF"}, Ends: true, Claims: riff},
		{Name: "isobmff", Spec: "https://developer.apple.com/documentation/quicktime-file-format", Magic: []string{"ftyp"}, Offset: 4, Ends: true, Claims: isobmff},
		{Name: "matroska", Spec: "https://www.rfc-editor.org/rfc/rfc9559", Magic: []string{"\x1a\x45\xdf\xa3"}, Ends: true, Claims: matroska},
		{Name: "ogg", Spec: "https://www.rfc-editor.org/rfc/rfc3533", Magic: []string{"OggS"}, Ends: true, Claims: ogg},
		{Name: "mp3", Spec: "http://www.mp3-tech.org/programmer/frame_header.html", Magic: mp3Magic(), Ends: true, Claims: mp3},
		{Name: "aac", Spec: "https://wiki.multimedia.cx/index.php/ADTS", Magic: []string{"\xff\xf0", "\xff\xf1", "\xff\xf8", "\xff\xf9"}, Ends: true, Claims: adts},
		{Name: "amr", Spec: "https://www.rfc-editor.org/rfc/rfc4867", Magic: []string{"#!AMR\n", "#!AMR-WB\n"}, Ends: true, Claims: amr},
		{Name: "flac", Spec: "https://www.rfc-editor.org/rfc/rfc9639", Magic: []string{"fLaC"}, Ends: true, Claims: flac},
		{Name: "woff", Spec: "https://www.w3.org/TR/WOFF/", Magic: []string{"wOFF"}, Ends: true, Claims: woff},
		{Name: "woff2", Spec: "https://www.w3.org/TR/WOFF2/", Magic: []string{"wOF2"}, Ends: true, Claims: woff2},
		{Name: "texture", Spec: "https://registry.khronos.org/KTX/specs/1.0/ktxspec.v1.html", Magic: textureMagic(), Ends: true, Claims: texture},
		{Name: "gnu hash table", Spec: "https://sourceware.org/gnu-gabi/program-loading-and-dynamic-linking.txt", Magic: []string{"\x7fELF"}, Claims: gnuHash},
		{Name: "der", Spec: "https://www.rfc-editor.org/rfc/rfc5652, https://www.rfc-editor.org/rfc/rfc7292", Magic: derMagic(), Ends: true, Claims: der},
		{Name: "mincrypt key", Spec: "https://android.googlesource.com/platform/system/core/+/refs/heads/main/libcrypto_utils/android_pubkey.cpp",
			Magic: []string{"\x40\x00\x00\x00", "\x80\x00\x00\x00"}, Claims: mincrypt},
		{Name: "constants", Spec: "SHA-256 of the tables, see constants.go", Magic: constantMagic(), Claims: constant},
	}
}

var (
	le = binary.LittleEndian
	be = binary.BigEndian
)

// bytesAt reads n bytes at off, nil if they are not all there.
func bytesAt(src extract.Source, off int64, n int) []byte {
	if off < 0 || off > src.Size()-int64(n) {
		return nil
	}
	b := make([]byte, n)
	if m, _ := src.ReadAt(b, off); m < n {
		return nil
	}
	return b
}

// claims collects extents; those that meet become one.
type claims []extract.Extent

func (c *claims) add(off, size int64) {
	if k := len(*c) - 1; k >= 0 && (*c)[k].End() == off {
		(*c)[k].Size += size
		return
	}
	*c = append(*c, extract.Extent{Offset: off, Size: size})
}

// maxParts bounds the chunks, boxes or frames of one medium.
const maxParts = 4 << 20
