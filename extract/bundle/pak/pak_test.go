package pak

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

const testdata = "../../../testdata/pak/"

func sample(t testing.TB, name string) extract.BytesSource {
	t.Helper()
	b, err := os.ReadFile(testdata + name + ".pak")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSamples(t *testing.T) {
	golden, err := os.ReadFile(testdata + "golden.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"v4", "v5", "v5-utf16"} {
		src := sample(t, name)
		l, err := formattest.List(Format(), src, name, extract.DefaultLimits())
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
			if f := l.Files[member]; f.Size != size || f.SHA256 != sum || f.Problem != "" {
				t.Errorf("%s: %s: %+v, want %d bytes, SHA-256 %s", name, member, f, size, sum)
			}
			delete(l.Files, member)
		}
		for member := range l.Files {
			t.Errorf("%s: %s is not expected", name, member)
		}
		formattest.CheckAccounting(t, l, src.Size())
		formattest.CheckRandomAccess(t, Format(), src, name)
	}
}

// build makes a pack of version 5; change is called with the table's offsets.
func build(change func(offsets []uint32), resources ...string) []byte {
	n := len(resources)
	b := make([]byte, headV5)
	b[0] = version5
	binary.LittleEndian.PutUint16(b[8:], uint16(n))
	offsets := []uint32{uint32(headV5 + (n+1)*entrySize)}
	for _, r := range resources {
		offsets = append(offsets, offsets[len(offsets)-1]+uint32(len(r)))
	}
	if change != nil {
		change(offsets)
	}
	for i, off := range offsets {
		number := uint16(0)
		if i < n {
			number = uint16(i + 1)
		}
		b = binary.LittleEndian.AppendUint16(b, number)
		b = binary.LittleEndian.AppendUint32(b, off)
	}
	return append(b, strings.Join(resources, "")...)
}

func large(c string) string { return strings.Repeat(c, smallResource) }

// brotliResource is the one of the sample, which decodes to 12290 bytes.
func brotliResource(t testing.TB) string {
	src := sample(t, "v5")
	i := bytes.Index(src, []byte(brotliMagic))
	n := bytes.Index(src[i:], []byte(gzipMagic))
	if i < 0 || n < 0 {
		t.Fatal("no brotli resource in the sample")
	}
	return string(src[i : i+n])
}

func TestResources(t *testing.T) {
	page := brotliResource(t)
	lying := "\x1e\x9b\xff\xff\xff\xff\xff\xff" + page[brotliHead:]
	for _, c := range []struct {
		name    string
		pack    []byte
		want    string // members and their sizes
		problem string // of the pack or of a member
	}{
		{"runs", build(nil, "a", "bc", large("d"), "e", "f"), "1-2+3 3+4096 4-5+2", ""},
		{"table backwards", build(func(o []uint32) { o[1], o[2] = o[2], o[1] }, "abc", "defg", "hi"), "1+7", "2 resources lie outside of the pack"},
		{"end outside", build(func(o []uint32) { o[3] = 1<<32 - 1 }, "abc", "defg", "hi"), "1-2+7", "1 resources lie outside of the pack"},
		{"all outside", build(func(o []uint32) { o[1], o[2] = 1<<31, 1<<32-1 }, "abc", "def"), "", "2 resources lie outside of the pack"},
		{"brotli", build(nil, "a", page, "b"), "1+1 2+12290 3+1", ""},
		{"brotli cut off", build(nil, page[:100]), "1+", "stream ends early"},
		{"brotli that lies", build(nil, lying), "1+12290", "brotli resource of 12290 bytes, 281474976710655 by what it says"},
		{"brotli of nothing", build(nil, page[:brotliHead]), "1+0", "stream ends early"},
		{"noise that looks like brotli", build(nil, brotliMagic+"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "1+0", "damaged"},
		{"magic alone", build(nil, brotliMagic, gzipMagic), "1-2+5", ""},
	} {
		l, err := formattest.List(Format(), extract.BytesSource(c.pack), "a.pak", extract.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		problems := l.Problems
		for name, f := range l.Files {
			got = append(got, fmt.Sprintf("%s+%d", name, f.Size))
			if f.Problem != "" {
				problems = append(problems, f.Problem)
			}
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != c.want && !(strings.HasSuffix(c.want, "+") && strings.HasPrefix(s, c.want)) {
			t.Errorf("%s: members %q, want %q", c.name, s, c.want)
		}
		if s := strings.Join(problems, "; "); !strings.Contains(s, c.problem) || c.problem == "" && s != "" {
			t.Errorf("%s: problems %q, want %q", c.name, s, c.problem)
		}
	}
}

// TestBehindAStream: what follows a brotli stream in its resource is not claimed, so that it is searched.
func TestBehindAStream(t *testing.T) {
	page := brotliResource(t)
	text := strings.Repeat("what nobody may hide ", 1000)
	src := build(nil, page+text, "b")
	c, err := open(t.Context(), &extract.Input{Source: extract.BytesSource(src), Budget: extract.NewBudget(extract.DefaultLimits())})
	if err != nil {
		t.Fatal(err)
	}
	for m, err := range c.Members(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Stream == nil {
			continue
		}
		r, err := m.Stream(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); n != 12290 || err != nil {
			t.Fatalf("%d bytes, %v", n, err)
		}
		claimed := int64(0)
		for _, e := range m.Extents {
			claimed += e.Size
		}
		if claimed > int64(len(page)) || claimed < brotliHead {
			t.Errorf("%d bytes are claimed for a stream of %d", claimed, len(page))
		}
		return
	}
	t.Error("no brotli member")
}

func TestNotThis(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty":         nil,
		"version alone": {version5, 0, 0, 0},
		"no resources":  build(nil),
		"zeros":         append([]byte{version4, 0, 0, 0}, make([]byte, 100)...),
		"gap":           build(func(o []uint32) { o[0]++ }, "abc"),
		"encoding 3":    append([]byte{version5, 0, 0, 0, 3}, build(nil, "abc")[5:]...),
		"cut off":       build(nil, large("a"), "b", "c")[:headV5+entrySize+5],
		"2^32 entries":  {version4, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0},
	} {
		src := extract.BytesSource(b)
		if Format().Detect(extract.NewProbe(src, "a.pak", nil)) {
			t.Errorf("%s is taken for a pack", name)
		}
		if _, err := open(t.Context(), &extract.Input{Source: src, Budget: extract.NewBudget(extract.DefaultLimits())}); err != extract.ErrNotThis {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzFormat(f *testing.F) {
	formattest.Fuzz(f, Format(), sample(f, "v4"), sample(f, "v5"), sample(f, "v5-utf16"),
		build(func(o []uint32) { o[1], o[2] = o[2], o[1] }, "abc", "defg", "hi"), build(nil, brotliResource(f)+"text", "b"))
}

// BenchmarkRead reads a pack of 20000 sentences.
func BenchmarkRead(b *testing.B) {
	sentences := slices.Repeat([]string{"A sentence of the user interface."}, 20000)
	src := extract.BytesSource(build(nil, sentences...))
	b.SetBytes(src.Size())
	for b.Loop() {
		c, err := open(b.Context(), &extract.Input{Source: src, Budget: extract.NewBudget(extract.DefaultLimits())})
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
