package sparse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

func member(name string, src extract.BytesSource) *extract.Member {
	return &extract.Member{Name: name, Size: src.Size(), Open: func(context.Context) (extract.Source, error) { return src, nil }}
}

// joinFiles joins files and gives the SHA-256 of each whole, or why it cannot be read, and the names of its parts.
func joinFiles(t testing.TB, files map[string]extract.BytesSource) (wholes, parts map[string]string) {
	t.Helper()
	s := &extract.Siblings{Budget: extract.NewBudget(extract.DefaultLimits())}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		s.Members = append(s.Members, member(name, files[name]))
	}
	wholes, parts = map[string]string{}, map[string]string{}
	for _, j := range Joiner().Join(context.Background(), s) {
		name := j.Member.Name
		for wholes[name] != "" {
			name += "'"
		}
		if p := j.Member.Problem; p != nil {
			wholes[name] = p.Error()
			continue
		}
		src, err := j.Member.Open(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		_, err = io.Copy(h, io.NewSectionReader(src, 0, src.Size()))
		if wholes[name] = hex.EncodeToString(h.Sum(nil)); err != nil {
			wholes[name] = err.Error()
		}
		for _, p := range j.Parts {
			parts[name] += p.Name + " "
		}
	}
	return wholes, parts
}

func sampleParts(t testing.TB, format string) map[string]extract.BytesSource {
	t.Helper()
	files := map[string]extract.BytesSource{}
	for i := range 4 {
		files[fmt.Sprintf(format, i)] = sample(t, fmt.Sprintf("image.img.%d", i))
	}
	return files
}

func TestJoiner(t *testing.T) {
	_, sum := golden(t)
	for format, whole := range map[string]string{
		"super.img.%d": "super.img", "img/super.img_sparsechunk.%d": "img/super.img", "system.img_sparsechunk%d": "system.img", "system_sparsechunk%d.img": "system.img",
		"super.%d.0a1b2c3d.img": "super.img", "super_%d.img": "super.img", "super.img_sparsechunk.%d.img": "super.img",
	} {
		got, parts := joinFiles(t, sampleParts(t, format))
		if len(got) != 1 || got[whole] != sum || strings.Count(parts[whole], " ") != 4 {
			t.Errorf("%s: joined %v of %v, want %s", format, got, parts, whole)
		}
	}
}

func TestJoinerMissing(t *testing.T) {
	for _, c := range []struct{ missing, want string }{
		{"super.img.0", "bytes 0 to 393216: a part before number 1 is missing"},
		{"super.img.1", "a part between numbers 0 and 2 is missing"},
		{"super.img.2", "a part between numbers 1 and 3 is missing"},
		{"super.img.3", "part 2 is as large as those before it, but the last: a part seems to be missing"},
	} {
		files := sampleParts(t, "super.img.%d")
		delete(files, c.missing)
		got, _ := joinFiles(t, files)
		if problem := got["super.img (missing part)"]; !strings.Contains(got["super.img"], c.want) || !strings.Contains(problem, "is missing: bytes ") &&
			!strings.Contains(problem, "seems to be missing: bytes ") {
			t.Errorf("without %s: %v, want %q", c.missing, got, c.want)
		}
	}
}

