package compress

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/pierrec/lz4/v4"

	"github.com/censorscan/censorscan/extract"
)

const (
	lz4LegacyBlock = 8 << 20 // what every block but the last decodes to
	// lz4LegacyMax is the largest size of a compressed block: what incompressible bytes grow to.
	lz4LegacyMax = lz4LegacyBlock + lz4LegacyBlock/255 + 16
)

// lz4LegacyBegins accepts the magic with a possible first block, and without: an empty file, which may stand before another.
func lz4LegacyBegins(head []byte) bool {
	if len(head) < 4 || binary.LittleEndian.Uint32(head) != lz4LegacyMagic {
		return false
	}
	if len(head) < 8 {
		return len(head) == 4
	}
	size := binary.LittleEndian.Uint32(head[4:])
	return size > 0 && size <= lz4LegacyMax || size == lz4LegacyMagic
}

// lz4Legacy decodes a legacy frame: blocks, each after its compressed size, up to the end of the file or whatever cannot be a block. Linux writes the length of
// the whole content behind the last block.
type lz4Legacy struct {
	in     *input
	budget *extract.Budget
	raw    []byte
	out    []byte
	left   []byte // of out, not yet read
	total  uint32 // decoded bytes, as far as 32 bits tell
	short  bool   // the block before was the last by rule
}

func (l *lz4Legacy) next() error {
	l.left, l.total, l.short = nil, 0, false
	_, err := l.in.Discard(4)
	return err
}

func (l *lz4Legacy) Read(p []byte) (int, error) {
	if len(l.left) == 0 {
		if err := l.block(); err != nil {
			return 0, err
		}
	}
	n := copy(p, l.left)
	l.left = l.left[n:]
	return n, nil
}

// block decodes the next block, or returns io.EOF with the input behind the frame.
func (l *lz4Legacy) block() error {
	start := l.in.offset()
	head, err := l.in.Peek(4)
	if err != nil {
		if err == io.EOF && len(head) > 0 && !l.short {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	size := binary.LittleEndian.Uint32(head)
	rest := l.in.raw.src.Size() - start - 4
	switch {
	case size == l.total && int64(size) > rest:
		_, err := l.in.Discard(4)
		if err == nil {
			err = io.EOF
		}
		return err
	case size == 0 || size > lz4LegacyMax:
		return io.EOF
	}
	if err := l.decode(int(size)); err != nil {
		if l.short {
			l.in.seek(start) // the frame was complete: this is something else
			return io.EOF
		}
		return err
	}
	l.total += uint32(len(l.left))
	l.short = len(l.left) < lz4LegacyBlock
	return nil
}

func (l *lz4Legacy) decode(size int) (err error) {
	if _, err := l.in.Discard(4); err != nil {
		return err
	}
	if rest := l.in.raw.src.Size() - l.in.offset(); int64(size) > rest {
		l.in.seek(l.in.raw.src.Size())
		return fmt.Errorf("block of %d bytes where %d are left: %w", size, rest, io.ErrUnexpectedEOF)
	}
	if l.raw, err = grow(l.raw, size, l.budget); err != nil {
		return err
	}
	if _, err := io.ReadFull(l.in, l.raw); err != nil {
		return err
	}
	// one byte of a block stands for 255 bytes at most
	if l.out, err = grow(l.out, min(lz4LegacyBlock, size*255), l.budget); err != nil {
		return err
	}
	n, err := lz4.UncompressBlock(l.raw, l.out)
	if err != nil {
		return fmt.Errorf("block of %d bytes: %w", size, err)
	}
	l.left = l.out[:n]
	return nil
}

// grow is buf with n bytes, in the same memory if there is enough.
func grow(buf []byte, n int, b *extract.Budget) ([]byte, error) {
	if n <= cap(buf) {
		return buf[:n], nil
	}
	return b.Bytes(int64(n))
}
