package split

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
)

// asset is a serialized file of version 22 with n bytes.
func asset(n int) []byte {
	b := make([]byte, n)
	rand.New(rand.NewSource(1)).Read(b)
	clear(b[:48])
	binary.BigEndian.PutUint32(b[8:], 22)
	binary.BigEndian.PutUint64(b[24:], uint64(n))
	return b
}

func unityPieces(name string, b []byte) map[string][]byte {
	files := map[string][]byte{}
	for i := 0; len(b) > 0; i++ {
		n := min(len(b), unityPiece)
		files[fmt.Sprintf("%s.split%d", name, i)] = b[:n]
		b = b[n:]
	}
	return files
}

func TestUnity(t *testing.T) {
	const name = "assets/bin/Data/sharedassets0.assets"
	whole := asset(11*unityPiece + 77) // so that split10 comes behind split9
	if got := joinFiles(t, unityPieces(name, whole)); len(got) != 1 || got[name] != string(whole) {
		t.Errorf("joined %d files, %d bytes", len(got), len(got[name]))
	}
	for _, c := range []struct {
		lacks   string
		missing string
	}{
		{"split0", "damaged: piece 0 is missing: bytes 0 to 1048576 of "},
		{"split5", "damaged: piece 5 is missing: bytes 5242880 to 6291456 of "},
		{"split11", "damaged: what comes behind piece 10 is missing: bytes 11534336 to 11534413 of "},
	} {
		files := unityPieces(name, whole)
		delete(files, name+"."+c.lacks)
		got := joinFiles(t, files)
		if len(got) != 2 || got[name+" (missing piece)"] != c.missing+name || !strings.HasSuffix(got[name], "is missing") {
			t.Errorf("without %s: %d files, %q", c.lacks, len(got), got[name+" (missing piece)"])
		}
	}
}

// TestNotUnity feeds files that have such names and are no pieces of one.
func TestNotUnity(t *testing.T) {
	full, short := asset(unityPiece), make([]byte, 99)
	for name, files := range map[string]map[string][]byte{
		"one":              {"x.split0": full},
		"short first":      {"x.split0": short, "x.split1": short},
		"long last":        {"x.split0": full, "x.split1": append(slices.Clone(full), 1)},
		"same number":      {"x.split0": full, "x.split1": full, "x.split01": short},
		"most are missing": {"x.split0": full, "x.split9": short},
		"other names":      {"x.split0": full, "y.split1": short, "a/x.split1": short},
	} {
		if got := joinFiles(t, files); len(got) > 0 {
			t.Errorf("%s: joined %d", name, len(got))
		}
	}
}
