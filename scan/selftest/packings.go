package selftest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// packing puts a file in a container of one format.
type packing struct {
	format  string // as the program names it
	variant string
	name    string // of the image
	via     string // a link of the path to the list, if that alone tells that the format was opened; else it is counted among the containers
	pack    func(content []byte) ([]byte, error)
}

// window is how far back the compressors look, which bounds their tables.
const window = 64 << 10

// packings are the formats that are written here: in Go, from the layouts that README.md names.
func packings() []packing {
	list := []packing{
		{plain, "", "data.txt", "", func(b []byte) ([]byte, error) { return b, nil }},
		{"zip", "deflate", "asset.zip", "", zipped(zip.Deflate)},
		{"zip", "stored", "asset.apk", "", zipped(zip.Store)},
		{"zip", "in zip", "asset.apks", "", then(zipped(zip.Deflate), zippedAs("base.apk", zip.Store))},
		{"tar", "ustar", "asset.tar", "", tarred(tar.FormatUSTAR)},
		{"tar", "pax", "asset.tar", "", tarred(tar.FormatPAX)},
		{"tar", "gnu", "asset.tar", "", tarred(tar.FormatGNU)},
		{"cpio", "newc", "asset.cpio", "", cpioArchive},
		{"gzip", "", "asset.gz", "", stream(func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })},
		{"zlib", "", "asset.bin", "", zlibStream},
		{"zstd", "", "asset.zst", "", stream(func(w io.Writer) (io.WriteCloser, error) {
			return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window))
		})},
		{"xz", "", "asset.xz", "", xzStream},
		{"lzma", "", "asset.lzma", "", stream(func(w io.Writer) (io.WriteCloser, error) { return lzma.WriterConfig{DictCap: window}.NewWriter(w) })},
		{"lz4", "frame", "asset.lz4", "", stream(func(w io.Writer) (io.WriteCloser, error) {
			z := lz4.NewWriter(w)
			return z, z.Apply(lz4.BlockSizeOption(lz4.Block64Kb))
		})},
		{"lz4", "legacy", "asset.lz4", "", stream(func(w io.Writer) (io.WriteCloser, error) {
			z := lz4.NewWriter(w)
			return z, z.Apply(lz4.LegacyOption(true))
		})},
		{"brotli", "", "asset.br", "", stream(func(w io.Writer) (io.WriteCloser, error) { return brotli.NewWriter(w), nil })},
		{"embedded", "zlib behind a length", "asset.bin", "", then(zlibStream, behindLength)},
		{"embedded", "raw deflate behind a length", "asset.bin", "", then(then(tarredBehind(tar.FormatUSTAR, blockSize), deflated), behindLength)},
		{"xor", "key 0x5a", "asset.bin", "", xored},
		{"base64", "of gzip", "asset.b64", "", then(stream(func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }), inBase64)},
		{"android-backup", "deflated", "backup.ab", "", backup},
		{"pak", "version 5", "resources.pak", "", pakFile},
		{"unity", "UnityFS, stored", "asset.unity3d", "", unityBundle},
	}
	return append(list, imagePackings()...)
}

// then packs what another packed.
func then(inner, outer func([]byte) ([]byte, error)) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		b, err := inner(b)
		if err != nil {
			return nil, err
		}
		return outer(b)
	}
}

// stream packs with a writer that compresses.
func stream(open func(io.Writer) (io.WriteCloser, error)) func([]byte) ([]byte, error) {
	return func(content []byte) ([]byte, error) {
		var b bytes.Buffer
		w, err := open(&b)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(content); err != nil {
			return nil, err
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
		return b.Bytes(), nil
	}
}

func zlibStream(content []byte) ([]byte, error) {
	return stream(func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil })(content)
}

func xzStream(content []byte) ([]byte, error) {
	return stream(func(w io.Writer) (io.WriteCloser, error) { return xz.WriterConfig{DictCap: window}.NewWriter(w) })(content)
}

func gzipStream(content []byte) ([]byte, error) {
	return stream(func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })(content)
}

func deflated(content []byte) ([]byte, error) {
	return stream(func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })(content)
}

// behindLength puts a header of an app in front of a stream: its length.
func behindLength(content []byte) ([]byte, error) {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(content))), content...), nil
}

func inBase64(content []byte) ([]byte, error) {
	return base64.StdEncoding.AppendEncode(nil, content), nil
}

