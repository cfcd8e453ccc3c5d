package payload

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

const testdata = "../../../testdata/payload"

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sample opens one of the shared samples, or skips.
func sample(t testing.TB, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join("../../../../shared/samples", name))
	if err != nil {
		t.Skipf("samples: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func fileSource(t testing.TB, f *os.File) extract.Source {
	t.Helper()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return extract.ReaderSource(f, st.Size())
}

// otaSample is the payload within the sample OTA, read in place.
func otaSample(t testing.TB) (*os.File, extract.Extent) {
	t.Helper()
	f := sample(t, "control_clean_ota-payload.zip")
	z, err := zip.NewReader(f, fileSource(t, f).Size())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range z.File {
		if m.Name == "payload.bin" {
			off, err := m.DataOffset()
			if err != nil {
				t.Fatal(err)
			}
			return f, extract.Extent{Offset: off, Size: int64(m.UncompressedSize64)}
		}
	}
	t.Fatal("no payload.bin in the sample")
	return nil, extract.Extent{}
}

func list(t testing.TB, src extract.Source, l extract.Limits) *formattest.Listing {
	t.Helper()
	out, err := formattest.List(Format(), src, "payload.bin", l)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// compare checks a listing against lines of "name size sha256".
func compare(t *testing.T, l *formattest.Listing, golden string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(golden), "\n")
	if len(l.Files) != len(lines) {
		t.Errorf("%d partitions, want %d", len(l.Files), len(lines))
	}
	for _, line := range lines {
		name, _, _ := strings.Cut(line, " ")
		f := l.Files[name]
		if got := fmt.Sprintf("%s %d %s", name, f.Size, f.SHA256); got != line || f.Problem != "" {
			t.Errorf("got  %s (%s)\nwant %s", got, f.Problem, line)
		}
	}
	for _, p := range l.Problems {
		t.Errorf("problem: %s", p)
	}
}

func TestTiny(t *testing.T) {
	src := extract.BytesSource(readFile(t, testdata+"/tiny.bin"))
	l := list(t, src, extract.DefaultLimits())
	compare(t, l, string(readFile(t, testdata+"/tiny.sha256")))
	formattest.CheckAccounting(t, l, src.Size())
	formattest.CheckRandomAccess(t, Format(), src, "payload.bin")
}

// dump runs the independent dumper.
func dump(t *testing.T, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skipf("dumper: %v", err)
	}
	cmd := exec.Command("python3", append([]string{testdata + "/dump.py"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("dump.py: %v", err)
	}
	return string(out)
}

func TestSampleOTA(t *testing.T) {
	if testing.Short() || race {
		t.Skip("decodes 50 MB, which takes the race detector a minute; TestTools is the same with less")
	}
	f, at := otaSample(t)
	src := extract.Section(fileSource(t, f), at)
	l := list(t, src, extract.DefaultLimits())
	compare(t, l, dump(t, f.Name(), "--offset", fmt.Sprint(at.Offset)))
	formattest.CheckAccounting(t, l, src.Size())
}

func TestUpdateEngineFullSample(t *testing.T) {
	f := sample(t, "full_payload.bin")
	l := list(t, fileSource(t, f), extract.DefaultLimits())
	compare(t, l, dump(t, f.Name()))
	formattest.CheckAccounting(t, l, fileSource(t, f).Size())
}

func TestUpdateEngineDeltaSample(t *testing.T) {
	f := sample(t, "delta_payload.bin")
	l := list(t, fileSource(t, f), extract.DefaultLimits())
	const want = "unsupported feature: delta operation SOURCE_COPY needs the previous image (6 REPLACE_BZ, 1 SOURCE_COPY, 6 ZERO, 1 BROTLI_BSDIFF)"
	if got := l.Files["kernel"].Problem; got != want {
		t.Errorf("kernel: problem %q, want %q", got, want)
	}
	if root := l.Files["root"]; root.Problem != "" || root.Size == 0 { // whole, though the payload is a delta
		t.Errorf("root: %+v", root)
	}
	formattest.CheckAccounting(t, l, fileSource(t, f).Size())
}

// TestTools writes larger images with the real tools, packs them in each way that payloads are packed, and compares with the images.
func TestTools(t *testing.T) {
	if testing.Short() {
		t.Skip("builds images")
	}
	for _, tool := range []string{"python3", "mke2fs", "mkfs.erofs", "zstd"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("tools: %v", err)
		}
	}
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	tree := filepath.Join(dir, "tree")
	if err := os.Mkdir(tree, 0o755); err != nil {
		t.Fatal(err)
	}
	writeTree(t, tree)
	system, product := filepath.Join(dir, "system.img"), filepath.Join(dir, "product.img")
	run("mke2fs", "-q", "-t", "ext4", "-d", tree, system, "5m")
	run("mkfs.erofs", "-zlz4hc", product, tree)
	golden := goldenLine(t, "system", system) + goldenLine(t, "product", product)

	cases := []struct {
		name string
		args []string
	}{
		{"all types", nil},
		{"2 MiB operations", []string{"--blocks", "512"}},
		{"scattered extents", []string{"--scatter"}},
		{"one xz operation", []string{"--blocks", "0", "--kinds", "xz"}},
		{"one bzip2 operation, scattered", []string{"--blocks", "0", "--kinds", "bz", "--scatter"}},
		{"one zstd operation", []string{"--blocks", "0", "--kinds", "zstd"}},
		{"zstd numbered 11", []string{"--kinds", "zstd", "--zstd-type", "11"}},
		{"zstd numbered 8", []string{"--kinds", "zstd", "--zstd-type", "8"}},
	}
	small := extract.DefaultLimits()
	small.Memory, small.Buffer = 16<<20, 8<<20 // so that single operations are spooled
	for i, c := range cases {
		if race && i%2 == 1 {
			continue // slow, and no different to the race detector
		}
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(dir, fmt.Sprintf("%d.bin", i))
			run(append(append([]string{"python3", testdata + "/make_payload.py"}, c.args...), out, "system="+system, "product="+product)...)
			src := extract.BytesSource(readFile(t, out))
			limits := extract.DefaultLimits()
			if strings.HasPrefix(c.name, "one ") {
				limits = small
			}
			l := list(t, src, limits)
			compare(t, l, golden)
			formattest.CheckAccounting(t, l, src.Size())
			formattest.CheckRandomAccess(t, Format(), src, "payload.bin")
		})
	}
	t.Run("one partition of two is a delta", func(t *testing.T) {
		out := filepath.Join(dir, "delta.bin")
		run("python3", testdata+"/make_payload.py", "--delta", "system", out, "system="+system, "product="+product)
		src := extract.BytesSource(readFile(t, out))
		l := list(t, src, extract.DefaultLimits())
		if got := l.Files["system"].Problem; !strings.Contains(got, "delta operation SOURCE_COPY needs the previous image (") || !strings.Contains(got, ", 1 SOURCE_COPY,") {
			t.Errorf("system: problem %q", got)
		}
		delete(l.Files, "system")
		compare(t, l, goldenLine(t, "product", product))
		formattest.CheckAccounting(t, l, src.Size())
	})
}

