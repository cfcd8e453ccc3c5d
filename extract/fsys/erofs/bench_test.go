package erofs_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/fsys/erofs"
)

// readAll reads every file of an image in pieces, as the scanner does, and returns how many bytes that were.
func readAll(tb testing.TB, src extract.Source, piece int) (total int64) {
	tb.Helper()
	c, err := erofs.Format().Open(context.Background(), &extract.Input{Source: src, Budget: extract.NewBudget(extract.DefaultLimits())})
	if err != nil {
		tb.Fatal(err)
	}
	buf := make([]byte, piece)
	for m, err := range c.Members(context.Background()) {
		if err != nil {
			tb.Fatal(err)
		}
		if m.Open == nil {
			continue
		}
		f, err := m.Open(context.Background())
		if err != nil {
			tb.Fatal(err)
		}
		for off := int64(0); off < f.Size(); {
			n, err := f.ReadAt(buf, off)
			if err != nil && err != io.EOF {
				tb.Fatal(err)
			}
			off += int64(n)
		}
		total += f.Size()
	}
	return total
}

// BenchmarkRead reads the images of testdata/erofs, or those that the pattern EROFS_IMAGES names.
func BenchmarkRead(b *testing.B) {
	pattern := os.Getenv("EROFS_IMAGES")
	if pattern == "" {
		pattern = "../../../testdata/erofs/*.erofs"
	}
	images, err := filepath.Glob(pattern)
	if err != nil {
		b.Fatal(err)
	}
	for _, image := range images {
		for _, piece := range []int{32 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("%s/%dK", filepath.Base(image), piece>>10), func(b *testing.B) {
				f, err := os.Open(image)
				if err != nil {
					b.Fatal(err)
				}
				defer f.Close()
				info, err := f.Stat()
				if err != nil {
					b.Fatal(err)
				}
				src := extract.ReaderSource(f, info.Size())
				b.SetBytes(readAll(b, src, piece))
				b.ReportAllocs()
				for b.Loop() {
					readAll(b, src, piece)
				}
			})
		}
	}
}
