package erofs

import (
	"bytes"
	"testing"

	"github.com/pierrec/lz4/v4"
)

// FuzzLZ4 compares the partial decoder with pierrec/lz4: on what it compressed, whole, cut short and followed by padding, and on broken input.
func FuzzLZ4(f *testing.F) {
	f.Add([]byte("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabcabcabcabcabcabcabcabcabcabcabc"), 7)
	f.Add(bytes.Repeat([]byte{0, 1, 2, 3, 4, 5}, 100), 1)
	f.Add([]byte{0x1f, 'a', 1, 0, 255, 255, 3}, 600)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		if size < 0 || size > 1<<16 || len(data) > 1<<16 {
			t.Skip("too large")
		}
		dst := make([]byte, size)
		mine := lz4Partial(dst, data)
		want := make([]byte, size)
		if n, err := lz4.UncompressBlock(data, want); err == nil && n == size && size > 0 {
			if mine != nil || !bytes.Equal(dst, want) {
				t.Fatalf("%v; the library decodes it", mine)
			}
		}
		packed := make([]byte, lz4.CompressBlockBound(len(data)))
		n, err := lz4.CompressBlock(data, packed, nil)
		if err != nil || n == 0 {
			return
		}
		for _, part := range []int{len(data), min(size, len(data)), len(data) / 2} {
			dst := make([]byte, part)
			if err := lz4Partial(dst, append(packed[:n:n], 0, 0, 0)); err != nil || !bytes.Equal(dst, data[:part]) {
				t.Fatalf("the first %d of %d bytes: %v", part, len(data), err)
			}
		}
	})
}
