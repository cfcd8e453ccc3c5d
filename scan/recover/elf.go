package recover

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sort"

	"github.com/censorscan/censorscan/scan/text"
)

const (
	maxSegments  = 64
	maxRelocs    = 2 << 20
	maxCString   = 1024 // bytes
	maxStride    = 8    // pointers from one row of a table to the next
	maxTableStep = 64   // rows without a known term between two with one
)

// isELF tells an ELF file of low byte order, as all of Android's are.
// Layout: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html
func isELF(b *image) bool { return b.has(0, "\x7FELF") && b.u8(5) == 1 }

// findELF takes tables of pointers to strings, in the order of the table: arrays of literals, or of structs that begin with one. What no table points to is left
// to the search for runs of strings.
func findELF(b *image, c *catch) {
	e := &elf{b: b, c: c, word: 8}
	if b.u8(4) == 1 {
		e.word = 4
	}
	c.loose = true
	e.segments()
	e.tell()
	if len(e.told) < 2 {
		return
	}
	e.relocations()
	slices.SortStableFunc(e.relocs, func(x, y reloc) int { return cmp.Compare(x.place, y.place) })
	e.tables()
}

type elf struct {
	b       *image
	c       *catch
	word    int64
	loads   []segment
	dynamic segment
	told    map[int64]text.Encoding // strings that tell of a list, by address
	relocs  []reloc
	rela    extent // the table of relocations, whose rows look like pointers too
}

// segment is a part of the file that is mapped at an address.
type segment struct {
	off, addr, size int64
	flags           uint32
}

// reloc says that a pointer stands at a place when the file is loaded.
type reloc struct{ place, to int64 }

func (e *elf) ptr(off int64) int64 {
	if e.word == 4 {
		return int64(e.b.u32(off))
	}
	return int64(e.b.u64(off) & (1<<56 - 1)) // without tags
}

func (e *elf) segments() {
	at, size, count := e.ptr(32), int64(e.b.u16(54)), e.b.u16(56)
	if e.word == 4 {
		at, size, count = e.ptr(28), int64(e.b.u16(42)), e.b.u16(44)
	}
	for range min(count, maxSegments) {
		var s segment
		kind := e.b.u32(at)
		if e.word == 8 {
			s = segment{e.ptr(at + 8), e.ptr(at + 16), e.ptr(at + 32), e.b.u32(at + 4)}
		} else {
			s = segment{e.ptr(at + 4), e.ptr(at + 8), e.ptr(at + 16), e.b.u32(at + 24)}
		}
		at += size
		if s.off < 0 || s.off >= e.b.size {
			continue
		}
		s.size = min(s.size, e.b.size-s.off)
		const load, dynamic = 1, 2
		switch kind {
		case load:
			e.loads = append(e.loads, s)
		case dynamic:
			e.dynamic = s
		}
	}
}

// file returns where an address lies in the file, -1 when it lies nowhere.
func (e *elf) file(addr int64) int64 {
	for _, s := range e.loads {
		if d := addr - s.addr; d >= 0 && d < s.size {
			return s.off + d
		}
	}
	return -1
}

// addr returns the address of a place in the file, -1 when it has none.
func (e *elf) addr(off int64) int64 {
	for _, s := range e.loads {
		if d := off - s.off; d >= 0 && d < s.size {
			return s.addr + d
		}
	}
	return -1
}

// cString returns the string that ends in NUL at an offset.
func (e *elf) cString(off int64, enc text.Encoding) (stored, bool) {
	if off < 0 {
		return stored{}, false
	}
	const most = 48 // bytes of most strings
	p := e.b.upTo(off, most)
	n := slices.Index(p, 0)
	if n < 0 {
		p = e.b.upTo(off, maxCString)
		n = slices.Index(p, 0)
	}
	if n <= 0 {
		return stored{}, false
	}
	for i := 0; i < n; {
		r, size, ok := enc.DecodeRune(p[i:n])
		if !ok || control(r) {
			return stored{}, false
		}
		i += max(size, 1)
	}
	d := decode(p[:n], off, enc, 0)
	return stored{text: d.text, extent: extent{off, off + int64(n)}, origin: d.origin}, true
}

// tell finds the strings that hold a hit.
func (e *elf) tell() {
	e.told = map[int64]text.Encoding{}
	for _, h := range e.b.terms() {
		var p []byte
		for _, back := range []int64{64, maxCString} { // bytes in which the string should begin
			from := max(h.off-back, 0)
			if p = e.b.upTo(from, h.off-from); lastNUL(p) >= 0 {
				break
			}
		}
		start := h.off - int64(len(p)-1-lastNUL(p))
		if s, ok := e.cString(start, h.enc); ok && e.b.tells(s.text) {
			if addr := e.addr(start); addr >= 0 {
				e.told[addr] = h.enc
			}
		}
	}
}

