package recover

import "strings"

// node is a place in a tree of values: the root, the elements of an array, the members of one name. It collects the
// strings that stand there, under its path and under the path with the names left out.
type node struct {
	name   string
	parent *node
	depth  int
	child  map[string]*node
	wild   *node // the place without names; nil when it is this one
	list   *structure
}

// grouper builds the tree.
type grouper struct {
	doc   *document
	kind  string // first word of the recipes
	nodes int
	order []*node // with a list, in the order of their first strings
}

const (
	maxNodes  = 4096
	maxNested = 64 // containers within containers
	anyName   = "*"
)

func (g *grouper) root() *node { return &node{name: "$", wild: &node{name: "$"}} }

// at returns the place of a name, which begins with a character that says how it is joined, below n; beyond maxNodes names are no longer told apart.
func (g *grouper) at(n *node, name string, named bool) *node {
	if len(name) > 64 {
		name = strings.ToValidUTF8(name[:64], "")
	}
	if c := n.child[name]; c != nil {
		return c
	}
	if g.nodes >= maxNodes {
		name, named = name[:1]+anyName, true
		if c := n.child[name]; c != nil {
			return c
		}
	}
	g.nodes++
	c := &node{name: name, parent: n, depth: n.depth + 1}
	if n.child == nil {
		n.child = map[string]*node{}
	}
	n.child[name] = c
	if n.wild != nil {
		wildName := name
		if named {
			wildName = name[:1] + anyName
		}
		c.wild = g.at(n.wild, wildName, false)
	}
	return c
}

// put adds a string to a place.
func (g *grouper) put(n *node, it item) {
	for ; n != nil; n = n.wild {
		if n.list == nil {
			n.list = &structure{doc: g.doc}
			g.order = append(g.order, n)
		}
		n.list.append(it)
	}
}

// structures returns what was collected: for each place without names all its strings, with those of the single places as
// parts, then the single places.
func (g *grouper) structures() []*structure {
	var all []*structure
	for _, n := range g.order {
		n.list.recipe = []string{g.kind + " " + n.path()}
		if n.wild != nil {
			n.wild.list.parts = append(n.wild.list.parts, n.list)
		}
		all = append(all, n.list)
	}
	return all
}

func (n *node) path() string {
	var names []string
	for ; n != nil; n = n.parent {
		names = append(names, n.name)
	}
	var b strings.Builder
	for i := len(names) - 1; i >= 0; i-- {
		b.WriteString(names[i])
	}
	return b.String()
}
