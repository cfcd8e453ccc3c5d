package compress

import (
	"bufio"
	"context"
	"errors"
	"io"

	"github.com/censorscan/censorscan/extract"
)

// inputBuffer is how much is read from the Source at once.
const inputBuffer = 64 << 10

// input reads a Source in order and knows where it stands. Decoders are given the embedded bufio.Reader, which they read no further than needed.
type input struct {
	*bufio.Reader
	raw     raw
	skipped []extract.Extent // in order, apart from each other
}

func newInput(ctx context.Context, src extract.Source, off int64) *input {
	in := &input{raw: raw{ctx: ctx, src: src, off: off}}
	in.Reader = bufio.NewReaderSize(&in.raw, int(min(inputBuffer, max(src.Size(), 512))))
	return in
}

// offset is where the next byte is read from.
func (in *input) offset() int64 { return in.raw.off - int64(in.Buffered()) }

// seek moves to off. Only decoders that had to read beyond the end of their unit use it.
func (in *input) seek(off int64) {
	in.raw.off = off
	in.Reset(&in.raw)
}

// maxSkippedRuns bounds the memory that skipped frames take.
const maxSkippedRuns = 1 << 16

// skip notes bytes that are no part of the stream.
func (in *input) skip(e extract.Extent) error {
	if k := len(in.skipped) - 1; k >= 0 && in.skipped[k].End() == e.Offset {
		in.skipped[k].Size += e.Size
		return nil
	}
	if len(in.skipped) == maxSkippedRuns {
		return extract.Unsupported(e.Offset, "skippable frames in more than %d places", maxSkippedRuns)
	}
	in.skipped = append(in.skipped, e)
	return nil
}

// raw reads a Source in order, and keeps the error that is not its end.
type raw struct {
	ctx context.Context
	src extract.Source
	off int64
	err error
}

func (r *raw) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		r.err = context.Cause(r.ctx)
		return 0, r.err
	}
	n, err := r.src.ReadAt(p, r.off)
	r.off += int64(n)
	if n > 0 {
		return n, nil // an error comes again with the next read
	}
	if err == nil && len(p) > 0 {
		err = io.ErrNoProgress
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return 0, err
}
