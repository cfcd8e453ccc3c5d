package gpt

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

const testdata = "../../../testdata/gpt"

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
	return lines
}

func list(t testing.TB, f extract.Format, src extract.Source) *formattest.Listing {
	t.Helper()
	l, err := formattest.List(f, src, "disk.img", extract.DefaultLimits())
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
	for name, c := range map[string]struct {
		format extract.Format
		slack  int // bytes: MBR disks have a signature before their table
	}{"gpt512": {Format(), 0}, "gpt4096": {Format(), 0}, "main": {Format(), 0}, "mbr": {MBR(), 4}} {
		t.Run(name, func(t *testing.T) {
			src := sample(t, name)
			l := list(t, c.format, src)
			compare(t, l, golden(t, name))
			if len(l.Problems) > 0 {
				t.Errorf("problems %q", l.Problems)
			}
			if got := unclaimed(l, src); len(got) > c.slack {
				t.Errorf("slack %.99q", got)
			}
			formattest.CheckRandomAccess(t, c.format, src, name)
		})
	}
}

// mend makes the checksums of the primary table right again.
func mend(b []byte) {
	h := b[512:]
	le.PutUint32(h[88:], crc32.ChecksumIEEE(b[int64(le.Uint64(h[72:]))*512:][:le.Uint32(h[80:])*le.Uint32(h[84:])]))
	mendHeader(b)
}

func mendHeader(b []byte) {
	h := b[512:]
	clear(h[16:20])
	le.PutUint32(h[16:], crc32.ChecksumIEEE(h[:headerSize]))
}

// Where things are in the sample of 1 MiB.
const (
	row1 = 1024
	row2 = row1 + entrySize
	last = 1<<20 - 512
)

var hostile = []struct {
	name   string
	do     func(b []byte)
	err    string
	notes  []string
	differ bool // from the golden list
}{
	{name: "primary gone", do: func(b []byte) { clear(b[512:1024]) }, notes: []string{"no header; the backup is used"}},
	{name: "everything gone in front", do: func(b []byte) { clear(b[:17408]) }, notes: []string{"no header; the backup is used"}},
	{name: "header", do: func(b []byte) { b[512+90] ^= 1 }, notes: []string{"the other copy of the table: checksum of the header is wrong"}},
	{name: "entries", do: func(b []byte) { b[row1+56] ^= 1 }, notes: []string{"the other copy of the table: checksum of the entries is wrong"}, differ: true},
	{name: "backup gone", do: func(b []byte) { b[last] = 'X' }, notes: []string{"the other copy of the table: no header"}},
	{name: "backup zero", do: func(b []byte) { clear(b[last-16384:]) }},
	{name: "both sums", do: func(b []byte) { b[row1+56] ^= 1; b[last-16384+56] ^= 1 }, notes: []string{"checksum of the entries is wrong", "the other copy"}, differ: true},
	{name: "both headers gone", do: func(b []byte) { b[512+12] = 1; b[last+12] = 1 }, err: "a header of 1 bytes; the backup: a header of 1 bytes"},
	{name: "2^32 entries", do: func(b []byte) { le.PutUint32(b[512+80:], 1<<32-1); mendHeader(b); clear(b[last:]) },
		err: "4294967295 entries of 128 bytes at sector 2, but the image ends at 1048576"},
	{name: "2^32 entries, backup", do: func(b []byte) { le.PutUint32(b[512+80:], 1<<32-1); mendHeader(b) }, notes: []string{"4294967295 entries of 128 bytes"}},
	{name: "entries far away", do: func(b []byte) { le.PutUint64(b[512+72:], 1<<63); mendHeader(b) }, notes: []string{"at sector 9223372036854775808"}},
	{name: "outside", do: func(b []byte) { le.PutUint64(b[row2+40:], 1<<40); mend(b) }, notes: []string{"partition 2: damaged: bytes", "but the image ends at 1048576"}, differ: true},
	{name: "far outside", do: func(b []byte) { le.PutUint64(b[row2+32:], 1<<63); le.PutUint64(b[row2+40:], 1<<64-1); mend(b) },
		notes: []string{"partition 2: damaged: sectors 9223372036854775808 to 0"}, differ: true},
	{name: "backwards", do: func(b []byte) { le.PutUint64(b[row2+40:], 3); mend(b) }, notes: []string{"partition 2: damaged: sectors"}, differ: true},
	{name: "overlap", do: func(b []byte) { copy(b[row2+32:][:16], b[row1+32:]); mend(b) }, notes: []string{`overlaps partition "boot_a"`}, differ: true},
}

