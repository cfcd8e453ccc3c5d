package recover

import "strings"

// eachLine calls f with every line of s and its position. Lines end in LF, CRLF, CR or NUL.
func eachLine(s string, f func(line string, pos int)) {
	for pos := 0; pos < len(s); {
		n := strings.IndexAny(s[pos:], "\n\r\x00")
		if n < 0 {
			n = len(s) - pos
		}
		f(s[pos:pos+n], pos)
		pos += n + 1 // of CRLF the LF ends an empty line
	}
}

// findLines takes every line as an entry.
func findLines(d *document) found {
	s := &structure{doc: d, recipe: []string{"lines (" + lineEnd(d.text) + ")"}}
	eachLine(d.text, s.add)
	return found{lists: []*structure{s}}
}

// lineEnd names the line end that the text uses first.
func lineEnd(s string) string {
	switch i := strings.IndexAny(s, "\n\r\x00"); {
	case i < 0:
		return "one"
	case s[i] == 0:
		return "NUL"
	case s[i] == '\n':
		return "LF"
	case strings.HasPrefix(s[i:], "\r\n"):
		return "CRLF"
	default:
		return "CR"
	}
}
