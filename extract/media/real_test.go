package media_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formats"
	"github.com/censorscan/censorscan/extract/media"
)

// TestOpaqueRealFiles lists what looks compressed or encrypted below the folders of OPAQUE_DIRS (separated by colons), to be judged by eye:
//
//	OPAQUE_DIRS=/usr/lib/x86_64-linux-gnu:/usr/share go test ./extract/media -run RealFiles -v
func TestOpaqueRealFiles(t *testing.T) {
	dirs := os.Getenv("OPAQUE_DIRS")
	if dirs == "" {
		t.Skip("OPAQUE_DIRS names no folders")
	}
	var size, opaque, files, named int64
	for _, dir := range filepath.SplitList(dirs) {
		root, err := extract.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		cov, err := extract.Walk(context.Background(), root, extract.Options{
			Formats: formats.All(), Joiners: formats.Joiners(), Budget: extract.NewBudget(extract.DefaultLimits()), Opaque: true, Media: media.All(),
			Content: func(ctx context.Context, a *extract.Artifact, container bool, c *extract.Content) (any, error) {
				if container {
					return nil, nil
				}
				return nil, c.Pieces(ctx, 0, func(extract.Piece) error { return nil })
			},
			Leave: func(a *extract.Artifact, _ any) {
				if a.Mode.IsRegular() && !a.Opened {
					files++
					size += a.Size
				}
			},
		})
		root.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range cov.Items {
			if it.Entropy > 0 {
				named++
				opaque += it.Size
				t.Logf("%s: %d bytes: %s", it.Path, it.Size, strings.TrimPrefix(it.Detail, "looks compressed or encrypted: "))
			}
		}
	}
	t.Logf("%d of %d files, %d of %d bytes", named, files, opaque, size)
}
