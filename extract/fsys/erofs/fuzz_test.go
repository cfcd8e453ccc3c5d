package erofs_test

import (
	"testing"

	"github.com/censorscan/censorscan/extract/formattest"
	"github.com/censorscan/censorscan/extract/fsys/erofs"
)

func FuzzFormat(f *testing.F) {
	var seeds [][]byte
	for _, name := range []string{"all-fragments", "dedupe", "lzma", "ztailpacking"} {
		seeds = append(seeds, sample(f, name))
	}
	for layout := range uint16(5) {
		seeds = append(seeds, newImage(layout, 9000))
	}
	formattest.Fuzz(f, erofs.Format(), seeds...)
}
