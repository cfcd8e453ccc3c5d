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
	root    *os.Root
	mu      sync.Mutex
	fold    func(string) string // what paths of the same place have in common
	taken   map[string]taken    // by folded path
	opening sync.RWMutex        // held for reading while a file is opened in one of the folders
	ahead   bool                // long streams are decoded ahead of what is written
	folders map[string]*os.Root // kept open: a path is looked up from its folder, not from root again and again
	files   atomic.Int64
	bytes   atomic.Int64
}

// maxFolders is how many folders are kept open.
const maxFolders = 256

// taken is what a path is used for.
type taken byte

const (
	free taken = iota
	asFolder
	asFile
)

func newTreeWriter(dir string) (*treeWriter, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	w := &treeWriter{root: root, fold: strings.Clone, taken: map[string]taken{}, folders: map[string]*os.Root{".": root}}
	ignores, err := ignoresCase(dir)
	if err != nil {
		root.Close()
		return nil, err
	}
	if ignores {
		w.fold = strings.ToLower
	}
	return w, nil
}

// ignoresCase tells whether a folder's file system takes "a" and "A" for the same name.
func ignoresCase(dir string) (bool, error) {
	probe, err := os.CreateTemp(dir, ".censorscan-a-*")
	if err != nil {
		return false, err
	}
	defer os.Remove(probe.Name())
	if err := probe.Close(); err != nil {
		return false, err
	}
	_, err = os.Lstat(filepath.Join(dir, strings.ToUpper(filepath.Base(probe.Name()))))
	return err == nil, nil
}

func (w *treeWriter) close() {
	w.closeFolders()
	w.root.Close()
}

// closeFolders closes all but the root.
func (w *treeWriter) closeFolders() {
	for dir, f := range w.folders {
		if f != w.root {
			f.Close()
			delete(w.folders, dir)
		}
	}
}

func (w *treeWriter) write(ctx context.Context, a *extract.Artifact, c *extract.Content) error {
	path := w.claim(filePath(a.Path))
	f, err := w.create(path)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("extracting %s: %s is there already; choose an empty folder", a.Path, path)
	}
	if err != nil {
		return fmt.Errorf("extracting %s: %w", a.Path, err)
	}
	n, err := copyContent(ctx, f, c, w.ahead)
	w.files.Add(1)
	w.bytes.Add(n)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("extracting %s: %w", a.Path, err)
	}
	return nil
}

// create makes a file, and the folders above it.
func (w *treeWriter) create(path string) (*os.File, error) {
	dir, name := filepath.Dir(path), filepath.Base(path)
	for {
		w.opening.RLock()
		if folder, ok := w.folders[dir]; ok {
			defer w.opening.RUnlock()
			return folder.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		}
		w.opening.RUnlock()
		if err := w.openFolder(dir); err != nil {
			return nil, err
		}
	}
}

// openFolder makes sure that a folder is open.
func (w *treeWriter) openFolder(dir string) error {
	w.opening.Lock()
	defer w.opening.Unlock()
	if len(w.folders) >= maxFolders {
		w.closeFolders()
	}
	_, err := w.folder(dir)
	return err
}

// folder opens a folder, and makes it if it is not there.
func (w *treeWriter) folder(dir string) (*os.Root, error) {
	if f, ok := w.folders[dir]; ok {
		return f, nil
	}
	above, err := w.folder(filepath.Dir(dir))
	if err != nil {
		return nil, err
	}
	name := filepath.Base(dir)
	if err := above.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	f, err := above.OpenRoot(name)
	if err == nil {
		w.folders[dir] = f
	}
	return f, err
}

// claim gives an artefact a path that no other has. Images can hold what no folder can: a file where the names of others want a folder.
func (w *treeWriter) claim(path string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	elements := strings.Split(path, string(filepath.Separator))
	claimed := ""
	for i, name := range elements {
		want := asFolder
		if i == len(elements)-1 {
			want = asFile
		}
		unique := filepath.Join(claimed, name)
		for n := 2; w.taken[w.fold(unique)] != free && (want == asFile || w.taken[w.fold(unique)] == asFile); n++ {
			unique = filepath.Join(claimed, fmt.Sprintf("%s~%d", name, n))
		}
		w.taken[w.fold(unique)] = want
		claimed = unique
	}
	return claimed
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

// escapes turns the escapes of a path chain, whose mark is a separator elsewhere, into those of a file name.
var escapes = strings.NewReplacer(`%x`, "%x25x", `%u`, "%x25u", `\`, "%")

func safeName(n string) string {
	switch n {
	case "", "!":
		n = "(empty)" + n
	case ".", "..":
		n = strings.ReplaceAll(n, ".", "(dot)")
	}
	n = escapes.Replace(n)
	if len(n) > maxNameBytes {
		n = strings.ToValidUTF8(n[:maxNameBytes/2], "") + "~" + strings.ToValidUTF8(n[len(n)-maxNameBytes/2:], "")
	}
	return n
}
