package recover

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// delimiters separate entries on one line, or fields of one.
func delimiters() []rune {
	return []rune{'\t', '|', ',', ';', '，', '、', '；', '｜', '/', '#', '&', '·', '=', ':', ' ', '　'}
}

// delimiterName is how a recipe names one.
func delimiterName(r rune) string {
	switch r {
	case '\t':
		return "tab"
	case ' ':
		return "space"
	default:
		return fmt.Sprintf("%q", r)
	}
}

// A text is delimited by a character when a line holds at least this many of it, on average.
const (
	minPerLine = 3
	minFields  = 8
)

// findDelimited takes the fields of lines that hold many, one structure per delimiter that could be meant.
func findDelimited(d *document) found {
	lines := countLines(d.text)
	var f found
	for _, delim := range delimiters() {
		if n := strings.Count(d.text, string(delim)); n < minPerLine*lines || n < minFields {
			continue
		}
		s := &structure{doc: d, recipe: []string{"delimited by " + delimiterName(delim)}}
		eachLine(d.text, func(line string, pos int) {
			eachField(line, delim, func(field string, at int) { s.add(field, pos+at) })
		})
		f.lists = append(f.lists, s)
	}
	return f
}

// eachField calls f with every part of s between delimiters and its position.
func eachField(s string, delim rune, f func(field string, pos int)) {
	for pos := 0; ; {
		n := strings.IndexRune(s[pos:], delim)
		if n < 0 {
			f(s[pos:], pos)
			return
		}
		f(s[pos:pos+n], pos)
		pos += n + utf8.RuneLen(delim)
	}
}
