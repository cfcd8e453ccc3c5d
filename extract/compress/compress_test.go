package compress

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../testdata/compress", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// samples are files made by the real tools: all decode to content.txt, or to nothing when their name begins with "empty".
var samples = []struct {
	file   string
	format extract.Format
	member string
	slack  int // bytes at the end that are no part of the stream
}{
	{"named.gz", Gzip(), "content.txt", 0},
	{"plain.gz", Gzip(), "plain", 0},
	{"members.gz", Gzip(), "members", 0},
	{"padded.gz", Gzip(), "padded", 512},
	{"trailing.gz", Gzip(), "trailing", 14},
	{"header.gz", Gzip(), "st\xf6red.txt", 0},
	{"empty.gz", Gzip(), "empty", 0},
	{"level01.zlib", Zlib(), "level01", 0},
	{"level5e.zlib", Zlib(), "level5e", 0},
	{"level9c.zlib", Zlib(), "level9c", 0},
	{"levelda.zlib", Zlib(), "levelda", 0},
	{"plain.xz", XZ(), "plain", 0},
	{"blocks.xz", XZ(), "blocks", 0},
	{"streams.xz", XZ(), "streams", 4},
	{"trailing.xz", XZ(), "trailing", 14},
	{"filters.xz", XZ(), "filters", 0},
	{"empty.xz", XZ(), "empty", 0},
	{"plain.lzma", LZMA(), "plain", 0},
	{"props.lzma", LZMA(), "props", 0},
	{"empty.lzma", LZMA(), "empty", 0},
	{"plain.bz2", Bzip2(), "plain", 0},
	{"streams.bz2", Bzip2(), "streams", 0},
	{"trailing.bz2", Bzip2(), "trailing", 14},
	{"empty.bz2", Bzip2(), "empty", 0},
	{"plain.zst", Zstd(), "plain", 0},
	{"frames.zst", Zstd(), "frames", 0},
	{"skippable.zst", Zstd(), "skippable", 100},
	{"trailing.zst", Zstd(), "trailing", 1},
	{"empty.zst", Zstd(), "empty", 0},
	{"plain.lz4", LZ4(), "plain", 0},
	{"frames.lz4", LZ4(), "frames", 0},
	{"trailing.lz4", LZ4(), "trailing", 3},
	{"legacy.lz4", LZ4(), "legacy", 0},
	{"legacy2.lz4", LZ4(), "legacy2", 600},
	{"kernel.lz4", LZ4(), "kernel", 0},
	{"empty.lz4", LZ4(), "empty", 0},
	{"empty.legacy.lz4", LZ4(), "empty.legacy", 0},
	{"plain.br", Brotli(), "plain", 0},
	{"trailing.br", Brotli(), "trailing", 1401}, // the library does not tell where the stream ends: the chunk that holds the end is slack
	{"empty.br", Brotli(), "empty", 0},
}

// free are the bytes within samples that may hold anything and are no part of the stream: extra fields and comments of headers, skippable frames.
var free = map[string][]extract.Extent{
	"header.gz":     {{Offset: 10, Size: 40}},
	"frames.zst":    {{Offset: 999, Size: 12}},
	"skippable.zst": {{Offset: 0, Size: 12}},
	"frames.lz4":    {{Offset: 1910, Size: 12}},
}

func contentOf(t testing.TB, file string) []byte {
	if strings.HasPrefix(file, "empty") {
		return nil
	}
	return sample(t, "content.txt")
}

