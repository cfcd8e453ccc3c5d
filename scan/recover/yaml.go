package recover

import "strings"

// findYAML takes a text of keys and lists, divided by their indentation, as YAML is mostly written: scalars on one line, plain or in quotes, and lists in
// brackets. Its structures are those of JSON.
func findYAML(d *document) found {
	y := &yamlParser{d: d, g: grouper{doc: d, kind: "yaml"}}
	y.stack = []yamlLevel{{-1, y.g.root()}}
	eachLine(d.text, func(line string, pos int) {
		body := strings.TrimFunc(line, blank)
		if body == "" || body[0] == '#' || body == "---" {
			return
		}
		y.lines++
		if !y.line(line, pos) {
			y.odd++
		}
	})
	if y.dashes+y.lists+y.nested == 0 || y.keys+y.lists == 0 || y.odd*10 > y.lines {
		return found{}
	}
	return found{lists: y.g.structures(), texts: y.texts}
}

type yamlParser struct {
	d                                       *document
	g                                       grouper
	stack                                   []yamlLevel
	texts                                   []*document
	lines, odd, dashes, keys, lists, nested int
}

// yamlLevel is a place and how far it is indented: twice the columns, one more behind a dash.
type yamlLevel struct {
	indent int
	node   *node
}

func (y *yamlParser) push(indent int, name string, named bool) *node {
	for len(y.stack) > 1 && y.stack[len(y.stack)-1].indent >= indent {
		y.stack = y.stack[:len(y.stack)-1]
	}
	n := y.g.at(y.stack[len(y.stack)-1].node, name, named)
	if len(y.stack) < maxNested {
		y.stack = append(y.stack, yamlLevel{indent, n})
	}
	return n
}

// line reads a line and reports whether it was understood.
func (y *yamlParser) line(line string, pos int) bool {
	column := 0
	var place *node
	for {
		trimmed := strings.TrimLeft(line, " \t")
		column += len(line) - len(trimmed)
		pos += len(line) - len(trimmed)
		line = trimmed
		if !strings.HasPrefix(line, "- ") {
			break
		}
		y.dashes++
		place = y.push(2*column+1, "[]", false)
		line, pos, column = line[1:], pos+1, column+1
	}
	key, value, ok := yamlKey(line)
	if !ok {
		if place == nil {
			return false
		}
		y.scalar(place, line, pos)
		return true
	}
	y.keys++
	if column > 0 {
		y.nested++
	}
	parent := y.push(2*column, "."+strings.Trim(key, `"' `), true)
	y.g.put(y.g.at(parent.parent, " names", false), unquoted(key, pos))
	if at := len(line) - len(value); strings.TrimFunc(value, blank) != "" {
		y.scalar(parent, value, pos+at)
	}
	return true
}

// yamlKey divides a line at a colon that a space or the end follows.
func yamlKey(line string) (key, value string, ok bool) {
	for i := 0; i < len(line) && i < 256; i++ {
		switch c := line[i]; {
		case (c == '"' || c == '\'') && i == 0:
			end := strings.IndexByte(line[1:], c)
			if end < 0 {
				return "", "", false
			}
			i = end + 1
		case c == ':' && (i+1 == len(line) || line[i+1] == ' ' || line[i+1] == '\t' || line[i+1] == '\r'):
			return line[:i], line[i+1:], i > 0
		case c == '[' || c == '{':
			return "", "", false
		}
	}
	return "", "", false
}

// scalar puts a value into a place, the elements of a list in brackets below it.
func (y *yamlParser) scalar(n *node, value string, pos int) {
	body := strings.TrimFunc(value, blank)
	at := pos + strings.Index(value, body)
	if strings.HasPrefix(body, "[") && strings.HasSuffix(body, "]") {
		y.lists++
		list := y.g.at(n, "[]", false)
		eachField(body[1:len(body)-1], ',', func(field string, i int) { y.g.put(list, unquoted(field, at+1+i)) })
		return
	}
	if i := strings.Index(body, " #"); i >= 0 && body[0] != '"' && body[0] != '\'' {
		body = strings.TrimRightFunc(body[:i], blank)
	}
	it := unquoted(body, at)
	if isText(it.text) && len(y.texts) < maxNodes {
		y.texts = append(y.texts, unescape(y.d.text, it.pos, it.end).document(y.d, "yaml string "+n.path()))
	}
	y.g.put(n, it)
}

// unquoted returns a scalar without its quotes.
func unquoted(s string, pos int) item {
	left := strings.TrimLeftFunc(s, blank)
	pos += len(s) - len(left)
	s = strings.TrimRightFunc(left, blank)
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return literal{text: s[1 : n-1], pos: pos + 1, end: pos + n - 1}.item()
	}
	return item{text: s, pos: pos, end: pos + len(s)}
}
