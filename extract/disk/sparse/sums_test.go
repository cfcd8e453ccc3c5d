package sparse

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
)

func TestRepeatedAndCombine(t *testing.T) {
	for _, n := range []int64{0, 4, 8, 12, 4096, 65532, 1 << 20} {
		want := crc32.ChecksumIEEE(bytes.Repeat([]byte("abcd"), int(n/4)))
		if got := repeated(0x64636261, n); got != want {
			t.Errorf("%d bytes: %08x, want %08x", n, got, want)
		}
		first := []byte("first")
		if got, want := combine(crc32.ChecksumIEEE(first), want, n), crc32.ChecksumIEEE(append(first, bytes.Repeat([]byte("abcd"), int(n/4))...)); got != want {
			t.Errorf("%d bytes behind others: %08x, want %08x", n, got, want)
		}
	}
}

// TestSumsOfEachTool has sums as AOSP's tools count.
func TestSumsOfEachTool(t *testing.T) {
	fill := strings.Repeat("abcd", 4)
	for name, c := range map[string]struct {
		summed string
		ok     bool
	}{
		"reader":       {text + strings.Repeat("\x00", 48) + fill + fill + text, true},
		"older reader": {text + fill + fill + text, true},
		"writer":       {text + fill + text, true},
		"other":        {text + text, false},
	} {
		var sum [4]byte
		binary.LittleEndian.PutUint32(sum[:], crc32.ChecksumIEEE([]byte(c.summed)))
		img := imageOf(16, 7, 5, chunkOf(chunkRaw, 1, 0, text), chunkOf(chunkDontCare, 3, 0, ""), chunkOf(chunkFill, 2, 0, "abcd"), chunkOf(chunkRaw, 1, 0, text),
			chunkOf(chunkCRC, 0, 0, string(sum[:])))
		if l := list(t, extract.BytesSource(img), "x.img"); (len(l.Problems) == 0) != c.ok {
			t.Errorf("%s: problems %q", name, l.Problems)
		}
		header := bytes.Clone(img[:len(img)-16])
		header[20] = 4
		copy(header[24:], sum[:])
		if l := list(t, extract.BytesSource(header), "x.img"); (len(l.Problems) == 0) != c.ok {
			t.Errorf("%s, in the header: problems %q", name, l.Problems)
		}
	}
}
