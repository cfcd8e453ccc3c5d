package render

import (
	"io"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/diff"
	"github.com/censorscan/censorscan/scan/gate"
)

// Form is a way to write a result to a file. What it cannot write is nil. The forms table (for a terminal, see Table) and json (the result itself) are none of these.
type Form struct {
	Name     string
	Report   func(io.Writer, *scan.Report) error
	Diff     func(io.Writer, *diff.Diff) error
	Timeline func(io.Writer, *diff.Timeline) error
	Gate     func(io.Writer, *gate.Result) error
}

// Forms returns all forms, in the order in which help texts name them. page makes what writes pages; it is asked when one is written.
func Forms(page func() (HTML, error)) []Form {
	return []Form{
		{"html", onPage(page, HTML.Report), onPage(page, HTML.Diff), onPage(page, HTML.Timeline), nil},
		{"jsonl", JSONLines, DiffJSONLines, nil, GateJSONLines},
		{"csv", CSV, DiffCSV, TimelineCSV, GateCSV},
		{"markdown", Markdown, DiffMarkdown, TimelineMarkdown, GateMarkdown},
		{"sarif", SARIF, DiffSARIF, nil, GateSARIF},
		{"junit", JUnit, DiffJUnit, nil, GateJUnit},
	}
}

// Writer returns what writes result, a *scan.Report, *diff.Diff, *diff.Timeline or *gate.Result, in the form, nil if the form is none for it. result may be a nil pointer
// to find that out.
func (f Form) Writer(result any) func(io.Writer) error {
	switch r := result.(type) {
	case *scan.Report:
		return bind(f.Report, r)
	case *diff.Diff:
		return bind(f.Diff, r)
	case *diff.Timeline:
		return bind(f.Timeline, r)
	case *gate.Result:
		return bind(f.Gate, r)
	}
	return nil
}

func onPage[T any](page func() (HTML, error), write func(HTML, io.Writer, T) error) func(io.Writer, T) error {
	return func(w io.Writer, result T) error {
		h, err := page()
		if err != nil {
			return err
		}
		return write(h, w, result)
	}
}

func bind[T any](write func(io.Writer, T) error, result T) func(io.Writer) error {
	if write == nil {
		return nil
	}
	return func(w io.Writer) error { return write(w, result) }
}
