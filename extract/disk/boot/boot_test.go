package boot

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

const testdata = "../../../testdata/boot"

func sample(t testing.TB, name string) extract.BytesSource {
	t.Helper()
	f, err := os.Open(filepath.Join(testdata, name+".img.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func list(t testing.TB, src extract.Source) *formattest.Listing {
	t.Helper()
	l, err := formattest.List(Format(), src, "boot.img", extract.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// unclaimed gives the bytes that a listing leaves to be searched as slack.
func unclaimed(l *formattest.Listing, src extract.BytesSource) []byte {
	b := bytes.Clone(src)
	for _, e := range append(append([]extract.Extent(nil), l.Claimed...), l.Structure...) {
		clear(b[e.Offset:e.End()])
	}
	return bytes.ReplaceAll(b, []byte{0}, nil)
}

func TestSamples(t *testing.T) {
	golden, err := os.ReadFile(testdata + "/golden.txt")
	if err != nil {
		t.Fatal(err)
	}
	const texts = "tinyconsole=ttyS0 androidboot.hardware=tiny"
	slack := map[string]string{"v0": texts, "v1": texts, "v2": texts, "v3": "console=ttyS0 androidboot.hardware=tiny", "vendor_v3": "vendor=1tiny"}
	for name, want := range slack {
		t.Run(name, func(t *testing.T) {
			src := sample(t, name)
			l := list(t, src)
			if len(l.Problems) > 0 {
				t.Errorf("problems %q", l.Problems)
			}
			for line := range strings.Lines(string(golden)) {
				var image, section, sum string
				var size int64
				if _, err := fmt.Sscan(line, &image, &section, &size, &sum); err != nil {
					t.Fatal(err)
				}
				if image != name {
					continue
				}
				if f := l.Files[section]; f.Size != size || f.SHA256 != sum {
					t.Errorf("%s: %+v, want %d bytes, SHA-256 %s", section, f, size, sum)
				}
				delete(l.Files, section)
			}
			for section := range l.Files {
				t.Errorf("%s: not expected", section)
			}
			if got := unclaimed(l, src); string(got) != want {
				t.Errorf("slack %q, want %q", got, want)
			}
			formattest.CheckRandomAccess(t, Format(), src, name)
		})
	}
}

// TestUnpackBootimg compares with AOSP's unpacker.
func TestUnpackBootimg(t *testing.T) {
	if _, err := exec.LookPath("unpack_bootimg"); err != nil {
		t.Skipf("tools: %v", err)
	}
	for _, name := range []string{"v0", "v1", "v2", "v3"} { // it misreads vendor images whose header takes two pages
		src := sample(t, name)
		dir := t.TempDir()
		img := filepath.Join(dir, "img")
		if err := os.WriteFile(img, src, 0o644); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, "out")
		if msg, err := exec.Command("unpack_bootimg", "--boot_img", img, "--out", out).CombinedOutput(); err != nil {
			t.Fatalf("unpack_bootimg: %v\n%s", err, msg)
		}
		c, err := open(t.Context(), &extract.Input{Source: src})
		if err != nil {
			t.Fatal(err)
		}
		members := 0
		for m, err := range c.Members(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(out, m.Name))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			s, _ := m.Open(t.Context())
			got, _ := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
			if !bytes.Equal(got, want) {
				t.Errorf("%s: %s differs", name, m.Name)
			}
			members++
		}
		files, _ := os.ReadDir(out)
		if members != len(files) {
			t.Errorf("%s: %d members, unpack_bootimg has %d", name, members, len(files))
		}
	}
}

// le32 writes numbers into a header, pairs of offset and value.
func le32(b []byte, pairs ...uint32) []byte {
	for i := 0; i < len(pairs); i += 2 {
		binary.LittleEndian.PutUint32(b[pairs[i]:], pairs[i+1])
	}
	return b
}

func page(c byte) []byte { return bytes.Repeat([]byte{c}, 4096) }

// bootV4Image has a kernel, a ramdisk and a signature of a page each.
func bootV4Image() []byte {
	h := le32(make([]byte, 4096), 8, 4096, 12, 4000, 20, bootV4, versionAt, 4, 1580, 4096)
	copy(h, bootMagic)
	copy(h[44:], "cmd")
	return bytes.Join([][]byte{h, page('k'), append(bytes.Repeat([]byte{'r'}, 4000), make([]byte, 96)...), page('s')}, nil)
}

// vendorV4Image has two ramdisk fragments, a dtb, a table and a bootconfig.
func vendorV4Image() []byte {
	h := le32(make([]byte, 4096), 8, 4, 12, 4096, 24, 5000, 2096, vendorV4, 2100, 10, 2112, 2*tableEntry, 2116, 2, 2120, tableEntry, 2124, 7)
	copy(h, vendorMagic)
	copy(h[28:], "cmd")
	copy(h[2080:], "board")
	pad := func(b []byte) []byte { return append(b, make([]byte, -len(b)&4095)...) }
	ramdisk := append(bytes.Repeat([]byte{'p'}, 3000), bytes.Repeat([]byte{'d'}, 2000)...)
	table := le32(make([]byte, 2*tableEntry), 0, 3000, 4, 0, 8, 1, tableEntry, 2000, tableEntry+4, 3000, tableEntry+8, 3)
	copy(table[tableEntry+12:], "dlkm")
	return bytes.Join([][]byte{h, pad(ramdisk), pad([]byte("devicetree")), pad(table), pad([]byte("a=\"b\"\n\n"))}, nil)
}

// mtkImage has MediaTek's header before the ramdisk.
func mtkImage() []byte {
	b := bootV4Image()
	binary.LittleEndian.PutUint32(b[8192:], mtkMagic)
	binary.LittleEndian.PutUint32(b[8196:], 4000-mtkHeader)
	return b
}

// qcomImage is of version 0 with a device tree table, whose size stands where the version does now.
func qcomImage() []byte {
	h := le32(make([]byte, 2048), 8, 2048, 16, 2048, 36, 2048, versionAt, 4096)
	copy(h, bootMagic)
	return bytes.Join([][]byte{h, page('k')[:2048], page('r')[:2048], page('t')}, nil)
}

func TestLayouts(t *testing.T) {
	long := bootV4Image()
	cut := long[:4096+4096+1000]
	outside := vendorV4Image()
	le32(outside[4096+8192+4096:], 4, 4000) // first fragment
	unnamed := vendorV4Image()
	le32(unnamed[4096+8192+4096:], 0, 100, 4, 200, tableEntry, 10, tableEntry+4, 250)
	cases := []struct {
		name  string
		image []byte
		want  string // members and their sizes
		slack string
		notes []string
	}{
		{"v4", long, "kernel 4096 ramdisk 4000", "cmd", nil},
		{"vendor v4", vendorV4Image(), "vendor_ramdisk00 3000 vendor_ramdisk01 2000 dtb 10 bootconfig 7", "cmdboard", nil},
		{"vendor v4, ramdisks that the table does not name", unnamed,
			"vendor_ramdisk00 100 vendor_ramdisk01 10 vendor_ramdisk at 4096 200 vendor_ramdisk at 4396 4700 dtb 10 bootconfig 7", "cmdboard", nil},
		{"MediaTek", mtkImage(), "kernel 4096 ramdisk 3488", "cmd", nil},
		{"Qualcomm", qcomImage(), "kernel 2048 ramdisk 2048 dt 4096", "", nil},
		{"truncated", cut, "kernel 4096 ramdisk 1000", "cmd",
			[]string{"ramdisk: damaged: 4000 bytes at 8192, but the image ends at 9192", "signature: damaged: 4096 bytes at 12288, but the image ends at 9192"}},
		{"fragment outside", outside, "vendor_ramdisk 5000 dtb 10 bootconfig 7", "cmdboard",
			[]string{"vendor_ramdisk00: damaged: bytes 8096 to 11096 lie outside of the vendor ramdisks, which end at 9096"}},
		{"table of 2^32-1 entries", le32(vendorV4Image(), 2116, 1<<32-1), "vendor_ramdisk 5000 dtb 10 bootconfig 7", "cmdboard",
			[]string{"vendor ramdisk table: damaged: 4294967295 entries of 108 bytes in 216 bytes"}},
		{"table of empty entries", le32(vendorV4Image(), 2120, 0), "vendor_ramdisk 5000 dtb 10 bootconfig 7", "cmdboard",
			[]string{"vendor ramdisk table: damaged: 2 entries of 0 bytes in 216 bytes"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			src := extract.BytesSource(c.image)
			ct, err := open(t.Context(), &extract.Input{Source: src})
			if err != nil {
				t.Fatal(err)
			}
			var got, notes []string
			for m, err := range ct.Members(t.Context()) {
				if err != nil {
					notes = append(notes, err.Error())
					continue
				}
				got = append(got, fmt.Sprint(m.Name, " ", m.Size))
			}
			if g := strings.Join(got, " "); g != c.want {
				t.Errorf("members %s\nwant    %s", g, c.want)
			}
			if strings.Join(notes, "\n") != strings.Join(c.notes, "\n") {
				t.Errorf("notes %q, want %q", notes, c.notes)
			}
			if got := unclaimed(list(t, src), src); string(got) != c.slack {
				t.Errorf("slack %q, want %q", got, c.slack)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	v0 := sample(t, "v0")
	cases := []struct {
		name, want string
		image      []byte
	}{
		{"version 5", "unsupported feature: boot image header of version 5", le32(bytes.Clone(v0), versionAt, 5)},
		{"vendor version 2", "unsupported feature: vendor boot image header of version 2", le32(vendorV4Image(), 8, 2)},
		{"page size 0", "damaged: page size 0", le32(bytes.Clone(v0), 36, 0)},
		{"page size 3000", "damaged: page size 3000", le32(bytes.Clone(v0), 36, 3000)},
		{"page size 2^31", "damaged: page size 2147483648", le32(bytes.Clone(v0), 36, 1<<31)},
		{"short", "damaged: boot image header of 1000 bytes", v0[:1000]},
		{"short vendor", "damaged: boot image header of 2120 bytes, 2128 wanted", vendorV4Image()[:2120]},
	}
	for _, c := range cases {
		if _, err := open(t.Context(), &extract.Input{Source: extract.BytesSource(c.image)}); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func FuzzFormat(f *testing.F) {
	v1 := bytes.Clone(sample(f, "v1"))
	binary.LittleEndian.PutUint64(v1[1636:], 1<<63-1) // recovery_dtbo far outside
	formattest.Fuzz(f, Format(), sample(f, "v0"), v1, sample(f, "v2"), sample(f, "v3"), sample(f, "vendor_v3"),
		bootV4Image(), vendorV4Image(), mtkImage(), qcomImage())
}

func BenchmarkOpen(b *testing.B) {
	src := sample(b, "v2")
	b.SetBytes(src.Size())
	for b.Loop() {
		c, err := open(b.Context(), &extract.Input{Source: src})
		if err != nil {
			b.Fatal(err)
		}
		for m, err := range c.Members(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			s, _ := m.Open(b.Context())
			if _, err := io.Copy(io.Discard, io.NewSectionReader(s, 0, s.Size())); err != nil {
				b.Fatal(err)
			}
		}
	}
}
