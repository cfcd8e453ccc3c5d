package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// readersOf are the references that read a container of our listing, each of them all of it.
func readersOf(o *ours, chain string) []*reader {
	stream := func(tool string, args ...string) []*reader {
		return []*reader{{name: tool, read: readStream(tool, args...)}}
	}
	switch format := o.list[chain].format; format {
	case "ext4":
		return []*reader{{name: "debugfs", read: readDebugfs, tree: true}, {name: "kernel", read: readKernel(format), tree: true, devices: true, setuid: true}}
	case "erofs":
		return []*reader{{name: "fsck.erofs", read: readFsckErofs, tree: true, devices: true},
			{name: "kernel", read: readKernel(format), tree: true, devices: true, setuid: true}}
	case "directory":
		return []*reader{{name: "folder", read: func(t *testing.T, o *ours, chain string) map[string]entry {
			dir, err := filepath.EvalSymlinks(o.file(chain))
			if err != nil {
				t.Fatal(err)
			}
			return readTree(t, dir)
		}}}
	case "payload":
		return []*reader{{name: "dump.py", read: readPayload}}
	case "boot":
		return []*reader{{name: "unpack_bootimg", read: readBoot}}
	case "sparse":
		return []*reader{{name: "simg2img", read: readSparse}}
	case "gpt":
		return []*reader{{name: "sgdisk", read: readGPT}}
	case "mbr":
		return []*reader{{name: "sfdisk", read: readMBR}}
	case "cpio":
		return []*reader{{name: "cpio", read: readInto("sh", "-c", `cd "$1" && cpio -id --quiet --no-absolute-filenames <"$2"`, "sh", outDir, inFile)}}
	case "tar":
		return []*reader{{name: "tar", read: readInto("tar", append(tarOptions[chain], "-xf", inFile, "-C", outDir)...)}}
	case "zip":
		return []*reader{zipReader(chain)}
	case "gzip":
		return stream("gzip", "-dc")
	case "xz":
		return stream("xz", "-dc")
	case "lzma":
		return stream("xz", "-dc", "--format=lzma")
	case "bzip2":
		return stream("bzip2", "-dc")
	case "zstd":
		return stream("zstd", "-dc")
	case "lz4":
		return stream("lz4", "-dc")
	case "brotli":
		return stream("brotli", "-dc")
	case "pak":
		return []*reader{{name: "reference.py", read: func(t *testing.T, o *ours, chain string) map[string]entry {
			names := slices.SortedFunc(maps.Keys(o.children(chain)), func(a, b string) int { return firstNumber(a) - firstNumber(b) })
			return readPython(t, format, o.file(chain), names...)
		}}}
	case "embedded", "xor", "base64":
		return []*reader{{name: "reference.py", read: func(t *testing.T, o *ours, chain string) map[string]entry {
			return readPython(t, format, o.file(chain), slices.Sorted(maps.Keys(o.children(chain)))...)
		}}}
	case "kernel":
		return []*reader{{name: "reference.py", read: readKernelImage}}
	case "super", "unity", "oat", "dtbo", "avb", "android-backup", "zlib":
		return []*reader{{name: "reference.py", read: func(t *testing.T, o *ours, chain string) map[string]entry {
			return readPython(t, format, o.file(chain))
		}}}
	}
	return nil
}

// Where the paths stand in the command line of a tool.
const (
	inFile = "{in}"
	outDir = "{out}"
)

// readInto runs a tool that writes files to a folder.
func readInto(tool string, args ...string) func(t *testing.T, o *ours, chain string) map[string]entry {
	return func(t *testing.T, o *ours, chain string) map[string]entry {
		return o.runInto(t, chain, tool, args...)
	}
}

func (o *ours) runInto(t *testing.T, chain, tool string, args ...string) map[string]entry {
	t.Helper()
	need(t, tool)
	dir := t.TempDir()
	args = slices.Clone(args)
	for i := range args {
		args[i] = strings.NewReplacer(inFile, o.file(chain), outDir, dir).Replace(args[i])
	}
	if out, err := exec.Command(tool, args...).CombinedOutput(); err != nil && !complains[chain] {
		t.Fatalf("%s %s: %v\n%s", tool, args, err, out)
	}
	return readTree(t, dir)
}

