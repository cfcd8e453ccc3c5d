package recover

import "strings"

// eachLine calls f with every line of s and its position. Lines end in LF, CRLF, CR or NUL.
func eachLine(s string, f func(line string, pos int)) {
	begin := 0
	for i := range len(s) {
		if c := s[i]; c == '\n' || c == '\r' || c == 0 {
			f(s[begin:i], begin)
			begin = i + 1 // of CRLF the LF ends an empty line
		}
	}
	if begin < len(s) {
		f(s[begin:], begin)
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

// countLines returns the number of lines that are not blank.
func countLines(s string) int {
	n := 0
	eachLine(s, func(line string, _ int) {
		if strings.TrimFunc(line, blank) != "" {
			n++
		}
	})
	return n
}
