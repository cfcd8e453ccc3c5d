package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/censorscan/censorscan/extract"
)

// treeWriter writes artefacts below one folder. os.Root keeps every name inside of it; the names are those of the path chain, which hold no byte that a
// file system could take for something else.
type treeWriter struct {
	root  *os.Root
	mu    sync.Mutex
	taken map[string]bool // lower-cased, for file systems that ignore case
	files atomic.Int64
	bytes atomic.Int64
}

func newTreeWriter(dir string) (*treeWriter, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &treeWriter{root: root, taken: map[string]bool{}}, nil
}

func (w *treeWriter) close() { w.root.Close() }

func (w *treeWriter) write(ctx context.Context, a *extract.Artifact, c *extract.Content) error {
	path := w.claim(filePath(a.Path))
	if err := w.root.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("extracting %s: %w", a.Path, err)
	}
	f, err := w.root.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("extracting %s: %s is there already; choose an empty folder", a.Path, path)
	}
	if err != nil {
		return fmt.Errorf("extracting %s: %w", a.Path, err)
	}
	n, err := copyContent(ctx, f, c)
	w.files.Add(1)
	w.bytes.Add(n)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("extracting %s: %w", a.Path, err)
	}
	return nil
}

// claim makes a path unique, also where case does not count.
func (w *treeWriter) claim(path string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	unique := path
	for i := 2; w.taken[strings.ToLower(unique)]; i++ {
		unique = fmt.Sprintf("%s~%d", path, i)
	}
	w.taken[strings.ToLower(unique)] = true
	return unique
}

// maxNameBytes is what file systems take as one name.
const maxNameBytes = 240

// filePath turns a path chain into a relative path: every "!" ends a folder, and elements that mean something to a file system ("..", "", ".") are
// written out.
func filePath(chain string) string {
	var elements []string
	parts := strings.Split(chain, "!")
	for i, part := range parts {
		names := strings.Split(strings.TrimPrefix(part, "/"), "/")
		if i < len(parts)-1 {
			names[len(names)-1] += "!"
		}
		for _, n := range names {
			elements = append(elements, safeName(n))
		}
	}
	return filepath.Join(elements...)
}

func safeName(n string) string {
	switch n {
	case "", "!":
		n = "(empty)" + n
	case ".", "..":
		n = strings.ReplaceAll(n, ".", "(dot)")
	}
	n = strings.ReplaceAll(n, `\`, "%") // the escapes of a path chain; a separator elsewhere
	if len(n) > maxNameBytes {
		n = strings.ToValidUTF8(n[:maxNameBytes/2], "") + "~" + strings.ToValidUTF8(n[len(n)-maxNameBytes/2:], "")
	}
	return n
}
