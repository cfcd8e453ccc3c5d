package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formats"
	"github.com/censorscan/censorscan/extract/media"
	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/evidence"
	"github.com/censorscan/censorscan/scan/export"
	"github.com/censorscan/censorscan/scan/render"
)

type listsOptions struct {
	searchOptions
	export   string
	evidence string
}

func newListsCommand() *cobra.Command {
	var o listsOptions
	c := &cobra.Command{
		Use:   "lists ROM... | lists REPORT [ROM...]",
		Short: "Print the lists of firmware or of a report; write them to files",
		Long: `Print the lists that are present in firmware, or in a JSON report, with every entry.

--export writes each list to a new folder: as lines of UTF-8, as CSV, and in the layout of the Citizen Lab's tables, with a
manifest of hashes. --evidence writes a small folder that proves the report: the files that carry the findings, the chain of
containers that leads to each, the hashes of all, and the report; censorscan verify checks it without the firmware. With a report,
the firmware it was made from has to be given too for that.
` + exitStatus,
		Example: "  censorscan lists miui_rom.zip --export lists/\n  censorscan lists report.json miui_rom.zip --evidence evidence/",
		Args:    args(1, -1, "at least one ROM, or a report"),
		RunE: func(c *cobra.Command, args []string) error {
			return runLists(c.Context(), o, args, c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&o.export, "export", "", "write each list to files in the new folder `DIR`")
	c.Flags().StringVar(&o.evidence, "evidence", "", "write the files that carry findings to the new folder `DIR`")
	o.searchOptions.addFlags(c.Flags())
	return c
}

func runLists(ctx context.Context, o listsOptions, inputs []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.evidence != "" && slices.Contains(inputs, "-") {
		return usageError{errors.New("--evidence reads the firmware twice: standard input cannot be")}
	}
	var report *scan.Report
	var err error
	roms := inputs
	if isReport(inputs[0]) {
		roms = inputs[1:]
		if o.evidence != "" && len(roms) == 0 {
			return usageError{errors.New("--evidence needs the firmware that the report was made from")}
		}
		if report, err = readReport(inputs[0]); err != nil {
			return err
		}
	} else if report, err = o.scan(ctx, inputs, stdin, stderr); err != nil {
		return err
	}
	if !o.console.quiet {
		if err := render.Lists(stdout, report, o.console.table(stdout)); err != nil {
			return err
		}
	}
	if o.export != "" {
		lists, err := o.chooseWordlists(nil, slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		dir, err := newFolder(o.export)
		if err != nil {
			return err
		}
		defer dir.Close()
		m, err := export.Lists(dir, report, lists)
		if err != nil {
			return err
		}
		o.console.say(stderr, "%d lists written to %s", len(m.Lists), o.export)
	}
	if o.evidence != "" {
		return o.pack(ctx, report, roms, stdin, stderr)
	}
	return nil
}

// pack writes the evidence.
func (o *listsOptions) pack(ctx context.Context, report *scan.Report, roms []string, stdin io.Reader, stderr io.Writer) error {
	dir, err := newFolder(o.evidence)
	if err != nil {
		return err
	}
	defer dir.Close()
	budget := extract.NewBudget(o.limits)
	roots, closeInputs, err := openInputs(ctx, roms, stdin, budget)
	if err != nil {
		return err
	}
	defer closeInputs()
	m, err := evidence.Pack(ctx, dir, report, extract.Options{
		Formats: formats.All(), Joiners: formats.Joiners(), Opaque: true, Media: media.All(), Budget: budget, Workers: o.workers,
	}, roots...)
	if err != nil {
		return fmt.Errorf("writing the evidence: %w", err)
	}
	carried := 0
	for _, f := range m.Files {
		if f.Carried != nil {
			carried++
		}
	}
	o.console.say(stderr, "%d of %d files with findings written to %s", carried, len(m.Files), o.evidence)
	return nil
}

// newFolder makes a folder, or takes one with nothing in it: nothing is overwritten.
func newFolder(path string) (*os.Root, error) {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder: %w", err)
	}
	files, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("reading the folder: %w", err)
	}
	if len(files) > 0 {
		return nil, fmt.Errorf("the folder %s is not empty: nothing is overwritten", path)
	}
	return os.OpenRoot(path)
}

// isReport tells a JSON report from firmware, by its beginning.
func isReport(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 256)
	n, _ := io.ReadFull(f, head)
	text := bytes.TrimLeft(head[:n], " \t\r\n\ufeff")
	return bytes.HasPrefix(text, []byte("{")) && bytes.Contains(text, []byte(`"censorscan.`))
}
