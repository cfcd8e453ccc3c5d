package erofs_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
	"github.com/censorscan/censorscan/extract/fsys/erofs"
)

// variants are the options of mkfs.erofs that are compared; an mkfs.erofs without one of them skips it.
var variants = []struct {
	name string
	args []string
}{
	{"plain", nil},
	{"plain-noinline", []string{"-Enoinline_data"}},
	{"extended", []string{"-Eforce-inode-extended"}},
	{"chunk-4k", []string{"--chunksize=4096"}},
	{"chunk-64k-map", []string{"--chunksize=65536", "-Eforce-chunk-indexes"}},
	{"chunk-blockmap", []string{"--chunksize=65536", "-Eforce-inode-blockmap"}},
	{"plain-xattr-shared", []string{"-x1"}},
	{"plain-xattr-prefix", []string{"-x1", "--xattr-prefix=user.long.prefix."}},
	{"plain-512", []string{"-b512"}},
	{"plain-16k", []string{"-b16384"}},
	{"plain-64k", []string{"-b65536"}},
	{"lz4", []string{"-zlz4"}},
	{"lz4-nopad", []string{"-zlz4", "-Elegacy-compress"}},
	{"lz4-512", []string{"-zlz4", "-b512"}},
	{"lz4-1k", []string{"-zlz4", "-b1024"}},
	{"lz4-16k", []string{"-zlz4hc", "-b16384"}},
	{"lz4-16k-big", []string{"-zlz4hc", "-b16384", "-C131072"}},
	{"lz4-64k", []string{"-zlz4", "-b65536"}},
	{"lz4-ztailpacking", []string{"-zlz4", "-Eztailpacking"}},
	{"lz4hc", []string{"-zlz4hc,9"}},
	{"lz4hc-64k", []string{"-zlz4hc,9", "-C65536"}},
	{"lz4hc-1m", []string{"-zlz4hc,9", "-C1048576"}},
	{"lz4hc-full-64k", []string{"-zlz4hc,9", "-C65536", "-Elegacy-compress"}},
	{"lz4hc-64k-ztailpacking", []string{"-zlz4hc", "-C65536", "-Eztailpacking"}},
	{"lz4-full-ztailpacking", []string{"-zlz4", "-Elegacy-compress,ztailpacking"}},
	{"lz4-fragments", []string{"-zlz4", "-Efragments"}},
	{"lz4-fragments-64k", []string{"-zlz4hc", "-Efragments,65536", "-C65536"}},
	{"lz4-fragments-prefix", []string{"-zlz4hc", "-Efragments", "-x1", "--xattr-prefix=user.long.prefix."}},
	{"lz4-all-fragments", []string{"-zlz4", "-Eall-fragments"}},
	{"lz4-dedupe", []string{"-zlz4", "-Ededupe"}},
	{"lz4-dedupe-64k", []string{"-zlz4hc", "-Ededupe", "-C65536"}},
	{"lz4-dedupe-fragments", []string{"-zlz4hc", "-Ededupe,fragments", "-C16384"}},
	{"lz4-dedupe-all-fragments", []string{"-zlz4hc", "-Ededupe,all-fragments", "-C32768"}},
	{"lz4-ztailpacking-dedupe", []string{"-zlz4hc", "-Eztailpacking,dedupe"}},
	{"lzma", []string{"-zlzma,6"}},
	{"lzma-64k", []string{"-zlzma,6", "-C65536"}},
	{"lzma-ztailpacking", []string{"-zlzma", "-Eztailpacking"}},
	{"lzma-dedupe-fragments", []string{"-zlzma", "-Ededupe,fragments", "-C65536"}},
	{"lzma-lc", []string{"-zlzma,level=6,lc=0,lp=2,pb=0"}},
	{"deflate", []string{"-zdeflate,9"}},
	{"deflate-64k", []string{"-zdeflate,9", "-C65536"}},
	{"deflate-ztailpacking", []string{"-zdeflate", "-Eztailpacking"}},
	{"deflate-dedupe-fragments", []string{"-zdeflate,1", "-Ededupe,fragments", "-C65536"}},
	{"zstd", []string{"-zzstd"}},
	{"zstd-64k", []string{"-zzstd,19", "-C65536"}},
	{"zstd-1m", []string{"-zzstd,19", "-C1048576"}},
	{"zstd-ztailpacking", []string{"-zzstd", "-Eztailpacking"}},
	{"zstd-dedupe-fragments", []string{"-zzstd", "-Ededupe,fragments", "-C65536"}},
	{"zstd-16k", []string{"-zzstd", "-b16384", "-C65536"}},
	{"compressed-directories", []string{"-zlz4hc", "--zD=1"}},
	{"48bit-plain", []string{"-E48bit"}},
	{"48bit-lz4", []string{"-zlz4", "-E48bit"}},
	{"48bit-zstd", []string{"-zzstd", "-E48bit", "-C65536"}},
	{"48bit-zstd-unaligned", []string{"-zzstd", "-E48bit", "--max-extent-bytes=65536"}},
	{"48bit-zstd-fragments", []string{"-zzstd", "-E48bit,fragments", "-C65536"}},
	{"48bit-zstd-dedupe", []string{"-zzstd", "-E48bit,dedupe", "-C65536"}},
	{"metabox-lz4", []string{"-zlz4hc", "-m4096"}},
	{"metabox-zstd", []string{"-zzstd", "-m65536", "-C65536", "--zD=1"}},
	{"metabox-plain", []string{"-zlz4", "-m4096", "-E48bit", "-x1"}},
	{"metazone", []string{"-zlz4", "--MZ=id", "-E48bit"}},
	{"two-algorithms", []string{"-zlz4hc:zstd:deflate:lzma", "--random-algorithms"}},
	{"random-clusters", []string{"-zlz4hc", "-C262144", "--random-pclusterblks"}},
	{"random-clusters-full", []string{"-zlz4hc", "-C262144", "-Elegacy-compress", "--random-pclusterblks"}},
	{"dot-omitted", []string{"-zlz4", "-Edot-omitted"}},
}

