package zip

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/archive/archivetest"
	"github.com/censorscan/censorscan/extract/formattest"
)

// pythonList prints the members of zips as python3's zipfile reads them: path of the zip, size, SHA-256, name.
const pythonList = `
import hashlib, sys, zipfile
for path in sys.argv[1:]:
    with zipfile.ZipFile(path) as z:
        for i in z.infolist():
            if not i.is_dir():
                data = z.read(i)
                name = i.filename.encode("utf-8" if i.flag_bits & 0x800 else "cp437")
                sys.stdout.buffer.write(b"%s\t%d\t%s\t%s\n" % (path.encode(), len(data), hashlib.sha256(data).hexdigest().encode(), name))
`

// python gives for each path what pythonList prints of it.
func python(t *testing.T, paths []string) map[string][]string {
	t.Helper()
	lines := map[string][]string{}
	for _, line := range archivetest.Python(t, pythonList, paths...) {
		path, line, _ := strings.Cut(line, "\t")
		lines[path] = append(lines[path], line)
	}
	return lines
}

// TestTools has zip, 7z and python3 pack a generated tree in many ways and compares each file with what python3 or 7z reads.
func TestTools(t *testing.T) {
	dir := t.TempDir()
	names := archivetest.WriteTree(t, dir, 50)
	cases := []struct{ name, script string }{
		{"zip", `zip -q -r -X $OUT .`},
		{"zip -0", `zip -q -r -0 $OUT .`},
		{"zip -9 with comments", `yes 'comment of an entry' | zip -q -r -9 -c $OUT . > /dev/null`},
		{"zip bzip2", `zip -q -r -Z bzip2 $OUT .`},
		{"zip64", `zip -q -r -fz $OUT .`},
		{"zip streamed", `zip -q -r - . | cat > $OUT`},
		{"zip appended", `zip -q -r $OUT dir0 dir1 dir2 && zip -q -r $OUT dir3 big.bin && zip -q -d $OUT 'dir0/*'`},
		{"prepended", `zip -q -r $OUT . && { head -c 99999 big.bin; cat $OUT; } > $OUT.2 && mv $OUT.2 $OUT`},
		{"prepended, adjusted", `zip -q -r $OUT . && { head -c 99999 big.bin; cat $OUT; } > $OUT.2 && mv $OUT.2 $OUT && zip -q -A $OUT`},
		{"7z deflate", `7z a -tzip -mm=Deflate $OUT . > /dev/null`},
		{"7z lzma", `7z a -tzip -mm=LZMA $OUT . > /dev/null`},
		{"7z bzip2", `7z a -tzip -mm=BZip2 $OUT . > /dev/null`},
		{"7z streamed lzma", `7z a -tzip -mm=LZMA -siname < big.bin $OUT > /dev/null`},
		{"zipalign", `zip -q -r -n .txt $OUT.2 . && zipalign -p 4 $OUT.2 $OUT`},
		{"aapt", `find . -type f -size -64k | head -50 | xargs -d '\n' aapt add $OUT > /dev/null`},
		{"python", `python3 -c 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1], "w", 8); [z.write(n, n) for n in sys.argv[2:]]; z.close()' $OUT dir*/*`},
		{"python to a pipe", `python3 -c 'import sys, zipfile; z = zipfile.ZipFile(sys.stdout.buffer, "w", 8); [z.write(n, n) for n in sys.argv[2:]]; z.close()' $OUT dir*/* | cat > $OUT`},
	}
	out := t.TempDir()
	var paths []string
	for _, c := range cases {
		path := filepath.Join(out, strings.ReplaceAll(c.name, " ", "-")+".zip")
		if err := archivetest.Shell(t, dir, "OUT="+path, c.script); err != nil {
			t.Logf("%s is not tested: %v", c.name, err)
			continue
		}
		paths = append(paths, path)
	}
	want := python(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			if n := len(want[path]); n == 0 || n > len(names) {
				t.Fatalf("%d files packed of %d", n, len(names))
			}
			compare(t, path, want[path])
		})
	}
}

// TestStreamed64: zip 3.0 forgets the locator of the zip64 record when it has to write one without need; unzip reads on all the same.
func TestStreamed64(t *testing.T) {
	dir := t.TempDir()
	if err := archivetest.Shell(t, dir, "LC_ALL=C", "head -c 1000000 /dev/zero | zip -q -fz - - | cat > x.zip"); err != nil {
		t.Skip(err)
	}
	compare(t, filepath.Join(dir, "x.zip"), []string{"1000000\t" + archivetest.Sum(make([]byte, 1000000)) + "\t-"})
}

// compare reads a zip and compares its files with lines of size, SHA-256 and name.
func compare(t *testing.T, path string, want []string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	src := extract.ReaderSource(f, st.Size())
	l := list(t, src)
	if len(l.Problems) > 0 {
		t.Errorf("problems: %q", l.Problems)
	}
	files := 0
	for _, f := range l.Files {
		if f.Mode.IsRegular() {
			files++
		}
	}
	if files != len(want) {
		t.Errorf("%d files, want %d", files, len(want))
	}
	for _, line := range want {
		v := strings.SplitN(line, "\t", 3)
		got, ok := l.Files[v[2]]
		if !ok || got.Problem != "" || fmt.Sprint(got.Size) != v[0] || got.SHA256 != v[1] {
			t.Errorf("%s: %+v, want %s bytes %s", v[2], got, v[0], v[1])
		}
	}
	formattest.CheckRandomAccess(t, Format(), src, path)
}

