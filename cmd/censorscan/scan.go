package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/render"
)

type scanOptions struct {
	searchOptions
	outputs     []string
	failOn      string
	minCoverage float64
}

func (o *scanOptions) addFlags(f *pflag.FlagSet) {
	f.StringArrayVarP(&o.outputs, "output", "o", nil, outputUsage("a report", (*scan.Report)(nil)))
	f.StringVar(&o.failOn, "fail-on", "none", "exit 10 when a finding of this kind or a graver one is present: none, term, loader, list")
	f.Float64Var(&o.minCoverage, "min-coverage", 0, "exit 11 when less than this `percent` of the input could be opened")
	o.searchOptions.addFlags(f)
}

func newScanCommand() *cobra.Command {
	var o scanOptions
	c := &cobra.Command{
		Use:   "scan ROM...",
		Short: "Report lists, loaders and terms present in firmware",
		Long: `Unpack firmware (files, folders, or - for standard input), search every byte, and report which blocklists, loaders of such
lists and known terms are present, and what could not be opened. The table goes to standard output, progress to standard error.
A GLOB is matched against path chains as in censorscan extract --help.
` + exitStatus,
		Example: "  censorscan scan miui_rom.zip\n  censorscan scan miui_rom.zip --output json=report.json --fail-on list --min-coverage 99",
		Args:    args(1, -1, "at least one ROM"),
		RunE: func(c *cobra.Command, args []string) error {
			return runScan(c.Context(), o, args, c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	o.addFlags(c.Flags())
	return c
}

func runScan(ctx context.Context, o scanOptions, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	threshold, err := o.threshold()
	if err != nil {
		return err
	}
	outputs, err := parseOutputs(o.outputs, formNames((*scan.Report)(nil))...)
	if err != nil {
		return err
	}
	report, scanErr := o.scan(ctx, args, stdin, stderr)
	if report == nil {
		return scanErr
	}
	forms := formsOf(report, func(w io.Writer) error { return render.Table(w, report, o.console.table(w)) }, o.page)
	if err := writeOutputs(outputs, forms, o.console.quiet, stdout); err != nil {
		return err
	}
	if scanErr != nil {
		return scanErr
	}
	return verdict(report, threshold, o.minCoverage)
}

// severity orders the kinds of findings.
var severity = map[string]int{"none": 4, "list": 3, "loader": 2, "term": 1}

func (o *scanOptions) threshold() (int, error) {
	n, ok := severity[o.failOn]
	if !ok {
		return 0, usageError{fmt.Errorf("--fail-on takes none, term, loader or list, not %q", o.failOn)}
	}
	if !(o.minCoverage >= 0 && o.minCoverage <= 100) {
		return 0, usageError{fmt.Errorf("--min-coverage takes a percentage from 0 to 100")}
	}
	return n, o.check()
}

func verdict(r *scan.Report, threshold int, minCoverage float64) error {
	found := false
	for _, f := range r.Findings {
		grave := severity[string(f.Kind)] >= threshold
		if f.List != nil && f.List.Class == scan.ClassWordCollection {
			grave = false
		}
		found = found || grave
	}
	short := r.Coverage.Percent() < minCoverage || minCoverage > 0 && !r.Complete
	switch {
	case found && short:
		return verdictError{exitBoth}
	case found:
		return verdictError{exitFindings}
	case short:
		return verdictError{exitCoverage}
	}
	return nil
}
