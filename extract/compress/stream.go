package compress

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/censorscan/censorscan/extract"
)

// stream decodes all units of a file.
type stream struct {
	file   *file
	claim  *claimer
	in     *input
	dec    decoder
	inUnit bool
	err    error // what every further Read returns
}

func newStream(ctx context.Context, f *file, claim *claimer) (*stream, error) {
	s := &stream{file: f, claim: claim, in: newInput(ctx, f.src, 0)}
	err := s.guard(func() (err error) {
		if s.dec, err = f.codec.open(s.in, f.budget); err == nil {
			err = s.dec.next()
		}
		return err
	})
	if err != nil {
		s.err = s.explain(err)
	}
	s.inUnit = true
	return s, nil
}

// Read gives all bytes up to the end of the last unit, or up to the damage.
func (s *stream) Read(p []byte) (n int, err error) {
	for s.err == nil && n == 0 && len(p) > 0 {
		err := s.guard(func() (err error) {
			if !s.inUnit {
				return s.following()
			}
			n, err = s.dec.Read(p)
			return err
		})
		switch {
		case err == io.EOF && s.inUnit:
			s.inUnit = false
		case err == io.EOF:
			s.err = io.EOF
		case err != nil:
			s.err = s.explain(err)
		}
	}
	if n > 0 {
		return n, nil
	}
	return 0, s.err
}

// following begins the unit that follows the last, or ends the stream there with io.EOF. Zero bytes may stand between units; what else follows is no part
// of the stream.
func (s *stream) following() error {
	end := s.in.offset()
	if s.file.codec.begins != nil {
		if err := skipZeros(s.in); err != nil && err != io.EOF {
			return err
		}
		head, err := s.in.Peek(unitHead)
		if err != nil && err != io.EOF {
			return err
		}
		if s.file.codec.begins(head) {
			s.inUnit = true
			return s.dec.next()
		}
	}
	s.claim.upTo(end, s.in.skipped)
	return io.EOF
}

func skipZeros(in *input) error {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return err
		}
		if b != 0 {
			return in.UnreadByte()
		}
	}
}

// guard runs a library's decoder, whose panic on hostile input is damage like any other.
func (s *stream) guard(decode func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanicked, p)
		}
	}()
	return decode()
}

// explain says what broke and where.
func (s *stream) explain(err error) error {
	var limit *extract.LimitError
	var unopened *extract.Unopened
	off, size := min(s.in.offset(), s.file.src.Size()), s.file.src.Size()
	if raw := s.in.raw.err; raw != nil {
		if s.in.raw.ctx.Err() != nil {
			return raw
		}
		err = fmt.Errorf("reading the compressed bytes: %w", raw)
	}
	switch {
	case errors.As(err, &limit):
		return err
	case errors.As(err, &unopened):
	case s.in.raw.err == nil && off == size && (err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF)):
		unopened = extract.Damaged(off, "%s stream ends early at offset %d: %w", s.file.codec.name, off+s.file.shift, io.ErrUnexpectedEOF)
	default:
		unopened = extract.Damaged(off, "%s stream is damaged before offset %d: %w", s.file.codec.name, off+s.file.shift, err)
	}
	unopened.Extent = s.file.place(extract.Extent{Offset: off, Size: size - off})
	return unopened
}

// Close frees the decoder, at any time. It must not run beside Read.
func (s *stream) Close() error {
	if s.dec != nil {
		s.dec.Close()
		s.dec = nil
	}
	s.err = errClosed
	return nil
}

var (
	errClosed   = errors.New("stream is closed")
	errPanicked = errors.New("decoder panicked")
)

// claimer cuts the extent of a member down to where its stream ends and leaves out what the stream skipped, once, however many streams are read to
// their end.
type claimer struct {
	once   sync.Once
	file   *file
	member *extract.Member // nil for a trial
}

func (c *claimer) upTo(end int64, skipped []extract.Extent) {
	c.once.Do(func() {
		if c.member == nil {
			return
		}
		at := c.file.header.size
		end = max(end, at)
		var own []extract.Extent
		for _, s := range append(skipped[:len(skipped):len(skipped)], extract.Extent{Offset: end}) {
			if s.Offset > at {
				own = append(own, c.file.place(extract.Extent{Offset: at, Size: s.Offset - at}))
			}
			at = max(at, s.End())
		}
		if own == nil {
			own = []extract.Extent{c.file.place(extract.Extent{Offset: at})}
		}
		c.member.Extents = own
	})
}

// trial decodes up to n bytes of an artefact. It returns how many there were, how many raw bytes that took, and why it ended: nil when
// n bytes came, io.EOF at the end of the stream.
func (c *codec) trial(p *extract.Probe, n int64) (decoded, raw int64, err error) {
	return (&file{codec: c, src: p.Source(), budget: p.Budget}).trial(n)
}

func (f *file) trial(n int64) (decoded, raw int64, err error) {
	s, err := newStream(context.Background(), f, &claimer{})
	if err != nil {
		return 0, 0, err
	}
	defer s.Close()
	decoded, err = io.CopyN(io.Discard, f.budget.Expand(s, f.src.Size()), n)
	return decoded, s.in.offset(), err
}

// cutShort reports whether a trial ended only because there were no more bytes to decode.
func cutShort(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }
