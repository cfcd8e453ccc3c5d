package scan

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/text"
)

var chanceGiB = flag.Float64("gib", 0.0078, "GiB of random data that TestChance searches; of the others a sixteenth as much, 4 MiB at least")

// TestChance counts what the embedded lists find in data that hold nothing: random bytes, as they are and as text, and compressed text. The goal is less than one
// text-like hit per GiB; `go test ./scan -run TestChance -gib 4 -v` measures it.
func TestChance(t *testing.T) {
	lx := embedded(t)
	const block = 4 << 20
	for _, kind := range []struct {
		name  string
		share float64
		fill  func(p []byte, seed uint64)
	}{
		{"random", 1, random},
		{"compressed", 1.0 / 16, compressed},
		{"random in Base64", 1.0 / 16, func(p []byte, seed uint64) {
			random(p, seed)
			base64.StdEncoding.Encode(p, bytes.Clone(p[:len(p)/4*3]))
		}},
		{"random in hexadecimal digits", 1.0 / 16, func(p []byte, seed uint64) {
			random(p, seed)
			hex.Encode(p, bytes.Clone(p[:len(p)/2]))
		}},
	} {
		blocks := max(1, int(*chanceGiB*kind.share*(1<<30)/block))
		buf := make([]byte, block)
		grades := map[text.Grade]int{}
		found := map[string]int{}
		var hits int64
		for n := range blocks {
			kind.fill(buf, uint64(n))
			l := newLeaf()
			lx.piece(l, extract.Piece{Data: buf, Owned: len(buf)})
			hits += l.all
			for id, o := range l.terms {
				grades[o.grade] += o.count
				found[fmt.Sprintf("%s %s %s", lx.of(id).Text, o.encoding, o.grade)]++
			}
		}
		gib := float64(blocks) * block / (1 << 30)
		t.Logf("%s: %.2f GiB, %d hits before any check; isolated %.2f, text-like %.2f per GiB: %v",
			kind.name, gib, hits, float64(grades[text.Isolated])/gib, float64(grades[text.TextLike])/gib, found)
		if float64(grades[text.TextLike]) > max(1, gib) {
			t.Errorf("%s: %d text-like hits in %.2f GiB", kind.name, grades[text.TextLike], gib)
		}
	}
}

func random(p []byte, seed uint64) {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	rand.NewChaCha8(key).Read(p)
}

// compressed fills p with the compressed form of text that does not repeat itself.
func compressed(p []byte, seed uint64) {
	rng := rand.New(rand.NewPCG(9, seed))
	w := &filler{p: p}
	z, err := flate.NewWriter(w, flate.BestSpeed)
	if err != nil {
		panic(err)
	}
	var line []byte
	for !w.full {
		line = line[:0]
		for range 400 {
			line = fmt.Appendf(line, "%c%c%d ", 0x4E00+rng.IntN(0x3000), 'a'+rng.IntN(26), rng.IntN(1000))
		}
		z.Write(line)
	}
}

// filler writes into a buffer until it is full.
type filler struct {
	p    []byte
	full bool
}

func (f *filler) Write(p []byte) (int, error) {
	n := copy(f.p, p)
	f.p = f.p[n:]
	f.full = len(f.p) == 0
	return len(p), nil
}
