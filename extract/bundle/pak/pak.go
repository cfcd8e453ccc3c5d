// Package pak reads Chromium's resource packs: the texts and pages of Chrome, of WebView and of what is built from them.
package pak

import (
	"context"
	"encoding/binary"
	"iter"
	"strconv"

	"github.com/censorscan/censorscan/extract"
)

const (
	version4, version5 = 4, 5

	headV4, headV5 = 9, 12 // bytes before the table
	entrySize      = 6     // number and offset
	aliasSize      = 4
	mostResources  = 1<<16 - 1 // numbers have 16 bits
)

// Format is resource packs of versions 4 and 5.
func Format() extract.Format {
	return extract.Format{
		Name:    "pak",
		Group:   "bundle",
		Summary: "Chromium resource packs (v4, v5), brotli and gzip resources decoded",
		Spec:    "Chromium ui/base/resource/data_pack.cc, tools/grit/grit/format/data_pack.py",
		Detect:  func(p *extract.Probe) bool { return isPack(readHeader(p.At(0, headV5+entrySize)), p.Size()) },
		Open:    open,
	}
}

// header is what stands before the table.
type header struct {
	table, count int64 // offset in bytes, entries without the last, which ends it
	aliases      int64 // entries behind the table that give resources further numbers
	first        int64 // offset of the first resource
}

// readHeader reads a header and the first entry of the table; it is zero if there are none.
func readHeader(b []byte) header {
	if len(b) < headV5+entrySize {
		return header{}
	}
	u16 := func(off int) int64 { return int64(binary.LittleEndian.Uint16(b[off:])) }
	u32 := func(off int64) int64 { return int64(binary.LittleEndian.Uint32(b[off:])) }
	const lastEncoding = 2 // UTF-16
	switch v := u32(0); {
	case v == version4 && b[8] <= lastEncoding:
		return header{headV4, u32(4), 0, u32(headV4 + 2)}
	case v == version5 && b[4] <= lastEncoding:
		return header{headV5, u16(8), u16(10), u32(headV5 + 2)}
	}
	return header{}
}

// end is where the tables end, in bytes.
func (h header) end() int64 { return h.table + (h.count+1)*entrySize + h.aliases*aliasSize }

// isPack tells a pack, which has no magic, by the place of its first resource. size is -1 if it is not known.
func isPack(h header, size int64) bool {
	return h.count > 0 && h.count <= mostResources && h.first == h.end() && (size < 0 || h.end() <= size)
}

// pack is an opened pack.
type pack struct {
	in        *extract.Input
	end       int64 // of the tables
	resources []resource
	damage    []*extract.Unopened
}

// resource is one of the pack, in the order of the table, which is that of the bytes.
type resource struct {
	number uint16
	extract.Extent
}

func open(_ context.Context, in *extract.Input) (extract.Container, error) {
	b := make([]byte, min(in.Size(), headV5+entrySize))
	if n, err := in.ReadAt(b, 0); n < len(b) {
		return nil, extract.Damaged(int64(n), "resource pack header: %w", err)
	}
	h := readHeader(b)
	if !isPack(h, in.Size()) {
		return nil, extract.ErrNotThis
	}
	table, err := in.Budget.ReadFull(in, h.table, (h.count+1)*entrySize)
	if err != nil {
		return nil, extract.Damaged(h.table, "table of the resource pack: %w", err)
	}
	p := &pack{in: in, end: h.end()}
	p.readTable(table)
	return p, nil
}

// readTable finds the resources. One whose place makes no sense is left out: its bytes are searched as they lie there.
func (p *pack) readTable(table []byte) {
	offset := func(i int) int64 { return int64(binary.LittleEndian.Uint32(table[i*entrySize+2:])) }
	at, bad, firstBad := p.end, 0, 0
	for i := range len(table)/entrySize - 1 {
		e := extract.Extent{Offset: offset(i), Size: offset(i+1) - offset(i)}
		if e.Offset < at || e.Size < 0 || e.End() > p.in.Size() {
			if bad++; bad == 1 {
				firstBad = i
			}
			continue
		}
		at = e.End()
		if e.Size > 0 {
			p.resources = append(p.resources, resource{binary.LittleEndian.Uint16(table[i*entrySize:]), e})
		}
	}
	if bad > 0 {
		p.damage = append(p.damage, extract.Damaged(offset(firstBad), "%d resources lie outside of the pack of %d bytes or in others, entry %d first", bad, p.in.Size(), firstBad))
	}
}

// smallResource is the size from which on a resource is a member of its own, in bytes. Packs of translations hold thousands of smaller ones, each a
// sentence: those that follow each other are one member.
const smallResource = 4096

// Members yields the resources in their order, named by their numbers: "12", or "100-159" for small ones that follow each other.
func (p *pack) Members(ctx context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		for i := 0; i < len(p.resources); {
			r := p.resources[i]
			i++
			name := strconv.Itoa(int(r.number))
			var m *extract.Member
			switch kind := p.kind(r.Extent); {
			case kind == brotli:
				var err error
				if m, err = p.decode(ctx, name, r.Extent); err != nil {
					u := *extract.AsUnopened(err)
					u.Name, u.Extent = name, r.Extent
					if !yield(nil, &u) {
						return
					}
					continue
				}
			case kind == gzip:
				m = p.section(name+".gz", r.Extent)
			default:
				run := r.Extent
				for r.Size < smallResource && i < len(p.resources) && p.joins(run, p.resources[i].Extent) {
					run.Size += p.resources[i].Size
					i++
				}
				if last := p.resources[i-1].number; last != r.number {
					name += "-" + strconv.Itoa(int(last))
				}
				m = p.section(name, run)
			}
			if !yield(m, nil) {
				return
			}
		}
		for _, u := range p.damage {
			if !yield(nil, u) {
				return
			}
		}
	}
}

// joins tells whether a resource is a small plain one that follows a run of such.
func (p *pack) joins(run, e extract.Extent) bool {
	return e.Offset == run.End() && e.Size < smallResource && p.kind(e) == plain
}

func (p *pack) section(name string, e extract.Extent) *extract.Member {
	return &extract.Member{Name: name, Size: e.Size, Extents: []extract.Extent{e},
		Open: func(context.Context) (extract.Source, error) { return extract.Section(p.in, e), nil }}
}

// Structure is the header and the tables.
func (p *pack) Structure() []extract.Extent { return []extract.Extent{{Size: p.end}} }

// Close implements extract.Container.
func (p *pack) Close() error { return nil }
