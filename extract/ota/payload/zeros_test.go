package payload

import (
	"bytes"
	"context"
	"io"
	"os"
	"testing"

	"github.com/censorscan/censorscan/extract"
)

func TestZeroMap(t *testing.T) {
	data := make([]byte, 200*zeroGrain+100)
	for i := range data {
		if g := i / zeroGrain; g%3 == 1 || g == 130 {
			data[i] = 1
		}
	}
	m := newZeroMap(data)
	for lo := int64(0); lo < int64(len(data)); lo += 1500 {
		for _, n := range []int64{1, 100, zeroGrain, 2 * zeroGrain} {
			hi := min(lo+n, int64(len(data)))
			want := true
			for _, b := range data[lo:hi] {
				want = want && b == 0
			}
			if got := m.all(lo, hi); got && !want {
				t.Fatalf("all(%d, %d) says zeros where there are others", lo, hi)
			} else if want && !got && lo%zeroGrain == 0 && n == zeroGrain && hi < 200*zeroGrain {
				t.Fatalf("all(%d, %d) does not know a whole grain of zeros", lo, hi)
			}
		}
	}
}

// TestKnownZeros reads the sample's partitions and compares what is remembered with what was read.
func TestKnownZeros(t *testing.T) {
	data, err := os.ReadFile("../../../testdata/payload/tiny.bin")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Format().Open(context.Background(), &extract.Input{Source: extract.BytesSource(data), Name: "payload.bin", Budget: extract.NewBudget(extract.DefaultLimits())})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	remembered := 0
	for m, err := range c.Members(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		src, err := m.Open(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		image, err := io.ReadAll(io.NewSectionReader(src, 0, src.Size()))
		if err != nil {
			t.Fatal(err)
		}
		keeper := src.(extract.ZeroKeeper)
		for off := 0; off < len(image); off += zeroGrain {
			grain := image[off:min(off+zeroGrain, len(image))]
			if keeper.KnownZeros(int64(off), int64(len(grain))) {
				remembered++
				if len(bytes.Trim(grain, "\x00")) > 0 {
					t.Errorf("%s: bytes at %d are said to be zeros", m.Name, off)
				}
			}
		}
		if keeper.KnownZeros(src.Size()-1, 2) || keeper.KnownZeros(-1, 1) {
			t.Errorf("%s: bytes outside are said to be zeros", m.Name)
		}
	}
	if remembered == 0 {
		t.Error("no zeros are remembered")
	}
}