func TestHostile(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			src := bytes.Clone(sample(t, "gpt512"))
			c.do(src)
			if _, err := open(t.Context(), input(src)); c.err != "" || err != nil {
				if err == nil || c.err == "" || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				return
			}
			l := list(t, Format(), extract.BytesSource(src))
			all := strings.Join(l.Problems, "; ")
			for _, n := range c.notes {
				if !strings.Contains(all, n) {
					t.Errorf("notes %q, want %q", all, n)
				}
			}
			if len(c.notes) == 0 && all != "" {
				t.Errorf("notes %q", all)
			}
			if want := golden(t, "gpt512"); !c.differ {
				compare(t, l, want)
			} else if len(l.Files) < len(want) { // the other table has what this one lost
				t.Errorf("partitions %v", l.Files)
			}
			formattest.Survive(t, Format(), src)
		})
	}
}

func input(b []byte) *extract.Input {
	return &extract.Input{Source: extract.BytesSource(b), Name: "disk.img", Budget: extract.NewBudget(extract.DefaultLimits())}
}

func TestRoom(t *testing.T) {
	in := input(sample(t, "gpt512"))
	limits := extract.DefaultLimits()
	limits.Buffer = 100_000
	in.Budget = extract.NewBudget(limits)
	if _, err := open(t.Context(), in); err == nil || extract.AsUnopened(err).Reason != extract.ReasonLimit {
		t.Errorf("error %v, want a limit", err)
	}
}

// TestShares has partitions that all take up the whole disk, to be searched again and again.
func TestShares(t *testing.T) {
	b := bytes.Clone(sample(t, "gpt512"))
	for i := range 128 {
		row := b[row1+i*entrySize:][:entrySize]
		row[0] = 1
		le.PutUint64(row[32:], 34)
		le.PutUint64(row[40:], 2000)
	}
	mend(b)
	l := list(t, Format(), extract.BytesSource(b))
	read, refused := int64(0), 0
	for _, f := range l.Files {
		if read += f.Size; strings.Contains(f.Problem, "more than 8 times as large") {
			refused++
		}
	}
	if read > 8<<20 || refused < 100 || len(l.Files) < 128 {
		t.Errorf("%d partitions, %d bytes, %d refused", len(l.Files), read, refused)
	}
}

func TestDetectGPT(t *testing.T) {
	for name, do := range map[string]func(b []byte){
		"first sector of something else": func(b []byte) { copy(b[256:], "ustar"); clear(b[510:512]) },
		"backup behind something else":   func(b []byte) { clear(b[450:]); clear(b[512:1024]); b[700] = 'X' },
	} {
		b := bytes.Clone(sample(t, "gpt512"))
		do(b[:1024])
		if Format().Detect(extract.NewProbe(extract.BytesSource(b), "x", extract.NewBudget(extract.DefaultLimits()))) {
			t.Errorf("%s is taken for a disk", name)
		}
	}
}