func TestSamples(t *testing.T) {
	for _, s := range samples {
		t.Run(s.file, func(t *testing.T) {
			raw, want := sample(t, s.file), contentOf(t, s.file)
			l, err := formattest.List(s.format, extract.BytesSource(raw), "folder/"+s.file, extract.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			f, ok := l.Files[s.member]
			if !ok || len(l.Files) != 1 || len(l.Problems) != 0 {
				t.Fatalf("members %v, problems %q; want one member %q", l.Files, l.Problems, s.member)
			}
			if f.Problem != "" || f.Size != int64(len(want)) || f.SHA256 != sum(want) {
				t.Errorf("decoded %d bytes (problem %q), want the %d of the content", f.Size, f.Problem, len(want))
			}
			end := int64(len(raw) - s.slack)
			free := append(slices.Clone(free[s.file]), extract.Extent{Offset: end, Size: int64(s.slack)})
			formattest.CheckAccounting(t, l, int64(len(raw)), free...)
			if got := l.Claimed[len(l.Claimed)-1].End(); got != end {
				t.Errorf("the stream is said to end at %d, it does at %d", got, end)
			}
		})
	}
}

// TestOneFormat holds that no sample is taken for another format, so that the order of the formats does not matter.
func TestOneFormat(t *testing.T) {
	for _, s := range samples {
		for _, f := range All() {
			p := extract.NewProbe(extract.BytesSource(sample(t, s.file)), s.file, extract.NewBudget(extract.DefaultLimits()))
			if got := f.Detect(p); got != (f.Name == s.format.Name) {
				t.Errorf("%s: %s says %v", s.file, f.Name, got)
			}
		}
	}
}

// TestDamagedLZMA: the header that encoders write for streams is proof enough, so that damage behind it does not pass for plain bytes.
func TestDamagedLZMA(t *testing.T) {
	data := make([]byte, 64<<10)
	rand.NewChaCha8([32]byte{2}).Read(data)
	copy(data, "\x5d\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00")
	if !LZMA().Detect(extract.NewProbe(extract.BytesSource(data), "", extract.NewBudget(extract.DefaultLimits()))) {
		t.Error("not detected")
	}
}

func TestNotDetected(t *testing.T) {
	random := make([]byte, 256<<10)
	rng := rand.NewChaCha8([32]byte{1})
	rng.Read(random)
	with := func(head string) []byte { return append([]byte(head), random...) }
	for name, data := range map[string][]byte{
		"nothing":                nil,
		"zeros":                  make([]byte, 4096),
		"text like bzip2":        []byte("BZh9 is how such a file begins, they say"),
		"gzip magic, text":       []byte("\x1f\x8b and then something else entirely"),
		"gzip, odd header":       with("\x1f\x8b\x08\x00abcdef"),
		"gzip, reserved flags":   with("\x1f\x8b\x08\xe0\x00\x00\x00\x00\x00\x03"),
		"xz without its flags":   with("\xfd7zXZ\x00"),
		"zstd, reserved bit":     with("\x28\xb5\x2f\xfd\x08"),
		"lz4, wrong checksum":    with("\x04\x22\x4d\x18\x64\x40\x00"),
		"lz4 legacy, huge block": with("\x02\x21\x4c\x18\xff\xff\xff\xff"),
		"lzma, random":           with("\x5d\x00\x00\x80\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00"),
		"zlib, random":           with("\x78\x9c"),
		"zlib, text":             []byte("x\x9c is not much of a magic number"),
		"a skippable frame only": []byte("\x50\x2a\x4d\x18\x04\x00\x00\x00skip"),
	} {
		for _, f := range All() {
			if f.Detect(extract.NewProbe(extract.BytesSource(data), "x.br.gz", extract.NewBudget(extract.DefaultLimits()))) {
				t.Errorf("%s: taken for %s", name, f.Name)
			}
		}
	}
	zlib, lzma := Zlib(), LZMA()
	for i := range 4000 { // weak magics: no random bytes behind them may pass
		at := i * 13 % (len(random) - 4096)
		b := append([]byte{0x78, []byte{0x01, 0x5e, 0x9c, 0xda}[i%4]}, random[at:at+4096]...)
		if zlib.Detect(extract.NewProbe(extract.BytesSource(b), "", extract.NewBudget(extract.DefaultLimits()))) {
			t.Fatalf("random bytes at %d taken for zlib", at)
		}
		if i%4 == 0 {
			b = append([]byte("\x5d\x00\x00\x01\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00"), random[at:at+4096]...)
			if lzma.Detect(extract.NewProbe(extract.BytesSource(b), "", extract.NewBudget(extract.DefaultLimits()))) {
				t.Fatalf("random bytes at %d taken for lzma", at)
			}
		}
	}
	random[0] = 0x1f // random bytes under a name of brotli
	if Brotli().Detect(extract.NewProbe(extract.BytesSource(random), "x.br", extract.NewBudget(extract.DefaultLimits()))) {
		t.Error("random bytes taken for brotli")
	}
	if Brotli().Detect(extract.NewProbe(extract.BytesSource(sample(t, "plain.br")), "plain", extract.NewBudget(extract.DefaultLimits()))) {
		t.Error("brotli detected without its name")
	}
}

// open opens data and returns its only member.
func open(t testing.TB, f extract.Format, data []byte, l extract.Limits) *extract.Member {
	t.Helper()
	c, err := f.Open(context.Background(), &extract.Input{Source: extract.BytesSource(data), Name: "test", Budget: extract.NewBudget(l)})
	if err != nil {
		t.Fatal(err)
	}
	for m := range c.Members(context.Background()) {
		return m
	}
	t.Fatal("no member")
	return nil
}

func readAll(m *extract.Member) ([]byte, error) {
	r, err := m.Stream(context.Background())
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// TestTruncated cuts samples at every length: what is decoded is a prefix of the content, and the error says that and where the stream ends early.
func TestTruncated(t *testing.T) {
	for _, s := range samples {
		if s.slack > 0 || strings.HasPrefix(s.file, "empty") {
			continue
		}
		t.Run(s.file, func(t *testing.T) {
			raw, want := sample(t, s.file), contentOf(t, s.file)
			step := 13
			switch s.format.Name {
			case "xz", "lzma", "bzip2", "brotli": // each try makes megabytes of tables
				step = 67
			default:
				if strings.HasPrefix(s.file, "plain") {
					step = 1
				}
			}
			if testing.Short() {
				step *= 7
			}
			for n := 0; n < len(raw); n += step {
				cut, l := raw[:n], extract.DefaultLimits()
				b := extract.NewBudget(l)
				if !s.format.Detect(extract.NewProbe(extract.BytesSource(cut), s.file, b)) {
					if n > unitHead && s.format.Name != "zlib" && s.format.Name != "lzma" && s.format.Name != "brotli" {
						t.Fatalf("not detected when cut to %d bytes", n)
					}
					if n < unitHead {
						continue
					}
				}
				m := open(t, s.format, cut, l)
				got, err := readAll(m)
				if !bytes.HasPrefix(want, got) {
					t.Fatalf("cut to %d bytes: the %d decoded bytes are no prefix of the content", n, len(got))
				}
				if err == nil && cutBetween(s.file, n, len(got), len(want)) {
					continue
				}
				var u *extract.Unopened
				if !errors.As(err, &u) || u.Reason != extract.ReasonDamaged {
					t.Fatalf("cut to %d bytes: error %v, want damage", n, err)
				}
				if u.Extent.Offset > int64(n) || !strings.Contains(u.Detail, fmt.Sprint("offset ", u.Extent.Offset)) {
					t.Fatalf("cut to %d bytes: damage at %d: %s", n, u.Extent.Offset, u.Detail)
				}
			}
		})
	}
}

// cutBetween reports whether a sample may have been cut between two units, so that it decodes without an error.
func cutBetween(file string, n, got, want int) bool {
	switch file {
	case "kernel.lz4": // only the trailer is missing, or all but the magic
		return got == want || n == 4
	case "legacy.lz4":
		return n == 4
	case "members.gz", "streams.xz", "streams.bz2", "frames.zst", "frames.lz4":
		return got == 7000
	}
	return false
}

// TestDamaged breaks a byte in the middle of larger files: everything before the damage arrives.
func TestDamaged(t *testing.T) {
	content := mixed(t, 500<<10)
	for _, f := range written(t, content) {
		t.Run(f.name, func(t *testing.T) {
			raw := bytes.Clone(f.raw)
			at := len(raw) / 2
			for i := range 8 {
				raw[at+i] ^= 0x5a
			}
			got, err := readAll(open(t, f.format, raw, extract.DefaultLimits()))
			var u *extract.Unopened
			if !errors.As(err, &u) || u.Reason != extract.ReasonDamaged {
				t.Fatalf("error %v, want damage", err)
			}
			if u.Extent.Offset < int64(at) {
				t.Errorf("damage at %d is reported at %d", at, u.Extent.Offset)
			}
			n := 0
			for n < min(len(got), len(content)) && got[n] == content[n] {
				n++
			}
			if n < f.before {
				t.Errorf("%d right bytes before the damage, want at least %d; error: %v", n, f.before, err)
			}
		})
	}
}

func TestUnsupported(t *testing.T) {
	dict := sample(t, "plain.zst")
	dict = append([]byte{0x28, 0xb5, 0x2f, 0xfd, dict[4] | 1, dict[5], 7}, dict[6:]...) // a dictionary ID, only right without single segment
	if sample(t, "plain.zst")[4]&0x20 != 0 {
		dict = append([]byte{0x28, 0xb5, 0x2f, 0xfd, sample(t, "plain.zst")[4] | 1, 7}, sample(t, "plain.zst")[5:]...)
	}
	for name, c := range map[string]struct {
		format extract.Format
		data   []byte
		detail string
	}{
		"xz ARM64":        {XZ(), sample(t, "arm64.xz"), "filters ARM64 BCJ + LZMA2"},
		"zstd dictionary": {Zstd(), dict, "dictionary"},
		"lz4 dictionary":  {LZ4(), append([]byte{4, 0x22, 0x4d, 0x18, 0x41, 0x40, 1, 0, 0, 0, 0}, make([]byte, 20)...), "dictionary"},
	} {
		t.Run(name, func(t *testing.T) {
			if !c.format.Detect(extract.NewProbe(extract.BytesSource(c.data), "", extract.NewBudget(extract.DefaultLimits()))) {
				t.Error("not detected")
			}
			_, err := readAll(open(t, c.format, c.data, extract.DefaultLimits()))
			var u *extract.Unopened
			if !errors.As(err, &u) || u.Reason != extract.ReasonUnsupported || !strings.Contains(u.Detail, c.detail) {
				t.Errorf("error %v, want unsupported: %s", err, c.detail)
			}
		})
	}
}

// TestBuffer holds that a dictionary or window larger than the budget's buffer is refused before it is made.
func TestBuffer(t *testing.T) {
	lzma := bytes.Clone(sample(t, "plain.lzma"))
	copy(lzma[1:], []byte{0, 0, 0, 0x80}) // 2 GiB
	for name, c := range map[string]struct {
		format extract.Format
		data   []byte
	}{
		"xz":          {XZ(), sample(t, "dict128.xz")},
		"lzma":        {LZMA(), lzma},
		"zstd":        {Zstd(), []byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0x88, 1, 0, 0}},                      // window of 128 MiB
		"zstd single": {Zstd(), []byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0}}, // content of 4 GiB as its own window
	} {
		t.Run(name, func(t *testing.T) {
			if !c.format.Detect(extract.NewProbe(extract.BytesSource(c.data), "", extract.NewBudget(extract.DefaultLimits()))) {
				t.Error("not detected")
			}
			_, err := readAll(open(t, c.format, c.data, extract.DefaultLimits()))
			var l *extract.LimitError
			if !errors.As(err, &l) || l.Limit != "buffer" {
				t.Errorf("error %v, want the buffer limit", err)
			}
		})
	}
}

