package compress

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/pierrec/lz4/v4"

	"github.com/censorscan/censorscan/extract"
)

// lz4BlockCodec decodes one block without a frame, which decodes to size bytes.
func lz4BlockCodec(size int64) *codec {
	return &codec{
		name: "lz4 block",
		open: func(in *input, b *extract.Budget) (decoder, error) {
			return &lz4Block{in: in, budget: b, size: size}, nil
		},
	}
}

type lz4Block struct {
	in     *input
	budget *extract.Budget
	size   int64
	left   []byte // decoded, not yet read
}

func (l *lz4Block) next() error {
	raw, err := l.budget.Bytes(l.in.raw.src.Size())
	if err != nil {
		return err
	}
	if _, err := io.ReadFull(l.in, raw); err != nil {
		return err
	}
	out, err := l.budget.Bytes(min(l.size, int64(len(raw))*255)) // one byte of a block stands for 255 bytes at most
	if err != nil {
		return err
	}
	n, err := lz4.UncompressBlock(raw, out)
	if err == nil && int64(n) != l.size {
		err = fmt.Errorf("it decodes to %d bytes, not %d", n, l.size)
	}
	l.left = out[:max(0, n)]
	return err
}

func (l *lz4Block) Read(p []byte) (int, error) {
	if len(l.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, l.left)
	l.left = l.left[n:]
	return n, nil
}

func (l *lz4Block) Close() { l.left = nil }

// lz4Measure follows the sequences of a block without decoding them. It returns how many bytes they decode to, how many of them are matches, and up to where
// they are sound; end says that data ends there as a block does.
func lz4Measure(data []byte) (out int64, matches, sound int, end bool) {
	at := 0
	length := func(n int) int {
		if n < 15 {
			return n
		}
		for at < len(data) {
			b := data[at]
			at++
			if n += int(b); b < 255 {
				break
			}
		}
		return n
	}
	for at < len(data) {
		token := data[at]
		at++
		literals := length(int(token >> 4))
		if literals > len(data)-at {
			return out, matches, len(data), false
		}
		out += int64(literals)
		if at += literals; at == len(data) {
			return out, matches, at, true
		}
		if at+2 > len(data) {
			return out, matches, len(data), false
		}
		offset := int64(binary.LittleEndian.Uint16(data[at:]))
		if offset == 0 || offset > out {
			return out, matches, sound, false
		}
		at += 2
		out += int64(length(int(token&15))) + 4
		matches++
		sound = at
	}
	return out, matches, at, false
}
