package evidence

import (
	"context"
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

const demo = "../../testdata/rom/demo_ota.zip"

func newEngine(t *testing.T) *scan.Engine {
	t.Helper()
	lists, err := wordlists.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	e, err := scan.New(scan.Options{Wordlists: lists, Formats: formats.All(), Joiners: formats.Joiners(), Media: media.All(), Limits: extract.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func open(t *testing.T, path string) *extract.Root {
	t.Helper()
	root, err := extract.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func report(t *testing.T) *scan.Report {
	t.Helper()
	r, err := newEngine(t).Scan(context.Background(), open(t, demo))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func pack(t *testing.T, r *scan.Report, rom string) (string, *Manifest, error) {
	t.Helper()
	dir := t.TempDir()
	folder, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	m, err := Pack(context.Background(), folder, r, extract.Options{
		Formats: formats.All(), Joiners: formats.Joiners(), Budget: extract.NewBudget(extract.DefaultLimits()),
	}, open(t, rom))
	return dir, m, err
}

// TestPack packs the demo OTA's evidence, verifies it without the OTA, then after each file of it was changed.
func TestPack(t *testing.T) {
	r := report(t)
	dir, m, err := pack(t, r, demo)
	if err != nil {
		t.Fatal(err)
	}
	findings := 0
	for _, f := range m.Files {
		findings += len(f.Findings)
		last := f.Chain[len(f.Chain)-1]
		if f.Carried == nil || last.Path != f.Path || last.SHA256 != f.Carried.SHA256 || f.Chain[0].SHA256 != r.Inputs[0].SHA256 {
			t.Errorf("%s: carried %v, chain %v", f.Path, f.Carried, f.Chain)
		}
		if links := 1 + strings.Count(f.Path, "!"); len(f.Chain) != links {
			t.Errorf("%s: %d links, want %d", f.Path, len(f.Chain), links)
		}
	}
	if findings != len(r.Findings) {
		t.Errorf("files for %d of %d findings", findings, len(r.Findings))
	}
	opened, closeAll, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	v, err := newEngine(t).VerifyFiles(context.Background(), opened.Report, opened.Carried)
	if err != nil || len(v.Differences) > 0 || v.Confirmed != len(r.Findings) {
		t.Errorf("%+v, %v", v, err)
	}
	v, err = newEngine(t).VerifyFiles(context.Background(), opened.Report, opened.Carried[1:])
	if err != nil || len(v.Differences) != len(m.Files[0].Findings) || v.Differences[0].Detail != "no file carries it" {
		t.Errorf("without a file: %+v, %v", v, err)
	}
	closeAll()

	sums, err := os.ReadFile(filepath.Join(dir, SumsFile))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(sums)) {
		name := strings.TrimSpace(strings.SplitN(line, "  ", 2)[1])
		if name == ManifestFile {
			continue
		}
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		changed := []byte(string(data[:len(data)-1]) + "x")
		for what, write := range map[string]func() error{
			"changed": func() error { return os.WriteFile(path, changed, 0o644) },
			"missing": func() error { return os.Remove(path) },
		} {
			if err := write(); err != nil {
				t.Fatal(err)
			}
			if _, _, err := Open(dir); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s %s: %v", what, name, err)
			}
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPackRefuses packs from firmware that is not the report's.
func TestPackRefuses(t *testing.T) {
	r := report(t)
	other := filepath.Join(t.TempDir(), "demo_ota.zip")
	if err := os.WriteFile(other, []byte("another firmware"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := pack(t, r, other); err == nil || !strings.Contains(err.Error(), "not in the inputs") {
		t.Errorf("other firmware: %v", err)
	}
	r.Findings[0].Artifact.SHA256 = strings.Repeat("0", 64)
	if _, _, err := pack(t, r, demo); err == nil || !strings.Contains(err.Error(), "of another input") {
		t.Errorf("another file at the same place: %v", err)
	}
}

// TestOpenRefuses opens what is no pack, and one that points out of its folder.
func TestOpenRefuses(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ manifest, want string }{
		{"", "manifest.json"},
		{"{", "manifest.json"},
		{`{"schema": "censorscan.evidence/2"}`, "this program reads"},
		{`{"schema": "censorscan.evidence/1", "report": {"file": "../../outside"}}`, "escapes"},
		{`{"schema": "censorscan.evidence/1", "report": {"file": "` + outside + `"}}`, "opening the evidence"},
		{`{"schema": "censorscan.evidence/1", "report": {"file": "manifest.json"}}`, "its SHA-256 is another"},
	} {
		dir := t.TempDir()
		if c.manifest != "" {
			if err := os.WriteFile(filepath.Join(dir, ManifestFile), []byte(c.manifest), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := Open(dir); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", c.manifest, err, c.want)
		}
	}
}