// TestTools builds images of one tree with every variant and compares what is read with the tree: names, modes, sizes, bytes, links, devices, attributes.
func TestTools(t *testing.T) {
	mkfs, err := exec.LookPath(os.Getenv("MKFS_EROFS"))
	if err != nil {
		t.Skipf("tools: MKFS_EROFS names no mkfs.erofs to build images with (this takes minutes): %v", err)
	}
	root := filepath.Join(t.TempDir(), "tree")
	makeTree(t, root)
	want := readTree(t, root)
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			image := filepath.Join(t.TempDir(), "image")
			out, err := exec.Command(mkfs, slices.Concat([]string{"-T0"}, v.args, []string{image, root})...).CombinedOutput()
			if err != nil {
				t.Skipf("tools: %s %s: %s", mkfs, strings.Join(v.args, " "), lastLine(out))
			}
			f, err := os.Open(image)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			compare(t, extract.ReaderSource(f, info.Size()), want)
		})
	}
}

func lastLine(b []byte) string {
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return lines[len(lines)-1]
}

// entry is what is compared of a file.
type entry struct {
	formattest.File
	Device [2]uint32
	Xattrs map[string]string
}

func compare(t *testing.T, src extract.Source, want map[string]entry) {
	t.Helper()
	list, err := formattest.List(erofs.Format(), src, "image", extract.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list.Problems {
		t.Error(p)
	}
	got := map[string]entry{}
	for name, f := range list.Files {
		got[name] = entry{File: f}
	}
	c, err := erofs.Format().Open(context.Background(), &extract.Input{Source: src, Budget: extract.NewBudget(extract.DefaultLimits())})
	if err != nil {
		t.Fatal(err)
	}
	for m, err := range c.Members(context.Background()) {
		if err != nil {
			t.Error(err)
			continue
		}
		e := got[m.Name]
		e.Device = m.Device
		for _, x := range m.Xattrs {
			if e.Xattrs == nil {
				e.Xattrs = map[string]string{}
			}
			e.Xattrs[x.Name] = string(x.Value)
		}
		got[m.Name] = e
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		w, g := want[name], got[name]
		if fmt.Sprint(w) != fmt.Sprint(g) {
			t.Errorf("%q:\n got %v\nwant %v", name, g, w)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			t.Errorf("%q is not in the tree", name)
		}
	}
	checkSlack(t, list, src)
}

// checkSlack fails when bytes other than zero are in no member and not in the structure. Where the gap is smaller than an inode, mkfs.erofs may leave what its
// buffer held.
func checkSlack(t *testing.T, l *formattest.Listing, src extract.Source) {
	t.Helper()
	all := append(slices.Clone(l.Claimed), l.Structure...)
	slices.SortFunc(all, func(a, b extract.Extent) int { return int(a.Offset - b.Offset) })
	all = append(all, extract.Extent{Offset: src.Size()})
	at := int64(0)
	for _, e := range all {
		if e.Offset >= at+32 {
			gap := make([]byte, e.Offset-at)
			if _, err := src.ReadAt(gap, at); err != nil && err != io.EOF {
				t.Fatal(err)
			}
			if n := len(gap) - bytes.Count(gap, []byte{0}); n > 0 {
				t.Errorf("bytes %d to %d are claimed by nobody and %d of them are not zero", at, e.Offset, n)
			}
		}
		at = max(at, e.End())
	}
}

func readTree(t *testing.T, root string) map[string]entry {
	t.Helper()
	want := map[string]entry{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		e := entry{File: formattest.File{Mode: info.Mode()}, Xattrs: readXattrs(path)}
		switch {
		case info.Mode().IsRegular():
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			e.Size, e.SHA256 = info.Size(), fmt.Sprintf("%x", sha256.Sum256(b))
		case info.Mode()&fs.ModeSymlink != 0:
			if e.Link, err = os.Readlink(path); err != nil {
				return err
			}
		case info.Mode()&fs.ModeDevice != 0:
			var st unix.Stat_t
			if err := unix.Lstat(path, &st); err != nil {
				return err
			}
			e.Device = [2]uint32{unix.Major(st.Rdev), unix.Minor(st.Rdev)}
		}
		name := strings.TrimPrefix(path, root)
		if name == "" {
			name = "/"
		}
		want[name] = e
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return want
}

func readXattrs(path string) map[string]string {
	buf := make([]byte, 64<<10)
	n, err := unix.Llistxattr(path, buf)
	if err != nil || n == 0 {
		return nil
	}
	m := map[string]string{}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(buf[:n]), "\x00"), "\x00") {
		value := make([]byte, 64<<10)
		if n, err := unix.Lgetxattr(path, name, value); err == nil {
			m[name] = string(value[:n])
		}
	}
	return m
}

