package ext4

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

// The tests in this file build images with mke2fs and debugfs, and, where loop mounts are allowed, with the kernel, and compare every file with
// what went in or with what the kernel reads. They skip what is missing.

// entry is a file as both sides tell it.
type entry struct {
	formattest.File
	Device [2]uint32
	Xattrs string
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// scratch is a folder for images; in memory if possible, because the tools wait for the disk.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "ext4")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func needTools(t *testing.T, names ...string) {
	t.Helper()
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	for _, n := range names {
		if _, err := exec.LookPath(n); err != nil {
			t.Skipf("tools: %v", err)
		}
	}
}

// hostTree reads a directory of this machine.
func hostTree(t *testing.T, root string) map[string]entry {
	t.Helper()
	all := map[string]entry{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		name := "/" + strings.TrimPrefix(strings.TrimPrefix(path, root), "/")
		e := entry{File: formattest.File{Mode: info.Mode()}}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			if e.Link, err = os.Readlink(path); err != nil {
				return err
			}
		case info.Mode()&fs.ModeDevice != 0:
			e.Device = [2]uint32{unix.Major(uint64(st.Rdev)), unix.Minor(uint64(st.Rdev))}
		case info.Mode().IsRegular():
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			h := sha256.New()
			if e.Size, err = io.Copy(h, f); err != nil {
				return err
			}
			e.SHA256 = hex.EncodeToString(h.Sum(nil))
		}
		e.Xattrs = hostXattrs(path)
		all[name] = e
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func hostXattrs(path string) string {
	buf := make([]byte, 64<<10)
	n, err := unix.Llistxattr(path, buf)
	if err != nil {
		return ""
	}
	var list []extract.Xattr
	for _, name := range bytes.Split(buf[:n], []byte{0}) {
		if len(name) == 0 {
			continue
		}
		value := make([]byte, 64<<10)
		if k, err := unix.Lgetxattr(path, string(name), value); err == nil {
			list = append(list, extract.Xattr{Name: string(name), Value: value[:k]})
		}
	}
	return xattrString(list)
}

func xattrString(list []extract.Xattr) string {
	var lines []string
	for _, x := range list {
		lines = append(lines, fmt.Sprintf("%s=%x", x.Name, sha256.Sum256(x.Value)))
	}
	slices.Sort(lines)
	return strings.Join(lines, " ")
}

// imageTree reads an image as the walker does.
func imageTree(t *testing.T, path string) (map[string]entry, *formattest.Listing) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	src := extract.ReaderSource(f, info.Size())
	l, err := formattest.List(Format(), src, "image", extract.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]entry{}
	c, err := openContainer(context.Background(), &extract.Input{Source: src, Budget: extract.NewBudget(extract.DefaultLimits())})
	if err != nil {
		t.Fatal(err)
	}
	for m, err := range c.Members(context.Background()) {
		if err != nil {
			continue // in l.Problems
		}
		e := entry{File: l.Files[m.Name], Device: m.Device, Xattrs: xattrString(m.Xattrs)}
		if !m.Mode.IsRegular() {
			e.Size = 0
		}
		all[m.Name] = e
	}
	if len(all) != len(l.Files) {
		t.Errorf("%d members, %d names", len(l.Files), len(all))
	}
	return all, l
}

// compare fails for every difference. POSIX ACLs have another form on disk, so their values are not compared.
func compare(t *testing.T, got, want map[string]entry, xattrs bool) {
	t.Helper()
	bad := 0
	for name, w := range want {
		g, ok := got[name]
		if !xattrs {
			g.Xattrs, w.Xattrs = "", ""
		}
		if !ok || g != w {
			if bad++; bad <= 10 {
				t.Errorf("%q\n got %+v\nwant %+v", name, g, w)
			}
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			if bad++; bad <= 10 {
				t.Errorf("%q is not in the tree", name)
			}
		}
	}
	if bad > 0 {
		t.Errorf("%d of %d files differ", bad, len(want))
	}
}

