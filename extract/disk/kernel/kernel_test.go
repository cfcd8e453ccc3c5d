package kernel

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

const testdata = "../../../testdata/kernel/"

func sample(t testing.TB, name string) extract.BytesSource {
	t.Helper()
	b, err := os.ReadFile(testdata + name + ".img")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func samples(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob(testdata + "*.img")
	if err != nil || len(paths) < 8 {
		t.Fatalf("%d samples, %v", len(paths), err)
	}
	for i, p := range paths {
		paths[i] = strings.TrimSuffix(filepath.Base(p), ".img")
	}
	return paths
}

func list(t testing.TB, src extract.Source, name string) *formattest.Listing {
	t.Helper()
	l, err := formattest.List(Format(), src, name, extract.DefaultLimits())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return l
}

func TestSamples(t *testing.T) {
	golden, err := os.ReadFile(testdata + "golden.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range samples(t) {
		src := sample(t, name)
		l := list(t, src, "kernel")
		if len(l.Problems) > 0 {
			t.Errorf("%s: problems %q", name, l.Problems)
		}
		for line := range strings.Lines(string(golden)) {
			var image, member, sum string
			var size int64
			if _, err := fmt.Sscan(line, &image, &member, &size, &sum); err != nil {
				t.Fatal(err)
			}
			if image != name {
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
		checkLeft(t, name, l, src)
		formattest.CheckRandomAccess(t, Format(), src, name)
	}
}

// checkLeft: besides the streams (and a header), everything is left to be searched.
func checkLeft(t *testing.T, name string, l *formattest.Listing, src extract.Source) {
	t.Helper()
	claimed := int64(0)
	for _, e := range l.Structure {
		claimed += e.Size
	}
	if claimed > headSize-setupHead {
		t.Errorf("%s: %d bytes are called structure", name, claimed)
	}
	var left []extract.Extent
	at := int64(0)
	for _, e := range l.Claimed { // in order
		if e.Offset > at {
			left = append(left, extract.Extent{Offset: at, Size: e.Offset - at})
		}
		at = e.End()
	}
	formattest.CheckAccounting(t, l, src.Size(), append(left, extract.Extent{Offset: at, Size: src.Size() - at})...)
}

// TestWalk opens a kernel in a kernel down to its configuration.
func TestWalk(t *testing.T) {
	l := list(t, sample(t, "qcom"), "kernel")
	if len(l.Files) != 1 || len(l.Claimed) != 1 {
		t.Fatalf("%d members", len(l.Files))
	}
	inner := list(t, extract.Section(sample(t, "qcom"), l.Claimed[0]), "Image")
	if _, ok := inner.Files["config.gz"]; !ok {
		t.Errorf("members %v, want the configuration", inner.Files)
	}
}

// TestDecompressedKernel: a kernel that its wrapping named has no magic of its own.
func TestDecompressedKernel(t *testing.T) {
	b := bytes.Clone(sample(t, "arm64"))
	clear(b[:64])
	if l := list(t, extract.BytesSource(b), innerName); len(l.Files) != 2 {
		t.Errorf("members %v, want two", l.Files)
	}
	in := &extract.Input{Source: extract.BytesSource("nothing compressed"), Name: innerName, Budget: extract.NewBudget(extract.DefaultLimits())}
	if _, err := open(t.Context(), in); err != extract.ErrNotThis {
		t.Errorf("no streams: %v", err)
	}
}

// TestChunks puts a stream across the border of what is read at once.
func TestChunks(t *testing.T) {
	head, stream := sample(t, "arm64")[:64], sample(t, "zboot")[512:]
	stream = stream[:len(stream)-len("end")]
	for _, at := range []int{chunk - 3, chunk - 1, chunk, chunk + 1, chunk + overlap - 1, 3*chunk - 2} {
		b := append(bytes.Clone(head), make([]byte, at-len(head))...)
		b = append(append(b, stream...), "text behind it"...)
		b = append(append(b, make([]byte, chunk)...), stream...)
		want := []extract.Extent{{Offset: int64(at), Size: int64(len(stream))}, {Offset: int64(len(b) - len(stream)), Size: int64(len(stream))}}
		if got := list(t, extract.BytesSource(b), "Image").Claimed; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("stream at %d: %v, want %v", at, got, want)
		}
	}
}

// TestHostile: headers that lie, streams that break and markers that lead nowhere.
func TestHostile(t *testing.T) {
	put := func(b []byte, off int, v uint32) []byte {
		b = bytes.Clone(b)
		binary.LittleEndian.PutUint32(b[off:], v)
		return b
	}
	zimage, arm64 := sample(t, "zimage-gz"), sample(t, "arm64")
	broken := bytes.Clone(zimage)
	broken[len(broken)-300] ^= 0xFF
	unclosed := bytes.ReplaceAll(bytes.Clone(arm64), []byte(configEnd), []byte("IKCFG_XX"))
	many := append(bytes.Clone(arm64[:64]), bytes.Repeat(append(arm64[0xd57:0xd57+722:0xd57+722], "text"...), mostStreams+5)...)
	lzo := append(bytes.Clone(zimage[:64]), "\x89LZO\x00\r\n\x1a\n\x10\x30 compressed"...)
	for _, c := range []struct {
		name    string
		image   []byte
		members int
		problem string
	}{
		{"payload of 4 GiB", put(sample(t, "zboot"), 12, 1<<32-1), 1, "piggy.gz: damaged: 4294967295 bytes at 512"},
		{"payload outside", put(sample(t, "zboot"), 8, 1<<32-1), 1, "piggy: damaged: 9819 bytes at 4294967295"},
		{"payload elsewhere", put(sample(t, "bzimage"), 0x248, 0), 1, ""}, // no stream there: it is searched for
		{"image of 4 GiB", put(sample(t, "qcom"), 16, 1<<32-1), 1, "Image: damaged: 4294967295 bytes at 20"},
		{"broken stream", broken, 1, ""}, // whoever opens it tells of it
		{"configuration without an end", unclosed, 2, ""},
		{"too many streams", many, mostStreams, "limit: artifacts limit 64 reached"},
		{"a stream that nobody decodes", lzo, 1, ""},
	} {
		l, err := formattest.List(Format(), extract.BytesSource(c.image), "kernel", extract.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := strings.Join(l.Problems, "; "); !strings.HasPrefix(got, c.problem) || c.problem == "" && got != "" {
			t.Errorf("%s: problems %q, want %q", c.name, got, c.problem)
		}
		if len(l.Files) != c.members {
			t.Errorf("%s: members %v, want %d", c.name, l.Files, c.members)
		}
	}
}

func FuzzFormat(f *testing.F) {
	var seeds [][]byte
	for _, name := range samples(f) {
		seeds = append(seeds, sample(f, name))
	}
	formattest.Fuzz(f, Format(), seeds...)
}

// BenchmarkSearch finds the streams in a kernel of 32 MiB that hardly has any.
func BenchmarkSearch(b *testing.B) {
	image := append(bytes.Clone(sample(b, "arm64")), bytes.Repeat([]byte("instructions of the kernel "), 32<<20/27)...)
	in := &extract.Input{Source: extract.BytesSource(image), Budget: extract.NewBudget(extract.DefaultLimits())}
	b.SetBytes(int64(len(image)))
	for b.Loop() {
		if _, err := open(b.Context(), in); err != nil {
			b.Fatal(err)
		}
	}
}
