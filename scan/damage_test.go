package scan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan"
)

// holed is bytes of which a run cannot be read.
type holed struct {
	extract.BytesSource
	bad extract.Extent
}

func (h holed) ReadAt(p []byte, off int64) (int, error) {
	if off < h.bad.End() && off+int64(len(p)) > h.bad.Offset {
		n := max(0, int(h.bad.Offset-off))
		h.BytesSource.ReadAt(p[:n], off)
		return n, &extract.RangeError{Extent: h.bad, Err: errors.New("bad sector")}
	}
	return h.BytesSource.ReadAt(p, off)
}

// TestEngineUnreadablePart scans a text of which a part cannot be read: what stands around it is found, and the report says that it has no hash.
func TestEngineUnreadablePart(t *testing.T) {
	page := strings.Repeat("A page of an ordinary book about ships and harbours.\n", 1000)
	text := page + "见法轮功事件\n" + page + page + "见刘晓波事件\n" + page
	src := holed{extract.BytesSource(text), extract.Extent{Offset: 100_000, Size: 4096}}
	e := newEngine(t, nil)
	r, err := e.Scan(t.Context(), extract.SourceRoot("book.txt", src))
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Coverage; c.Unopened != 4096 || len(c.Items) != 1 {
		t.Errorf("coverage %+v, want 4096 bytes unopened", c)
	}
	terms := ofKind(r, scan.KindTerm)
	if len(terms) != 2 {
		t.Fatalf("%d terms, want one on either side: %+v", len(terms), terms)
	}
	for _, f := range terms {
		if f.Artifact.SHA256 != "" {
			t.Errorf("%s: SHA-256 %s of bytes that were not read", f.Term.Term, f.Artifact.SHA256)
		}
	}
	validate(t, r)
}
