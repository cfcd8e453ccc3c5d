package formats

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
)

// walked is what a walk found.
type walked struct {
	sums     map[string]string // SHA-256 of each artefact that is no container, by its path
	formats  map[string]string
	coverage *extract.Coverage
	size     int64
}

// walk visits all that is in a file, with every format and joiner.
func walk(t *testing.T, path string) *walked {
	t.Helper()
	root, err := extract.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	w := &walked{sums: map[string]string{}, formats: map[string]string{}, size: root.Size()}
	w.coverage, err = extract.Walk(context.Background(), root, extract.Options{
		Formats: All(), Joiners: Joiners(), Budget: extract.NewBudget(extract.DefaultLimits()), Workers: 2, CheckHashes: true,
		Content: func(ctx context.Context, a *extract.Artifact, container bool, c *extract.Content) (any, error) {
			if container {
				return nil, nil
			}
			h := holeHash{Hash: sha256.New()}
			err := c.Pieces(ctx, 0, func(p extract.Piece) error {
				h.zeros(p.Offset + int64(p.Lead))
				h.at += int64(p.Owned)
				_, err := h.Write(p.Data[p.Lead:][:p.Owned])
				return err
			})
			h.zeros(c.Size())
			return hex.EncodeToString(h.Sum(nil)), err
		},
		Leave: func(a *extract.Artifact, result any) {
			w.formats[a.Path] = a.Format
			if sum, ok := result.(string); ok {
				w.sums[a.Path] = sum
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// holeHash hashes the zeros that pieces leave out.
type holeHash struct {
	hash.Hash
	at int64
}

// zeros goes on to an offset.
func (h *holeHash) zeros(to int64) {
	if to > h.at {
		h.Write(make([]byte, to-h.at))
		h.at = to
	}
}

// complete fails unless every byte of the input was searched or is structure.
func (w *walked) complete(t *testing.T, path string) {
	t.Helper()
	for _, i := range w.coverage.Items {
		t.Errorf("%s: %s: %s", i.Path, i.Reason, i.Detail)
	}
	if c := w.coverage; c.Unopened != 0 || c.Searched+c.Structure != w.size {
		t.Errorf("%s of %d bytes: %+v", path, w.size, c.Ledger)
	}
}

// golden reads lines of a SHA-256, a number of other words, and a name.
func golden(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		words := strings.Fields(s.Text())
		out[words[len(words)-1]] = words[0]
	}
	if len(out) == 0 {
		t.Fatalf("%s is empty", path)
	}
	return out
}

// TestWrappings walks through everything that files come wrapped in, and finds the files.
func TestWrappings(t *testing.T) {
	const dir = "../../testdata/wrap"
	want := golden(t, filepath.Join(dir, "golden.txt"))
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "golden.txt" || e.Name() == "make.sh" {
			continue
		}
		w := walk(t, filepath.Join(dir, e.Name()))
		w.complete(t, e.Name())
		found := 0
		for path, sum := range want {
			if !strings.HasPrefix(path, e.Name()+"!") {
				continue
			}
			found++
			if got := w.sums[path]; got != sum {
				t.Errorf("%s: SHA-256 %q, want %s", path, got, sum)
			}
		}
		if found == 0 {
			t.Errorf("%s: no file to be found", e.Name())
		}
	}
}

// TestBlockOTAs walks through the block OTAs down to the files of the file system.
func TestBlockOTAs(t *testing.T) {
	const dir = "../../testdata/sdat"
	want := golden(t, filepath.Join(dir, "golden.txt"))
	delete(want, "system") // it is opened
	for _, sample := range []string{"v1-stored", "v2-deflated", "v3-parts", "v4-brotli", "v4-brotli-parts"} {
		path := filepath.Join(dir, sample+".zip")
		w := walk(t, path)
		w.complete(t, path)
		if f := w.formats[sample+".zip!system"]; f != "ext4" {
			t.Errorf("%s: the partition is %q", sample, f)
		}
		if p := w.coverage.Partitions; len(p) != 1 || p[0].Path != sample+".zip!system" {
			t.Errorf("%s: partitions %v", sample, p)
		}
		for name, sum := range want {
			if got := w.sums[sample+".zip!"+name]; got != sum {
				t.Errorf("%s!%s: SHA-256 %q, want %s", sample, name, got, sum)
			}
		}
	}
	w := walk(t, filepath.Join(dir, "v4-incremental.zip"))
	if i := w.coverage.Items; len(i) != 1 || i[0].Reason != extract.ReasonUnsupported || i[0].Path != "v4-incremental.zip!system" || w.coverage.Unopened < 9000 {
		t.Errorf("incremental: %+v, %+v", w.coverage.Ledger, i)
	}
	if w.sums["v4-incremental.zip!system (new blocks)"] == "" {
		t.Error("incremental: the new blocks are not searched")
	}
}

// TestBlockOTAFolders walks through block OTAs that were unzipped, one of them without a part in the middle.
func TestBlockOTAFolders(t *testing.T) {
	unzip := func(sample, without string) (dir string, size int64) {
		t.Helper()
		z, err := zip.OpenReader("../../testdata/sdat/" + sample + ".zip")
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		dir = filepath.Join(t.TempDir(), "ota")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			if f.Name == without {
				continue
			}
			b, err := fs.ReadFile(z, f.Name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(f.Name, ".new.dat") {
				size += int64(len(b))
			}
			if err := os.WriteFile(filepath.Join(dir, f.Name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return dir, size
	}
	dir, _ := unzip("v4-brotli-parts", "")
	w := walk(t, dir)
	w.complete(t, "folder")
	if w.sums["ota!system!/etc/words.txt"] != golden(t, "../../testdata/sdat/golden.txt")["system!/etc/words.txt"] {
		t.Errorf("a file in the partition is not found in %v", w.sums)
	}

	dir, size := unzip("v4-incremental", "")
	w = walk(t, dir)
	if i := w.coverage.Items; len(i) != 1 || i[0].Size != size || w.coverage.Unopened != size || w.sums["ota!system (new blocks)"] == "" {
		t.Errorf("incremental: %+v, %+v, want %d bytes unopened", w.coverage.Ledger, i, size)
	}

	dir, _ = unzip("v3-parts", "system.new.dat.1")
	w = walk(t, dir)
	if i := w.coverage.Items; len(i) == 0 || i[0].Detail != "part 1 is missing" || w.coverage.Unopened == 0 || w.sums["ota!system.transfer.list"] == "" {
		t.Errorf("without part 1: %+v, %+v", w.coverage.Ledger, i)
	}
}

// TestSamsung walks through a .tar.md5 with images in lz4 frames.
func TestSamsung(t *testing.T) {
	const dir = "../../testdata/samsung"
	w := walk(t, filepath.Join(dir, "AP_SAMPLE.tar.md5"))
	w.complete(t, "AP_SAMPLE.tar.md5")
	want := golden(t, filepath.Join(dir, "golden.txt"))
	for path, name := range map[string]string{
		"AP_SAMPLE.tar.md5!system.img.lz4!system.img!/words.txt":  "words.txt",
		"AP_SAMPLE.tar.md5!system.img.lz4!system.img!/build.prop": "build.prop",
		"AP_SAMPLE.tar.md5!param.bin.lz4!param.bin":               "param.bin",
	} {
		if got := w.sums[path]; got != want[name] || got == "" {
			t.Errorf("%s: SHA-256 %q, want %s", path, got, want[name])
		}
	}
}

// TestBackups walks through Android backups; of the encrypted one nothing counts as searched.
func TestBackups(t *testing.T) {
	const dir = "../../testdata/ab"
	for _, sample := range []string{"v1-deflated", "v3-stored", "v5-deflated"} {
		w := walk(t, filepath.Join(dir, sample+".ab"))
		w.complete(t, sample)
		if w.sums[sample+".ab!"+sample+".tar!apps/com.example.notes/f/words.txt"] == "" {
			t.Errorf("%s: the app's file is not found in %v", sample, w.sums)
		}
	}
	w := walk(t, filepath.Join(dir, "v4-encrypted.ab"))
	if i := w.coverage.Items; len(i) != 1 || i[0].Reason != extract.ReasonEncrypted || w.coverage.Unopened != w.size {
		t.Errorf("encrypted: %+v, %+v", w.coverage.Ledger, i)
	}
}
