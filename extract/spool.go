package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Spool keeps a stream for random access: in memory as far as the budget has some, else in one temporary file that is unlinked at once. An error
// of the stream is returned together with the Source of what came before it. The Source has to be closed.
func (b *Budget) Spool(ctx context.Context, r io.Reader) (Source, error) {
	s := &spool{budget: b, spare: b.passShare()}
	buf := make([]byte, spoolChunk)
	for {
		if ctx.Err() != nil {
			return s, context.Cause(ctx)
		}
		n, err := readChunk(r, buf)
		if werr := s.write(buf[:n]); werr != nil {
			return s, werr
		}
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return s, err
		}
	}
}

const spoolChunk = 1 << 20

// readChunk fills p as far as r goes. Unlike io.ReadFull it keeps the stream's own errors apart from its end.
func readChunk(r io.Reader, p []byte) (n int, err error) {
	for empty := 0; n < len(p) && err == nil; {
		var m int
		m, err = r.Read(p[n:])
		n += m
		if m > 0 {
			empty = 0
		} else if empty++; empty > 100 && err == nil {
			err = io.ErrNoProgress
		}
	}
	return n, err
}

// spool is a list of chunks of spoolChunk bytes (the last may be shorter), followed by a file once memory is short.
type spool struct {
	budget *Budget
	spare  int64 // bytes of memory that it leaves to others
	chunks [][]byte
	memory int64 // bytes in chunks
	file   *os.File
	size   int64
}

func (s *spool) write(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	for s.file == nil && s.budget.reserve(int64(len(p)), s.spare) {
		k := len(s.chunks) - 1
		if k < 0 || len(s.chunks[k]) == spoolChunk {
			s.chunks = append(s.chunks, nil)
			k++
		}
		n := min(len(p), spoolChunk-len(s.chunks[k]))
		s.chunks[k] = append(s.chunks[k], p[:n]...)
		s.budget.release(int64(len(p) - n))
		s.memory += int64(n)
		s.size += int64(n)
		if p = p[n:]; len(p) == 0 {
			return nil
		}
	}
	if s.file == nil {
		f, err := os.CreateTemp(s.budget.temp, "censorscan-*")
		if err != nil {
			return spoolFault(err)
		}
		os.Remove(f.Name()) // where an open file cannot be removed, Close does it
		s.file = f
	}
	if limit := s.budget.limits.Spool; s.budget.disk.Add(int64(len(p))) > limit {
		s.budget.disk.Add(-int64(len(p)))
		return &LimitError{"spool", limit, "decoded streams in temporary files"}
	}
	n, err := s.file.WriteAt(p, s.size-s.memory)
	s.size += int64(n)
	if err != nil {
		return spoolFault(err)
	}
	return nil
}

// spoolFault says that this machine has no room, which is no fault of the input.
func spoolFault(err error) error {
	return &Unopened{Reason: ReasonLimit, Detail: fmt.Sprintf("spooling a stream: %v", err), Err: err}
}

// Size is the length of what was spooled, in bytes.
func (s *spool) Size() int64 { return s.size }

// ReadAt implements io.ReaderAt.
func (s *spool) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	for n < len(p) {
		at := off + int64(n)
		switch {
		case at >= s.size:
			return n, io.EOF
		case at < s.memory:
			n += copy(p[n:], s.chunks[at/spoolChunk][at%spoolChunk:])
		default:
			m, err := s.file.ReadAt(p[n:min(int64(len(p)), int64(n)+s.size-at)], at-s.memory)
			n += m
			if err != nil && (err != io.EOF || m == 0) {
				return n, err
			}
		}
	}
	return n, nil
}

// Close frees the memory or the file.
func (s *spool) Close() error {
	s.budget.release(s.memory)
	onDisk := s.size - s.memory
	s.chunks, s.memory, s.size = nil, 0, 0
	if s.file == nil {
		return nil
	}
	s.budget.disk.Add(-onDisk)
	name := s.file.Name()
	err := s.file.Close()
	s.file = nil
	os.Remove(name)
	return err
}
