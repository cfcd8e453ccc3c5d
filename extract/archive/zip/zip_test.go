package zip

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/archive/archivetest"
	"github.com/censorscan/censorscan/extract/formattest"
)

func sample(t testing.TB, name string) extract.BytesSource { return archivetest.Sample(t, "zip/"+name) }

func list(t testing.TB, src extract.Source) *formattest.Listing {
	return archivetest.List(t, Format(), src)
}

// TestSamples compares archives made by the real tools with the tree that went into them.
func TestSamples(t *testing.T) {
	for _, c := range []struct {
		file   string
		part   bool   // holds assets and small.gz alone, without Unix modes
		reason string // in the problem of each file with content
		noDirs bool   // apksigner drops folders
		slack  []extract.Extent
	}{
		{file: "deflate.zip"},
		{file: "stored.zip"},
		{file: "bzip2.zip"},
		{file: "zip64.zip"},
		{file: "descriptors.zip"},
		{file: "descriptors64.zip"},
		{file: "extras.zip"},
		{file: "comment.zip", slack: []extract.Extent{{Offset: 17194, Size: 44}}},
		{file: "prepended.zip", slack: []extract.Extent{{Offset: 0, Size: 17}}},
		{file: "adjusted.zip", slack: []extract.Extent{{Offset: 0, Size: 17}}},
		{file: "aligned.apk"},
		{file: "signed.apk", noDirs: true, slack: []extract.Extent{{Offset: 16441, Size: 20480 - 16441}}}, // zeros before the signing block
		{file: "lzma.zip", part: true},
		{file: "zipcrypto.zip", reason: "encrypted"},
		{file: "aes.zip", part: true, reason: "encrypted"},
		{file: "deflate64.zip", part: true, reason: "unsupported feature: compression method 9"},
		{file: "ppmd.zip", part: true, reason: "unsupported feature: compression method 98"},
	} {
		t.Run(c.file, func(t *testing.T) {
			src := sample(t, c.file)
			l := list(t, src)
			if len(l.Problems) > 0 {
				t.Errorf("problems: %q", l.Problems)
			}
			want := archivetest.Tree(t)
			for name, w := range want {
				if c.part && !strings.HasPrefix(name, "assets/") && name != "small.gz" || c.noDirs && w.Mode.IsDir() {
					continue
				}
				got, ok := l.Files[name]
				if !ok {
					t.Errorf("%s is missing", name)
					continue
				}
				if c.reason != "" && got.Problem != "" {
					if !strings.Contains(got.Problem, c.reason) {
						t.Errorf("%s: problem %q, want %q", name, got.Problem, c.reason)
					}
					continue
				}
				if c.reason != "" && w.Size > 1000 {
					t.Errorf("%s has no problem", name)
				}
				if c.part {
					got.Mode = w.Mode
				}
				if got != w && c.reason == "" {
					t.Errorf("%s: %+v, want %+v", name, got, w)
				}
			}
			if n := len(l.Files); n > len(want) {
				t.Errorf("%d members, want %d", n, len(want))
			}
			formattest.CheckAccounting(t, l, src.Size(), c.slack...)
			formattest.CheckRandomAccess(t, Format(), src, c.file)
		})
	}
}

func TestDuplicatesAndNames(t *testing.T) {
	l := list(t, sample(t, "duplicates.zip"))
	sizes := map[string]int64{"a": 5, "a#2": 14, "a#3": 5, "../../up": 1, "/abs": 1, "back\\slash": 1}
	if len(l.Files) != len(sizes) || len(l.Problems) > 0 {
		t.Errorf("%d members, want %d; problems %q", len(l.Files), len(sizes), l.Problems)
	}
	for name, size := range sizes {
		if f, ok := l.Files[name]; !ok || f.Size != size {
			t.Errorf("%q: %+v, want %d bytes", name, f, size)
		}
	}
}

