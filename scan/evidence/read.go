package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan"
)

// maxManifest bounds the manifest of a pack in bytes.
const maxManifest = 256 << 20

// Opened is a pack that was read.
type Opened struct {
	Manifest Manifest
	Report   *scan.Report
	Carried  []scan.Carried // the files that are carried
}

// Open reads a pack and compares every file of it with its hash. The function returned closes the files. The error names the file that is missing or not the same.
func Open(dir string) (_ *Opened, _ func(), err error) {
	root, err := os.OpenRoot(dir) // names in the manifest may not lead out of the folder
	if err != nil {
		return nil, nil, fmt.Errorf("opening the evidence: %w", err)
	}
	open := []io.Closer{root}
	closeAll := func() {
		for _, c := range open {
			c.Close()
		}
	}
	defer func() {
		if err != nil {
			closeAll()
		}
	}()
	var p Opened
	raw, err := readFile(root, ManifestFile)
	if err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(raw, &p.Manifest); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", ManifestFile, err)
	}
	if s := p.Manifest.Schema; s != Schema {
		return nil, nil, fmt.Errorf("%s: the schema is %q, this program reads %q", ManifestFile, s, Schema)
	}
	want := p.Manifest.Report
	if raw, err = readFile(root, want.File); err != nil {
		return nil, nil, err
	}
	if sumOf(want.File, raw) != want {
		return nil, nil, fmt.Errorf("%s is not the report of the manifest: its SHA-256 is another", want.File)
	}
	if p.Report, err = scan.ReadReport(bytes.NewReader(raw)); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", want.File, err)
	}
	for _, f := range p.Manifest.Files {
		if f.Carried == nil {
			continue
		}
		file, err := root.Open(path.Clean(f.Carried.File))
		if err != nil {
			return nil, nil, fmt.Errorf("opening the evidence: %w", err)
		}
		open = append(open, file)
		if err := check(file, *f.Carried); err != nil {
			return nil, nil, err
		}
		p.Carried = append(p.Carried, scan.Carried{Path: f.Path, Source: fileSource{file, f.Carried.Size}})
	}
	return &p, closeAll, nil
}

func readFile(root *os.Root, name string) ([]byte, error) {
	f, err := root.Open(path.Clean(name))
	if err != nil {
		return nil, fmt.Errorf("opening the evidence: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err == nil && len(b) > maxManifest {
		err = errors.New("too large")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}

// check compares a file with what the manifest says of it.
func check(f fs.File, want Sum) error {
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return fmt.Errorf("%s: %w", want.File, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want.SHA256 || n != want.Size {
		return fmt.Errorf("%s is not the file of the manifest: SHA-256 %s, %d bytes", want.File, got, n)
	}
	return nil
}

// fileSource is a file as a Source.
type fileSource struct {
	io.ReaderAt
	size int64
}

func (f fileSource) Size() int64 { return f.size }

var _ extract.Source = fileSource{}
