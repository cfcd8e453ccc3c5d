package tar

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/archive/archivetest"
	"github.com/censorscan/censorscan/extract/formattest"
)

// sample reads a sample, unpacked if it is compressed.
func sample(t testing.TB, name string) extract.BytesSource {
	t.Helper()
	b := archivetest.Sample(t, "tar/"+name)
	if !strings.HasSuffix(name, ".gz") {
		return b
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	b, err = io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func list(t testing.TB, src extract.Source) *formattest.Listing {
	return archivetest.List(t, Format(), src)
}

// check compares a listing with what it should be, and sees that every byte is accounted for.
func check(t *testing.T, src extract.Source, l *formattest.Listing, want map[string]formattest.File, slack ...extract.Extent) {
	t.Helper()
	if len(l.Problems) > 0 {
		t.Errorf("problems: %q", l.Problems)
	}
	for name, w := range want {
		if got, ok := l.Files[name]; !ok || got != w {
			t.Errorf("%s: %+v, want %+v", name, got, w)
		}
	}
	if len(l.Files) != len(want) {
		t.Errorf("%d members, want %d", len(l.Files), len(want))
	}
	formattest.CheckAccounting(t, l, src.Size(), slack...)
	formattest.CheckRandomAccess(t, Format(), src, "x.tar")
}

func file(content string) formattest.File {
	return formattest.File{Mode: 0o644, Size: int64(len(content)), SHA256: archivetest.Sum(content)}
}

// TestTree compares archives of each kind with the tree that went into them.
func TestTree(t *testing.T) {
	for _, name := range []string{"v7.tar", "oldgnu.tar", "gnu.tar", "ustar.tar", "posix.tar"} {
		t.Run(name, func(t *testing.T) {
			src := sample(t, name)
			check(t, src, list(t, src), archivetest.Tree(t))
		})
	}
}

func TestConcatenated(t *testing.T) {
	src, tree := sample(t, "concatenated.tar"), archivetest.Tree(t)
	check(t, src, list(t, src), map[string]formattest.File{"assets/list.txt": tree["assets/list.txt"], "small.gz": tree["small.gz"]})
}

// TestSpecial has long names and links, a hard link and a fifo.
func TestSpecial(t *testing.T) {
	d := strings.Repeat("d", 90)
	link := d + "/" + d + "/file with a name that is long, and a target that is longer"
	dir := formattest.File{Mode: fs.ModeDir | 0o755}
	want := map[string]formattest.File{
		"special/":                     dir,
		"special/" + d + "/":           dir,
		"special/" + d + "/" + d + "/": dir,
		"special/" + d + "/" + d + "/file with a name that is long": file("deep"),
		"special/a":       file("shared"),
		"special/b":       file("shared"),
		"special/fifo":    {Mode: fs.ModeNamedPipe | 0o644},
		"special/symlink": {Mode: fs.ModeSymlink | 0o777, Size: int64(len(link)), Link: link},
	}
	for _, name := range []string{"special-gnu.tar", "special-posix.tar"} {
		t.Run(name, func(t *testing.T) {
			src := sample(t, name)
			check(t, src, list(t, src), want)
		})
	}
}

// TestSparse reads the old format and the three of pax, and looks that holes are told.
func TestSparse(t *testing.T) {
	content := make([]byte, 40*65536+12345)
	for i := range 40 {
		copy(content[i*65536:], fmt.Sprintf("run %d\n", i))
	}
	want := map[string]formattest.File{"sparse": file(string(content)), "after": file("after\n")}
	for _, name := range []string{"sparse.tar.gz", "sparse-0.0.tar.gz", "sparse-0.1.tar.gz", "sparse-1.0.tar.gz"} {
		t.Run(name, func(t *testing.T) {
			src := sample(t, name)
			check(t, src, list(t, src), want)
			c, err := Format().Open(context.Background(), &extract.Input{Source: src, Budget: extract.NewBudget(extract.DefaultLimits())})
			if err != nil {
				t.Fatal(err)
			}
			for m := range c.Members(context.Background()) {
				if m.Name != "sparse" {
					continue
				}
				s, err := m.Open(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				start, end := s.(extract.Sparse).NextData(8192)
				if start < 8192 || start > 65536 || end <= 65536 || end > 65536*2 {
					t.Errorf("NextData(8192) = %d, %d; want the run at 65536", start, end)
				}
			}
		})
	}
}

func TestNumbersAndDevices(t *testing.T) {
	src := sample(t, "base256.tar")
	check(t, src, list(t, src), map[string]formattest.File{"old": file("abc"), "dev/null": {Mode: fs.ModeDevice | fs.ModeCharDevice | 0o666}})
	for m := range members(t, src) {
		if m.Name == "dev/null" && m.Device != [2]uint32{1, 3} {
			t.Errorf("device %v, want 1, 3", m.Device)
		}
	}
}

func TestXattr(t *testing.T) {
	src := sample(t, "xattr.tar")
	at := int64(bytes.Index(src, []byte("comment=")))
	check(t, src, list(t, src), map[string]formattest.File{"f": file("abc")}, extract.Extent{Offset: at / blockSize * blockSize, Size: blockSize})
	found := false
	for m := range members(t, src) {
		found = len(m.Xattrs) == 1 && m.Xattrs[0].Name == "security.selinux" && string(m.Xattrs[0].Value) == "u:object_r:system_file:s0\x00"
	}
	if !found {
		t.Error("xattr is missing")
	}
}

func members(t *testing.T, src extract.Source) func(func(*extract.Member) bool) {
	c, err := Format().Open(context.Background(), &extract.Input{Source: src, Budget: extract.NewBudget(extract.DefaultLimits())})
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(*extract.Member) bool) {
		for m, err := range c.Members(context.Background()) {
			if err != nil {
				t.Error(err)
			} else if !yield(m) {
				return
			}
		}
	}
}

func TestDetect(t *testing.T) {
	tar := sample(t, "v7.tar")
	bad := bytes.Clone(tar)
	bad[10]++
	for _, c := range []struct {
		name string
		data []byte
		want bool
	}{
		{"v7", tar, true},
		{"gnu", sample(t, "gnu.tar"), true},
		{"first block alone", tar[:blockSize], true},
		{"checksum wrong", bad, false},
		{"zeros", make([]byte, 1024), false},
		{"zeros with the checksum of zeros", func() []byte { b := make([]byte, 512); copy(b[148:], "000400\x00 "); return b }(), false},
		{"short", tar[:511], false},
		{"nothing", nil, false},
	} {
		if got := detect(extract.NewProbe(extract.BytesSource(c.data), "", extract.NewBudget(extract.DefaultLimits()))); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func FuzzFormat(f *testing.F) {
	files, err := filepath.Glob(archivetest.Samples + "tar/*.tar*")
	if err != nil || len(files) < 10 {
		f.Fatalf("%d samples, %v", len(files), err)
	}
	var seeds [][]byte
	for _, name := range files {
		seeds = append(seeds, sample(f, filepath.Base(name)))
	}
	for _, h := range hostile() {
		seeds = append(seeds, h.data)
	}
	seeds = append(seeds, samsung(f))
	formattest.Fuzz(f, Format(), seeds...)
}