// TestConcurrent reads a member from several goroutines, leaves one stream unread and uses another after its end.
func TestConcurrent(t *testing.T) {
	for _, s := range samples {
		if s.file != "named.gz" && !strings.HasPrefix(s.file, "plain") {
			continue
		}
		m := open(t, s.format, sample(t, s.file), extract.DefaultLimits())
		want := contentOf(t, s.file)
		var group sync.WaitGroup
		for i := range 4 {
			group.Go(func() {
				r, err := m.Stream(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				if i == 0 {
					io.ReadFull(r, make([]byte, 100))
				} else if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s: %d bytes, %v", s.file, len(got), err)
				}
				r.Close()
				if n, err := r.Read(make([]byte, 1)); n != 0 || err == nil {
					t.Errorf("%s: reading a closed stream gives %d, %v", s.file, n, err)
				}
				r.Close()
			})
		}
		group.Wait()
	}
}

func TestCancelled(t *testing.T) {
	m := open(t, Gzip(), sample(t, "plain.gz"), extract.DefaultLimits())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r, err := m.Stream(ctx)
	if err == nil {
		defer r.Close()
		_, err = io.ReadAll(r)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

// brokenSource cannot be read from some offset on.
type brokenSource struct {
	extract.BytesSource
	from int64
}

func (b brokenSource) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.from {
		n, _ := b.BytesSource[:b.from].ReadAt(p, off)
		return n, &extract.RangeError{Extent: extract.Extent{Offset: b.from, Size: b.Size() - b.from}, Err: errors.New("worn out")}
	}
	return b.BytesSource.ReadAt(p, off)
}

// TestUnreadable holds that bytes which the parent cannot deliver are named as the cause, and that what comes before them arrives.
func TestUnreadable(t *testing.T) {
	for _, s := range samples {
		if !strings.HasPrefix(s.file, "plain") && s.file != "legacy.lz4" {
			continue
		}
		src := brokenSource{sample(t, s.file), 1000}
		c, err := s.format.Open(context.Background(), &extract.Input{Source: src, Name: s.file, Budget: extract.NewBudget(extract.DefaultLimits())})
		if err != nil {
			t.Fatal(err)
		}
		for m := range c.Members(context.Background()) {
			got, err := readAll(m)
			var re *extract.RangeError
			if !errors.As(err, &re) || !strings.Contains(err.Error(), "worn out") {
				t.Errorf("%s: error %v does not name the cause", s.file, err)
			}
			if !bytes.HasPrefix(contentOf(t, s.file), got) {
				t.Errorf("%s: the %d decoded bytes are no prefix", s.file, len(got))
			}
		}
	}
}

func TestContentName(t *testing.T) {
	for _, c := range []struct {
		format extract.Format
		file   string
		want   string
	}{
		{XZ(), "a.tar.xz", "a.tar"}, {XZ(), "a.TXZ", "a.tar"}, {XZ(), "dir/b.xz", "b"}, {XZ(), ".xz", "content"}, {XZ(), "", "content"},
		{XZ(), "noending", "noending"}, {XZ(), "..", "content"}, {XZ(), "a.gz", "a.gz"},
	} {
		in := &extract.Input{Source: extract.BytesSource(sample(t, "plain.xz")), Name: c.file, Budget: extract.NewBudget(extract.DefaultLimits())}
		o, err := c.format.Open(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		for m := range o.Members(context.Background()) {
			if m.Name != c.want {
				t.Errorf("content of %q is named %q, want %q", c.file, m.Name, c.want)
			}
		}
	}
}
