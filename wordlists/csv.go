package wordlists

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names that the column of the terms has in published tables and in app code, compared as headerName gives them.
func termHeaders() []string {
	return []string{"term", "terms", "keyword", "keywords", "word", "words", "text", "badword", "badwords",
		"sensitiveword", "sensitivewords", "censoredword", "phrase", "敏感词", "敏感詞", "关键词", "關鍵詞", "关键字", "關鍵字", "屏蔽词", "屏蔽字", "违禁词", "词语", "词条", "词汇", "内容"}
}

// Names of the columns for the other fields; the first that holds something counts. "theme" and the translations
// are those of the Citizen Lab's tables (github.com/citizenlab/chat-censorship).
func categoryHeaders() []string {
	return []string{"category", "categories", "theme", "type", "分类", "类别"}
}

func glossHeaders() []string {
	return []string{"gloss", "humantranslation", "humantranslation(ifnecessary)", "translation", "machinetranslation"}
}

func headerName(s string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(strings.TrimSpace(s)))
}

// sampleRecords is how many records are looked at to find the delimiter and the column.
const sampleRecords = 1000

func csvReader(text string, delimiter rune) *csv.Reader {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = delimiter
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	r.ReuseRecord = true
	return r
}

// findDelimiter reports whether text is a table: under some delimiter its first record names a column of terms, or
// nine of ten records have the same number of fields, at least two.
func findDelimiter(text string) (rune, bool) {
	for _, d := range []rune{',', '\t', ';'} {
		counts := map[int]int{}
		records := 0
		r := csvReader(text, d)
		for records < sampleRecords {
			record, err := r.Read()
			if err != nil {
				break
			}
			if records == 0 && len(record) > 1 && indexHeader(record, termHeaders()) >= 0 {
				return d, true
			}
			records++
			counts[len(record)]++
		}
		for fields, n := range counts {
			if fields > 1 && records > 1 && n*10 >= records*9 {
				return d, true
			}
		}
	}
	return 0, false
}

// indexHeader returns the first column that has one of the names, in the order of the names; -1 when none has.
func indexHeader(record []string, names []string) int {
	for _, name := range names {
		for i, field := range record {
			if headerName(field) == name {
				return i
			}
		}
	}
	return -1
}

// allHeaders returns the columns that have one of the names, in the order of the names.
func allHeaders(record []string, names []string) []int {
	var out []int
	for _, name := range names {
		for i, field := range record {
			if headerName(field) == name {
				out = append(out, i)
			}
		}
	}
	return out
}

// layout says where a table keeps what.
type layout struct {
	header            bool // the first record names the columns
	term              int
	language, sources int // -1 when absent
	category, gloss   []int
}

func (l *List) importCSV(name, text, column string) error {
	delimiter, ok := findDelimiter(text)
	if !ok {
		delimiter = ','
	}
	lay, err := findLayout(name, text, delimiter, column)
	if err != nil {
		return err
	}
	r := csvReader(text, delimiter)
	for no := 0; ; no++ {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return csvError(name, err)
		}
		line, _ := r.FieldPos(0)
		if no == 0 && lay.header {
			continue
		}
		if len(record) <= lay.term {
			return lineError(name, line, "no column %d (the line has %d)", lay.term+1, len(record))
		}
		at := func(i int) string {
			if i < 0 || i >= len(record) {
				return ""
			}
			return strings.Clone(strings.TrimSpace(record[i]))
		}
		first := func(columns []int) string {
			for _, i := range columns {
				if s := at(i); s != "" {
					return s
				}
			}
			return ""
		}
		err = l.addPlain(Term{
			Text:     at(lay.term),
			Language: at(lay.language),
			Category: first(lay.category),
			Gloss:    first(lay.gloss),
			Sources:  splitSources(at(lay.sources)),
			Line:     line,
		})
		if err != nil {
			return lineError(name, line, "%w", err)
		}
	}
}

func csvError(name string, err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return lineError(name, parse.StartLine, "%w", parse.Err)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// findLayout reads the first records to find the columns.
func findLayout(name, text string, delimiter rune, column string) (layout, error) {
	lay := layout{language: -1, sources: -1}
	r := csvReader(text, delimiter)
	record, err := r.Read()
	if errors.Is(err, io.EOF) {
		return lay, fmt.Errorf("%s: no terms (an empty table)", name)
	}
	if err != nil {
		return lay, csvError(name, err)
	}
	first := slices.Clone(record)
	lay.term = indexHeader(first, termHeaders())
	lay.header = lay.term >= 0
	if column != "" {
		if lay.term = slices.IndexFunc(first, func(s string) bool { return headerName(s) == headerName(column) }); lay.term >= 0 {
			lay.header = true
		} else if n, err := strconv.Atoi(column); err == nil && n >= 1 {
			lay.term = n - 1
		} else {
			return lay, fmt.Errorf("%s: no column %q (the first line has %.200q)", name, column, first)
		}
	}
	if lay.header {
		lay.language = indexHeader(first, []string{"language", "lang"})
		lay.sources = indexHeader(first, []string{"sources", "source"})
		lay.category = allHeaders(first, categoryHeaders())
		lay.gloss = allHeaders(first, glossHeaders())
	}
	if lay.term < 0 {
		lay.term = fullestColumn(r, first)
	}
	return lay, nil
}

// fullestColumn chooses the column with the most cells that hold Chinese; among equals the one with the most distinct
// text that is not a number; among equals the first.
func fullestColumn(r *csv.Reader, record []string) int {
	type column struct {
		chinese, length int
		seen            map[string]bool
	}
	var columns []column
	for n := 0; n < sampleRecords; n++ {
		for i, field := range record {
			if i == len(columns) {
				columns = append(columns, column{seen: map[string]bool{}})
			}
			c := &columns[i]
			if strings.ContainsFunc(field, isHan) {
				c.chinese++
			}
			if _, err := strconv.ParseFloat(strings.TrimSpace(field), 64); err != nil && !c.seen[field] {
				c.seen[strings.Clone(field)] = true
				c.length += utf8.RuneCountInString(field)
			}
		}
		var err error
		if record, err = r.Read(); err != nil {
			break
		}
	}
	best := 0
	for i, c := range columns {
		b := columns[best]
		if c.chinese > b.chinese || c.chinese == b.chinese && c.length > b.length {
			best = i
		}
	}
	return best
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

func writeCSV(b *bytes.Buffer, l *List) error {
	w := csv.NewWriter(b)
	if err := w.Write(columnNames()); err != nil {
		return err
	}
	for i, t := range l.Terms {
		sources, err := joinSources(t.Sources)
		if err != nil {
			return fmt.Errorf("term %d (%.40q): %w", i+1, t.Text, err)
		}
		if err := w.Write([]string{l.written(&t), t.Language, t.Category, t.Gloss, sources}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
