package erofs_test

import (
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
	"github.com/censorscan/censorscan/extract/fsys/erofs"
)

const testdata = "../../../testdata/erofs"

// samples gives the images of testdata by name.
func samples(tb testing.TB) map[string]extract.BytesSource {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join(testdata, "*.erofs"))
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no images in %s (%v)", testdata, err)
	}
	m := map[string]extract.BytesSource{}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			tb.Fatal(err)
		}
		m[strings.TrimSuffix(filepath.Base(p), ".erofs")] = b
	}
	return m
}

func sample(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(testdata, name+".erofs"))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// golden reads tree.tsv, which make.sh wrote of the tree that the images were made from.
func golden(t *testing.T) map[string]entry {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testdata, "tree.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]entry{}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(b), "\n"), "\n") {
		f := strings.Split(line, "\t")
		mode, err := strconv.ParseUint(f[1], 8, 32)
		if err != nil {
			t.Fatal(err)
		}
		e := entry{File: formattest.File{Mode: fs.FileMode(mode & 0o777), SHA256: f[3], Link: f[4]}}
		switch mode >> 12 {
		case 0o4:
			e.Mode |= fs.ModeDir
		case 0o12:
			e.Mode |= fs.ModeSymlink
		case 0o1:
			e.Mode |= fs.ModeNamedPipe
		case 0o2:
			e.Mode |= fs.ModeDevice | fs.ModeCharDevice
			e.Device = [2]uint32{1, 3} // the only one is /dev/null
		}
		if mode&0o4000 != 0 {
			e.Mode |= fs.ModeSetuid
		}
		if e.Size, err = strconv.ParseInt(f[2], 10, 64); err != nil {
			t.Fatal(err)
		}
		for _, x := range strings.FieldsFunc(f[5], func(r rune) bool { return r == ',' }) {
			name, value, _ := strings.Cut(x, "=")
			v, err := hex.DecodeString(value)
			if err != nil {
				t.Fatal(err)
			}
			if e.Xattrs == nil {
				e.Xattrs = map[string]string{}
			}
			e.Xattrs[name] = string(v)
		}
		want[f[0]] = e
	}
	return want
}

func TestSamples(t *testing.T) {
	want := golden(t)
	for name, src := range samples(t) {
		t.Run(name, func(t *testing.T) {
			compare(t, src, want)
			formattest.CheckRandomAccess(t, erofs.Format(), src, name)
		})
	}
}

func TestFS(t *testing.T) {
	for _, name := range []string{"plain", "dedupe", "metabox"} {
		t.Run(name, func(t *testing.T) {
			src := extract.BytesSource(sample(t, name))
			f, err := erofs.Open(src, src.Size(), extract.NewBudget(extract.DefaultLimits()))
			if err != nil {
				t.Fatal(err)
			}
			if link, err := f.ReadLink("link"); err != nil || link != "etc/text-1" {
				t.Errorf("link = %q, %v", link, err)
			}
			sub, err := fs.Sub(f, "app") // etc holds a name that fs.ValidPath refuses
			if err != nil {
				t.Fatal(err)
			}
			if err := fstest.TestFS(sub, "big.txt", "mixed.bin"); err != nil {
				t.Error(err)
			}
		})
	}
}
