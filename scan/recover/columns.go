package recover

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

const (
	minRows    = 5
	maxColumns = 32
)

// findColumns takes the columns of lines that are divided alike: CSV, TSV, word=mask, word|level. Each column is a structure.
func findColumns(d *document) found {
	var f found
	lines := countLines(d.text)
	for _, delim := range delimiters() {
		if lines < minRows || strings.Count(d.text, string(delim)) < lines-lines/10 {
			continue
		}
		columns, rows := regular(d.text, delim)
		if columns < 2 {
			continue
		}
		table := make([]*structure, columns)
		for i := range table {
			table[i] = &structure{doc: d, recipe: []string{fmt.Sprintf("column %d of %d, delimited by %s", i+1, columns, delimiterName(delim))}}
		}
		numeric := make([]int, columns) // rows after the first with a number
		var first []bool                // whether the first row has a number
		eachLine(d.text, func(line string, pos int) {
			if strings.TrimFunc(line, blank) == "" {
				return
			}
			col, isFirst := 0, first == nil
			eachCell(line, delim, func(cell string, at int) {
				if col == columns {
					return
				}
				n := number(cell)
				if isFirst {
					first = append(first, n)
				} else if n {
					numeric[col]++
				}
				table[col].add(cell, pos+at)
				col++
			})
		})
		if unicode.IsSpace(delim) && filled(table) < 2 {
			continue // space at the end of lines
		}
		header := false
		for i, n := range numeric {
			header = header || i < len(first) && !first[i] && n >= (rows-1)*9/10
		}
		for i, s := range table {
			if header && i < len(first) && len(s.items) > 0 {
				s.items = s.items[1:]
				s.recipe = append(s.recipe, "header row left out")
			}
			if numeric[i] < rows/2 && various(s.items) {
				f.lists = append(f.lists, s)
			}
		}
	}
	return f
}

// sampleRows are enough to see that lines are not divided alike.
const sampleRows = 64

// regular returns the number of fields that nine in ten lines have, 0 when there is none, and the number of lines.
func regular(s string, delim rune) (columns, rows int) {
	var byCount [maxColumns + 1]int
	odd := false
	eachLine(s, func(line string, _ int) {
		if odd || strings.TrimFunc(line, blank) == "" {
			return
		}
		if rows++; rows == sampleRows {
			odd = slices.Max(byCount[2:]) < rows*3/4
		}
		n := 0
		eachCell(line, delim, func(string, int) { n++ })
		if n <= maxColumns {
			byCount[n]++
		}
	})
	for n := 2; n <= maxColumns; n++ {
		if !odd && rows >= minRows && byCount[n] >= rows-rows/10 {
			return n, rows
		}
	}
	return 0, rows
}

// eachCell is eachField for fields that may be quoted as in RFC 4180; the quotes are left out, a field with quotes within
// is given as it stands.
func eachCell(line string, delim rune, f func(cell string, pos int)) {
	if !strings.Contains(line, `"`) {
		eachField(line, delim, f)
		return
	}
	quoted := true // until a quote is not closed
	for pos := 0; ; {
		rest := line[pos:]
		lead := len(rest) - len(strings.TrimLeft(rest, " "))
		end, closed := 0, false
		if quoted && lead < len(rest) && rest[lead] == '"' {
			end, closed = closing(rest, lead+1)
			quoted = closed
		}
		n := strings.IndexRune(rest[min(end, len(rest)):], delim)
		if n >= 0 {
			n += min(end, len(rest))
		}
		cell := rest
		if n >= 0 {
			cell = rest[:n]
		}
		if inner := strings.TrimRightFunc(cell, blank); closed && end == len(inner) && !strings.Contains(inner[lead+1:end-1], `"`) {
			f(inner[lead+1:end-1], pos+lead+1)
		} else {
			f(cell, pos)
		}
		if n < 0 {
			return
		}
		pos += n + len(string(delim))
	}
}

// closing returns the position after the quote that ends the field whose text begins at i.
func closing(s string, i int) (end int, ok bool) {
	for i < len(s) {
		if s[i] != '"' {
			i++
		} else if i+1 < len(s) && s[i+1] == '"' {
			i += 2
		} else {
			return i + 1, true
		}
	}
	return 0, false
}

// number reports whether a field is a number.
func number(s string) bool {
	s = strings.TrimFunc(s, blank)
	return s != "" && strings.Trim(s, "0123456789.-+%") == ""
}

// various reports whether at least half of the entries differ: a column of levels or kinds repeats a few.
func various(items []item) bool {
	seen := make(map[string]struct{}, len(items))
	for _, it := range items {
		seen[it.text] = struct{}{}
	}
	return len(seen) >= len(items)/2
}

// filled returns the number of columns that hold anything.
func filled(table []*structure) int {
	n := 0
	for _, s := range table {
		if len(s.items) > 0 {
			n++
		}
	}
	return n
}
