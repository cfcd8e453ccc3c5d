// Package compress reads formats that hold one stream in another: gzip, xz, lzma, bzip2, zstd, lz4, brotli and zlib. Each file holds one
// format; what they share (naming the content, concatenated streams, where the raw bytes end, damage) is in this file and in stream.go. The files named
// embedded find the same streams, and some without any mark, inside of what apps keep them in.
package compress

import (
	"context"
	"io"
	"iter"

	"github.com/censorscan/censorscan/extract"
)

// codec is what differs between the formats. A compressed artefact is a sequence of units (gzip members, xz streams, zstd and lz4 frames),
// perhaps with zero bytes between them.
type codec struct {
	name     string
	magic    string // with which every stream begins, "" if it has none
	suffixes []suffix
	// begins reports whether a unit may begin with these bytes, of which there are at most unitHead; nil when a stream has one unit only.
	begins func(head []byte) bool
	// open makes a decoder for the units at in.
	open func(in *input, b *extract.Budget) (decoder, error)
	// header reads the file header; nil when there is none.
	header func(src extract.Source) (header, error)
	// detect recognises an artefact that begins with a stream.
	detect func(p *extract.Probe) bool
}

// decoder decodes unit by unit.
type decoder interface {
	// next begins the unit at the input's position.
	next() error
	// Read gives the unit's bytes. With io.EOF the input stands behind the unit.
	io.Reader
	// Close frees what the decoder holds.
	Close()
}

// header is what stands before the stream.
type header struct {
	name string // of the content
	size int64  // bytes
	own  int64  // bytes at its beginning that hold no free text: the rest is searched
}

// unitHead is how many bytes of a unit are looked at to recognise it.
const unitHead = 18

// suffix is an ending of a file name, in lower case, and what stands in its place once the content is decoded.
type suffix struct{ ending, becomes string }

// format makes the Format of a codec.
func (c *codec) format(summary, spec string) extract.Format {
	return extract.Format{
		Name:    c.name,
		Group:   "compress",
		Summary: summary,
		Spec:    spec,
		Magic:   c.magic,
		Detect:  c.detect,
		Open: func(_ context.Context, in *extract.Input) (extract.Container, error) {
			f := &file{codec: c, src: in.Source, budget: in.Budget}
			if c.header != nil {
				var err error
				if f.header, err = c.header(in.Source); err != nil {
					return nil, err
				}
			}
			if f.name = base(f.header.name); f.name == "" {
				f.name = contentName(in.Name, c.suffixes)
			}
			return f, nil
		},
	}
}

// file is an opened compressed artefact, or a stretch of one.
type file struct {
	codec  *codec
	src    extract.Source // what the decoder reads
	budget *extract.Budget
	name   string
	header header
	lead   int64 // bytes at the beginning of src that are not in the artefact
	shift  int64 // where src would begin in the artefact if they were
}

// place is where an extent of the decoder's source lies in the artefact.
func (f *file) place(e extract.Extent) extract.Extent {
	from, to := max(e.Offset, f.lead), max(e.End(), f.lead)
	return extract.Extent{Offset: from + f.shift, Size: to - from}
}

// Members implements extract.Container: there is one member, the decoded stream.
func (f *file) Members(context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		yield(f.member(), nil)
	}
}

// member is the decoded stream.
func (f *file) member() *extract.Member {
	// Until a stream was read to its end, and for good if it breaks, all bytes are the member's: what cannot be decoded is no slack.
	all := f.place(extract.Extent{Offset: f.header.size, Size: f.src.Size() - f.header.size})
	m := &extract.Member{Name: f.name, Mode: 0o644, Size: -1, Extents: []extract.Extent{all}}
	claim := claimer{file: f, member: m}
	m.Stream = func(ctx context.Context) (io.ReadCloser, error) {
		s, err := newStream(ctx, f, &claim)
		if err != nil {
			return nil, err
		}
		return &limited{f.budget.Expand(s, f.src.Size()), s}, nil
	}
	return m
}

// Structure implements extract.Container.
func (f *file) Structure() []extract.Extent {
	if f.header.own == 0 {
		return nil
	}
	return []extract.Extent{f.place(extract.Extent{Size: f.header.own})}
}

// Close implements extract.Container.
func (f *file) Close() error { return nil }

// limited is a stream under the ratio limit.
type limited struct {
	io.Reader
	stream *stream
}

func (l *limited) Close() error { return l.stream.Close() }

// All are the formats of this package of which an artefact is a stream as a whole, in the order in which they are to be tried: those with the strongest magic first, those that only a trial
// tells apart last.
func All() []extract.Format {
	return []extract.Format{XZ(), Zstd(), LZ4(), Bzip2(), Gzip(), LZMA(), Zlib(), Brotli()}
}
