package zip

import (
	"context"
	"io"
	"testing"

	"github.com/censorscan/censorscan/extract"
)

// sparse is a Source of zeros with pieces at some offsets.
type sparse struct {
	size   int64
	pieces map[int64][]byte
}

func (s *sparse) Size() int64 { return s.size }

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	var err error
	if off < 0 || off >= s.size {
		return 0, io.EOF
	}
	if int64(len(p)) > s.size-off {
		p, err = p[:s.size-off], io.EOF
	}
	clear(p)
	for at, b := range s.pieces {
		lo, hi := max(at, off), min(at+int64(len(b)), off+int64(len(p)))
		if lo < hi {
			copy(p[lo-off:hi-off], b[lo-at:])
		}
	}
	return len(p), err
}

// TestWide has a member of 5 GiB and behind it another one, so that sizes and offsets need zip64.
func TestWide(t *testing.T) {
	const big = 5 << 30
	const all = 0xFFFFFFFF
	wide := func(values ...uint64) string {
		b := le.AppendUint16(le.AppendUint16(nil, extraZip64), uint16(8*len(values)))
		for _, v := range values {
			b = le.AppendUint64(b, v)
		}
		return string(b)
	}
	first := whole("big", stored, "").with(func(p *part) { p.packed, p.size, p.extra = all, all, wide(big, big) })
	head := build(0, first)
	headLen := int64(localLen + len("big") + len(first.extra))
	second := whole("s", stored, text).with(func(p *part) { p.extra = wide(uint64(headLen + big)) })
	tail := build(0, second)
	secondLen := int64(localLen + len("s") + len(second.extra) + len(text))

	// the directory: the record of the first, that of the second with its offset in the extra field
	dir := append([]byte(nil), head[headLen:len(head)-endLen]...)
	record := append([]byte(nil), tail[secondLen:len(tail)-endLen]...)
	le.PutUint32(record[42:], all)
	dir = append(dir, record...)
	at := headLen + big + secondLen
	end := append([]byte(end64Sig), make([]byte, end64Len-4)...)
	le.PutUint64(end[4:], end64Len-12)
	le.PutUint64(end[24:], 2)
	le.PutUint64(end[32:], 2)
	le.PutUint64(end[40:], uint64(len(dir)))
	le.PutUint64(end[48:], uint64(at))
	locator := append([]byte(locatorSig), make([]byte, locatorLen-4)...)
	le.PutUint64(locator[8:], uint64(at)+uint64(len(dir)))
	last := append([]byte(endSig), make([]byte, endLen-4)...)
	for _, off := range []int{8, 10} {
		le.PutUint16(last[off:], 0xFFFF)
	}
	le.PutUint32(last[12:], all)
	le.PutUint32(last[16:], all)
	dir = append(append(append(dir, end...), locator...), last...)

	src := &sparse{size: at + int64(len(dir)), pieces: map[int64][]byte{0: head[:headLen], headLen + big: tail[:secondLen], at: dir}}
	b := extract.NewBudget(extract.DefaultLimits())
	if !detectEnd(extract.NewProbe(src, "", b), src.size-endLen, last) {
		t.Error("not detected by its end")
	}
	c, err := Format().Open(context.Background(), &extract.Input{Source: src, Budget: b})
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int64{}
	for m, err := range c.Members(context.Background()) {
		if err != nil {
			t.Error(err)
			continue
		}
		sizes[m.Name] = m.Size
		if m.Open == nil {
			t.Fatalf("%s: %v", m.Name, m.Problem)
		}
		s, err := m.Open(context.Background())
		if err != nil || s.Size() != m.Size {
			t.Fatalf("%s: %d bytes, %v; want %d", m.Name, s.Size(), err, m.Size)
		}
		if m.Name == "s" {
			got, err := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
			if string(got) != text || err != nil {
				t.Errorf("s: %q, %v", got, err)
			}
		}
	}
	if sizes["big"] != big || len(sizes) != 2 {
		t.Errorf("sizes %v", sizes)
	}
}