// lastNUL is the place of the last NUL, -1 without one.
func lastNUL(p []byte) int {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] == 0 {
			return i
		}
	}
	return -1
}

// at returns the pointer that stands at an address when the file is loaded.
func (e *elf) at(place int64) (to int64, ok bool) {
	i := sort.Search(len(e.relocs), func(i int) bool { return e.relocs[i].place >= place })
	if i < len(e.relocs) && e.relocs[i].place == place {
		return e.relocs[i].to, true
	}
	off := e.file(place)
	if off < 0 {
		return 0, false
	}
	return e.ptr(off), true
}

// target returns the string that the pointer at an address names.
func (e *elf) target(place int64, enc text.Encoding) (stored, bool) {
	to, ok := e.at(place)
	if !ok {
		return stored{}, false
	}
	return e.cString(e.file(to), enc)
}

// tables finds the pointers to telling strings and the tables that they stand in.
func (e *elf) tables() {
	var places []reloc
	for _, r := range e.relocs {
		if _, ok := e.told[r.to]; ok {
			places = append(places, r)
		}
	}
	const executable = 1
	for _, s := range e.loads {
		if s.flags&executable != 0 {
			continue
		}
		for off := s.off &^ (e.word - 1); off < s.off+s.size; off += pageSize {
			p := e.b.upTo(off, min(pageSize, s.off+s.size-off))
			for i := 0; i+int(e.word) <= len(p); i += int(e.word) {
				to := int64(binary.LittleEndian.Uint32(p[i:]))
				if e.word == 8 {
					to |= int64(binary.LittleEndian.Uint32(p[i+4:])&(1<<24-1)) << 32
				}
				if at := off + int64(i); to == 0 || at >= e.rela.begin && at < e.rela.end {
					continue
				}
				if _, ok := e.told[to]; ok {
					places = append(places, reloc{s.addr + off + int64(i) - s.off, to})
				}
			}
		}
	}
	slices.SortFunc(places, func(a, b reloc) int { return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.to, b.to)) })
	places = slices.Compact(places)
	for len(places) > 1 {
		n := 1
		for n < len(places) && places[n].place-places[n-1].place <= maxTableStep*maxStride*e.word {
			n++
		}
		if n > 1 {
			e.table(places[:n])
		}
		places = places[n:]
	}
}

// table takes the rows around pointers to telling strings: those of the distance at which most of them stand in one sequence of pointers to strings, the
// shortest of equally good ones.
func (e *elf) table(places []reloc) {
	enc := e.encoding(places)
	best := elfRows{}
	for stride := e.word; stride <= maxStride*e.word; stride += e.word {
		if r := e.rows(places, stride, enc); r.hits > best.hits {
			best = r
		}
	}
	if best.hits < 2 { // the first is a pointer by itself
		if len(places) > 2 {
			e.table(places[1:])
		}
		return
	}
	for {
		if _, ok := e.target(best.first-best.stride, enc); !ok {
			break
		}
		best.first -= best.stride
	}
	s := &structure{doc: e.b.document(enc.String()), recipe: []string{"elf pointer table"}}
	for place := best.first; place < best.end; place += best.stride {
		str, _ := e.target(place, enc)
		at := e.file(place)
		if at <= 0 {
			break
		}
		s.append(str.item(at))
	}
	e.c.lists = append(e.c.lists, s)
	rest := places[:0:0]
	for _, p := range places {
		if p.place >= best.end {
			rest = append(rest, p)
		}
	}
	if len(rest) > 1 {
		e.table(rest)
	}
}

// encoding is that of most of the strings.
func (e *elf) encoding(places []reloc) text.Encoding {
	var count [256]int
	best := e.told[places[0].to]
	for _, p := range places {
		enc := e.told[p.to]
		if count[enc]++; count[enc] > count[best] {
			best = enc
		}
	}
	return best
}

// elfRows are rows that each hold a pointer to a string at the same place.
type elfRows struct {
	first, end, stride int64
	hits               int
}

// rows follows the rows that begin with the first of the places.
func (e *elf) rows(places []reloc, stride int64, enc text.Encoding) elfRows {
	r := elfRows{first: places[0].place, end: places[0].place, stride: stride}
	for {
		if _, ok := e.target(r.end, enc); !ok {
			return r
		}
		i := sort.Search(len(places), func(i int) bool { return places[i].place >= r.end })
		if i < len(places) && places[i].place == r.end {
			r.hits++
		}
		r.end += stride
	}
}
