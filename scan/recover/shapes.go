package recover

import "strings"

// shape is one way in which a text can hold a list.
type shape struct {
	name string
	// find reads a text. It must take time linear in the text, whatever the text is, and finds nothing in one that is not of
	// this shape.
	find func(d *document) found
}

// found is what a shape sees in a text.
type found struct {
	lists []*structure
	texts []*document // that stand in this one as strings
	bytes []byte      // that the whole text stands for after the step named; nil without one
	step  string
	whole bool // the text is of this shape from end to end: the later ones are not tried
}

// shapes is the ordered table of shapes. Of two that explain the same bytes about equally well the earlier wins, so those
// whose syntax says more about where an entry ends stand before those that take any text.
func shapes() []shape {
	return []shape{
		{"base64", findBase64},       // no other shape sees anything in it
		{"json", findJSON},           // strict syntax
		{"xml", findXML},             // as strict, but HTML prose comes this way too
		{"escaped", findEscaped},     // what it finds are texts of their own
		{"source", findSource},       // quoted strings in any language
		{"yaml", findYAML},           // indentation says what belongs together
		{"pairs", findPairs},         // nearly every line has a name
		{"columns", findColumns},     // lines of the same number of fields
		{"delimited", findDelimited}, // many entries on a line
		{"lines", findLines},         // any text
	}
}

// structure is a sequence of strings that stand in one place of a text: an array, a column, lines.
type structure struct {
	doc    *document
	recipe []string
	items  []item
	// parts are set when the structure joins several of the same kind: it counts as one only when none of them speaks against
	// it, see admissible.
	parts []*structure
	cut   bool // there were more than are kept
	order int  // of structures of a binary layout: those that say more exactly what belongs together come first
}

// item is one string of a structure.
type item struct {
	text     string
	pos, end int // in the text of the document; of an escaped string these are the escaped bytes
	at       int // the place of what refers to a string that is stored elsewhere, in the artefact; else 0
}

// maxItems bounds the strings of one structure. The largest list known in public has 20,000.
const maxItems = 1 << 20

// add appends an item without its surrounding space; an empty one is left out. pos is where s begins. It is for
// strings that stand in the text as they are.
func (s *structure) add(str string, pos int) {
	trimmed := strings.TrimLeftFunc(str, blank)
	pos += len(str) - len(trimmed)
	trimmed = strings.TrimRightFunc(trimmed, blank)
	s.append(item{text: trimmed, pos: pos, end: pos + len(trimmed)})
}

func (s *structure) append(it item) {
	if it.text == "" {
		return
	}
	if len(s.items) == maxItems || s.doc.image != nil && !s.doc.image.keep(len(it.text)) {
		s.cut = true
		return
	}
	s.items = append(s.items, it)
}

// maxDepth bounds how deep texts are read within texts.
const maxDepth = 3

// candidates returns every structure in a text and in the texts within it that could be a list, judged.
func (j *judge) candidates(d *document, depth int) []*candidate {
	var all []*candidate
	for order, sh := range shapes() {
		f := sh.find(d)
		for _, s := range f.lists {
			if decoded := base64Each(s); decoded != nil {
				if c, ok := j.weigh(decoded); ok {
					c.order, c.depth = order, depth+1
					all = append(all, c)
				}
			}
			if c, ok := j.weigh(s); ok {
				c.order, c.depth = order, depth
				all = append(all, c)
			}
		}
		if f.bytes != nil && depth < maxDepth {
			if enc, bom, ok := detect(f.bytes, j.known); ok {
				f.texts = append(f.texts, decodedFrom(d, f.bytes, f.step, enc, bom))
				f.whole = true
			}
		}
		if depth < maxDepth {
			for _, inner := range f.texts {
				if !j.worth(inner) {
					continue
				}
				all = append(all, j.candidates(inner, depth+1)...)
			}
		}
		if f.whole {
			break
		}
	}
	return all
}

// worth reports whether a text within a text can hold a list: one that no further step decodes must hold a known term.
func (j *judge) worth(d *document) bool {
	if body := strings.TrimLeftFunc(d.text, blank); body != "" && strings.IndexByte("[{", body[0]) >= 0 || Base64([]byte(d.text)) || d.outer != nil {
		return true
	}
	_, ok := j.known.Within(Fold(d.text))
	return ok
}
