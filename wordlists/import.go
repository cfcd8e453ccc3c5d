package wordlists

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
)

// Format is a form in which lists are kept.
type Format string

// The formats of [Import] and [Export].
const (
	FormatAuto  Format = ""      // found by content; Import only
	FormatTSV   Format = "tsv"   // the form of this package, see Parse
	FormatLines Format = "lines" // one term per line
	FormatCSV   Format = "csv"   // a table, separated by commas, semicolons or tabs
	FormatJSON  Format = "json"  // an array, or an object that holds one
)

// Formats lists the formats that a user can name.
func Formats() []Format { return []Format{FormatTSV, FormatLines, FormatCSV, FormatJSON} }

// ImportOptions say what Import cannot find out itself; the zero value asks it to find out everything.
type ImportOptions struct {
	Format Format // found by content when empty
	Column string // CSV: the column that holds the terms, by its name or its number from 1; found when empty
	Kind   Kind   // of a list that does not state its own; KindTerms when empty
}

// Import reads a list in any known form. name is the file name, used in errors and, without its extension, as the list's
// name when the file gives none. Text may be UTF-8, UTF-16 (with or without byte order mark), GB18030 (and so
// GBK) or Big5. Terms are taken in their order, duplicates kept, without surrounding space or byte order marks. The forms:
//
//   - the TSV form of this package, as [Parse] reads it;
//   - one term per line, empty lines skipped; if half of the lines or more hold several terms, separated by
//     `|`, `、`, commas, semicolons or tabs, every line is cut there;
//   - CSV, also as the Citizen Lab publishes lists (columns keyword or word, category, translations); the column of the
//     terms is the one named so, else the one with the most Chinese, else the one with the most distinct text;
//   - JSON: an array of strings or of objects with a member such as "word"; an object with such an array, among them the
//     answer of Xiaomi's MiAdBlacklistConfig, whose member "keywords" is JSON text inside a string (NCSC Lithuania 2021, pp. 22-25).
//
// A term such as A+B is a combination in every form, see [Parse]. What cannot be read is an error that names the line, or the element of a JSON
// array, and the reason.
func Import(name string, r io.Reader, opts ImportOptions) (*List, error) {
	if opts.Format != FormatAuto && !slices.Contains(Formats(), opts.Format) {
		return nil, fmt.Errorf("unknown list format %q (known: %v)", opts.Format, Formats())
	}
	if opts.Kind != "" && !slices.Contains(Kinds(), opts.Kind) {
		return nil, fmt.Errorf("unknown kind %q (known: %v)", opts.Kind, Kinds())
	}
	raw, err := readAll(name, r, MaxBytes)
	if err != nil {
		return nil, err
	}
	text, err := decode(name, raw)
	if err != nil {
		return nil, err
	}
	format := opts.Format
	if format == FormatAuto {
		format = detect(text, opts)
	}
	if opts.Column != "" && format != FormatCSV {
		return nil, fmt.Errorf("%s: column %q asked for, but this is %s", name, opts.Column, format)
	}
	kind := opts.Kind
	if kind == "" {
		kind = KindTerms
	}
	l := &List{Name: nameOf(name), Kind: kind, SHA256: hashOf(raw)}
	switch format {
	case FormatTSV:
		if l, err = parseTSV(name, []byte(text), kind); err == nil {
			l.SHA256 = hashOf(raw) // of the file as it is, whatever its encoding
		}
	case FormatJSON:
		err = l.importJSON(name, text)
	case FormatCSV:
		err = l.importCSV(name, text, opts.Column)
	default:
		err = l.importLines(name, text)
	}
	if err != nil {
		return nil, err
	}
	if len(l.Terms) == 0 {
		return nil, fmt.Errorf("%s: no terms (read as %s)", name, format)
	}
	return l, nil
}

// detect finds the format of a text. JSON is recognised by how it begins, so that damaged JSON is an error and
// not a list of its lines.
func detect(text string, opts ImportOptions) Format {
	start := strings.TrimLeft(text, " \t\r\n")
	if opts.Column != "" {
		return FormatCSV
	}
	if beginsJSON(start) {
		return FormatJSON
	}
	if isTSV(text) {
		return FormatTSV
	}
	if _, ok := findDelimiter(text); ok {
		return FormatCSV
	}
	return FormatLines
}