// TestTruncated: what stands before the cut is there, the cut member gives what can be decoded, and both losses are told.
func TestTruncated(t *testing.T) {
	l := list(t, sample(t, "truncated.zip"))
	f := l.Files["assets/deep/er/lines.txt"]
	if f.Size < 8000 || !strings.Contains(f.Problem, "unexpected EOF") {
		t.Errorf("cut member: %+v", f)
	}
	if !l.Files["assets/deep/er/"].Mode.IsDir() && len(l.Files) != 4 {
		t.Errorf("%d members, want 4", len(l.Files))
	}
	if p := strings.Join(l.Problems, "\n"); !strings.Contains(p, "no central directory") || !strings.Contains(p, "are there") {
		t.Errorf("problems: %s", p)
	}
}

// TestSalvage: without its central directory an archive gives the same files, with descriptors or without.
func TestSalvage(t *testing.T) {
	for _, name := range []string{"deflate.zip", "stored.zip", "bzip2.zip", "zip64.zip", "descriptors.zip", "descriptors64.zip"} {
		t.Run(name, func(t *testing.T) {
			src := sample(t, name)
			l := list(t, src[:bytes.Index(src, []byte(centralSig))])
			for name, w := range archivetest.Tree(t) {
				got, ok := l.Files[name]
				if !ok || w.Mode.IsRegular() && (got.SHA256 != w.SHA256 || got.Problem != "") {
					t.Errorf("%s: %+v, want %+v", name, got, w)
				}
			}
			if len(l.Problems) != 1 {
				t.Errorf("problems: %q", l.Problems)
			}
		})
	}
}

func TestDetect(t *testing.T) {
	zip := sample(t, "deflate.zip")
	for _, c := range []struct {
		name string
		data []byte
		want bool
	}{
		{"head", zip, true},
		{"head alone", zip[:100], true},
		{"empty archive", append([]byte(endSig), make([]byte, 18)...), true},
		{"end record at 0 that claims a directory", append([]byte(endSig), bytes.Repeat([]byte{1}, 18)...), false},
		{"prepended", sample(t, "prepended.zip"), true},
		{"stored in an image", append(append(make([]byte, 4096), zip...), make([]byte, 4096)...), false},
		{"trailing data", append(append([]byte("X"), zip[1:]...), make([]byte, 4096)...), true},
		{"text", []byte("PK is a name"), false},
		{"nothing", nil, false},
		{"end record alone", append(make([]byte, 100), zip[len(zip)-endLen:]...), false},
	} {
		b := extract.NewBudget(extract.DefaultLimits())
		if got := detect(extract.NewProbe(extract.BytesSource(c.data), "", b)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestNotZip(t *testing.T) {
	in := &extract.Input{Source: extract.BytesSource("PK\x03\x04 and then nothing that fits"), Budget: extract.NewBudget(extract.DefaultLimits())}
	if _, err := Format().Open(context.Background(), in); err != extract.ErrNotThis {
		t.Errorf("Open = %v, want ErrNotThis", err)
	}
}

func FuzzFormat(f *testing.F) {
	files, err := filepath.Glob(archivetest.Samples + "zip/*.[za]*")
	if err != nil || len(files) < 10 {
		f.Fatalf("%d samples, %v", len(files), err)
	}
	var seeds [][]byte
	for _, name := range files {
		seeds = append(seeds, sample(f, filepath.Base(name)))
	}
	for _, h := range hostile() {
		seeds = append(seeds, h.data)
	}
	formattest.Fuzz(f, Format(), seeds...)
}

// TestLastEnd compares with bytes.LastIndex, signatures across the borders of the windows among them.
func TestLastEnd(t *testing.T) {
	for _, size := range []int{0, 3, 4, 22, 4095, 4096, 4097, 9000} {
		buf := make([]byte, size)
		for at := 0; at+4 <= size; at += 1 + at%7 {
			clear(buf)
			copy(buf, endSig)
			copy(buf[at:], endSig)
			if got, want := lastEnd(buf), bytes.LastIndex(buf, []byte(endSig)); got != want {
				t.Fatalf("%d bytes, the last at %d: %d, want %d", size, at, got, want)
			}
		}
		clear(buf)
		if got := lastEnd(buf); got != -1 {
			t.Errorf("%d zeros: %d", size, got)
		}
	}
}
