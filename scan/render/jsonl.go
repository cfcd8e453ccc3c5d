package render

import (
	"encoding/json"
	"io"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/diff"
	"github.com/censorscan/censorscan/scan/gate"
)

// lines writes JSON values, one a line. The field "record" of each says what it is.
type lines struct {
	enc *json.Encoder
	err error
}

func newLines(w io.Writer) *lines {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &lines{enc: enc}
}

func (l *lines) write(v any) {
	if l.err == nil {
		l.err = l.enc.Encode(v)
	}
}

type findingLine struct {
	Record string `json:"record"` // "finding"
	*scan.Finding
}

type coverageLine struct {
	Record string `json:"record"` // "coverage"
	*scan.CoverageItem
}

type listLine struct {
	Record string `json:"record"` // "list"
	*diff.List
}

type loaderLine struct {
	Record string `json:"record"` // "loader"
	*diff.Loader
}

type termLine struct {
	Record string `json:"record"` // "term"
	*diff.Term
}

type judgedLine struct {
	Record string `json:"record"` // "judged"
	*gate.Judged
}

// end is the last line. A file without it is cut off.
type end struct {
	Record string `json:"record"` // "end"
	Schema string `json:"schema"` // of what the lines were made from
	Lines  int    `json:"lines"`  // before this one
}

// JSONLines writes a line for each finding, with the fields it has in the JSON report and "record": "finding"; one for each coverage record, "coverage"; and a last one,
// "end", with what the report says of the whole: its schema, tool, inputs, wordlists, partitions and account of bytes, and how many lines are before it.
func JSONLines(w io.Writer, r *scan.Report) error {
	l := newLines(w)
	for i := range r.Findings {
		l.write(findingLine{"finding", &r.Findings[i]})
	}
	l.coverage(r.Coverage.Items)
	l.write(struct {
		end
		Tool       scan.Tool                `json:"tool"`
		Created    string                   `json:"created,omitempty"`
		Complete   bool                     `json:"complete"`
		Ended      string                   `json:"ended,omitempty"`
		Inputs     []scan.Input             `json:"inputs"`
		Wordlists  []scan.Wordlist          `json:"wordlists"`
		Families   []scan.Family            `json:"families"`
		Partitions []scan.PartitionCoverage `json:"partitions"`
		Coverage   scan.Ledger              `json:"coverage"`
	}{
		end{"end", r.Schema, len(r.Findings) + len(r.Coverage.Items)}, r.Tool, r.Created, r.Complete, r.Ended, r.Inputs, r.Wordlists, r.Families,
		r.Coverage.Partitions, r.Coverage.Ledger,
	})
	return l.err
}

func (l *lines) coverage(items []scan.CoverageItem) {
	for i := range items {
		l.write(coverageLine{"coverage", &items[i]})
	}
}

// DiffJSONLines writes a line for each list, loader and term of a diff, "list", "loader" or "term", with its fields, and a last one, "end", with both sides, the notes and the counts.
func DiffJSONLines(w io.Writer, d *diff.Diff) error {
	l := newLines(w)
	for i := range d.Lists {
		l.write(listLine{"list", &d.Lists[i]})
	}
	for i := range d.Loaders {
		l.write(loaderLine{"loader", &d.Loaders[i]})
	}
	for i := range d.Terms {
		l.write(termLine{"term", &d.Terms[i]})
	}
	l.write(struct {
		end
		Tool   scan.Tool   `json:"tool"`
		Old    diff.Side   `json:"old"`
		New    diff.Side   `json:"new"`
		Notes  []string    `json:"notes"`
		Counts diff.Counts `json:"counts"`
	}{end{"end", d.Schema, len(d.Lists) + len(d.Loaders) + len(d.Terms)}, d.Tool, d.Old, d.New, d.Notes, d.Counts})
	return l.err
}

// GateJSONLines writes a line for each finding with its verdict, "judged"; one for each coverage record that the policy does not accept, "coverage"; and a last one, "end",
// with the verdict on the whole and its reasons.
func GateJSONLines(w io.Writer, r *gate.Result) error {
	l := newLines(w)
	for i := range r.Judged {
		l.write(judgedLine{"judged", &r.Judged[i]})
	}
	l.coverage(r.Items)
	l.write(struct {
		end
		Tool       scan.Tool    `json:"tool"`
		Policy     string       `json:"policy"`
		Inputs     []scan.Input `json:"inputs"`
		Outcome    gate.Outcome `json:"outcome"`
		Incomplete bool         `json:"incomplete"`
		Coverage   gate.Covered `json:"coverage"`
		Shortfall  []string     `json:"shortfall"`
		Notes      []string     `json:"notes"`
	}{end{"end", r.Schema, len(r.Judged) + len(r.Items)}, r.Tool, r.Policy, r.Inputs, r.Outcome, r.Incomplete, r.Coverage, r.Shortfall, r.Notes})
	return l.err
}
