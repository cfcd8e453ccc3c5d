package main

import (
	"context"
	"io"

	"github.com/censorscan/censorscan/extract"
)

// sparseFile is a file that may have holes.
type sparseFile interface {
	io.WriteSeeker
	Truncate(int64) error
}

// copyContent writes an artefact, leaving holes as holes, and tells its size. With ahead, more of a long stream is decoded while what came before is written.
func copyContent(ctx context.Context, f sparseFile, c *extract.Content, ahead bool) (int64, error) {
	w := &copier{file: f, ahead: ahead && !c.Held()}
	err := c.Pieces(ctx, 0, func(p extract.Piece) error { return w.add(p.Offset, p.Data[p.Lead:][:p.Owned]) })
	if e := w.finish(); err == nil {
		err = e
	}
	if err != nil {
		return w.end, err
	}
	if size := c.Size(); size > w.end { // it ends in a hole
		return size, f.Truncate(size)
	}
	return w.end, nil
}

// copier writes runs of bytes to a file: short ones at once, and what follows writeBehind bytes by a goroutine.
type copier struct {
	file  sparseFile
	ahead bool
	end   int64 // of what was written

	queue chan span   // to the goroutine, nil while there is none
	free  chan []byte // buffers that come back
	done  chan error  // the goroutine's one answer
}

// span is bytes and where they belong.
type span struct {
	at   int64
	data []byte
}

// writeBehind is how much is written before a goroutine takes over; few files are longer.
const writeBehind = 2 << 20

func (w *copier) add(at int64, data []byte) error {
	if w.queue == nil && (!w.ahead || at < writeBehind) {
		return w.write(span{at, data})
	}
	if w.queue == nil {
		w.queue, w.free, w.done = make(chan span), make(chan []byte, 2), make(chan error, 1)
		w.free <- nil
		w.free <- nil
		go w.writeAll()
	}
	buf := append((<-w.free)[:0], data...)
	select {
	case w.queue <- span{at, buf}:
		return nil
	case err := <-w.done:
		w.done <- err
		return err
	}
}

// writeAll writes what comes through the queue, up to its end or an error.
func (w *copier) writeAll() {
	for r := range w.queue {
		if err := w.write(r); err != nil {
			w.done <- err
			return
		}
		w.free <- r.data
	}
	w.done <- nil
}

// finish waits until all is written.
func (w *copier) finish() error {
	if w.queue == nil {
		return nil
	}
	close(w.queue)
	return <-w.done
}

func (w *copier) write(r span) error {
	if r.at != w.end {
		if _, err := w.file.Seek(r.at, io.SeekStart); err != nil {
			return err
		}
	}
	n, err := w.file.Write(r.data)
	w.end = r.at + int64(n)
	return err
}
