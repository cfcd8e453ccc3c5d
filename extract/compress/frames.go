package compress

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/censorscan/censorscan/extract"
)

// frame gives a decoder the bytes of one frame and then io.EOF, for libraries that would go on to the next. size is asked at each element of the frame (header,
// block, checksum) for its length in bytes, or io.EOF behind the last.
type frame struct {
	in   *input
	left int64 // of the element being read
	size func() (int64, error)
}

func (f *frame) Read(p []byte) (int, error) {
	if f.left <= 0 {
		var err error
		if f.left, err = f.size(); err != nil {
			return 0, err
		}
	}
	if int64(len(p)) > f.left {
		p = p[:f.left]
	}
	n, err := f.in.Read(p)
	f.left -= int64(n)
	return n, err
}

// The magic number of skippable frames, which zstd and lz4 share; the low four bits are free.
const (
	skippableMagic = 0x184d2a50
	skippableMask  = 0xfffffff0
)

func isSkippable(head []byte) bool {
	return len(head) >= 8 && binary.LittleEndian.Uint32(head)&skippableMask == skippableMagic
}

// skipFrame passes over the skippable frame at in, whose bytes are no part of the stream.
func skipFrame(in *input) error {
	head, err := in.Peek(8)
	if err != nil {
		return err
	}
	size := 8 + int64(binary.LittleEndian.Uint32(head[4:]))
	if left := in.raw.src.Size() - in.offset(); size > left {
		in.seek(in.raw.src.Size())
		return fmt.Errorf("skippable frame of %d bytes where %d are left: %w", size, left, io.ErrUnexpectedEOF)
	}
	if err := in.skip(extract.Extent{Offset: in.offset(), Size: size}); err != nil {
		return err
	}
	in.seek(in.offset() + size)
	return nil
}
