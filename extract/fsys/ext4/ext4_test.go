package ext4

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
	"github.com/censorscan/censorscan/extract/fsys/tree"
)

const samples = "../../../testdata/ext4"

var sampleNames = []string{"ext2", "ext3-inode128", "ext4", "inline", "meta_bg", "bigalloc", "block16k", "indexed", "android"}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join(samples, name+".img.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// golden reads what went into the samples.
func golden(t testing.TB) map[string]entry {
	t.Helper()
	f, err := os.Open(filepath.Join(samples, "golden.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string]entry{}
	for s := bufio.NewScanner(f); s.Scan(); {
		col := strings.Split(s.Text(), "\t")
		name, err1 := url.PathUnescape(col[0])
		mode, err2 := strconv.ParseUint(col[1], 8, 16)
		size, err3 := strconv.ParseInt(col[2], 10, 64)
		kind, ok := fileMode(uint16(mode))
		if err := errors.Join(err1, err2, err3); err != nil || !ok {
			t.Fatal(s.Text(), err)
		}
		e := entry{File: formattest.File{Mode: kind, Size: size}}
		if col[3] != "-" {
			e.SHA256 = col[3]
		}
		if col[4] != "-" {
			if e.Link, err = url.PathUnescape(col[4]); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := fmt.Sscanf(col[5], "%d:%d", &e.Device[0], &e.Device[1]); err != nil {
			t.Fatal(err)
		}
		all[name] = e
	}
	return all
}

func sampleFile(t *testing.T, name string) string {
	path := filepath.Join(t.TempDir(), "img")
	if err := os.WriteFile(path, sample(t, name), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSamples(t *testing.T) {
	want := golden(t)
	for _, name := range sampleNames {
		t.Run(name, func(t *testing.T) {
			if name == "android" {
				t.Skip("has a test of its own")
			}
			path := sampleFile(t, name)
			got, l := imageTree(t, path)
			delete(got, "/lost+found")
			compare(t, got, want, false)
			checkClaims(t, path, l)
			if len(l.Problems) > 0 {
				t.Errorf("problems: %q", l.Problems)
			}
			formattest.CheckRandomAccess(t, Format(), extract.BytesSource(sample(t, name)), name)
		})
	}
}

// android shares the blocks of a file, and has an encrypted one and one with a Merkle tree.
func TestAndroid(t *testing.T) {
	want := golden(t)
	path := sampleFile(t, "android")
	got, l := imageTree(t, path)
	delete(got, "/lost+found")
	const sealed, verity = "/many/a file with a rather long name, number 7", "/app/sparse"
	if p := got[sealed].Problem; !strings.Contains(p, "encrypted") {
		t.Errorf("problem of the encrypted file: %q", p)
	}
	if n := got[verity].Size; n != 1000 {
		t.Errorf("the file with a Merkle tree has %d bytes", n)
	}
	shared := want["/app/long"]
	shared.Mode = want["/app/holes"].Mode
	want["/app/holes"] = shared
	for _, name := range []string{sealed, verity} {
		delete(got, name)
		delete(want, name)
	}
	compare(t, got, want, false)
	if len(l.Problems) > 0 {
		t.Errorf("problems: %q", l.Problems)
	}
	data := sample(t, "android")
	end := int64(bytes.Index(data, []byte("at the end")))
	found := false
	for _, e := range l.Structure {
		found = found || e.Offset <= end && end < e.End()
	}
	for _, e := range l.Claimed {
		if e.Offset <= end && end < e.End() {
			t.Error("the Merkle tree is content")
		}
	}
	if !found {
		t.Error("the Merkle tree is not structure")
	}
}

func TestXattrs(t *testing.T) {
	c, err := openContainer(t.Context(), &extract.Input{Source: extract.BytesSource(sample(t, "indexed")), Budget: extract.NewBudget(extract.DefaultLimits())})
	if err != nil {
		t.Fatal(err)
	}
	for m, err := range c.Members(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		if m.Name == "/app/long" || m.Name == "/app/deep/er/hard" {
			want = xattrString([]extract.Xattr{{Name: "user.large", Value: bytes.Repeat([]byte{'v'}, 400)}, {Name: "security.selinux", Value: []byte("u:object_r:system_file:s0")}})
		}
		if got := xattrString(m.Xattrs); got != want {
			t.Errorf("%s: attributes %s, want %s", m.Name, got, want)
		}
	}
}

// TestFS runs the standard suite on the directories whose names and files fs.FS can hold.
func TestFS(t *testing.T) {
	for _, name := range []string{"ext4", "inline", "ext2"} {
		t.Run(name, func(t *testing.T) {
			data := sample(t, name)
			i := bytes.Index(data, []byte("not \xff utf-8"))
			if i < 0 {
				t.Fatal("the name that is not UTF-8 is missing")
			}
			data[i+4] = '_'
			f, err := Open(bytes.NewReader(data), int64(len(data)), extract.NewBudget(extract.DefaultLimits()))
			if err != nil {
				t.Fatal(err)
			}
			for name, e := range golden(t) { // TestFS cannot open what is not there to be read, such as pipes
				if e.Mode&(fs.ModeNamedPipe|fs.ModeDevice) != 0 {
					if info, err := f.Stat(strings.TrimPrefix(name, "/")); err != nil || info.Mode() != e.Mode {
						t.Errorf("%s: %v, %v", name, info, err)
					}
				}
			}
			sub, err := fs.Sub(f, "app")
			if err != nil {
				t.Fatal(err)
			}
			if err := fstest.TestFS(sub, "small.txt", "deep/er/hard", "deep/slow"); err != nil {
				t.Error(err)
			}
			if got, err := f.ReadLink("app/deep/fast"); err != nil || got != "../small.txt" {
				t.Errorf("ReadLink = %q, %v", got, err)
			}
			info, err := f.Stat("app/small.txt")
			if err != nil {
				t.Fatal(err)
			}
			if st, ok := info.Sys().(tree.Stat); !ok || st.ModTime.Unix() < 1700000000 {
				t.Errorf("Sys = %+v", info.Sys())
			}
		})
	}
	if _, err := Open(bytes.NewReader(make([]byte, 4096)), 4096, extract.NewBudget(extract.DefaultLimits())); !errors.Is(err, extract.ErrNotThis) {
		t.Errorf("zeros: %v", err)
	}
}

// Every metadata checksum must be told to be wrong when a byte that it covers changes.
func TestChecksums(t *testing.T) {
	data := sample(t, "indexed")
	im, err := openImage(extract.BytesSource(data), extract.NewBudget(extract.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	long := lookup(t, im, "/app/long")
	small := lookup(t, im, "/app/small.txt")
	app := lookup(t, im, "/app")
	dir, err := app.mapping()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		what   string
		offset int64
	}{
		{"superblock", superOffset + 0x78}, // volume name
		{"inode", small.offset + 0x10},     // a time
		{"inode", app.offset + 0x10},       // read more than once
		{"attribute block", long.xattrBlock*im.blockSize + 0xC},
		{"directory", dir.runs[0].physical*im.blockSize + im.blockSize - 20}, // behind the names
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			bad := bytes.Clone(data)
			bad[tt.offset] ^= 0x10
			l, err := formattest.List(Format(), extract.BytesSource(bad), "", extract.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("damaged: 1 metadata checksums do not match, the first that of the %s at offset", tt.what)
			if len(l.Problems) != 1 || !strings.HasPrefix(l.Problems[0], want) {
				t.Errorf("problems %q, want %q", l.Problems, want)
			}
		})
	}
}

// lookup finds an inode by its path.
func lookup(t testing.TB, im *image, path string) *inode {
	t.Helper()
	n, err := im.inode(rootInode, nil)
	if err != nil {
		t.Fatal(err)
	}
next:
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		for e, err := range n.Entries() {
			if err != nil {
				t.Fatal(err)
			}
			if e.Name == part {
				if n, err = im.inode(uint32(e.ID), nil); err != nil {
					t.Fatal(err)
				}
				continue next
			}
		}
		t.Fatalf("%s does not exist", path)
	}
	return n
}

func FuzzFormat(f *testing.F) {
	var seeds [][]byte
	for _, name := range []string{"ext2", "inline", "android", "indexed"} {
		seeds = append(seeds, sample(f, name)[:128<<10]) // the tables, and few of the files: large inputs are slow to mutate
	}
	formattest.Fuzz(f, Format(), seeds...)
}

// FuzzMetadata changes a few bytes of a sound image where its metadata lies, which is where the parsers are.
func FuzzMetadata(f *testing.F) {
	data := sample(f, "indexed")
	l, err := formattest.List(Format(), extract.BytesSource(data), "", extract.DefaultLimits())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(5), uint32(0x18), []byte{60})
	f.Add(uint32(1), uint32(0x28), []byte{0, 0, 0, 0})
	f.Add(uint32(2), uint32(4), []byte{0, 0})
	f.Fuzz(func(t *testing.T, region, offset uint32, b []byte) {
		bad := bytes.Clone(data)
		e := l.Structure[int(region)%len(l.Structure)]
		copy(bad[e.Offset+int64(offset)%e.Size:e.End()], b)
		formattest.Survive(t, Format(), bad)
	})
}

func BenchmarkRead(b *testing.B) {
	data := sample(b, "ext4")
	var total int64
	for i := 0; b.Loop(); i++ {
		c, err := openContainer(context.Background(), &extract.Input{Source: extract.BytesSource(data), Budget: extract.NewBudget(extract.DefaultLimits())})
		if err != nil {
			b.Fatal(err)
		}
		for m, err := range c.Members(context.Background()) {
			if err != nil {
				b.Fatal(err)
			}
			if !m.Mode.IsRegular() {
				continue
			}
			src, err := m.Open(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			n, err := io.Copy(io.Discard, io.NewSectionReader(src, 0, src.Size()))
			if err != nil {
				b.Fatal(err)
			}
			total += n
		}
		if i == 0 {
			b.SetBytes(total)
		}
	}
}
