package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/diff"
	"github.com/censorscan/censorscan/scan/gate"
	"github.com/censorscan/censorscan/scan/render"
)

type renderOptions struct {
	format  string
	output  string
	console console
}

func newRenderCommand() *cobra.Command {
	var o renderOptions
	c := &cobra.Command{
		Use:   "render REPORT --format FORM",
		Short: "Write a saved report in another form",
		Long: `Write what --output json=FILE has saved, a report, a diff, a timeline or a verdict (- is standard input), in another form. The file
tells which of these it is. The forms:

` + formsHelp() + exitStatus,
		Example: "  censorscan render report.json --format sarif -o report.sarif\n  censorscan render diff.json --format markdown",
		Args:    args(1, 1, "one report"),
		RunE: func(c *cobra.Command, args []string) error {
			return runRender(o, args[0], c.InOrStdin(), c.OutOrStdout())
		},
	}
	c.Flags().StringVarP(&o.format, "format", "f", "table", "the `FORM`: "+strings.Join(savedResults()[0].forms, ", "))
	c.Flags().StringVarP(&o.output, "output", "o", "-", "the `FILE` to write, - for standard output")
	return c
}

// saved is a kind of result that can be read again.
type saved struct {
	name, schema string
	forms        []string
	read         func(io.Reader, *console) ([]form, error)
}

// savedResults are all kinds, the report first.
func savedResults() []saved {
	return []saved{
		savedAs("report", scan.Schema, scan.ReadReport, render.Table),
		savedAs("diff", diff.Schema, diff.Read, render.Diff),
		savedAs("timeline", diff.TimelineSchema, diff.ReadTimeline, render.Timeline),
		savedAs("verdict", gate.Schema, gate.Read, render.Gate),
	}
}

func savedAs[T any](name, schema string, read func(io.Reader) (*T, error), table func(io.Writer, *T, render.TableOptions) error) saved {
	schema, _, _ = strings.Cut(schema, "/")
	return saved{name, schema, formNames((*T)(nil)), func(r io.Reader, c *console) ([]form, error) {
		result, err := read(r)
		if err != nil {
			return nil, err
		}
		return formsOf(result, func(w io.Writer) error { return table(w, result, c.table(w)) }, (&searchOptions{}).page), nil
	}}
}

func formsHelp() string {
	var b strings.Builder
	for _, r := range savedResults() {
		fmt.Fprintf(&b, "  %-9s %s\n", r.name, strings.Join(r.forms, ", "))
	}
	return b.String()
}

func runRender(o renderOptions, name string, stdin io.Reader, stdout io.Writer) error {
	kinds := savedResults()
	if !slices.ContainsFunc(kinds, func(k saved) bool { return slices.Contains(k.forms, o.format) }) {
		return usageError{fmt.Errorf("--format takes %s, not %q", strings.Join(kinds[0].forms, ", "), o.format)}
	}
	outputs := []output{{o.format, o.output}}
	if err := checkOutputs(outputs); err != nil {
		return err
	}
	raw, err := readAll(name, stdin)
	if err != nil {
		return fmt.Errorf("reading the report: %w", err)
	}
	schema := schemaOf(raw)
	kind := kinds[max(0, slices.IndexFunc(kinds, func(k saved) bool { return k.schema == schema }))] // what is of no kind, the reader of reports explains
	forms, err := kind.read(bytes.NewReader(raw), &o.console)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if !slices.Contains(kind.forms, o.format) {
		return usageError{fmt.Errorf("%s is a %s, of which the forms are %s, not %q", name, kind.name, strings.Join(kind.forms, ", "), o.format)}
	}
	return writeOutputs(outputs, forms, true, stdout)
}

// readAll reads a file, or standard input for "-".
func readAll(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(name)
}

// schemaOf is the field "schema" of a JSON object without its version, "" if there is none as far as the text goes.
func schemaOf(raw []byte) string {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return ""
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return ""
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return ""
		}
		if key == "schema" {
			var schema string
			if err := json.Unmarshal(value, &schema); err != nil {
				return ""
			}
			schema, _, _ = strings.Cut(schema, "/")
			return schema
		}
	}
	return ""
}