// TestTools compares with the tables that sfdisk and sgdisk print.
func TestTools(t *testing.T) {
	sgdisk, err := exec.LookPath("/usr/sbin/sgdisk")
	if err != nil {
		t.Skipf("tools: %v", err)
	}
	path := filepath.Join(t.TempDir(), "img")
	if err := os.WriteFile(path, make([]byte, 8<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"-a", "8"}
	for i := range 60 {
		n := strconv.Itoa(i + 1)
		args = append(args, "-n", n+":0:+"+strconv.Itoa(4+i)+"K", "-c", n+":part"+n)
	}
	if out, err := exec.Command(sgdisk, append(args, path)...).CombinedOutput(); err != nil {
		t.Fatalf("sgdisk: %v\n%s", err, out)
	}
	img, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(sgdisk, "-p", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	c, err := open(t.Context(), input(img))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for m, err := range c.Members(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		e := m.Extents[0]
		got = append(got, strconv.FormatInt(e.Offset/512, 10)+" "+strconv.FormatInt(e.End()/512-1, 10)+" "+m.Name)
	}
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^ +\d+ +(\d+) +(\d+) .* (part\d+)$`).FindAllStringSubmatch(string(out), -1) {
		want = append(want, strings.Join(m[1:], " "))
	}
	if len(want) != 60 || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("partitions\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestDetectMBR(t *testing.T) {
	const table = mbrTable
	for name, c := range map[string]struct {
		do func(b []byte)
		ok bool
	}{
		"sample":          {func([]byte) {}, true},
		"outside":         {func(b []byte) { le.PutUint32(b[table+12:], 1<<31) }, false},
		"overlap":         {func(b []byte) { copy(b[table+40:][:8], b[table+8:]) }, false},
		"state":           {func(b []byte) { b[table] = 1 }, false},
		"no partitions":   {func(b []byte) { clear(b[table:510]) }, false},
		"unknown kinds":   {func(b []byte) { b[table+4], b[table+20], b[table+36] = 0x99, 0x99, 0x99 }, false},
		"no signature":    {func(b []byte) { b[510] = 0 }, false},
		"boot sector":     {func(b []byte) { copy(b[table:], "Remove disks or other media. Press any key to restart") }, false},
		"at sector 0":     {func(b []byte) { le.PutUint32(b[table+8:], 0) }, false},
		"free entry used": {func(b []byte) { b[table+48+9] = 7 }, false},
	} {
		b := bytes.Clone(sample(t, "mbr"))
		c.do(b)
		p := extract.NewProbe(extract.BytesSource(b), "x", extract.NewBudget(extract.DefaultLimits()))
		if got := MBR().Detect(p); got != c.ok {
			t.Errorf("%s: detected %v", name, got)
		}
		if _, err := openMBR(t.Context(), input(b)); (err == nil) != c.ok || err != nil && !errors.Is(err, extract.ErrNotThis) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestHostileMBR(t *testing.T) {
	const ext = 128 * 512 // of the first logical table
	second := func(b []byte) uint32 { return le.Uint32(b[ext+mbrTable+16+8:]) }
	for name, c := range map[string]struct {
		do   func(b []byte)
		note string
	}{
		"loop":             {func(b []byte) { o := (128 + int(second(b))) * 512; copy(b[o+mbrTable:], b[ext+mbrTable:][:32]) }, "the chain of tables does not end: 2 were read"},
		"first again":      {func(b []byte) { le.PutUint32(b[ext+mbrTable+16+8:], 0) }, "the chain of tables does not end: 1 were read"},
		"next outside":     {func(b []byte) { le.PutUint32(b[ext+mbrTable+16+8:], 5000) }, "the next table is said to be at sector 5128, outside"},
		"no table":         {func(b []byte) { b[ext+510] = 0 }, "no table"},
		"logical outside":  {func(b []byte) { le.PutUint32(b[ext+mbrTable+12:], 1<<31) }, "but the image ends at 1048576"},
		"logical overlaps": {func(b []byte) { le.PutUint32(b[ext+mbrTable+12:], 300) }, "overlaps partition"},
	} {
		b := bytes.Clone(sample(t, "mbr"))
		c.do(b)
		l := list(t, MBR(), extract.BytesSource(b))
		if got := strings.Join(l.Problems, "; "); !strings.Contains(got, c.note) {
			t.Errorf("%s: notes %q, want %q", name, got, c.note)
		}
		formattest.Survive(t, MBR(), b)
	}
}

func FuzzGPT(f *testing.F) {
	seeds := [][]byte{sample(f, "gpt512"), sample(f, "main")}
	for _, c := range hostile {
		b := bytes.Clone(sample(f, "gpt512"))
		c.do(b)
		seeds = append(seeds, b[:20<<10])
	}
	formattest.Fuzz(f, Format(), seeds...)
}

// FuzzEntries changes the header and the entries and makes the checksums right again.
func FuzzEntries(f *testing.F) {
	img := sample(f, "gpt512")
	f.Add([]byte(img[512+24:][:64]), []byte(img[row1:][:4*entrySize]))
	f.Fuzz(func(t *testing.T, head, rows []byte) {
		b := bytes.Clone(img[:64<<10])
		copy(b[512+24:][:64], head)
		copy(b[row1:][:16384], rows)
		h := b[512:]
		if at, n := le.Uint64(h[72:]), uint64(le.Uint32(h[80:]))*uint64(le.Uint32(h[84:])); at < 128 && n <= uint64(len(b))-at*512 {
			mend(b)
		} else {
			mendHeader(b)
		}
		formattest.Survive(t, Format(), b)
	})
}

func FuzzMBR(f *testing.F) { formattest.Fuzz(f, MBR(), sample(f, "mbr")) }

func BenchmarkOpen(b *testing.B) {
	src := sample(b, "gpt512")
	b.SetBytes(2 * 128 * entrySize)
	for b.Loop() {
		c, err := open(b.Context(), input(src))
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range c.Members(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
