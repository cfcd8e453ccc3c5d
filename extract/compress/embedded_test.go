package compress

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zlib"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

// embeddedSamples are made by the real tools: each holds words.txt, as a stream of a kind that begins at an offset, with tail bytes behind it.
var embeddedSamples = []struct {
	file string
	kind string
	at   int64
	tail int64
}{
	{"length-zlib.bin", "zlib", 4, 0},
	{"qcompress.bin", "zlib", 4, 0},
	{"version-zlib.bin", "zlib", 12, 4},
	{"window.zlib", "zlib", 0, 0},
	{"ccz.bin", "zlib", 16, 0},
	{"profile.bin", "zlib", 17, 0},
	{"swf.bin", "zlib", 8, 0},
	{"chunk.bin", "zlib", 48, 0},
	{"header-gz.bin", "gzip", 4, 0},
	{"header-bz2.bin", "bzip2", 15, 6},
	{"header-xz.bin", "xz", 26, 0},
	{"header-lzma.bin", "lzma", 34, 6},
	{"header-zst.bin", "zstd", 45, 0},
	{"header-lz4.bin", "lz4", 56, 6},
	{"header-legacy.bin", "lz4", 64, 0},
	{"zstd-bare.bin", "zstd", 0, 0},
	{"zstd-bare-length.bin", "zstd", 8, 9},
	{"lz4-le.bin", "lz4 block", 4, 0},
	{"lz4-be.bin", "lz4 block", 4, 0},
	{"lz4-le64.bin", "lz4 block", 10, 0},
	{"lz4-be64.bin", "lz4 block", 8, 0},
	{"lz4-both.bin", "lz4 block", 16, 23},
	{"moz.jsonlz4", "lz4 block", 12, 0},
	{"lz4java.bin", "lz4-java", 0, 0},
	{"godot-zstd.bin", "zstd", 40, 4},
	{"godot-zlib.bin", "zlib", 40, 4},
	{"deflate.bin", "deflate", 0, 0},
	{"deflate-length.bin", "deflate", 4, 0},
	{"deflate-both.bin", "deflate", 8, 13},
	{"deflate-header.bin", "deflate", 8, 0},
	{"brotli.bin", "brotli", 0, 0},
	{"brotli-length.bin", "brotli", 4, 0},
	{"brotli-both.bin", "brotli", 8, 13},
	{"brotli-header.bin", "brotli", 8, 0},
	{"lzma-size32.bin", "lzma", 9, 0},
	{"lzma-size-in-front.bin", "lzma", 9, 0},
}

func embeddedSample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../testdata/embedded", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEmbedded(t *testing.T) {
	words := embeddedSample(t, "words.txt")
	for _, s := range embeddedSamples {
		t.Run(s.file, func(t *testing.T) {
			raw := embeddedSample(t, s.file)
			l, err := formattest.List(Embedded(), extract.BytesSource(raw), "asset", extract.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			f := l.Files[fmt.Sprintf("(%s at %d)", s.kind, s.at)]
			if len(l.Files) != 1 || f.Problem != "" || f.SHA256 != sum(words) {
				t.Errorf("members %+v", l.Files)
			}
			size := int64(len(raw))
			formattest.CheckAccounting(t, l, size, extract.Extent{Size: min(s.at, maxHeader)}, extract.Extent{Offset: size - s.tail, Size: s.tail})
			if end := l.Claimed[0].End(); size-end != s.tail {
				t.Errorf("the stream is said to end at %d of %d", end, size)
			}
		})
	}
}

// TestEmbeddedHeaders puts the samples of every format behind headers of each length.
func TestEmbeddedHeaders(t *testing.T) {
	rng := rand.NewChaCha8([32]byte{3})
	for _, s := range samples {
		if strings.HasPrefix(s.file, "empty") || s.file == "trailing.br" { // the bytes behind a stream without an end of its own have to be told of
			continue
		}
		raw, want := sample(t, s.file), sum(contentOf(t, s.file))
		for _, n := range []int{1, 2, 3, 4, 7, 8, 12, 16, 20, 31, 47, 63, 64} {
			header := make([]byte, n)
			rng.Read(header)
			l, err := formattest.List(Embedded(), extract.BytesSource(append(header, raw...)), "asset", extract.DefaultLimits())
			if err != nil {
				t.Errorf("%s behind %d bytes: %v", s.file, n, err)
				continue
			}
			found := false
			for _, f := range l.Files {
				found = found || f.SHA256 == want
			}
			if !found {
				t.Errorf("%s behind %d bytes: %+v", s.file, n, l.Files)
			}
		}
	}
}

