package main

import (
	"bytes"
	"errors"
	"testing"
)

// memory is a file that fails once it holds more than limit bytes.
type memory struct {
	data  []byte
	at    int64
	limit int
}

var errFull = errors.New("no space left")

func (m *memory) Seek(off int64, _ int) (int64, error) { m.at = off; return off, nil }
func (m *memory) Truncate(n int64) error {
	m.data = append(m.data, make([]byte, n-int64(len(m.data)))...)
	return nil
}

func (m *memory) Write(p []byte) (int, error) {
	if int(m.at)+len(p) > m.limit {
		return 0, errFull
	}
	m.data = append(m.data, make([]byte, max(0, int(m.at)+len(p)-len(m.data)))...)
	m.at += int64(copy(m.data[m.at:], p))
	return len(p), nil
}

// TestCopier writes runs with holes between them, from a buffer that is used again at once, up to the end or an error.
func TestCopier(t *testing.T) {
	const piece = 300_000
	for _, ahead := range []bool{false, true} {
		for _, limit := range []int{100 << 20, 5_000_000, 1_000_000} {
			m := &memory{limit: limit}
			w := &copier{file: m, ahead: ahead}
			var want []byte
			var err error
			buf := make([]byte, piece)
			for i := 0; i < 40 && err == nil; i++ {
				for j := range buf {
					buf[j] = byte(i + j)
				}
				if i%7 == 3 {
					want = append(want, make([]byte, 100_000)...)
				}
				at := int64(len(want))
				want = append(want, buf...)
				err = w.add(at, buf)
				clear(buf)
			}
			if e := w.finish(); err == nil {
				err = e
			}
			if len(want) <= limit {
				if err != nil || !bytes.Equal(m.data, want) || w.end != int64(len(want)) {
					t.Errorf("ahead %v: %d bytes of %d, end %d, error %v", ahead, len(m.data), len(want), w.end, err)
				}
			} else if !errors.Is(err, errFull) || !bytes.HasPrefix(want, m.data) {
				t.Errorf("ahead %v, room for %d: %d bytes, error %v", ahead, limit, len(m.data), err)
			}
		}
	}
}

// TestCopierOfAFullDisk: the error of the very last write is not lost.
func TestCopierOfAFullDisk(t *testing.T) {
	m := &memory{limit: 3 << 20}
	w := &copier{file: m, ahead: true}
	for at := int64(0); at < 4<<20; at += 1 << 20 {
		if err := w.add(at, make([]byte, 1<<20)); err != nil {
			t.Fatalf("at %d: %v", at, err)
		}
	}
	if err := w.finish(); !errors.Is(err, errFull) {
		t.Errorf("finish: %v, want %v", err, errFull)
	}
}
