package compress

import (
	"bytes"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

// TestXZDamagedInside: damage in a short stream, whose sound footer the library has read already, is no end of it.
func TestXZDamagedInside(t *testing.T) {
	raw := bytes.Clone(sample(t, "plain.xz"))
	raw[len(raw)/2] ^= 1
	l, err := formattest.List(XZ(), extract.BytesSource(raw), "plain.xz", extract.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if f := l.Files["plain"]; f.Problem == "" && f.Size < int64(len(sample(t, "content.txt"))) {
		t.Errorf("%d bytes decoded, and no problem", f.Size)
	}
}
