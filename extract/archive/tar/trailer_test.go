package tar

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

func samsung(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("../../../testdata/samsung/AP_SAMPLE.tar.md5")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSamsung(t *testing.T) {
	src := extract.BytesSource(samsung(t))
	l := list(t, src)
	if len(l.Problems) > 0 || len(l.Files) != 2 {
		t.Errorf("%v, problems %q", l.Files, l.Problems)
	}
	formattest.CheckAccounting(t, l, src.Size())
}

func TestTrailer(t *testing.T) {
	archive := samsung(t)
	archive = archive[:len(archive)/blockSize*blockSize]
	sum := fmt.Sprintf("%x", md5.Sum(archive))
	other := strings.Repeat("0", 32)
	for _, tt := range []struct {
		name, line string
		problem    string // "" for none
		known      int    // bytes of the line that are structure
	}{
		{"text mode", sum + "  AP.tar\n", "", 41},
		{"binary mode", sum + " *AP.tar\n", "", 41},
		{"capitals", strings.ToUpper(sum) + "  AP.tar\n", "", 41},
		{"wrong sum", other + "  AP.tar\n", "the line behind the archive says " + other, 41},
		{"a name that is more than one", sum + "  some words to be searched.tar\n", "", 34},
		{"other name", sum + "  AP.zip\n", "", 34},
		{"no name", sum + "  \n", "", 0},
		{"no line feed", sum + "  AP.tar", "", 0},
		{"two lines", sum + "  AP.tar\n" + sum + "  AP.tar\n", "", 0},
		{"short sum", sum[1:] + "   AP.tar\n", "", 0},
		{"no sum", strings.Repeat("x", 32) + "  AP.tar\n", "", 0},
		{"nothing", "", "", 0},
	} {
		src := extract.BytesSource(append(bytes.Clone(archive), tt.line...))
		l := list(t, src)
		if got := strings.Join(l.Problems, "; "); !strings.Contains(got, tt.problem) || tt.problem == "" && got != "" {
			t.Errorf("%s: problems %q, want %q", tt.name, got, tt.problem)
		}
		at := int64(len(archive)) + int64(tt.known)
		formattest.CheckAccounting(t, l, src.Size(), extract.Extent{Offset: at, Size: src.Size() - at})
		for _, e := range l.Structure {
			if e.End() > at {
				t.Errorf("%s: structure up to %d, want %d", tt.name, e.End(), at)
			}
		}
	}
}
