package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/censorscan/censorscan/scan/render"
)

// form is one way to write a result.
type form struct {
	name  string
	write func(w io.Writer) error
}

// output is where a result goes in which form.
type output struct{ form, file string }

// formsOf are the forms of a result, which is a pointer that may be nil to find out their names: json, those of package render, and the table. page is asked only when a page is
// written.
func formsOf(result any, table func(io.Writer) error, page func() (render.HTML, error)) []form {
	forms := []form{jsonForm(result)}
	for _, f := range render.Forms(page) {
		if write := f.Writer(result); write != nil {
			forms = append(forms, form{f.Name, write})
		}
	}
	return append(forms, form{"table", table})
}

// formNames are the names of the forms of a result.
func formNames(result any) []string {
	var names []string
	for _, f := range formsOf(result, nil, nil) {
		names = append(names, f.name)
	}
	return names
}

// outputUsage is the help text of --output.
func outputUsage(what string, result any) string {
	return fmt.Sprintf("write %s: `FORM=FILE` with a FORM of %s (- is standard output); repeatable", what, strings.Join(formNames(result), ", "))
}

// parseOutputs reads flags FORM=FILE. table is the form for people, which goes to standard output unless another goes there.
func parseOutputs(flags []string, forms ...string) ([]output, error) {
	var out []output
	for _, s := range flags {
		name, file, ok := strings.Cut(s, "=")
		if !ok || file == "" || !slices.Contains(forms, name) {
			return nil, usageError{fmt.Errorf("--output takes FORM=FILE with a FORM of %s, not %q", strings.Join(forms, ", "), s)}
		}
		out = append(out, output{name, file})
	}
	return out, checkOutputs(out)
}

// checkOutputs finds out before a long scan what would keep its report from being written.
func checkOutputs(outputs []output) error {
	for _, out := range outputs {
		if out.file == "-" {
			continue
		}
		if st, err := os.Stat(out.file); err == nil && st.IsDir() {
			return fmt.Errorf("writing the report: %s is a folder", out.file)
		}
		if _, err := os.Stat(filepath.Dir(out.file)); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	return nil
}

// writeOutputs writes a result in the forms asked for; the form table to standard output, unless quiet, when nothing else goes there. What can be written is, when something cannot.
func writeOutputs(outputs []output, forms []form, quiet bool, stdout io.Writer) error {
	find := func(name string) form {
		return forms[slices.IndexFunc(forms, func(f form) bool { return f.name == name })]
	}
	var failed error
	for _, out := range outputs {
		f := find(out.form)
		if out.file == "-" {
			quiet = true
			failed = errors.Join(failed, f.write(stdout))
			continue
		}
		if err := writeFile(out.file, f.write); err != nil {
			failed = errors.Join(failed, fmt.Errorf("writing the report: %w", err))
		}
	}
	if !quiet {
		failed = errors.Join(failed, find("table").write(stdout))
	}
	return failed
}

// jsonForm writes a result as JSON.
func jsonForm(v any) form {
	return form{"json", func(w io.Writer) error { return encodeJSON(w, v) }}
}

// writeFile replaces a file only once what is written is complete on disk. What is no file, such as a device or a pipe, is written to.
func writeFile(path string, write func(io.Writer) error) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".censorscan-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if err = errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func encodeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(v)
}
