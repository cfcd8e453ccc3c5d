// Package archivetest holds what the tests of archive formats share: the tree that the samples were made of.
package archivetest

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

// Samples is the folder of the samples, seen from a package of an archive format.
const Samples = "../../../testdata/archive/"

// Tree is what testdata/archive/tree.sh made, by name; the names of folders end in a slash.
func Tree(t testing.TB) map[string]formattest.File {
	t.Helper()
	b, err := os.ReadFile(Samples + "tree.tsv")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]formattest.File{}
	for line := range strings.Lines(string(b)) {
		v := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		perm, err := strconv.ParseUint(v[1], 8, 32)
		if err != nil {
			t.Fatal(err)
		}
		size, err := strconv.ParseInt(v[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		f, name := formattest.File{Mode: fs.FileMode(perm), Size: size}, v[4]
		switch v[0] {
		case "f":
			f.SHA256 = v[3]
		case "l":
			f.Mode, f.Link = f.Mode|fs.ModeSymlink, v[3]
		case "d":
			f.Mode, name = f.Mode|fs.ModeDir, name+"/"
		}
		files[name] = f
	}
	return files
}

// Sample reads a sample by its path below Samples.
func Sample(t testing.TB, path string) extract.BytesSource {
	t.Helper()
	b, err := os.ReadFile(Samples + path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// List lists src as the format f under the default limits.
func List(t testing.TB, f extract.Format, src extract.Source) *formattest.Listing {
	t.Helper()
	l, err := formattest.List(f, src, "sample", extract.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Sum is the SHA-256 of content in hex.
func Sum[T string | []byte](content T) string {
	h := sha256.Sum256([]byte(content))
	return hex.EncodeToString(h[:])
}
