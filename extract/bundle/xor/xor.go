// Package xor reads files every byte of which is XORed with one key byte, a common way to keep a list out of sight.
// Bytes that stay as they are (zeros, line ends) and sums instead of XORs are not looked for.
package xor

import (
	"context"
	"fmt"
	"iter"

	"github.com/censorscan/censorscan/extract"
)

// Format is files that are text or of a known format once every byte is XORed with one key byte. The key is found by byte statistics; what can be
// read as it is, is left alone. What is found is named with its key, and the bytes as they are stay a member beside it: should the statistics be
// wrong for once, nothing is lost. A file that begins with the magic of a container is one only if one of the given formats says so.
func Format(formats []extract.Format) extract.Format {
	f := finder{formats}
	return extract.Format{
		Name:    "xor",
		Group:   "bundle",
		Summary: "text and known formats under a XOR of every byte with one key byte, which is found by byte statistics and named in the path",
		Spec:    "none: the key byte is an app's own",
		Detect:  func(p *extract.Probe) bool { return f.find(p) != 0 },
		Open:    f.open,
	}
}

func (f finder) open(_ context.Context, in *extract.Input) (extract.Container, error) {
	key := f.find(extract.NewProbe(in.Source, in.Name, in.Budget))
	if key == 0 {
		return nil, extract.ErrNotThis
	}
	return &file{in.Source, in.Name, key}, nil
}

// file is an opened file.
type file struct {
	src  extract.Source
	name string
	key  byte
}

// Members implements extract.Container: there is the file as it was before it was XORed, and what it is now.
func (f *file) Members(context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		size := f.src.Size()
		decoded := &extract.Member{
			Name: fmt.Sprintf("%s (xor 0x%02x)", f.name, f.key), Mode: 0o644, Size: size, Extents: []extract.Extent{{Offset: 0, Size: size}},
			Open: func(context.Context) (extract.Source, error) { return decoded{f.src, f.key}, nil },
		}
		if !yield(decoded, nil) {
			return
		}
		yield(&extract.Member{ // the bytes are the other member's, so this one accounts for none
			Name: f.name + " (as it is)", Mode: 0o644, Size: size,
			Open: func(context.Context) (extract.Source, error) { return asIs{f.src}, nil },
		}, nil)
	}
}

// Structure implements extract.Container.
func (f *file) Structure() []extract.Extent { return nil }

// Close implements extract.Container.
func (f *file) Close() error { return nil }

// asIs is a file that has been opened already. It hides that the file can be closed.
type asIs struct{ extract.Source }

// NextData implements extract.Sparse where the file does.
func (s asIs) NextData(off int64) (start, end int64) {
	if sp, ok := s.Source.(extract.Sparse); ok {
		return sp.NextData(off)
	}
	return min(max(off, 0), s.Size()), s.Size()
}

// decoded is a file before it was XORed. It has no holes: zeros of the file stand for the key.
type decoded struct {
	extract.Source
	key byte
}

func (d decoded) ReadAt(p []byte, off int64) (int, error) {
	n, err := d.Source.ReadAt(p, off)
	for i := range p[:n] {
		p[i] ^= d.key
	}
	return n, err
}
