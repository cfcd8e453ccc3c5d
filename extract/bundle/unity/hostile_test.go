package unity

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
	"github.com/ulikunitz/xz/lzma"
)

// image is a UnityFS bundle to be built with whatever lies the fields tell.
type image struct {
	version, flags   uint32
	count, files     int64 // -1: as many as there are
	blocks           []block
	nodes            []node
	data             string
	packed, unpacked int64 // of the block info; -1: as it is
	info             string
	size             int64
	rest             string // behind the directory
	truncate         int
}

// make builds the bundle; empty fields that would be lies are made true.
func (im image) make() []byte {
	be := binary.BigEndian
	var info []byte
	info = append(info, make([]byte, hashSize)...)
	number := func(n int64, have int) uint32 {
		if n > 0 {
			return uint32(n)
		}
		return uint32(have)
	}
	info = be.AppendUint32(info, number(im.count, len(im.blocks)))
	for _, bl := range im.blocks {
		info = be.AppendUint16(be.AppendUint32(be.AppendUint32(info, bl.size), bl.packed), bl.flags)
	}
	info = be.AppendUint32(info, number(im.files, len(im.nodes)))
	for _, nd := range im.nodes {
		info = be.AppendUint64(be.AppendUint64(info, uint64(nd.offset)), uint64(nd.size))
		info = append(append(be.AppendUint32(info, 4), nd.name...), 0)
	}
	info = append(info, im.rest...)
	if im.info != "" {
		info = []byte(im.info)
	}
	version := max(im.version, 6)
	b := append(be.AppendUint32([]byte(magicFS), version), "5.x.x\x002018.4.36f1\x00"...)
	at := len(b)
	b = be.AppendUint64(b, 0)
	b = be.AppendUint32(b, number(im.packed, len(info)))
	b = be.AppendUint32(b, number(im.unpacked, len(info)))
	b = be.AppendUint32(b, im.flags|0x40)
	b = append(append(b, info...), im.data...)
	be.PutUint64(b[at:], uint64(len(b)))
	if im.size != 0 {
		be.PutUint64(b[at:], uint64(im.size))
	}
	return b[:len(b)-im.truncate]
}

func packLZMA(size int64, plain []byte) string {
	var out bytes.Buffer
	w, err := lzma.WriterConfig{SizeInHeader: true, Size: size, DictCap: lzma.MinDictCap}.NewWriter(&out)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err)
	}
	b := out.Bytes()
	return string(b[:lzmaProps]) + string(b[lzmaProps+lzmaSize:])
}

var (
	abc     = []block{{size: 3, packed: 3}}
	whole   = []node{{"f", 0, 3}}
	zeros   = packLZMA(1<<20, make([]byte, 1<<20))
	noEnd   = packLZMA(3, []byte("abc"))
	bigDict = noEnd[:1] + "\xff\xff\xff\xff" + noEnd[5:]
)

