package second

import (
	"math/rand"
	"slices"
	"testing"

	"github.com/censorscan/censorscan/scan/match"
	"github.com/censorscan/censorscan/scan/text"
)

var terms = []match.Term{
	{ID: 3, Text: "法轮功", Variants: []string{"法輪功"}, Encodings: text.All}, {ID: 1, Text: "法轮", Encodings: text.All},
	{ID: 7, Text: "Free Tibet", Encodings: text.All}, {ID: 9, Text: "tibet", Encodings: text.All}, {ID: 4, Text: "六四", Encodings: text.All},
}

// TestFind searches every form of every term, between random bytes, with both engines and compares every hit.
func TestFind(t *testing.T) {
	e, err := New(terms)
	if err != nil {
		t.Fatal(err)
	}
	core, err := match.Compile(terms, match.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewSource(1))
	var data []byte
	planted := 0
	for _, tm := range terms {
		for _, s := range append([]string{tm.Text}, tm.Variants...) {
			for _, enc := range text.Encodings() {
				for _, f := range enc.Forms(s) {
					noise := make([]byte, rng.Intn(9))
					rng.Read(noise)
					data = append(append(data, noise...), f.Bytes...)
					planted++
				}
			}
		}
	}
	got := e.Find(data, 1000)
	var want []match.Hit
	core.Scan(data, 1000, func(h match.Hit) {
		h.Needle = 0
		want = append(want, h)
	})
	slices.SortFunc(want, Order)
	if len(got) < planted {
		t.Errorf("%d hits of %d planted", len(got), planted)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the engines differ: %d and %d hits", len(got), len(want))
	}
	data[len(data)/2] ^= 0x80
	if slices.Equal(e.Find(data, 1000), want) {
		t.Error("a changed byte changes nothing")
	}
}

func TestNewRefuses(t *testing.T) {
	for _, bad := range [][]match.Term{nil, {{Text: "x"}}} {
		if _, err := New(bad); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	e, err := New(terms)
	if err != nil {
		b.Fatal(err)
	}
	data := make([]byte, 64<<10)
	rand.New(rand.NewSource(1)).Read(data)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		e.Find(data, 0)
	}
}
