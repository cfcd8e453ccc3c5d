package main

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/censorscan/censorscan/scan/diff"
	"github.com/censorscan/censorscan/scan/recover"
)

// versions finds two real lists of the samples that are versions of one: most of their entries are the same.
func versions(t *testing.T) (old, new []string) {
	t.Helper()
	dir := "../../../shared/samples/lists-dev/positive"
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Skipf("samples: %v", err)
	}
	var lists [][]string
	for _, f := range files {
		raw, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if len(raw) < 4000 || len(raw) > 40_000 || !utf8.Valid(raw) {
			continue
		}
		var words []string
		for line := range strings.Lines(string(raw)) {
			if w := strings.TrimSpace(line); w != "" {
				if gbk, err := simplifiedchinese.GBK.NewEncoder().String(w); err == nil && gbk != "" { // so that the list can be re-encoded
					words = append(words, w)
				}
			}
		}
		for _, other := range lists {
			if n := len(words) - len(less(words, other)); n*10 > 8*len(other) && n*10 > 8*len(words) && n < len(words) && n < len(other) {
				return other, words
			}
		}
		lists = append(lists, words)
	}
	t.Fatal("no two versions of a list among the samples")
	return nil, nil
}

// less is the distinct entries of a that b does not have, normalised and sorted.
func less(a, b []string) []string {
	has := map[string]bool{}
	for _, w := range b {
		has[recover.Fold(w)] = true
	}
	var out []string
	for _, w := range a {
		if key := recover.Fold(w); !has[key] && key != "" {
			has[key] = true
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

// TestDiffMatrix plants two versions of a real list in one firmware tree, as firmware and as report, at the same place, at another, and in another encoding: the
// difference is the true one in both directions, whatever the way.
func TestDiffMatrix(t *testing.T) {
	old, new := versions(t)
	t.Logf("%d and %d entries, %d added, %d removed", len(old), len(new), len(less(new, old)), len(less(old, new)))
	dir := t.TempDir()
	rom := func(name, path string, words []string, gbk bool) string {
		text := strings.Join(words, "\n")
		if gbk {
			var err error
			if text, err = simplifiedchinese.GBK.NewEncoder().String(text); err != nil {
				t.Fatal(err)
			}
		}
		file := filepath.Join(dir, name+".zip")
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		w := zip.NewWriter(f)
		for path, data := range map[string]string{path: text, "system/etc/hosts": "127.0.0.1 localhost\n"} {
			m, err := w.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.Write([]byte(data)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		f.Close()
		return file
	}
	report := func(rom string) string {
		out := rom + ".json"
		if code, _, errs := runWith(t, "scan", "-q", rom, "-o", "json="+out); code != exitDone {
			t.Fatalf("%s: exit %d: %s", rom, code, errs)
		}
		return out
	}
	for _, c := range []struct {
		name, path string
		gbk        bool
	}{{"same", "system/app/X/words.txt", false}, {"moved", "product/etc/filter/list.dat", false}, {"re-encoded", "system/app/X/words.txt", true}} {
		a, b := rom(c.name+"-old", "system/app/X/words.txt", old, false), rom(c.name+"-new", c.path, new, c.gbk)
		for _, asReport := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/report=%v", c.name, asReport), func(t *testing.T) {
				x, y := a, b
				if asReport {
					x, y = report(a), report(b)
				}
				for _, back := range []bool{false, true} {
					wantAdded, wantRemoved := less(new, old), less(old, new)
					if back {
						x, y = y, x
						wantAdded, wantRemoved = wantRemoved, wantAdded
					}
					out := filepath.Join(dir, "diff.json")
					if code, _, errs := runWith(t, "diff", "-q", x, y, "-o", "json="+out); code != exitDone {
						t.Fatalf("exit %d: %s", code, errs)
					}
					raw, err := os.ReadFile(out)
					if err != nil {
						t.Fatal(err)
					}
					var d diff.Diff
					if err := json.Unmarshal(raw, &d); err != nil {
						t.Fatal(err)
					}
					if len(d.Lists) != 1 || d.Lists[0].Status != diff.Changed {
						t.Fatalf("%d lists: %+v", len(d.Lists), d.Counts)
					}
					l := d.Lists[0]
					if got := less(l.Added, nil); !slices.Equal(got, wantAdded) {
						t.Errorf("back=%v: added %q, want %q", back, got, wantAdded)
					}
					if got := less(l.Removed, nil); !slices.Equal(got, wantRemoved) {
						t.Errorf("back=%v: removed %q, want %q", back, got, wantRemoved)
					}
					if slices.Contains(l.Form, "encoding") != c.gbk {
						t.Errorf("form %q", l.Form)
					}
				}
			})
		}
	}
}
