package recover

import "strings"

// findJSON takes a text that is JSON (RFC 8259), or JSON values one after another, and is lenient where writers are: comments,
// commas too many, a cut end. Its structures are the strings of each array, the names of each object, the values of each
// name in the objects of an array, and all values of an object; strings that are texts are read on.
func findJSON(d *document) found {
	body := strings.TrimLeftFunc(d.text, blank)
	if body == "" || strings.IndexByte("[{\"", body[0]) < 0 {
		return found{}
	}
	p := &jsonParser{s: d.text, pos: len(d.text) - len(body), g: grouper{doc: d, kind: "json"}}
	root := p.g.root()
	values := 0
	for ; p.skip(); values++ {
		if !p.value(root, 0) {
			break
		}
	}
	whole := p.pos >= len(p.s)
	if values == 0 && !p.nested {
		return found{}
	}
	f := found{lists: p.g.structures(), texts: p.texts, whole: whole}
	if !whole && len(f.lists) > 0 {
		for _, s := range f.lists {
			s.recipe = append(s.recipe, "damaged after the list")
		}
	}
	return f
}

type jsonParser struct {
	s      string
	pos    int
	g      grouper
	texts  []*document
	nested bool // some container was entered
}

// skip goes to the next character that is not space or comment, and reports whether there is one.
func (p *jsonParser) skip() bool {
	for p.pos < len(p.s) {
		rest := p.s[p.pos:]
		end := ""
		switch {
		case strings.HasPrefix(rest, "//"):
			end = "\n"
		case strings.HasPrefix(rest, "/*"):
			end = "*/"
		default:
			trimmed := strings.TrimLeftFunc(rest, blank)
			if len(trimmed) == len(rest) {
				return true
			}
			p.pos = len(p.s) - len(trimmed)
			continue
		}
		n := strings.Index(rest, end)
		if n < 0 {
			p.pos = len(p.s)
			return false
		}
		p.pos += n + len(end)
	}
	return false
}

// value reads one value into a place. It reports whether the text is still understood.
func (p *jsonParser) value(n *node, depth int) bool {
	if depth > maxNested || !p.skip() {
		return false
	}
	switch c := p.s[p.pos]; {
	case c == '[':
		return p.container(']', depth, func() bool { return p.value(p.g.at(n, "[]", false), depth+1) })
	case c == '{':
		return p.container('}', depth, func() bool { return p.member(n, depth) })
	case c == '"':
		lit, ok := p.literal()
		if !ok {
			return false
		}
		if isText(lit.text) {
			p.texts = append(p.texts, lit.document(p.g.doc, "json string "+n.path()))
		}
		p.g.put(n, lit.item())
		return true
	default:
		end := strings.IndexAny(p.s[p.pos:], ",]} \t\r\n")
		if end == 0 {
			return false
		}
		if end < 0 {
			end = len(p.s) - p.pos
		}
		word := p.s[p.pos : p.pos+end]
		p.pos += end
		return word == "true" || word == "false" || word == "null" || strings.Trim(word, "0123456789+-.eE") == ""
	}
}

// container reads elements to the closing character.
func (p *jsonParser) container(closing byte, depth int, element func() bool) bool {
	p.nested = true
	p.pos++
	for {
		if !p.skip() {
			return false
		}
		switch p.s[p.pos] {
		case closing:
			p.pos++
			return true
		case ',':
			p.pos++
		default:
			if !element() {
				return false
			}
		}
	}
}

func (p *jsonParser) member(n *node, depth int) bool {
	if p.s[p.pos] != '"' {
		return false
	}
	name, ok := p.literal()
	if !ok {
		return false
	}
	p.g.put(p.g.at(n, " names", false), name.item())
	if !p.skip() || p.s[p.pos] != ':' {
		return false
	}
	p.pos++
	return p.value(p.g.at(n, "."+name.text, true), depth+1)
}

// literal reads a string.
func (p *jsonParser) literal() (literal, bool) {
	start := p.pos + 1
	for i := start; i < len(p.s); {
		n := strings.IndexAny(p.s[i:], `"\`)
		if n < 0 {
			break
		}
		i += n
		if p.s[i] == '"' {
			p.pos = i + 1
			return unescape(p.s, start, i), true
		}
		i += 2
	}
	return literal{}, false
}