// readStream runs a tool that writes the one file that is in another.
func readStream(tool string, args ...string) func(t *testing.T, o *ours, chain string) map[string]entry {
	return func(t *testing.T, o *ours, chain string) map[string]entry {
		need(t, tool)
		in, err := os.Open(o.file(chain))
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		var stderr bytes.Buffer
		path := filepath.Join(t.TempDir(), "stream")
		out, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		c := exec.Command(tool, args...)
		c.Stdin, c.Stdout, c.Stderr = in, out, &stderr
		if err := c.Run(); err != nil && !complains[chain] {
			t.Fatalf("%s of %s: %v\n%s", tool, chain, err, stderr.String())
		}
		return map[string]entry{"": {sum: hashFile(t, path)}}
	}
}

// readPython reads with reference.py.
func readPython(t *testing.T, format, file string, args ...string) map[string]entry {
	t.Helper()
	tree := map[string]entry{}
	for _, line := range pythonLines(t, format, file, args...) {
		name, sum := line.name, line.sum
		if _, twice := tree[name]; twice {
			t.Fatalf("reference.py finds %q twice in %s", name, file)
		}
		tree[name] = entry{sum: sum}
	}
	return tree
}

type named struct {
	name string
	sum  digest
}

func pythonLines(t *testing.T, format, file string, args ...string) (lines []named) {
	t.Helper()
	need(t, "python3", "zstd", "lz4", "brotli")
	var stderr bytes.Buffer
	c := exec.Command("python3", append([]string{"testdata/reference.py", format, file}, args...)...)
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("reference.py %s %s: %v\n%s", format, file, err, stderr.String())
	}
	for line := range strings.Lines(string(out)) {
		var n named
		var hexName []byte
		fields := strings.Fields(line)
		if len(fields) == 3 {
			if _, err := fmt.Sscanf(fields[2], "%x", &hexName); err != nil {
				t.Fatal(err)
			}
		}
		if n.sum.size, err = strconv.ParseInt(fields[0], 10, 64); err != nil {
			t.Fatal(err)
		}
		n.name, n.sum.sha256 = string(hexName), fields[1]
		lines = append(lines, n)
	}
	return lines
}

var numbers = regexp.MustCompile(`^\d+`)

func firstNumber(name string) int {
	n, _ := strconv.Atoi(numbers.FindString(name))
	return n
}

// readPayload decodes the partitions with dump.py.
func readPayload(t *testing.T, o *ours, chain string) map[string]entry {
	need(t, "python3", "zstd")
	tree := map[string]entry{}
	for name, e := range o.runInto(t, chain, "python3", "../../testdata/payload/dump.py", inFile, "--out", outDir) {
		tree[strings.TrimSuffix(name, ".img")] = e
	}
	return tree
}

