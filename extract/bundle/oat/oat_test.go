package oat

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

const testdata = "../../../testdata/oat/"

func sample(t testing.TB, name string) extract.BytesSource {
	t.Helper()
	b, err := os.ReadFile(testdata + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func samples(t testing.TB) []string {
	t.Helper()
	vdex, _ := filepath.Glob(testdata + "*.vdex")
	odex, _ := filepath.Glob(testdata + "*.odex")
	var names []string
	for _, p := range append(vdex, odex...) {
		names = append(names, filepath.Base(p))
	}
	if len(names) < 7 {
		t.Fatalf("%d samples", len(names))
	}
	return names
}

// rest is what the members leave of a file.
func rest(l *formattest.Listing, src extract.BytesSource) (left []extract.Extent, text []byte) {
	at := int64(0)
	for _, e := range append(l.Claimed, extract.Extent{Offset: src.Size()}) {
		left = append(left, extract.Extent{Offset: at, Size: e.Offset - at})
		text = append(text, src[at:e.Offset]...)
		at = e.End()
	}
	return left, text
}

func TestSamples(t *testing.T) {
	golden, err := os.ReadFile(testdata + "golden.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range samples(t) {
		src := sample(t, name)
		l, err := formattest.List(Format(), src, name, extract.DefaultLimits())
		if name == "v027-none.vdex" {
			if err != extract.ErrNotThis {
				t.Errorf("%s: %v, want that it is none", name, err)
			}
			continue
		}
		if err != nil || len(l.Problems) > 0 {
			t.Errorf("%s: %v, %+v", name, err, l)
			continue
		}
		for line := range strings.Lines(string(golden)) {
			var file, member, sum string
			var size int64
			if _, err := fmt.Sscan(line, &file, &member, &size, &sum); err != nil {
				t.Fatal(err)
			}
			if file != name {
				continue
			}
			if f := l.Files[member]; f.Size != size || f.SHA256 != sum {
				t.Errorf("%s: %s: %+v, want %d bytes, SHA-256 %s", name, member, f, size, sum)
			}
			delete(l.Files, member)
		}
		for member := range l.Files {
			t.Errorf("%s: %s is not expected", name, member)
		}
		left, text := rest(l, src)
		formattest.CheckAccounting(t, l, src.Size(), left...)
		if strings.HasSuffix(name, ".vdex") && !bytes.Contains(text, []byte("com.example.Dependency")) {
			t.Errorf("%s: the strings of the verifier are not searched", name)
		}
		formattest.CheckRandomAccess(t, Format(), src, name)
	}
}

// dex builds the header of a DEX file and fills it up to the size that it tells.
func dex(magic string, size uint32) []byte {
	b := make([]byte, max(dexHead, int(size)))
	copy(b, magic)
	binary.LittleEndian.PutUint32(b[32:], size)
	binary.LittleEndian.PutUint32(b[36:], dexHead)
	binary.LittleEndian.PutUint32(b[40:], 0x12345678)
	return b
}

func vdex(parts ...[]byte) []byte {
	return append([]byte("vdex021\x00"), bytes.Join(parts, nil)...)
}

// set changes a number of a DEX header.
func set(b []byte, off int, v uint32) []byte {
	b = bytes.Clone(b)
	binary.LittleEndian.PutUint32(b[off:], v)
	return b
}

func TestHostile(t *testing.T) {
	good := dex("dex\n035\x00", 200)
	nested := dex("dex\n035\x00", 1000)
	copy(nested[300:], good)
	for _, c := range []struct {
		name    string
		image   []byte
		want    string // extents of the members, or the error
		problem string
	}{
		{"two", vdex(good, good), "[{8 200} {208 200}]", ""},
		{"one that follows a c", vdex([]byte("abc"), good), "[{11 200}]", ""},
		{"compact", vdex(dex("cdex001\x00", 150)), "[{8 150}]", ""},
		{"one in another", vdex(nested), "[{8 1000}]", ""},
		{"cut off", vdex(good, dex("dex\n035\x00", 4000)[:300]), "[{8 200} {208 300}]", "damaged: a DEX file of 4000 bytes, but the file ends after 300"},
		{"4 GiB", vdex(set(good, 32, 1<<32-1)), "[{8 200}]", "damaged: a DEX file of 4294967295 bytes"},
		{"size of zero", vdex(set(good, 32, 0)), "not of this format", ""},
		{"smaller than its header", vdex(set(good, 32, 100)), "not of this format", ""},
		{"header of 4 GiB", vdex(set(good, 36, 1<<32-1)), "not of this format", ""},
		{"other byte order", vdex(set(good, 40, 0x78563412)), "not of this format", ""},
		{"version of letters", vdex(dex("dex\nabc\x00", 200)), "not of this format", ""},
		{"header cut off", vdex(good[:60]), "not of this format", ""},
		{"magic alone", []byte("vdex021\x00"), "not of this format", ""},
		{"a great many", vdex(bytes.Repeat(dex("dex\n035\x00", dexHead), mostDex+10)), fmt.Sprint(mostDex), ""},
	} {
		l, err := formattest.List(Format(), extract.BytesSource(c.image), "a.vdex", extract.Limits{Artifacts: 10000})
		got := fmt.Sprint(err)
		if err == nil {
			if got = fmt.Sprint(l.Claimed); len(l.Claimed) > 100 {
				got = fmt.Sprint(len(l.Claimed))
			}
			if p := strings.Join(l.Problems, "; "); !strings.HasPrefix(p, c.problem) || c.problem == "" && p != "" {
				t.Errorf("%s: problems %q, want %q", c.name, p, c.problem)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestChunks puts DEX files across the border of what is read at once.
func TestChunks(t *testing.T) {
	for _, magic := range []string{"dex\n035\x00", "cdex001\x00"} {
		for _, at := range []int{chunk - dexHead, chunk - 4, chunk - 1, chunk, chunk + 1, 2*chunk - 1} {
			b := append(vdex(make([]byte, at-8)), dex(magic, 200)...)
			b = append(append(b, make([]byte, chunk)...), dex(magic, 300)...)
			l, err := formattest.List(Format(), extract.BytesSource(b), "a.vdex", extract.DefaultLimits())
			want := fmt.Sprintf("[{%d 200} {%d 300}]", at, at+200+chunk)
			if err != nil || fmt.Sprint(l.Claimed) != want {
				t.Errorf("%q at %d: %v, %+v, want %s", magic, at, err, l, want)
			}
		}
	}
}

func TestNotThis(t *testing.T) {
	elf := "\x7fELF" + strings.Repeat("\x00", 5000)
	for _, text := range []string{"", "vdex", "vdex files are made by dex2oat", "dey\n", elf, elf[:4096] + "oat\nmeal"} {
		if Format().Detect(extract.NewProbe(extract.BytesSource(text), "a.vdex", nil)) {
			t.Errorf("%.20q is taken for a vdex file", text)
		}
	}
}

func FuzzFormat(f *testing.F) {
	var seeds [][]byte
	for _, name := range samples(f) {
		seeds = append(seeds, sample(f, name))
	}
	formattest.Fuzz(f, Format(), append(seeds, vdex(dex("cdex001\x00", 150), dex("dex\n035\x00", 1<<16)[:300]))...)
}

func BenchmarkSearch(b *testing.B) {
	image := vdex(dex("dex\n035\x00", 200), bytes.Repeat([]byte("code of the app, index of fields "), 16<<20/33))
	in := &extract.Input{Source: extract.BytesSource(image)}
	b.SetBytes(int64(len(image)))
	for b.Loop() {
		if _, err := open(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}
