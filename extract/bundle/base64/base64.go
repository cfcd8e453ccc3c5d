// Package base64 reads files that are Base64 of a container, or of bytes that look compressed or encrypted. Base64 of text is left to the scan, which reads it
// in place and names it in the recipe of a list.
package base64

import (
	"context"
	"iter"
	"unicode/utf8"

	"github.com/censorscan/censorscan/extract"
)

// Format is files that are Base64 as a whole, of either alphabet, in one line or in lines of equal length, in which one of the given formats sees its own.
func Format(formats []extract.Format) extract.Format {
	f := finder{formats}
	return extract.Format{
		Name:    "base64",
		Group:   "bundle",
		Summary: "Base64 of all of the above, and of what looks compressed or encrypted, in one line or in lines of equal length",
		Spec:    "https://www.rfc-editor.org/rfc/rfc4648",
		Detect:  f.detect,
		Open: func(_ context.Context, in *extract.Input) (extract.Container, error) {
			l, ok := layoutOf(in.Source)
			if !ok {
				return nil, extract.ErrNotThis
			}
			d := decoded{in.Source, l}
			return &file{d, in.Name, d.sound()}, nil
		},
	}
}

type finder struct{ formats []extract.Format }

func (f finder) detect(p *extract.Probe) bool {
	if _, known := p.Source().(asIs); known || !begins(p.Head()) {
		return false
	}
	l, ok := layoutOf(p.Source())
	if !ok {
		return false
	}
	inner := extract.NewProbe(decoded{p.Source(), l}, "", p.Budget)
	if _, twice := layoutOf(inner.Source()); twice { // a scan undoes it once
		return true
	}
	return dense(inner.Head()) || f.holds(inner, p.Size() < 0)
}

// holds reports whether a probe is of one of the formats. Of one that is cut off a magic is enough: what else they look at may be missing.
func (f finder) holds(p *extract.Probe, cut bool) bool {
	for _, f := range f.formats {
		if cut && f.Magic != "" && p.Has(0, f.Magic) || f.Detect(p) {
			return true
		}
	}
	return false
}

// dense reports whether bytes are of so many different values that they are no text; whether they are opaque is measured later.
func dense(head []byte) bool {
	const sample, kinds = 768, 192
	if len(head) < sample || utf8.Valid(head[:sample-utf8.UTFMax]) {
		return false
	}
	var seen [256]bool
	n := 0
	for _, c := range head[:sample] {
		if !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n >= kinds
}

// file is an opened file.
type file struct {
	src   decoded
	name  string
	sound bool // all of it is Base64
}

// Members implements extract.Container: there is what the file decodes to and, if something else follows in it, the file as it is.
func (f *file) Members(context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		size := f.src.Source.Size()
		if !yield(&extract.Member{
			Name: f.name + " (base64)", Mode: 0o644, Size: f.src.Size(), Extents: []extract.Extent{{Offset: 0, Size: size}},
			Open: func(context.Context) (extract.Source, error) { return f.src, nil },
		}, nil) || f.sound {
			return
		}
		yield(&extract.Member{ // the bytes are the other member's, so this one accounts for none
			Name: f.name + " (as it is)", Mode: 0o644, Size: size,
			Open: func(context.Context) (extract.Source, error) { return asIs{f.src.Source}, nil },
		}, nil)
	}
}

// asIs is a file that has been opened already. It hides that the file can be closed.
type asIs struct{ extract.Source }

// Structure implements extract.Container.
func (f *file) Structure() []extract.Extent { return nil }

// Close implements extract.Container.
func (f *file) Close() error { return nil }
