package tree

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/censorscan/censorscan/extract"
)

// FS is a file system as fs.FS. It follows no symbolic links, neither in Open nor in Stat. Where a directory holds a name twice the first one
// counts. Names that fs.ValidPath refuses are listed but cannot be opened; Walk has them all.
type FS struct {
	reader Reader

	mu     sync.Mutex
	lastID uint64
	last   []Entry // sorted entries of the directory lastID, so that opening all files of a directory does not read it each time
}

var (
	_ fs.ReadDirFS  = (*FS)(nil)
	_ fs.StatFS     = (*FS)(nil)
	_ fs.ReadLinkFS = (*FS)(nil)
)

// NewFS makes an fs.FS of a file system.
func NewFS(r Reader) *FS { return &FS{reader: r} }

// Open implements fs.FS. Files implement io.ReaderAt and io.Seeker, directories fs.ReadDirFile. A link or device can be opened and described, not read.
func (f *FS) Open(name string) (fs.File, error) {
	inode, err := f.lookup("open", name)
	if err != nil {
		return nil, err
	}
	info := fileInfo{path.Base(name), inode.Stat()}
	if info.stat.Mode.IsDir() {
		return &dirFile{fs: f, info: info, inode: inode, name: name}, nil
	}
	if !info.stat.Mode.IsRegular() {
		return &file{SectionReader: io.NewSectionReader(unreadable{}, 0, 1), info: info}, nil
	}
	if info.stat.Problem != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: info.stat.Problem}
	}
	src, err := inode.Open()
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &file{SectionReader: io.NewSectionReader(src, 0, src.Size()), src: src, info: info}, nil
}

// ReadDir implements fs.ReadDirFS. With an error it returns the entries that could be read.
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	inode, err := f.lookup("readdir", name)
	if err != nil {
		return nil, err
	}
	return f.readDir(name, inode)
}

// Stat implements fs.StatFS. Of a symbolic link it describes the link.
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	inode, err := f.lookup("stat", name)
	if err != nil {
		return nil, err
	}
	return fileInfo{path.Base(name), inode.Stat()}, nil
}

// Lstat implements fs.ReadLinkFS; it is the same as Stat.
func (f *FS) Lstat(name string) (fs.FileInfo, error) { return f.Stat(name) }

// ReadLink implements fs.ReadLinkFS.
func (f *FS) ReadLink(name string) (string, error) {
	inode, err := f.lookup("readlink", name)
	if err != nil {
		return "", err
	}
	if inode.Stat().Mode&fs.ModeSymlink == 0 {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	target, err := inode.Link()
	if err != nil {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: err}
	}
	return target, nil
}

func (f *FS) lookup(op, name string) (Inode, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	inode, err := f.reader.Inode(f.reader.Root())
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: err}
	}
	if name == "." {
		return inode, nil
	}
	for part := range strings.SplitSeq(name, "/") {
		if !inode.Stat().Mode.IsDir() {
			return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		}
		entries, dirErr := f.entries(inode)
		i, ok := slices.BinarySearchFunc(entries, part, func(e Entry, s string) int { return cmp.Compare(e.Name, s) })
		if !ok {
			return nil, &fs.PathError{Op: op, Path: name, Err: cmp.Or(dirErr, fs.ErrNotExist)}
		}
		if inode, err = f.reader.Inode(entries[i].ID); err != nil {
			return nil, &fs.PathError{Op: op, Path: name, Err: err}
		}
	}
	return inode, nil
}

// entries returns a directory sorted by name, each name once. The slice is shared. With an error it is what could be read.
func (f *FS) entries(dir Inode) ([]Entry, error) {
	id := dir.Stat().ID
	f.mu.Lock()
	if f.last != nil && f.lastID == id {
		defer f.mu.Unlock()
		return f.last, nil
	}
	f.mu.Unlock()
	list := []Entry{}
	var errs error
	for e, err := range dir.Entries() {
		switch {
		case err != nil:
			errs = cmp.Or(errs, err)
		default:
			list = append(list, e)
		}
	}
	slices.SortStableFunc(list, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	list = slices.CompactFunc(list, func(a, b Entry) bool { return a.Name == b.Name })
	if errs == nil {
		f.mu.Lock()
		f.lastID, f.last = id, list
		f.mu.Unlock()
	}
	return list, errs
}

func (f *FS) readDir(name string, dir Inode) ([]fs.DirEntry, error) {
	if !dir.Stat().Mode.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a directory")}
	}
	entries, errs := f.entries(dir)
	list := make([]fs.DirEntry, 0, len(entries))
	for _, e := range entries {
		inode, err := f.reader.Inode(e.ID)
		if err != nil {
			errs = cmp.Or(errs, err)
			continue
		}
		list = append(list, fs.FileInfoToDirEntry(fileInfo{e.Name, inode.Stat()}))
	}
	if errs != nil {
		return list, &fs.PathError{Op: "readdir", Path: name, Err: errs}
	}
	return list, nil
}

// fileInfo implements fs.FileInfo; Sys is the Stat.
type fileInfo struct {
	name string
	stat Stat
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return i.stat.Size }
func (i fileInfo) Mode() fs.FileMode  { return i.stat.Mode }
func (i fileInfo) ModTime() time.Time { return i.stat.ModTime }
func (i fileInfo) IsDir() bool        { return i.stat.Mode.IsDir() }
func (i fileInfo) Sys() any           { return i.stat }

// file is an open regular file, or a link or device, which cannot be read.
type file struct {
	*io.SectionReader
	src  extract.Source
	info fileInfo
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }

func (f *file) Close() error {
	if c, ok := f.src.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

type unreadable struct{}

func (unreadable) ReadAt([]byte, int64) (int, error) {
	return 0, errors.New("not a regular file")
}

// dirFile is an open directory.
type dirFile struct {
	fs    *FS
	info  fileInfo
	inode Inode
	name  string
	list  []fs.DirEntry
	read  bool
}

func (d *dirFile) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *dirFile) Close() error               { return nil }
func (d *dirFile) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a directory")}
}

// ReadDir implements fs.ReadDirFile.
func (d *dirFile) ReadDir(n int) ([]fs.DirEntry, error) {
	if !d.read {
		var err error
		d.read = true
		if d.list, err = d.fs.readDir(d.name, d.inode); err != nil {
			list := d.list
			d.list = nil
			return list, err
		}
	}
	if n <= 0 {
		n = len(d.list)
	} else if len(d.list) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.list))
	list := d.list[:n]
	d.list = d.list[n:]
	return list, nil
}
