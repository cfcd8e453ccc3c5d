package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestOfThisProgram reads the test itself, which is a Go program with modules of its own.
func TestOfThisProgram(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run([]string{"v1.2.3", "2026-01-02T03:04:05Z", self}, &out); err != nil {
		if strings.Contains(err.Error(), "is not static") {
			t.Skip("built with cgo: ", err)
		}
		t.Fatal(err)
	}
	var doc spdx
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Packages) < 2 || doc.Packages[0].Version != "v1.2.3" || len(doc.Packages[0].Checksums) != 1 || doc.Packages[1].Name != "stdlib" {
		t.Errorf("%+v", doc.Packages)
	}
}

func TestRefused(t *testing.T) {
	for _, args := range [][]string{{}, {"v1", "time"}, {"v1", "time", "main.go"}, {"v1", "time", "missing"}} {
		if err := run(args, &bytes.Buffer{}); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}

// TestDynamic takes the shell for a program that asks for a loader.
func TestDynamic(t *testing.T) {
	const shell = "/bin/sh"
	if _, err := os.Stat(shell); err != nil {
		t.Skip("no shell: ", err)
	}
	if err := static(shell); err == nil || !strings.Contains(err.Error(), "not static") {
		t.Error(err)
	}
}
