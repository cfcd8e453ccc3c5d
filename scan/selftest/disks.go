package selftest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

const blockSize = 4096

// imagePackings are those that hold images of whole blocks: a tar archive, since its end is zeros.
func imagePackings() []packing {
	blocks := func(pack func([]byte) ([]byte, error)) func([]byte) ([]byte, error) {
		return then(then(tarred(tar.FormatUSTAR), padded), pack)
	}
	return []packing{
		{"payload", "replace", "payload.bin", "", blocks(payload(0, nil))},
		{"payload", "xz", "payload.bin", "", blocks(payload(8, xzStream))},
		{"avb", "footer", "system.img", "", blocks(avbImage)},
		{"dtbo", "version 0", "dtbo.img", "", dtboImage},
		{"boot", "version 0", "boot.img", "", then(then(cpioArchive, gzipStream), bootImage)},
		{"sparse", "raw and don't care", "system.img", "", blocks(sparseImage)},
		{"kernel", "EFI zboot", "Image", "", then(gzipStream, zbootImage)},
		{"block OTA", "version 1", "ota.zip", "!system!", then(then(tarredBehind(tar.FormatUSTAR, blockSize), padded), blockOTA)},
		{"sparse parts", "", "rom.zip", "!system.img!", then(then(tarredBehind(tar.FormatUSTAR, blockSize), padded), sparseParts)},
		{"split pieces", "", "rom.zip", "!data.tar!", then(tarredBehind(tar.FormatUSTAR, pieceSize), splitPieces)},
	}
}

// padded fills up the last block.
func padded(content []byte) ([]byte, error) {
	return append(bytes.Clone(content), make([]byte, -len(content)&(blockSize-1))...), nil
}

// payload writes an A/B update with one partition, which one operation writes.
func payload(kind uint64, compress func([]byte) ([]byte, error)) func([]byte) ([]byte, error) {
	return func(image []byte) ([]byte, error) {
		blob := image
		if compress != nil {
			var err error
			if blob, err = compress(image); err != nil {
				return nil, err
			}
		}
		number := func(b []byte, field protowire.Number, v uint64) []byte {
			return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
		}
		message := func(b []byte, field protowire.Number, m []byte) []byte {
			return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), m)
		}
		extent := number(number(nil, 1, 0), 2, uint64(len(image)/blockSize)) // first block, blocks
		operation := number(number(number(nil, 1, kind), 2, 0), 3, uint64(len(blob)))
		operation = message(operation, 6, extent)
		partition := message(nil, 1, []byte("system"))
		partition = message(partition, 7, number(nil, 1, uint64(len(image))))
		partition = message(partition, 8, operation)
		manifest := message(number(nil, 3, blockSize), 13, partition)
		b := append([]byte("CrAU"), 0, 0, 0, 0, 0, 0, 0, 2)
		b = binary.BigEndian.AppendUint64(b, uint64(len(manifest)))
		b = binary.BigEndian.AppendUint32(b, 0) // no signature
		return append(append(b, manifest...), blob...), nil
	}
}

// avbImage puts metadata without a descriptor and a footer behind an image.
func avbImage(image []byte) ([]byte, error) {
	const metaSize, footerSize = 256, 64
	meta := make([]byte, metaSize)
	copy(meta, "AVB0\x00\x00\x00\x01\x00\x00\x00\x00")
	b := append(bytes.Clone(image), meta...)
	b = append(b, make([]byte, blockSize-metaSize-footerSize)...)
	footer := append([]byte("AVBf"), 0, 0, 0, 1, 0, 0, 0, 0)
	for _, v := range []int{len(image), len(image), metaSize} {
		footer = binary.BigEndian.AppendUint64(footer, uint64(v))
	}
	return append(b, append(footer, make([]byte, footerSize-len(footer))...)...), nil
}

