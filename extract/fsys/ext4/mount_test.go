package ext4

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// mounted makes an image, lets the kernel fill it, and compares what the kernel reads with what we read.
func mounted(t *testing.T, options []string, size string, fill func(root string)) {
	t.Helper()
	needTools(t, "mke2fs", "mount", "umount")
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	dir := scratch(t)
	img, mnt := filepath.Join(dir, "img"), filepath.Join(dir, "mnt")
	command(t, "mke2fs", append(append([]string{"-q", "-F"}, options...), img, size)...)
	if err := os.Mkdir(mnt, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-o", "loop", img, mnt).CombinedOutput(); err != nil {
		t.Skipf("mount: %v: %s", err, out)
	}
	var want map[string]entry
	func() {
		defer func() {
			command(t, "umount", mnt)
		}()
		fill(mnt)
		want = hostTree(t, mnt)
	}()
	got, l := imageTree(t, img)
	compare(t, got, want, true)
	if len(l.Problems) > 0 {
		t.Errorf("problems: %q", l.Problems[:min(len(l.Problems), 5)])
	}
	checkClaims(t, img, l)
	t.Logf("%d files", len(got))
}

func TestKernel(t *testing.T) {
	tests := []struct {
		name, options string
	}{
		{"4k", "-t ext4 -b 4096"},
		{"1k", "-t ext4 -b 1024"},
		{"inline data", "-t ext4 -b 4096 -O inline_data"},
		{"inline data and large inodes", "-t ext4 -b 4096 -I 1024 -O inline_data"},
		{"ea_inode", "-t ext4 -b 4096 -O ea_inode"},
		{"ext3", "-t ext3 -b 4096"},
		{"ext2 1k", "-t ext2 -b 1024"},
		{"bigalloc", "-t ext4 -b 4096 -O bigalloc"},
		{"large_dir, quota", "-t ext4 -b 1024 -O large_dir,quota"},
		{"meta_bg", "-t ext4 -b 1024 -O meta_bg,^resize_inode"},
	}
	if os.Getenv(allTools) == "" {
		t.Skipf("set %s=1 to run it: it takes a minute", allTools)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mounted(t, strings.Fields(tt.options), "600M", func(root string) {
				buildTree(t, root, 2500)
				kernelOnly(t, root, strings.Contains(tt.options, "ea_inode"))
			})
		})
	}
}

// kernelOnly adds what mke2fs cannot make.
func kernelOnly(t *testing.T, root string, large bool) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// attributes in the inode, in a block, and with large values
	for i, size := range []int{0, 1, 20, 60, 200, 700} {
		p := filepath.Join(root, fmt.Sprintf("attr%d", i))
		must(os.WriteFile(p, bytes.Repeat([]byte{byte('a' + i)}, 30*i), 0o600))
		must(unix.Setxattr(p, "user.value", bytes.Repeat([]byte{'v'}, size), 0))
		must(unix.Setxattr(p, "security.selinux", []byte("u:object_r:system_file:s0\x00"), 0))
		must(unix.Setxattr(p, "trusted.overlay.opaque", []byte("y"), 0))
	}
	must(unix.Setxattr(root, "security.selinux", []byte("u:object_r:rootfs:s0\x00"), 0))
	if large {
		for i, size := range []int{4000, 10000, 60000} {
			p := filepath.Join(root, fmt.Sprintf("large%d", i))
			must(os.WriteFile(p, []byte("x"), 0o600))
			must(unix.Setxattr(p, "user.large", bytes.Repeat([]byte{'0', byte(i)}, size/2), 0))
		}
	}
	// deleted and renamed entries, a shrunken directory
	for i := range 400 {
		if i%3 == 0 {
			must(os.Remove(filepath.Join(root, fmt.Sprintf("many/file with a longer name %05d", i))))
		}
	}
	must(os.Rename(filepath.Join(root, "few/1"), filepath.Join(root, "few/another name")))
	// blocks that are allocated but not written, behind and before the end
	f, err := os.Create(filepath.Join(root, "allocated"))
	must(err)
	if err := unix.Fallocate(int(f.Fd()), 0, 0, 1<<20); err == nil {
		_, err = f.WriteAt([]byte("in the middle"), 500000)
		must(err)
		must(unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, 1<<20, 1<<20))
	}
	must(f.Close())
	// an inline file that grew without being written
	f, err = os.Create(filepath.Join(root, "grown"))
	must(err)
	_, err = f.WriteString("twenty bytes of text")
	must(err)
	must(f.Truncate(90))
	must(f.Close())
	// extents in two levels: alternating writes leave many pieces
	if unix.Access(filepath.Join(root, "comb"), unix.F_OK) == nil {
		f, err = os.Create(filepath.Join(root, "pieces"))
		must(err)
		for i := int64(0); i < 3000; i++ {
			_, err = f.WriteAt(bytes.Repeat([]byte{byte(i)}, 1000), i*9000)
			must(err)
		}
		must(f.Close())
	}
	s, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	must(err)
	defer unix.Close(s)
	here, err := os.Getwd()
	must(err)
	defer func() { must(os.Chdir(here)) }()
	must(os.Chdir(root)) // the path of a socket is short
	must(unix.Bind(s, &unix.SockaddrUnix{Name: "socket"}))
}
