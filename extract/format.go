package extract

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
)

// Format is one kind of container: how to recognise it and how to open it. Formats are plain values in one ordered slice
// (package formats); the first whose Detect says yes is tried first.
type Format struct {
	Name    string // short name used in reports: "zip"
	Group   string // the folder it lives in: "archive", "compress", "ota", "disk", "fsys", ...
	Summary string // one line for the format table in the README
	Spec    string // public source of the layout
	// Detect recognises the format by content. It reads as little as it can and never trusts the name alone.
	Detect func(p *Probe) bool
	// Magic is what an artefact of the format begins with, "" if that is no proof. It serves to find containers in slack, at any offset.
	Magic string
	// Trailer is a magic string near the end by which Detect also recognises the format, "" if it looks at the beginning only.
	Trailer string
	// Forward says that the container is read from its beginning to its end, each member when it is yielded, so that a long stream need not be held for it.
	// Its Input may be Passing.
	Forward bool
	// Open reads the container's own tables. ErrNotThis says that Detect was wrong and the next format may try; every other error
	// means that the artefact is of this format and stays unopened.
	Open func(ctx context.Context, in *Input) (Container, error)
}

// ErrNotThis is returned by Format.Open when a closer look shows that the artefact is not of the format.
var ErrNotThis = errors.New("not of this format")

// Input is what a format opens.
type Input struct {
	Source
	Name        string // file name: a hint for naming what is inside, never a means to detect
	Budget      *Budget
	CheckHashes bool // verify the hashes that the container carries
}

// Reach gives off, or the size of the input if that is less. An input that is Passing is decoded no further than that.
func (in *Input) Reach(off int64) int64 { return Reach(in.Source, off) }

// Container is an opened artefact that holds others.
type Container interface {
	// Members yields each member once, in the order of their bytes where that is possible, so that caches work. Instead of a member it may
	// yield an error (an *Unopened, or any other, which counts as damage): a part that cannot be read, after which the iteration goes on.
	Members(ctx context.Context) iter.Seq2[*Member, error]
	// Structure gives the extents that are the container's own: headers, tables, bitmaps, signatures. It is called when all members have been
	// read. Bytes that are in no extent of a member and not in Structure are searched as slack.
	Structure() []Extent
	// Close frees what the container holds. No member is read afterwards.
	Close() error
}

// Member is a node inside a container: a file, folder, link or device of a file system or archive, a partition, or a decoded stream. For a regular
// file (Mode.IsRegular) exactly one of Open, Stream and Problem is set.
type Member struct {
	Name   string      // path within the container in its raw bytes; a path inside a file system begins with "/"
	Mode   fs.FileMode // type and permission bits
	Size   int64       // bytes, -1 when only decoding can tell
	Link   string      // target of a symbolic link
	Device [2]uint32   // major and minor number of a device node
	Xattrs []Xattr

	Partition bool // reports sum coverage up for it

	// Extents are where the raw bytes lie in the container; nil when they have no place of their own (empty files, holes). A decoded
	// stream may set them when it has been read to its end.
	Extents []Extent

	// Open gives random access. The Source is closed, if it is an io.Closer, when it is no longer used.
	Open func(ctx context.Context) (Source, error)
	// Stream gives the bytes in order, for what can be read in one direction only. The reader has to apply Budget.Expand when it decodes.
	Stream func(ctx context.Context) (io.ReadCloser, error)
	// Problem says why the member cannot be opened although it is known.
	Problem *Unopened

	dir    Container // a folder of the machine
	partOf string    // the whole that this is a part of
}

// Xattr is an extended attribute.
type Xattr struct {
	Name  string // with its namespace: "security.selinux"
	Value []byte
}
