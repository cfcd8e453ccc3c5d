package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const controlOTA = "../../../shared/samples/control_clean_ota-payload.zip"

// sample is an input that has to be read whole, but for what onPurpose names.
type sample struct {
	area, name string
	files      map[string]string // of a folder: its files, by name; they lose a .gz
	path       string            // of a single file
}

// samples are all inputs of testdata and ../shared/samples, and the folders that parts of one image make up.
func samples(t *testing.T) []sample {
	t.Helper()
	const testdata, shared = "../../testdata", "../../../shared/samples"
	all := []sample{
		{area: "sparse", name: "chunks", files: numberedParts("sparse/image.img.%d", 0, 3)},
		{area: "split", name: "split", files: numberedParts("split/rom.tar.%03d", 1, 3)},
		{area: "super", name: "devices", files: map[string]string{"super.img": "super/retrofit.img.gz", "super_vendor.img": "super/retrofit_vendor.img.gz"}},
	}
	err := filepath.WalkDir(testdata, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		area := strings.Split(filepath.ToSlash(path), "/")[3]
		switch ext := filepath.Ext(path); {
		case area == "bench", ext == ".sh", ext == ".py", ext == ".tsv", ext == ".txt", ext == ".sha256":
			return nil // how a sample is made and what it holds
		case area == "archive":
			area = filepath.Base(filepath.Dir(path))
		}
		all = append(all, sample{area: area, name: filepath.Base(path), path: path})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 150 {
		t.Fatalf("testdata holds %d samples", len(all))
	}
	others, err := os.ReadDir(shared)
	if err != nil {
		t.Logf("samples: %v", err)
	}
	for _, d := range others {
		if filepath.Ext(d.Name()) != ".md" && d.Name() != "truth" { // what the samples hold
			all = append(all, sample{area: "shared", name: d.Name(), path: filepath.Join(shared, d.Name())})
		}
	}
	return all
}

func numberedParts(pattern string, first, last int) map[string]string {
	files := map[string]string{}
	for i := first; i <= last; i++ {
		name := fmt.Sprintf(pattern, i)
		files[path.Base(name)] = name + ".gz"
	}
	return files
}

// open gives the sample's path; a folder is made.
func (s *sample) open(t *testing.T) string {
	t.Helper()
	if s.files == nil {
		needSample(t, s.path)
		return s.path
	}
	dir := filepath.Join(t.TempDir(), s.name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, from := range s.files {
		copyImage(t, filepath.Join(dir, name), filepath.Join("../../testdata", from))
	}
	return dir
}

// TestReference takes every sample apart twice, with extract and with the reference tool of each container in it, and compares every file: how many
// there are, sizes and SHA-256. A container was itself a file of the one around it, so all of them are compared.
func TestReference(t *testing.T) {
	notHere(t)
	areas := map[string][]sample{}
	for _, s := range samples(t) {
		areas[s.area] = append(areas[s.area], s)
	}
	var all tally
	for _, area := range slices.Sorted(maps.Keys(areas)) {
		t.Run(area, func(t *testing.T) {
			var sum tally
			for _, s := range areas[area] {
				t.Run(s.name, func(t *testing.T) { sum.add(openOurs(t, s.open(t)).compareAll(t)) })
			}
			t.Log(sum)
			all.add(sum)
		})
	}
	t.Log(all)
}

// tally is what was compared, a file for each reader of its container.
type tally struct {
	containers, unread, files int
	size                      int64
}

func (y *tally) add(o tally) {
	y.containers, y.unread, y.files, y.size = y.containers+o.containers, y.unread+o.unread, y.files+o.files, y.size+o.size
}

func (y tally) String() string {
	return fmt.Sprintf("%d containers: %d files, %d bytes, as the reference tools read them; %d containers that no tool here reads", y.containers, y.files, y.size, y.unread)
}

// compareAll compares every container of an input, and what is joined in it.
func (o *ours) compareAll(t *testing.T) (sum tally) {
	for _, chain := range slices.Sorted(maps.Keys(o.list)) {
		e := o.list[chain]
		switch why := incomparable[chain]; {
		case e.format == "-":
			continue
		case why != "":
			t.Logf("%s: not compared: %s", chain, why)
			sum.unread++
			continue
		case e.bad != "":
			if reason := onPurpose[chain]; reason == "" || !strings.HasPrefix(e.bad, reason) {
				t.Errorf("%s: %s", chain, e.bad)
			}
			continue
		}
		readers := readersOf(o, chain)
		if len(readers) == 0 {
			t.Errorf("%s: no reference reads %s", chain, e.format)
		}
		read := 0
		for _, r := range readers {
			t.Run(r.name, func(t *testing.T) {
				want := r.read(t, o, chain)
				compare := o.compareFiles
				if r.tree {
					compare = o.compareTree
				}
				files, size := compare(t, chain, want, r)
				read, sum.files, sum.size = read+1, sum.files+files, sum.size+size
			})
		}
		if sum.containers++; read == 0 {
			sum.unread++
		}
		o.compareJoined(t, chain)
	}
	return sum
}

// notHere skips a test that make reference is for.
func notHere(t *testing.T) {
	t.Helper()
	if raceDetector || testing.Short() {
		t.Skip("takes a minute and more; run without -race and -short")
	}
}

// needSample skips a test for want of a sample, or because the control OTA takes too long.
func needSample(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Skipf("samples: %v", err)
	}
	if path == controlOTA && (raceDetector || testing.Short()) {
		t.Skip("the control OTA takes minutes with the race detector; run without -race and -short")
	}
}

// copyImage copies an image, without the gzip around it if there is one.
func copyImage(t *testing.T, to, from string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(from, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if data, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(to, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestWorkersDoNotShow compares the reports of one worker and of four byte by byte, but for when they were made and how long it took.
func TestWorkersDoNotShow(t *testing.T) {
	for name, path := range map[string]string{"control": controlOTA, "demo": "../../testdata/rom/demo_ota.zip"} {
		t.Run(name, func(t *testing.T) {
			needSample(t, path)
			var reports [][]byte
			for _, workers := range []string{"1", "4"} {
				out := filepath.Join(t.TempDir(), "report.json")
				var log bytes.Buffer
				if code := run(context.Background(), []string{"scan", "-q", "--workers", workers, "-o", "json=" + out, path}, nil, io.Discard, &log); code != exitDone {
					t.Fatalf("--workers %s: exit code %d\n%s", workers, code, log.String())
				}
				raw, err := os.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				reports = append(reports, timing.ReplaceAll(raw, nil))
			}
			if !bytes.Equal(reports[0], reports[1]) {
				t.Errorf("the reports of one worker and of four differ:\n%s", firstDifference(reports[0], reports[1]))
			}
			t.Logf("%d bytes of report, the same for one worker and for four", len(reports[0]))
		})
	}
}

// timing are the lines of a report that tell of the run, not of the input.
var timing = regexp.MustCompile(`(?m)^\s*"(created|seconds)": .*\n`)

func firstDifference(a, b []byte) string {
	la, lb := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(la), len(lb)) {
		if !bytes.Equal(la[i], lb[i]) {
			return string(la[i]) + "\n" + string(lb[i])
		}
	}
	return "one is longer"
}
