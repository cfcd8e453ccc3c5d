package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/evidence"
	"github.com/censorscan/censorscan/wordlists"
)

type verifyOptions struct {
	searchOptions
	sample  float64
	outputs []string
}

func newVerifyCommand() *cobra.Command {
	var o verifyOptions
	c := &cobra.Command{
		Use:   "verify REPORT ROM... | verify EVIDENCE",
		Short: "Find every finding of a report again, with a second search engine",
		Long: `Find every finding of a JSON report again in the files it was made from, given in its order, or in the files of an evidence
folder (see censorscan lists). An independent search engine (github.com/cloudflare/ahocorasick) has to find what the own one finds,
around the findings and in a sample of all other bytes; the text of each list, loader and term is read again at its offset by
independent decoders; the account of bytes has to be the same. What does not hold is listed, and the exit status is 1. Flags of
the scan that change what is searched have to be given again.
` + exitStatus,
		Example: "  censorscan scan miui_rom.zip --output json=report.json\n  censorscan verify report.json miui_rom.zip",
		Args:    args(1, -1, "a report and at least one ROM, or an evidence folder"),
		RunE: func(c *cobra.Command, args []string) error {
			return runVerify(c.Context(), o, args[0], args[1:], c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.Float64Var(&o.sample, "sample", 2, "compare the engines on this `percent` of all bytes (100: on all of them)")
	f.StringArrayVarP(&o.outputs, "output", "o", nil, "write the result: json=`FILE` or table=FILE (- is standard output); repeatable")
	o.searchOptions.addFlags(f)
	return c
}

func runVerify(ctx context.Context, o verifyOptions, reportFile string, roms []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if !(o.sample >= 0 && o.sample <= 100) {
		return usageError{fmt.Errorf("--sample takes a percentage from 0 to 100")}
	}
	if err := o.check(); err != nil {
		return err
	}
	outputs, err := parseOutputs(o.outputs, "json", "table")
	if err != nil {
		return err
	}
	st, err := os.Stat(reportFile)
	if err != nil {
		return fmt.Errorf("opening the report: %w", err)
	}
	if st.IsDir() == (len(roms) > 0) {
		return usageError{errors.New("verify wants a report and at least one ROM, or an evidence folder alone")}
	}
	var report *scan.Report
	var files []scan.Carried
	if st.IsDir() {
		pack, closePack, err := evidence.Open(reportFile)
		if err != nil {
			return fmt.Errorf("%s: %w", reportFile, err)
		}
		defer closePack()
		report, files = pack.Report, pack.Carried
	} else if report, err = readReport(reportFile); err != nil {
		return err
	}
	lists, err := o.chooseWordlists(o.only, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	lists = slices.DeleteFunc(lists, func(l *wordlists.List) bool {
		return !slices.ContainsFunc(report.Wordlists, func(w scan.Wordlist) bool { return w.Name == l.Name })
	})
	s, err := o.open(ctx, lists, roms, nil, stdin, stderr)
	if err != nil {
		return err
	}
	defer s.close()
	var v *scan.Verification
	if st.IsDir() {
		v, err = s.engine.VerifyFiles(ctx, report, files)
	} else {
		v, err = s.engine.Verify(ctx, report, o.sample/100, s.roots...)
	}
	s.finish()
	if err != nil {
		return fmt.Errorf("verifying %s: %w", reportFile, err)
	}
	table := form{"table", func(w io.Writer) error { return printVerification(w, v) }}
	if err := writeOutputs(outputs, []form{jsonForm(v), table}, o.console.quiet, stdout); err != nil {
		return err
	}
	if len(v.Differences) > 0 {
		return verdictError{exitError}
	}
	return nil
}

func printVerification(w io.Writer, v *scan.Verification) error {
	for _, d := range v.Differences {
		fmt.Fprintf(w, "%s: %s", orDash(d.Path), d.Detail)
		if d.Finding != "" {
			fmt.Fprintf(w, " (finding %s)", d.Finding)
		}
		fmt.Fprintln(w)
	}
	_, err := fmt.Fprintf(w, "%d of %d findings confirmed, %d places read again; two engines agree on %d hits in %d bytes of %d artefacts; differences: %d\n",
		v.Confirmed, v.Findings, v.Places, v.Sample.Hits, v.Sample.Bytes, v.Sample.Artifacts, len(v.Differences))
	return err
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