func xored(content []byte) ([]byte, error) {
	out := bytes.Clone(content)
	for i := range out {
		out[i] ^= 0x5a
	}
	return out, nil
}

func zipped(method uint16) func([]byte) ([]byte, error) { return zippedAs("assets/data.txt", method) }

func zippedAs(name string, method uint16) func([]byte) ([]byte, error) {
	return func(content []byte) ([]byte, error) { return zipOf(method, file{name, content}) }
}

type file struct {
	name string
	data []byte
}

func zipOf(method uint16, files ...file) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		m, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: method})
		if err != nil {
			return nil, err
		}
		if _, err := m.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// tarred writes a tar archive of one file.
func tarred(format tar.Format) func([]byte) ([]byte, error) { return tarredBehind(format, 0) }

// tarredBehind writes a tar archive of a file behind another one of so many bytes, which are numbers and compress badly.
func tarredBehind(format tar.Format, filler int) func([]byte) ([]byte, error) {
	return func(content []byte) ([]byte, error) {
		files := []file{{"assets/data.txt", content}}
		if filler > 0 {
			var numbers []byte
			for i := 0; len(numbers) < filler; i++ {
				numbers = fmt.Appendln(numbers, i*7919%100003)
			}
			files = append([]file{{"assets/numbers.txt", numbers[:filler]}}, files...)
		}
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, f := range files {
			h := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: 0o644, Size: int64(len(f.data)), Format: format}
			if format == tar.FormatPAX {
				h.PAXRecords = map[string]string{"SCHILY.xattr.user.origin": "selftest"}
			}
			if err := w.WriteHeader(h); err != nil {
				return nil, err
			}
			if _, err := w.Write(f.data); err != nil {
				return nil, err
			}
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
		return b.Bytes(), nil
	}
}

// cpioArchive writes the newc form: a header of hexadecimal digits, name and content, each padded to four bytes.
func cpioArchive(content []byte) ([]byte, error) {
	var b bytes.Buffer
	member := func(inode, mode int, name string, data []byte) {
		fmt.Fprintf(&b, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name)+1, 0)
		b.WriteString(name + "\x00")
		b.Write(make([]byte, -b.Len()&3))
		b.Write(data)
		b.Write(make([]byte, -b.Len()&3))
	}
	member(1, 0o100644, "assets/data.txt", content)
	member(0, 0, "TRAILER!!!", nil)
	return b.Bytes(), nil
}

func backup(content []byte) ([]byte, error) {
	inner, err := then(tarred(tar.FormatUSTAR), zlibStream)(content)
	return append([]byte("ANDROID BACKUP\n5\n1\nnone\n"), inner...), err
}

// pakFile writes a Chromium resource pack with one resource.
func pakFile(content []byte) ([]byte, error) {
	const head, entry = 12, 6
	b := []byte{5, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0} // version 5, UTF-8, one resource
	at := uint32(head + 2*entry)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint32(b, at)
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = binary.LittleEndian.AppendUint32(b, at+uint32(len(content)))
	return append(b, content...), nil
}

// unityBundle writes a UnityFS bundle with one stored block and one node.
func unityBundle(content []byte) ([]byte, error) {
	be := binary.BigEndian
	info := make([]byte, 16) // a hash that nobody checks
	info = be.AppendUint32(info, 1)
	info = be.AppendUint32(info, uint32(len(content)))
	info = be.AppendUint32(info, uint32(len(content)))
	info = be.AppendUint16(info, 0)
	info = be.AppendUint32(info, 1)
	info = be.AppendUint64(info, 0)
	info = be.AppendUint64(info, uint64(len(content)))
	info = be.AppendUint32(info, 4)
	info = append(info, "CAB-selftest\x00"...)
	b := append([]byte("UnityFS\x00"), 0, 0, 0, 6)
	b = append(b, "5.x.x\x002018.4.36f1\x00"...)
	const directory = 0x40 // the flag: blocks and nodes in one table
	b = be.AppendUint64(b, uint64(len(b)+8+12+len(info)+len(content)))
	b = be.AppendUint32(b, uint32(len(info)))
	b = be.AppendUint32(b, uint32(len(info)))
	b = be.AppendUint32(b, directory)
	return append(append(b, info...), content...), nil
}
