package payload

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"iter"

	"github.com/censorscan/censorscan/extract"
)

// verify compares the hashes of the manifest with the data of each operation and, if the partition can be opened, with its content. It yields what
// differs or cannot be compared.
func (c *container) verify(ctx context.Context, m message, p *partition) iter.Seq[*extract.Unopened] {
	return func(yield func(*extract.Unopened) bool) {
		say := func(u *extract.Unopened) bool {
			u.Name = p.name
			return yield(u)
		}
		number := 0
		for len(m.data) > 0 && ctx.Err() == nil {
			f, err := m.next()
			if err != nil {
				return // told by readPartition
			}
			if f.number != partitionOperations {
				continue
			}
			if u := c.verifyOperation(f.sub, number); u != nil && (!say(u) || u.Reason == extract.ReasonLimit) {
				return
			}
			number++
		}
		if p.problem != nil || len(p.hash) == 0 || ctx.Err() != nil {
			return
		}
		if u := c.verifyPartition(ctx, p); u != nil {
			say(u)
		}
	}
}

// allowHash takes n bytes of what may be hashed: operations may share data and partitions claim any size.
func (c *container) allowHash(offset, n int64) *extract.Unopened {
	if c.hashable -= n; c.hashable >= 0 {
		return nil
	}
	u := extract.AsUnopened(&extract.LimitError{Limit: "ratio", Value: c.budget.Limits().Ratio, What: "hashes left unchecked: the payload names more data than its share"})
	u.Extent.Offset = offset
	return u
}

func (c *container) verifyOperation(m message, number int) *extract.Unopened {
	in, err := readInstall(m, nil, 0)
	if err != nil || len(in.hash) == 0 {
		return nil
	}
	blob, whole := c.blob(in.offset, in.length)
	if !whole {
		return nil // its range cannot be read
	}
	if u := c.allowHash(blob.Offset, blob.Size); u != nil {
		return u
	}
	name := fmt.Sprintf("operation %d (%s)", number, typeName(in.kind))
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(c.Source, blob.Offset, blob.Size)); err != nil {
		return extract.Damaged(blob.Offset, "%s: hash of its data: %w", name, err)
	}
	if got := h.Sum(nil); !bytes.Equal(got, in.hash) {
		return extract.Damaged(blob.Offset, "%s: its data have SHA-256 %x, the manifest says %x", name, got, in.hash)
	}
	return nil
}

func (c *container) verifyPartition(ctx context.Context, p *partition) *extract.Unopened {
	if u := c.allowHash(p.offset, p.size); u != nil {
		return u
	}
	src := p.source(ctx, c)
	defer src.Close()
	h := sha256.New()
	buf := make([]byte, 256<<10)
	for off := int64(0); off < p.size; {
		start, end := src.NextData(off)
		err := writeZeros(ctx, h, start-off, buf)
		if err == nil {
			_, err = io.CopyBuffer(h, contextReader{ctx, io.NewSectionReader(src, start, end-start)}, buf)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return extract.Damaged(p.offset, "hash of the partition: %w", err)
		}
		off = end
	}
	if got := h.Sum(nil); !bytes.Equal(got, p.hash) {
		return extract.Damaged(p.offset, "the partition has SHA-256 %x, the manifest says %x", got, p.hash)
	}
	return nil
}

func writeZeros(ctx context.Context, h hash.Hash, n int64, buf []byte) error {
	clear(buf)
	for n > 0 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		m := min(n, int64(len(buf)))
		h.Write(buf[:m])
		n -= m
	}
	return nil
}

// contextReader ends with the context.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, c.ctx.Err()
	}
	return c.r.Read(p)
}
