package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formats"
	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/wordlists"
)

type verifyOptions struct {
	limits      extract.Limits
	workers     int
	checkHashes bool
	wordlists   []string
	include     []string
	exclude     []string
	sample      float64
	all         bool
	output      string
	console     console
}

func newVerifyCommand() *cobra.Command {
	var o verifyOptions
	c := &cobra.Command{
		Use:   "verify REPORT ROM...",
		Short: "Find every finding of a report again, with a second search engine",
		Long: `Find every finding of a JSON report again in the files it was made from, given in its order. An independent search engine
(github.com/cloudflare/ahocorasick) has to find what the own one finds, around the findings and in a sample of all other bytes;
the text of each list, loader and term is read again at its offset by independent decoders; the account of bytes has to be
the same. What does not hold is listed, and the exit status is 1. Flags of the scan that change what is searched (--wordlist,
--include, --exclude, --check-hashes, --all, limits) have to be given again.
` + exitStatus,
		Example: "  censorscan scan miui_rom.zip --output json=report.json\n  censorscan verify report.json miui_rom.zip",
		Args:    args(2, -1, "a report and at least one ROM"),
		RunE: func(c *cobra.Command, args []string) error {
			return runVerify(c.Context(), o, args[0], args[1:], c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.Float64Var(&o.sample, "sample", 2, "compare the engines on this `percent` of all bytes (100: on all of them)")
	f.StringVarP(&o.output, "output", "o", "", "write the result: json=`FILE` (- is standard output)")
	f.StringArrayVar(&o.wordlists, "wordlist", nil, "the terms of `FILE` were searched for too; repeatable")
	f.StringArrayVar(&o.include, "include", nil, "only artefacts that match `GLOB` were searched; repeatable")
	f.StringArrayVar(&o.exclude, "exclude", nil, "what matches `GLOB` was left out; repeatable")
	f.BoolVar(&o.checkHashes, "check-hashes", false, "the hashes that containers carry were checked")
	f.BoolVar(&o.all, "all", false, "word collections were reported too")
	f.IntVar(&o.workers, "workers", 0, "artefacts read at once (0: one per core)")
	addLimitFlags(f, &o.limits)
	o.console.addFlags(f)
	return c
}

func runVerify(ctx context.Context, o verifyOptions, reportFile string, roms []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if o.sample < 0 || o.sample > 100 {
		return usageError{fmt.Errorf("--sample %v: a percentage is 0 to 100", o.sample)}
	}
	var outputs []output
	if o.output != "" {
		var err error
		if outputs, err = parseOutputs([]string{o.output}); err != nil {
			return err
		}
		if err := checkOutputs(outputs); err != nil {
			return err
		}
	}
	report, err := readReport(reportFile)
	if err != nil {
		return err
	}
	include, exclude, err := compileFilters(o.include, o.exclude)
	if err != nil {
		return usageError{err}
	}
	lists, err := chooseWordlists(nil, o.wordlists)
	if err != nil {
		return err
	}
	lists = slices.DeleteFunc(lists, func(l *wordlists.List) bool {
		return !slices.ContainsFunc(report.Wordlists, func(w scan.Wordlist) bool { return w.Name == l.Name })
	})
	limitMemory(o.limits)
	roots, closeInputs, err := openInputs(ctx, roms, stdin, extract.NewBudget(o.limits))
	if err != nil {
		return err
	}
	defer closeInputs()
	progress := o.console.progress(stderr, roots)
	engine, err := scan.New(scan.Options{
		Wordlists: lists, Formats: formats.All(), Joiners: formats.Joiners(), Limits: o.limits, Workers: o.workers, CheckHashes: o.checkHashes,
		All: o.all, Include: include, Exclude: exclude, Tool: toolInfo(), Progress: progress.update,
	})
	if err != nil {
		return err
	}
	v, err := engine.Verify(ctx, report, o.sample/100, roots...)
	progress.finish()
	if err != nil {
		return fmt.Errorf("verifying %s: %w", reportFile, err)
	}
	for _, out := range outputs {
		if err := out.write(stdout, v); err != nil {
			return err
		}
	}
	if !o.console.quiet && o.output != "json=-" {
		printVerification(stdout, v)
	}
	if len(v.Differences) > 0 {
		return verdictError{exitError}
	}
	return nil
}

func printVerification(w io.Writer, v *scan.Verification) {
	for _, d := range v.Differences {
		fmt.Fprintf(w, "%s: %s", orDash(d.Path), d.Detail)
		if d.Finding != "" {
			fmt.Fprintf(w, " (finding %s)", d.Finding)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%d of %d findings confirmed, %d places read again; two engines agree on %d hits in %d bytes of %d artefacts; differences: %d\n",
		v.Confirmed, v.Findings, v.Places, v.Sample.Hits, v.Sample.Bytes, v.Sample.Artifacts, len(v.Differences))
}

// readReport reads the JSON form of a report.
func readReport(name string) (*scan.Report, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("opening the report: %w", err)
	}
	defer f.Close()
	r, err := scan.ReadReport(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}
