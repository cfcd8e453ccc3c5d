package extract

import "io"

// headSize is how much of an artefact is read before any format looks at it.
const headSize = 8 << 10

// Probe lets formats look at an artefact. It keeps what was read, so looking again is cheap. Not for use by several goroutines.
type Probe struct {
	Name   string // file name: a hint to order guesses by, never proof
	Budget *Budget
	src    Source
	size   int64
	head   []byte
	tail   []byte
}

// NewProbe looks at src.
func NewProbe(src Source, name string, b *Budget) *Probe {
	p := &Probe{Name: name, Budget: b, src: src, size: src.Size()}
	p.head = p.read(0, headSize)
	return p
}

// newHeadProbe looks at a stream of which only the beginning is decoded: Size is -1 and Tail is empty.
func newHeadProbe(head BytesSource, name string, b *Budget) *Probe {
	p := NewProbe(head, name, b)
	p.size = -1
	return p
}

// Size is the artefact's size in bytes, -1 if only its beginning is known yet.
func (p *Probe) Size() int64 { return p.size }

// Head is the beginning of the artefact, at most 8 KiB. The caller may not change it.
func (p *Probe) Head() []byte { return p.head }

// At returns the n bytes at off, fewer at the end or where the artefact cannot be read. The caller may not change them.
func (p *Probe) At(off int64, n int) []byte {
	if off >= 0 && n >= 0 && off <= int64(len(p.head)-n) {
		return p.head[off:][:n]
	}
	return p.read(off, n)
}

// Tail returns the last n bytes (at most 66 KiB), fewer if the artefact is smaller, none when its end is not known yet.
func (p *Probe) Tail(n int) []byte {
	if p.size < 0 {
		return nil
	}
	if p.tail == nil {
		size := min(p.size, tailSize)
		if p.tail = p.read(p.size-size, int(size)); int64(len(p.tail)) < size {
			p.tail = []byte{} // not its end
		}
	}
	return p.tail[max(0, len(p.tail)-n):]
}

// Has reports whether the artefact holds magic at off.
func (p *Probe) Has(off int64, magic string) bool { return string(p.At(off, len(magic))) == magic }

// Source gives access for a closer look, such as decoding a few blocks. Of a stream only the beginning is there.
func (p *Probe) Source() Source { return p.src }

func (p *Probe) read(off int64, n int) []byte {
	if off < 0 || off >= p.src.Size() || n <= 0 {
		return nil
	}
	buf := make([]byte, min(int64(n), p.src.Size()-off))
	m, err := p.src.ReadAt(buf, off)
	if err != nil && err != io.EOF && m == 0 {
		return nil
	}
	return buf[:m]
}

// tailSize is how much of the end a format may look at: a zip comment can push its last record 64 KiB from the end.
const tailSize = 66 << 10
