package super

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

const testdata = "../../../testdata/super"

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

// golden is the partitions of a sample: name, size, SHA-256.
func golden(t testing.TB, image string) (lines [][3]string) {
	t.Helper()
	f, err := os.Open(filepath.Join(testdata, "golden.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if w := strings.Split(s.Text(), "\t"); len(w) == 3 && w[0] == image {
			size, sum, _ := strings.Cut(w[2], " ")
			lines = append(lines, [3]string{w[1], size, sum})
		}
	}
	if len(lines) == 0 {
		t.Fatalf("nothing about %s", image)
	}
	return lines
}

func list(t testing.TB, src extract.Source) *formattest.Listing {
	t.Helper()
	l, err := formattest.List(Format(), src, "super.img", extract.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func compare(t *testing.T, l *formattest.Listing, want [][3]string) {
	t.Helper()
	for _, w := range want {
		f := l.Files[w[0]]
		if strconv.FormatInt(f.Size, 10) != w[1] || f.SHA256 != w[2] || f.Problem != "" {
			t.Errorf("%s: %+v, want %s bytes, SHA-256 %s", w[0], f, w[1], w[2])
		}
	}
	if len(l.Files) != len(want) {
		t.Errorf("%d partitions, want %d", len(l.Files), len(want))
	}
}

// unclaimed gives the bytes that a listing leaves to be searched as slack.
func unclaimed(l *formattest.Listing, src extract.BytesSource) string {
	b := bytes.Clone(src)
	for _, e := range append(append([]extract.Extent(nil), l.Claimed...), l.Structure...) {
		clear(b[e.Offset:e.End()])
	}
	return string(bytes.ReplaceAll(b, []byte{0}, nil))
}

func TestSamples(t *testing.T) {
	slack := map[string]string{"slots": strings.Repeat("gap", 5)} // between the extents
	for _, name := range []string{"v0", "slots", "empty"} {
		t.Run(name, func(t *testing.T) {
			src := sample(t, name)
			l := list(t, src)
			compare(t, l, golden(t, name))
			if len(l.Problems) > 0 {
				t.Errorf("problems %q", l.Problems)
			}
			if got := unclaimed(l, src); got != slack[name] {
				t.Errorf("slack %.99q, want %q", got, slack[name])
			}
			formattest.CheckRandomAccess(t, Format(), src, name)
		})
	}
}

func TestHoles(t *testing.T) {
	c, err := open(t.Context(), &extract.Input{Source: sample(t, "slots"), Budget: extract.NewBudget(extract.DefaultLimits())})
	if err != nil {
		t.Fatal(err)
	}
	for m, err := range c.Members(t.Context()) {
		if err != nil || m.Name != "systema" {
			continue
		}
		s, err := m.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if start, end := s.(extract.Sparse).NextData(65536); start != 131072 || end != s.Size() {
			t.Errorf("data from %d to %d, want 131072 to %d", start, end, s.Size())
		}
		return
	}
	t.Error("no systema")
}

// metadata gives the parts of a sample that tests change: the first copy of the metadata is at 12288.
const (
	primary = 12288
	header  = primary
	tables  = primary + headerSize // version 10.0
)

// mend makes the sums of the first copy right again.
func mend(img []byte) {
	size := int(le.Uint32(img[header+8:]))
	body := img[header+size:][:le.Uint32(img[header+44:])]
	sum := sha256.Sum256(body)
	copy(img[header+48:], sum[:])
	clear(img[header+12:][:32])
	sum = sha256.Sum256(img[header:][:size])
	copy(img[header+12:], sum[:])
}

// mendGeometry makes the sum of the geometry right again.
func mendGeometry(img []byte) {
	clear(img[reserved+8:][:32])
	sum := sha256.Sum256(img[reserved:][:geometrySize])
	copy(img[reserved+8:], sum[:])
}

// The first copy of the metadata of v0: two partitions, an extent each.
const (
	part0   = tables
	part1   = tables + partitionSize
	extent0 = tables + 2*partitionSize
	extent1 = extent0 + extentSize
)

var hostile = []struct {
	name  string
	do    func(img []byte)
	err   string // of Open
	notes []string
	files map[string]string // problem by name
}{
	{name: "geometry", do: func(b []byte) { b[reserved+40] ^= 1 }, notes: []string{"damaged: checksum of the geometry is wrong"}},
	{name: "geometry gone", do: func(b []byte) { clear(b[reserved:][:geometrySize]) }, notes: []string{"damaged: no geometry"}},
	{name: "both geometries", do: func(b []byte) { b[reserved+40] ^= 1; b[reserved+geometryBlock+40] ^= 1 }, err: "checksum of the geometry is wrong; the backup: checksum"},
	{name: "2^32 slots", do: func(b []byte) { le.PutUint32(b[reserved+44:], 1<<32-1); mendGeometry(b) },
		notes: []string{"the backup of the geometry tells of 1 slots with 4096 bytes, it itself of 4294967295", "4294967295 slots, the first 16 are read"}},
	{name: "metadata of 4 GiB", do: func(b []byte) { le.PutUint32(b[reserved+40:], 1<<32-512); mendGeometry(b) }, notes: []string{"unexpected EOF"}},
	{name: "primary", do: func(b []byte) { b[part0] ^= 1 }, notes: []string{"metadata, slot 0: checksum of the tables is wrong"}},
	{name: "header", do: func(b []byte) { b[header+80] ^= 1 }, notes: []string{"metadata, slot 0: checksum of the header is wrong"}},
	{name: "primary and backup", do: func(b []byte) { b[part0] ^= 1; clear(b[primary+4096:][:64]) }, err: "no metadata can be read: checksum of the tables is wrong"},
	{name: "version 11", do: func(b []byte) { le.PutUint16(b[header+4:], 11) }, notes: []string{"metadata of version 11.0"}},
	{name: "tables of 4 GiB", do: func(b []byte) { le.PutUint32(b[header+44:], 1<<32-1) }, notes: []string{"a header of 128 and tables of 4294967295 bytes in 4096"}},
	{name: "2^32 partitions", do: func(b []byte) { le.PutUint32(b[header+84:], 1<<32-1); mend(b) }, notes: []string{"4294967295 partitions of 52 bytes at 0"}},
	{name: "outside", do: func(b []byte) { le.PutUint64(b[extent1+12:], 1<<40); mend(b) },
		files: map[string]string{"vendor": "sectors 1099511627776 to 1099511627808 of block device \"super\" lie outside"}},
	{name: "half outside", do: func(b []byte) { le.PutUint64(b[extent1:], 64); mend(b) }, files: map[string]string{"vendor": "bytes 16384 to 32768: sectors"}},
	{name: "exabytes", do: func(b []byte) { le.PutUint64(b[extent1:], 1<<55); mend(b) }, files: map[string]string{"vendor": "extent 1 has 36028797018963968 sectors"}},
	{name: "overlap", do: func(b []byte) { copy(b[extent1+12:][:8], b[extent0+12:]); mend(b) },
		notes: []string{`partitions "system" and "vendor" both hold sector 128`}, files: map[string]string{"vendor": ""}},
	{name: "in the metadata", do: func(b []byte) { le.PutUint64(b[extent1+12:], 8); mend(b) }, notes: []string{`partition "vendor" begins at sector 8 of block device "super", before 128`}},
	{name: "extents that are none", do: func(b []byte) { le.PutUint32(b[part1+40:], 5); mend(b) }, files: map[string]string{"vendor": "extents 5 to 6 of 2"}},
	{name: "shared extents", do: func(b []byte) { le.PutUint32(b[part1+44:], 1<<31); mend(b) }, notes: []string{`the partitions slot 0 from "vendor" on claim more extents than the 2`}},
	{name: "kind", do: func(b []byte) { le.PutUint32(b[extent1+8:], 7); mend(b) }, files: map[string]string{"vendor": "extent 1 is of the unknown kind 7"}},
	{name: "device", do: func(b []byte) { le.PutUint32(b[extent1+20:], 7); mend(b) }, files: map[string]string{"vendor": "on block device 7 of 1"}},
}

func TestHostile(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			src := bytes.Clone(sample(t, "v0"))
			c.do(src)
			_, err := open(t.Context(), &extract.Input{Source: extract.BytesSource(src), Budget: extract.NewBudget(extract.DefaultLimits())})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				return
			}
			l := list(t, extract.BytesSource(src))
			all := strings.Join(l.Problems, "; ")
			for _, n := range c.notes {
				if !strings.Contains(all, n) {
					t.Errorf("notes %q, want %q", all, n)
				}
			}
			if len(l.Problems) > 0 && len(c.notes) == 0 {
				t.Errorf("notes %q", all)
			}
			for _, w := range golden(t, "v0") {
				problem, odd := c.files[w[0]]
				f := l.Files[w[0]]
				if !odd && c.name != "in the metadata" && (f.SHA256 != w[2] || f.Problem != "") {
					t.Errorf("%s: %+v, want SHA-256 %s", w[0], f, w[2])
				}
				if !strings.Contains(f.Problem, problem) || problem == "" && f.Problem != "" {
					t.Errorf("%s: problem %q, want %q", w[0], f.Problem, problem)
				}
			}
			formattest.Survive(t, Format(), src)
		})
	}
}

