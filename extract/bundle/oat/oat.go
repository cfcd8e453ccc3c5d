// Package oat finds the DEX files in what Android's runtime makes of apps: vdex files, OAT files (an ELF, mostly called .odex or .oat) and the odex files of
// Dalvik.
package oat

import (
	"context"
	"fmt"
	"iter"

	"github.com/censorscan/censorscan/extract"
)

// Format is vdex, OAT and odex files with DEX files in them, quickened and compact ones too. Their headers differ from version to version and are passed over:
// a DEX file is told by its own. A file without one is no container: it is searched as it is.
func Format() extract.Format {
	return extract.Format{
		Name:    "oat",
		Group:   "bundle",
		Summary: "DEX files, compact ones too, in vdex, OAT and odex files of any version",
		Spec:    "AOSP art/runtime/vdex_file.h, art/runtime/oat.h, art/libdexfile/dex/dex_file.h",
		Detect:  detect,
		Open:    open,
	}
}

// digits tells whether b ends in three digits and a zero byte, as versions do.
func digits(b []byte, magic string) bool {
	if len(b) != len(magic)+4 || string(b[:len(magic)]) != magic || b[len(b)-1] != 0 {
		return false
	}
	for _, c := range b[len(magic) : len(b)-1] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func detect(p *extract.Probe) bool {
	if h := p.At(0, 8); digits(h, "vdex") || digits(h, "dey\n") {
		return true
	}
	if !p.Has(0, "\x7fELF") {
		return false
	}
	for _, page := range []int64{4 << 10, 16 << 10, 64 << 10} { // OAT data begin with the second page
		if digits(p.At(page, 8), "oat\n") {
			return true
		}
	}
	return false
}

// file is an opened file.
type file struct {
	src    extract.Source
	dexes  []extract.Extent
	damage []*extract.Unopened
}

func open(ctx context.Context, in *extract.Input) (extract.Container, error) {
	f := &file{src: in.Source}
	if err := f.search(ctx); err != nil {
		return nil, err
	}
	if len(f.dexes) == 0 && len(f.damage) == 0 {
		return nil, extract.ErrNotThis
	}
	return f, nil
}

// Members yields the DEX files in their order, named as in the app that they come from.
func (f *file) Members(context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		for i, e := range f.dexes {
			name := "classes.dex"
			if i > 0 {
				name = fmt.Sprintf("classes%d.dex", i+1)
			}
			m := &extract.Member{Name: name, Size: e.Size, Extents: []extract.Extent{e}}
			m.Open = func(context.Context) (extract.Source, error) { return extract.Section(f.src, e), nil }
			if !yield(m, nil) {
				return
			}
		}
		for _, u := range f.damage {
			if !yield(nil, u) {
				return
			}
		}
	}
}

// Structure is empty: what lies around the DEX files holds strings too, those of the verifier and, of compact ones, the shared data.
func (f *file) Structure() []extract.Extent { return nil }

// Close implements extract.Container.
func (f *file) Close() error { return nil }