// readBoot unpacks with AOSP's script. That of the Debian package takes the header of vendor_boot for one page, whatever a page is; the header has 2112 bytes
// (boot/boot_img_hdr: "o = (2112 + page_size - 1) / page_size"), and newer scripts count so.
func readBoot(t *testing.T, o *ours, chain string) map[string]entry {
	need(t, "python3", "unpack_bootimg")
	path, err := exec.LookPath("unpack_bootimg")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "unpack_bootimg")
	if err := os.WriteFile(path, bytes.Replace(script, []byte("num_boot_header_pages = 1\n"), []byte("num_boot_header_pages = get_number_of_pages(2112, page_size)\n"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	return o.runInto(t, chain, "python3", path, "--boot_img", inFile, "--out", outDir)
}

// readSparse unpacks with simg2img, which makes the end of the image only as far as it is told of.
func readSparse(t *testing.T, o *ours, chain string) map[string]entry {
	return asOne(o.runInto(t, chain, "simg2img", inFile, outDir+"/image"))
}

func asOne(tree map[string]entry) map[string]entry {
	if len(tree) == 1 {
		for _, e := range tree {
			return map[string]entry{"": e}
		}
	}
	return tree
}

// cut copies a partition as dd would.
func cut(t *testing.T, image string, at, size int64) entry {
	t.Helper()
	need(t, "dd")
	path := filepath.Join(t.TempDir(), "partition")
	args := []string{"if=" + image, "of=" + path, "status=none", "iflag=skip_bytes,count_bytes", fmt.Sprintf("skip=%d", at), fmt.Sprintf("count=%d", size)}
	if out, err := exec.Command("dd", args...).CombinedOutput(); err != nil {
		t.Fatalf("dd %s: %v\n%s", args, err, out)
	}
	return entry{sum: hashFile(t, path)}
}

var (
	sgdiskLine  = regexp.MustCompile(`(?m)^ +(\d+) +\d+ +\d+ `)
	sgdiskField = regexp.MustCompile(`(?m)^(First sector|Last sector|Partition name): '?(\d+ |.*)`)
	fdiskLine   = regexp.MustCompile(`(?m)^\S+?(\d+) +(\d+) +(\d+) ?(.*)$`)
)

// readGPT asks sgdisk for disks of 512 bytes a sector, fdisk for those of 4096, which sgdisk takes for granted of devices alone.
func readGPT(t *testing.T, o *ours, chain string) map[string]entry {
	image, tree := o.file(chain), map[string]entry{}
	name := func(name, number string) string {
		if name == "" {
			return "partition " + number
		}
		return name
	}
	if strings.Contains(chain, "4096") {
		fdisk := tool(t, "fdisk")
		out, err := exec.Command(fdisk, "-b", "4096", "-l", "-o", "Device,Start,Sectors,Name", image).Output()
		if err != nil {
			t.Fatalf("fdisk %s: %v", chain, err)
		}
		for _, m := range fdiskLine.FindAllStringSubmatch(string(out), -1) {
			tree[name(m[4], m[1])] = cut(t, image, number(t, m[2])*4096, number(t, m[3])*4096)
		}
		return tree
	}
	sgdisk := tool(t, "sgdisk")
	out, err := exec.Command(sgdisk, "-p", image).Output()
	if err != nil {
		t.Fatalf("sgdisk %s: %v\n%s", chain, err, out)
	}
	for _, m := range sgdiskLine.FindAllStringSubmatch(string(out), -1) {
		out, err := exec.Command(sgdisk, "-i", m[1], image).Output()
		if err != nil {
			t.Fatalf("sgdisk %s: %v", chain, err)
		}
		fields := map[string]string{}
		for _, f := range sgdiskField.FindAllStringSubmatch(string(out), -1) {
			fields[f[1]] = strings.TrimRight(f[2], "' ")
		}
		first, last := number(t, fields["First sector"]), number(t, fields["Last sector"])
		tree[name(fields["Partition name"], m[1])] = cut(t, image, first*512, (last+1-first)*512)
	}
	return tree
}

func readMBR(t *testing.T, o *ours, chain string) map[string]entry {
	image := o.file(chain)
	out, err := exec.Command(tool(t, "sfdisk"), "-J", image).Output()
	if err != nil {
		t.Fatalf("sfdisk %s: %v", chain, err)
	}
	var table struct {
		Table struct {
			Partitions []struct {
				Node, Type  string
				Start, Size int64
			}
		} `json:"partitiontable"`
	}
	if err := json.Unmarshal(out, &table); err != nil {
		t.Fatal(err)
	}
	tree := map[string]entry{}
	for _, p := range table.Table.Partitions {
		if p.Type != "5" { // which holds the others
			tree["partition "+strings.TrimPrefix(p.Node, image)] = cut(t, image, p.Start*512, p.Size*512)
		}
	}
	return tree
}

// tool finds a program, those for administrators too.
func tool(t *testing.T, name string) string {
	t.Helper()
	for _, path := range []string{name, "/usr/sbin/" + name, "/sbin/" + name} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	t.Skipf("tool: no %s", name)
	return ""
}

func number(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// zipReader is unzip, or for what unzip cannot do 7z, or python3 for names that stand there more than once.
func zipReader(chain string) *reader {
	switch filepath.Base(chain) {
	case "duplicates.zip":
		return &reader{name: "zipfile", read: func(t *testing.T, o *ours, chain string) map[string]entry { return readPython(t, "zip", o.file(chain)) }}
	case "descriptors64.zip": // unzip, 7z and zipfile miss the locator of its directory; a stream is read by the local headers, which do not tell links
		return &reader{name: "bsdtar", read: func(t *testing.T, o *ours, chain string) map[string]entry {
			need(t, "bsdtar")
			tree := o.runInto(t, chain, "sh", "-c", `cat "$1" | bsdtar -xf - -C "$2"`, "sh", inFile, outDir)
			delete(tree, "link")
			return tree
		}}
	case "lzma.zip":
		return &reader{name: "7z", read: readInto("7z", "x", "-y", "-o"+outDir, inFile)}
	}
	return &reader{name: "unzip", read: func(t *testing.T, o *ours, chain string) map[string]entry {
		need(t, "unzip")
		dir := t.TempDir()
		out, err := exec.Command("unzip", "-qq", "-o", "-P", "none", o.file(chain), "-d", dir).CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) && !complains[chain] { // 1 is a warning: an empty zip
			t.Fatalf("unzip %s: %v\n%s", chain, err, out)
		}
		return readTree(t, dir)
	}}
}

// readKernelImage compares what the streams in a kernel decode to, since extract-vmlinux tells neither names nor where a stream ends: whatever is not there
// has the name of none of ours.
func readKernelImage(t *testing.T, o *ours, chain string) map[string]entry {
	tree, decoded := map[string]entry{}, map[digest]string{}
	for name := range o.children(chain) {
		sum := hashFile(t, o.file(chain+"!"+name))
		for inner := range o.written(t, chain+"!"+name) {
			decoded[hashFile(t, o.file(chain+"!"+name+"!"+inner))] = name
		}
		if name == "Image" { // of a kernel within the maker's header
			tree[name] = cut(t, o.file(chain), 20, sum.size)
		}
	}
	for _, line := range pythonLines(t, "kernel", o.file(chain)) {
		if name, ok := decoded[line.sum]; ok {
			tree[name] = entry{sum: hashFile(t, o.file(chain+"!"+name))}
		} else if len(tree) == 0 || tree["Image"].sum.size == 0 {
			tree[fmt.Sprintf("stream of %d bytes", line.sum.size)] = entry{sum: line.sum}
		}
	}
	return tree
}

// compareJoined compares images that lie in several files of a container.
func (o *ours) compareJoined(t *testing.T, chain string) {
	parts := map[string][]string{}
	for _, c := range o.children(chain) {
		if c.partOf != "" {
			parts[c.partOf] = append(parts[c.partOf], c.name)
		}
	}
	for whole, names := range parts {
		fresh := o.children(chain)[onDisk(whole+newBlocks)].size > 0
		if onPurpose[chain+"!"+whole] != "" && !fresh {
			continue
		}
		slices.Sort(names)
		t.Run("joined "+whole, func(t *testing.T) {
			dir := o.file(chain)
			if o.list[chain].format == "zip" {
				need(t, "unzip")
				dir = t.TempDir()
				if out, err := exec.Command("unzip", "-qq", o.file(chain), "-d", dir).CombinedOutput(); err != nil {
					t.Fatalf("unzip %s: %v\n%s", chain, err, out)
				}
			}
			var files []string
			for _, n := range names {
				files = append(files, filepath.Join(dir, n))
			}
			var want digest
			head := make([]byte, 4)
			if f, err := os.Open(files[0]); err == nil {
				f.Read(head)
				f.Close()
			}
			whole := whole
			switch {
			case fresh: // of an update of blocks that need the ones before
				whole += newBlocks
				want = hashFile(t, newData(t, files))
			case strings.Contains(names[0], ".new.dat"):
				want = joinBlocks(t, strings.TrimSuffix(files[0], names[0][strings.Index(names[0], ".new.dat"):])+".transfer.list", files)
			case string(head) == "\x3a\xff\x26\xed":
				need(t, "simg2img")
				out := filepath.Join(t.TempDir(), "image")
				if said, err := exec.Command("simg2img", append(files, out)...).CombinedOutput(); err != nil {
					t.Fatalf("simg2img %s: %v\n%s", names, err, said)
				}
				want = hashFile(t, out)
			default:
				want = hashFile(t, concatenate(t, files))
			}
			if got := hashFile(t, o.file(chain+"!"+whole)); got != want {
				t.Errorf("%s!%s of %q: %v, want %v", chain, whole, names, got, want)
			}
		})
	}
}

// newBlocks follows the name of an image whose new blocks are all that is there.
const newBlocks = " (new blocks)"

// joinBlocks makes an image of transfer list and new data.
func joinBlocks(t *testing.T, list string, files []string) digest {
	t.Helper()
	return readPython(t, "sdat", list, newData(t, files))[""].sum
}

// newData puts new data together, which may be compressed.
func newData(t *testing.T, files []string) string {
	t.Helper()
	data := concatenate(t, files)
	if strings.Contains(files[0], ".br") {
		need(t, "brotli")
		plain := data + ".plain"
		if out, err := exec.Command("brotli", "-d", "-o", plain, data).CombinedOutput(); err != nil {
			t.Fatalf("brotli %s: %v\n%s", files, err, out)
		}
		return plain
	}
	return data
}

func concatenate(t *testing.T, files []string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "whole")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	return path
}
