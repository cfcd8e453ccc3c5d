package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formats"
	"github.com/censorscan/censorscan/extract/media"
	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/render"
	"github.com/censorscan/censorscan/scan/selftest"
)

type selftestOptions struct {
	outputs []string
	console console
}

func newSelftestCommand() *cobra.Command {
	var o selftestOptions
	c := &cobra.Command{
		Use:   "selftest",
		Short: "Prove that this program finds planted lists",
		Long: `Build small images in memory, with a planted list in each: every format, shape of list and encoding that this program claims to read. Scan
them with this program's own engine and wordlists, and prove that each list is found whole and in order, and that nothing is found in a
clean counterpart. Formats that cannot be written here come with the program as samples that other tools made. What no case proves is
named as not covered. The report (json=FILE) is made for the file of an accredited laboratory: versions, hashes of the program, of the
wordlists and of every image, a record for each case, and totals. The exit status is 1 when a case fails.
` + exitStatus,
		Example: "  censorscan selftest --output json=selftest.json",
		Args:    args(0, 0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			return runSelftest(c.Context(), o, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().StringArrayVarP(&o.outputs, "output", "o", nil, "write the report: json=`FILE` or table=FILE (- is standard output); repeatable")
	o.console.addFlags(c.Flags())
	return c
}

func runSelftest(ctx context.Context, o selftestOptions, stdout, stderr io.Writer) error {
	outputs, err := parseOutputs(o.outputs, "json", "table")
	if err != nil {
		return err
	}
	if _, err := o.console.logger(stderr); err != nil {
		return err
	}
	lists, err := new(searchOptions).chooseWordlists(nil, nil)
	if err != nil {
		return err
	}
	engine, err := scan.New(scan.Options{
		Wordlists: lists, Formats: formats.All(), Joiners: formats.Joiners(), Media: media.All(), Limits: extract.DefaultLimits(), Tool: toolInfo(),
	})
	if err != nil {
		return err
	}
	program, err := programHash()
	if err != nil {
		return fmt.Errorf("hashing the program: %w", err)
	}
	bar := o.console.counter(stderr)
	report, runErr := selftest.Run(ctx, selftest.Options{
		Scanner: engine, Formats: formats.All(), Joiners: formats.Joiners(), Tool: toolInfo(), Executable: program, Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Now: time.Now, Progress: bar.update,
	})
	bar.finish()
	if report == nil {
		return runErr
	}
	table := form{"table", func(w io.Writer) error { return render.Selftest(w, report, o.console.table(w)) }}
	if err := writeOutputs(outputs, []form{jsonForm(report), table}, o.console.quiet, stdout); err != nil {
		return err
	}
	if runErr != nil {
		return runErr
	}
	if report.Totals.Failed > 0 {
		return verdictError{exitError}
	}
	return nil
}

// programHash is the SHA-256 of the program file.
func programHash() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
