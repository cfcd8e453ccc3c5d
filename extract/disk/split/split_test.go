package split

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
)

// content is a file that begins like a zip archive.
func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*i>>7) | 1
	}
	copy(b, "PK\x03\x04")
	return b
}

func cut(b []byte, names ...string) map[string][]byte {
	files := map[string][]byte{}
	for _, n := range names {
		files[n] = b[:min(len(b), smallest)]
		b = b[min(len(b), smallest):]
	}
	return files
}

// joinFiles gives what joined members hold, or why they cannot be read.
func joinFiles(t *testing.T, files map[string][]byte) map[string]string {
	t.Helper()
	s := &extract.Siblings{Budget: extract.NewBudget(extract.DefaultLimits())}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		src := extract.BytesSource(files[name])
		s.Members = append(s.Members, &extract.Member{Name: name, Size: src.Size(), Open: func(context.Context) (extract.Source, error) { return src, nil }})
	}
	got := map[string]string{}
	for _, j := range Joiner().Join(t.Context(), s) {
		if p := j.Member.Problem; p != nil {
			got[j.Member.Name] = p.Error()
			continue
		}
		src, err := j.Member.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(io.NewSectionReader(src, 0, src.Size()))
		if got[j.Member.Name] = string(b); err != nil {
			got[j.Member.Name] = err.Error()
		}
		if src.Size() != j.Member.Size {
			t.Errorf("%s: %d bytes, said to be %d", j.Member.Name, src.Size(), j.Member.Size)
		}
	}
	return got
}

func TestJoiner(t *testing.T) {
	whole := content(2*smallest + 1000)
	for _, names := range [][]string{{"a/rom.zip.001", "a/rom.zip.002", "a/rom.zip.003"}, {"a/rom.zip.0", "a/rom.zip.1", "a/rom.zip.2"}, {"a/rom.zip.00", "a/rom.zip.01", "a/rom.zip.02"}} {
		got := joinFiles(t, cut(whole, names...))
		if len(got) != 1 || got["a/rom.zip"] != string(whole) {
			t.Errorf("%q: joined %q", names, slices.Collect(maps.Keys(got)))
		}
	}
	long := content(10*smallest + 1)
	names := strings.Fields("x.0 x.1 x.2 x.3 x.4 x.5 x.6 x.7 x.8 x.9 x.10")
	if got := joinFiles(t, cut(long, names...)); got["x"] != string(long) {
		t.Errorf("eleven pieces: %d bytes", len(got["x"]))
	}
}

