package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/diff"
	"github.com/censorscan/censorscan/scan/render"
)

type diffOptions struct {
	searchOptions
	outputs  []string
	failOn   []string
	timeline bool
}

// changes are what diff --fail-on knows.
func changes() []string {
	return []string{"none", "any", "added", "removed", "changed", "moved", "entries", "entries-added", "entries-removed", "loaders", "loaders-added", "terms", "terms-added"}
}

func newDiffCommand() *cobra.Command {
	var o diffOptions
	c := &cobra.Command{
		Use:   "diff OLD NEW | diff --timeline R1 R2...",
		Short: "Compare two releases, list by list",
		Long: `Compare two releases: which lists, loaders and terms came and went, and which entries of each list. OLD and NEW are firmware, folders or
JSON reports. A list that was moved, renamed or written in another encoding is one list. What could not be opened on either side is
named, because a list may only seem to be gone.

--timeline follows each list over any number of releases, given from the oldest to the newest.

--fail-on takes (several with commas): added, removed, changed, moved (lists), entries, entries-added, entries-removed (of lists on
both sides), loaders, loaders-added, terms, terms-added, any, none.
` + exitStatus,
		Example: "  censorscan diff miui_12.5.zip miui_13.zip\n  censorscan diff old.json new.json --output markdown=diff.md --fail-on added,entries-added",
		Args:    args(2, -1, "two releases"),
		RunE: func(c *cobra.Command, args []string) error {
			return runDiff(c.Context(), o, args, c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringArrayVarP(&o.outputs, "output", "o", nil, outputUsage("the result", (*diff.Diff)(nil))+"; with --timeline "+strings.Join(formNames((*diff.Timeline)(nil)), ", "))
	f.StringSliceVar(&o.failOn, "fail-on", []string{"none"}, "exit 10 on these `changes`")
	f.BoolVar(&o.timeline, "timeline", false, "follow each list over all releases given")
	o.searchOptions.addFlags(f)
	return c
}

func runDiff(ctx context.Context, o diffOptions, inputs []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	for _, s := range o.failOn {
		if !slices.Contains(changes(), s) {
			return usageError{fmt.Errorf("--fail-on takes %s, not %q", strings.Join(changes(), ", "), s)}
		}
	}
	if !o.timeline && len(inputs) != 2 {
		return usageError{fmt.Errorf("diff wants two releases; --timeline takes more")}
	}
	names := formNames((*diff.Diff)(nil))
	if o.timeline {
		names = formNames((*diff.Timeline)(nil))
	}
	outputs, err := parseOutputs(o.outputs, names...)
	if err != nil {
		return err
	}
	var reports []*scan.Report
	for _, in := range inputs {
		r, err := o.reportOf(ctx, in, stdin, stderr)
		if err != nil {
			return err
		}
		reports = append(reports, r)
	}
	if o.timeline {
		t, err := diff.Follow(reports, toolInfo())
		if err != nil {
			return err
		}
		forms := formsOf(t, func(w io.Writer) error { return render.Timeline(w, t, o.console.table(w)) }, o.page)
		return writeOutputs(outputs, forms, o.console.quiet, stdout)
	}
	d := diff.Compare(reports[0], reports[1], toolInfo())
	forms := formsOf(d, func(w io.Writer) error { return render.Diff(w, d, o.console.table(w)) }, o.page)
	if err := writeOutputs(outputs, forms, o.console.quiet, stdout); err != nil {
		return err
	}
	if slices.ContainsFunc(o.failOn, func(change string) bool { return happened(d, change) }) {
		return verdictError{exitFindings}
	}
	return nil
}

// reportOf reads a report, or scans firmware for one.
func (o *searchOptions) reportOf(ctx context.Context, input string, stdin io.Reader, stderr io.Writer) (*scan.Report, error) {
	if isReport(input) {
		return readReport(input)
	}
	return o.scan(ctx, []string{input}, stdin, stderr)
}

// happened tells whether a diff holds a change of --fail-on.
func happened(d *diff.Diff, change string) bool {
	c := d.Counts
	switch change {
	case "any":
		return !d.Empty()
	case "added", "removed", "changed", "moved":
		return c.Lists[diff.Status(change)] > 0
	case "entries":
		return c.EntriesAdded+c.EntriesRemoved > 0
	case "entries-added":
		return c.EntriesAdded > 0
	case "entries-removed":
		return c.EntriesRemoved > 0
	case "loaders":
		return len(d.Loaders) > 0
	case "loaders-added":
		return c.Loaders[diff.Added] > 0
	case "terms":
		return len(d.Terms) > 0
	case "terms-added":
		return c.Terms[diff.Added] > 0
	}
	return false
}
