package match

import (
	"runtime"
	"testing"
)

// TestMemory holds the core to its promise: what it keeps of the heap, measured and told by Size.
func TestMemory(t *testing.T) {
	mustCompile(t, benchTerms(1), Auto) // what package text makes at first use
	if raceEnabled {
		t.Skip("the race detector has memory of its own")
	}
	for _, tt := range []struct{ terms, limit int }{{450, 1 << 20}, {20_000, 16 << 20}} {
		terms := benchTerms(tt.terms)
		before := heap()
		c := mustCompile(t, terms, Auto)
		kept := int(heap() - before)
		t.Logf("%d terms, %d needles: %d KiB, Size %d KiB", tt.terms, c.needles.len(), kept>>10, c.Size()>>10)
		if kept > tt.limit {
			t.Errorf("%d terms keep %d KiB, more than %d", tt.terms, kept>>10, tt.limit>>10)
		}
		if size := c.Size(); size < kept*9/10 || size > kept*11/10 {
			t.Errorf("%d terms: Size says %d, the heap holds %d", tt.terms, size, kept)
		}
		runtime.KeepAlive(terms)
	}
}

// heap returns the bytes of the heap that are in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // the first leaves what was freed while it ran
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
