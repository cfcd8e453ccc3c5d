package render

import (
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/censorscan/censorscan/wordlists"
)

// pageData is what the script of a page works on.
type pageData struct {
	Tables   []dataTable       `json:"tables"`
	Subjects map[string]string `json:"subjects"` // of the categories that occur
}

// dataTable is a table that the script shows, piece by piece.
type dataTable struct {
	ID      string             `json:"id"`   // of the element that takes it
	Name    string             `json:"name"` // what its rows are
	Rows    int                `json:"rows"`
	Columns []dataColumn       `json:"columns"`
	Values  map[string]any     `json:"values"`          // a slice of Rows values for each key
	Card    string             `json:"card,omitempty"`  // id of the card that shows it
	Title   string             `json:"title,omitempty"` // of the card
	Facets  map[string]string  `json:"facets,omitempty"`
	Order   map[string]float64 `json:"order,omitempty"` // what cards are sorted by, the greatest first
}

// dataColumn is a column of a dataTable.
type dataColumn struct {
	Key   string `json:"key"`
	Label string `json:"label"`
	Type  string `json:"type"` // see the function cell of page.js
}

// encode writes the data as JSON that can stand in a script element: json.Marshal escapes what would end it or begin a comment, and what would not be seen in the
// source of the page is escaped too.
func (d *pageData) encode() (template.JS, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.Grow(len(raw))
	for _, r := range string(raw) { // what is not ASCII stands in strings only
		switch {
		case r < 0x7F || !isHidden(r): // DEL is the only one of ASCII that json.Marshal leaves
			b.WriteRune(r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return template.JS(b.String()), nil
}

func (d *pageData) category(name string) string {
	if name != "" {
		d.Subjects[name] = wordlists.Subject(name)
	}
	return name
}

// choice is an option of a filter.
type choice struct{ Value, Label string }

// choices are the values of a facet that occur, each once, in alphabetic order.
func choices(tables []dataTable, facet string) []choice {
	var out []choice
	for _, t := range tables {
		if v := t.Facets[facet]; v != "" && !slices.Contains(out, choice{v, v}) {
			out = append(out, choice{v, v})
		}
	}
	slices.SortFunc(out, func(a, b choice) int { return strings.Compare(a.Value, b.Value) })
	return out
}

// subjectChoices are the categories that occur, by subject.
type subjectChoices struct {
	Subject    string
	Categories []string
}

func (d *pageData) subjectChoices() []subjectChoices {
	var out []subjectChoices
	for _, s := range wordlists.Subjects() {
		g := subjectChoices{Subject: s}
		for category, subject := range d.Subjects {
			if subject == s {
				g.Categories = append(g.Categories, category)
			}
		}
		if slices.Sort(g.Categories); g.Categories != nil {
			out = append(out, g)
		}
	}
	return out
}

// filters are the controls above the cards of a page.
type filters struct {
	What    string // what is searched: "entries"
	Cards   string // what the cards are: "lists"
	Selects []filter
	Sorts   []choice
}

// filter is one of them: of cards, by a facet, or of rows, by the value of a column.
type filter struct {
	Name, Label string
	Rows        bool
	Choices     []choice
	Subjects    []subjectChoices // in place of Choices
}

// newFilters makes the controls; filters without a choice are left out.
func newFilters(what, cards string, sorts []choice, all ...filter) filters {
	f := filters{What: what, Cards: cards, Sorts: sorts}
	for _, x := range all {
		if len(x.Choices) > 1 || len(x.Subjects) > 0 {
			f.Selects = append(f.Selects, x)
		}
	}
	return f
}
