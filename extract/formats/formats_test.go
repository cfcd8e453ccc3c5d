package formats

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
)

var update = flag.Bool("update", false, "rewrite what is generated")

// TestEveryFormatIsRegistered compares the functions that return a format or joiner, wherever they are below extract, with those that All and Joiners call.
func TestEveryFormatIsRegistered(t *testing.T) {
	source, err := os.ReadFile("formats.go")
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || !returnsFormat(fn) {
				continue
			}
			call := file.Name.Name + "." + fn.Name.Name + "("
			if !strings.Contains(string(source), call) {
				t.Errorf("%s: %s) is not in formats.go", path, call)
			}
			checkTests(t, filepath.Dir(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// returnsFormat tells whether a declaration is an exported function that returns an extract.Format or an extract.Joiner.
func returnsFormat(fn *ast.FuncDecl) bool {
	if fn.Recv != nil || !fn.Name.IsExported() || fn.Type.Results.NumFields() != 1 {
		return false
	}
	sel, ok := fn.Type.Results.List[0].Type.(*ast.SelectorExpr)
	return ok && (sel.Sel.Name == "Format" || sel.Sel.Name == "Joiner")
}

// checkTests wants a fuzz target and samples made by real tools.
func checkTests(t *testing.T, dir string) {
	tests, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, path := range tests {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(source)
	}
	if !regexp.MustCompile(`(?m)^func Fuzz\w+\(`).MatchString(all.String()) {
		t.Errorf("%s: no fuzz target", dir)
	}
	if !strings.Contains(all.String(), "testdata/") && !strings.Contains(all.String(), `"testdata"`) &&
		!strings.Contains(all.String(), "archivetest.Sample") {
		t.Errorf("%s: no test reads a sample of testdata", dir)
	}
}

func TestFormatsDescribeThemselves(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range All() {
		if f.Name == "" || seen[f.Name] || f.Detect == nil || f.Open == nil {
			t.Errorf("format %q: without a name of its own, Detect or Open", f.Name)
		}
		seen[f.Name] = true
		if f.Group != "" && (f.Summary == "" || f.Spec == "") {
			t.Errorf("format %q: no summary or no source of its layout", f.Name)
		}
	}
	for _, j := range Joiners() {
		if j.Name == "" || seen[j.Name] || j.Join == nil || j.Group == "" || j.Summary == "" || j.Spec == "" {
			t.Errorf("joiner %q: without a name of its own, Join, group, summary or source of its layout", j.Name)
		}
		seen[j.Name] = true
	}
}

// TestNothingIsMistaken feeds every format what is none.
func TestNothingIsMistaken(t *testing.T) {
	text := strings.Repeat("A line of plain text that is nothing else. BZh9 PK ustar\n", 400)
	for name, data := range map[string]string{"empty": "", "one byte": "x", "text": text, "zeros": string(make([]byte, 64<<10)), "elf": "\x7fELF" + strings.Repeat("\x00\x01", 9000)} {
		p := extract.NewProbe(extract.BytesSource(data), "file", extract.NewBudget(extract.DefaultLimits()))
		for _, f := range All() {
			if f.Detect(p) {
				t.Errorf("%s is taken for %s", name, f.Name)
			}
		}
	}
}

// TestREADMETableGolden keeps the table of the README in step with the code; -update rewrites it.
func TestREADMETableGolden(t *testing.T) {
	const path, begin, end = "../../README.md", "<!-- formats -->\n", "<!-- /formats -->"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(raw), begin)
	old, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no %s", path, begin)
	}
	want := table()
	if old == want {
		return
	}
	if !*update {
		t.Fatal("the format table of README.md is out of date: make generate")
	}
	if err := os.WriteFile(path, []byte(head+begin+want+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}

func table() string {
	var b strings.Builder
	b.WriteString("| format | kind | what is read | layout |\n|---|---|---|---|\n")
	var known []string
	for _, f := range All() {
		if f.Group == "" {
			known = append(known, f.Name)
			continue
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", f.Name, f.Group, f.Summary, f.Spec)
	}
	for _, j := range Joiners() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", j.Name, j.Group, j.Summary, j.Spec)
	}
	fmt.Fprintf(&b, "\nKnown by sight and named in the coverage, not opened yet: %s.\n", strings.Join(known, ", "))
	return b.String()
}
