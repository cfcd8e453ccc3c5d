package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const demo = "../../testdata/rom/demo_ota.zip"

func runWith(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// TestReportThroughLinksAndDevices: a report must not take the place of a device or of a link (as root, -o json=/dev/null removed it).
func TestReportThroughLinksAndDevices(t *testing.T) {
	dir := t.TempDir()
	target, link, null := filepath.Join(dir, "target.json"), filepath.Join(dir, "link.json"), filepath.Join(dir, "null.json")
	if err := os.WriteFile(target, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{link: target, null: os.DevNull} {
		if err := os.Symlink(to, from); err != nil {
			t.Skipf("links: %v", err)
		}
	}
	if code, _, stderr := runWith(t, "scan", "-q", demo, "-o", "json="+link, "-o", "json="+null); code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for _, path := range []string{link, null} {
		if st, err := os.Lstat(path); err != nil || st.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no link any more: %v", path, err)
		}
	}
	if st, err := os.Stat(os.DevNull); err != nil || st.Mode().IsRegular() {
		t.Errorf("%s was replaced: %v", os.DevNull, err)
	}
	b, err := os.ReadFile(target)
	if err != nil || !json.Valid(b) || len(b) < 1000 {
		t.Errorf("the report behind the link has %d bytes: %v", len(b), err)
	}
}

// TestImpossibleReport: it is said before the scan, not after it.
func TestImpossibleReport(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "missing", "report.json")} {
		code, stdout, stderr := runWith(t, "scan", demo, "-o", "json="+path)
		if code != exitError || stdout != "" || !strings.Contains(stderr, "writing the report") {
			t.Errorf("%s: exit %d, output %q, errors %q", path, code, stdout, stderr)
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestOutputThatCannotBeWritten: a result that is lost is an error.
func TestOutputThatCannotBeWritten(t *testing.T) {
	for _, args := range [][]string{{"scan", demo}, {"scan", demo, "-o", "json=-"}, {"ls", demo}} {
		var errs bytes.Buffer
		if code := run(context.Background(), args, strings.NewReader(""), fullDisk{}, &errs); code != exitError {
			t.Errorf("%v: exit %d, errors %q", args, code, errs.String())
		}
	}
}
