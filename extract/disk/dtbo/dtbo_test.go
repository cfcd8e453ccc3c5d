package dtbo

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

const testdata = "../../../testdata/dtbo/"

func sample(t testing.TB, name string) extract.BytesSource {
	t.Helper()
	b, err := os.ReadFile(testdata + name + ".img")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func list(t testing.TB, src extract.Source) *formattest.Listing {
	t.Helper()
	l, err := formattest.List(Format(), src, "dtbo.img", extract.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestSamples compares with what mkdtboimg extracts. An entry that shares the bytes of one before it is given once.
func TestSamples(t *testing.T) {
	golden, err := os.ReadFile(testdata + "golden.tsv")
	if err != nil {
		t.Fatal(err)
	}
	lists := map[string]*formattest.Listing{}
	for _, name := range []string{"v0", "v1", "acpi"} {
		src := sample(t, name)
		l := list(t, src)
		if len(l.Problems) > 0 {
			t.Errorf("%s: problems %q", name, l.Problems)
		}
		formattest.CheckAccounting(t, l, src.Size())
		formattest.CheckRandomAccess(t, Format(), src, name)
		lists[name] = l
	}
	if n := len(lists["v0"].Files); n != 2 {
		t.Errorf("%d members of v0, want 2", n)
	}
	for line := range strings.Lines(string(golden)) {
		var image, entry, sum string
		var size int64
		if _, err := fmt.Sscan(line, &image, &entry, &size, &sum); err != nil {
			t.Fatal(err)
		}
		if image == "v0" && entry == "dtb02" {
			entry = "dtb00"
		}
		if f := lists[image].Files[entry]; f.Size != size || f.SHA256 != sum {
			t.Errorf("%s: %s: %+v, want %d bytes, SHA-256 %s", image, entry, f, size, sum)
		}
	}
}

// build makes a table of entries, given as size and offset, in an image of 1000 bytes.
func build(entries ...[2]uint32) []byte {
	b := make([]byte, headerSize)
	copy(b, treeMagic)
	be := binary.BigEndian
	for i, v := range []uint32{1000, headerSize, entrySize, uint32(len(entries)), headerSize, 2048, 0} {
		be.PutUint32(b[4+4*i:], v)
	}
	for _, e := range entries {
		var raw [entrySize]byte
		be.PutUint32(raw[:], e[0])
		be.PutUint32(raw[4:], e[1])
		b = append(b, raw[:]...)
	}
	return append(b, make([]byte, 1000-len(b))...)
}

// set changes a number of the header.
func set(b []byte, off int, v uint32) []byte {
	b = bytes.Clone(b)
	binary.BigEndian.PutUint32(b[off:], v)
	return b
}

func TestHostileEntries(t *testing.T) {
	for _, c := range []struct {
		name    string
		image   []byte
		members string
		problem string
	}{
		{"empty", build([2]uint32{0, 500}), "", ""},
		{"outside", build([2]uint32{100, 300}, [2]uint32{100, 1<<32 - 1}), "dtb00+100", "dtb01: damaged: 100 bytes at 4294967295, but the table ends at 1000"},
		{"cut off", build([2]uint32{1<<32 - 1, 900}), "dtb00+100", "dtb00: damaged: 4294967295 bytes at 900, but the table ends at 1000"},
		{"overlap", build([2]uint32{200, 300}, [2]uint32{200, 400}), "dtb00+200 dtb01+100", "dtb01: damaged: bytes 400 to 500 belong to another entry"},
		{"within", build([2]uint32{100, 400}, [2]uint32{600, 300}), "dtb01+600", "dtb00: damaged: bytes 400 to 500 belong to another entry"},
		{"shared", build([2]uint32{200, 300}, [2]uint32{200, 300}), "dtb00+200", ""},
	} {
		l := list(t, extract.BytesSource(c.image))
		var got []string
		for i := range 3 {
			name := fmt.Sprintf("dtb%02d", i)
			if f, ok := l.Files[name]; ok {
				got = append(got, fmt.Sprintf("%s+%d", name, f.Size))
			}
		}
		if s := strings.Join(got, " "); s != c.members {
			t.Errorf("%s: members %q, want %q", c.name, s, c.members)
		}
		if s := strings.Join(l.Problems, "; "); s != c.problem {
			t.Errorf("%s: problems %q, want %q", c.name, s, c.problem)
		}
	}
}

func TestHostileHeaders(t *testing.T) {
	good := build([2]uint32{200, 300})
	for _, c := range []struct {
		name  string
		image []byte
		want  string
	}{
		{"cut off", good[:20], "damaged: device tree table header"},
		{"version 2", set(good, 28, 2), "unsupported feature: device tree table of version 2"},
		{"2^32 entries", set(good, 16, 1<<32-1), "damaged: device tree table: 4294967295 entries"},
		{"entries of no bytes", set(good, 12, 0), "damaged: device tree table: 1 entries of 0 bytes"},
		{"entries of 4 GiB", set(good, 12, 1<<32-1), "damaged: device tree table: 1 entries of 4294967295 bytes"},
		{"table outside", set(good, 20, 1<<32-1), "damaged: device tree table"},
		{"table in the header", set(good, 20, 0), "damaged: device tree table"},
	} {
		_, err := formattest.List(Format(), extract.BytesSource(c.image), "dtbo.img", extract.DefaultLimits())
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	text := extract.BytesSource("ACPI tables are described in the following pages")
	if Format().Detect(extract.NewProbe(text, "a.txt", nil)) {
		t.Error("a text is taken for a table")
	}
}

func FuzzFormat(f *testing.F) {
	formattest.Fuzz(f, Format(), sample(f, "v0"), sample(f, "v1"), sample(f, "acpi"),
		build([2]uint32{200, 300}, [2]uint32{200, 400}), build([2]uint32{1<<32 - 1, 900}))
}

func BenchmarkRead(b *testing.B) {
	image := append(build([2]uint32{1 << 20, 1000}), make([]byte, 1<<20)...)
	b.SetBytes(int64(len(image)))
	for b.Loop() {
		c, err := open(b.Context(), &extract.Input{Source: extract.BytesSource(image), Budget: extract.NewBudget(extract.DefaultLimits())})
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