// TestShares has partitions that all lie in the same place, to be searched again and again.
func TestShares(t *testing.T) {
	const n = 40
	b := append([]byte(nil), sample(t, "v0")...)
	clear(b[primary:][:8192])
	le.PutUint32(b[reserved+40:], 8192) // a slot of twice the size, its backup is gone
	mendGeometry(b)
	h := b[header:]
	copy(h, headerMagic)
	le.PutUint16(h[4:], major)
	le.PutUint32(h[8:], headerSize)
	le.PutUint32(h[44:], n*(partitionSize+extentSize)+deviceSize)
	at := 0
	for i, d := range [][2]int{{n, partitionSize}, {n, extentSize}, {0, groupSize}, {1, deviceSize}} {
		le.PutUint32(h[80+12*i:], uint32(at))
		le.PutUint32(h[84+12*i:], uint32(d[0]))
		le.PutUint32(h[88+12*i:], uint32(d[1]))
		at += d[0] * d[1]
	}
	for i := range n {
		row := b[tables+i*partitionSize:]
		copy(row, "p"+strconv.Itoa(i))
		le.PutUint32(row[40:], uint32(i))
		le.PutUint32(row[44:], 1)
		le.PutUint64(b[tables+n*partitionSize+i*extentSize:], uint64(len(b)/sector))
	}
	mend(b)
	l := list(t, extract.BytesSource(b))
	read, refused := int64(0), 0
	for _, f := range l.Files {
		if read += f.Size; strings.Contains(f.Problem, "more than 8 times as large") {
			refused++
		}
	}
	if read > 8*int64(len(b)) || refused != n-8 || len(l.Files) != n {
		t.Errorf("%d partitions, %d bytes, %d refused, problems %q", len(l.Files), read, refused, l.Problems)
	}
}

