package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/censorscan/censorscan/wordlists"
)

// chooseWordlists selects embedded lists and adds those of the user's files. Terms that stand in a file twice are told to log.
func (o *searchOptions) chooseWordlists(only []string, log *slog.Logger) ([]*wordlists.List, error) {
	lists, err := wordlists.Builtin()
	if err != nil {
		return nil, err
	}
	for _, file := range o.wordlists {
		l, err := readWordlist(file, nil, wordlists.ImportOptions{})
		if err != nil {
			return nil, err
		}
		twice, err := wordlists.Searchable(file, l, o.short)
		if err != nil {
			return nil, err
		}
		for _, t := range twice {
			log.Info("a term stands there twice", "term", t)
		}
		lists = append(lists, l)
	}
	chosen, err := wordlists.Select(lists, only)
	if err != nil {
		return nil, usageError{err}
	}
	for _, l := range lists {
		if l.Kind == wordlists.KindReference && !slices.Contains(chosen, l) {
			chosen = append(chosen, l)
		}
	}
	return chosen, nil
}

// readWordlist imports a file; "-" is standard input.
func readWordlist(file string, stdin io.Reader, o wordlists.ImportOptions) (*wordlists.List, error) {
	if file == "-" {
		return wordlists.Import("stdin", stdin, o)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return wordlists.Import(filepath.Base(file), f, o)
}

func newWordlistCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "wordlist",
		Short: "List, show, check, import and export wordlists",
		Long:  "Work with the wordlists that a scan searches for: the embedded ones, by name, and files.\n" + exitStatus,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q: wordlist takes ls, show, check, import or export", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newWordlistLs(), newWordlistShow(), newWordlistCheck(), newWordlistImport(), newWordlistExport())
	return c
}

func newWordlistLs() *cobra.Command {
	return &cobra.Command{
		Use:   "ls",
		Short: "List the embedded wordlists",
		Long:  "List the embedded wordlists with kind, version, number of terms and SHA-256.\n" + exitStatus,
		Args:  args(0, 0, "no arguments"),
		RunE:  func(c *cobra.Command, _ []string) error { return printWordlists(c.OutOrStdout(), nil) },
	}
}

// printWordlists prints a line for each list; nil stands for the embedded ones.
func printWordlists(w io.Writer, lists []*wordlists.List) error {
	if lists == nil {
		var err error
		if lists, err = wordlists.Builtin(); err != nil {
			return err
		}
	}
	t := newTable(w)
	t.AppendHeader(table.Row{"NAME", "KIND", "VERSION", "TERMS", "SHA-256"})
	for _, l := range lists {
		t.AppendRow(table.Row{l.Name, l.Kind, l.Version, len(l.Terms), l.SHA256})
	}
	t.Render()
	return nil
}

// newTable is a table without lines, for lists that other programs may cut up.
func newTable(w io.Writer) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft = ""
	style.Box.PaddingRight = "  "
	t.SetStyle(style)
	return t
}

// findWordlist is an embedded list by its name, else a file.
func findWordlist(nameOrFile string, stdin io.Reader) (*wordlists.List, error) {
	lists, err := wordlists.Builtin()
	if err != nil {
		return nil, err
	}
	for _, l := range lists {
		if l.Name == nameOrFile {
			return l, nil
		}
	}
	l, err := readWordlist(nameOrFile, stdin, wordlists.ImportOptions{})
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s is neither an embedded wordlist nor a file", nameOrFile)
	}
	return l, err
}

func newWordlistShow() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME|FILE",
		Short: "Print the terms of a wordlist with category and gloss",
		Long:  "Print the header and the terms of a wordlist: an embedded one by name, or a file.\n" + exitStatus,
		Args:  args(1, 1, "one wordlist"),
		RunE: func(c *cobra.Command, args []string) error {
			l, err := findWordlist(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			w := c.OutOrStdout()
			fmt.Fprintf(w, "%s  %s  version %s  %d terms  sha256 %s\n", l.Name, l.Kind, orDash(l.Version), len(l.Terms), l.SHA256)
			if l.Description != "" {
				fmt.Fprintln(w, l.Description)
			}
			t := newTable(w)
			t.AppendHeader(table.Row{"TERM", "LANGUAGE", "CATEGORY", "GLOSS", "SOURCES"})
			for _, x := range l.Terms {
				t.AppendRow(table.Row{x.Text, x.Language, x.Category, x.Gloss, strings.Join(x.Sources, "; ")})
			}
			t.Render()
			return nil
		},
	}
}

func newWordlistCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check [NAME|FILE...]",
		Short: "Check wordlists for terms that would mislead a scan",
		Long:  "Check wordlists (all embedded ones if none is named) for duplicates, terms too short, control characters and the like.\n" + exitStatus,
		Args:  args(0, -1, ""),
		RunE: func(c *cobra.Command, args []string) error {
			lists, err := wordlists.Builtin()
			if err != nil {
				return err
			}
			if len(args) > 0 {
				lists = nil
			}
			for _, a := range args {
				l, err := findWordlist(a, c.InOrStdin())
				if err != nil {
					return err
				}
				lists = append(lists, l)
			}
			problems := 0
			for _, l := range lists {
				for _, p := range wordlists.Check(l) {
					problems++
					fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", l.Name, p)
				}
			}
			if problems > 0 {
				return fmt.Errorf("%d problems", problems)
			}
			return nil
		},
	}
}

func newWordlistImport() *cobra.Command {
	var o wordlists.ImportOptions
	var format, kind, file string
	var reference bool
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Turn a list of any known form into a wordlist",
		Long: `Read a list (one term per line, CSV, the JSON answer of MiAdBlacklistConfig, JSON arrays, Citizen Lab CSV; UTF-8, UTF-16, GBK or Big5) and write it
as a wordlist for --wordlist. What is wrong is named with its line.
` + exitStatus,
		Args: args(1, 1, "one file, or - for standard input"),
		RunE: func(c *cobra.Command, args []string) error {
			o.Format, o.Kind = wordlists.Format(format), wordlists.Kind(kind)
			l, err := readWordlist(args[0], c.InOrStdin(), o)
			if err != nil {
				return err
			}
			if reference {
				l.Kind = wordlists.KindReference
			}
			return exportTo(c.OutOrStdout(), file, l, wordlists.FormatTSV)
		},
	}
	c.Flags().StringVar(&format, "format", "", "form of the list: tsv, lines, csv, json (default: by content)")
	c.Flags().StringVar(&o.Column, "column", "", "CSV: name or number of the column with the terms (default: by content)")
	c.Flags().StringVar(&kind, "kind", "", "what a hit means: terms, context, loaders, endpoints, reference (default: the list's own, else terms)")
	c.Flags().BoolVar(&reference, "as-reference", false, "as a public list that found lists are compared with; its terms are not searched for")
	c.Flags().StringVarP(&file, "output", "o", "-", "write to `FILE`")
	return c
}

func newWordlistExport() *cobra.Command {
	var format, file string
	c := &cobra.Command{
		Use:   "export NAME|FILE",
		Short: "Write a wordlist as TSV, lines, CSV or JSON",
		Long:  "Write an embedded wordlist or a file in another form.\n" + exitStatus,
		Args:  args(1, 1, "one wordlist"),
		RunE: func(c *cobra.Command, args []string) error {
			l, err := findWordlist(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			return exportTo(c.OutOrStdout(), file, l, wordlists.Format(format))
		},
	}
	c.Flags().StringVar(&format, "format", "tsv", "tsv, lines, csv or json")
	c.Flags().StringVarP(&file, "output", "o", "-", "write to `FILE`")
	return c
}

// exportTo writes the list once it is known to be writable in that form.
func exportTo(stdout io.Writer, file string, l *wordlists.List, format wordlists.Format) error {
	var b bytes.Buffer
	if err := wordlists.Export(&b, l, format); err != nil {
		return err
	}
	if file == "-" {
		_, err := stdout.Write(b.Bytes())
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}
