package main

import (
	"log/slog"

	"github.com/censorscan/censorscan/scan/render"
	"github.com/censorscan/censorscan/wordlists"
)

// page is how results are written as pages: with the glosses of all wordlists at hand, whichever were searched for.
func (o *searchOptions) page() (render.HTML, error) {
	lists, err := o.chooseWordlists(nil, slog.New(slog.DiscardHandler))
	if err != nil {
		return render.HTML{}, err
	}
	return render.HTML{Glosses: wordlists.GlossesOf(lists)}, nil
}