// TestEmbeddedRecords: streams one after another are members of one container, and what stands between them is slack.
func TestEmbeddedRecords(t *testing.T) {
	raw := embeddedSample(t, "records.bin")
	b := extract.NewBudget(extract.DefaultLimits())
	c, err := Embedded().Open(context.Background(), &extract.Input{Source: extract.BytesSource(raw), Budget: b})
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	claimed, members := int64(0), 0
	for m, err := range c.Members(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		part, err := readAll(m)
		if err != nil {
			t.Error(err)
		}
		got = append(got, part...)
		claimed += m.Extents[0].Size
		members++
	}
	if words := embeddedSample(t, "words.txt"); !bytes.Equal(got, words) || members != 6 || claimed != int64(len(raw)-4-4*members) {
		t.Errorf("%d members, %d bytes in %d of %d, want %d bytes", members, len(got), claimed, len(raw), len(words))
	}
}

// packed compresses with one of the libraries.
func packed(t testing.TB, data []byte, open func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var b bytes.Buffer
	w := open(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func deflated(t testing.TB, data []byte) []byte {
	return packed(t, data, func(w io.Writer) io.WriteCloser {
		z, err := flate.NewWriter(w, 9)
		if err != nil {
			t.Fatal(err)
		}
		return z
	})
}

func zlibbed(t testing.TB, data []byte) []byte {
	return packed(t, data, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
}

func brotlied(t testing.TB, data []byte) []byte {
	return packed(t, data, func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, 5) })
}

func length(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// TestEmbeddedLong finds streams of which the head is only a small part, at once and when only the beginning of the artefact is there to look at.
func TestEmbeddedLong(t *testing.T) {
	content := mixed(t, 3<<20)
	lz4 := filter(t, content, "lz4", "-q", "-9", "-l")[8:]
	zst := filter(t, content, "zstd", "-q", "-5")
	dense := brotlied(t, content)
	for name, raw := range map[string][]byte{
		"zlib":             join(length(len(content)), zlibbed(t, content)),
		"deflate":          deflated(t, content),
		"deflate 4":        join(length(len(content)), deflated(t, content)),
		"brotli":           brotlied(t, content),
		"brotli, declared": join(length(len(dense)), dense, []byte("behind")),
		"brotli 8":         join([]byte("\x00DAT\x01\x00\x00\x00"), brotlied(t, content)),
		"lz4 block":        join(length(len(content)), lz4),
		"lz4 both":         join(length(len(lz4)), length(len(content)), lz4, []byte("behind")),
		"zstd bare":        zst[4:],
		"xz":               join([]byte("header"), filter(t, content, "xz", "-1")),
	} {
		l, err := formattest.List(Embedded(), extract.BytesSource(raw), "asset", extract.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for member, f := range l.Files {
			if f.Problem != "" || f.SHA256 != sum(content) {
				t.Errorf("%s: %s: %d bytes, %s", name, member, f.Size, f.Problem)
			}
		}
		s := &search{src: extract.BytesSource(raw[:len(raw)/2]), size: -1, budget: extract.NewBudget(extract.DefaultLimits()), head: raw[:8<<10]}
		if s.find() == nil {
			t.Errorf("%s: not found while only its beginning is known", name)
		}
	}
	repeated := bytes.Repeat(sample(t, "content.txt"), 30) // what is longer than the head is the content
	packed := brotlied(t, repeated)
	raw := join(length(len(packed)), packed, []byte("behind"))
	l, err := formattest.List(Embedded(), extract.BytesSource(raw), "asset", extract.DefaultLimits())
	if err != nil || l.Files["(brotli at 4)"].SHA256 != sum(repeated) {
		t.Errorf("brotli of %d bytes with others behind: %v, %+v", len(packed), err, l)
	}
}

// TestEmbeddedDamage: damage behind a magic is named, with its place in the artefact; what has none and does not decode is no stream.
func TestEmbeddedDamage(t *testing.T) {
	words := embeddedSample(t, "words.txt")
	long := mixed(t, 1<<20)
	cut := func(b []byte) []byte { return b[:len(b)*2/3] }
	flip := func(b []byte) []byte {
		b = bytes.Clone(b)
		b[len(b)*2/3] ^= 0x55
		return b
	}
	for _, c := range []struct {
		name   string
		data   []byte
		detail string // "": it is not one
	}{
		{"gzip, cut", join(length(9), cut(sample(t, "plain.gz"))), "gzip stream ends early at offset 1498"},
		{"gzip, changed", join(length(9), flip(sample(t, "plain.gz"))), "gzip stream is damaged before offset"},
		{"bzip2, cut", join(length(9), cut(sample(t, "plain.bz2"))), "bzip2 stream ends early"},
		{"xz, cut", join(length(9), cut(sample(t, "blocks.xz"))), "xz stream ends early"},
		{"zstd, cut", join(length(9), cut(sample(t, "plain.zst"))), "zstd stream ends early"},
		{"lz4, cut", join(length(9), cut(sample(t, "plain.lz4"))), "lz4 stream ends early"},
		{"lz4 legacy, cut", join(length(9), cut(sample(t, "legacy.lz4"))), "lz4 stream ends early"},
		{"CCZ, cut", cut(embeddedSample(t, "ccz.bin")), "zlib stream ends early at offset 450"},
		{"CCZ of text", join([]byte("CCZ!\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x10\x00"), words), "zlib stream is damaged"},
		{"mozLz4, cut", cut(embeddedSample(t, "moz.jsonlz4")), "lz4 block stream"},
		{"mozLz4, lying length", join([]byte("mozLz40\x00\xff\xff\xff\xff"), embeddedSample(t, "moz.jsonlz4")[12:]), "it decodes to 2634 bytes, not 4294967295"},
		{"lz4-java, cut", join(length(9), cut(embeddedSample(t, "lz4java.bin"))), "lz4-java stream ends early"},
		{"Godot, cut", cut(embeddedSample(t, "godot-zlib.bin")), "zlib stream ends early"},
		{"long zlib, cut", join(length(len(long)), cut(zlibbed(t, long))), "zlib stream ends early"},
		{"zlib, cut", cut(embeddedSample(t, "length-zlib.bin")), ""},
		{"zlib, changed", flip(embeddedSample(t, "length-zlib.bin")), ""},
		{"deflate, cut", cut(embeddedSample(t, "deflate.bin")), ""},
		{"brotli, cut", cut(embeddedSample(t, "brotli.bin")), ""},
		{"zstd without magic, cut", cut(embeddedSample(t, "zstd-bare.bin")), ""},
		{"lz4 block, cut", cut(embeddedSample(t, "lz4-le.bin")), ""},
		{"lz4 block, lying length", join(length(1<<30), embeddedSample(t, "lz4-le.bin")[4:]), ""},
	} {
		l, err := formattest.List(Embedded(), extract.BytesSource(c.data), "asset", extract.DefaultLimits())
		switch {
		case c.detail == "" && err == nil:
			t.Errorf("%s: opened: %+v", c.name, l.Files)
		case c.detail == "" || err != nil && err.Error() != "not detected":
		case err != nil:
			t.Errorf("%s: %v", c.name, err)
		default:
			for member, f := range l.Files {
				if !strings.Contains(f.Problem, c.detail) {
					t.Errorf("%s: %s: problem %q, want %q", c.name, member, f.Problem, c.detail)
				}
			}
		}
	}
	_, err := Embedded().Open(context.Background(), &extract.Input{Source: extract.BytesSource(append([]byte("CCZp\x00"), words...)), Budget: extract.NewBudget(extract.DefaultLimits())})
	var u *extract.Unopened
	if !errors.As(err, &u) || u.Reason != extract.ReasonEncrypted {
		t.Errorf("CCZp: %v, want it to be encrypted", err)
	}
	fast := append([]byte("GCPF\x00\x00\x00\x00\x00\x10\x00\x00\x00\x01\x00\x00"), words...)
	_, err = Embedded().Open(context.Background(), &extract.Input{Source: extract.BytesSource(fast), Budget: extract.NewBudget(extract.DefaultLimits())})
	if !errors.As(err, &u) || u.Reason != extract.ReasonUnsupported {
		t.Errorf("Godot's FastLZ: %v, want it to be unsupported", err)
	}
}

// TestEmbeddedLyingLength: what carries a check sum is found whatever the header says.
func TestEmbeddedLyingLength(t *testing.T) {
	words := embeddedSample(t, "words.txt")
	for _, n := range []int{0, 1, 1 << 31, 1<<32 - 1} {
		raw := join(length(n), zlibbed(t, words))
		l, err := formattest.List(Embedded(), extract.BytesSource(raw), "asset", extract.DefaultLimits())
		if err != nil || l.Files["(zlib at 4)"].SHA256 != sum(words) {
			t.Errorf("length %d: %v, %+v", n, err, l)
		}
	}
}

// TestEmbeddedBombs: streams that decode to more than their share are found, and stopped by the limit.
func TestEmbeddedBombs(t *testing.T) {
	limits := extract.DefaultLimits()
	limits.BytesOut = 1 << 20
	zeros := make([]byte, 8<<20)
	for name, raw := range map[string][]byte{
		"zlib":    join(length(len(zeros)), zlibbed(t, zeros)),
		"deflate": join(bytes.Repeat([]byte{0xa5, 0x17, 0xe3, 0x08}, 1), deflated(t, append(mixed(t, 64<<10), zeros...))),
		"brotli":  brotlied(t, append(mixed(t, 64<<10), zeros...)),
	} {
		l, err := formattest.List(Embedded(), extract.BytesSource(raw), "asset", limits)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for member, f := range l.Files {
			if !strings.Contains(f.Problem, "bytes-out limit") || f.Size > limits.BytesOut {
				t.Errorf("%s: %s: %d bytes, problem %q", name, member, f.Size, f.Problem)
			}
		}
	}
	lz4 := join(length(1<<31-1), []byte("\x1fa\x01\x00"), bytes.Repeat([]byte{0xff}, 9<<20)) // 2 GiB of "a", they say
	if l, err := formattest.List(Embedded(), extract.BytesSource(lz4), "asset", limits); err == nil {
		t.Errorf("lz4 block without an end: %+v", l.Files)
	}
}

// TestBegins: what encoders write at any of their levels passes for the beginning of a stream, and of random bytes little does.
func TestBegins(t *testing.T) {
	content := mixed(t, 300<<10)
	text := sample(t, "content.txt")
	for level := range 12 {
		for _, data := range [][]byte{text[:150], text[:900], text, content[:5000], content[:70_000], content, bytes.Repeat(text, 30), make([]byte, 5000)} {
			raw := packed(t, data, func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, level) })
			if size, ok := brotliBegins(raw); !ok || size > int64(len(data)) {
				t.Errorf("brotli, level %d, %d bytes: %d, %v", level, len(data), size, ok)
			}
			if level == 0 || level > 9 {
				continue
			}
			raw = packed(t, data, func(w io.Writer) io.WriteCloser {
				z, err := flate.NewWriter(w, level)
				if err != nil {
					t.Fatal(err)
				}
				return z
			})
			if !deflateBegins(raw) {
				t.Errorf("deflate, level %d, %d bytes", level, len(data))
			}
		}
	}
	random := make([]byte, 64)
	rng := rand.NewChaCha8([32]byte{9})
	brotlis, deflates := 0, 0
	for range 100_000 {
		rng.Read(random)
		if _, ok := brotliBegins(random); ok {
			brotlis++
		}
		if deflateBegins(random) {
			deflates++
		}
	}
	t.Logf("of 100,000 blobs of random bytes, %d could begin brotli and %d deflate", brotlis, deflates)
	if brotlis > 15_000 || deflates > 30_000 {
		t.Errorf("%d are taken for brotli and %d for deflate", brotlis, deflates)
	}
}

// TestOrdinary: the types that images are full of are passed over, whatever stands behind their beginning.
func TestOrdinary(t *testing.T) {
	z := zlibbed(t, embeddedSample(t, "words.txt"))
	for _, magic := range ordinaries {
		if l, err := formattest.List(Embedded(), extract.BytesSource(join([]byte(magic), z)), "asset", extract.DefaultLimits()); err == nil {
			t.Errorf("%q: opened: %+v", magic, l.Files)
		}
	}
	for head, want := range map[string]bool{
		"plain text, of which there is enough\n": true, "中文的文字，足夠長的一段": true, "中文的文字，足夠長的一段"[:32]: true,
		"text that ends with a zero byte\x00": false, "\xd6\xd0\xce\xc4 GBK is looked at closer": false, "too short": true,
	} {
		s := &search{head: []byte(head)}
		if got := s.ordinary(); got != want {
			t.Errorf("%q: %v", head, got)
		}
	}
}

func FuzzEmbedded(f *testing.F) {
	seeds := [][]byte{embeddedSample(f, "records.bin")}
	for _, s := range embeddedSamples {
		seeds = append(seeds, embeddedSample(f, s.file))
	}
	formattest.Fuzz(f, Embedded(), seeds...)
}

// BenchmarkEmbeddedDetect is what each artefact costs that is none.
func BenchmarkEmbeddedDetect(b *testing.B) {
	random := make([]byte, 64<<10)
	rand.NewChaCha8([32]byte{4}).Read(random)
	table := make([]byte, 64<<10)
	for i := range len(table) / 4 {
		binary.LittleEndian.PutUint32(table[4*i:], uint32(i*i%70000))
	}
	budget := extract.NewBudget(extract.DefaultLimits())
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"text", sample(b, "content.txt")},
		{"elf", append([]byte("\x7fELF"), random...)},
		{"table", table},
		{"random", random},
	} {
		b.Run(c.name, func(b *testing.B) {
			format := Embedded()
			p := extract.NewProbe(extract.BytesSource(c.data), "", budget)
			b.SetBytes(int64(len(p.Head())))
			for b.Loop() {
				if format.Detect(p) {
					b.Fatal("detected")
				}
			}
		})
	}
}
