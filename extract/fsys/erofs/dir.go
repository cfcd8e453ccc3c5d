package erofs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/fsys/tree"
)

const (
	direntSize = 12
	maxName    = 255
	maxBad     = 64 // broken blocks of a directory before the rest is given up
)

// Entries implements tree.Inode. Each block of a directory begins with its entries, the names behind them; the offset of the first name tells how many
// entries there are, and each name ends where the next begins.
func (in *inode) Entries() iter.Seq2[tree.Entry, error] {
	return func(yield func(tree.Entry, error) bool) {
		src, err := in.open()
		if err != nil {
			yield(tree.Entry{}, err)
			return
		}
		work := in.view.allowance()
		block := in.view.super.block()
		buf := make([]byte, block)
		bad := 0
		for off := int64(0); off < in.size; {
			if err := work.charge(block); err != nil {
				yield(tree.Entry{}, err)
				return
			}
			b := buf[:min(block, in.size-off)]
			n, err := src.ReadAt(b, off)
			if n < len(b) {
				if !yield(tree.Entry{}, extract.Damaged(in.offset, "bytes %d to %d of the directory: %w", off, off+int64(len(b)), unexpected(err))) {
					return
				}
				var bad *extract.RangeError
				if !errors.As(err, &bad) {
					return
				}
				off = max(off+block, bad.Extent.End()&^(block-1))
				continue
			}
			if err := parseEntries(b, func(e tree.Entry) bool { return yield(e, nil) }); err != nil {
				if errors.Is(err, errStopped) {
					return
				}
				if !yield(tree.Entry{}, extract.Damaged(in.offset, "the directory block at %d of inode %d: %w", off, in.number, err)) {
					return
				}
				if bad++; bad == maxBad {
					yield(tree.Entry{}, extract.Damaged(in.offset, "inode %d has %d broken directory blocks; those behind %d are not read", in.number, bad, off))
					return
				}
			}
			off += block
		}
	}
}

var errStopped = errors.New("stopped")

// parseEntries yields the entries of a directory block. Entries that lie are left out and counted in the error.
func parseEntries(b []byte, yield func(tree.Entry) bool) error {
	le := binary.LittleEndian
	if len(b) < direntSize {
		return fmt.Errorf("only %d bytes", len(b))
	}
	names := int(le.Uint16(b[8:]))
	if names < direntSize || names%direntSize != 0 || names > len(b) {
		return fmt.Errorf("the first name is said to begin at %d", names)
	}
	bad := 0
	for i := 0; i < names; i += direntSize {
		start, end := int(le.Uint16(b[i+8:])), len(b)
		if next := i + direntSize; next < names {
			end = int(le.Uint16(b[next+8:]))
		}
		if start < names || end > len(b) || start >= end {
			bad++
			continue
		}
		name := b[start:end]
		if i+direntSize == names { // the last one: padding may follow
			if z := bytes.IndexByte(name, 0); z >= 0 {
				name = name[:z]
			}
		}
		if len(name) == 0 || len(name) > maxName {
			bad++
			continue
		}
		if s := string(name); s != "." && s != ".." && !yield(tree.Entry{Name: s, ID: le.Uint64(b[i:])}) {
			return errStopped
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d entries have names that do not lie in the block", bad, names/direntSize)
	}
	return nil
}