func TestNewerVersion(t *testing.T) {
	src := bytes.Clone(sample(t, "v0"))
	for _, at := range []int{primary, primary + 4096} {
		le.PutUint16(src[at+6:], 3)
	}
	_, err := open(t.Context(), &extract.Input{Source: extract.BytesSource(src), Budget: extract.NewBudget(extract.DefaultLimits())})
	if err == nil || extract.AsUnopened(err).Reason != extract.ReasonUnsupported || !strings.Contains(err.Error(), "metadata of version 10.3") {
		t.Errorf("error %v", err)
	}
}

func TestRoom(t *testing.T) {
	src := sample(t, "slots")
	limits := extract.DefaultLimits()
	limits.Buffer = 4 * (3*int64(le.Uint32(src[header+44:])) + 3*256)
	l, err := formattest.List(Format(), src, "super.img", limits)
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(l.Problems, "; "); !strings.Contains(all, "limit: metadata, backup of slot 1: buffer limit") {
		t.Errorf("problems %q", all)
	}
	compare(t, l, golden(t, "slots"))
}

// TestTools packs larger file systems with the independent writer.
func TestTools(t *testing.T) {
	for _, tool := range []string{"python3", "mke2fs"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("tools: %v", err)
		}
	}
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	system, vendor, super := filepath.Join(dir, "system"), filepath.Join(dir, "vendor"), filepath.Join(dir, "super")
	run("mke2fs", "-q", "-t", "ext4", "-d", ".", system, "8m")
	run("mke2fs", "-q", "-t", "ext4", "-d", testdata, vendor, "3m")
	for _, args := range [][]string{nil, {"--minor", "1", "--slots", "3"}, {"--scatter", "--max", "65536"}} {
		run(append(append([]string{"python3", testdata + "/make.py", super}, args...), "system="+system, "vendor="+vendor)...)
		img, err := os.ReadFile(super)
		if err != nil {
			t.Fatal(err)
		}
		l := list(t, extract.BytesSource(img))
		for name, path := range map[string]string{"system": system, "vendor": vendor} {
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(want)
			if f := l.Files[name]; f.SHA256 != hex.EncodeToString(sum[:]) || f.Problem != "" {
				t.Errorf("%q: %s: %+v", args, name, f)
			}
		}
		if len(l.Problems) > 0 {
			t.Errorf("%q: problems %q", args, l.Problems)
		}
	}
}

func FuzzFormat(f *testing.F) {
	seeds := [][]byte{sample(f, "v0"), sample(f, "slots"), sample(f, "empty"), sample(f, "retrofit")}
	for _, c := range hostile {
		img := bytes.Clone(sample(f, "v0"))
		c.do(img)
		seeds = append(seeds, img[:primary+8192])
	}
	formattest.Fuzz(f, Format(), seeds...)
}

// FuzzTables changes the tables and makes the checksums right again.
func FuzzTables(f *testing.F) {
	img := sample(f, "v0")[:primary+8192+65536]
	size := int(le.Uint32(img[header+44:]))
	f.Add(uint16(128), []byte(img[tables:][:size]), []byte(img[header+80:][:48]))
	f.Add(uint16(128), []byte(img[tables:][:size]), bytes.Repeat([]byte{0xff}, 48))
	f.Fuzz(func(t *testing.T, head uint16, body, desc []byte) {
		b := bytes.Clone(img)
		size := min(len(body), 3000)
		at := max(headerSize, int(head)%1000)
		le.PutUint32(b[header+8:], uint32(at))
		le.PutUint32(b[header+44:], uint32(size))
		copy(b[header+80:][:48], desc)
		copy(b[header+at:], body[:size])
		mend(b)
		formattest.Survive(t, Format(), b)
	})
}

func BenchmarkRead(b *testing.B) {
	src := sample(b, "slots")
	c, err := open(b.Context(), &extract.Input{Source: src, Budget: extract.NewBudget(extract.DefaultLimits())})
	if err != nil {
		b.Fatal(err)
	}
	for m, err := range c.Members(b.Context()) {
		if err != nil {
			b.Fatal(err)
		}
		s, err := m.Open(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(s.Size())
		buf := make([]byte, 64<<10)
		for b.Loop() {
			if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, io.NewSectionReader(s, 0, s.Size()), buf); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
}
