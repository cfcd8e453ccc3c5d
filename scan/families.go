package scan

import (
	"cmp"
	"hash/fnv"
	"math"
	"math/bits"
	"slices"

	"github.com/censorscan/censorscan/scan/recover"
)

// Family is a group of lists of one report that hold the same entries, or mostly so.
type Family struct {
	Lists      []string `json:"lists"`      // ids of the findings, in the order of the report
	Similarity float64  `json:"similarity"` // of the two least alike that link the family: distinct entries in both over those in either
	Common     int      `json:"common"`     // distinct entries that all of them hold
}

const (
	familyLevel = 0.5  // similarity from which two lists are linked
	sketchSize  = 128  // hashes of a MinHash sketch; its error at familyLevel is about 0.04
	maxSketched = 2000 // lists that are compared with each other; of more, only equal ones are linked
)

// families links the lists of a report: those with equal sets of entries, then those whose sets are alike (MinHash finds the pairs, the sets decide).
// The normal form of an entry is that of the canonical hash.
func families(findings []Finding) []Family {
	var sets []set
	for i := range findings {
		if l := findings[i].List; l != nil {
			sets = append(sets, set{id: findings[i].ID, canonical: l.CanonicalSHA256, list: l})
		}
	}
	if len(sets) < 2 {
		return []Family{}
	}
	link := newLinks(len(sets))
	first := map[string]int{}
	var distinct []int // one of each set
	for i, s := range sets {
		if j, ok := first[s.canonical]; ok {
			link.join(j, i, 1)
			continue
		}
		first[s.canonical] = i
		distinct = append(distinct, i)
	}
	for _, i := range distinct {
		sets[i].fill()
	}
	if len(distinct) <= maxSketched {
		for n, i := range distinct {
			for _, j := range distinct[:n] {
				if sets[i].mayBeLike(&sets[j]) {
					if s := similarity(sets[i].hashes, sets[j].hashes); s >= familyLevel {
						link.join(j, i, s)
					}
				}
			}
		}
	}
	return link.families(sets, first)
}

// set is the entries of a list.
type set struct {
	id, canonical string
	list          *List
	hashes        []uint64 // of the distinct entries, ordered
	sketch        [sketchSize]uint64
}

func (s *set) fill() {
	for _, e := range s.list.Entries {
		h := fnv.New64a()
		h.Write([]byte(recover.Fold(e.Text)))
		s.hashes = append(s.hashes, h.Sum64())
	}
	slices.Sort(s.hashes)
	s.hashes = slices.Compact(s.hashes)
	for k := range s.sketch {
		s.sketch[k] = math.MaxUint64
	}
	for _, h := range s.hashes {
		for k := range s.sketch {
			s.sketch[k] = min(s.sketch[k], scramble(h, k))
		}
	}
}

// scramble is the k-th of a family of hash functions (the finaliser of SplitMix64).
func scramble(h uint64, k int) uint64 {
	h += uint64(k+1) * 0x9E3779B97F4A7C15
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return bits.RotateLeft64(h^h>>31, k)
}

// mayBeLike estimates by the sketches, four standard errors on the safe side, and by the sizes.
func (s *set) mayBeLike(t *set) bool {
	a, b := len(s.hashes), len(t.hashes)
	if float64(min(a, b)) < familyLevel*float64(max(a, b)) {
		return false
	}
	same := 0
	for k := range s.sketch {
		if s.sketch[k] == t.sketch[k] {
			same++
		}
	}
	return float64(same)/sketchSize > familyLevel-0.18
}

// similarity is the Jaccard index of two ordered sets.
func similarity(a, b []uint64) float64 {
	both := len(common(a, b))
	return float64(both) / float64(len(a)+len(b)-both)
}

func common(a, b []uint64) []uint64 {
	var both []uint64
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch cmp.Compare(a[i], b[j]) {
		case 0:
			both = append(both, a[i])
			i++
			j++
		case -1:
			i++
		case 1:
			j++
		}
	}
	return both
}

// links joins what is alike.
type links struct {
	parent []int
	least  []float64 // similarity, of the roots
}

func newLinks(n int) *links {
	l := &links{make([]int, n), make([]float64, n)}
	for i := range n {
		l.parent[i], l.least[i] = i, 1
	}
	return l
}

func (l *links) root(i int) int {
	for l.parent[i] != i {
		l.parent[i] = l.parent[l.parent[i]]
		i = l.parent[i]
	}
	return i
}

// join links two sets; the one that comes first in the report leads.
func (l *links) join(i, j int, s float64) {
	i, j = l.root(i), l.root(j)
	if i == j {
		l.least[i] = min(l.least[i], s)
		return
	}
	i, j = min(i, j), max(i, j)
	l.parent[j] = i
	l.least[i] = min(l.least[i], l.least[j], s)
}

func (l *links) families(sets []set, first map[string]int) []Family {
	members := make([][]int, len(sets))
	for i := range sets {
		r := l.root(i)
		members[r] = append(members[r], i)
	}
	out := []Family{}
	for r, group := range members {
		if len(group) < 2 {
			continue
		}
		f := Family{Similarity: math.Round(l.least[r]*1e4) / 1e4}
		all := sets[r].hashes
		for _, i := range group {
			f.Lists = append(f.Lists, sets[i].id)
			all = common(all, sets[first[sets[i].canonical]].hashes)
		}
		f.Common = len(all)
		out = append(out, f)
	}
	return out
}
