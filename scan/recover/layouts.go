package recover

// layout is a binary file format that gives strings a structure.
type layout struct {
	name string
	is   func(b *image) bool
	// find adds the structures to c. Work must be charged to the image, so that it ends whatever the file says.
	find func(b *image, c *catch)
}

// layouts is the ordered table of binary layouts. Each has a magic, so that the order hardly matters; those with the longest come first.
func layouts() []layout {
	return []layout{
		{"dex", isDEX, findDEX},                // "dex\n" and a version
		{"arsc", isARSC, findARSC},             // a chunk of resources with a pool in it
		{"elf", isELF, findELF},                // four bytes of magic
		{"lua", isLua, findLua},                // four bytes of magic and a version
		{"luajit", isLuaJIT, findLuaJIT},       // three bytes of magic and a version
		{"bplist", isBPlist, findBPlist},       // seven bytes of magic
		{"hermes", isHermes, findHermes},       // eight bytes of magic
		{"java", isJavaSerial, findJavaSerial}, // four bytes of magic
		{"dotnet", isDotNet, findDotNet},       // two bytes of magic and a header in another
		{"axml", isAXML, findAXML},             // a chunk of XML
		{"sqlite", isSQLite, findSQLite},       // 16 bytes of magic
		{"sqlite log", isWAL, findWAL},         // four bytes of magic
	}
}

// approximate stands in a recipe when the order of the entries, or where the list begins and ends, is not known.
const approximate = "approximate"

// catch collects what a layout finds.
type catch struct {
	lists []*structure
	texts []*document
	// pools are all strings of the file, in an order that says little. They are tried for the known terms that no list explains.
	pools []*structure
	// loose says that strings may stand outside of what the layout describes.
	loose bool
	// known are parts of the file that hold copies of strings which stand elsewhere in it.
	known []extent
}

// text keeps a string that could hold a list of its own.
func (c *catch) text(d *document, s stored, recipe ...string) {
	if isText(s.text) {
		c.texts = append(c.texts, s.read(d, recipe...))
	}
}

// image recovers the lists of an artefact of a binary layout.
func (j *judge) image(b *image, lay layout) []List {
	var c catch
	lay.find(b, &c)
	var all []*candidate
	for _, s := range c.lists {
		all = j.appendCandidate(all, s)
	}
	for _, d := range c.texts {
		if j.worth(d) {
			all = append(all, j.candidates(d, 1)...)
		}
	}
	taken := choose(all)
	if pool := c.unexplained(taken); len(pool) > 0 {
		var rest []*candidate
		for _, s := range pool {
			rest = j.appendCandidate(rest, s)
		}
		taken = inOrder(append(taken, choose(rest)...))
	}
	if c.loose {
		taken = inOrder(append(taken, choose(j.unknown(b, taken, c.known))...))
	}
	return j.listsOf(b, taken)
}

func (j *judge) listsOf(b *image, taken []*candidate) []List {
	var lists []List
	spent := b.left < 0
	b.left = b.size + maxRead // for the sums
	for _, c := range taken {
		l := j.list(c)
		if spent {
			l.Evidence = append(l.Evidence, "the file was not read to its end: it points to the same places again and again")
		}
		lists = append(lists, l)
	}
	return lists
}

func (j *judge) appendCandidate(all []*candidate, s *structure) []*candidate {
	if c, ok := j.weigh(s); ok {
		c.order = s.order
		all = append(all, c)
	}
	return all
}

// unexplained returns the pools without the strings that stand in a blocklist.
func (c *catch) unexplained(taken []*candidate) []*structure {
	explained := map[int]bool{}
	for _, t := range taken {
		if t.score < threshold {
			continue
		}
		for _, it := range t.items {
			explained[it.pos] = true
		}
	}
	var rest []*structure
	for _, p := range c.pools {
		s := &structure{doc: p.doc, recipe: p.recipe, order: p.order}
		for _, it := range p.items {
			if !explained[it.pos] {
				s.items = append(s.items, it)
			}
		}
		rest = append(rest, s)
	}
	return rest
}
