package unity

import (
	"fmt"
	"io"
	"sync"

	"github.com/censorscan/censorscan/extract"
)

// spool is a large block, decoded once to where the budget keeps streams: by default Unity makes one lzma block of a whole bundle.
type spool struct {
	once sync.Once
	src  extract.Source // what could be decoded, nil if nothing
	err  error
}

// large tells whether a block is too large for the cache: some have to fit, or reading here and there would decode again and again.
func (b *bundle) large(bl *block) bool {
	l := b.in.Budget.Limits()
	return bl.method() == methodLZMA && int64(max(bl.size, bl.packed)) > min(l.Buffer, max(l.Memory/8, 4<<20))
}

// readSpooled fills part with the bytes of a large block from offset in on.
func (b *bundle) readSpooled(i int, part []byte, in int64) (int, error) {
	b.mu.Lock()
	s := b.spools[i]
	if s == nil {
		s = &spool{}
		b.spools[i] = s
	}
	b.mu.Unlock()
	bl := &b.blocks[i]
	s.once.Do(func() { s.src, s.err = b.spool(bl) })
	size, n := int64(0), 0
	if s.src != nil {
		size = min(s.src.Size(), int64(bl.size))
	}
	if in < size {
		var err error
		if n, err = s.src.ReadAt(part[:min(int64(len(part)), size-in)], in); err != nil && err != io.EOF {
			return n, bl.fail(in+int64(n), err)
		}
	}
	if n < len(part) {
		return n, bl.fail(size, s.err)
	}
	return n, nil
}

// spool decodes a large block. With an error the Source holds what came before it, or is nil.
func (b *bundle) spool(bl *block) (extract.Source, error) {
	raw := extract.Section(b.in, extract.Extent{Offset: bl.raw, Size: int64(bl.packed)})
	r, err := lzmaReader(b.in.Budget, raw, int64(bl.size), b.sized)
	if err != nil {
		return nil, err
	}
	src, err := b.in.Budget.Spool(b.ctx, io.LimitReader(r, int64(bl.size)))
	if err == nil && src.Size() < int64(bl.size) {
		err = errTooShort
	}
	if err != nil {
		err = fmt.Errorf("an lzma stream: %w", err)
	}
	return src, err
}