// TestJoinerKeeps feeds sets that are none, or more than one.
func TestJoinerKeeps(t *testing.T) {
	block := func(c string) string { return chunkOf(chunkRaw, 1, 0, strings.Repeat(c, 16)) }
	skip := chunkOf(chunkDontCare, 1, 0, "")
	first, second := imageOf(16, 2, 2, block("a"), skip), imageOf(16, 2, 2, skip, block("b"))
	hidden := append(slices.Clone(second), "hidden"...)
	for name, c := range map[string]struct {
		files map[string]extract.BytesSource
		parts map[string]string
	}{
		"other names":      {map[string]extract.BytesSource{"a.img.0": first, "b.img.1": second}, nil},
		"other folders":    {map[string]extract.BytesSource{"a/x.img.0": first, "b/x.img.1": second}, nil},
		"no numbers":       {map[string]extract.BytesSource{"super.img": first, "super.img2": second}, nil},
		"other blocks":     {map[string]extract.BytesSource{"x.0": first, "x.1": imageOf(4, 2, 2, skip, chunkOf(chunkRaw, 1, 0, "abcd"))}, nil},
		"the same":         {map[string]extract.BytesSource{"x.0": first, "x.1": first}, nil},
		"one":              {map[string]extract.BytesSource{"x.0": first, "x.1": extract.BytesSource("text")}, nil},
		"variants":         {map[string]extract.BytesSource{"super.0.aa.img": first, "super.0.bb.img": first, "super.1.cc.img": second}, map[string]string{"super.img": "super.0.aa.img super.1.cc.img "}},
		"bytes behind one": {map[string]extract.BytesSource{"x.0": first, "x.1": hidden}, map[string]string{"x": "x.0 "}},
	} {
		if _, parts := joinFiles(t, c.files); !maps.Equal(parts, c.parts) {
			t.Errorf("%s: joined %v, want %v", name, parts, c.parts)
		}
	}
}

// TestJoinerUnread has parts that cannot be read and tables without room.
func TestJoinerUnread(t *testing.T) {
	skips := func(n int) (s []string) {
		for range n {
			s = append(s, chunkOf(chunkDontCare, 1, 0, ""))
		}
		return s
	}
	zeros := func(n int) (s []string) {
		for range n {
			s = append(s, chunkOf(chunkFill, 1, 0, "\x00\x00\x00\x00"))
		}
		return s
	}
	const n, parts = 300, 5
	limits := extract.DefaultLimits()
	limits.Buffer = 4 * n * pieceCost
	s := &extract.Siblings{Budget: extract.NewBudget(limits)}
	for i := range parts {
		chunks := append(append(skips(i*n), zeros(n)...), skips((parts-1-i)*n)...)
		s.Members = append(s.Members, member(fmt.Sprint("x.", i), imageOf(16, n*parts, uint32(len(chunks)), chunks...)))
	}
	js := Joiner().Join(t.Context(), s)
	if len(js) != 2 || len(js[1].Parts) != 3 || js[0].Member.Problem == nil || !strings.Contains(js[0].Member.Problem.Error(), "part 4 cannot be read: buffer limit") {
		t.Fatalf("joined %v", js)
	}
	src, err := js[1].Member.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, io.NewSectionReader(src, 0, src.Size())); err == nil || !strings.Contains(err.Error(), "part 4 cannot be read") {
		t.Errorf("error %v", err)
	}
}

func FuzzJoin(f *testing.F) {
	block := chunkOf(chunkRaw, 1, 0, text)
	skip := chunkOf(chunkDontCare, 1, 0, "")
	f.Add(imageOf(16, 3, 2, block, skip), imageOf(16, 3, 3, skip, block, skip), imageOf(16, 3, 3, skip, skip, block))
	f.Add(imageOf(16, 3, huge, block), imageOf(16, 3, 2, skip, chunkOf(0xcac9, 9, 0, text)), []byte(text))
	for _, name := range []string{"exabytes of a value", "exabytes behind exabytes", "begins late"} {
		f.Add(hostile()[name].data, hostile()["2^32 chunks"].data, hostile()["fewer blocks than told"].data)
	}
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		s := &extract.Siblings{Budget: extract.NewBudget(formattest.SmallLimits())}
		s.Members = append(s.Members, member("x.img.0", a), member("x.img.1", b), member("x.img.3", c))
		for _, j := range Joiner().Join(t.Context(), s) {
			if j.Member.Problem != nil {
				continue
			}
			src, err := j.Member.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			sp, buf := src.(extract.Sparse), make([]byte, 4096)
			for off, steps := int64(0), 0; off < src.Size() && steps < 1000; steps++ {
				start, end := sp.NextData(off)
				if start < off || end < start || end == start && start < src.Size() {
					t.Fatalf("NextData(%d) = %d, %d", off, start, end)
				}
				src.ReadAt(buf, start)
				off = end
			}
		}
	})
}
