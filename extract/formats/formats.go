// Package formats lists every format that extract can open.
package formats

import (
	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/archive/ab"
	"github.com/censorscan/censorscan/extract/archive/cpio"
	"github.com/censorscan/censorscan/extract/archive/tar"
	"github.com/censorscan/censorscan/extract/archive/zip"
	"github.com/censorscan/censorscan/extract/bundle/base64"
	"github.com/censorscan/censorscan/extract/bundle/oat"
	"github.com/censorscan/censorscan/extract/bundle/pak"
	"github.com/censorscan/censorscan/extract/bundle/unity"
	"github.com/censorscan/censorscan/extract/bundle/xor"
	"github.com/censorscan/censorscan/extract/compress"
	"github.com/censorscan/censorscan/extract/disk/avb"
	"github.com/censorscan/censorscan/extract/disk/boot"
	"github.com/censorscan/censorscan/extract/disk/dtbo"
	"github.com/censorscan/censorscan/extract/disk/gpt"
	"github.com/censorscan/censorscan/extract/disk/kernel"
	"github.com/censorscan/censorscan/extract/disk/sparse"
	"github.com/censorscan/censorscan/extract/disk/split"
	"github.com/censorscan/censorscan/extract/disk/super"
	"github.com/censorscan/censorscan/extract/fsys/erofs"
	"github.com/censorscan/censorscan/extract/fsys/ext4"
	"github.com/censorscan/censorscan/extract/ota/payload"
	"github.com/censorscan/censorscan/extract/ota/sdat"
)

// All returns the formats in the order in which they are tried: the first that recognises an artefact opens it. Formats with a long magic at a fixed place come
// first, then those that look closer, and last those without a magic.
func All() []extract.Format {
	list := []extract.Format{
		payload.Format(),  // "CrAU" and a version
		avb.Format(),      // a footer behind what would be opened without it, so before all kinds of images
		dtbo.Format(),     // four bytes of magic, or "ACPI" and the sizes of its header
		boot.Format(),     // "ANDROID!" or "VNDRBOOT"
		unity.Format(),    // "UnityFS", "UnityWeb" or "UnityRaw" and a zero byte
		ab.Format(),       // "ANDROID BACKUP" and a line feed
		sparse.Format(),   // four bytes of magic that no text holds
		super.Format(),    // a magic at 4096, or at 8192 with a checksum, in front of partitions that hold anything
		gpt.Format(),      // eight bytes of magic at 512 or 4096, or at the end of what begins with an MBR or zeros
		oat.Format(),      // "vdex" or "dey" and a version, or an ELF file with "oat" on its second page
		pak.Format(),      // a version and the place of its first resource
		cpio.Format(),     // six digits of magic and a sane header
		erofs.Format(),    // a magic at 1024
		ext4.Format(),     // a magic of two bytes at 1080 and a sane superblock
		compress.XZ(),     // six bytes of magic
		compress.Zstd(),   // four bytes of magic and a frame header
		compress.LZ4(),    // four bytes of magic
		compress.Bzip2(),  // "BZh" and the magic of a block
		compress.Gzip(),   // two bytes of magic and a trial
		zip.Format(),      // also by its end alone, so behind all that have a magic at their beginning
		tar.Format(),      // a magic at 257, or none and a check sum
		kernel.Format(),   // a magic somewhere in the first sectors, or the name that it gives to kernels, so behind all that have a magic at their beginning
		gpt.MBR(),         // two bytes of magic and a sane table, in front of anything
		compress.LZMA(),   // no magic: a plausible header and a trial
		compress.Zlib(),   // no magic: a check sum of two bytes and a trial
		compress.Brotli(), // nothing at all but a name and a trial
	}
	list = append(list, unsupported()...)
	list = append(list,
		compress.Embedded(), // no magic, or one anywhere in the first 64 bytes, so behind all that is known
		xor.Format(list),    // statistics, and what those with a magic say of the bytes under a key
	)
	return append(list, base64.Format(list)) // an alphabet, and what all others say of the bytes that it stands for
}

// Joiners returns the forms in which one artefact lies in several members of a container, in the order in which they are tried.
func Joiners() []extract.Joiner {
	return []extract.Joiner{
		sdat.Joiner(),   // names and a transfer list, so before joiners that go by numbers alone
		sparse.Joiner(), // a magic in every part
		super.Joiner(),  // metadata in the first device, which may be sparse, so behind parts of sparse images
		split.Joiner(),  // numbers, sizes and the beginning of the first piece alone
	}
}
