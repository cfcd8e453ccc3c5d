package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite what is generated")

// TestREADMEExcerptGolden keeps the README's excerpt of "make demo" what the program prints; -update rewrites it.
func TestREADMEExcerptGolden(t *testing.T) {
	const path, begin, end = "../../README.md", "<!-- demo -->\n", "<!-- /demo -->"
	var out bytes.Buffer
	if code := run(context.Background(), []string{"scan", "../../testdata/rom/demo_ota.zip"}, nil, &out, io.Discard); code != exitDone {
		t.Fatalf("exit code %d", code)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(raw), begin)
	old, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no %s", path, begin)
	}
	want := "```\n" + excerpt(out.String()) + "```\n"
	if old == want {
		return
	}
	if !*update {
		t.Fatal("the excerpt in README.md is not what the program prints: make generate")
	}
	if err := os.WriteFile(path, []byte(head+begin+want+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}

// excerpt keeps the first list and everything from the loaders on, in lines that fit a page.
func excerpt(s string) string {
	var b strings.Builder
	lists, skip := 0, false
	for line := range strings.Lines(s) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "demo_ota.zip!") && !strings.Contains(s[strings.Index(s, "LOADERS"):], line) {
			if lists++; lists == 2 {
				b.WriteString("...\n\n")
			}
			skip = lists > 1
		}
		if strings.HasPrefix(line, "LOADERS") {
			skip = false
		}
		if skip {
			continue
		}
		if r := []rune(line); len(r) > 130 {
			line = string(r[:130]) + " ..."
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
