package unity

import (
	"errors"
	"fmt"

	"github.com/censorscan/censorscan/extract"
)

// Flags of the header.
const (
	compressionMask = 0x3f
	flagInfoAtEnd   = 0x80
	flagPadInfo     = 0x200 // data begins at a multiple of 16; before Unity 2020.3.34, 2021.3.2 and 2022.1.1 the mark of encryption
	flagsEncrypted  = 0x400 | 0x1000
)

const padding = 16

// keySize is the size of what an encrypted bundle of Unity China has behind its header: a number and two pairs of 16 bytes, each pair ended by a byte.
const keySize = 4 + 2*33

// fsHeader is the rest of the header of UnityFS.
type fsHeader struct {
	header
	size     int64 // of the bundle
	packed   int64 // bytes of the block info
	unpacked int64
	flags    uint32
}

// place is where the header may end.
type place struct {
	end       int64
	encrypted bool // a key follows the header
}

// places are the possible ends of the header, the one by rule first. Some versions of Unity pad without saying so, and one flag has two meanings.
func (h *fsHeader) places() []place {
	key := h.end + keySize
	plain := []place{{h.end, false}, {align(h.end), false}}
	keyed := []place{{key, true}, {align(key), true}}
	if h.version >= firstPadded {
		plain[0], plain[1] = plain[1], plain[0]
		keyed[0], keyed[1] = keyed[1], keyed[0]
	}
	if h.flags&flagsEncrypted != 0 {
		return append(keyed, plain...)
	}
	return append(plain, keyed...)
}

func align(n int64) int64 { return (n + padding - 1) / padding * padding }

// openFS reads the block info of a UnityFS bundle.
func (b *bundle) openFS(start header, c *cursor) error {
	h := &fsHeader{header: start, size: c.i64(), packed: int64(c.u32()), unpacked: int64(c.u32()), flags: c.u32()}
	if c.short {
		return extract.Damaged(start.end, "header of a Unity bundle is cut off")
	}
	h.end += 8 + 3*4
	if h.size != b.in.Size() {
		if h.size > b.in.Size() || h.size < h.end {
			b.note(extract.Damaged(start.end, "a bundle of %d bytes, its header says %d", b.in.Size(), h.size))
		}
	}
	infos := b.infoPlaces(h)
	first := error(nil)
	for _, exact := range []bool{true, false} {
		for _, at := range infos {
			t, err := b.readInfo(h, at.end)
			if err != nil {
				if first == nil {
					first = err
				}
				continue
			}
			if exact && len(t.rest) > 0 {
				continue
			}
			b.encrypted = at.encrypted
			return b.arrange(h, at.end, t)
		}
	}
	if h.flags&flagsEncrypted != 0 && !isLimit(first) {
		return extract.Encrypted(h.end, "block info of a Unity bundle: %w", first)
	}
	if first == nil {
		first = errors.New("no place for it")
	}
	return fmt.Errorf("block info of a Unity bundle: %w", first)
}

func isLimit(err error) bool {
	var l *extract.LimitError
	return errors.As(err, &l)
}

// infoPlaces are the places where the block info may lie.
func (b *bundle) infoPlaces(h *fsHeader) []place {
	if h.flags&flagInfoAtEnd == 0 {
		return h.places()
	}
	encrypted := h.flags&flagsEncrypted != 0
	list := []place{{b.in.Size() - h.packed, encrypted}}
	if h.size >= h.end && h.size < b.in.Size() {
		list = append([]place{{h.size - h.packed, encrypted}}, list...)
	}
	return list
}

// readInfo decodes the block info that lies at off.
func (b *bundle) readInfo(h *fsHeader, off int64) (*tables, error) {
	if off < h.end || h.packed > b.in.Size()-off {
		return nil, extract.Damaged(h.end, "%d bytes at offset %d lie outside of the bundle", h.packed, off)
	}
	raw, err := b.in.Budget.ReadFull(b.in, off, h.packed)
	if err != nil {
		return nil, err
	}
	info := raw
	if method := h.flags & compressionMask; method != stored {
		if info, err = decode(b.in.Budget, method, raw, h.unpacked, false); err != nil {
			return nil, located(off, err)
		}
	}
	t, err := parseTables(info, b.in.Budget.Limits().Buffer)
	if err != nil {
		return nil, located(off, err)
	}
	return t, nil
}

// located makes an error damage at an offset, unless it has a reason of its own.
func located(off int64, err error) error {
	var u *extract.Unopened
	if isLimit(err) || errors.As(err, &u) {
		return fmt.Errorf("at offset %d: %w", off, err)
	}
	return extract.Damaged(off, "%w", err)
}

// arrange finds where the blocks begin and claims what is not theirs.
func (b *bundle) arrange(h *fsHeader, infoAt int64, t *tables) error {
	if len(t.rest) > 0 {
		b.note(extract.Damaged(infoAt, "block info goes on for %d bytes behind the directory", len(t.rest)))
	}
	info := extract.Extent{Offset: infoAt, Size: h.packed}
	var data int64
	if h.flags&flagInfoAtEnd == 0 {
		data = b.choose(h, []int64{info.End(), align(info.End())}, t.packed)
		b.claim(h.end, infoAt)
		b.claim(info.End(), data)
	} else {
		var ends []int64
		for _, p := range h.places() {
			ends = append(ends, p.end)
		}
		data = b.choose(h, ends, t.packed)
		if data >= h.end+keySize {
			b.encrypted = true
		}
		b.claim(h.end, data)
		b.claim(data+t.packed, infoAt)
	}
	header := extract.Extent{Size: h.end}
	if b.encrypted {
		header.Size += keySize
	}
	b.structure = append(b.structure, header, info)
	b.nodes = t.nodes
	b.layout(t.blocks, data)
	return nil
}

// choose says where the blocks begin: where the rule says, unless only another place makes them end where they should.
func (b *bundle) choose(h *fsHeader, at []int64, packed int64) int64 {
	rule := at[0]
	padded := h.flags&flagPadInfo != 0 && !b.encrypted
	if padded {
		rule = align(rule)
	}
	ends := []int64{h.size, b.in.Size()}
	if h.flags&flagInfoAtEnd != 0 {
		ends = []int64{h.size - h.packed, b.in.Size() - h.packed}
	}
	for _, end := range ends {
		for _, start := range append([]int64{rule}, at...) {
			if start+packed == end {
				return start
			}
		}
	}
	return rule
}

// claim makes the padding from start to end structure if it is one: short and all zeros.
func (b *bundle) claim(start, end int64) {
	var buf [padding]byte
	if start >= end || end-start >= padding || end > b.in.Size() {
		return
	}
	p := buf[:end-start]
	if n, _ := b.in.ReadAt(p, start); n < len(p) || buf != [padding]byte{} {
		return
	}
	b.structure = append(b.structure, extract.Extent{Offset: start, Size: end - start})
}