// buildTree makes a tree with what file systems stumble over. Big adds large and fragmented files; devices need root.
func buildTree(t *testing.T, root string, many int) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(name string, data []byte) {
		t.Helper()
		path := filepath.Join(root, name)
		must(os.MkdirAll(filepath.Dir(path), 0o755))
		must(os.WriteFile(path, data, 0o644))
	}
	pattern := func(n, seed int) []byte {
		b := make([]byte, n)
		x := uint32(seed)*2654435761 + 1
		for i := range b {
			x = x*1664525 + 1013904223
			b[i] = byte(x >> 24)
		}
		return b
	}
	for i, n := range []int{0, 1, 3, 59, 60, 61, 100, 130, 155, 160, 161, 200, 1023, 1024, 1025, 4095, 4096, 4097, 12288, 12289, 65536, 70001, 300000, 2 << 20} {
		write(fmt.Sprintf("sizes/%d", n), pattern(n, i))
	}
	for i := range many {
		write(fmt.Sprintf("many/file with a longer name %05d", i), pattern(i%50, i))
	}
	for i := range 7 {
		write(fmt.Sprintf("few/%d", i), []byte{byte(i)})
		must(os.MkdirAll(filepath.Join(root, fmt.Sprintf("deep/%d/%d/%d", i, i, i)), 0o750))
	}
	write("names/"+strings.Repeat("n", 255), []byte("long name"))
	write("names/not \xff utf-8 \x80", []byte("bytes"))
	write("names/习近平.txt", []byte("名字"))
	write("names/new\nline", []byte("x"))
	for _, n := range []int{1, 58, 59, 60, 61, 100, 155, 156, 160, 255, 1000} {
		must(os.Symlink(strings.Repeat("l", n), filepath.Join(root, "names", fmt.Sprintf("link%d", n))))
	}
	must(os.Symlink("../../../../etc/passwd", filepath.Join(root, "names/outside")))
	must(os.Link(filepath.Join(root, "sizes/4097"), filepath.Join(root, "names/hard")))
	must(os.Chmod(filepath.Join(root, "sizes/100"), 0o755|fs.ModeSetuid|fs.ModeSetgid))
	must(os.Chmod(filepath.Join(root, "deep"), 0o777|fs.ModeSticky))
	// holes: at the beginning, in the middle, at the end, in the indirect blocks, and a file of 1.3 GiB
	for name, at := range map[string][]int64{"begin": {1 << 20}, "middle": {0, 5 << 20, 20 << 20}, "huge": {0, 70 << 20}, "odd": {12345, 99999}} {
		f, err := os.Create(filepath.Join(root, "sparse-"+name))
		must(err)
		for _, off := range at {
			_, err = f.WriteAt([]byte("data at some offset"), off)
			must(err)
		}
		must(f.Close())
	}
	f, err := os.Create(filepath.Join(root, "sparse-only"))
	must(err)
	must(f.Truncate(3<<20 + 17))
	must(f.Close())
	f, err = os.Create(filepath.Join(root, "comb")) // every second block of 8 KiB is a hole
	must(err)
	for i := int64(0); i < 400; i++ {
		_, err = f.WriteAt(pattern(8<<10, int(i)), i*16<<10)
		must(err)
	}
	must(f.Close())
	must(unix.Mkfifo(filepath.Join(root, "names/pipe"), 0o600))
	if os.Getuid() == 0 {
		must(unix.Mknod(filepath.Join(root, "names/null"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))))
		must(unix.Mknod(filepath.Join(root, "names/large"), unix.S_IFBLK|0o660, int(unix.Mkdev(259, 100000))))
	}
	for _, size := range []int{0, 5, 40, 300} {
		p := filepath.Join(root, fmt.Sprintf("few/%d", size%7))
		if err := unix.Setxattr(p, "user.size", bytes.Repeat([]byte{'v'}, size), 0); err != nil {
			break // this file system has none
		}
		_ = unix.Lsetxattr(p, "security.selinux", []byte("u:object_r:system_file:s0\x00"), 0)
	}
}

// allTools is the environment variable that asks for all images. Without it a few are built, to be quick.
const allTools = "ALL_IMAGES"

// feature is a set of mke2fs options, one for each way in which images differ.
type feature struct {
	name, options string
	always        bool
}

func (f feature) args() []string {
	if strings.Contains(f.options, "-t ext") || strings.Contains(f.options, "-r 0") {
		return strings.Fields(f.options)
	}
	return append([]string{"-t", "ext4"}, strings.Fields(f.options)...)
}

