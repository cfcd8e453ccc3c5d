package tar

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/censorscan/censorscan/extract"
)

// claims collects extents; those that touch become one.
type claims []extract.Extent

func (c *claims) add(off, n int64) {
	if n <= 0 {
		return
	}
	if last := len(*c) - 1; last >= 0 && (*c)[last].End() == off {
		(*c)[last].Size += n
		return
	}
	*c = append(*c, extract.Extent{Offset: off, Size: n})
}

// reader reads the entries of an archive one by one.
type reader struct {
	in     *extract.Input
	claims claims
}

// block reads the block at off, nil when it is not there.
func (r *reader) block(off int64) []byte {
	b := make([]byte, blockSize)
	if n, _ := r.in.ReadAt(b, off); n < len(b) {
		return nil
	}
	return b
}

// errEnd is the mark of the end of an archive: a block of zeros.
var errEnd = errors.New("end of the archive")

func roundUp(n int64) int64 { return (n + blockSize - 1) &^ (blockSize - 1) }

// entry reads the entry whose first header block is at off: errEnd at the end mark, io.EOF where the archive ends without one. An entry that is
// not nil beside an error can be located, but not read; at is the block that an error speaks of.
func (r *reader) entry(off int64) (e *entry, at int64, err error) {
	p := prelude{}
	for at = off; ; {
		b := r.block(at)
		if b == nil {
			return nil, at, io.EOF
		}
		if zero(b) {
			return nil, at, errEnd
		}
		if !validBlock(b) {
			return nil, at, extract.Damaged(at, "no tar header at offset %d", at)
		}
		if e, err = parse(b, at); err != nil {
			return nil, at, err
		}
		r.claimBlock(b, at)
		switch e.flag {
		case typeLongName, typeLongLink, typePax, typePaxGlobal, typePaxSolaris:
			if err := r.ahead(&p, e); err != nil {
				return nil, at, err
			}
			at = e.data + roundUp(e.size)
		default:
			p.apply(e)
			r.bound(e)
			if e.flag == typeSparse {
				err = r.oldSparse(e, b)
				e.next = e.data + roundUp(e.size)
			} else {
				err = r.paxSparse(e, p.records)
			}
			return e, at, err
		}
	}
}

// prelude is what the headers before an entry say of it.
type prelude struct {
	records    []record
	name, link *string
}

// ahead takes what an entry says of the one behind it. Global pax headers are for whole archives and say nothing that a member needs.
func (r *reader) ahead(p *prelude, e *entry) error {
	if end := e.data + e.size; extract.Reach(r.in, end) < end {
		return extract.Damaged(e.header, "header of %d bytes for a member is cut off", e.size)
	}
	text, err := r.in.Budget.ReadFull(r.in, e.data, e.size)
	if err != nil {
		return err
	}
	switch e.flag {
	case typeLongName:
		p.name = cString(text)
	case typeLongLink:
		p.link = cString(text)
	default:
		records, ok := parsePax(text)
		if e.flag != typePaxGlobal {
			p.records = append(p.records, records...)
		}
		if !ok || !plain(records) {
			return nil
		}
	}
	r.claims.add(e.data, e.size)
	end := e.data + e.size
	r.claimZeros(end, roundUp(e.size)-e.size)
	return nil
}

// apply puts it into the entry.
func (p *prelude) apply(e *entry) {
	if p.name != nil {
		e.name = *p.name
	}
	if p.link != nil {
		e.link = *p.link
	}
	e.apply(p.records)
}

// claimZeros claims the padding of n bytes at off if it is zero and shorter than a block.
func (r *reader) claimZeros(off, n int64) {
	if n <= 0 || n >= blockSize {
		return
	}
	b := make([]byte, n)
	if got, _ := r.in.ReadAt(b, off); got == len(b) && zero(b) {
		r.claims.add(off, n)
	}
}

// bound sets where the next header is. What has no content by its type can still name a size: old tools left one there, others do store
// the content of hard links. The header that follows tells.
func (r *reader) bound(e *entry) {
	e.next = e.data + roundUp(e.size)
	if !e.headerOnly() || e.size == 0 {
		return
	}
	if r.headerAt(e.data) || !r.headerAt(e.next) {
		e.size, e.next = 0, e.data
	}
}

// headerAt reports whether the archive goes on at off or ends there as it should.
func (r *reader) headerAt(off int64) bool {
	if extract.Reach(r.in, off+1) == off {
		return true
	}
	b := r.block(off)
	return b != nil && (zero(b) || validBlock(b))
}

// claimBlock claims a header block; the part that v7 does not define only when it holds no more than numbers, as GNU tar leaves there. A volume label is text and stays unclaimed.
func (r *reader) claimBlock(b []byte, off int64) {
	switch {
	case b[flagOff] == typeVolume:
	case magic(b) || len(bytes.Trim(b[v7Length:], "01234567 \x00")) == 0:
		r.claims.add(off, blockSize)
	default:
		r.claims.add(off, v7Length)
	}
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

func cString(b []byte) *string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return &s
}