// hostile are images that broke other readers, or would; want is what has to be said, "" if nothing.
var hostile = []struct {
	name string
	data []byte
	want string
	file string // content of the file f, when there is one
}{
	{"as it should be", image{blocks: abc, nodes: whole, data: "abc"}.make(), "", "abc"},
	{"lzma without a mark at its end", image{blocks: []block{{size: 3, packed: uint32(len(noEnd)), flags: methodLZMA}}, nodes: whole, data: noEnd}.make(), "", "abc"},
	{"lzma that goes on", image{blocks: []block{{size: 2, packed: uint32(len(noEnd)), flags: methodLZMA}}, nodes: []node{{"f", 0, 2}}, data: noEnd}.make(), "wrong uncompressed", ""},
	{"lzma with a dictionary of 4 GiB", image{blocks: []block{{size: 3, packed: uint32(len(bigDict)), flags: methodLZMA}}, nodes: whole, data: bigDict}.make(), "", "abc"},
	{"2^31 blocks", image{blocks: abc, nodes: whole, data: "abc", count: 1 << 31}.make(), "2147483648 blocks in", ""},
	{"2^32-1 files", image{blocks: abc, nodes: whole, data: "abc", files: math.MaxUint32}.make(), "4294967295 files in", ""},
	{"block info of 4 GiB", image{blocks: abc, nodes: whole, data: "abc", packed: math.MaxUint32}.make(), "lie outside of the bundle", ""},
	{"lz4 block info that claims 4 GiB", image{flags: methodLZ4, info: "\x10a", unpacked: math.MaxUint32}.make(), "cannot decode to", ""},
	{"lzma block info that claims 4 GiB", image{flags: methodLZMA, info: noEnd, unpacked: math.MaxUint32}.make(), "buffer limit", ""},
	{"lzma block info of zeros", image{flags: methodLZMA, info: zeros, unpacked: 1 << 20}.make(), "goes on for", ""},
	{"block info in lzham", image{flags: methodLZHAM, info: "x", unpacked: 9}.make(), "unsupported feature: lzham", ""},
	{"block of 4 GiB", image{blocks: []block{{size: math.MaxUint32, packed: 3, flags: methodLZMA}}, nodes: whole, data: "abc"}.make(), "ratio limit", ""},
	{"lz4 block of 8 MiB", image{blocks: []block{{size: 8 << 20, packed: 3, flags: methodLZ4}}, nodes: whole, data: "abc"}.make(), "buffer limit", ""},
	{"lz4 block that lies", image{blocks: []block{{size: 3 << 20, packed: 3, flags: methodLZ4}}, nodes: whole, data: "abc"}.make(), "cannot decode to", ""},
	{"broken lz4 block", image{blocks: []block{{size: 3, packed: 3, flags: methodLZ4}}, nodes: whole, data: "\xff\xff\xff"}.make(), "lz4: ", ""},
	{"short lz4 block", image{blocks: []block{{size: 3, packed: 2, flags: methodLZ4}}, nodes: whole, data: "\x10a"}.make(), "less than they should", ""},
	{"lzham block", image{blocks: []block{{size: 3, packed: 3, flags: methodLZHAM}}, nodes: whole, data: "abc"}.make(), "unsupported feature: a block in lzham", ""},
	{"unknown compression", image{blocks: []block{{size: 3, packed: 3, flags: 9}}, nodes: whole, data: "abc"}.make(), "a block in compression 9", ""},
	{"block of 0 bytes", image{blocks: []block{{size: 0, packed: 4, flags: methodLZ4}, {size: 3, packed: 3}}, nodes: whole, data: "hideabc"}.make(), "more bytes than they decode to", "abc"},
	{"stored block of more bytes", image{blocks: []block{{size: 3, packed: 7}}, nodes: whole, data: "abchide"}.make(), "more bytes than they decode to", "abc"},
	{"stored block of fewer bytes", image{blocks: []block{{size: 3, packed: 2}}, nodes: whole, data: "ab"}.make(), "has 2 bytes for 3", ""},
	{"file outside of the blocks", image{blocks: abc, nodes: append([]node{{"g", 4, 1}}, whole...), data: "abc"}.make(), "g: damaged: 1 bytes at 4 lie outside", "abc"},
	{"file longer than the blocks", image{blocks: abc, nodes: []node{{"f", 0, math.MaxInt64}}, data: "abc"}.make(), "lie outside of the blocks", "abc"},
	{"file before the blocks", image{blocks: abc, nodes: append([]node{{"g", -1, 2}}, whole...), data: "abc"}.make(), "2 bytes at -1 lie outside", "abc"},
	{"file of negative size", image{blocks: abc, nodes: append([]node{{"g", 0, -2}}, whole...), data: "abc"}.make(), "-2 bytes at 0 lie outside", "abc"},
	{"bytes behind the directory", image{blocks: abc, nodes: whole, data: "abc", rest: "hidden"}.make(), "goes on for 6 bytes", "abc"},
	{"truncated", image{blocks: abc, nodes: whole, data: "abc", truncate: 1}.make(), "its header says", ""},
	{"larger in its header", image{blocks: abc, nodes: whole, data: "abc", size: math.MaxInt64}.make(), "its header says", "abc"},
	{"negative size", image{blocks: abc, nodes: whole, data: "abc", size: -1}.make(), "its header says -1", "abc"},
	{"format 9", image{version: 9, blocks: abc, nodes: whole, data: "abc"}.make(), "a Unity bundle of format 9", ""},
	{"encrypted as a whole", image{flags: 0x1000, info: strings.Repeat("\xaa", 90), blocks: abc}.make(), "encrypted: block info", ""},
	{"no blocks", image{nodes: []node{{"f", 0, 0}}}.make(), "", ""},
	{"archive", []byte(magicArchive + "\x00\x00\x00\x06"), "cut off", ""},
	{"archive with a header", []byte(magicArchive + "\x00\x00\x00\x06a\x00b\x00"), "UnityArchive", ""},
	{"only a magic", []byte(magicFS), "cut off", ""},
	{"version string without end", []byte(magicFS + "\x00\x00\x00\x06" + strings.Repeat("5", 9000)), "strings do not end", ""},
	{"2^32-1 levels", []byte(magicWeb + "\x00\x00\x00\x03a\x00b\x00" + strings.Repeat("\xff", 64)), "4294967295 levels", ""},
	{"data outside", []byte(magicRaw + "\x00\x00\x00\x03a\x00b\x00\x00\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01" + strings.Repeat("\x00\x00\x00\x09", 4)), "outside of the bundle", ""},
	{"2^32-1 names", []byte(magicRaw + "\x00\x00\x00\x01a\x00b\x00\x00\x00\x00\x00\x00\x00\x00\x29\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x04\x00\x00\x00\x04\xff\xff\xff\xff"), "4294967295 files", ""},
}