var features = []feature{
	{"1k", "-b 1024", false},
	{"2k", "-b 2048", false},
	{"4k", "-b 4096", false},
	{"16k", "-b 16384", false},
	{"64k", "-b 65536", false},
	{"32bit", "-b 1024 -O ^64bit", false},
	{"no checksums", "-O ^metadata_csum", false},
	{"uninit_bg", "-O ^metadata_csum,uninit_bg", false},
	{"checksum seed", "-O metadata_csum_seed -U random", false},
	{"inline data", "-O inline_data -b 4096", true},
	{"inline data, 1k", "-b 1024 -O inline_data -I 1024", false},
	{"inodes of 128 bytes", "-I 128 -O ^project", false},
	{"inodes of 512 bytes", "-I 512 -b 4096", false},
	{"bigalloc", "-O bigalloc -C 65536 -b 4096", false},
	{"bigalloc 1k", "-O bigalloc -b 1024 -C 8192", false},
	{"meta_bg", "-O meta_bg,^resize_inode -b 1024 -g 2048", false},
	{"meta_bg 64bit", "-O meta_bg,^resize_inode,64bit,^flex_bg -b 1024 -g 1024", false},
	{"no flex_bg", "-O ^flex_bg -b 1024 -g 2048", false},
	{"sparse_super2", "-O sparse_super2 -b 1024", false},
	{"no sparse_super", "-O ^sparse_super,^resize_inode -b 1024", false},
	{"large_dir, ea_inode, casefold, verity, quota", "-O large_dir,ea_inode,casefold,verity,quota,project,encrypt", false},
	{"ext2", "-t ext2 -b 4096", false},
	{"ext2 1k", "-t ext2 -b 1024", false},
	{"ext3", "-t ext3 -b 1024", false},
	{"ext3 4k", "-t ext3 -b 4096 -I 128", false},
	{"no file types", "-t ext2 -O ^filetype", false},
	{"revision 0", "-r 0 -O none -b 1024", false},
}

func TestMke2fs(t *testing.T) {
	needTools(t, "mke2fs")
	root := t.TempDir()
	buildTree(t, root, 300)
	want := hostTree(t, root)
	for _, f := range features {
		t.Run(f.name, func(t *testing.T) {
			img := filepath.Join(scratch(t), "img")
			if !f.always && os.Getenv(allTools) == "" {
				t.Skipf("set %s=1 to run it", allTools)
			}
			command(t, "mke2fs", append(append([]string{"-q", "-F", "-d", root}, f.args()...), img, "100M")...)
			got, l := imageTree(t, img)
			delete(got, "/lost+found")
			fixRoot(got, want)
			compare(t, got, want, false)
			checkClaims(t, img, l)
			if len(l.Problems) > 0 {
				t.Errorf("problems: %q", l.Problems[:min(len(l.Problems), 5)])
			}
		})
	}
}

// fixRoot: mke2fs sets the mode of the root itself.
func fixRoot(got, want map[string]entry) {
	r := got["/"]
	r.Mode = want["/"].Mode
	got["/"] = r
}

// checkClaims fails if bytes other than zero belong neither to a member nor to the structure, apart from the journal and from quota files.
func checkClaims(t *testing.T, path string, l *formattest.Listing) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	im, err := openImage(extract.BytesSource(data), extract.NewBudget(extract.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	claimed := append(slices.Clone(l.Claimed), l.Structure...)
	for _, id := range []uint32{3, 4, 8, le.Uint32(data[superOffset+0x26C:]), le.Uint32(data[superOffset+0x280:])} {
		if n, err := im.inode(id, &claims{}); err == nil {
			m, err := n.mapping()
			if err != nil {
				t.Fatal(err)
			}
			claimed = append(claimed, m.extents()...)
			claimed = append(claimed, n.claims.extents(im.blockSize)...)
		}
	}
	at, bad := int64(0), 0
	for _, e := range append(merge(claimed, int64(len(data))), extract.Extent{Offset: int64(len(data))}) {
		for i, c := range data[at:e.Offset] {
			if c != 0 {
				if bad++; bad <= 5 {
					o := at + int64(i)
					t.Errorf("block %d + %d (byte %d of %d unclaimed ones) is %#x", o/im.blockSize, o%im.blockSize, i, e.Offset-at, c)
				}
				break
			}
		}
		at = e.End()
	}
	if bad > 0 {
		t.Errorf("%d runs of bytes are claimed by nobody", bad)
	}
}
