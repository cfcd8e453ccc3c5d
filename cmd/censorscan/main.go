// Command censorscan unpacks phone firmware and reports which keyword blocklists, loaders of such lists and known terms are present in it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes, the same for every command.
const (
	exitDone        = 0
	exitError       = 1
	exitUsage       = 2
	exitFindings    = 10
	exitCoverage    = 11
	exitBoth        = 12
	exitInterrupted = 130
)

const exitStatus = `
EXIT STATUS
  0    done, nothing at or above --fail-on
  1    error
  2    usage
  10   findings at or above --fail-on
  11   coverage below --min-coverage
  12   both 10 and 11
  130  interrupted`

// verdictError ends the program with a code of its own; what there is to say was already printed.
type verdictError struct{ code int }

func (e verdictError) Error() string { return fmt.Sprintf("exit %d", e.code) }

// usageError is a fault of the command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the program without its process.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return exitCode(root.ExecuteContext(ctx), stderr)
}

func exitCode(err error, stderr io.Writer) int {
	var verdict verdictError
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &verdict):
		return verdict.code
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "censorscan: interrupted")
		return exitInterrupted
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "censorscan: %v\n(censorscan --help tells how it is used)\n", err)
		return exitUsage
	}
	fmt.Fprintf(stderr, "censorscan: %v\n", err)
	return exitError
}

func newRootCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "censorscan",
		Short: "Find keyword blocklists in phone firmware",
		Long: `censorscan unpacks phone firmware (OTA zips, payload.bin, file system images, apps, ...), searches every byte for the
terms of its wordlists in every common encoding, recovers the lists that the terms belong to, and reports what is present,
together with an account of what could not be opened.
` + exitStatus,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	c.AddCommand(newScanCommand(), newDiffCommand(), newGateCommand(), newRenderCommand(), newListsCommand(), newVerifyCommand(), newLsCommand(), newExtractCommand(), newWordlistCommand(), newSelftestCommand(), newConfigCommand(), newVersionCommand())
	addSettings(c)
	addCompletions(c)
	return c
}

// args checks the number of arguments; max below 0 is no limit.
func args(min, max int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < min || max >= 0 && len(args) > max {
			return usageError{fmt.Errorf("%s wants %s", c.CommandPath(), what)}
		}
		return nil
	}
}
