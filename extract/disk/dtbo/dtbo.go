// Package dtbo reads the tables of device trees and overlays that Android keeps in dtbo partitions and dtb sections.
package dtbo

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"

	"github.com/censorscan/censorscan/extract"
)

const (
	treeMagic = "\xd7\xb7\xab\x1e"
	acpiMagic = "ACPI" // the same table over ACPI tables, in acpio partitions

	headerSize  = 32
	entrySize   = 32   // as far as it is known
	mostEntries = 4096 // a table holds some dozens
)

// Format is tables of device trees (dtb, dtbo) and of ACPI tables. Entries that are compressed are given as they lie there.
func Format() extract.Format {
	return extract.Format{
		Name:    "dtbo",
		Group:   "disk",
		Summary: "tables of device trees and overlays (dtbo, dtb) and ACPI tables, v0 and v1",
		Spec:    "AOSP system/libufdt utils/src/dt_table.h, mkdtboimg.py",
		Detect:  detect,
		Open:    open,
	}
}

func detect(p *extract.Probe) bool {
	if p.Has(0, treeMagic) {
		return true
	}
	h := p.At(0, headerSize)
	return p.Has(0, acpiMagic) && len(h) == headerSize && binary.BigEndian.Uint32(h[8:]) == headerSize && binary.BigEndian.Uint32(h[12:]) == entrySize
}

// table is an opened table.
type table struct {
	src       extract.Source
	entries   []entry // in the order of their bytes, each of its own
	structure []extract.Extent
	damage    []*extract.Unopened
}

// entry is a device tree as the table tells of it.
type entry struct {
	name string
	extract.Extent
}

func open(_ context.Context, in *extract.Input) (extract.Container, error) {
	h, err := in.Budget.ReadFull(in, 0, headerSize)
	if err != nil {
		return nil, extract.Damaged(0, "device tree table header: %w", err)
	}
	u32 := func(off int) int64 { return int64(binary.BigEndian.Uint32(h[off:])) }
	size, count, offset := u32(12), u32(16), u32(20)
	if v := u32(28); v > 1 {
		return nil, extract.Unsupported(28, "device tree table of version %d", v)
	}
	if size < entrySize || count > mostEntries || offset < headerSize || offset > in.Size() || count*size > in.Size()-offset {
		return nil, extract.Damaged(12, "device tree table: %d entries of %d bytes at %d in %d bytes", count, size, offset, in.Size())
	}
	t := &table{src: in.Source, structure: []extract.Extent{{Size: headerSize}}}
	for i := range count {
		at := offset + i*size
		b, err := in.Budget.ReadFull(in, at, entrySize)
		if err != nil {
			return nil, extract.Damaged(at, "device tree table: entry %d: %w", i, err)
		}
		t.structure = append(t.structure, extract.Extent{Offset: at, Size: entrySize})
		e := extract.Extent{Offset: int64(binary.BigEndian.Uint32(b[4:])), Size: int64(binary.BigEndian.Uint32(b))}
		if e.Size > 0 {
			t.entries = append(t.entries, entry{fmt.Sprintf("dtb%02d", i), e})
		}
	}
	t.settle()
	return t, nil
}

// settle leaves each run of bytes to one entry: several may share a device tree, but none that overlap are sound, and reading them all could take
// thousands of times the size of the table.
func (t *table) settle() {
	slices.SortStableFunc(t.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(b.Size, a.Size))
	})
	var kept []entry
	last := extract.Extent{}
	for _, e := range t.entries {
		if e.Extent == last {
			continue
		}
		if e.Offset < last.End() {
			t.note(e, "bytes %d to %d belong to another entry", e.Offset, min(e.End(), last.End()))
			e.Size -= last.End() - e.Offset
			e.Offset = last.End()
			if e.Size <= 0 {
				continue
			}
		}
		last = e.Extent
		if in := t.src.Size() - e.Offset; e.Size > in {
			t.note(e, "%d bytes at %d, but the table ends at %d", e.Size, e.Offset, t.src.Size())
			e.Size = in
		}
		if e.Size > 0 {
			kept = append(kept, e)
		}
	}
	t.entries = kept
}

func (t *table) note(e entry, format string, args ...any) {
	u := extract.Damaged(e.Offset, format, args...)
	u.Name = e.name
	t.damage = append(t.damage, u)
}

// Members yields the entries in the order of their bytes, named by their number in the table.
func (t *table) Members(context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		for _, e := range t.entries {
			m := &extract.Member{Name: e.name, Size: e.Size, Extents: []extract.Extent{e.Extent}}
			m.Open = func(context.Context) (extract.Source, error) { return extract.Section(t.src, e.Extent), nil }
			if !yield(m, nil) {
				return
			}
		}
		for _, u := range t.damage {
			if !yield(nil, u) {
				return
			}
		}
	}
}

// Structure is the header and the table.
func (t *table) Structure() []extract.Extent { return t.structure }

// Close implements extract.Container.
func (t *table) Close() error { return nil }
