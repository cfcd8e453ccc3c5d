package main

import (
	"cmp"
	"fmt"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/censorscan/censorscan/cmd/censorscan/settings"
)

// addSettings lets a file and the environment set the flags of all commands below root.
func addSettings(root *cobra.Command) {
	root.PersistentFlags().String("config", "", "read settings from `FILE`, or from none if it is empty (default: censorscan.yaml in the current or the user's folder)")
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error {
		if strings.HasPrefix(c.Name(), "__") || c.Name() == "help" || c.HasParent() && c.Parent().Name() == "completion" {
			return nil
		}
		s, err := loadSettings(c)
		if err != nil {
			return err
		}
		if err := s.Apply(c); err != nil {
			return usageError{err}
		}
		return nil
	}
}

func loadSettings(c *cobra.Command) (*settings.Settings, error) {
	f := c.Root().PersistentFlags().Lookup("config")
	file := f.Value.String()
	if !f.Changed {
		file = cmp.Or(os.Getenv("CENSORSCAN_CONFIG"), settings.Find())
	}
	s, err := settings.Load(c.Root(), file, os.Environ())
	if err != nil {
		return nil, usageError{err}
	}
	return s, nil
}

func newConfigCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Show the settings of all commands and where they come from",
		Long: `Every flag of every command is a setting. It takes the first of these that there is:
  1. the flag on the command line;
  2. the environment: CENSORSCAN_SCAN_FAIL_ON for one command, CENSORSCAN_MAX_MEMORY for all commands that have the flag;
  3. the file: --config FILE, CENSORSCAN_CONFIG, censorscan.yaml in the current folder, or censorscan/censorscan.yaml in the user's folder of
     configurations (~/.config on Linux), the first that there is;
  4. the default.
The file is YAML: the names of flags, and under the name of a command those that hold for it alone. Flags that can be repeated take a list,
in the environment one value a line; an empty variable counts as none. A name that is no setting is an error with file and line.

  max-memory: 1GiB
  scan:
    fail-on: list
    output: [json=report.json]
` + exitStatus,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q: config takes show", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newConfigShow())
	return c
}

func newConfigShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show [COMMAND...]",
		Short:   "Print every setting with its value and where it comes from",
		Long:    "Print every setting of a command, or of all, with its value and where it comes from.\n" + exitStatus,
		Example: "  censorscan config show scan",
		Args:    args(0, -1, ""),
		RunE: func(c *cobra.Command, names []string) error {
			target, rest, err := c.Root().Find(names)
			if err != nil || len(rest) > 0 {
				return usageError{fmt.Errorf("there is no command %q", strings.Join(names, " "))}
			}
			s, err := loadSettings(c)
			if err != nil {
				return err
			}
			rows, err := s.Rows(target)
			if err != nil {
				return usageError{err}
			}
			t := newTable(c.OutOrStdout())
			t.AppendHeader(table.Row{"COMMAND", "SETTING", "VALUE", "FROM"})
			for _, r := range rows {
				t.AppendRow(table.Row{r.Command, r.Name, r.Value, r.Origin})
			}
			t.Render()
			return nil
		},
	}
}
