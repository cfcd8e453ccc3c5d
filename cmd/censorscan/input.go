package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/censorscan/censorscan/extract"
)

// openInputs opens files, folders and "-", the standard input. The returned function closes them.
func openInputs(ctx context.Context, paths []string, stdin io.Reader, b *extract.Budget) ([]*extract.Root, func(), error) {
	if first := slices.Index(paths, "-"); first >= 0 && slices.Contains(paths[first+1:], "-") {
		return nil, nil, usageError{errors.New("standard input (-) can be read only once")}
	}
	var roots []*extract.Root
	closeAll := func() {
		for _, r := range roots {
			r.Close()
		}
	}
	for _, p := range paths {
		var r *extract.Root
		var err error
		if p == "-" {
			if r, err = extract.SpoolRoot(ctx, "stdin", stdin, b); err == nil && r.Size() == 0 { // of a pipe that failed, more likely than not
				r.Close()
				err = errors.New("standard input is empty")
			}
		} else {
			r, err = extract.OpenRoot(p)
		}
		if err != nil {
			closeAll()
			return nil, nil, fmt.Errorf("opening the input: %w", err)
		}
		roots = append(roots, r)
	}
	return roots, closeAll, nil
}
