package extract

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sort"
)

// Root is an input: a file, a folder or a stream.
type Root struct {
	Name   string // shown first in every path chain
	source Source
	dir    Container
	total  int64
}

// OpenRoot opens a file or a folder. In a folder, symbolic links are listed and not followed. The Root has to be closed.
func OpenRoot(path string) (*Root, error) {
	name := filepath.Base(filepath.Clean(path))
	if abs, err := filepath.Abs(path); err == nil {
		name = filepath.Base(abs)
	}
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if st.IsDir() {
		r, err := os.OpenRoot(path)
		if err != nil {
			return nil, err
		}
		d := &folder{root: r}
		return &Root{Name: name, dir: d, total: d.measure()}, nil
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is neither a file nor a folder; pipe it to standard input (-) instead", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &Root{Name: name, source: &fileSource{f, st.Size()}, total: st.Size()}, nil
}

// SpoolRoot makes an input of a stream, such as standard input, by spooling it.
func SpoolRoot(ctx context.Context, name string, r io.Reader, b *Budget) (*Root, error) {
	src, err := b.Spool(ctx, r)
	if err != nil {
		src.(io.Closer).Close()
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return &Root{Name: name, source: src, total: src.Size()}, nil
}

// SourceRoot makes an input of any Source.
func SourceRoot(name string, src Source) *Root {
	return &Root{Name: name, source: src, total: src.Size()}
}

// Source is the input's bytes, nil for a folder.
func (r *Root) Source() Source { return r.source }

// Size is the input's size in bytes; for a folder the sum of its files.
func (r *Root) Size() int64 { return r.total }

// Close closes the input.
func (r *Root) Close() error {
	if c, ok := r.source.(io.Closer); ok {
		return c.Close()
	}
	if r.dir != nil {
		return r.dir.(*folder).root.Close()
	}
	return nil
}

func (r *Root) member() *Member {
	if r.dir != nil {
		return &Member{Name: r.Name, Mode: fs.ModeDir | 0o755, dir: r.dir}
	}
	// the Root closes its source itself
	return &Member{Name: r.Name, Size: r.total, Open: func(context.Context) (Source, error) { return keepOpen{r.source}, nil }}
}

// keepOpen hides the Close of a Source that somebody else owns.
type keepOpen struct{ Source }

type fileSource struct {
	*os.File
	size int64
}

func (f *fileSource) Size() int64 { return f.size }

func (f *fileSource) ReadAt(p []byte, off int64) (int, error) {
	return readWithin(f.File, f.size, p, off)
}

// folder is a folder of the machine as a container. Its files lie one after another in an imagined image, so that a ledger can add them up.
type folder struct {
	root *os.Root
	next int64
}

func (d *folder) Structure() []Extent { return nil }
func (d *folder) Close() error        { return nil }

func (d *folder) Members(ctx context.Context) iter.Seq2[*Member, error] {
	return func(yield func(*Member, error) bool) {
		d.next = 0
		d.list(ctx, ".", yield)
	}
}

func (d *folder) measure() (total int64) {
	for m, err := range d.Members(context.Background()) {
		if err == nil && m.Mode.IsRegular() {
			total += m.Size
		}
	}
	return total
}

func (d *folder) list(ctx context.Context, dir string, yield func(*Member, error) bool) bool {
	if ctx.Err() != nil {
		return false
	}
	f, err := d.root.Open(dir)
	if err != nil {
		return yield(nil, &Unopened{Name: dir, Reason: ReasonDamaged, Detail: err.Error(), Err: err})
	}
	names, err := f.Readdirnames(-1)
	f.Close()
	if err != nil && !yield(nil, &Unopened{Name: dir, Reason: ReasonDamaged, Detail: err.Error(), Err: err}) {
		return false
	}
	sort.Strings(names)
	for _, n := range names {
		if !d.one(ctx, filepath.Join(dir, n), yield) {
			return false
		}
	}
	return true
}

func (d *folder) one(ctx context.Context, path string, yield func(*Member, error) bool) bool {
	st, err := d.root.Lstat(path)
	if err != nil {
		return yield(nil, &Unopened{Name: path, Reason: ReasonDamaged, Detail: err.Error(), Err: err})
	}
	m := &Member{Name: filepath.ToSlash(path), Mode: st.Mode()}
	switch {
	case st.IsDir():
		return yield(m, nil) && d.list(ctx, path, yield)
	case st.Mode()&fs.ModeSymlink != 0:
		m.Link, _ = d.root.Readlink(path)
	case st.Mode().IsRegular():
		m.Size = st.Size()
		m.Extents = []Extent{{d.next, m.Size}}
		d.next += m.Size
		m.Open = func(context.Context) (Source, error) {
			f, err := d.root.Open(path)
			if err != nil {
				return nil, err
			}
			return &fileSource{f, m.Size}, nil
		}
	}
	return yield(m, nil)
}
