package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNamesOnDisk extracts names that a folder cannot hold as they are.
func TestNamesOnDisk(t *testing.T) {
	long := strings.Repeat("n", 300)
	paths := map[string]string{ // below the folder of the zip, by member
		"a!b/c!": "a%x21b/c%x21", "!": "%x21", "%x21": "%x25x21", "100%": "100%", "%u{0}": "%x25u{0}", "n#2": "n%x232", "back\\slash": "back%x5Cslash",
		"new\nline": "new%x0Aline", "\u202egpj.exe": "%u{202E}gpj.exe", "名": "名", long: long[:120] + "~" + long[:120],
		"../../up": "(dot)(dot)/(dot)(dot)/up", "/abs": "abs", "./dot": "(dot)/dot", "x//y": "x/(empty)/y", "x/../../../z": "x/(dot)(dot)/(dot)(dot)/(dot)(dot)/z",
	}
	got := extractZip(t, slices.Sorted(maps.Keys(paths)))
	for member, path := range paths {
		if got[path] != member {
			t.Errorf("%q: at %q is %q", member, path, got[path])
		}
		delete(got, path)
	}
	if len(got) > 0 {
		t.Errorf("nobody asked for %q", got)
	}
}

// TestNamesInConflict extracts files of the same name, and files where other names want a folder: all of them, under whatever name.
func TestNamesInConflict(t *testing.T) {
	for name, members := range map[string][]string{
		"file and folder":           {"a", "a/b", "a/c", "a/c/d", "z"},
		"folder and file":           {"a/c/d", "a/b", "a/c", "a", "z"},
		"case":                      {"Foo", "foo", "FOO/x"},
		"cut to the same":           {strings.Repeat("n", 300), strings.Repeat("n", 301), strings.Repeat("n", 302) + "/x"},
		"what stands for something": {"../a", "(dot)(dot)/a", "x//a", "x/(empty)/a"},
	} {
		t.Run(name, func(t *testing.T) {
			got := extractZip(t, members)
			if contents := slices.Sorted(maps.Values(got)); !slices.Equal(contents, slices.Sorted(slices.Values(members))) {
				t.Errorf("written %q, wanted all of %q", got, members)
			}
		})
	}
}

// extractZip makes a zip whose members hold their own names and extracts it; the result is content by path below the folder of the zip.
func extractZip(t *testing.T, members []string) map[string]string {
	t.Helper()
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for _, m := range members {
		f, err := w.Create(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, m); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	input, out := filepath.Join(dir, "x.zip"), filepath.Join(dir, "deep", "out")
	if err := os.WriteFile(input, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	if code := run(context.Background(), []string{"extract", "-q", input, "-o", out}, nil, io.Discard, &stderr); code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == input {
			return err
		}
		data, err := os.ReadFile(path)
		name, ok := strings.CutPrefix(path, filepath.Join(out, "x.zip!")+string(filepath.Separator))
		if !ok {
			t.Errorf("%s: written outside", path)
		}
		got[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestHiddenZipIsWrittenOnce: a long stream that turns out to end in a zip was written already.
func TestHiddenZipIsWrittenOnce(t *testing.T) {
	var body, packed bytes.Buffer
	body.Write(make([]byte, 9<<20))
	z := zip.NewWriter(&body)
	if f, err := z.Create("note.txt"); err != nil {
		t.Fatal(err)
	} else if _, err := io.WriteString(f, "note"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	g := gzip.NewWriter(&packed)
	if _, err := g.Write(body.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	input, out := filepath.Join(dir, "x.bin.gz"), filepath.Join(dir, "out")
	if err := os.WriteFile(input, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := runWith(t, "extract", "-q", input, "-o", out); code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	got := readTree(t, out)
	for _, name := range []string{"x.bin.gz!", "x.bin.gz!/x.bin", "x.bin.gz!/x.bin!", "x.bin.gz!/x.bin!/note.txt"} {
		if _, ok := got[name]; !ok {
			t.Errorf("%s is not written", name)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("written too: %v", got)
	}
}