func TestHostile(t *testing.T) {
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			formattest.Survive(t, Format(), h.data)
			l, err := formattest.List(Format(), extract.BytesSource(h.data), "", formattest.SmallLimits())
			var said []string
			if err != nil {
				said = append(said, extract.AsUnopened(err).Error())
			} else {
				said = append(said, l.Problems...)
				for _, f := range l.Files {
					if f.Problem != "" {
						said = append(said, f.Problem)
					}
				}
			}
			got := strings.Join(said, "\n")
			if (h.want == "") != (got == "") || !strings.Contains(got, h.want) {
				t.Errorf("said %q, want %q", got, h.want)
			}
			if h.file != "" {
				if got := content(t, h.data, "f"); got != h.file {
					t.Errorf("file %q, want %q", got, h.file)
				}
			}
		})
	}
}

// content reads one file of a bundle.
func content(t *testing.T, data []byte, name string) string {
	t.Helper()
	c, err := Format().Open(t.Context(), &extract.Input{Source: extract.BytesSource(data), Budget: extract.NewBudget(formattest.SmallLimits())})
	if err != nil {
		t.Fatal(err)
	}
	for m := range c.Members(t.Context()) {
		if m == nil || m.Name != name {
			continue
		}
		if m.Problem != nil {
			t.Fatal(m.Problem)
		}
		src, err := m.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(io.NewSectionReader(src, 0, src.Size()))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	t.Fatalf("no file %q", name)
	return ""
}

// TestNothingHides finds bytes that no file names, and those of blocks that decode to nothing.
func TestNothingHides(t *testing.T) {
	data := image{blocks: []block{{size: 9, packed: 9}, {packed: 4}}, nodes: []node{{"f", 3, 3}}, data: "abcdefghihide"}.make()
	for name, want := range map[string]string{"f": "def", unnamedName: "abcghi", excessName: "hide"} {
		if got := content(t, data, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestOverlap ends a bundle in which a thousand files share a block: together they may not have more than the ratio allows.
func TestOverlap(t *testing.T) {
	im := image{blocks: []block{{size: 1 << 20, packed: uint32(len(zeros)), flags: methodLZMA}}, data: zeros}
	for range 1000 {
		im.nodes = append(im.nodes, node{"f", 0, 1 << 20})
	}
	l, err := formattest.List(Format(), extract.BytesSource(im.make()), "", formattest.SmallLimits())
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, f := range l.Files {
		if f.Problem == "" {
			read++
		} else if !strings.Contains(f.Problem, "ratio limit") {
			t.Fatal(f.Problem)
		}
	}
	if read == 0 || read > 64 {
		t.Errorf("%d files of 1 MiB are read", read)
	}
}

// TestBrokenLZMA gives what comes before the damage, and the blocks behind it.
func TestBrokenLZMA(t *testing.T) {
	plain := sample(t, "v6-stored.unity")
	packed := []byte(packLZMA(int64(len(plain)), plain))
	for i := len(packed) / 2; i < len(packed); i++ {
		packed[i] = 0xff
	}
	data := image{blocks: []block{{size: uint32(len(plain)), packed: uint32(len(packed)), flags: methodLZMA}, {size: 3, packed: 3}},
		nodes: []node{{"f", 0, int64(len(plain)) + 3}}, data: string(packed) + "abc"}.make()
	c, err := Format().Open(t.Context(), &extract.Input{Source: extract.BytesSource(data), Budget: extract.NewBudget(formattest.SmallLimits())})
	if err != nil {
		t.Fatal(err)
	}
	src := decoded{c.(*bundle)}
	got := make([]byte, src.Size())
	n, err := src.ReadAt(got, 0)
	var re *extract.RangeError
	if !errors.As(err, &re) {
		t.Fatalf("%d, %v, want a RangeError", n, err)
	}
	if n < 4096 || n >= len(plain) || !bytes.HasPrefix(plain, got[:4096]) {
		t.Errorf("%d bytes before the damage of %d, not as they were", n, len(plain))
	}
	if want := (extract.Extent{Offset: int64(n), Size: int64(len(plain) - n)}); re.Extent != want {
		t.Errorf("damage at %v, want %v", re.Extent, want)
	}
	if _, err := src.ReadAt(got[:3], re.Extent.End()); err != nil || string(got[:3]) != "abc" {
		t.Errorf("behind the damage: %q, %v", got[:3], err)
	}
}

// TestLargeBlock reads a block that is too large to be held, whole and broken.
func TestLargeBlock(t *testing.T) {
	plain := sample(t, "v6-stored.unity")
	packed := packLZMA(int64(len(plain)), plain)
	for _, tt := range []struct {
		name    string
		packed  string
		buffer  int64
		atLeast int
		want    string
	}{
		{"whole", packed, 16 << 10, len(plain), ""},
		{"cut off", packed[:len(packed)/2], 16 << 10, 8 << 10, "lzma stream: unexpected EOF"},
		{"broken", packed[:len(packed)/2] + strings.Repeat("\xff", len(packed)), 16 << 10, 8 << 10, "lzma stream: "},
		{"without properties", packed[:3], 16 << 10, 0, "lzma properties"},
		{"larger dictionary", packed, 1 << 10, 0, "buffer limit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := image{blocks: []block{{size: uint32(len(plain)), packed: uint32(len(tt.packed)), flags: methodLZMA}, {size: 3, packed: 3}},
				nodes: []node{{"f", 0, int64(len(plain)) + 3}}, data: tt.packed + "abc"}.make()
			limits := formattest.SmallLimits()
			limits.Buffer = tt.buffer
			c, err := Format().Open(t.Context(), &extract.Input{Source: extract.BytesSource(data), Budget: extract.NewBudget(limits)})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			got := make([]byte, len(plain)+3)
			n, err := decoded{c.(*bundle)}.ReadAt(got, 0)
			if tt.want == "" {
				if err != nil || string(got) != string(plain)+"abc" {
					t.Errorf("%d bytes, %v", n, err)
				}
				return
			}
			var re *extract.RangeError
			if !errors.As(err, &re) || !strings.Contains(err.Error(), tt.want) || re.Extent.End() != int64(len(plain)) || re.Extent.Offset != int64(n) {
				t.Errorf("%d bytes, %v; want %q", n, err, tt.want)
			}
			if n < tt.atLeast {
				t.Errorf("%d bytes before the damage", n)
			}
			if _, err := (decoded{c.(*bundle)}).ReadAt(got[:3], int64(len(plain))); err != nil || string(got[:3]) != "abc" {
				t.Errorf("behind the damage: %q, %v", got[:3], err)
			}
		})
	}
}

// TestManyBlocksOfABomb refuses blocks that together decode to more than the ratio allows, even when next to nothing of them is in a file.
func TestManyBlocksOfABomb(t *testing.T) {
	im := image{}
	for i := range 40 {
		im.blocks = append(im.blocks, block{size: 3 << 20, packed: uint32(len(zeros)), flags: methodLZMA})
		im.nodes = append(im.nodes, node{"f", int64(i) * 3 << 20, 1})
	}
	im.data = strings.Repeat(zeros, 40)
	l, err := formattest.List(Format(), extract.BytesSource(im.make()), "", formattest.SmallLimits())
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range l.Files {
		if !strings.Contains(f.Problem, "ratio limit") {
			t.Errorf("%s: %q, want the ratio limit", name, f.Problem)
		}
	}
}
