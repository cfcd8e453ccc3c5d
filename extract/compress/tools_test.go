package compress

import (
	"bytes"
	"io"
	"os/exec"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

// encoded is a file made in code.
type encoded struct {
	name   string
	format extract.Format
	raw    []byte
	before int // decoded bytes that come before the middle of raw, at least
}

// written compresses content with the libraries, without any tool.
func written(t testing.TB, content []byte) []encoded {
	t.Helper()
	all := []struct {
		encoded
		make func(w io.Writer) (io.WriteCloser, error)
	}{
		{encoded{name: "gzip", format: Gzip()}, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }},
		{encoded{name: "zlib", format: Zlib()}, func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil }},
		{encoded{name: "xz", format: XZ()}, func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) }},
		{encoded{name: "lzma", format: LZMA()}, func(w io.Writer) (io.WriteCloser, error) { return lzma.NewWriter(w) }},
		{encoded{name: "zstd", format: Zstd()}, func(w io.Writer) (io.WriteCloser, error) {
			return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		}},
		{encoded{name: "lz4", format: LZ4()}, func(w io.Writer) (io.WriteCloser, error) {
			z := lz4.NewWriter(w)
			return z, z.Apply(lz4.BlockSizeOption(lz4.Block64Kb))
		}},
		{encoded{name: "brotli", format: Brotli()}, func(w io.Writer) (io.WriteCloser, error) { return brotli.NewWriter(w), nil }},
	}
	var out []encoded
	for _, e := range all {
		var b bytes.Buffer
		w, err := e.make(&b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		e.raw = b.Bytes()
		out = append(out, e.encoded)
	}
	return out
}

// tools are the reference tools as filters, and the format of what they write.
var tools = []struct {
	name   string
	format extract.Format
	args   []string
}{
	{"gzip", Gzip(), []string{"gzip", "-6"}},
	{"bzip2", Bzip2(), []string{"bzip2", "-9"}},
	{"xz", XZ(), []string{"xz", "-1"}},
	{"xz blocks", XZ(), []string{"xz", "-1", "--block-size=300000"}},
	{"xz x86", XZ(), []string{"xz", "--x86", "--lzma2=preset=1"}},
	{"xz arm", XZ(), []string{"xz", "--arm", "--lzma2=preset=1"}},
	{"xz armthumb", XZ(), []string{"xz", "--armthumb", "--lzma2=preset=1"}},
	{"lzma", LZMA(), []string{"xz", "--format=lzma", "-1"}},
	{"zstd", Zstd(), []string{"zstd", "-q", "-3"}},
	{"zstd ultra", Zstd(), []string{"zstd", "-q", "-19", "--long=25"}},
	{"lz4", LZ4(), []string{"lz4", "-q", "-1"}},
	{"lz4 dependent", LZ4(), []string{"lz4", "-q", "-9", "-BD", "-B5", "-BX"}},
	{"lz4 legacy", LZ4(), []string{"lz4", "-q", "-l"}},
	{"brotli", Brotli(), []string{"brotli", "-q", "5", "-w", "24"}},
}

// filter runs a tool over data.
func filter(t testing.TB, data []byte, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(args[0]); err != nil {
		t.Skipf("tools: %v", err)
	}
	cmd := exec.Command(args[0], append(args[1:], "-c")...)
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return out
}

// mixed is data that compresses in parts: text, code-like bytes and noise.
func mixed(t testing.TB, size int) []byte {
	text := sample(t, "content.txt")
	var b []byte
	for seed := uint32(1); len(b) < size; {
		b = append(b, text[seed%5000:seed%5000+4000]...)
		for range 1500 {
			seed ^= seed << 13
			seed ^= seed >> 17
			seed ^= seed << 5
			b = append(b, byte(seed), 0xe8, byte(seed>>24)&3)
		}
	}
	return b[:size]
}

// TestTools compares with what the reference tools were given: one file, two of them concatenated, and with zeros behind.
func TestTools(t *testing.T) {
	large := mixed(t, 9<<20) // more than one block of any format
	for _, tool := range tools {
		t.Run(tool.name, func(t *testing.T) {
			content := large[:400<<10]
			switch tool.name {
			case "bzip2":
				content = large[:1<<20]
			case "lz4 legacy":
				content = large
			}
			raw := filter(t, content, tool.args...)
			variants := []struct {
				name  string
				raw   []byte
				want  []byte
				slack int
			}{{"one", raw, content, 0}}
			if n := tool.format.Name; n != "lzma" && n != "brotli" {
				small := content[:100000]
				one := filter(t, small, tool.args...)
				zeros := make([]byte, 4096)
				two := append(append(bytes.Clone(one), one...), zeros...)
				variants = append(variants, struct {
					name  string
					raw   []byte
					want  []byte
					slack int
				}{"two and zeros", two, append(bytes.Clone(small), small...), len(zeros)})
			}
			for _, v := range variants {
				l, err := formattest.List(tool.format, extract.BytesSource(v.raw), "content.br", extract.DefaultLimits())
				if err != nil {
					t.Fatalf("%s: %v", v.name, err)
				}
				for name, f := range l.Files {
					if f.Problem != "" || f.SHA256 != sum(v.want) {
						t.Errorf("%s: %s: %d bytes of %d, problem %q", v.name, name, f.Size, len(v.want), f.Problem)
					}
				}
				if got, want := l.Claimed[0].End(), int64(len(v.raw)-v.slack); got != want {
					t.Errorf("%s: the stream is said to end at %d, it does at %d", v.name, got, want)
				}
			}
		})
	}
}
