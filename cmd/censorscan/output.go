package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// output is where a report goes in which form.
type output struct{ format, file string }

func parseOutputs(flags []string) ([]output, error) {
	var out []output
	for _, s := range flags {
		format, file, ok := strings.Cut(s, "=")
		if !ok || file == "" || format != "json" {
			return nil, usageError{fmt.Errorf("--output takes json=FILE, not %q", s)}
		}
		out = append(out, output{format, file})
	}
	return out, nil
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

// write writes a report, or the result of another command, as JSON.
func (o output) write(stdout io.Writer, report any) error {
	if o.file == "-" {
		return encodeJSON(stdout, report)
	}
	if err := writeFile(o.file, func(w io.Writer) error { return encodeJSON(w, report) }); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
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
