package recover

import (
	"strings"
)

// pair is a line of a file of settings.
type pair struct {
	key, value   string
	keyAt, valAt int
}

// findPairs takes files of settings: name=value or name: value (Java's .properties, .ini), with comments and sections. The values of names that differ in their
// numbers alone are one structure, so are the lines of a section that are no pairs.
func findPairs(d *document) found {
	lines, pairs, marks := 0, 0, 0
	sections := false // from the first line on
	eachLine(d.text, func(line string, _ int) {
		body := strings.TrimFunc(line, blank)
		switch {
		case body == "":
		case comment(body):
			marks++
		case section(body) != "":
			sections = sections || lines == 0
			marks++
		default:
			lines++
			if _, ok := splitPair(line, 0); ok {
				pairs++
			}
		}
	})
	if lines == 0 || pairs*10 < lines*9 && !sections {
		return found{}
	}
	var f found
	byStem := map[string]*structure{}
	kind := "pairs"
	var plain, open *structure
	add := func(stem, recipe string) *structure {
		s := byStem[stem]
		if s == nil {
			s = &structure{doc: d, recipe: []string{recipe}}
			byStem[stem] = s
			f.lists = append(f.lists, s)
		}
		return s
	}
	eachLine(d.text, func(line string, pos int) {
		body := strings.TrimFunc(line, blank)
		if name := section(body); name != "" {
			kind, open = "pairs ["+name+"]", nil
			return
		}
		if body == "" || comment(body) {
			return
		}
		p, ok := splitPair(line, pos)
		if !ok {
			if !sections {
				return
			}
			if open == nil {
				open = &structure{doc: d, recipe: []string{"lines of " + kind}}
				f.lists = append(f.lists, open)
			}
			open.add(line, pos)
			return
		}
		lit := literal{text: p.value, pos: p.valAt, end: p.valAt + len(p.value)}
		if v := strings.TrimFunc(p.value, blank); isText(p.value) && v[0] != '[' && v[0] != '{' && len(f.texts) < maxNodes { // those are read as source
			f.texts = append(f.texts, lit.textOf(d, kind+" value"))
		}
		stem := squeeze(p.key)
		if len(byStem) < maxNodes {
			add(kind+"\x00"+stem, kind+" values of "+stem).append(lit.item())
		}
		if marks == 0 {
			return // columns say it as well
		}
		if plain == nil {
			plain = &structure{doc: d, recipe: []string{"pairs names"}}
			f.lists = append(f.lists, plain)
		}
		plain.add(p.key, p.keyAt)
	})
	return f
}

// comment reports whether a line is none but a remark.
func comment(line string) bool {
	return strings.HasPrefix(line, "#") || strings.HasPrefix(line, "!") || strings.HasPrefix(line, ";") || strings.HasPrefix(line, "//")
}

// section returns the name of a section that a line begins, "" when it begins none.
func section(line string) string {
	if len(line) < 3 || len(line) > 64 || line[0] != '[' || line[len(line)-1] != ']' {
		return ""
	}
	for i := 1; i < len(line)-1; i++ {
		if !alphanumeric(line[i]) && strings.IndexByte("_-. ", line[i]) < 0 {
			return ""
		}
	}
	return line[1 : len(line)-1]
}

// splitPair divides a line at its first = or colon. A name is short.
func splitPair(line string, pos int) (p pair, ok bool) {
	i := strings.IndexAny(line, "=:")
	if i <= 0 || i > 128 {
		return pair{}, false
	}
	p.key, p.keyAt = line[:i], pos
	p.value, p.valAt = line[i+1:], pos+i+1
	return p, strings.TrimFunc(p.key, blank) != "" && !strings.ContainsAny(p.key, "<>{}()\"'")
}
