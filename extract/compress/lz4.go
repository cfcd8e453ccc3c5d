package compress

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/pierrec/lz4/v4"

	"github.com/censorscan/censorscan/extract"
)

const (
	lz4Magic       = 0x184d2204
	lz4LegacyMagic = 0x184c2102
)

// LZ4 is the format of lz4 files: frames, skippable frames and legacy frames (as in Linux kernels and ramdisks), any number of them.
func LZ4() extract.Format {
	return lz4Codec().format("lz4 frames, legacy ones too", "https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md")
}

func lz4Codec() *codec {
	c := &codec{
		name:     "lz4",
		magic:    "\x04\x22\x4d\x18",
		suffixes: []suffix{{".tlz4", ".tar"}, {".lz4", ""}},
		begins:   func(head []byte) bool { return isSkippable(head) || lz4Header(head) > 0 || lz4LegacyBegins(head) },
		open: func(in *input, b *extract.Budget) (decoder, error) {
			return &lz4Decoder{in: in, budget: b}, nil
		},
	}
	c.detect = func(p *extract.Probe) bool {
		head := firstFrame(p)
		if lz4Header(head) > 0 {
			ok, err := lz4.ValidFrameHeader(head) // has a checksum
			return ok || err != nil && len(head) > 4 && head[4]&1 != 0
		}
		return lz4LegacyBegins(head)
	}
	return c
}

// lz4Header is the length of the frame header that begins with head, magic included, or 0 if none does.
func lz4Header(head []byte) int64 {
	if len(head) < 7 || binary.LittleEndian.Uint32(head) != lz4Magic || head[4]>>6 != 1 {
		return 0
	}
	size := int64(7)
	if head[4]&0x08 != 0 { // content size
		size += 8
	}
	if head[4]&0x01 != 0 { // dictionary ID
		size += 4
	}
	return size
}

// lz4Decoder decodes frames, which it leaves to the library, and legacy frames.
type lz4Decoder struct {
	in     *input
	budget *extract.Budget
	unit   io.Reader // nil for a skippable frame
	frames *lz4.Reader
	legacy lz4Legacy
	state  int
	flags  byte
}

func (d *lz4Decoder) next() error {
	head, err := d.in.Peek(unitHead)
	if err != nil && err != io.EOF {
		return err
	}
	d.unit = nil
	switch {
	case isSkippable(head):
		return skipFrame(d.in)
	case lz4LegacyBegins(head):
		d.legacy.in, d.legacy.budget = d.in, d.budget
		d.unit = &d.legacy
		return d.legacy.next()
	}
	if lz4Header(head) > 0 {
		d.flags = head[4]
		if d.flags&0x01 != 0 {
			return extract.Unsupported(d.in.offset(), "lz4 frame needs a dictionary that is not in the image")
		}
	}
	d.state = lz4AtHeader
	f := &frame{in: d.in, size: d.size}
	if d.frames == nil {
		d.frames = lz4.NewReader(f)
	} else {
		d.frames.Reset(f)
	}
	d.unit = d.frames
	return nil
}

func (d *lz4Decoder) Read(p []byte) (int, error) {
	if d.unit == nil {
		return 0, io.EOF
	}
	n, err := d.unit.Read(p)
	if err == io.EOF && d.unit != &d.legacy && d.state != lz4AtEnd {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (d *lz4Decoder) Close() {
	if d.frames != nil {
		d.frames.Reset(nil) // gives its buffers back
	}
}

// What stands next in a frame.
const (
	lz4AtHeader = iota
	lz4AtBlock
	lz4AtChecksum
	lz4AtEnd
)

// size is the length of the next element of the frame.
func (d *lz4Decoder) size() (int64, error) {
	switch d.state {
	case lz4AtHeader:
		head, err := d.in.Peek(unitHead)
		if err != nil && err != io.EOF {
			return 0, err
		}
		d.state = lz4AtBlock
		if n := lz4Header(head); n > 0 {
			return n, nil
		}
		return math.MaxInt64, nil // the decoder will say what is wrong
	case lz4AtBlock:
		head, err := d.in.Peek(4)
		if err != nil {
			return 0, err
		}
		size := int64(binary.LittleEndian.Uint32(head) &^ (1 << 31)) // the highest bit marks stored blocks
		if size == 0 {
			d.state = lz4AtChecksum
			return 4, nil
		}
		if d.flags&0x10 != 0 { // block checksums
			size += 4
		}
		return 4 + size, nil
	case lz4AtChecksum:
		d.state = lz4AtEnd
		if d.flags&0x04 != 0 { // content checksum
			return 4, nil
		}
	}
	return 0, io.EOF
}
