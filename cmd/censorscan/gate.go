package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/gate"
	"github.com/censorscan/censorscan/scan/render"
)

type gateOptions struct {
	searchOptions
	policy   string
	baseline string
	report   string
	outputs  []string
}

func newGateCommand() *cobra.Command {
	var o gateOptions
	c := &cobra.Command{
		Use:   "gate ROM|REPORT... --policy FILE",
		Short: "Judge firmware by a policy: pass, fail or incomplete",
		Long: `Judge firmware, or a JSON report of it, by a policy (YAML, see scan/gate/policy.schema.json and scan/gate/example/policy.yaml): which
findings fail, warn or pass, and how much has to be opened. --baseline names an older report of the same device: rules with new: true
fit only what it does not have. The verdict fail gives exit status 10, incomplete 11, both 12.
` + exitStatus,
		Example: "  censorscan gate miui_rom.zip --policy policy.yaml --baseline last.json --report report.json",
		Args:    args(1, -1, "firmware or a report"),
		RunE: func(c *cobra.Command, args []string) error {
			return runGate(c.Context(), o, args, c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&o.policy, "policy", "", "the policy, a YAML `FILE`")
	f.StringVar(&o.baseline, "baseline", "", "an older report of the same device, a JSON `FILE`")
	f.StringVar(&o.report, "report", "", "write the report of the scan to a JSON `FILE` too")
	f.StringArrayVarP(&o.outputs, "output", "o", nil, outputUsage("the verdict", (*gate.Result)(nil)))
	o.searchOptions.addFlags(f)
	return c
}

func runGate(ctx context.Context, o gateOptions, inputs []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if o.policy == "" {
		return usageError{fmt.Errorf("gate wants a --policy")}
	}
	if err := o.check(); err != nil {
		return err
	}
	outputs, err := parseOutputs(o.outputs, formNames((*gate.Result)(nil))...)
	if err != nil {
		return err
	}
	if err := checkOutputs([]output{{"json", o.report}}[:min(1, len(o.report))]); err != nil {
		return err
	}
	policy, err := readPolicy(o.policy)
	if err != nil {
		return err
	}
	var baseline *scan.Report
	if o.baseline != "" {
		if baseline, err = readReport(o.baseline); err != nil {
			return fmt.Errorf("the baseline: %w", err)
		}
	}
	var report *scan.Report
	if len(inputs) == 1 && isReport(inputs[0]) {
		if report, err = readReport(inputs[0]); err != nil {
			return err
		}
	} else {
		o.limits = policy.Limits.Apply(o.limits)
		if report, err = o.scan(ctx, inputs, stdin, stderr); err != nil {
			return err
		}
	}
	if o.report != "" {
		if err := writeFile(o.report, jsonForm(report).write); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	result, err := gate.Evaluate(policy, report, baseline, time.Now(), toolInfo())
	if err != nil {
		return err
	}
	forms := formsOf(result, func(w io.Writer) error { return render.Gate(w, result, o.console.table(w)) }, o.page)
	if err := writeOutputs(outputs, forms, o.console.quiet, stdout); err != nil {
		return err
	}
	switch {
	case result.Outcome == gate.Failed && result.Incomplete:
		return verdictError{exitBoth}
	case result.Outcome == gate.Failed:
		return verdictError{exitFindings}
	case result.Incomplete:
		return verdictError{exitCoverage}
	}
	return nil
}

func readPolicy(name string) (*gate.Policy, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("opening the policy: %w", err)
	}
	defer f.Close()
	p, err := gate.ReadPolicy(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}
