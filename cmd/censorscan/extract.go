package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/spf13/cobra"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formats"
)

type extractOptions struct {
	limits  extract.Limits
	workers int
	dir     string
	match   []string
	leaves  bool
	depth   int
	slack   bool
	console console
}

func newExtractCommand() *cobra.Command {
	var o extractOptions
	c := &cobra.Command{
		Use:   "extract ROM... -o DIR",
		Short: "Write the artefacts of firmware to a folder",
		Long: `Write every regular artefact to DIR, byte for byte. What a container holds goes to a folder named after it with "!" added, so that the paths
below DIR are the path chains of the reports: rom.zip!/payload.bin!/system!/app/X/X.apk. Links and devices are not written; nothing is ever
written outside DIR. Parts of one image (super.img.0, super.img.1, ...) are written as the image that they make up.

--match takes a glob of a path chain: * and ? stop at / and !, ** does not; a pattern without / and ! is matched against the last name only.
` + exitStatus,
		Example: "  censorscan extract rom.zip -o out --match '**!/app/**.apk'\n  censorscan extract rom.zip -o out --depth 2 --match 'rom.zip!payload.bin!*'",
		Args:    args(1, -1, "at least one ROM"),
		RunE: func(c *cobra.Command, args []string) error {
			return runExtract(c.Context(), o, args, c.InOrStdin(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVarP(&o.dir, "output", "o", "", "folder to write to; made if it is not there")
	f.StringArrayVar(&o.match, "match", nil, "write only what matches `GLOB`; repeatable")
	f.BoolVar(&o.leaves, "leaves", false, "do not write containers themselves, only what holds nothing else")
	f.IntVar(&o.depth, "depth", 0, "open containers within containers to this depth only (0: all)")
	f.BoolVar(&o.slack, "slack", false, "write the unclaimed bytes of containers too")
	f.IntVar(&o.workers, "workers", 0, "artefacts written at once (0: one per core)")
	addLimitFlags(f, &o.limits)
	o.console.addFlags(f)
	return c
}

func runExtract(ctx context.Context, o extractOptions, args []string, stdin io.Reader, stderr io.Writer) error {
	log, err := o.console.logger(stderr)
	if err != nil {
		return err
	}
	if o.dir == "" {
		return usageError{errors.New("extract wants a folder: -o DIR")}
	}
	match, err := compileGlobs(o.match)
	if err != nil {
		return usageError{err}
	}
	if err := checkLimits(o.limits); err != nil {
		return err
	}
	if o.depth > 0 {
		o.limits.Depth = min(o.limits.Depth, o.depth)
	}
	budget := extract.NewBudget(o.limits)
	limitMemory(o.limits)
	roots, closeInputs, err := openInputs(ctx, args, stdin, budget)
	if err != nil {
		return err
	}
	defer closeInputs()
	tree, err := newTreeWriter(o.dir)
	if err != nil {
		return err
	}
	defer tree.close()
	tree.ahead = o.workers != 1
	for _, root := range roots {
		cov, err := extract.Walk(ctx, root, extract.Options{
			Formats: formats.All(), Joiners: formats.Joiners(), Budget: budget, Workers: o.workers, NoSlack: !o.slack,
			Content: func(ctx context.Context, a *extract.Artifact, container bool, c *extract.Content) (any, error) {
				if a.Parent == nil || container && o.leaves || c.Again() || !match(a) {
					return nil, nil
				}
				return nil, tree.write(ctx, a, c)
			},
		})
		if err != nil {
			return err
		}
		if o.depth > 0 { // a depth that the user asked for is no fault
			cov.Items = slices.DeleteFunc(cov.Items, func(it extract.Item) bool { return it.Limit == "depth" })
		}
		logItems(log, slog.LevelWarn, cov.Items)
	}
	fmt.Fprintf(o.console.status(stderr), "%d files, %d bytes written to %s\n", tree.files.Load(), tree.bytes.Load(), o.dir)
	return nil
}
