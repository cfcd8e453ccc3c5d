package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/scan"
)

// onPurpose names what of the samples cannot be read, with the reason that ls and the coverage give: samples that are encrypted, damaged, a part of something or of
// a feature that we do not have.
var onPurpose = map[string]string{
	"v4-encrypted.ab": "encrypted",

	"aes.zip!assets/deep/er/lines.txt":       "encrypted",
	"aes.zip!assets/list.txt":                "encrypted",
	"aes.zip!assets/nothing":                 "encrypted",
	"aes.zip!small.gz":                       "encrypted",
	"zipcrypto.zip!assets/deep/er/lines.txt": "encrypted",
	"zipcrypto.zip!assets/list.txt":          "encrypted",
	"zipcrypto.zip!assets/nothing":           "encrypted",
	"zipcrypto.zip!link":                     "encrypted",
	"zipcrypto.zip!small.gz":                 "encrypted",
	"zipcrypto.zip!名字 with space":            "encrypted",
	"deflate64.zip!assets/deep/er/lines.txt": "unsupported feature",
	"ppmd.zip!assets/deep/er/lines.txt":      "unsupported feature",
	"truncated.zip":                          "damaged",
	"truncated.zip!assets/deep/er/lines.txt": "damaged",

	"arm64.xz!arm64":     "unsupported feature",
	"dict128.xz!dict128": "limit", // --max-buffer

	"android.img.gz!android.img!/many/a file with a rather long name, number 7": "encrypted",

	"v4-incremental.zip!system": "unsupported feature",

	"trailing.br!(slack)": "unknown format", // what follows the stream cannot be told from it

	"image.img.0.gz!image.img.0":             "damaged", // parts, alone
	"image.img.0.gz!image.img.0!image.img.0": "damaged",
	"image.img.1.gz!image.img.1":             "damaged",
	"image.img.1.gz!image.img.1!image.img.1": "damaged",
	"image.img.2.gz!image.img.2":             "damaged",
	"image.img.2.gz!image.img.2!image.img.2": "damaged",
	"image.img.3.gz!image.img.3":             "damaged",
	"image.img.3.gz!image.img.3!image.img.3": "damaged",
	"rom.tar.001.gz!rom.tar.001":             "damaged",
	"retrofit.img.gz!retrofit.img!vendor":    "damaged",

	"v8-encrypted.unity!CAB-3f5c91d2":                   "encrypted",
	`v8-encrypted.unity!CAB-77aa/\xFF\xFE.sharedAssets`: "damaged",

	"delta_payload.bin!kernel": "unsupported feature",
	"delta_payload.bin!root":   "unsupported feature", // squashfs
	"full_payload.bin!root":    "unsupported feature",
}

// random ends the paths of files that are random bytes, so that containers hold something that does not compress.
var random = []string{"!/app/random.bin", ".resS", "!/app/A/A.bin", "v4-incremental.zip!system (new blocks)"}

// isRandom tells whether the coverage has to name a file as one that looks encrypted.
func isRandom(path string) bool {
	return slices.ContainsFunc(random, func(end string) bool { return strings.HasSuffix(path, end) })
}

// incomparable names containers that no reference reads, and why.
var incomparable = map[string]string{
	"main.img.gz!main.img": "sgdisk wants the partitions too, and there is nothing but their table",
	"v8-encrypted.unity":   "reference.py has no key either",
	"delta_payload.bin":    "dump.py knows full payloads only",
	"truncated.zip":        "unzip and 7z want the directory at the end",
}

// complains names what a tool reads whole, but not without an error.
var complains = map[string]bool{
	"base256.tar":   true, // a user number beyond 32 bits
	"aes.zip":       true, // of other members
	"zipcrypto.zip": true,
	"ppmd.zip":      true,

	"kernel.lz4":    true, // something follows the stream
	"trailing.br":   true,
	"trailing.gz":   true,
	"trailing.lz4":  true,
	"trailing.xz":   true,
	"trailing.zst":  true,
	"skippable.zst": true,
	"legacy2.lz4":   true,

	"bzimage.img!piggy.zst":      true, // its size follows it
	"rom.tar.001.gz!rom.tar.001": true, // the first part alone
}

// tarOptions are what tar has to be told to read on where we do.
var tarOptions = map[string][]string{"concatenated.tar": {"--ignore-zeros"}}

// TestReferenceCoverage: of every sample all bytes are accounted for, and nothing is unopened but what onPurpose names.
func TestReferenceCoverage(t *testing.T) {
	notHere(t)
	read, seen := map[string]bool{}, map[string]bool{}
	for _, s := range samples(t) {
		t.Run(s.area+"/"+s.name, func(t *testing.T) {
			path := s.open(t)
			out := filepath.Join(t.TempDir(), "report.json")
			if code, _, stderr := runWith(t, "scan", "-q", path, "-o", "json="+out); code != exitDone {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			raw, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			var r scan.Report
			if err := json.Unmarshal(raw, &r); err != nil {
				t.Fatal(err)
			}
			c := r.Coverage
			if c.Searched+c.Structure+c.Unopened != c.Size || c.Size != r.Inputs[0].Size {
				t.Errorf("coverage does not add up: %+v of %d bytes", c.Ledger, r.Inputs[0].Size)
			}
			for _, it := range c.Items {
				if it.Reason == "unknown format" && isRandom(it.Path) {
					continue
				}
				if want := onPurpose[it.Path]; want != it.Reason {
					t.Errorf("%s: %s: %s (%d bytes); want %q", it.Path, it.Reason, it.Detail, it.Size, want)
				}
				seen[it.Path] = true
			}
			read[filepath.Base(path)] = true
			if len(c.Items) == 0 && c.Unopened > 0 {
				t.Errorf("%d bytes are unopened, and no record tells why", c.Unopened)
			}
		})
	}
	for path := range onPurpose {
		if name, _, _ := strings.Cut(path, "!"); read[name] && !seen[path] {
			t.Errorf("%s: nothing is wrong with it", path)
		}
	}
}
