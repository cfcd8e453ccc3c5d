package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/censorscan/censorscan/cmd/censorscan/manual"
)

// TestDocsGolden keeps the folder docs what the commands say of themselves; -update rewrites it.
func TestDocsGolden(t *testing.T) {
	root := newRootCommand()
	root.InitDefaultCompletionCmd("scan")
	want := map[string]bool{}
	for _, p := range manual.Pages(root) {
		if strings.Contains(p.Name, "completion") && strings.Count(p.Name, "_")+strings.Count(p.Name, "-") > 1 {
			continue // one page tells of all shells
		}
		path := filepath.Join("docs", p.Name)
		want[path] = true
		old, err := os.ReadFile(path)
		if err == nil && string(old) == p.Text {
			continue
		}
		if !*update {
			t.Errorf("%s is not what the command says: make generate", path)
			continue
		}
		if err := os.WriteFile(path, []byte(p.Text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob("docs/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !want[f] {
			if *update {
				os.Remove(f)
			} else {
				t.Errorf("%s is of no command: make generate", f)
			}
		}
	}
}

// TestEveryHelpTellsTheExitStatus holds for every command of our own.
func TestEveryHelpTellsTheExitStatus(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if !strings.Contains(c.Long, "EXIT STATUS") || c.Short == "" {
			t.Errorf("%s: no exit status or no summary", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRootCommand())
}

func complete(t *testing.T, args ...string) []string {
	t.Helper()
	var out bytes.Buffer
	if code := run(context.Background(), append([]string{"__completeNoDesc"}, args...), nil, &out, io.Discard); code != 0 {
		t.Fatalf("%q: exit code %d", args, code)
	}
	return strings.Split(strings.TrimSpace(out.String()), "\n")
}

func TestCompletion(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"scan --only ", "ncsc-2021 political loaders"},
		{"scan --fail-on ", "none term loader list"},
		{"scan --log-level ", "debug info warn error"},
		{"scan --output ", "json= table="},
		{"selftest --output ", "json= table="},
		{"verify --output ", "json= table="},
		{"diff --output ", "json= markdown= csv= table="},
		{"diff --fail-on ", "added entries-removed none"},
		{"gate --output ", "json= table="},
		{"gate --policy ", "yaml"},
		{"wordlist import --kind ", "terms context loaders endpoints"},
		{"wordlist import --format ", "tsv lines csv json"},
		{"wordlist export --format ", "tsv lines csv json"},
		{"wordlist show ", "political"},
		{"wo", "wordlist"},
		{"completion ", "bash zsh fish powershell"},
	} {
		i := strings.LastIndex(c.args, " ")
		got := complete(t, append(strings.Fields(c.args[:i+1]), c.args[i+1:])...)
		for _, w := range strings.Fields(c.want) {
			if !slices.Contains(got, w) {
				t.Errorf("%q gives %q without %s", c.args, got, w)
			}
		}
	}
}

// TestChoices reads the values of flags out of help texts.
func TestChoices(t *testing.T) {
	seen := 0
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			for range choices(f.Usage) {
				seen++
			}
		})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRootCommand())
	if seen < 20 {
		t.Errorf("%d values in the help texts", seen)
	}
	for usage, want := range map[string]string{
		"messages on standard error: debug, info, warn, error": "debug info warn error",
		"tsv, lines, csv or json":                              "tsv lines csv json",
		"what a hit means: terms, context (default: terms)":    "terms context",
		"neither open nor search what matches, or that":        "",
	} {
		if got := strings.Join(choices(usage), " "); got != want {
			t.Errorf("%q: %q, want %q", usage, got, want)
		}
	}
	for usage, want := range map[string]string{
		"write a report: json=`FILE` or table=FILE (- is standard output); repeatable": "json table",
		"write the result: json, markdown, csv or table=`FILE` (-)":                    "json markdown csv table",
		"write it: `FORM=FILE` with a FORM of json, sarif, junit (- is)":               "json sarif junit",
		"search for the terms of `FILE` too":                                           "",
	} {
		if got := strings.Join(outputForms(usage), " "); got != want {
			t.Errorf("%q: %q, want %q", usage, got, want)
		}
	}
}
