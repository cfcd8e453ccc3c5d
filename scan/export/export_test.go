package export

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formats"
	"github.com/censorscan/censorscan/extract/media"
	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/wordlists"
)

func scanFile(t *testing.T, lists []*wordlists.List, path string) *scan.Report {
	t.Helper()
	e, err := scan.New(scan.Options{Wordlists: lists, Formats: formats.All(), Joiners: formats.Joiners(), Media: media.All(), Limits: extract.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	root, err := extract.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	r, err := e.Scan(context.Background(), root)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func newFolder(t *testing.T, path string) *os.Root {
	t.Helper()
	dir, err := os.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	return dir
}

// TestLists exports the lists of the demo OTA and reads every file again: the lines give the list when they are scanned, the tables hold every entry, the
// hashes are those of the files.
func TestLists(t *testing.T) {
	builtin, err := wordlists.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	r := scanFile(t, builtin, "../../testdata/rom/demo_ota.zip")
	dir := t.TempDir()
	m, err := Lists(newFolder(t, dir), r, builtin)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Lists) != 4 {
		t.Fatalf("%d lists, want 4", len(m.Lists))
	}
	raw, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var again Manifest
	if err := json.Unmarshal(raw, &again); err != nil || again.Schema != Schema || len(again.Lists) != 4 {
		t.Errorf("the manifest has schema %q and %d lists: %v", again.Schema, len(again.Lists), err)
	}
	byID := map[string]*scan.List{}
	for _, f := range r.Findings {
		byID[f.ID] = f.List
	}
	glosses := 0
	for _, l := range m.Lists {
		want := byID[l.Finding]
		for _, f := range l.Files {
			path := filepath.Join(dir, f.Name)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != f.SHA256 || int64(len(data)) != f.Size {
				t.Errorf("%s: not the hash or size of the manifest", f.Name)
			}
			switch f.Form {
			case "lines":
				found := 0
				for _, g := range scanFile(t, builtin, path).Findings {
					if g.List != nil && g.List.CanonicalSHA256 == want.CanonicalSHA256 && len(g.List.Entries) == len(want.Entries) {
						found++
					}
				}
				if found != 1 {
					t.Errorf("%s: scanned, it is not the list", f.Name)
				}
			default:
				rows, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
				if err != nil || len(rows) != len(want.Entries)+1 {
					t.Fatalf("%s: %d rows of %d entries: %v", f.Name, len(rows), len(want.Entries), err)
				}
				for i, e := range want.Entries {
					if rows[i+1][1] != e.Text {
						t.Errorf("%s: row %d is %q, want %q", f.Name, i+1, rows[i+1], e.Text)
					}
				}
				if f.Form == "csv" && rows[0][4] == "gloss" {
					for _, row := range rows[1:] {
						if row[4] != "" {
							glosses++
						}
					}
				}
			}
		}
	}
	if glosses < 100 {
		t.Errorf("%d entries have a gloss", glosses)
	}
}

// TestAwkward exports entries and paths that file formats and file systems have trouble with.
func TestAwkward(t *testing.T) {
	l := &scan.List{Entries: []scan.Entry{{Text: "two\nlines"}, {Text: `a "quoted", one`}, {Text: "\r"}}}
	var findings []scan.Finding
	paths := []string{"rom!../../etc/passwd", "rom!/app/..", "rom!CON?*:|.txt", "rom!", "rom!" + strings.Repeat("长", 300), "rom!same", "rom2!same"}
	for _, p := range paths {
		findings = append(findings, scan.Finding{ID: p, Kind: scan.KindList, Path: p, List: l})
	}
	dir := t.TempDir()
	m, err := Lists(newFolder(t, dir), &scan.Report{Findings: findings}, nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3*len(paths)+1 {
		t.Errorf("%d files: %v", len(files), err)
	}
	for _, l := range m.Lists {
		if l.Broken != 2 {
			t.Errorf("%s: %d broken lines", l.Path, l.Broken)
		}
		data, err := os.ReadFile(filepath.Join(dir, l.Files[0].Name))
		if err != nil || string(data) != "two lines\na \"quoted\", one\n \n" {
			t.Errorf("%s: %q, %v", l.Files[0].Name, data, err)
		}
	}
}
