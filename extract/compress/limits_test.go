package compress

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/censorscan/censorscan/extract"
)

// TestBomb holds that 1 GiB of zeros in 1 MB stops at the ratio limit, and at little more than what that allows.
func TestBomb(t *testing.T) {
	var unit bytes.Buffer
	w, err := gzip.NewWriterLevel(&unit, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 4<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	bomb := bytes.Repeat(unit.Bytes(), 256) // 1 GiB
	limits := extract.DefaultLimits()
	limits.Ratio = 70
	m := open(t, Gzip(), bomb, limits)
	r, err := m.Stream(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n, err := io.Copy(io.Discard, r)
	var l *extract.LimitError
	if !errors.As(err, &l) || l.Limit != "ratio" {
		t.Fatalf("%d bytes, then %v; want the ratio limit", n, err)
	}
	if allowed := max(64<<20, 70*int64(len(bomb))); n > allowed {
		t.Errorf("%d bytes before the limit of %d", n, allowed)
	}
	if e := m.Extents[0]; e.End() != int64(len(bomb)) {
		t.Errorf("extent %v: what was not decoded is no slack", e)
	}
}

// TestManyUnits holds that a file of nothing but empty units ends in good time.
func TestManyUnits(t *testing.T) {
	for _, s := range samples {
		switch s.file {
		case "empty.gz", "empty.xz", "empty.bz2", "empty.zst", "empty.lz4", "empty.legacy.lz4":
		default:
			continue
		}
		start := time.Now()
		raw := bytes.Repeat(sample(t, s.file), 5000)
		if got, err := readAll(open(t, s.format, raw, extract.DefaultLimits())); len(got) != 0 || err != nil {
			t.Errorf("%s: %d bytes, %v", s.file, len(got), err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s: 5000 empty units took %v", s.file, d)
		} else {
			t.Log(s.file, d)
		}
	}
}

// TestNoGoroutines holds that streams leave none behind, read or not.
func TestNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, s := range samples {
		m := open(t, s.format, sample(t, s.file), extract.DefaultLimits())
		for range 2 {
			r, err := m.Stream(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			io.ReadFull(r, make([]byte, 10))
			r.Close()
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
