package avb

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

const testdata = "../../../testdata/avb"

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
	l, err := formattest.List(Format(), src, "a.img", extract.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// unclaimed gives the bytes other than zero that a listing leaves to be searched as slack.
func unclaimed(l *formattest.Listing, src extract.BytesSource) []byte {
	b := bytes.Clone(src)
	for _, e := range append(append([]extract.Extent(nil), l.Claimed...), l.Structure...) {
		clear(b[e.Offset:e.End()])
	}
	return bytes.ReplaceAll(b, []byte{0}, nil)
}

// TestSamples compares images made by avbtool with what it tells of them.
func TestSamples(t *testing.T) {
	golden, err := os.ReadFile(testdata + "/golden.tsv")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{ // unclaimed: names of partitions, descriptors that hold text, the tool's release
		"hash": "avbtool 1.3.0 boot com.example.os_version com.example.note sample",
		"tree": "avbtool 1.3.0 system androidboot.sample=1",
		"sha1": "avbtool 1.3.0 vendor",
	}
	n := 0
	for line := range strings.Lines(string(golden)) {
		var name, sum string
		var size int64
		var tree extract.Extent
		if _, err := fmt.Sscan(line, &name, &size, &sum, &tree.Offset, &tree.Size); err != nil {
			t.Fatal(err)
		}
		n++
		t.Run(name, func(t *testing.T) {
			src := sample(t, name)
			l := list(t, src)
			if len(l.Problems) > 0 {
				t.Errorf("problems %q", l.Problems)
			}
			if f := l.Files["a.img"]; len(l.Files) != 1 || f.Size != size || f.SHA256 != sum {
				t.Errorf("%+v, want %d bytes, SHA-256 %s", l.Files, size, sum)
			}
			if tree.Size > 0 && !contains(l.Structure, tree) {
				t.Errorf("structure %v without the hash tree %v", l.Structure, tree)
			}
			checkTexts(t, unclaimed(l, src), texts[name])
			formattest.CheckRandomAccess(t, Format(), src, name)
		})
	}
	if n != len(texts) {
		t.Errorf("%d images in golden.tsv, %d known", n, len(texts))
	}
}

// checkTexts wants the words, and hardly anything else, in the bytes that are left to be searched.
func checkTexts(t *testing.T, slack []byte, want string) {
	t.Helper()
	for _, w := range strings.Fields(want) {
		if !bytes.Contains(slack, []byte(w)) {
			t.Errorf("%q is not searched", w)
		}
	}
	if rest := len(slack) - len(want); rest > 64 {
		t.Errorf("%d bytes more than the texts are searched: %q", rest, slack)
	}
}

func contains(list []extract.Extent, e extract.Extent) bool {
	for _, x := range list {
		if x == e {
			return true
		}
	}
	return false
}

func TestVBMeta(t *testing.T) {
	src := sample(t, "vbmeta")
	l := list(t, src)
	if len(l.Problems) > 0 || len(l.Files) > 0 {
		t.Errorf("%d members, problems %q", len(l.Files), l.Problems)
	}
	checkTexts(t, unclaimed(l, src), "avbtool 1.3.0 boot recovery system com.example.os_version 14 com.example.note sample androidboot.sample=1")
}

// TestHashesAreChecked changes one byte of an image or of its tree.
func TestHashesAreChecked(t *testing.T) {
	for _, c := range []struct {
		name string
		at   int
		want string
	}{
		{"hash", 9999, "damaged: the image has sha256 "},
		{"tree", 0, "damaged: block of 4096 bytes and its hash in the tree differ"},
		{"tree", 699999, "damaged: block of 4096 bytes and its hash in the tree differ"},
		{"tree", 700416 + 4096, "damaged: block of 4096 bytes and its hash in the tree differ"}, // the lower level
		{"tree", 700416, "damaged: block of 4096 bytes and its hash in the tree differ"},        // the upper level
		{"tree", 700416 + 4095, "damaged: the hash tree has the root "},                         // its padding
		{"sha1", 4096, "damaged: block of 4096 bytes and its hash in the tree differ"},
	} {
		src := sample(t, c.name)
		src[c.at] ^= 1
		l := list(t, src)
		if len(l.Problems) != 1 || !strings.HasPrefix(l.Problems[0], c.want) {
			t.Errorf("%s with a changed byte at %d: problems %q, want %q", c.name, c.at, l.Problems, c.want)
		}
		if len(l.Files) != 1 {
			t.Errorf("%s: %d members", c.name, len(l.Files))
		}
	}
}

func BenchmarkVerifyTree(b *testing.B) {
	src := sample(b, "tree")
	b.SetBytes(700000)
	for b.Loop() {
		in := &extract.Input{Source: src, Budget: extract.NewBudget(extract.DefaultLimits()), CheckHashes: true}
		c, err := open(b.Context(), in)
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
