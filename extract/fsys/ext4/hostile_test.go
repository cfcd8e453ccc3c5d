package ext4

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

// patch is an image that a test damages.
type patch struct {
	t    *testing.T
	data []byte
	im   *image
}

func newPatch(t *testing.T, name string) *patch {
	t.Helper()
	data := sample(t, name)
	im, err := openImage(extract.BytesSource(data), extract.NewBudget(extract.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	return &patch{t, data, im}
}

// at is the offset of a field of the inode of a path.
func (p *patch) at(path string, field int64) int64 { return lookup(p.t, p.im, path).offset + field }

// dirent is the offset of the entry of a name.
func (p *patch) dirent(name string) int64 {
	p.t.Helper()
	i := strings.Index(string(p.data), string([]byte{byte(len(name))})+string([]byte{1})+name)
	if i < 0 {
		if i = strings.Index(string(p.data), string([]byte{byte(len(name))})+string([]byte{2})+name); i < 0 {
			p.t.Fatalf("no entry %q", name)
		}
	}
	return int64(i - 6)
}

func (p *patch) put16(off int64, v uint16) { le.PutUint16(p.data[off:], v) }
func (p *patch) put32(off int64, v uint32) { le.PutUint32(p.data[off:], v) }

// Images that lie. Each must end, with the damage told and everything else read.
func TestHostile(t *testing.T) {
	tests := []struct {
		name   string
		sample string
		damage func(p *patch)
		open   string // in the error of opening
		record string // in a record between the members
		file   string // a file that cannot be read ...
		reason string // ... and why
	}{
		{"block size of 2^70", "ext4", func(p *patch) { p.put32(superOffset+0x18, 60) }, "block size", "", "", ""},
		{"no inodes in a group", "ext4", func(p *patch) { p.put32(superOffset+0x28, 0) }, "0 inodes in a group", "", "", ""},
		{"no blocks in a group", "ext4", func(p *patch) { p.put32(superOffset+0x20, 0) }, "0 blocks in a group", "", "", ""},
		{"inodes of no size", "ext4", func(p *patch) { p.put16(superOffset+0x58, 0) }, "inodes of 0 bytes", "", "", ""},
		{"inodes of 192 bytes", "ext4", func(p *patch) { p.put16(superOffset+0x58, 192) }, "inodes of 192 bytes", "", "", ""},
		{"descriptors of 48 bytes", "ext4", func(p *patch) { p.put16(superOffset+0xFE, 48) }, "group descriptors of 48", "", "", ""},
		{"unknown features", "ext4", func(p *patch) { p.data[superOffset+0x63] = 0x80 }, "features 0x80000000", "", "", ""},
		{"journal device", "ext4", func(p *patch) { p.data[superOffset+0x60] |= 8 }, "external journal", "", "", ""},
		{"2^48 blocks", "ext4", func(p *patch) { p.put32(superOffset+0x150, 0xFFFF) }, "", "the image ends at", "", ""},
		{"dirty journal", "ext4", func(p *patch) { p.data[superOffset+0x60] |= 4 }, "", "the journal holds changes", "", ""},
		{"inode table outside", "ext4", func(p *patch) { p.put32(4096+8, 1<<30) }, "", "block 1073741824 lies outside", "", ""},
		{"loop to the root", "android", func(p *patch) { p.put32(p.dirent("er"), rootInode) }, "", "directory loop", "", ""},
		{"loop to itself", "android", func(p *patch) { p.put32(p.dirent("er"), uint32(lookup(p.t, p.im, "/app/deep").id)) }, "", "directory loop", "", ""},
		{"entry without length", "android", func(p *patch) { p.put16(p.dirent("small.txt")+4, 0) }, "", "directory entry: length of 0", "", ""},
		{"entry longer than its block", "android", func(p *patch) { p.put16(p.dirent("small.txt")+4, 0x7FFC) }, "", "directory entry: length of 32764", "", ""},
		{"name longer than its entry", "android", func(p *patch) { p.data[p.dirent("small.txt")+6] = 200 }, "", "name of 200 bytes", "", ""},
		{"entry of no inode", "android", func(p *patch) { p.put32(p.dirent("small.txt"), 1<<31) }, "", "inode 2147483648 does not exist", "", ""},
		{"unused inode", "android", func(p *patch) { p.put32(p.dirent("small.txt"), 250) }, "", "of no file type", "", ""},
		{"size of 2^62", "ext4", func(p *patch) { p.put32(p.at("/app/long", 0x6C), 1<<30) }, "", "", "/app/long", "a size of"},
		{"size of 2^43 is sparse", "ext4", func(p *patch) { p.put32(p.at("/app/sparse", 0x6C), 1<<11) }, "", "", "/app/sparse", "hole of"},
		{"extents outside", "ext4", func(p *patch) { p.put32(p.at("/app/long", 0x28+20), 1<<31) }, "", "", "/app/long", "lies outside"},
		{"extent longer than the image", "ext4", func(p *patch) { p.put16(p.at("/app/long", 0x28+16), 32768) }, "", "", "", ""},
		{"extent of no blocks", "ext4", func(p *patch) { p.put16(p.at("/app/long", 0x28+16), 0) }, "", "", "/app/long", "too long"},
		{"extent tree without magic", "ext4", func(p *patch) { p.put16(p.at("/app/long", 0x28), 0) }, "", "", "/app/long", "magic 0x0"},
		{"extent tree of depth 9", "ext4", func(p *patch) { p.put16(p.at("/app/long", 0x28+6), 9) }, "", "", "/app/long", "depth 9"},
		{"more entries than fit", "ext4", func(p *patch) { p.put32(p.at("/app/long", 0x28+2), 50<<16|50) }, "", "", "/app/long", "50 entries"},
		{"extent tree that is its own child", "android", treeCycle, "", "", "/app/long", "used twice"},
		{"block map that is its own child", "ext2", func(p *patch) {
			at := p.at("/app/long", 0x28)
			ind := le.Uint32(p.data[at+48:])
			p.put32(at-0x28+4, 80<<20) // long enough for three levels
			p.put32(at+52, ind)
			p.put32(at+56, ind)
		}, "", "", "/app/long", "used twice"},
		{"block map outside", "ext2", func(p *patch) { p.put32(p.at("/app/long", 0x28+48), 1<<31) }, "", "", "/app/long", "lies outside"},
		{"link of 4 GiB", "ext4", func(p *patch) { p.put32(p.at("/app/deep/slow", 4), 1<<32-1) }, "", "the target of the link has 4294967295", "", ""},
		{"link longer than its text", "ext4", func(p *patch) { p.put32(p.at("/app/deep/fast", 4), 40) }, "", "ends after 12 of 40", "", ""},
		{"attribute block is the inode table", "indexed", func(p *patch) { p.put32(p.at("/app/long", 0x68), 9) }, "", "attributes in block 9", "", ""},
		{"attribute block outside", "indexed", func(p *patch) { p.put32(p.at("/app/long", 0x68), 1<<31) }, "", "attributes in block 2147483648", "", ""},
		{"attribute value outside", "indexed", func(p *patch) {
			p.put32(lookup(p.t, p.im, "/app/long").xattrBlock*p.im.blockSize+32+8, 1<<31)
		}, "", "the value of attribute", "", ""},
		{"attribute value in itself", "indexed", func(p *patch) {
			n := lookup(p.t, p.im, "/app/long")
			p.put32(n.xattrBlock*p.im.blockSize+32+4, n.id)
		}, "", "that inode holds no value", "", ""},
		{"attribute names without end", "indexed", func(p *patch) {
			at := lookup(p.t, p.im, "/app/long").xattrBlock * p.im.blockSize
			for i := at + 32; i < at+p.im.blockSize; i++ {
				p.data[i] = 0xFF
			}
		}, "", "attributes is cut off", "", ""},
		{"root is a file", "ext4", func(p *patch) { p.put16(p.rootInode(), 0x81A4) }, "", "the root is not a directory", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPatch(t, tt.sample)
			tt.damage(p)
			l, err := formattest.List(Format(), extract.BytesSource(p.data), "", extract.DefaultLimits())
			if tt.open != "" {
				if err == nil || !strings.Contains(err.Error(), tt.open) {
					t.Errorf("opening: %v, want %q", err, tt.open)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if tt.record != "" && !strings.Contains(strings.Join(l.Problems, "\n"), tt.record) {
				t.Errorf("records %q, want %q", l.Problems, tt.record)
			}
			if tt.file != "" && !strings.Contains(l.Files[tt.file].Problem, tt.reason) {
				t.Errorf("%s: problem %q, want %q", tt.file, l.Files[tt.file].Problem, tt.reason)
			}
			for name, f := range l.Files {
				if f.Problem != "" && name != tt.file && name != "/app/deep/er/hard" && !strings.Contains(f.Problem, "encrypted") {
					t.Errorf("%s: %s", name, f.Problem)
				}
			}
			formattest.Survive(t, Format(), p.data)
		})
	}
}

func (p *patch) rootInode() int64 {
	n, err := p.im.inode(rootInode, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return n.offset
}

// treeCycle makes the extent tree of /app/long an index whose child, the first block of the file, is an index that names itself.
func treeCycle(p *patch) {
	at := p.at("/app/long", 0x28)
	block := le.Uint32(p.data[at+20:])
	node := int64(block) * p.im.blockSize
	p.put16(at+6, 3)
	p.put32(at+12, 0)
	p.put32(at+16, block)
	p.put16(at+20, 0)
	copy(p.data[node:], p.data[at:at+24])
	p.put16(node+6, 2)
}

// Part of a file that cannot be found does not keep the rest from being read.
func TestPartlyReadable(t *testing.T) {
	p := newPatch(t, "ext2")
	n := lookup(t, p.im, "/app/long")
	ind := int64(le.Uint32(n.area[48:]))
	p.put32(ind*p.im.blockSize+8, 1<<31) // block 14 of the file
	src, err := n.Open()
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(io.NewSectionReader(src, 0, src.Size()))
	var re *extract.RangeError
	if !errors.As(err, &re) || re.Extent != (extract.Extent{Offset: 14 << 10, Size: 1 << 10}) {
		t.Fatalf("error %v", err)
	}
	rest, err := io.ReadAll(io.NewSectionReader(src, re.Extent.End(), src.Size()))
	if err != nil || int64(len(rest)) != src.Size()-15<<10 {
		t.Errorf("%d bytes behind it, %v", len(rest), err)
	}
}

// A block that is no directory is not taken for one: what it holds is searched.
func TestDamagedIsNotStructure(t *testing.T) {
	p := newPatch(t, "android")
	m, err := lookup(t, p.im, "/app").mapping()
	if err != nil {
		t.Fatal(err)
	}
	off := m.runs[0].physical * p.im.blockSize
	copy(p.data[off:], "this is no directory at all")
	l, err := formattest.List(Format(), extract.BytesSource(p.data), "", extract.DefaultLimits())
	if err != nil || len(l.Problems) == 0 {
		t.Fatal(l.Problems, err)
	}
	for _, e := range append(l.Structure, l.Claimed...) {
		if e.Offset <= off && off < e.End() {
			t.Errorf("extent %v claims it", e)
		}
	}
}

// An image whose end is missing gives what is there.
func TestTruncated(t *testing.T) {
	for _, name := range sampleNames {
		data := sample(t, name)
		for _, size := range []int{2048, 3000, 20000, len(data) / 3, len(data) / 2, len(data) - 1} {
			formattest.Survive(t, Format(), data[:size])
			l, err := formattest.List(Format(), extract.BytesSource(data[:size]), "", extract.DefaultLimits())
			if err != nil || !strings.Contains(strings.Join(l.Problems, "\n"), "the image ends at") && size > 20000 {
				t.Errorf("%s of %d bytes: %v", name, size, err)
			}
		}
	}
}

// Crafted directories that share their blocks cost no more than a bounded number of visits.
func TestVisits(t *testing.T) {
	p := newPatch(t, "ext4")
	c := &claims{visits: 64*p.im.limit + 1<<20}
	n, err := p.im.inode(rootInode, c)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range n.Entries() {
		var l *extract.LimitError
		if !errors.As(err, &l) {
			t.Errorf("error %v, want a limit", err)
		}
		return
	}
	t.Error("no error")
}

func TestBlockSet(t *testing.T) {
	var s blockSet
	s.addRange(1000, 5000)
	for _, b := range []int64{1000, 1023, 1024, 2047, 3000, 5999} {
		if s.add(b) {
			t.Errorf("block %d is not in the set", b)
		}
	}
	for _, b := range []int64{999, 6000, 0} {
		if !s.add(b) {
			t.Errorf("block %d was in the set", b)
		}
	}
	c := claims{blocks: s}
	got := merge(c.extents(1), 1<<20)
	if len(got) != 2 || got[0] != (extract.Extent{Offset: 0, Size: 1}) || got[1] != (extract.Extent{Offset: 999, Size: 5002}) {
		t.Errorf("extents %v", got)
	}
}