// beginsJSON reports whether s begins like an array or object: its first token is a string, a bracket or the end.
func beginsJSON(s string) bool {
	if s == "" || (s[0] != '{' && s[0] != '[') {
		return false
	}
	next := strings.TrimLeft(s[1:], " \t\r\n")
	return next != "" && (next[0] == '"' || next[0] == '{' || next[0] == s[0]+2)
}

// isTSV reports whether the first line that is neither empty nor a header line names the columns.
func isTSV(text string) bool {
	header := false
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		switch {
		case line == "" || strings.HasPrefix(line, "##"):
		case strings.HasPrefix(line, "#"):
			key, _, found := strings.Cut(strings.TrimPrefix(line, "#"), ":")
			header = header || found && slices.Contains(headerKeys(), strings.TrimSpace(key))
		case header:
			// The header says what it is meant to be: an unknown column is an error for the user to see.
			first, _, _ := strings.Cut(line, "\t")
			return slices.Contains(columnNames(), first)
		default:
			columns, err := parseColumns(line)
			return err == nil && len(columns) > 1
		}
	}
	return false
}

// importLines reads one term per line, or lines of separated terms. A first line that only names the column is skipped.
func (l *List) importLines(name, text string) error {
	lines := strings.Split(text, "\n")
	separator := findSeparator(lines)
	for i, line := range lines {
		line = trim(line)
		if line == "" || i == 0 && len(lines) > 1 && slices.Contains(termHeaders(), headerName(line)) {
			continue
		}
		parts := []string{line}
		if separator != "" {
			parts = strings.Split(line, separator)
		}
		for _, part := range parts {
			if separator != "" && trim(part) == "" {
				continue // a separator at the end, or two of them
			}
			if err := l.addPlain(Term{Text: part, Line: i + 1}); err != nil {
				return lineError(name, i+1, "%w", err)
			}
		}
	}
	return nil
}

// findSeparator returns the separator that at least half of the lines hold twice or more; "" when there is none.
func findSeparator(lines []string) string {
	for _, separator := range []string{"|", "、", ",", ";", "\uff0c", "\uff1b", "\t"} {
		filled, holding := 0, 0
		for _, line := range lines {
			if trim(line) == "" {
				continue
			}
			filled++
			if strings.Count(line, separator) >= 2 {
				holding++
			}
		}
		if holding > 0 && holding*2 >= filled {
			return separator
		}
	}
	return ""
}

// trim removes space from both ends, and invisible characters that editors and joined files leave there: a needle with one of them would
// never be found.
func trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' || r == '\u007f'
	})
}

// addPlain adds a term of a foreign list; a control character below U+0020 shows that the file is no text.
// Others do stand in published lists and are for Check to report.
func (l *List) addPlain(t Term) error {
	t.Text = trim(t.Text)
	for _, r := range t.Text {
		if r < ' ' && r != '\t' {
			return fmt.Errorf("control character %U in a term", r)
		}
	}
	return l.add(t)
}

// Export writes a list in the given format. FormatTSV is canonical: Parse gives the same list back, but for
// SHA256 and Line, which tell of the bytes read. The others keep less: lines only the terms, CSV no header; a
// list that a format cannot hold (a term with a line break as lines) is an error.
func Export(w io.Writer, l *List, format Format) error {
	var b bytes.Buffer
	var err error
	switch format {
	case FormatTSV:
		err = writeTSV(&b, l)
	case FormatLines:
		err = writeLines(&b, l)
	case FormatCSV:
		err = writeCSV(&b, l)
	case FormatJSON:
		err = writeJSON(&b, l)
	default:
		err = fmt.Errorf("unknown list format %q (known: %v)", format, Formats())
	}
	if err != nil {
		return fmt.Errorf("export %s: %w", l.Name, err)
	}
	_, err = b.WriteTo(w)
	return err
}

func writeLines(b *bytes.Buffer, l *List) error {
	for _, t := range l.Terms {
		if strings.ContainsAny(t.Text, "\r\n") {
			return fmt.Errorf("term %q: a line break cannot stand in a list of lines", t.Text)
		}
		b.WriteString(l.written(&t) + "\n")
	}
	return nil
}
