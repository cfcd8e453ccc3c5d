package scan

import (
	"bytes"
	"context"
	"math/rand"
	"os"
	"path/filepath"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/wordlists"
)

// TestSearchRepeats searches artefacts after others: what was met is taken from memory (which is falsified here to show it), whatever its size and
// however it is read; what differs in one byte is not.
func TestSearchRepeats(t *testing.T) {
	lists, err := wordlists.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	lx, err := newLexicon(lists)
	if err != nil {
		t.Fatal(err)
	}
	const forged = 12345
	for name, size := range map[string]int{"piece": 100 << 10, "between": 700 << 10, "pieces": 3 << 20} {
		data := bytes.Repeat([]byte("filler of the file\n"), size/19)
		copy(data[size/2:], "法轮功,六四事件")
		other := bytes.Clone(data)
		other[len(other)-1] ^= 1
		dir := t.TempDir()
		for file, b := range map[string][]byte{"0": data, "1": other, "2": data, "3": data[:1000], "4": data[:1000]} {
			if err := os.WriteFile(filepath.Join(dir, file), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		root, err := extract.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		met := newRepeats()
		var order []string
		all := map[string]int64{}
		_, err = extract.Walk(context.Background(), root, extract.Options{
			Budget: extract.NewBudget(extract.DefaultLimits()), Workers: 1,
			Content: func(ctx context.Context, a *extract.Artifact, container bool, c *extract.Content) (any, error) {
				if container {
					return nil, nil
				}
				l, err := lx.search(ctx, c, met)
				order = append(order, a.Name)
				all[a.Name] = l.all
				for _, s := range met.met {
					if s.found != nil {
						s.found.all = forged
					}
				}
				return l, err
			},
			Leave: func(a *extract.Artifact, _ any) {
				if l := a.Ledger; l.Searched != a.Size || l.Unopened+l.Structure != 0 || a.Mode.IsRegular() && a.Size == 0 {
					t.Errorf("%s: %s of %d bytes: %+v", name, a.Name, a.Size, l)
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(order) != 5 {
			t.Fatalf("%s: searched %v", name, order)
		}
		repeats := 0
		for _, f := range []string{"0", "2"} {
			if all[f] == forged {
				repeats++
			}
		}
		if repeats != 1 || all["1"] == forged || all["3"] == forged || all["4"] == forged {
			t.Errorf("%s: hits %v: want one of 0 and 2, and no other, from memory", name, all)
		}
	}
}

// TestRepeatsGiveUp lets a search end without a result: who waits for it searches on its own.
func TestRepeatsGiveUp(t *testing.T) {
	met := newRepeats()
	d := digest{1}
	m, mine := met.meet(d, 5000)
	if m != nil || mine == nil {
		t.Fatal("the first is not asked to search")
	}
	got := make(chan *matches)
	go func() { got <- met.find(d) }()
	mine.settle(nil)
	mine.settle(&matches{all: 1}) // too late
	if m := <-got; m != nil {
		t.Errorf("a search that was given up gave %+v", m)
	}
	if m, s := met.meet(d, 5000); m != nil || s != nil {
		t.Errorf("met again: %v, %v", m, s)
	}
}

func BenchmarkSearch(b *testing.B) {
	lists, err := wordlists.Builtin()
	if err != nil {
		b.Fatal(err)
	}
	lx, err := newLexicon(lists)
	if err != nil {
		b.Fatal(err)
	}
	data := make([]byte, 256<<10)
	rand.New(rand.NewSource(1)).Read(data)
	for _, again := range []bool{false, true} {
		b.Run(map[bool]string{false: "first", true: "again"}[again], func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			met := newRepeats()
			for b.Loop() {
				if !again {
					met = newRepeats()
				}
				root := extract.SourceRoot("data", extract.BytesSource(data))
				_, err := extract.Walk(b.Context(), root, extract.Options{
					Budget: extract.NewBudget(extract.DefaultLimits()), Workers: 1,
					Content: func(ctx context.Context, _ *extract.Artifact, _ bool, c *extract.Content) (any, error) {
						return lx.search(ctx, c, met)
					},
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