// TestSharedSamples compares apps and an OTA package with what python3 reads.
func TestSharedSamples(t *testing.T) {
	const folder = "../../../../shared/samples/"
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("samples: %v", err)
	}
	paths, err := filepath.Glob(folder + "*.[az][pi][kp]")
	if err != nil || len(paths) == 0 {
		t.Skipf("samples: none, %v", err)
	}
	want := python(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) { compare(t, path, want[path]) })
	}
}

// TestBomb: entries that quote one another (David Fifield, "A better zip bomb", 2019) and entries that share one place give no more raw bytes
// than twice the archive's size.
func TestBomb(t *testing.T) {
	kernel := deflate(string(make([]byte, 1<<20)))
	parts := []part{whole("kernel", deflated, string(make([]byte, 1<<20)))}
	for i := range 500 {
		parts = append(parts, parts[0].with(func(p *part) { p.name, p.at = fmt.Sprint(i), 0 }))
	}
	same := build(0, parts...)
	parts = nil
	for i := range 500 { // each local header lies in the data of the one before
		p := whole(fmt.Sprintf("%03d", i), stored, "")
		p.packed = uint32((499-i)*(localLen+3) + len(kernel))
		p.size = p.packed
		parts = append(parts, p)
	}
	parts[499].body = kernel
	for _, c := range []struct {
		name string
		data []byte
	}{{"one place", same}, {"quoted", build(0, parts...)}} {
		l := list(t, extract.BytesSource(c.data))
		raw := int64(0)
		for _, e := range l.Claimed {
			raw += e.Size
		}
		if raw > 2*int64(len(c.data)) {
			t.Errorf("%s: %d raw bytes of an archive of %d", c.name, raw, len(c.data))
		}
		if refused := strings.Count(strings.Join(l.Problems, "\n"), "limit: entry lies within other entries"); refused+len(l.Files) < 500 || refused < 100 {
			t.Errorf("%s: %d members, %d refused; want 500 in all", c.name, len(l.Files), refused)
		}
	}
}

// zeros is a deflate stream of n MiB of zeros.
func zeros(t *testing.T, n int) []byte {
	t.Helper()
	var block bytes.Buffer
	w, err := flate.NewWriter(&block, 9)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(make([]byte, 1<<20))
	w.Flush()
	return append(bytes.Repeat(block.Bytes(), n), "\x01\x00\x00\xff\xff"...)
}

// TestRatio: a bomb whose size stands behind it, in an archive without a directory, is left at the ratio of what was
// read of it, when its end is looked for as when it is read.
func TestRatio(t *testing.T) {
	p := described("z", deflated, "")
	p.body = zeros(t, 200)
	packed := uint32(len(p.body))
	p.body = append(p.body, le.AppendUint32(le.AppendUint32(le.AppendUint32([]byte(spanSig), 0), packed), 200<<20)...)
	data := append(build(0, p, whole("a", deflated, text).with(func(p *part) { p.hidden = true })), make([]byte, 1<<20)...)
	limits := extract.DefaultLimits()
	limits.Ratio = 16
	l, err := formattest.List(Format(), extract.BytesSource(data[:bytes.Index(data, []byte(endSig))]), "", limits)
	if err != nil {
		t.Fatal(err)
	}
	if f := l.Files["z"]; f.Size != 64<<20 || !strings.Contains(f.Problem, "ratio limit 16 reached") {
		t.Errorf("%d bytes, problem %q", f.Size, f.Problem)
	}
	if f := l.Files["a"]; f.SHA256 != archivetest.Sum(text) {
		t.Errorf("the member behind the bomb: %+v", f)
	}
}

// TestXz wraps a stream that xz made, and sees that its CRC is checked.
func TestXz(t *testing.T) {
	want := archivetest.Tree(t)["assets/deep/er/lines.txt"]
	body := sample(t, "lines.xz")
	r := list(t, sample(t, "deflate.zip"))
	if r.Files["assets/deep/er/lines.txt"].SHA256 != want.SHA256 {
		t.Fatal("the sample is not of the tree")
	}
	p := whole("x", xzed, "")
	p.body, p.packed, p.size = body, uint32(len(body)), uint32(want.Size)
	got := list(t, extract.BytesSource(build(0, p))).Files["x"]
	if got.SHA256 != want.SHA256 || !strings.Contains(got.Problem, "CRC-32 is") {
		t.Errorf("%+v, want %s and a complaint about the checksum", got, want.SHA256)
	}
}

func BenchmarkDeflate(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var content bytes.Buffer
	for content.Len() < 8<<20 {
		fmt.Fprintf(&content, "word%d ", r.IntN(5000))
	}
	benchmark(b, build(0, whole("a", deflated, content.String())), int64(content.Len()))
}

func BenchmarkMembers(b *testing.B) {
	var parts []part
	for i := range 10000 {
		parts = append(parts, whole(fmt.Sprintf("res/drawable/name_%d.xml", i), deflated, "content of a small file"))
	}
	data := build(0, parts...)
	benchmark(b, data, int64(len(data)))
}

// benchmark reads all members of an archive.
func benchmark(b *testing.B, data []byte, n int64) {
	b.SetBytes(n)
	b.ReportAllocs()
	ctx, buf := context.Background(), make([]byte, 64<<10)
	for b.Loop() {
		c, err := Format().Open(ctx, &extract.Input{Source: extract.BytesSource(data), Budget: extract.NewBudget(extract.DefaultLimits())})
		if err != nil {
			b.Fatal(err)
		}
		for m, err := range c.Members(ctx) {
			if err != nil {
				b.Fatal(err)
			}
			r, err := m.Stream(ctx)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, r, buf); err != nil {
				b.Fatal(err)
			}
			r.Close()
		}
	}
}
