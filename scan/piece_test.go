package scan

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/wordlists"
)

// BenchmarkPiece searches a piece with the embedded lists, every check included.
func BenchmarkPiece(b *testing.B) {
	lists, err := wordlists.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	lx, err := newLexicon(lists)
	if err != nil {
		b.Fatal(err)
	}
	for _, kind := range pieceKinds(b) {
		b.Run(kind.name, func(b *testing.B) {
			b.SetBytes(int64(len(kind.data)))
			for b.Loop() {
				lx.piece(newLeaf(), extract.Piece{Data: kind.data, Owned: len(kind.data)})
			}
		})
	}
	b.Run("compile", func(b *testing.B) {
		for b.Loop() {
			if _, err := newLexicon(lists); err != nil {
				b.Fatal(err)
			}
		}
	})
}

type pieceKind struct {
	name string
	data []byte
}

// pieceKinds makes pieces of 4 MiB of several kinds of content.
func pieceKinds(t testing.TB) []pieceKind {
	const size = 4 << 20
	rng := rand.NewChaCha8([32]byte{1})
	random := make([]byte, size)
	rng.Read(random)
	repeat := func(s string) []byte { return bytes.Repeat([]byte(s), size/len(s)+1)[:size] }
	code := random
	if exe, err := os.ReadFile(must(os.Executable())); err == nil && len(exe) >= size {
		code = exe[len(exe)/4:][:size]
	}
	rows := []pieceKind{{"random", random}, {"native", code}}
	rows = append(rows, pieceKind{"english", repeat("It was the best of times, it was the worst of times, it was the age of wisdom; <a href=\"/x/y\">foolishness</a>\n")})
	rows = append(rows, pieceKind{"chinese", repeat("道可道，非常道。名可名，非常名。無名天地之始；有名萬物之母。故常無欲以觀其妙，常有欲以觀其徼。此兩者同出而異名，同謂之玄。\n")})
	return rows
}

func must(s string, err error) string {
	if err != nil {
		panic(err)
	}
	return s
}
