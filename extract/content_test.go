package extract

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand"
	"sync"
	"testing"
)

// holed is a Source that knows of its holes.
type holed struct {
	BytesSource
	data []Extent // the rest is zeros
}

func (h *holed) NextData(off int64) (int64, int64) {
	for _, e := range h.data {
		if e.End() > off {
			return max(off, e.Offset), e.End()
		}
	}
	return h.Size(), h.Size()
}

// bounded reads a Source that hides what it is, in short pieces.
type bounded struct {
	Source
	bad Extent // cannot be read
}

func (b *bounded) ReadAt(p []byte, off int64) (int, error) {
	if off < b.bad.End() && off+int64(len(p)) > b.bad.Offset {
		if n := b.bad.Offset - off; n > 0 {
			n, _ := b.Source.ReadAt(p[:n], off)
			return n, &RangeError{b.bad, errors.New("bad block")}
		}
		return 0, &RangeError{b.bad, errors.New("bad block")}
	}
	return b.Source.ReadAt(p, off)
}

func contentOf(src Source) *Content {
	return &Content{src: src, size: -1, budget: NewBudget(DefaultLimits()), buffers: &sync.Pool{}}
}

// TestPiecesFindWhatStandsAcrossHoles plants a needle that begins or ends in the zeros of a hole, with holes around the size of the overlap.
func TestPiecesFindWhatStandsAcrossHoles(t *testing.T) {
	const overlap = 300
	needle := []byte("\x00\x6c\x00\x64\x00")
	r := rand.New(rand.NewSource(3))
	for _, hole := range []int64{1, 8, overlap - 1, overlap, overlap + 1, 2 * overlap, 2*overlap + 1, 4096} {
		src := &holed{}
		at := int64(0)
		var want []int64
		for range 20 {
			n := int64(20 + r.Intn(900))
			run := bytes.Repeat([]byte{0xff}, int(n))
			copy(run, needle[1:])             // begins in the hole before
			copy(run[n-4:], needle[:4])       // ends in the hole behind
			want = append(want, at-1, at+n-4) // offsets of the needle
			src.data = append(src.data, Extent{at, n})
			src.BytesSource = append(append(src.BytesSource, run...), make([]byte, hole)...)
			at += n + hole
		}
		var got []int64
		err := contentOf(src).Pieces(context.Background(), overlap, func(p Piece) error {
			for i := p.Lead; i < p.Lead+p.Owned; i++ {
				if bytes.HasPrefix(p.Data[i:], needle) {
					got = append(got, p.Offset+int64(i))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		want = want[1:] // there is nothing before the first run
		if len(got) != len(want) {
			t.Errorf("hole of %d bytes: %d needles found, want %d", hole, len(got), len(want))
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("hole of %d bytes: needle %d at %d, want %d", hole, i, got[i], want[i])
			}
		}
	}
}

// TestPiecesOwnEveryByteOnce reads in order, around damage too.
func TestPiecesOwnEveryByteOnce(t *testing.T) {
	data := make([]byte, 5<<20+123)
	rand.New(rand.NewSource(4)).Read(data)
	for _, bad := range []Extent{{}, {0, 4096}, {3 << 20, 70000}, {5 << 20, 123}} {
		for _, overlap := range []int{0, 1, 500, 200_000} {
			c := contentOf(&bounded{BytesSource(data), bad})
			next := int64(0)
			err := c.Pieces(context.Background(), overlap, func(p Piece) error {
				start := p.Offset + int64(p.Lead)
				if start != next && (start != bad.End() || next != bad.Offset) {
					t.Fatalf("piece owns from %d, want %d", start, next)
				}
				if !bytes.Equal(p.Data, data[p.Offset:p.Offset+int64(len(p.Data))]) {
					t.Fatalf("piece at %d holds other bytes", p.Offset)
				}
				next = start + int64(p.Owned)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			l := c.ledger()
			if l.Size != int64(len(data)) || l.Unopened != bad.Size || l.Searched != l.Size-bad.Size {
				t.Errorf("bad %+v, overlap %d: ledger %+v", bad, overlap, l)
			}
		}
	}
}

func TestProbeOutside(t *testing.T) {
	p := NewProbe(BytesSource("short"), "", NewBudget(DefaultLimits()))
	for _, tt := range []struct {
		off  int64
		n    int
		want string
	}{{0, 5, "short"}, {3, 9, "rt"}, {5, 1, ""}, {-1, 2, ""}, {math.MaxInt64, 8, ""}, {math.MaxInt64 - 3, 8, ""}, {2, -1, ""}, {0, 0, ""}} {
		if got := string(p.At(tt.off, tt.n)); got != tt.want {
			t.Errorf("At(%d, %d) = %q, want %q", tt.off, tt.n, got, tt.want)
		}
	}
}

func TestConcat(t *testing.T) {
	src := Concat(BytesSource("0123456789"), []Extent{{7, 2}, {-1, 3}, {20, 1}, {1, 3}, {9, 50}})
	var got bytes.Buffer
	for i := int64(0); i < src.Size(); i++ {
		var one [1]byte
		if n, err := src.ReadAt(one[:], i); n != 1 {
			t.Fatal(err)
		}
		got.Write(one[:])
	}
	if got.String() != "781239" {
		t.Errorf("view %q, want 781239", got.String())
	}
}

func TestCacheForgetsTheOldest(t *testing.T) {
	c := NewCache(10 << 10)
	loads := 0
	get := func(block int64) {
		if _, err := c.Get(CacheKey{1, block}, func() ([]byte, error) { loads++; return make([]byte, 4000), nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, block := range []int64{1, 2, 1, 3, 1, 2} { // 2 goes when 3 comes, 3 when 2 comes back
		get(block)
	}
	if loads != 4 {
		t.Errorf("%d loads, want 4", loads)
	}
	fails := 0
	for range 2 {
		c.Get(CacheKey{1, 9}, func() ([]byte, error) { fails++; return nil, errors.New("no") })
	}
	if fails != 2 {
		t.Errorf("an error was kept")
	}
}

func TestSpoolLimits(t *testing.T) {
	l := DefaultLimits()
	l.Memory, l.Spool = 4<<20, 4<<20
	b := NewBudget(l)
	data := make([]byte, 5<<20-7)
	rand.New(rand.NewSource(5)).Read(data)
	src, err := b.Spool(context.Background(), bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(data))
	if n, err := src.ReadAt(got, 0); n != len(got) || err != nil || !bytes.Equal(got, data) {
		t.Errorf("ReadAt = %d, %v", n, err)
	}
	var limit *LimitError
	more, err := b.Spool(context.Background(), bytes.NewReader(data))
	if !errors.As(err, &limit) || limit.Limit != "spool" {
		t.Errorf("second spool: %v, want the spool limit", err)
	}
	src.(*spool).Close()
	more.(*spool).Close()
	if b.memory.Load() != 0 || b.disk.Load() != 0 {
		t.Errorf("%d bytes of memory, %d of disk not given back", b.memory.Load(), b.disk.Load())
	}
}

func TestCacheForgetsAnOwner(t *testing.T) {
	for _, blocks := range []int{3, 1000} { // fewer than entries, and more
		c := NewCache(1 << 20)
		for owner := range int64(4) {
			for block := range int64(3) {
				if _, err := c.Get(CacheKey{owner, block}, func() ([]byte, error) { return make([]byte, 100), nil }); err != nil {
					t.Fatal(err)
				}
			}
		}
		used := c.used
		c.Forget(2, blocks)
		for owner := range int64(4) {
			for block := range int64(3) {
				if data, ok := c.Peek(CacheKey{owner, block}); ok != (owner != 2) || ok && len(data) != 100 {
					t.Errorf("block %d of owner %d: %d bytes, %v", block, owner, len(data), ok)
				}
			}
		}
		if c.used != used*3/4 || len(c.entries) != 9 || c.order.Len() != 9 {
			t.Errorf("%d bytes of %d and %d, %d entries are left", c.used, used, len(c.entries), c.order.Len())
		}
	}
}
