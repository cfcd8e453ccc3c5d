package main

import (
	"path/filepath"
	"testing"

	"github.com/censorscan/censorscan/extract"
)

// TestFilePath: whatever a path chain holds, the file lies below the folder, under a name that a file system takes.
func TestFilePath(t *testing.T) {
	long := ""
	for range 60 {
		long += "很长的名字"
	}
	tests := map[string]string{
		"rom.zip!payload.bin!system!/app/X.apk!assets/w.txt": "rom.zip!/payload.bin!/system!/app/X.apk!/assets/w.txt",
		"rom.zip!../../etc/passwd":                           "rom.zip!/(dot)(dot)/(dot)(dot)/etc/passwd",
		"rom.zip!/":                                          "rom.zip!/(empty)",
		"rom.zip!/a//b/./c":                                  "rom.zip!/a/(empty)/b/(dot)/c",
		`rom.zip!a\x21b\x5Cc`:                                "rom.zip!/a%x21b%x5Cc",
		"rom.zip!//abs":                                      "rom.zip!/(empty)/abs",
	}
	for chain, want := range tests {
		if got := filepath.ToSlash(filePath(chain)); got != want {
			t.Errorf("filePath(%q) = %q, want %q", chain, got, want)
		}
	}
	for _, chain := range []string{"rom.zip!" + long, "..!..!..", "!!!", "rom.zip!/../../.."} {
		got := filePath(chain)
		if !filepath.IsLocal(got) {
			t.Errorf("filePath(%q) = %q leaves the folder", chain, got)
		}
		for _, e := range filepath.SplitList(got) {
			if len(filepath.Base(e)) > 255 {
				t.Errorf("filePath(%q): a name of %d bytes", chain, len(filepath.Base(e)))
			}
		}
	}
}

func TestGlob(t *testing.T) {
	tests := []struct {
		glob, path string
		want       bool
	}{
		{"*.apk", "rom.zip!system!/app/X/X.apk", true},
		{"*.apk", "rom.zip!system!/app/X/X.apk!classes.dex", false},
		{"classes?.dex", "rom.zip!X.apk!classes2.dex", true},
		{"**/assets/*", "rom.zip!X.apk!assets/w.txt", false},
		{"**assets/*", "rom.zip!X.apk!assets/w.txt", true},
		{"rom.zip!*", "rom.zip!payload.bin", true},
		{"rom.zip!*", "rom.zip!payload.bin!system", false},
		{"**!/app/[A-C]*", "rom.zip!system!/app/Bx", true},
		{"**!/app/[!A-C]*", "rom.zip!system!/app/Bx", false},
		{"法*.txt", "rom.zip!法轮.txt", true},
		{"a.b", "rom.zip!axb", false},
	}
	for _, tt := range tests {
		match, err := compileGlobs([]string{tt.glob})
		if err != nil {
			t.Fatal(err)
		}
		if got := match(&extract.Artifact{Path: tt.path}); got != tt.want {
			t.Errorf("%s against %s: %v", tt.glob, tt.path, got)
		}
	}
	for _, bad := range []string{"[a", "[]", "[z-a]"} {
		if _, err := compileGlobs([]string{bad}); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

func TestBytesValue(t *testing.T) {
	tests := map[string]int64{"0": 0, "1": 1, "64MiB": 64 << 20, "1.5GiB": 3 << 29, "2GB": 2e9, "7 kB": 7000, "10B": 10}
	for in, want := range tests {
		var b bytesValue
		if err := b.Set(in); err != nil || int64(b) != want {
			t.Errorf("Set(%q) = %d, %v; want %d", in, b, err, want)
		}
	}
	for _, bad := range []string{"", "MiB", "-1", "x", "9999999TiB", "NaN", "1e40"} {
		var b bytesValue
		if err := b.Set(bad); err == nil {
			t.Errorf("Set(%q) is taken as %d", bad, b)
		}
	}
}