// dtboImage writes a table with one entry.
func dtboImage(content []byte) ([]byte, error) {
	const header, entry = 32, 32
	var b []byte
	for _, v := range []int{0xd7b7ab1e, header + entry + len(content), header, entry, 1, header, blockSize / 2, 0, len(content), header + entry, 0, 0, 0, 0, 0, 0} {
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	return append(b, content...), nil
}

// bootImage writes a boot image of version 0 with a ramdisk.
func bootImage(ramdisk []byte) ([]byte, error) {
	const page = 2048
	kernel := []byte("no kernel")
	b := []byte("ANDROID!")
	for _, v := range []int{len(kernel), 0x10008000, len(ramdisk), 0x11000000, 0, 0x10f00000, 0x10000100, page, 0, 0} {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	for _, part := range [][]byte{kernel, ramdisk} {
		b = append(b, make([]byte, -len(b)&(page-1))...)
		b = append(b, part...)
	}
	return append(b, make([]byte, -len(b)&(page-1))...), nil
}

// sparseImage writes the blocks of an image as one raw chunk behind a chunk of blocks that nobody cares for.
func sparseImage(image []byte) ([]byte, error) {
	n := len(image) / blockSize
	return sparse(n+3, rawChunk(image), holeChunk(3)), nil
}

// Kinds of chunks.
const (
	chunkRaw  = 0xcac1
	chunkHole = 0xcac3
)

func rawChunk(data []byte) []byte { return chunk(chunkRaw, len(data)/blockSize, data) }
func holeChunk(blocks int) []byte { return chunk(chunkHole, blocks, nil) }

func chunk(kind, blocks int, data []byte) []byte {
	b := binary.LittleEndian.AppendUint16(nil, uint16(kind))
	b = append(b, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(blocks))
	b = binary.LittleEndian.AppendUint32(b, uint32(12+len(data)))
	return append(b, data...)
}

// sparse writes a sparse image of so many blocks.
func sparse(blocks int, chunks ...[]byte) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xed26ff3a)
	for _, v := range []int{1, 0, 28, 12} { // version 1.0, sizes of the headers
		b = le.AppendUint16(b, uint16(v))
	}
	for _, v := range []int{blockSize, blocks, len(chunks), 0} {
		b = le.AppendUint32(b, uint32(v))
	}
	return append(b, bytes.Join(chunks, nil)...)
}

// sparseParts cuts an image over two sparse images, each with a hole where the other has its blocks.
func sparseParts(image []byte) ([]byte, error) {
	n, cut := len(image)/blockSize, 1
	return zipOf(zip.Deflate,
		file{"system.img_sparsechunk.0", sparse(n, rawChunk(image[:cut*blockSize]), holeChunk(n-cut))},
		file{"system.img_sparsechunk.1", sparse(n, holeChunk(cut), rawChunk(image[cut*blockSize:]))})
}

// zbootImage writes a kernel as an EFI program that unpacks itself.
func zbootImage(packed []byte) ([]byte, error) {
	const head = 512
	b := append([]byte("MZ\x00\x00zimg"), make([]byte, head-8)...)
	binary.LittleEndian.PutUint32(b[8:], head)
	binary.LittleEndian.PutUint32(b[12:], uint32(len(packed)))
	copy(b[24:], "gzip")
	return append(b, packed...), nil
}

// blockOTA writes the blocks of an image from the last to the first, and the list that puts them in order.
func blockOTA(image []byte) ([]byte, error) {
	var data, list bytes.Buffer
	n := len(image) / blockSize
	fmt.Fprintf(&list, "1\n%d\n", n)
	for i := n - 1; i >= 0; i-- {
		data.Write(image[i*blockSize : (i+1)*blockSize])
		fmt.Fprintf(&list, "new 2,%d,%d\n", i, i+1)
	}
	return zipOf(zip.Deflate, file{"system.transfer.list", list.Bytes()}, file{"system.new.dat", data.Bytes()})
}

const pieceSize = 64 << 10 // nobody cuts into less

// splitPieces cuts an archive into files of 64 KiB.
func splitPieces(archive []byte) ([]byte, error) {
	var files []file
	for i := 0; i*pieceSize < len(archive); i++ {
		files = append(files, file{fmt.Sprintf("data.tar.%03d", i+1), archive[i*pieceSize : min((i+1)*pieceSize, len(archive))]})
	}
	return zipOf(zip.Deflate, files...)
}
