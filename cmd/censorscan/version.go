package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/censorscan/censorscan/scan"
)

// version is set by the linker in release builds.
var version = "0.1.0-dev"

// toolInfo describes this program for reports.
func toolInfo() scan.Tool {
	t := scan.Tool{Name: "censorscan", Version: version, Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				t.Commit = s.Value
			}
		}
	}
	return t
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of the program and its wordlists",
		Long:  "Print the version of the program, and of the wordlists in it with their SHA-256.\n" + exitStatus,
		Args:  args(0, 0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			t := toolInfo()
			fmt.Fprintf(c.OutOrStdout(), "%s %s (%s, %s/%s)\n", t.Name, t.Version, t.Go, runtime.GOOS, runtime.GOARCH)
			if t.Commit != "" {
				fmt.Fprintf(c.OutOrStdout(), "commit %s\n", t.Commit)
			}
			return printWordlists(c.OutOrStdout(), nil)
		},
	}
}
