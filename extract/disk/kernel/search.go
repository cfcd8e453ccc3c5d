package kernel

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/compress"
)

// stream is a kind of compressed stream that kernels hold.
type stream struct {
	ending string
	magic  string
	at     int64           // of the magic in the stream
	format *extract.Format // nil for one that we cannot decode
	small  bool            // has a check sum, so that a short one is trusted as well
}

// streams returns the kinds. Their magics occur in the code of the decompressors too, so a stream counts only if it can be decoded.
func streams() []stream {
	of := func(f extract.Format) *extract.Format { return &f }
	return []stream{
		{".gz", "\x1f\x8b\x08", 0, of(compress.Gzip()), true},
		{".xz", "\xfd7zXZ\x00", 0, of(compress.XZ()), true},
		{".zst", "\x28\xb5\x2f\xfd", 0, of(compress.Zstd()), false},
		{".lz4", "\x02\x21\x4c\x18", 0, of(compress.LZ4()), false},
		{".lz4", "\x04\x22\x4d\x18", 0, of(compress.LZ4()), false},
		{".bz2", "1AY&SY", 4, of(compress.Bzip2()), true},
		{".lzma", "\x5d\x00\x00", 0, of(compress.LZMA()), false},
		{".lzo", "\x89LZO\x00\r\n\x1a\n\x10", 0, nil, false}, // and the first byte of its version
	}
}

// recognise finds the kind of stream that a Source begins with, nil if it is none.
func recognise(src extract.Source, b *extract.Budget) *stream {
	for _, s := range streams() {
		p := extract.NewProbe(src, "", b)
		if p.Has(s.at, s.magic) && (s.format == nil || s.format.Detect(p)) {
			return &s
		}
	}
	return nil
}

const (
	configBegin = "IKCFG_ST" // CONFIG_IKCONFIG: a gzip stream stands between the two
	configEnd   = "IKCFG_ED"

	chunk       = 1 << 20
	overlap     = 64       // longer than any magic and its place
	mostTrials  = 1 << 14  // places that look like a stream
	mostStreams = 64       // a kernel has a handful
	mostDecoded = 1 << 30  // bytes decoded to find where streams end
	trusted     = 64 << 10 // bytes that are not decoded by chance
)

// finder searches a kernel for streams from its beginning to its end.
type finder struct {
	k       *kernel
	in      *extract.Input
	next    int64 // bytes before it are done
	trials  int
	decoded int64
	inner   bool // the kernel proper is still to be found
}

// search finds the streams in a kernel whose header does not tell where they are. With inner, the first is the kernel proper.
func (k *kernel) search(ctx context.Context, in *extract.Input, inner bool) error {
	f := &finder{k: k, in: in, inner: inner}
	buf := make([]byte, min(chunk+overlap, in.Size()))
	kinds := streams()
	for off := int64(0); off < in.Size(); off += chunk {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		n, err := in.ReadAt(buf[:min(int64(len(buf)), in.Size()-off)], off)
		if n == 0 && err != nil && err != io.EOF {
			return fmt.Errorf("kernel at offset %d: %w", off, err)
		}
		for _, c := range candidates(buf[:n], kinds) {
			if err := f.try(ctx, off+int64(c.at), c.stream); err != nil {
				k.damage = append(k.damage, extract.AsUnopened(err))
				return nil
			}
		}
		if f.next > off+chunk {
			off = f.next - chunk // behind the stream that was found
		}
	}
	return nil
}

// candidate is a place in a chunk where a stream may begin; stream is nil for a configuration.
type candidate struct {
	at     int
	stream *stream
}

// candidates finds the magics that begin in the first chunk bytes of data, in order.
func candidates(data []byte, kinds []stream) []candidate {
	var found []candidate
	scan := func(magic string, s *stream) {
		before := 0
		if s != nil {
			before = int(s.at)
		}
		for i := 0; ; i++ {
			j := bytes.Index(data[i:], []byte(magic))
			if j < 0 {
				return
			}
			if i += j; i >= before && i-before < chunk {
				found = append(found, candidate{i - before, s})
			}
			if len(found) > mostTrials {
				return
			}
		}
	}
	scan(configBegin, nil)
	for i := range kinds {
		scan(kinds[i].magic, &kinds[i])
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(a.at, b.at) })
	return found
}

// try looks closer at a candidate. An error ends the search.
func (f *finder) try(ctx context.Context, at int64, s *stream) error {
	if at < f.next {
		return nil // within another stream
	}
	if f.trials++; f.trials > mostTrials || len(f.k.parts) >= mostStreams {
		return &extract.LimitError{Limit: "artifacts", Value: mostStreams, What: fmt.Sprintf("streams in a kernel; not searched for from offset %d on", at)}
	}
	if s == nil {
		return f.config(at + int64(len(configBegin)))
	}
	rest := extract.Extent{Offset: at, Size: f.in.Size() - at}
	if s.format == nil { // nobody opens it, but it must not pass for searched
		f.found(s.ending, rest)
		return nil
	}
	src := extract.Section(f.in, rest)
	if !s.format.Detect(extract.NewProbe(src, "", f.in.Budget)) {
		return nil
	}
	n, decoded, err := f.measure(ctx, src, s)
	f.decoded += decoded
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == nil && (decoded >= trusted || s.small && decoded > 0):
		f.found(s.ending, extract.Extent{Offset: at, Size: n})
	case decoded >= trusted: // it breaks, or is too long to be measured: whoever opens it says so
		f.found(s.ending, rest)
	}
	return nil
}

// measure decodes a stream and returns how many bytes it takes up and how many it gave.
func (f *finder) measure(ctx context.Context, src extract.Source, s *stream) (size, decoded int64, err error) {
	c, err := s.format.Open(ctx, &extract.Input{Source: src, Budget: f.in.Budget})
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	for m, err := range c.Members(ctx) {
		if err != nil {
			return 0, 0, err
		}
		r, err := m.Stream(ctx)
		if err != nil {
			return 0, 0, err
		}
		decoded, err = io.Copy(io.Discard, io.LimitReader(r, mostDecoded-f.decoded))
		r.Close()
		if err == nil && f.decoded+decoded >= mostDecoded {
			err = errLong
		}
		if err != nil {
			return 0, decoded, err
		}
		for _, e := range m.Extents {
			size = max(size, e.End())
		}
	}
	return size, decoded, nil
}

var errLong = errors.New("the streams of a kernel decode to more than can be measured")

// config takes the stream of a configuration, which begins at the given offset.
func (f *finder) config(at int64) error {
	buf := make([]byte, min(1<<20, f.in.Size()-at))
	n, _ := f.in.ReadAt(buf, at)
	end := bytes.Index(buf[:n], []byte(configEnd))
	if end <= 0 || !bytes.HasPrefix(buf[:n], []byte("\x1f\x8b")) {
		return nil // the markers occur in code that looks for them
	}
	f.k.add("config.gz", at, int64(end))
	f.next = at + int64(end)
	return nil
}

// found takes a stream.
func (f *finder) found(ending string, e extract.Extent) {
	name := fmt.Sprintf("stream-%#x", e.Offset)
	if f.inner {
		name, f.inner = innerName, false
	}
	f.k.add(name+ending, e.Offset, e.Size)
	f.next = e.End()
}
