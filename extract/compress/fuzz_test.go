package compress

import (
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

func fuzz(f *testing.F, format extract.Format) {
	var seeds [][]byte
	for _, s := range samples {
		if s.format.Name == format.Name {
			seeds = append(seeds, sample(f, s.file))
		}
	}
	formattest.Fuzz(f, format, seeds...)
}

func FuzzGzip(f *testing.F)  { fuzz(f, Gzip()) }
func FuzzXZ(f *testing.F)    { fuzz(f, XZ()) }
func FuzzLZMA(f *testing.F)  { fuzz(f, LZMA()) }
func FuzzBzip2(f *testing.F) { fuzz(f, Bzip2()) }
func FuzzZstd(f *testing.F)  { fuzz(f, Zstd()) }
func FuzzLZ4(f *testing.F)   { fuzz(f, LZ4()) }
func FuzzZlib(f *testing.F)  { fuzz(f, Zlib()) }

// FuzzBrotli gives every input the name that brotli needs to be detected.
func FuzzBrotli(f *testing.F) {
	format := Brotli()
	detect := format.Detect
	format.Detect = func(p *extract.Probe) bool {
		p.Name = "fuzz.br"
		return detect(p)
	}
	fuzz(f, format)
}
