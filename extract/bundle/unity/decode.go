package unity

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/censorscan/censorscan/extract"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz/lzma"
)

// Methods of compression.
const (
	stored = iota
	methodLZMA
	methodLZ4
	methodLZ4HC
	methodLZHAM
)

// lz4Ratio is more than one byte of an lz4 block can decode to.
const lz4Ratio = 256

var errTooShort = errors.New("they decode to less than they should")

func isLZ4(method uint32) bool { return method == methodLZ4 || method == methodLZ4HC }

// supported says why the method cannot be decoded.
func supported(method uint32) error {
	switch {
	case method <= methodLZ4HC:
		return nil
	case method == methodLZHAM:
		return errors.New("lzham")
	}
	return fmt.Errorf("compression %d", method)
}

// decode returns the size bytes that compressed bytes decode to; with an error of lzma what came before it. An lzma stream is sized when it tells its own size.
func decode(budget *extract.Budget, method uint32, raw []byte, size int64, sized bool) ([]byte, error) {
	if err := supported(method); err != nil {
		return nil, extract.Unsupported(0, "%w", err)
	}
	if isLZ4(method) && size > lz4Ratio*int64(len(raw)) {
		return nil, fmt.Errorf("%d bytes of lz4 cannot decode to %d", len(raw), size)
	}
	out, err := budget.Bytes(size)
	if err != nil {
		return nil, err
	}
	if method == methodLZMA {
		r, err := lzmaReader(budget, extract.BytesSource(raw), size, sized)
		if err != nil {
			return nil, err
		}
		n, err := io.ReadFull(r, out)
		if err == io.EOF {
			err = errTooShort
		}
		if err != nil {
			err = fmt.Errorf("an lzma stream: %w", err)
		}
		return out[:n], err
	}
	n, err := lz4.UncompressBlock(raw, out)
	if err == nil && n < len(out) {
		err = errTooShort
	}
	if err != nil {
		return nil, fmt.Errorf("lz4: %w", err)
	}
	return out, nil
}

// Parts of the header of an lzma stream: properties and dictionary, which a bundle has too, and the size, which it mostly lacks.
const (
	lzmaProps = 1 + 4
	lzmaSize  = 8
	lzmaAny   = 1<<64 - 1 // no size known
)

// lzmaReader decodes an lzma stream of size bytes. One that is sized has a header in full, unless that does not fit.
func lzmaReader(budget *extract.Budget, raw extract.Source, size int64, sized bool) (io.Reader, error) {
	var h [lzmaProps + lzmaSize]byte
	if n, err := raw.ReadAt(h[:], 0); n < lzmaProps {
		return nil, fmt.Errorf("lzma properties: %w", err)
	}
	skip := int64(lzmaProps)
	if told := binary.LittleEndian.Uint64(h[lzmaProps:]); sized && (told == uint64(size) || told == lzmaAny) {
		skip += lzmaSize
	}
	// no distance is larger than what was decoded, so a smaller dictionary does
	dict := max(min(int64(binary.LittleEndian.Uint32(h[1:])), size), lzma.MinDictCap)
	if limit := budget.Limits().Buffer; dict > limit {
		return nil, &extract.LimitError{Limit: "buffer", Value: limit, What: fmt.Sprintf("an lzma dictionary of %d bytes", dict)}
	}
	binary.LittleEndian.PutUint32(h[1:], uint32(dict))
	binary.LittleEndian.PutUint64(h[lzmaProps:], uint64(size))
	packed := io.NewSectionReader(raw, skip, max(0, raw.Size()-skip))
	return lzma.NewReader(io.MultiReader(bytes.NewReader(h[:]), bufio.NewReaderSize(packed, 64<<10)))
}
