package tar

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/archive/archivetest"
	"github.com/censorscan/censorscan/extract/formattest"
)

// pythonList prints the regular files of tars as python3's tarfile reads them: path of the tar, size, SHA-256, name.
const pythonList = `
import hashlib, sys, tarfile
for path in sys.argv[1:]:
    with tarfile.open(path, "r:") as t:
        for i in t:
            if i.isfile() or i.islnk():
                data = t.extractfile(i).read()
                name = i.name.encode("utf-8", "surrogateescape")
                sys.stdout.buffer.write(b"%s\t%d\t%s\t%s\n" % (path.encode(), len(data), hashlib.sha256(data).hexdigest().encode(), name))
`

// TestTools has tar, bsdtar, 7z and python3 pack a generated tree in many ways and compares each file with what python3 reads.
func TestTools(t *testing.T) {
	dir := t.TempDir()
	names := archivetest.WriteTree(t, dir, 50)
	prepare := `ln big.bin hard; mkdir -p "$(printf 'n%.0s' $(seq 150))/$(printf 'm%.0s' $(seq 120))"; cp dir1/* n*/m*/; truncate -s 3M holes; printf end >> holes; ln -s big.bin soft`
	if err := archivetest.Shell(t, dir, "LC_ALL=C", prepare); err != nil {
		t.Skip(err)
	}
	cases := []struct{ name, script string }{
		{"v7", `tar --format=v7 -cf $OUT dir* big.bin hard soft`},
		{"oldgnu", `tar --format=oldgnu -cf $OUT .`},
		{"gnu", `tar --format=gnu -cf $OUT .`},
		{"ustar", `tar --format=ustar -cf $OUT dir* big.bin hard soft`},
		{"posix", `tar --format=posix -cf $OUT .`},
		{"gnu sparse", `tar --format=gnu -S -cf $OUT .`},
		{"posix sparse 0.0", `tar --format=posix -S --sparse-version=0.0 -cf $OUT .`},
		{"posix sparse 0.1", `tar --format=posix -S --sparse-version=0.1 -cf $OUT .`},
		{"posix sparse 1.0", `tar --format=posix -S --sparse-version=1.0 -cf $OUT .`},
		{"appended", `tar -cf $OUT dir1 && tar -rf $OUT dir2 && tar -cf $OUT.2 dir3 && tar -A -f $OUT $OUT.2`},
		{"7z", `7z a -ttar $OUT dir* big.bin > /dev/null`},
		{"bsdtar pax", `bsdtar --format=pax -cf $OUT .`},
		{"bsdtar gnutar", `bsdtar --format=gnutar -cf $OUT .`},
		{"python pax", `python3 -c 'import sys, tarfile; t = tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT); t.add("."); t.close()' $OUT`},
		{"python gnu", `python3 -c 'import sys, tarfile; t = tarfile.open(sys.argv[1], "w", format=tarfile.GNU_FORMAT); t.add("."); t.close()' $OUT`},
	}
	out := t.TempDir()
	var paths []string
	for _, c := range cases {
		path := filepath.Join(out, strings.ReplaceAll(c.name, " ", "-")+".tar")
		if err := archivetest.Shell(t, dir, "OUT="+path, c.script); err != nil {
			t.Logf("%s is not tested: %v", c.name, err)
			continue
		}
		paths = append(paths, path)
	}
	want := map[string][]string{}
	for _, line := range archivetest.Python(t, pythonList, paths...) {
		path, line, _ := strings.Cut(line, "\t")
		want[path] = append(want[path], line)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			if len(want[path]) < 10 || len(want[path]) > 2*len(names) {
				t.Fatalf("%d files packed of %d", len(want[path]), len(names))
			}
			compare(t, path, want[path])
		})
	}
}

// compare reads a tar and compares its regular files with lines of size, SHA-256 and name.
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
	formattest.CheckAccounting(t, l, src.Size())
	formattest.CheckRandomAccess(t, Format(), src, path)
}

func BenchmarkMembers(b *testing.B) {
	var data []byte
	for i := range 10000 {
		data = append(data, entryOf(fmt.Sprintf("res/drawable/name_%d.xml", i), typeRegular, "content of a small file")...)
	}
	data = append(data, make([]byte, 2*blockSize)...)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		c, err := Format().Open(context.Background(), &extract.Input{Source: extract.BytesSource(data), Budget: extract.NewBudget(extract.DefaultLimits())})
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range c.Members(context.Background()) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
