package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// ours is what ls and extract tell of one input.
type ours struct {
	dir  string
	root string
	list map[string]listed // by path chain, as ls prints it
}

// listed is a line of ls.
type listed struct {
	mode   string
	size   int64
	format string
	link   string
	device string // "major:minor"
	partOf string // name of the sibling that this is a part of
	bad    string // what is wrong with it: "reason: detail"
	name   string // in its container, as the path chain has it
}

// openOurs extracts an input as a whole and lists it.
func openOurs(t *testing.T, path string) *ours {
	t.Helper()
	o := &ours{dir: t.TempDir(), root: filepath.Base(path), list: map[string]listed{}}
	var stdout, stderr bytes.Buffer
	if code := run(context.Background(), []string{"extract", "-q", path, "-o", o.dir}, nil, io.Discard, &stderr); code != exitDone {
		t.Fatalf("extract %s: exit code %d\n%s", path, code, stderr.String())
	}
	if code := run(context.Background(), []string{"ls", path}, nil, &stdout, &stderr); code != exitDone {
		t.Fatalf("ls %s: exit code %d\n%s", path, code, stderr.String())
	}
	// extract does not write its input; compare with the input itself
	if err := os.Symlink(mustAbs(t, path), filepath.Join(o.dir, o.root)); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(stdout.String()) {
		m := lsLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			t.Fatalf("ls %s prints %q", path, line)
		}
		size, err := strconv.ParseInt(m[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		e := listed{mode: m[1], size: size, format: m[3]}
		if m[5] != "" {
			e.device = m[5] + ":" + m[6]
		}
		if m[7] != "" {
			if e.link, err = strconv.Unquote(m[7]); err != nil {
				t.Fatalf("ls %s prints %q: %v", path, line, err)
			}
		}
		if e.partOf, e.bad = m[8], m[9]; e.partOf != "" {
			if e.partOf, err = strconv.Unquote(e.partOf); err != nil {
				t.Fatalf("ls %s prints %q: %v", path, line, err)
			}
		}
		if _, twice := o.list[m[4]]; twice {
			t.Errorf("ls %s prints %s twice", path, m[4])
		}
		e.name = m[4][strings.LastIndexByte(m[4], '!')+1:]
		o.list[m[4]] = e
	}
	return o
}

// lsLine takes a line of ls apart: mode, size, format, path chain, numbers of a device, target of a link, the whole that it is a part of, a problem.
var lsLine = regexp.MustCompile(`^(\S+) +(\d+) (\S+) +(.*?)(?: \((\d+), (\d+)\)| -> (".*?"))?(?:  \[part of (".*")\])?(?:  \[([a-z ]+: .*)\])?$`)

func mustAbs(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// file is where extract writes an artefact, as its help tells.
func (o *ours) file(chain string) string {
	return filepath.Join(o.dir, filepath.FromSlash(strings.ReplaceAll(strings.ReplaceAll(chain, "!", "!/"), `\`, "%")))
}

// entry is a file, folder, link or device of a reference tree.
type entry struct {
	mode   fs.FileMode
	sum    digest
	link   string
	device string
	sealed error // the reference shows a regular file, but does not give its content away
}

type digest struct {
	size   int64
	sha256 string
}

func hashFile(t *testing.T, path string) digest {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Error(err)
		return digest{}
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		t.Error(err)
	}
	return digest{n, hex.EncodeToString(h.Sum(nil))}
}

// readTree reads what a reference tool wrote; the keys are raw names relative to dir.
func readTree(t *testing.T, dir string) map[string]entry {
	t.Helper()
	tree := map[string]entry{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		e := entry{mode: info.Mode()}
		switch {
		case e.mode.IsRegular():
			if f, err := os.Open(path); errors.Is(err, syscall.ENODATA) || errors.Is(err, syscall.ENOKEY) || errors.Is(err, syscall.EOPNOTSUPP) {
				e.sealed = err
				break
			} else if err == nil {
				f.Close()
			}
			e.sum = hashFile(t, path)
		case e.mode&fs.ModeSymlink != 0:
			e.link, err = os.Readlink(path)
		case e.mode&fs.ModeDevice != 0:
			number := info.Sys().(*syscall.Stat_t).Rdev
			e.device = fmt.Sprintf("%d:%d", unix.Major(number), unix.Minor(number))
		}
		tree[path[len(dir)+1:]] = e
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// children are the regular files that ls shows right in a container, by name on disk.
func (o *ours) children(chain string) map[string]listed {
	found := map[string]listed{}
	for c, e := range o.list {
		name, ok := strings.CutPrefix(c, chain+"!")
		if ok && !strings.Contains(name, "!") && strings.ContainsRune("-ugt", rune(e.mode[0])) {
			found[onDisk(decodeName(name, `\`))] = e
		}
	}
	return found
}

// written are the files that extract wrote right into a container's folder, by name on disk.
func (o *ours) written(t *testing.T, chain string) map[string]digest {
	t.Helper()
	got := map[string]digest{}
	root := o.file(chain) + "!"
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if path == root && os.IsNotExist(err) {
				return nil // a container without files
			}
			return err
		}
		if d.IsDir() {
			if path != root && strings.HasSuffix(path, "!") { // members of a container within
				return fs.SkipDir
			}
			return nil
		}
		got[decodeName(path[len(root)+1:], "%")] = hashFile(t, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// compareFiles compares the regular files of a container, all of them and no others, with those of a reference tree. What cannot be opened on purpose is left
// out, and so are files made of several, which compareJoined compares.
func (o *ours) compareFiles(t *testing.T, chain string, tree map[string]entry, r *reader) (files int, size int64) {
	t.Helper()
	got, want := o.written(t, chain), map[string]entry{}
	children := o.children(chain)
	for name, e := range tree {
		if name == "" && len(tree) == 1 && len(got) == 1 { // a stream has no name
			name = slices.Collect(maps.Keys(got))[0]
		}
		if e.mode.IsRegular() {
			want[onDisk(name)] = e
		}
	}
	for _, name := range slices.Sorted(maps.Keys(children)) {
		switch c := children[name]; {
		case c.bad != "":
			if reason := onPurpose[chain+"!"+c.name]; reason == "" || !strings.HasPrefix(c.bad, reason) {
				t.Errorf("%s!%s: %s", chain, c.name, c.bad)
			}
			delete(got, name)
			delete(want, name)
		case c.partOf != "":
			if e, ok := want[name]; !ok || e.sum.size != c.size {
				t.Errorf("%s!%s: %d bytes, a part of %q; with %s %+v", chain, c.name, c.size, c.partOf, r.name, e)
			}
			delete(want, name)
			delete(got, onDisk(c.partOf))
			delete(got, onDisk(c.partOf+newBlocks))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		e := want[name]
		if e.sealed != nil {
			t.Logf("%s!%q: not compared: %v", chain, name, e.sealed)
			delete(got, name)
			continue
		}
		files, size = files+1, size+e.sum.size
		switch g, ok := got[name]; {
		case !ok:
			t.Errorf("%s!%q: not written; %s has it", chain, name, r.name)
		case g != e.sum:
			t.Errorf("%s!%q: %v, %s writes %v", chain, name, g, r.name, e.sum)
		case children[name].size != g.size:
			t.Errorf("%s!%q: ls shows %d bytes of %d", chain, name, children[name].size, g.size)
		}
		delete(got, name)
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		t.Errorf("%s!%q: written; %s does not have it", chain, name, r.name)
	}
	return files, size
}

// compareTree compares the files of a file system that extract writes and all that ls shows with a reference tree.
func (o *ours) compareTree(t *testing.T, chain string, want map[string]entry, r *reader) (files int, size int64) {
	t.Helper()
	files, size = o.compareFiles(t, chain, want, r)
	chain += "!/"
	shown := map[string]listed{}
	for c, e := range o.list {
		name, ok := strings.CutPrefix(c, chain)
		if ok && name != "" && !strings.Contains(name, "!") && (r.devices || strings.ContainsRune("-dugtL", rune(e.mode[0]))) {
			shown[decodeName(name, `\`)] = e
		}
	}
	if len(shown) != len(want) {
		t.Errorf("%s: ls shows %d entries, %s has %d", chain, len(shown), r.name, len(want))
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		e := want[name]
		s, ok := shown[name]
		switch {
		case !ok:
			t.Errorf("%s%q: not shown by ls; %s has it", chain, name, r.name)
		case os.Geteuid() == 0 && r.mode(s.mode) != r.mode(e.mode.String()):
			t.Errorf("%s%q: mode %s, with %s it is %v", chain, name, s.mode, r.name, e.mode)
		case e.mode.IsRegular() && e.sealed == nil && s.size != e.sum.size, s.link != e.link, s.device != e.device:
			t.Errorf("%s%q: %+v, with %s it is %+v", chain, name, s, r.name, e)
		}
		delete(shown, name)
	}
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		t.Errorf("%s%q: shown by ls; %s does not have it", chain, name, r.name)
	}
	t.Logf("%s: %d entries, %d files, %d bytes, as %s reads them", chain, len(want), files, size, r.name)
	return files, size
}

// nameEscape is a byte or a character that a path chain does not show as it is.
var nameEscape = map[string]*regexp.Regexp{
	"%": regexp.MustCompile(`%x([0-9A-F]{2})|%u\{([0-9A-F]+)\}`),
	`\`: regexp.MustCompile(`\\x([0-9A-F]{2})|\\u\{([0-9A-F]+)\}`),
}

// decodeName gives the raw name behind a printable one whose escapes begin with mark.
func decodeName(name, mark string) string {
	return nameEscape[mark].ReplaceAllStringFunc(name, func(s string) string {
		n, err := strconv.ParseUint(strings.Trim(s[2:], "{}"), 16, 32)
		if err != nil {
			panic(err)
		}
		if s[1] == 'x' {
			return string([]byte{byte(n)})
		}
		return string(rune(n))
	})
}

// onDisk is the name under which extract writes a file: without what means something to a file system, and cut where it leaves no room for additions.
func onDisk(name string) string {
	elements := strings.Split(strings.TrimPrefix(name, "/"), "/")
	for i, n := range elements {
		switch {
		case n == "":
			elements[i] = "(empty)"
		case n == "." || n == "..":
			elements[i] = strings.Repeat("(dot)", len(n))
		case len(n) > maxNameBytes:
			elements[i] = n[:maxNameBytes/2] + "~" + n[len(n)-maxNameBytes/2:]
		}
	}
	return strings.Join(elements, "/")
}

// need skips a test for want of a tool.
func need(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("tool: %v", err)
		}
	}
}

// reader is a reference implementation of a format.
type reader struct {
	name string
	// read gives what the container at a path chain holds; the key of a file that has no name is "".
	read    func(t *testing.T, o *ours, chain string) map[string]entry
	tree    bool // a file system: modes, links and devices are compared too
	devices bool // shows devices and pipes too
	setuid  bool // shows the bits of setuid, setgid and sticky; tools that write files lose them
}

// mode is how the reader shows a mode that ls shows.
func (r *reader) mode(s string) string {
	if r.setuid {
		return s
	}
	letters, permissions := s[:len(s)-9], s[len(s)-9:]
	if letters = strings.Trim(letters, "ugt"); letters == "" {
		letters = "-"
	}
	return letters + permissions
}

func readDebugfs(t *testing.T, o *ours, chain string) map[string]entry {
	image := o.file(chain)
	const tool = "debugfs"
	path, err := exec.LookPath(tool)
	if err != nil {
		path = "/usr/sbin/" + tool
	}
	need(t, path)
	if features, err := exec.Command(path, "-R", "features", image).Output(); err != nil || bytes.Contains(features, []byte("inline_data")) {
		t.Skipf("debugfs writes at least 60 bytes of a file with inline data, whatever its size (error %v)", err)
	}
	dir := t.TempDir()
	out, err := exec.Command(path, "-R", "rdump / "+dir, image).CombinedOutput()
	if err != nil {
		t.Fatalf("debugfs: %v\n%s", err, out)
	}
	if complaint := bytes.TrimSpace(debugfsBanner.ReplaceAll(out, nil)); len(complaint) > 0 {
		t.Skipf("debugfs: %s", complaint)
	}
	return readTree(t, dir)
}

var debugfsBanner = regexp.MustCompile(`(?m)^debugfs [0-9.]+ .*$`)

// readFsckErofs extracts with fsck.erofs, or with a newer one of more features that FSCK_EROFS names.
func readFsckErofs(t *testing.T, o *ours, chain string) map[string]entry {
	image := o.file(chain)
	dir := t.TempDir()
	tool, args := "fsck.erofs", []string{"--extract=" + dir, image}
	if newer := os.Getenv("FSCK_EROFS"); newer != "" {
		if strings.HasPrefix(filepath.Base(image), "metabox") {
			t.Skip("fsck.erofs 1.9 mixes up inline data in a metabox; the kernel does not")
		}
		// it would write the packed inode of fragments to the same folder
		tool, args = newer, append([]string{"--path=/"}, args...)
	}
	need(t, tool)
	out, err := exec.Command(tool, args...).CombinedOutput()
	if err != nil {
		t.Skipf("fsck.erofs refuses: %v\n%s", err, out)
	}
	return readTree(t, dir)
}

// readKernel reads through a loop mount.
func readKernel(format string) func(t *testing.T, o *ours, chain string) map[string]entry {
	return func(t *testing.T, o *ours, chain string) map[string]entry {
		image := o.file(chain)
		if os.Geteuid() != 0 {
			t.Skip("kernel: mounting needs root")
		}
		need(t, "mount", "umount")
		dir := t.TempDir()
		out, err := exec.Command("mount", "-t", format, "-o", "loop,ro", image, dir).CombinedOutput()
		if err != nil {
			t.Skipf("kernel refuses: %v\n%s", err, out)
		}
		t.Cleanup(func() {
			if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
				t.Errorf("umount: %v\n%s", err, out)
			}
		})
		return readTree(t, dir)
	}
}
