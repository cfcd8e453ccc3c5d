package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const controlOTA = "../../../shared/samples/control_clean_ota-payload.zip"

// TestReferenceOTA takes whole OTA zips apart twice, with extract and with unzip, dump.py, debugfs, fsck.erofs and the kernel, and compares
// every file.
func TestReferenceOTA(t *testing.T) {
	for name, path := range map[string]string{"control": controlOTA, "demo": "../../testdata/rom/demo_ota.zip"} {
		t.Run(name, func(t *testing.T) {
			needSample(t, path)
			o := openOurs(t, path)
			o.compareZips(t)
			o.comparePartitions(t)
		})
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

// comparePartitions compares the images that payloads hold with what dump.py decodes, and their files with those of the reference readers.
func (o *ours) comparePartitions(t *testing.T) {
	payloads := o.ofFormat("payload")
	if len(payloads) == 0 {
		t.Fatal("ls shows no payload")
	}
	for _, p := range payloads {
		need(t, "python3", "zstd")
		dumped := t.TempDir()
		out, err := exec.Command("python3", "../../testdata/payload/dump.py", o.file(p), "--out", dumped).CombinedOutput()
		if err != nil {
			t.Fatalf("dump.py %s: %v\n%s", p, err, out)
		}
		images, err := filepath.Glob(filepath.Join(dumped, "*.img"))
		if err != nil || len(images) == 0 {
			t.Fatalf("dump.py %s: no images: %v", p, err)
		}
		var size int64
		for _, image := range images {
			name := strings.TrimSuffix(filepath.Base(image), ".img")
			want, got := hashFile(t, image), hashFile(t, o.file(p+"!"+name))
			if want != got {
				t.Errorf("%s!%s: %v, dump.py writes %v", p, name, got, want)
			}
			size += want.size
		}
		t.Logf("%s: %d partitions, %d bytes, as dump.py decodes them", p, len(images), size)
		for _, image := range images {
			chain := p + "!" + strings.TrimSuffix(filepath.Base(image), ".img")
			t.Run(filepath.Base(image), func(t *testing.T) { o.compareFileSystem(t, chain, image) })
		}
	}
}

// compareFileSystem compares an image's files with those that each reference reader of its format finds.
func (o *ours) compareFileSystem(t *testing.T, chain, image string) {
	format := o.list[chain].format
	readers := readersOf(format)
	if len(readers) == 0 {
		t.Skipf("%s: no file system, but %s", chain, orDash(format))
	}
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			want := r.read(t, image)
			o.compareTree(t, chain+"!/", want, r)
		})
	}
}

// compareZips compares the members of every zip, apps within partitions among them, with what unzip writes.
func (o *ours) compareZips(t *testing.T) {
	t.Run("zip", func(t *testing.T) {
		need(t, "unzip")
		r := &reader{name: "unzip"}
		var zips, files int
		var size int64
		for _, chain := range o.ofFormat("zip") {
			dir := t.TempDir()
			out, err := exec.Command("unzip", "-qq", "-o", o.file(chain), "-d", dir).CombinedOutput()
			var exit *exec.ExitError
			if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) { // 1 is a warning: an empty zip
				t.Errorf("unzip %s: %v\n%s", chain, err, out)
				continue
			}
			n, b := o.compareFiles(t, chain+"!", readTree(t, dir), r)
			zips, files, size = zips+1, files+n, size+b
		}
		t.Logf("%d zips: %d files, %d bytes, as unzip writes them", zips, files, size)
	})
}

// TestReferenceAPK compares the sample apps with unzip.
func TestReferenceAPK(t *testing.T) {
	apks, _ := filepath.Glob(filepath.Join(filepath.Dir(controlOTA), "*.apk"))
	if len(apks) == 0 {
		t.Skip("samples: no apps in ../shared/samples")
	}
	for _, path := range apks {
		t.Run(filepath.Base(path), func(t *testing.T) { openOurs(t, path).compareZips(t) })
	}
}

// TestReferenceImages compares the small images of every feature and compressor with each reader that takes them.
func TestReferenceImages(t *testing.T) {
	images, _ := filepath.Glob("../../testdata/erofs/*.erofs")
	packed, _ := filepath.Glob("../../testdata/ext4/*.img.gz")
	if len(images) == 0 || len(packed) == 0 {
		t.Fatalf("testdata holds %d EROFS and %d ext4 images", len(images), len(packed))
	}
	for _, path := range append(images, packed...) {
		name := strings.TrimSuffix(filepath.Base(path), ".gz")
		t.Run(name, func(t *testing.T) {
			image := filepath.Join(t.TempDir(), name)
			copyImage(t, image, path)
			openOurs(t, image).compareFileSystem(t, name, image)
		})
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
