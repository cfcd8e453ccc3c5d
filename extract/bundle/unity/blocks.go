package unity

import (
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/censorscan/censorscan/extract"
)

// blockEncrypted marks a block of an encrypted bundle that needs the key.
const blockEncrypted = 0x100

// layout sets the places of the blocks, one after another from data on.
func (b *bundle) layout(blocks []block, data int64) {
	end := b.in.Size()
	for _, bl := range blocks {
		bl.raw, bl.start = data, b.size
		data += int64(bl.packed)
		used := int64(bl.packed)
		switch {
		case bl.size == 0:
			used = 0
		case bl.method() == stored:
			used = min(used, int64(bl.size))
		}
		if used < int64(bl.packed) && bl.raw+used < end { // Unity ignores them
			e := extract.Extent{Offset: bl.raw + used, Size: min(data, end) - bl.raw - used}
			b.excess = append(b.excess, e)
		}
		if bl.size > 0 {
			b.blocks = append(b.blocks, bl)
			b.size += int64(bl.size)
		}
	}
	b.bomb = b.size > b.allowed()
}

func (bl *block) method() uint32 { return uint32(bl.flags) & compressionMask }

// problem says why no byte of a block can be read.
func (b *bundle) problem(bl *block) error {
	limit, ratio := b.in.Budget.Limits().Buffer, b.in.Budget.Limits().Ratio
	switch err := supported(bl.method()); {
	case b.encrypted && bl.flags&blockEncrypted != 0:
		return extract.Encrypted(bl.raw, "the key of the app is needed for a block")
	case err != nil:
		return extract.Unsupported(bl.raw, "a block in %w", err)
	case bl.raw >= b.in.Size():
		return extract.Damaged(bl.raw, "a block lies behind the end of the bundle")
	case b.bomb && bl.method() != stored && int64(bl.size) > ratio*min(int64(bl.packed), b.in.Size()-bl.raw):
		return &extract.LimitError{Limit: "ratio", Value: ratio, What: fmt.Sprintf("%d bytes at offset %d decode to %d", bl.packed, bl.raw, bl.size)}
	case isLZ4(bl.method()) && int64(max(bl.size, bl.packed)) > limit:
		return &extract.LimitError{Limit: "buffer", Value: limit, What: fmt.Sprintf("a block of %d bytes at offset %d", bl.size, bl.raw)}
	}
	return nil
}

// find gives the number of the block that holds the decoded byte at off.
func (b *bundle) find(off int64) int {
	return sort.Search(len(b.blocks), func(i int) bool { return b.blocks[i].start > off }) - 1
}

// decoded is all blocks one after another.
type decoded struct{ *bundle }

// Size is the number of decoded bytes.
func (d decoded) Size() int64 { return d.size }

// ReadAt implements io.ReaderAt.
func (d decoded) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if off >= d.size {
		return 0, io.EOF
	}
	for i := d.find(off); n < len(p) && i < len(d.blocks); i++ {
		bl := &d.blocks[i]
		in := off + int64(n) - bl.start
		part := p[n:min(int64(len(p)), int64(n)+int64(bl.size)-in)]
		m, err := d.readBlock(i, part, in)
		n += m
		if err != nil {
			return n, err
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// readBlock fills part with the bytes of a block from offset in on. It ends within the block.
func (b *bundle) readBlock(i int, part []byte, in int64) (int, error) {
	bl := &b.blocks[i]
	if err := b.problem(bl); err != nil {
		return 0, bl.fail(0, err)
	}
	if bl.method() == stored {
		return b.readStored(bl, part, in)
	}
	if b.large(bl) {
		return b.readSpooled(i, part, in)
	}
	data, err := b.in.Budget.Cache().Get(extract.CacheKey{Owner: b.owner, Block: int64(i)}, func() ([]byte, error) { return b.decodeBlock(i) })
	if err != nil {
		return 0, bl.fail(0, err)
	}
	n := 0
	if in < int64(len(data)) {
		n = copy(part, data[in:])
	}
	if n < len(part) {
		return n, bl.fail(int64(len(data)), b.damageOf(i))
	}
	return n, nil
}

func (b *bundle) readStored(bl *block, part []byte, in int64) (int, error) {
	want := part[:max(0, min(int64(len(part)), int64(bl.packed)-in))]
	n, err := b.in.ReadAt(want, bl.raw+in)
	if n == len(part) {
		return n, nil
	}
	at := in + int64(n)
	var re *extract.RangeError
	switch {
	case errors.As(err, &re):
		lo, hi := max(re.Extent.Offset-bl.raw, 0), min(re.Extent.End()-bl.raw, int64(bl.size))
		if lo <= at && at < hi {
			return n, &extract.RangeError{Extent: extract.Extent{Offset: bl.start + lo, Size: hi - lo}, Err: re.Err}
		}
	case n == len(want):
		err = fmt.Errorf("a stored block has %d bytes for %d", bl.packed, bl.size)
	case err == nil || err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return n, bl.fail(at, err)
}

// fail is the error for the bytes of a block from offset in on.
func (bl *block) fail(in int64, err error) error {
	return &extract.RangeError{Extent: extract.Extent{Offset: bl.start + in, Size: int64(bl.size) - in}, Err: fmt.Errorf("block at offset %d: %w", bl.raw, err)}
}

// decodeBlock returns what can be decoded of a block. If that is not all, damageOf tells why.
func (b *bundle) decodeBlock(i int) ([]byte, error) {
	bl := &b.blocks[i]
	packed := min(int64(bl.packed), b.in.Size()-bl.raw) // as much as there is: lzma gives its beginning
	raw, err := b.in.Budget.ReadFull(b.in, bl.raw, packed)
	if err != nil {
		return nil, err
	}
	data, err := decode(b.in.Budget, bl.method(), raw, int64(bl.size), b.sized)
	if err != nil {
		b.setDamage(i, err)
	}
	return data, nil
}

// setDamage keeps the error that cut the decoding of a block short, unless there are too many of them.
func (b *bundle) setDamage(i int, err error) {
	const most = 4096
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.damage) < most {
		b.damage[i] = err
	}
}

func (b *bundle) damageOf(i int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.damage[i]; err != nil {
		return err
	}
	return errors.New("it cannot be decoded")
}
