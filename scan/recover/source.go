package recover

import (
	"fmt"
	"strings"
)

const (
	maxLiteral = 1 << 20 // bytes of a quoted string
	maxGlue    = 512     // bytes between two strings of one structure
)

// findSource takes the quoted strings of a text in whatever language: arrays, sets that are filled call by call, tables, maps.
// Strings that stand in the same context (see context) within maxGlue bytes of each other are one structure; where
// what stands between them changes, a part of it ends.
func findSource(d *document) found {
	var f found
	open := map[string]*run{}
	var done []*run
	after := 0 // end of the last string
	eachQuoted(d.text, func(pos, end int) {
		lit := unescape(d.text, pos, end)
		if isText(lit.text) {
			f.texts = append(f.texts, lit.document(d, "quoted string"))
		}
		glue := d.text[min(after, pos-1) : pos-1]
		kind := context(glue, d.text[end+1:])
		after = end + 1
		r := open[kind]
		if r == nil || pos-r.end > maxGlue {
			r = &run{kind: kind}
			open[kind] = r
			done = append(done, r)
		}
		r.add(d, lit, glue)
	})
	for _, r := range done {
		f.lists = append(f.lists, r.structures(d)...)
	}
	return f
}

// run is a sequence of strings in one context.
type run struct {
	kind  string
	end   int
	glue  string // before the last string, its space left out
	parts []*structure
}

func (r *run) add(d *document, lit literal, glue string) {
	glue = squeeze(glue)
	if len(r.parts) == 0 || glue != r.glue && len(r.parts[len(r.parts)-1].items) > 1 {
		r.parts = append(r.parts, &structure{doc: d, recipe: []string{"quoted strings, " + r.kind}})
	}
	r.glue, r.end = glue, lit.end
	r.parts[len(r.parts)-1].append(lit.item())
}

// structures returns the parts and, before them, what they are together.
func (r *run) structures(d *document) []*structure {
	if len(r.parts) == 1 {
		return r.parts
	}
	all := &structure{doc: d, recipe: []string{"quoted strings, " + r.kind}, parts: r.parts}
	for _, p := range r.parts {
		for _, it := range p.items {
			all.append(it)
		}
	}
	return append([]*structure{all}, r.parts...)
}

// eachQuoted calls f with the inside of every quoted string that ends on its line.
func eachQuoted(s string, f func(pos, end int)) {
	var failed [128]int // by quote: the end of a line on which it was not closed
	for pos := 0; pos < len(s); {
		n := strings.IndexAny(s[pos:], "\"'`")
		if n < 0 {
			return
		}
		pos += n
		quote := s[pos]
		if pos < failed[quote] {
			pos++
			continue
		}
		end, ok := endOfQuoted(s, pos+1, quote)
		if !ok {
			failed[quote] = end
		}
		if !ok || quote == '\'' && pos > 0 && alphanumeric(s[pos-1]) { // an apostrophe
			pos++
			continue
		}
		f(pos+1, end)
		pos = end + 1
	}
}

// endOfQuoted returns the position of the closing quote or, when the line ends before, where it ends.
func endOfQuoted(s string, pos int, quote byte) (end int, ok bool) {
	i := pos
	for ; i < len(s) && i-pos < maxLiteral; i++ {
		switch s[i] {
		case quote:
			return i, true
		case '\\':
			i++
		case '\n', '\r', 0:
			return i, false
		}
	}
	return i, false
}

// context names how a string stands in its statement, by what stands before and after it.
func context(before, after string) string {
	before = strings.TrimRight(before, " \t\r\n")
	after = strings.TrimLeft(after[:min(len(after), maxGlue)], " \t\r\n")
	prev, next := byte(','), byte(',')
	if before != "" {
		prev = before[len(before)-1]
	}
	if after != "" {
		next = after[0]
	}
	switch {
	case next == ':' || next == '=' && !strings.HasPrefix(after, "=="):
		return "names"
	case prev == ':' || prev == '=' || strings.HasSuffix(before, "=>"):
		if name := identifier(strings.TrimRight(before, " \t:=>")); name != "" {
			return fmt.Sprintf("values of %s", name)
		}
		return "values"
	case strings.IndexByte(",([{", prev) >= 0 && strings.IndexByte(",)]};", next) >= 0:
		return "elements"
	default:
		return "alone"
	}
}

// identifier returns the ASCII identifier that s ends in.
func identifier(s string) string {
	i := len(s)
	for i > 0 && len(s)-i < 64 && (alphanumeric(s[i-1]) || s[i-1] == '_') {
		i--
	}
	return s[i:]
}

// squeeze leaves out space and digits, in which what stands between strings differs from one to the next.
func squeeze(glue string) string {
	if len(glue) > maxGlue {
		glue = glue[len(glue)-maxGlue:]
	}
	return strings.Map(func(r rune) rune {
		if blank(r) || '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, glue)
}