func TestSample(t *testing.T) {
	const testdata = "../../../testdata/split"
	files := map[string][]byte{}
	for _, name := range []string{"rom.tar.001", "rom.tar.002", "rom.tar.003"} {
		f, err := os.Open(filepath.Join(testdata, name+".gz"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		if files[name], err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(filepath.Join(testdata, "golden.txt"))
	if err != nil {
		t.Fatal(err)
	}
	whole := joinFiles(t, files)["rom.tar"]
	if got := fmt.Sprintf("%d %x\n", len(whole), sha256.Sum256([]byte(whole))); got != string(golden) {
		t.Errorf("%s, want %s", got, golden)
	}
}

func TestMissingPiece(t *testing.T) {
	files := cut(content(3*smallest), "rom.zip.001", "rom.zip.002", "rom.zip.003")
	delete(files, "rom.zip.002")
	got := joinFiles(t, files)
	if want := "bytes 65536 to 131072: piece 2 is missing"; got["rom.zip"] != want {
		t.Errorf("%q, want %q", got["rom.zip"], want)
	}
	if want := "damaged: piece 2 is missing: bytes 65536 to 131072 of rom.zip"; got["rom.zip (missing piece)"] != want {
		t.Errorf("%q, want %q", got["rom.zip (missing piece)"], want)
	}
}

// TestNoSets feeds files with numbers that are no pieces of one: joined, all but the first would be hidden.
func TestNoSets(t *testing.T) {
	zip, plain := content(smallest), bytes.Repeat([]byte("log\n"), smallest/4)
	for name, files := range map[string]map[string][]byte{
		"one":                  {"x.0": zip},
		"no container":         {"x.0": plain, "x.1": plain},
		"two containers":       {"x.0": zip, "x.1": zip},
		"container behind":     {"x.0": plain, "x.1": zip},
		"first is missing":     {"x.2": zip, "x.3": plain},
		"larger last":          {"x.0": zip, "x.1": append(slices.Clone(plain), 'x')},
		"unequal":              {"x.0": zip, "x.1": plain[:100], "x.2": plain[:100]},
		"small":                {"x.0": zip[:smallest-1], "x.1": plain[:100]},
		"same number":          {"x.0": zip, "x.1": plain, "x.01": plain},
		"most are missing":     {"x.0": zip, "x.3": plain},
		"other names, folders": {"x.0": zip, "y.1": plain, "a/x.1": plain},
		"empty":                {"x.0": zip, "x.1": nil},
	} {
		if got := joinFiles(t, files); len(got) > 0 {
			t.Errorf("%s: joined %q", name, slices.Collect(maps.Keys(got)))
		}
	}
}

// holed is a Source with a hole and a run that cannot be read.
type holed struct{ extract.BytesSource }

func (h holed) NextData(off int64) (int64, int64) {
	if off < 100 {
		return 100, 200
	}
	return max(off, 300), h.Size()
}

func (h holed) ReadAt(p []byte, off int64) (int, error) {
	if end := off + int64(len(p)); off < 400 && end > 390 {
		n, _ := h.BytesSource.ReadAt(p[:max(0, 390-off)], off)
		return n, &extract.RangeError{Extent: extract.Extent{Offset: 390, Size: 10}, Err: errors.New("bad")}
	}
	return h.BytesSource.ReadAt(p, off)
}

func TestChain(t *testing.T) {
	b := content(500)
	gone := errors.New("gone")
	c := Chain([]Piece{{Source: extract.BytesSource(b), Size: 500}, {Source: extract.BytesSource(b), Size: 50}, {Size: 0}, {Size: 100, Err: gone},
		{Source: holed{b}, Size: 500}, {Source: extract.BytesSource(b), Size: 600}})
	if c.Size() != 1750 {
		t.Fatalf("%d bytes", c.Size())
	}
	buf := make([]byte, 1750)
	for _, r := range []struct {
		off, n, got int
		err         string
	}{
		{0, 550, 550, ""}, {490, 60, 60, ""}, {500, 100, 50, "bytes 550 to 650: gone"}, {600, 10, 0, "bytes 550 to 650: gone"}, {650, 500, 390, "bytes 1040 to 1050: bad"},
		{1050, 600, 600, ""}, {1640, 20, 10, "bytes 1650 to 1750: it ends at byte 500 of 600"}, {1700, 200, 0, "bytes 1650 to 1750: it ends"}, {1750, 1, 0, "EOF"},
	} {
		n, err := c.ReadAt(buf[:r.n], int64(r.off))
		if n != r.got || (err != nil) != (r.err != "") || err != nil && !strings.Contains(err.Error(), r.err) {
			t.Errorf("%d bytes at %d: %d, %v; want %d, %q", r.n, r.off, n, err, r.got, r.err)
		}
	}
	c.ReadAt(buf[:10], 495)
	if want := string(b[495:500]) + string(b[:5]); string(buf[:10]) != want {
		t.Errorf("%q at 495, want %q", buf[:10], want)
	}
	var runs []int64
	for off := int64(0); off < c.Size(); {
		start, end := c.(extract.Sparse).NextData(off)
		runs = append(runs, start, end)
		off = end
	}
	if want := []int64{0, 500, 500, 550, 550, 650, 750, 850, 950, 1150, 1150, 1750}; !slices.Equal(runs, want) {
		t.Errorf("data in %v, want %v", runs, want)
	}
}

func FuzzJoin(f *testing.F) {
	f.Add("x.0", "x.1", "x.3", content(smallest))
	f.Add("a/x.001", "a/x.002", "x.003", content(smallest+1))
	f.Fuzz(func(t *testing.T, a, b, c string, data []byte) {
		files := map[string][]byte{a: data, b: data[:len(data)/2], c: data}
		total := 0
		for _, d := range files {
			total += len(d)
		}
		for name, got := range joinFiles(t, files) {
			if len(got) > 2*total+1000 {
				t.Errorf("%q has %d bytes of %d", name, len(got), total)
			}
		}
	})
}

func BenchmarkChain(b *testing.B) {
	var pieces []Piece
	for range 16 {
		pieces = append(pieces, Piece{Source: extract.BytesSource(content(1 << 20)), Size: 1 << 20})
	}
	c := Chain(pieces)
	buf := make([]byte, 100_000)
	b.SetBytes(c.Size())
	for b.Loop() {
		if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, io.NewSectionReader(c, 0, c.Size()), buf); err != nil {
			b.Fatal(err)
		}
	}
}
