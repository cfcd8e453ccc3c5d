package scan_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"

	"github.com/censorscan/censorscan/scan"
)

// packings compress with the libraries; bzip2, which has none, with the tool.
var packings = map[string]func(t testing.TB, w io.Writer) (io.WriteCloser, error){
	"zlib":    func(_ testing.TB, w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil },
	"gzip":    func(_ testing.TB, w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
	"xz":      func(_ testing.TB, w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) },
	"lzma":    func(_ testing.TB, w io.Writer) (io.WriteCloser, error) { return lzma.NewWriter(w) },
	"zstd":    func(_ testing.TB, w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) },
	"lz4":     func(_ testing.TB, w io.Writer) (io.WriteCloser, error) { return lz4.NewWriter(w), nil },
	"brotli":  func(_ testing.TB, w io.Writer) (io.WriteCloser, error) { return brotli.NewWriter(w), nil },
	"deflate": func(_ testing.TB, w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 9) },
	"legacy": func(_ testing.TB, w io.Writer) (io.WriteCloser, error) {
		z := lz4.NewWriter(w)
		return z, z.Apply(lz4.LegacyOption(true))
	},
}

func pack(t testing.TB, kind string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if kind == "bzip2" {
		if _, err := exec.LookPath(kind); err != nil {
			t.Skip(err)
		}
		cmd := exec.Command(kind)
		cmd.Stdin, cmd.Stdout = bytes.NewReader(data), &b
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	w, err := packings[kind](t, &b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestListsInEmbeddedStreams plants a list in an asset whose name says nothing, behind everything that apps put around a compressed stream.
func TestListsInEmbeddedStreams(t *testing.T) {
	list := []byte(strings.Join(planted, "\n") + "\n")
	block := make([]byte, lz4.CompressBlockBound(len(list)))
	n, err := lz4.CompressBlock(list, block, nil)
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
	block = block[:n]
	le := binary.LittleEndian.AppendUint32(nil, uint32(len(list)))
	be := binary.BigEndian.AppendUint32(nil, uint32(len(list)))
	le64, be64 := binary.LittleEndian.AppendUint64(nil, uint64(len(list))), binary.BigEndian.AppendUint64(nil, uint64(len(list)))
	version := []byte("\x00LST\x02\x00\x01\x00\x00\x00\x17\x00\x00\x00\x00\x00")
	magic := func(b []byte, n int) []byte { return b[n:] }

	type asset struct {
		name   string
		kind   string // how it is packed, or
		stream []byte
		header []byte
		tail   string
		member string // "" for a stream that is the whole asset, of a format of its own
	}
	assets := []asset{
		{name: "length and lz4 block", stream: block, header: le, member: "(lz4 block at 4)"},
		{name: "length and lz4 block, big-endian", stream: block, header: be, member: "(lz4 block at 4)"},
		{name: "64-bit length and lz4 block", stream: block, header: le64, member: "(lz4 block at 8)"},
		{name: "64-bit length and lz4 block, big-endian", stream: block, header: be64, member: "(lz4 block at 8)"},
		{name: "mozLz4", stream: block, header: append([]byte("mozLz40\x00"), le...), member: "(lz4 block at 12)"},
		{name: "CCZ", kind: "zlib", header: append([]byte("CCZ!\x00\x00\x00\x02\x00\x00\x00\x00"), be...), member: "(zlib at 16)"},
		{name: "zstd without its magic", stream: magic(pack(t, "zstd", list), 4), member: "(zstd at 0)"},
		{name: "length and zstd without its magic", stream: magic(pack(t, "zstd", list), 4), header: le, member: "(zstd at 4)"},
		{name: "zlib, alone", kind: "zlib", member: "words"},
		{name: "gzip, alone", kind: "gzip", member: "words"},
		{name: "bzip2, alone", kind: "bzip2", member: "words"},
		{name: "xz, alone", kind: "xz", member: "words"},
		{name: "lzma, alone", kind: "lzma", member: "words"},
		{name: "zstd, alone", kind: "zstd", member: "words"},
		{name: "lz4, alone", kind: "lz4", member: "words"},
		{name: "legacy lz4, alone", kind: "legacy", member: "words"},
		{name: "deflate, alone", kind: "deflate", member: "(deflate at 0)"},
		{name: "brotli, alone", kind: "brotli", member: "(brotli at 0)"},
	}
	for _, kind := range []string{"zlib", "gzip", "bzip2", "xz", "lzma", "zstd", "lz4", "legacy", "deflate", "brotli"} {
		name := kind
		if kind == "legacy" {
			name = "lz4"
		}
		assets = append(assets,
			asset{name: "length and " + kind, kind: kind, header: le, member: fmt.Sprintf("(%s at 4)", name)},
			asset{name: "version and " + kind, kind: kind, header: version, member: fmt.Sprintf("(%s at 16)", name)},
			asset{name: "64 bytes and " + kind, kind: kind, header: append(bytes.Repeat([]byte{0x80, 1, 2}, 20), be...), member: fmt.Sprintf("(%s at 64)", name)})
		if kind != "deflate" && kind != "brotli" {
			assets = append(assets, asset{name: "byte, " + kind + " and more", kind: kind, header: []byte{1}, tail: "\x00\x01\x02end", member: fmt.Sprintf("(%s at 1)", name)})
		}
	}
	e := newEngine(t, nil)
	for _, a := range assets {
		t.Run(a.name, func(t *testing.T) {
			if a.kind != "" {
				a.stream = pack(t, a.kind, list)
			}
			data := bytes.Join([][]byte{a.header, a.stream, []byte(a.tail)}, nil)
			r := scanBytes(t, e, "app.apk", zipOf(t, file{"assets/words", data}))
			lists := ofKind(r, scan.KindList)
			if len(lists) != 1 || lists[0].Path != "app.apk!assets/words!"+a.member {
				t.Fatalf("findings %+v, want one list at %s", r.Findings, a.member)
			}
			var got []string
			for _, en := range lists[0].List.Entries {
				got = append(got, en.Text)
			}
			if !reflect.DeepEqual(got, planted) || r.Coverage.Unopened != 0 {
				t.Errorf("entries %q, coverage %+v", got, r.Coverage)
			}
		})
	}
}

// TestListsDeepInside plants a list below containers in containers.
func TestListsDeepInside(t *testing.T) {
	data, path := []byte(strings.Join(planted, "\n")+"\n"), "words"
	name := "words"
	for i := range 8 {
		data = zipOf(t, file{name, data}, file{"other", []byte("nothing")})
		name = fmt.Sprintf("%d.bin", i)
		path = name + "!" + path
	}
	r := scanBytes(t, newEngine(t, nil), name, data)
	if lists := ofKind(r, scan.KindList); len(lists) != 1 || lists[0].Path != path || len(lists[0].List.Entries) != len(planted) {
		t.Errorf("zips in zips: %+v, want a list at %s", r.Findings, path)
	}

	data, path, name = []byte(strings.Join(planted, "\n")+"\n"), "", ""
	for i, kind := range []string{"brotli", "zlib", "xz", "gzip", "zstd"} { // each behind a header that says nothing
		header := bytes.Repeat([]byte{0xfe}, 3+i)
		path = fmt.Sprintf("!(%s at %d)", kind, len(header)) + path
		data = append(header, pack(t, kind, data)...)
	}
	r = scanBytes(t, newEngine(t, nil), "asset", data)
	if lists := ofKind(r, scan.KindList); len(lists) != 1 || lists[0].Path != "asset"+path {
		t.Errorf("streams in streams: %+v, want a list at asset%s", r.Findings, path)
	}
}
