package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/diff"
	"github.com/censorscan/censorscan/scan/render"
	"github.com/censorscan/censorscan/wordlists"
)

// htmlForm writes a result as a page, with the glosses of all wordlists at hand, whichever were searched for.
func (o *searchOptions) htmlForm(result any) form {
	return form{"html", func(w io.Writer) error {
		lists, err := o.chooseWordlists(nil, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		page := render.HTML{Glosses: wordlists.GlossesOf(lists)}
		switch r := result.(type) {
		case *scan.Report:
			return page.Report(w, r)
		case *diff.Diff:
			return page.Diff(w, r)
		case *diff.Timeline:
			return page.Timeline(w, r)
		}
		return fmt.Errorf("a page of a %T cannot be written", result)
	}}
}