// makeTree writes a tree with files of every kind: compressible and not, shared parts, holes, tiny and large, odd names, links, devices and attributes.
func makeTree(t *testing.T, root string) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(root, "empty dir"), 0o750))
	must(os.MkdirAll(filepath.Join(root, "a/b/c/d/e"), 0o755))
	must(os.MkdirAll(filepath.Join(root, "many"), 0o711))
	write := func(name string, b []byte) {
		t.Helper()
		must(os.WriteFile(filepath.Join(root, name), b, 0o644))
	}
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		return b
	}
	text := func(n int) []byte {
		var b bytes.Buffer
		for b.Len() < n {
			fmt.Fprintf(&b, "line %d: %x 敏感词 %d\n", b.Len(), rnd.Uint32N(1<<12), rnd.Uint32N(9))
		}
		return b.Bytes()[:n]
	}
	for _, n := range []int{0, 1, 7, 31, 511, 512, 513, 4000, 4095, 4096, 4097, 5000, 8191, 8192, 12289, 16384, 65535, 65536, 65537, 200001} {
		write(fmt.Sprintf("text-%d", n), text(n))
		write(fmt.Sprintf("a/random-%d", n), random(n))
		write(fmt.Sprintf("a/b/zeros-%d", n), make([]byte, n))
	}
	big := slices.Concat(text(700_000), random(150_000), make([]byte, 300_000), text(50_001), random(5))
	write("big", big)
	write("big-shifted", append([]byte("shifted"), big[:900_000]...))
	write("big-copy", big)
	write("big-part", slices.Concat(random(1234), big[100_000:600_000], random(77)))
	write("all-zeros", make([]byte, 5<<20))
	for i := range 40 { // small changes between versions, for deduplication and fragments
		v := slices.Clone(big[:60_000+i*1000])
		v[rnd.IntN(len(v))] ^= 0x55
		write(fmt.Sprintf("a/b/c/version-%d", i), v)
	}
	sparse, err := os.Create(filepath.Join(root, "sparse"))
	must(err)
	for _, off := range []int64{0, 1 << 20, 3<<20 + 12345} {
		_, err = sparse.WriteAt(text(10_000), off)
		must(err)
	}
	must(sparse.Truncate(8 << 20))
	must(sparse.Close())
	for i := range 3000 {
		write(fmt.Sprintf("many/entry number %d", i), []byte(fmt.Sprint(i)))
	}
	write("a/\xff\xfe\x80 not utf-8", []byte("odd"))
	write("a/中文名字", text(300))
	write("a/"+strings.Repeat("n", 250), []byte("long name"))
	must(os.Symlink("text-1", filepath.Join(root, "link")))
	must(os.Symlink("../../../outside", filepath.Join(root, "a/link-out")))
	must(os.Symlink(strings.Repeat("long/", 800), filepath.Join(root, "a/link-long")))
	must(os.Link(filepath.Join(root, "big"), filepath.Join(root, "a/b/hard link")))
	must(os.Chmod(filepath.Join(root, "text-31"), 0o755|fs.ModeSetuid))
	must(os.Chmod(filepath.Join(root, "empty dir"), 0o777|fs.ModeSticky))
	must(unix.Mkfifo(filepath.Join(root, "fifo"), 0o600))
	must(unix.Mknod(filepath.Join(root, "socket"), unix.S_IFSOCK|0o600, 0))
	for name, dev := range map[string]uint64{"char": unix.Mkdev(1, 3), "big-device": unix.Mkdev(259, 70000)} {
		if err := unix.Mknod(filepath.Join(root, name), unix.S_IFCHR|0o600, int(dev)); err != nil && !errors.Is(err, unix.EPERM) {
			t.Fatal(err)
		}
	}
	_ = unix.Mknod(filepath.Join(root, "block"), unix.S_IFBLK|0o600, int(unix.Mkdev(8, 1))) // only root may
	for _, x := range []struct{ path, name, value string }{
		{"text-1", "user.one", "value"},
		{"text-7", "user.one", "value"},
		{"text-31", "user.one", "value"},
		{"text-511", "user.long.prefix.a", "1"},
		{"text-512", "user.long.prefix.b", strings.Repeat("v", 900)},
		{"text-513", "user.empty", ""},
		{"text-4096", "security.selinux", "u:object_r:system_file:s0\x00"},
		{"text-4097", "security.selinux", "u:object_r:system_file:s0\x00"},
		{"big", "security.selinux", "u:object_r:system_file:s0\x00"},
		{"a", "trusted.dir", "directory"},
		{"", "security.selinux", "u:object_r:rootfs:s0\x00"},
	} {
		_ = unix.Setxattr(filepath.Join(root, x.path), x.name, []byte(x.value), 0) // as far as the file system has them
	}
}
