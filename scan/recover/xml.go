package recover

import (
	"html"
	"strings"
)

// findXML takes a text that begins as XML or HTML, without asking that it be well-formed. Its structures are the texts of the
// elements of one path and the values of their attributes of one name.
func findXML(d *document) found {
	body := strings.TrimLeftFunc(d.text, blank)
	if len(body) < 4 || body[0] != '<' || !nameStart(body[1]) && body[1] != '?' && body[1] != '!' {
		return found{}
	}
	p := &xmlParser{d: d, s: d.text, g: grouper{doc: d, kind: "xml"}}
	p.stack = []*node{p.g.root()}
	for pos := len(d.text) - len(body); pos < len(p.s); {
		n := strings.IndexByte(p.s[pos:], '<')
		if n < 0 {
			n = len(p.s) - pos
		}
		p.text(pos, pos+n)
		pos = p.markup(pos + n)
	}
	return found{lists: p.g.structures(), texts: p.texts}
}

type xmlParser struct {
	d     *document
	s     string
	g     grouper
	stack []*node
	texts []*document
}

func nameStart(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c >= 0x80
}

// markup reads what begins with the < at pos and returns the position after it.
func (p *xmlParser) markup(pos int) int {
	if pos >= len(p.s) {
		return pos
	}
	rest := p.s[pos:]
	for _, m := range [...]struct{ open, end string }{{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}, {"<!", ">"}} {
		if !strings.HasPrefix(rest, m.open) {
			continue
		}
		n := strings.Index(rest[len(m.open):], m.end)
		if n < 0 {
			return len(p.s)
		}
		if m.open == "<![CDATA[" {
			p.literal(p.stack[len(p.stack)-1], literal{text: rest[len(m.open) : len(m.open)+n], pos: pos + len(m.open), end: pos + len(m.open) + n})
		}
		return pos + len(m.open) + n + len(m.end)
	}
	end := pos + 1
	for quote := byte(0); end < len(p.s); end++ { // a > within quotes does not end the tag
		c := p.s[end]
		switch {
		case quote == 0 && c == '>':
			p.tag(pos+1, end)
			return end + 1
		case quote == 0 && (c == '"' || c == '\'') && p.s[end-1] == '=':
			quote = c
		case c == quote:
			quote = 0
		}
	}
	return len(p.s)
}

// tag reads what stands between < and >.
func (p *xmlParser) tag(pos, end int) {
	tag := p.s[pos:end]
	if tag == "" {
		return
	}
	top := p.stack[len(p.stack)-1]
	if tag[0] == '/' {
		name := "/" + strings.TrimSpace(tag[1:])
		for i := len(p.stack) - 1; i > 0; i-- { // an element that was never closed ends with the one around it
			if p.stack[i].name == name {
				p.stack = p.stack[:i]
				break
			}
		}
		return
	}
	n := strings.IndexAny(tag, " \t\r\n/")
	if n < 0 {
		n = len(tag)
	}
	if n == 0 || !nameStart(tag[0]) {
		return
	}
	element := p.g.at(top, "/"+tag[:n], true)
	p.attributes(element, pos+n, end)
	if !strings.HasSuffix(tag, "/") && len(p.stack) < maxNested {
		p.stack = append(p.stack, element)
	}
}

func (p *xmlParser) attributes(element *node, pos, end int) {
	for pos < end {
		eq := strings.IndexByte(p.s[pos:end], '=')
		if eq < 0 {
			return
		}
		name := strings.Trim(p.s[pos:pos+eq], " \t\r\n")
		pos += eq + 1
		if pos >= end || p.s[pos] != '"' && p.s[pos] != '\'' {
			continue
		}
		n := strings.IndexByte(p.s[pos+1:end], p.s[pos])
		if n < 0 {
			return
		}
		p.put(p.g.at(element, "@"+name, false), pos+1, pos+1+n)
		pos += n + 2
	}
}

func (p *xmlParser) text(pos, end int) { p.put(p.stack[len(p.stack)-1], pos, end) }

// put adds the text between two positions, with its entities replaced, to a place.
func (p *xmlParser) put(n *node, pos, end int) {
	if strings.TrimFunc(p.s[pos:end], blank) == "" {
		return
	}
	p.literal(n, unentity(p.s, pos, end))
}

func (p *xmlParser) literal(n *node, lit literal) {
	if isText(lit.text) {
		p.texts = append(p.texts, lit.document(p.d, "xml text "+n.path()))
	}
	p.g.put(n, lit.item())
}

// unentity replaces character references and the entities of HTML in s[pos:end].
func unentity(s string, pos, end int) literal {
	raw := s[pos:end]
	lit := literal{text: raw, pos: pos, end: end}
	if strings.IndexByte(raw, '&') < 0 {
		return lit
	}
	var b strings.Builder
	for i := 0; i < len(raw); {
		n := strings.IndexByte(raw[i:], '&')
		if n < 0 {
			b.WriteString(raw[i:])
			break
		}
		b.WriteString(raw[i : i+n])
		i += n
		size := 1
		if semi := strings.IndexByte(raw[i:min(i+12, len(raw))], ';'); semi > 0 {
			size = semi + 1
		}
		decoded := html.UnescapeString(raw[i : i+size])
		b.WriteString(decoded)
		i += size
		if len(decoded) != size {
			lit.at = append(lit.at, b.Len())
			lit.src = append(lit.src, i)
		}
	}
	lit.text = b.String()
	return lit
}
