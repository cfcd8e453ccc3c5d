package match

import "sort"

// automaton is the classic Aho-Corasick automaton with failure links. Bytes that any needle takes for equal (the two
// cases of a letter) share a class, so the automaton may find more than the needles allow: each find is confirmed.
type automaton struct {
	class  [256]uint8
	states []state      // breadth first; state 0 is the root
	edges  []edge       // of all states, each state's together and sorted by class
	rows   [][256]int32 // for the states with many edges: the next state for every class
	ends   []int32      // needles, those that end in one state together
	length int          // of the longest needle
}

type state struct {
	edge, edges int32 // first edge and number of edges
	end, ends   int32 // first and number of needles that end here
	fail        int32 // the state of the longest proper suffix
	suffix      int32 // the nearest state along the failure links where needles end, 0 if none
	row         int32 // in rows, -1 if the edges are to be searched
}

// manyEdges is the number of edges from which a state has a row.
const manyEdges = 4

type edge struct {
	class uint8
	to    int32
}

func newAutomaton(ns *needles) *automaton {
	a := &automaton{length: ns.longest}
	a.classify(ns)
	a.build(ns)
	a.link()
	return a
}

// classify gives bytes that some needle takes for equal the same class: the least of them.
func (a *automaton) classify(ns *needles) {
	for b := range a.class {
		a.class[b] = uint8(b)
	}
	for i := range int32(ns.len()) {
		bytes, fold := ns.at(i)
		for j, b := range bytes {
			if fold[j] == 0 {
				continue
			}
			x, y := a.class[b], a.class[b&^fold[j]]
			for c, class := range a.class {
				if class == max(x, y) {
					a.class[c] = min(x, y)
				}
			}
		}
	}
}

// build makes the trie, level by level: the needles, sorted by their classes, are cut into runs of equal prefixes.
func (a *automaton) build(ns *needles) {
	keys := make([][]byte, ns.len())
	order := make([]int32, ns.len())
	for i := range order {
		order[i] = int32(i)
		bytes, _ := ns.at(int32(i))
		keys[i] = make([]byte, len(bytes))
		for j, b := range bytes {
			keys[i][j] = a.class[b]
		}
	}
	sort.SliceStable(order, func(i, j int) bool { return string(keys[order[i]]) < string(keys[order[j]]) })
	a.ends = order

	type group struct{ lo, hi, depth int } // order[lo:hi] share a prefix of depth bytes
	a.states = []state{{}}
	groups := []group{{0, len(order), 0}}
	for s := 0; s < len(groups); s++ {
		g := groups[s]
		lo := g.lo
		for lo < g.hi && len(keys[order[lo]]) == g.depth {
			lo++
		}
		st := &a.states[s]
		st.end, st.ends, st.edge = int32(g.lo), int32(lo-g.lo), int32(len(a.edges))
		first := len(a.edges)
		for lo < g.hi {
			c := keys[order[lo]][g.depth]
			hi := lo
			for hi < g.hi && keys[order[hi]][g.depth] == c {
				hi++
			}
			a.edges = append(a.edges, edge{c, int32(len(groups))})
			groups = append(groups, group{lo, hi, g.depth + 1})
			a.states = append(a.states, state{})
			lo = hi
		}
		a.states[s].edges = int32(len(a.edges) - first)
	}
}

// link sets the failure links and the rows. A link leads to a shallower state, which breadth first is done before.
func (a *automaton) link() {
	for s := range a.states {
		st := &a.states[s]
		edges := a.edges[st.edge : st.edge+st.edges]
		for _, e := range edges {
			to := &a.states[e.to]
			if s != 0 {
				to.fail = a.next(st.fail, e.class)
			}
			if f := &a.states[to.fail]; f.ends > 0 {
				to.suffix = to.fail
			} else {
				to.suffix = f.suffix
			}
		}
		st.row = -1
		if s != 0 && len(edges) < manyEdges {
			continue
		}
		var row [256]int32
		if s != 0 {
			for class := range row {
				row[class] = a.next(st.fail, uint8(class))
			}
		}
		for _, e := range edges {
			row[e.class] = e.to
		}
		st.row = int32(len(a.rows))
		a.rows = append(a.rows, row)
	}
}

// next returns the state after a byte of the class. The root has a row.
func (a *automaton) next(s int32, class uint8) int32 {
	for {
		st := &a.states[s]
		if st.row >= 0 {
			return a.rows[st.row][class]
		}
		for _, e := range a.edges[st.edge : st.edge+st.edges] {
			if e.class == class {
				return e.to
			}
		}
		s = st.fail
	}
}

func (a *automaton) search(r *run) {
	s := int32(0)
	for i, b := range r.buf {
		s = a.next(s, a.class[b])
		for e := s; e != 0; e = a.states[e].suffix {
			st := &a.states[e]
			for _, needle := range a.ends[st.end : st.end+st.ends] {
				r.confirm(needle, i+1-r.needles.length(needle), i)
			}
		}
	}
}

// reach: a needle is discovered at its last byte.
func (a *automaton) reach() int { return a.length }

func (a *automaton) size() int {
	return len(a.states)*28 + len(a.edges)*8 + len(a.rows)*1024 + len(a.ends)*4 + 256
}
