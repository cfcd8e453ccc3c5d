package wordlists

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// The columns of a list, in canonical order. A file may leave out all but the first.
const (
	colTerm = iota
	colLanguage
	colCategory
	colGloss
	colSources
	numColumns
)

func columnNames() []string { return []string{"term", "language", "category", "gloss", "sources"} }

func headerKeys() []string { return []string{"name", "version", "kind", "description", "sources"} }

// Parse reads a list in the TSV form of this package. name is the file name, used in errors and, without its
// extension, as the list's name when the header gives none. The form:
//
//   - UTF-8, lines end in LF or CRLF, a byte order mark is allowed;
//   - first lines `# key: value` with the keys name, version, kind, description, sources (parts separated by
//     `;`), each at most once; lines beginning with `##` are comments;
//   - then a line with the names of the columns, separated by tabs: term and any of language, category, gloss, sources;
//   - then one term per line; empty lines are skipped, columns at the end may be missing. In every value \t, \n, \r and \\
//     stand for a tab, a line feed, a carriage return and a backslash;
//   - a term of the kinds terms and context may be a combination: A+B means both, within one line or string and at most 32 characters apart. The
//     plus joins parts of three characters or more, two if one is Chinese; any other plus, and \+, is a plus.
//
// What the form does not know is an error that names the line: `list.tsv:17: empty term`.
func Parse(name string, r io.Reader) (*List, error) {
	raw, err := readAll(name, r, MaxBytes)
	if err != nil {
		return nil, err
	}
	return parseTSV(name, raw, KindTerms)
}

// readAll reads at most limit bytes; more is an error.
func readAll(name string, r io.Reader, limit int64) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if int64(len(raw)) > limit {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, limit)
	}
	return raw, nil
}

func hashOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// nameOf is the list name that a file name suggests.
func nameOf(file string) string {
	base := path.Base(strings.ReplaceAll(file, `\`, "/"))
	if stem := strings.TrimSuffix(base, path.Ext(base)); stem != "" {
		return stem
	}
	return base
}

// parseTSV reads the TSV form; kind is that of a list whose header states none.
func parseTSV(name string, raw []byte, kind Kind) (*List, error) {
	l := &List{Name: nameOf(name), Kind: kind, SHA256: hashOf(raw)}
	text := strings.TrimPrefix(string(raw), "\ufeff")
	if !utf8.ValidString(text) {
		return nil, lineError(name, invalidLine(text), "not UTF-8")
	}
	var columns []int // the canonical column of each column of the file; nil before the column line
	seen := map[string]bool{}
	no := 0
	for line := range strings.SplitSeq(text, "\n") {
		no++
		line = strings.TrimSuffix(line, "\r")
		var err error
		switch {
		case line == "":
		case columns != nil:
			err = l.addRow(line, columns, no)
		case strings.HasPrefix(line, "##"):
		case strings.HasPrefix(line, "#"):
			err = l.setHeader(line, seen)
		default:
			columns, err = parseColumns(line)
		}
		if err != nil {
			return nil, lineError(name, no, "%w", err)
		}
	}
	if columns == nil {
		return nil, lineError(name, no, "no line with the column names (term, language, category, gloss, sources)")
	}
	return l, nil
}

// invalidLine returns the line of the first byte that is not UTF-8.
func invalidLine(text string) int {
	for i, r := range text {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(text[i:]); n == 1 {
				return 1 + strings.Count(text[:i], "\n")
			}
		}
	}
	return 1
}

func (l *List) setHeader(line string, seen map[string]bool) error {
	key, value, found := strings.Cut(strings.TrimPrefix(line, "#"), ":")
	key = strings.TrimSpace(key)
	if !found || !slices.Contains(headerKeys(), key) {
		return fmt.Errorf("unknown header line %.80q (known keys: %s; a comment begins with ##)", line, strings.Join(headerKeys(), ", "))
	}
	if seen[key] {
		return fmt.Errorf("header key %q given twice", key)
	}
	seen[key] = true
	if len(value) > MaxFieldLen {
		return fmt.Errorf("header value of %d bytes (limit %d)", len(value), MaxFieldLen)
	}
	value, err := unescape(strings.TrimSpace(value), "")
	if err != nil {
		return err
	}
	switch key {
	case "name":
		if value == "" {
			return fmt.Errorf("empty name")
		}
		l.Name = value
	case "version":
		l.Version = value
	case "kind":
		if l.Kind = Kind(value); !slices.Contains(Kinds(), l.Kind) {
			return fmt.Errorf("unknown kind %q (known: %v)", value, Kinds())
		}
	case "description":
		l.Description = value
	case "sources":
		l.Sources = splitSources(value)
	}
	return nil
}

func parseColumns(line string) ([]int, error) {
	var columns []int
	for column := range strings.SplitSeq(line, "\t") {
		i := slices.Index(columnNames(), column)
		if i < 0 {
			return nil, fmt.Errorf("unknown column %q (known: %s)", column, strings.Join(columnNames(), ", "))
		}
		if slices.Contains(columns, i) {
			return nil, fmt.Errorf("column %q given twice", column)
		}
		columns = append(columns, i)
	}
	if !slices.Contains(columns, colTerm) {
		return nil, fmt.Errorf("no column \"term\"")
	}
	return columns, nil
}

func (l *List) addRow(line string, columns []int, no int) error {
	var values [numColumns]string
	i := 0
	for field := range strings.SplitSeq(line, "\t") {
		if i == len(columns) {
			return fmt.Errorf("more than %d columns", len(columns))
		}
		escapes := ""
		if columns[i] == colTerm && l.combines() {
			escapes = "+" // which is for splitTerm to read
		}
		value, err := unescape(field, escapes)
		if err != nil {
			return err
		}
		values[columns[i]] = value
		i++
	}
	return l.add(Term{
		Text:     values[colTerm],
		Language: values[colLanguage],
		Category: values[colCategory],
		Gloss:    values[colGloss],
		Sources:  splitSources(values[colSources]),
		Line:     no,
	})
}

// escape makes a value fit in a TSV field; unescape is its inverse.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(s)
}

// unescape reads the escapes of a value; those in keep it leaves as they are.
func unescape(s, keep string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			b.WriteString(s)
			return b.String(), nil
		}
		b.WriteString(s[:i])
		if i+1 == len(s) {
			return "", fmt.Errorf(`lone \ at the end of a value (write \\)`)
		}
		switch s[i+1] {
		case '\\':
			b.WriteByte('\\')
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		default:
			if strings.IndexByte(keep, s[i+1]) >= 0 {
				b.WriteString(s[i : i+2])
				break
			}
			return "", fmt.Errorf(`unknown escape \%c (a backslash is \\)`, s[i+1])
		}
		s = s[i+2:]
	}
}

// writeTSV writes the canonical form.
func writeTSV(w io.Writer, l *List) error {
	var b bytes.Buffer
	sources, err := joinSources(l.Sources)
	if err != nil {
		return err
	}
	for _, h := range []struct{ key, value string }{
		{"name", l.Name}, {"version", l.Version}, {"kind", string(l.Kind)}, {"description", l.Description}, {"sources", sources},
	} {
		if h.value != strings.TrimSpace(h.value) {
			return fmt.Errorf("header %s: %q has leading or trailing space", h.key, h.value)
		}
		b.WriteString(strings.TrimRight("# "+h.key+": "+escape(h.value), " ") + "\n")
	}
	b.WriteString(strings.Join(columnNames(), "\t") + "\n")
	for i, t := range l.Terms {
		sources, err := joinSources(t.Sources)
		if err != nil {
			return fmt.Errorf("term %d (%.40q): %w", i+1, t.Text, err)
		}
		fields := []string{escape(l.written(&t)), escape(t.Language), escape(t.Category), escape(t.Gloss), escape(sources)}
		b.WriteString(strings.Join(fields, "\t") + "\n")
	}
	_, err = b.WriteTo(w)
	return err
}