func writeTree(t *testing.T, dir string) {
	t.Helper()
	var text, noise bytes.Buffer
	for i, x := 0, uint32(1); i < 40_000; i++ {
		fmt.Fprintf(&text, "%d\n", i)
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		noise.WriteByte(byte(x))
	}
	for name, b := range map[string][]byte{"text": text.Bytes(), "noise": noise.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func goldenLine(t *testing.T, name, path string) string {
	t.Helper()
	l := hashOf(t, readFile(t, path))
	return fmt.Sprintf("%s %s\n", name, l)
}

func BenchmarkSequential(b *testing.B) {
	f, at := otaSample(b)
	src := extract.Section(fileSource(b, f), at)
	c, members := openAll(b, src, false)
	defer c.Close()
	total := int64(0)
	for _, m := range members {
		total += m.Size
	}
	b.SetBytes(total)
	for b.Loop() {
		for _, m := range members {
			s, err := m.Open(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, io.NewSectionReader(s, 0, s.Size())); err != nil {
				b.Fatal(err)
			}
			s.(io.Closer).Close()
		}
	}
}

// BenchmarkCached reads decoded blocks again, as a file system does.
func BenchmarkCached(b *testing.B) {
	c, members := openAll(b, extract.BytesSource(readFile(b, testdata+"/tiny.bin")), false)
	defer c.Close()
	s, err := members[0].Open(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 4096)
	b.SetBytes(int64(len(buf)))
	i := int64(0)
	for b.Loop() {
		if _, err := s.ReadAt(buf, i*4096%(s.Size()-4096)); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
