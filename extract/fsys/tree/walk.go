package tree

import (
	"cmp"
	"context"
	"io/fs"
	"iter"
	"slices"

	"github.com/censorscan/censorscan/extract"
)

const (
	// batchSize is how many files are put in the order of their bytes at once: enough for the files of many directories, few enough to hold.
	batchSize = 8192
	// maxPath is the longest path that is entered. Real ones end at 4096 bytes (PATH_MAX); chains of directories in a crafted image do not.
	maxPath = 64 << 10
)

// Walk yields every inode that can be reached from the root as a member, under each of its names: a directory before what is in it, all else in
// batches ordered by where the content begins. A directory that is reached twice is recorded as damage and entered once, so the walk ends
// even where directories form a loop. What cannot be read is yielded as *extract.Unopened, named by its path.
func Walk(ctx context.Context, r Reader) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		w := &walk{reader: r, yield: yield, entered: map[uint64]bool{}}
		root, err := r.Inode(r.Root())
		if err != nil {
			yield(nil, problem("/", err))
			return
		}
		if !root.Stat().Mode.IsDir() {
			yield(nil, problem("/", extract.Damaged(0, "the root is not a directory")))
			return
		}
		stack := []item{{inode: root}}
		for len(stack) > 0 {
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			dirs, ok := w.directory(ctx, top)
			if !ok {
				return
			}
			slices.Reverse(dirs) // the first is to be popped first
			stack = append(stack, dirs...)
		}
		w.flush()
	}
}

type walk struct {
	reader  Reader
	yield   func(*extract.Member, error) bool
	entered map[uint64]bool // directories by inode
	batch   []item
}

// item is an inode under one name. Its path is put together when it is needed: paths of all that waits would fill the memory.
type item struct {
	parent *item // nil for the root
	name   string
	length int   // of the path
	inode  Inode // nil for a directory that waits on the stack
	id     uint64
}

func (it *item) path() string {
	if it.parent == nil {
		return "/"
	}
	buf := make([]byte, it.length)
	end := it.length
	for p := it; p.parent != nil; p = p.parent {
		end -= copy(buf[end-len(p.name):], p.name)
		end--
		buf[end] = '/'
	}
	return string(buf)
}

// directory yields a directory, adds the files in it to the batch and returns the directories in it. It reports false when the walk is to end.
func (w *walk) directory(ctx context.Context, dir item) (dirs []item, ok bool) {
	if dir.inode == nil { // not held while it waited
		var err error
		if dir.inode, err = w.reader.Inode(dir.id); err != nil {
			return nil, w.yield(nil, problem(dir.path(), err))
		}
	}
	id := dir.inode.Stat().ID
	if !w.member(&dir) {
		return nil, false
	}
	if w.entered[id] {
		return nil, w.yield(nil, problem(dir.path(), extract.Damaged(0, "directory loop: inode %d was already entered by another path", id)))
	}
	w.entered[id] = true
	if dir.length > maxPath {
		return nil, w.yield(nil, problem(dir.path()[:256]+"...", &extract.LimitError{Limit: "path", Value: maxPath, What: "the directory is not entered"}))
	}
	entries := dir.inode.Entries()
	dir.inode = nil
	for e, err := range entries {
		if ctx.Err() != nil {
			return nil, false
		}
		if err != nil {
			if !w.yield(nil, problem(dir.path(), err)) {
				return nil, false
			}
			continue
		}
		it := item{parent: &dir, name: e.Name, length: dir.length + 1 + len(e.Name), id: e.ID}
		inode, err := w.reader.Inode(e.ID)
		switch {
		case err != nil:
			if !w.yield(nil, problem(it.path(), err)) {
				return nil, false
			}
		case inode.Stat().Mode.IsDir():
			dirs = append(dirs, it)
		default:
			it.inode = inode
			if w.batch = append(w.batch, it); len(w.batch) == batchSize && !w.flush() {
				return nil, false
			}
		}
	}
	return dirs, true
}

// flush yields the batch in the order of its bytes.
func (w *walk) flush() bool {
	slices.SortStableFunc(w.batch, func(a, b item) int {
		return cmp.Compare(a.inode.Stat().Position, b.inode.Stat().Position)
	})
	for i := range w.batch {
		if !w.member(&w.batch[i]) {
			return false
		}
	}
	clear(w.batch)
	w.batch = w.batch[:0]
	return true
}

// member yields an inode, and what is wrong with its link or attributes.
func (w *walk) member(it *item) bool {
	inode, path := it.inode, it.path()
	st := inode.Stat()
	m := &extract.Member{Name: path, Mode: st.Mode, Size: st.Size, Device: st.Device}
	var linkErr, xattrErr error
	m.Xattrs, xattrErr = inode.Xattrs()
	switch {
	case m.Mode.IsRegular() && st.Problem != nil:
		m.Extents = inode.Extents()
		m.Problem = problem(path, st.Problem)
	case m.Mode.IsRegular():
		m.Extents = inode.Extents()
		m.Open = func(context.Context) (extract.Source, error) {
			src, err := inode.Open()
			if err != nil {
				return nil, problem(path, err)
			}
			return src, nil
		}
	case m.Mode&fs.ModeSymlink != 0:
		m.Link, linkErr = inode.Link()
	}
	if !w.yield(m, nil) {
		return false
	}
	for _, err := range []error{linkErr, xattrErr} {
		if err != nil && !w.yield(nil, problem(path, err)) {
			return false
		}
	}
	return true
}

// problem gives an error the form of a coverage record that names the path.
func problem(path string, err error) *extract.Unopened {
	u := *extract.AsUnopened(err)
	if u.Name != "" {
		u.Name = path + ": " + u.Name
	} else {
		u.Name = path
	}
	return &u
}
