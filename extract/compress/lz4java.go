package compress

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/pierrec/lz4/v4"

	"github.com/censorscan/censorscan/extract"
)

// lz4JavaCodec decodes what LZ4BlockOutputStream of lz4-java writes: blocks, each behind a magic, its lengths and a check sum, and one of length zero.
//
// The layout: https://github.com/lz4/lz4-java/blob/master/src/java/net/jpountz/lz4/LZ4BlockOutputStream.java.
func lz4JavaCodec() *codec {
	c := &codec{
		name:   "lz4-java",
		begins: lz4JavaBegins,
		open:   func(in *input, b *extract.Budget) (decoder, error) { return &lz4Java{in: in, budget: b}, nil },
	}
	c.detect = func(p *extract.Probe) bool { return lz4JavaBegins(p.Head()) }
	return c
}

const (
	lz4JavaMagic  = "LZ4Block"
	lz4JavaHeader = 21
	lz4JavaMax    = 32 << 20 // of a block, decoded
	lz4JavaStored = 0x10
	lz4JavaPacked = 0x20
)

func lz4JavaBegins(head []byte) bool {
	if len(head) < 17 || !strings.HasPrefix(string(head[:8]), lz4JavaMagic) {
		return false
	}
	method, raw, size := head[8]&0xf0, binary.LittleEndian.Uint32(head[9:]), binary.LittleEndian.Uint32(head[13:])
	return (method == lz4JavaStored && raw == size || method == lz4JavaPacked && raw > 0) && raw <= lz4JavaMax+lz4JavaMax/255+16 && size <= lz4JavaMax
}

type lz4Java struct {
	in     *input
	budget *extract.Budget
	raw    []byte
	out    []byte
	left   []byte // decoded, not yet read
}

func (l *lz4Java) next() error {
	head, err := l.in.Peek(lz4JavaHeader)
	if err != nil {
		return err
	}
	packed := head[8]&0xf0 == lz4JavaPacked
	raw, size := int(binary.LittleEndian.Uint32(head[9:])), int(binary.LittleEndian.Uint32(head[13:]))
	if _, err := l.in.Discard(lz4JavaHeader); err != nil {
		return err
	}
	if left := l.in.raw.src.Size() - l.in.offset(); int64(raw) > left {
		l.in.seek(l.in.raw.src.Size())
		return fmt.Errorf("block of %d bytes where %d are left: %w", raw, left, io.ErrUnexpectedEOF)
	}
	if l.raw, err = grow(l.raw, raw, l.budget); err != nil {
		return err
	}
	if _, err := io.ReadFull(l.in, l.raw); err != nil {
		return err
	}
	if l.left = l.raw; !packed {
		return nil
	}
	if l.out, err = grow(l.out, min(size, raw*255), l.budget); err != nil {
		return err
	}
	n, err := lz4.UncompressBlock(l.raw, l.out)
	if err == nil && n != size {
		err = fmt.Errorf("block decodes to %d bytes, not %d", n, size)
	}
	l.left = l.out[:max(0, n)]
	return err
}

func (l *lz4Java) Read(p []byte) (int, error) {
	if len(l.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, l.left)
	l.left = l.left[n:]
	return n, nil
}

func (l *lz4Java) Close() {}
