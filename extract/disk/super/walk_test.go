package super

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/disk/sparse"
)

// sparsePart is a sparse image that holds the bytes of img from byte start to end only.
func sparsePart(img []byte, start, end int) []byte {
	const block = 4096
	chunk := func(kind uint16, blocks int, data []byte) []byte {
		var h [12]byte
		le.PutUint16(h[:], kind)
		le.PutUint32(h[4:], uint32(blocks))
		le.PutUint32(h[8:], uint32(len(h)+len(data)))
		return append(h[:], data...)
	}
	out := sparseOf(nil)[:28]
	le.PutUint32(out[16:], uint32(len(img)/block))
	le.PutUint32(out[20:], 3)
	out = append(out, chunk(0xcac3, start/block, nil)...)
	out = append(out, chunk(0xcac1, (end-start)/block, img[start:end])...)
	return append(out, chunk(0xcac3, (len(img)-end)/block, nil)...)
}

// walk searches a folder and gives the coverage and what the visitor could read of each artefact.
func walk(t *testing.T, dir string) (*extract.Coverage, map[string]int64) {
	t.Helper()
	root, err := extract.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	root.Name = "rom"
	read := map[string]int64{}
	cov, err := extract.Walk(t.Context(), root, extract.Options{
		Formats: []extract.Format{sparse.Format(), Format()}, Joiners: []extract.Joiner{sparse.Joiner(), Joiner()}, Budget: extract.NewBudget(extract.DefaultLimits()),
		Content: func(ctx context.Context, a *extract.Artifact, container bool, c *extract.Content) (any, error) {
			if container {
				return nil, nil
			}
			n := int64(0)
			err := c.Pieces(ctx, 64, func(p extract.Piece) error { n += int64(p.Owned); return nil })
			return n, err
		},
		Leave: func(a *extract.Artifact, result any) {
			if n, ok := result.(int64); ok {
				read[a.Path] = n
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return cov, read
}

// TestWalk has a super image in sparse parts in a folder, whole and with a part missing.
func TestWalk(t *testing.T) {
	img := []byte(sample(t, "v0"))
	dir := t.TempDir()
	const cut, cut2 = 98304, 131072 // in the first partition
	for i, at := range [][2]int{{cut2, len(img)}, {0, cut}, {cut, cut2}} {
		name := []string{"super.img.2", "super.img.0", "super.img.1"}[i]
		if err := os.WriteFile(filepath.Join(dir, name), sparsePart(img, at[0], at[1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cov, read := walk(t, dir)
	if len(cov.Items) > 0 || cov.Unopened > 0 || cov.Searched+cov.Structure != cov.Size {
		t.Errorf("coverage %+v", cov)
	}
	for _, p := range golden(t, "v0") {
		if got := fmt.Sprint(read["rom!super.img!"+p[0]]); got != p[1] {
			t.Errorf("%s: %s bytes read, want %s", p[0], got, p[1])
		}
	}
	if err := os.Remove(filepath.Join(dir, "super.img.1")); err != nil {
		t.Fatal(err)
	}
	cov, read = walk(t, dir)
	var named, lost bool
	for _, item := range cov.Items {
		named = named || item.Path == "rom!super.img (missing part)" && strings.Contains(item.Detail, "a part between numbers 0 and 2 is missing: bytes 98304 to 131072 of super.img")
		lost = lost || item.Path == "rom!super.img!system" && item.Size == cut2-cut
	}
	if !named || !lost || read["rom!super.img!vendor"] != 16384 {
		t.Errorf("items %+v, read %v", cov.Items, read)
	}
}
