package recover

import (
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"sort"
	"unicode/utf8"
)

const (
	pageSize = 64 << 10
	maxPages = 256     // that are kept of one artefact
	maxRead  = 4 << 20 // bytes of one string or table row
	maxKept  = 64 << 20
	itemSize = 48
)

// image is the bytes of an artefact that is no text, read where its layout points to, whatever its size.
type image struct {
	r      io.ReaderAt
	size   int64
	hits   []int64 // sorted; nil when they are not known
	found  []hit   // the hits with their encodings, see terms
	known  *Terms
	pages  map[int64][]byte
	order  []int64 // of the pages, oldest first
	last   []byte  // the page that was read last, and where it lies
	lastAt int64
	left   int64 // bytes that may still be looked at: what loops or points to the same place again and again ends
	kept   int64 // bytes of the items of all structures
	err    error // the first of reading
	docs   map[string]*document
}

func newImage(r io.ReaderAt, size int64, hits []int64, known *Terms) *image {
	b := &image{r: r, size: size, known: known, pages: map[int64][]byte{}, docs: map[string]*document{}, left: 2*size + 64*min(size, maxKept) + 16<<20}
	if len(hits) > 0 {
		b.hits = slices.Sorted(slices.Values(hits))
	}
	return b
}

// spend charges n bytes of work, and reports whether there was as much left.
func (b *image) spend(n int64) bool {
	b.left -= n
	return b.left >= 0
}

// keep charges an item to the memory that all structures may take, and reports whether there was room for it.
func (b *image) keep(text int) bool {
	if b.kept >= maxKept {
		return false
	}
	b.kept += int64(text) + itemSize
	return true
}

// page returns the page that holds an offset; it is short at the end of the artefact and where bytes cannot be read.
func (b *image) page(off int64) (page []byte, at int64) {
	at = off &^ (pageSize - 1)
	if b.last != nil && at == b.lastAt {
		return b.last, at
	}
	page, ok := b.pages[at]
	if !ok {
		page = make([]byte, min(pageSize, b.size-at))
		n, err := b.r.ReadAt(page, at)
		if n < len(page) && b.err == nil {
			if b.err = err; errors.Is(err, io.EOF) || err == nil {
				b.err = io.ErrUnexpectedEOF
			}
		}
		page = page[:n]
		if len(b.order) == maxPages {
			delete(b.pages, b.order[0])
			b.order = append(b.order[:0], b.order[1:]...)
		}
		b.pages[at] = page
		b.order = append(b.order, at)
	}
	b.last, b.lastAt = page, at
	return page, at
}

// bytes returns n bytes at an offset, nil when they are not all there. They must not be changed.
func (b *image) bytes(off, n int64) []byte {
	if n <= 0 || n > maxRead || !b.spend(n) || off < 0 || off > b.size-n {
		return nil
	}
	page, at := b.page(off)
	if i := off - at; i+n <= int64(len(page)) {
		return page[i : i+n : i+n]
	}
	out := make([]byte, 0, n)
	for int64(len(out)) < n {
		page, at = b.page(off + int64(len(out)))
		i := off + int64(len(out)) - at
		if i >= int64(len(page)) {
			return nil
		}
		out = append(out, page[i:min(int64(len(page)), i+n-int64(len(out)))]...)
	}
	return out
}

// upTo returns at most n bytes at an offset, fewer at the end of the artefact.
func (b *image) upTo(off, n int64) []byte {
	if off < 0 || off >= b.size {
		return nil
	}
	return b.bytes(off, min(n, b.size-off))
}

// The numbers at an offset; 0 outside of the artefact.
func (b *image) u8(off int64) uint8 {
	if p := b.bytes(off, 1); p != nil {
		return p[0]
	}
	return 0
}

func (b *image) u16(off int64) uint16 {
	if p := b.bytes(off, 2); p != nil {
		return binary.LittleEndian.Uint16(p)
	}
	return 0
}

func (b *image) u32(off int64) uint32 {
	if p := b.bytes(off, 4); p != nil {
		return binary.LittleEndian.Uint32(p)
	}
	return 0
}

func (b *image) u64(off int64) uint64 {
	if p := b.bytes(off, 8); p != nil {
		return binary.LittleEndian.Uint64(p)
	}
	return 0
}

// uleb128 reads a number in groups of seven bits, the low ones first, and returns the offset behind it, or -1.
func (b *image) uleb128(off int64) (v uint64, next int64) {
	for shift := 0; shift < 64; shift += 7 {
		p := b.bytes(off, 1)
		if p == nil {
			return 0, -1
		}
		off++
		v |= uint64(p[0]&0x7F) << shift
		if p[0] < 0x80 {
			return v, off
		}
	}
	return 0, -1
}

// has reports whether a string stands at an offset.
func (b *image) has(off int64, magic string) bool {
	p := b.bytes(off, int64(len(magic)))
	return p != nil && string(p) == magic
}

// hitIn reports whether a hit begins in [from, to). Without known hits any place may hold one.
func (b *image) hitIn(from, to int64) bool {
	if b.hits == nil {
		return true
	}
	i := sort.Search(len(b.hits), func(i int) bool { return b.hits[i] >= from })
	return i < len(b.hits) && b.hits[i] < to
}

// tells reports whether a string is a known term or short and holds one.
func (b *image) tells(s string) bool {
	if len(s) == 0 || len(s) > maxFolded {
		return false
	}
	folded := Fold(s)
	if _, ok := b.known.Lookup(folded); ok {
		return true
	}
	if utf8.RuneCountInString(folded) > holdLength {
		return false
	}
	_, ok := b.known.Within(folded)
	return ok
}

// document is what the items of structures in an encoding stand in.
func (b *image) document(encoding string) *document {
	d := b.docs[encoding]
	if d == nil {
		d = &document{encoding: encoding, origin: shift(0), image: b}
		b.docs[encoding] = d
	}
	return d
}
