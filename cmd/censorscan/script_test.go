package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/censorscan/censorscan/scan"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"censorscan": main})
}

// TestScript runs the command as its users do. $DEMO is the demo OTA of the repository.
func TestScript(t *testing.T) {
	if raceDetector {
		t.Skip("hundreds of runs, each compiling the wordlists: make test runs them without the race detector")
	}
	demo, err := filepath.Abs("../../testdata/rom/demo_ota.zip")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("DEMO", demo)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":    exits,
			"truncate": truncateFile,
			"bomb":     makeBomb,
			"report":   checkReport,
			"corrupt":  corrupt,
			"asset":    makeAsset,
			"zipped":   packZip,
		},
	})
}

// exits CODE ARGS... runs censorscan, keeps what it prints in stdout.txt and stderr.txt, and compares its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	var program string
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if p := filepath.Join(dir, "censorscan"); program == "" && executable(p) {
			program = p
		}
	}
	var out, errOut bytes.Buffer
	c := exec.Command(program, args[1:]...)
	c.Dir, c.Stdout, c.Stderr = ts.MkAbs("."), &out, &errOut
	err = c.Run()
	ts.Check(os.WriteFile(ts.MkAbs("stdout.txt"), out.Bytes(), 0o644))
	ts.Check(os.WriteFile(ts.MkAbs("stderr.txt"), errOut.Bytes(), 0o644))
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Check(err)
	}
	if got := c.ProcessState.ExitCode(); got != want {
		ts.Fatalf("exit code %d, want %d\n%s", got, want, errOut.String())
	}
}

func executable(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular()
}

// truncate FILE COPY PERCENT writes the beginning of a file.
func truncateFile(ts *testscript.TestScript, neg bool, args []string) {
	data, err := os.ReadFile(args[0])
	ts.Check(err)
	percent, err := strconv.Atoi(args[2])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data[:len(data)*percent/100], 0o644))
}

// corrupt FILE COPY OFFSET overwrites 64 bytes.
func corrupt(ts *testscript.TestScript, neg bool, args []string) {
	data, err := os.ReadFile(args[0])
	ts.Check(err)
	at, err := strconv.Atoi(args[2])
	ts.Check(err)
	for i := range 64 {
		data[at+i] ^= 0x5a
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o644))
}

// bomb FILE MIB makes a zip with a member of that many MiB of zeros and one of text.
func makeBomb(ts *testscript.TestScript, neg bool, args []string) {
	mib, err := strconv.Atoi(args[1])
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	w := zip.NewWriter(f)
	w.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 1) })
	m, err := w.Create("zeros.bin")
	ts.Check(err)
	zeros := make([]byte, 1<<20)
	for range mib {
		_, err = m.Write(zeros)
		ts.Check(err)
	}
	m, err = w.Create("note.txt")
	ts.Check(err)
	fmt.Fprintln(m, "在纪念六四事件的集会上")
	ts.Check(w.Close())
}

// report FILE KEY=VALUE... checks figures of a JSON report.
func checkReport(ts *testscript.TestScript, neg bool, args []string) {
	var r scan.Report
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &r))
	count := map[scan.Kind]int{}
	for _, f := range r.Findings {
		count[f.Kind]++
	}
	reasons := map[string]bool{}
	for _, it := range r.Coverage.Items {
		reasons[it.Reason] = true
	}
	if c := r.Coverage; c.Searched+c.Structure+c.Unopened != c.Size {
		ts.Fatalf("coverage does not add up: %+v", c.Ledger)
	}
	for _, a := range args[1:] {
		key, want, _ := strings.Cut(a, "=")
		var got string
		switch key {
		case "lists":
			got = strconv.Itoa(count[scan.KindList])
		case "loaders":
			got = strconv.Itoa(count[scan.KindLoader])
		case "terms":
			got = strconv.Itoa(count[scan.KindTerm])
		case "words": // entries of lists and terms that stand alone
			words := map[string]bool{}
			for _, f := range r.Findings {
				if f.Term != nil {
					words[f.Term.Term] = true
				}
				if f.List != nil {
					for _, e := range f.List.Entries {
						words[e.Text] = true
					}
				}
			}
			got = strconv.Itoa(len(words))
		case "inputs":
			got = strconv.Itoa(len(r.Inputs))
		case "unopened":
			got = strconv.FormatBool(r.Coverage.Unopened > 0)
		case "complete":
			got = strconv.FormatBool(r.Complete)
		case "reason":
			if !reasons[want] {
				ts.Fatalf("no coverage record with reason %q: %+v", want, r.Coverage.Items)
			}
			got = want
		default:
			ts.Fatalf("unknown key %s", key)
		}
		if got != want {
			ts.Fatalf("%s = %s, want %s; coverage %+v", key, got, want, r.Coverage)
		}
	}
}

// TestPlantedListsAreRecovered compares the demo OTA's lists with what its maker planted.
func TestPlantedListsAreRecovered(t *testing.T) {
	out := filepath.Join(t.TempDir(), "r.json")
	if code := run(context.Background(), []string{"scan", "-q", "../../testdata/rom/demo_ota.zip", "-o", "json=" + out}, nil, io.Discard, os.Stderr); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var r scan.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, f := range r.Findings {
		if f.List != nil {
			for _, e := range f.List.Entries {
				found[f.Path] = append(found[f.Path], e.Text)
			}
		}
	}
	truth, err := os.ReadFile("../../testdata/rom/demo_ota.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(truth)), "\n") {
		cols := strings.Split(line, "\t")
		var want []string
		if err := json.Unmarshal([]byte(cols[2]), &want); err != nil {
			t.Fatal(err)
		}
		if strings.Join(found[cols[0]], "\n") != strings.Join(want, "\n") {
			t.Errorf("%s (%s): recovered %d entries, planted %d", cols[0], cols[1], len(found[cols[0]]), len(want))
		}
		delete(found, cols[0])
	}
	for path := range found {
		t.Errorf("%s: a list that nobody planted", path)
	}
}
