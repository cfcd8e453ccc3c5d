package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formats"
)

type lsOptions struct {
	limits  extract.Limits
	workers int
	depth   int
	xattrs  bool
	console console
}

func newLsCommand() *cobra.Command {
	var o lsOptions
	c := &cobra.Command{
		Use:   "ls ROM...",
		Short: "List the tree of artefacts with formats and sizes",
		Long: `List every artefact: mode, size in bytes, format (of containers), path chain, and the target of links. What cannot be opened is marked
with the reason. Free space and gaps of containers (slack) are left out.
` + exitStatus,
		Args: args(1, -1, "at least one ROM"),
		RunE: func(c *cobra.Command, args []string) error {
			return runLs(c.Context(), o, args, c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().IntVar(&o.depth, "depth", 0, "list containers within containers to this depth only (0: all)")
	c.Flags().BoolVar(&o.xattrs, "xattrs", false, "list extended attributes too")
	c.Flags().IntVar(&o.workers, "workers", 0, "artefacts read at once (0: one per core)")
	addLimitFlags(c.Flags(), &o.limits)
	o.console.addFlags(c.Flags())
	return c
}

func runLs(ctx context.Context, o lsOptions, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	log, err := o.console.logger(stderr)
	if err != nil {
		return err
	}
	if o.console.quiet {
		stdout = io.Discard
	}
	if err := checkLimits(o.limits); err != nil {
		return err
	}
	budget := extract.NewBudget(o.limits)
	limitMemory(o.limits)
	roots, closeInputs, err := openInputs(ctx, args, stdin, budget)
	if err != nil {
		return err
	}
	defer closeInputs()
	out := bufio.NewWriter(stdout)
	for _, root := range roots {
		cov, err := extract.Walk(ctx, root, extract.Options{
			Formats: formats.All(), Joiners: formats.Joiners(), Budget: budget, Workers: o.workers, NoSlack: true,
			Content: func(ctx context.Context, a *extract.Artifact, container bool, c *extract.Content) (any, error) {
				if container && a.Size < 0 {
					a.Size = c.Size() // which is not known of what is read as it is decoded
				}
				if a.Size >= 0 {
					return nil, nil
				}
				// only decoding tells how large it is
				err := c.Pieces(ctx, 0, func(extract.Piece) error { return nil })
				if ctx.Err() != nil {
					err = nil
				}
				return nil, err
			},
			Enter: func(a *extract.Artifact) {
				if o.depth == 0 || a.Depth <= o.depth {
					printArtifact(out, a, o.xattrs)
				}
			},
		})
		logItems(log, slog.LevelInfo, cov.Items)
		var limit *extract.LimitError
		if err := out.Flush(); err != nil {
			return err
		}
		if err != nil && !errors.As(err, &limit) {
			return err
		}
		if limit != nil {
			fmt.Fprintf(stderr, "censorscan: %s: %v\n", root.Name, err)
			return verdictError{exitError}
		}
	}
	return nil
}

func printArtifact(w io.Writer, a *extract.Artifact, xattrs bool) {
	fmt.Fprintf(w, "%s %12d %-10s %s", a.Mode, max(0, a.Size), orDash(a.Format), a.Path)
	if a.Mode&fs.ModeDevice != 0 {
		fmt.Fprintf(w, " (%d, %d)", a.Device[0], a.Device[1])
	}
	if a.Link != "" {
		fmt.Fprintf(w, " -> %q", a.Link)
	}
	if a.PartOf != "" {
		fmt.Fprintf(w, "  [part of %q]", a.PartOf)
	}
	for _, u := range a.Problems {
		if u.Reason != extract.ReasonInterrupted {
			fmt.Fprintf(w, "  [%s: %s]", u.Reason, u.Detail)
		}
	}
	fmt.Fprintln(w)
	if xattrs {
		for _, x := range a.Xattrs {
			fmt.Fprintf(w, "    %q = %q\n", x.Name, x.Value)
		}
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
