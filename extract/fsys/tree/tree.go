// Package tree holds what file systems made of inodes have in common: a walk that ends on any input and yields members, and a view as fs.FS. A
// file system of its own package implements Reader; its names are raw bytes, in any encoding.
package tree

import (
	"io/fs"
	"iter"
	"time"

	"github.com/censorscan/censorscan/extract"
)

// Reader gives the inodes of a file system by number. It must be safe for use by several goroutines.
type Reader interface {
	// Root is the number of the root directory.
	Root() uint64
	// Inode reads an inode. The error names what is damaged and where.
	Inode(id uint64) (Inode, error)
}

// Inode is a file, directory, link or device. It must be safe for use by several goroutines, and small: the walk holds some thousands.
type Inode interface {
	// Stat describes the inode; it reads nothing.
	Stat() Stat
	// Entries yields the entries of a directory in their order on disk, without "." and "..". Instead of an entry it may yield an error for a
	// part that cannot be read, after which it goes on. It must end on any input.
	Entries() iter.Seq2[Entry, error]
	// Link is the target of a symbolic link.
	Link() (string, error)
	// Xattrs gives the extended attributes; with an error, those that could be read.
	Xattrs() ([]extract.Xattr, error)
	// Extents are the raw bytes in the container that a regular file's content comes from, as far as they can be found out: where they cannot,
	// Open, or reading what it returns, fails.
	Extents() []extract.Extent
	// Open gives access to the content of a regular file.
	Open() (extract.Source, error)
}

// Stat describes an inode.
type Stat struct {
	ID       uint64
	Mode     fs.FileMode // type and permission bits
	Size     int64       // bytes; 0 for what has no content
	ModTime  time.Time
	Device   [2]uint32         // major and minor number of a device node
	Position int64             // offset in the container where the content begins, as far as it is cheap to know: files are yielded in its order
	Problem  *extract.Unopened // why the content of a regular file cannot be opened; nil if it can
}

// Entry is a name in a directory.
type Entry struct {
	Name string // raw bytes
	ID   uint64 // of the inode
}
