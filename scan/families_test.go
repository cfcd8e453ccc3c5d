package scan

import (
	"fmt"
	"math"
	"math/rand"
	"reflect"
	"testing"
)

// listFinding makes a finding of the entries from to to.
func listFinding(id string, from, to int) Finding {
	l := &List{CanonicalSHA256: fmt.Sprintf("%d-%d", from, to)}
	for i := from; i < to; i++ {
		l.Entries = append(l.Entries, Entry{Text: fmt.Sprintf("Word %d", i)})
	}
	return Finding{ID: id, Kind: KindList, List: l}
}

func TestFamilies(t *testing.T) {
	for _, c := range []struct {
		name     string
		findings []Finding
		want     []Family
	}{
		{"none", nil, []Family{}},
		{"strangers", []Finding{listFinding("a", 0, 100), listFinding("b", 60, 160)}, []Family{}},
		{"equal", []Finding{listFinding("a", 0, 50), {ID: "t", Kind: KindTerm}, listFinding("b", 0, 50)}, []Family{{[]string{"a", "b"}, 1, 50}}},
		{"alike", []Finding{listFinding("a", 0, 100), listFinding("b", 20, 120)}, []Family{{[]string{"a", "b"}, 0.6667, 80}}},
		{"a part of a much longer one", []Finding{listFinding("a", 0, 100), listFinding("b", 0, 1000)}, []Family{}},
		{"a chain", []Finding{listFinding("a", 0, 100), listFinding("b", 20, 120), listFinding("c", 40, 140), listFinding("d", 500, 510)},
			[]Family{{[]string{"a", "b", "c"}, 0.6667, 60}}},
		{"two", []Finding{listFinding("a", 0, 100), listFinding("x", 500, 600), listFinding("y", 500, 600), listFinding("b", 0, 90)},
			[]Family{{[]string{"a", "b"}, 0.9, 90}, {[]string{"x", "y"}, 1, 100}}},
	} {
		if got := families(c.findings); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestSketch compares the estimate of the sketches with the similarity: no pair at the level may be passed over.
func TestSketch(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	missed := 0
	for range 500 {
		from := rng.Intn(1 << 30)
		n := 10 + rng.Intn(300)
		a, b := listFinding("a", from, from+n), listFinding("b", from+n/3-rng.Intn(3), from+n+n/3)
		x, y := set{list: a.List}, set{list: b.List}
		x.fill()
		y.fill()
		if s := similarity(x.hashes, y.hashes); math.Abs(s-0.5) > 0.25 {
			t.Fatalf("similarity %v is not what the test is made for", s)
		} else if s >= familyLevel && !x.mayBeLike(&y) {
			missed++
		}
	}
	if missed > 0 {
		t.Errorf("%d of 500 pairs are passed over", missed)
	}
}

func BenchmarkFamilies(b *testing.B) {
	var findings []Finding
	for i := range 300 {
		findings = append(findings, listFinding(fmt.Sprint(i), i*20, i*20+1000))
	}
	for b.Loop() {
		families(findings)
	}
}
