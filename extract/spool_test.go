package extract

import (
	"path/filepath"
	"testing"
)

// noRoom leaves a walk no memory for streams and no folder for temporary files.
func noRoom(t *testing.T) func(*Options) {
	return func(o *Options) {
		l := DefaultLimits()
		l.Memory = 0
		o.Budget = NewBudget(l)
		o.Budget.temp = filepath.Join(t.TempDir(), "missing")
	}
}

// TestNoRoomToSpool: what cannot be held for random access is unopened, not structure (a full disk once made a container look read).
func TestNoRoomToSpool(t *testing.T) {
	long := make([]byte, prefixSize+1<<20)
	for name, inner := range map[string][]byte{
		"in front":   append([]byte("BOX1"), long...),
		"at the end": append(long, "\x00\x00\x00\x00\x00\x00\x00\x00XOB1"...),
	} {
		t.Run(name, func(t *testing.T) {
			data := newBox().add('z', "long", inner).add('s', "sibling", []byte("text")).end()
			out, cov, err := walkAll(t, data, noRoom(t))
			if err != nil {
				t.Fatal(err)
			}
			packed := cov.Size - 7 - 2*6 - int64(len("longsiblingtext"))
			if cov.Unopened != packed || cov.Searched != 4 {
				t.Errorf("ledger %+v, want %d unopened and the sibling searched", cov.Ledger, packed)
			}
			if n := len(cov.Items); n == 0 || cov.Items[n-1].Reason != ReasonLimit {
				t.Errorf("%d items, want a limit at their end", n)
			}
			if last := out[len(out)-2]; last.Path != "in.box!sibling" || last.Bytes != "text" {
				t.Errorf("after it comes %+v, want the sibling", last)
			}
		})
	}
}
