package tree

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/censorscan/censorscan/extract"
)

// memory is a file system in memory.
type memory map[uint64]*node

type node struct {
	stat    Stat
	entries []Entry
	bad     error // yielded after the entries
	data    string
}

func (m memory) Root() uint64 { return 1 }

func (m memory) Inode(id uint64) (Inode, error) {
	n, ok := m[id]
	if !ok {
		return nil, fmt.Errorf("inode %d does not exist", id)
	}
	n.stat.ID = id
	if n.stat.Mode.IsRegular() {
		n.stat.Size = int64(len(n.data))
	}
	return n, nil
}

func (n *node) Stat() Stat { return n.stat }
func (n *node) Entries() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, e := range n.entries {
			if !yield(e, nil) {
				return
			}
		}
		if n.bad != nil {
			yield(Entry{}, n.bad)
		}
	}
}
func (n *node) Link() (string, error)            { return n.data, nil }
func (n *node) Xattrs() ([]extract.Xattr, error) { return nil, nil }
func (n *node) Extents() []extract.Extent        { return nil }
func (n *node) Open() (extract.Source, error)    { return extract.BytesSource(n.data), nil }

func dir(entries ...Entry) *node {
	return &node{stat: Stat{Mode: fs.ModeDir | 0o755}, entries: entries}
}

func regular(data string, position int64) *node {
	return &node{stat: Stat{Mode: 0o644, Position: position}, data: data}
}

func sample() memory {
	return memory{
		1: dir(Entry{"late", 3}, Entry{"d", 2}, Entry{"early", 4}, Entry{"link", 5}, Entry{"pipe", 7}),
		2: dir(Entry{"inner", 6}, Entry{"hard", 4}),
		3: regular("late data", 900),
		4: regular("early data", 100),
		5: {stat: Stat{Mode: fs.ModeSymlink | 0o777, Size: 11}, data: "../../etc/x"},
		6: regular("inner data", 500),
		7: {stat: Stat{Mode: fs.ModeNamedPipe | 0o600, Position: 1}},
	}
}

// list walks a file system to one line for each member or problem.
func list(m memory) string {
	var lines []string
	for mem, err := range Walk(context.Background(), m) {
		if err != nil {
			lines = append(lines, "! "+err.Error())
			continue
		}
		line := mem.Mode.String() + " " + mem.Name
		if mem.Link != "" {
			line += " -> " + mem.Link
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestWalk(t *testing.T) {
	loop := sample()
	loop[2].entries = append(loop[2].entries, Entry{"up", 1}, Entry{"self", 2})
	damaged := sample()
	damaged[2].bad = extract.Damaged(77, "entry without length")
	damaged[1].entries = append(damaged[1].entries, Entry{"gone", 99})
	closed := sample()
	closed[3].stat.Problem = extract.Encrypted(5, "no key")

	const rest = `drwxr-xr-x /
drwxr-xr-x /d
`
	const files = `Lrwxrwxrwx /link -> ../../etc/x
prw------- /pipe
-rw-r--r-- /early
-rw-r--r-- /d/hard
-rw-r--r-- /d/inner
-rw-r--r-- /late`
	tests := []struct {
		name string
		fs   memory
		want string
	}{
		{"order of bytes", sample(), rest + files},
		{"loops", loop, rest + `drwxr-xr-x /d/up
! /d/up: damaged: directory loop: inode 1 was already entered by another path
drwxr-xr-x /d/self
! /d/self: damaged: directory loop: inode 2 was already entered by another path
` + files},
		{"damage", damaged, `drwxr-xr-x /
! /gone: damaged: inode 99 does not exist
drwxr-xr-x /d
! /d: damaged: entry without length
` + files},
		{"encrypted", closed, rest + files},
		{"no root", memory{}, "! /: damaged: inode 1 does not exist"},
		{"root is a file", memory{1: regular("x", 0)}, "! /: damaged: the root is not a directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := list(tt.fs); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestWalkMembers(t *testing.T) {
	m := sample()
	m[3].stat.Problem = extract.Encrypted(5, "no key")
	for mem, err := range Walk(context.Background(), m) {
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case mem.Name == "/late":
			if mem.Open != nil || mem.Problem == nil || mem.Problem.Name != "/late" || mem.Problem.Reason != extract.ReasonEncrypted {
				t.Errorf("problem of /late = %v", mem.Problem)
			}
			if m[3].stat.Problem.Name != "" {
				t.Error("the inode's own record was changed")
			}
		case mem.Mode.IsRegular():
			src, err := mem.Open(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := io.ReadAll(io.NewSectionReader(src, 0, src.Size())); len(got) != int(mem.Size) {
				t.Errorf("%s: %d bytes, want %d", mem.Name, len(got), mem.Size)
			}
		}
	}
}

func TestWalkStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	members := 0
	for range Walk(ctx, sample()) {
		members++
		cancel()
	}
	if members != 1 {
		t.Errorf("%d members after the walk was cancelled, want 1", members)
	}
	for range Walk(context.Background(), sample()) {
		break // must not panic
	}
}

// A chain of directories with long names would make paths that grow with the square of its length.
func TestWalkDeep(t *testing.T) {
	m := memory{}
	const depth = 2000
	for i := uint64(1); i < depth; i++ {
		m[i] = dir(Entry{strings.Repeat("n", 255), i + 1})
	}
	m[depth] = dir()
	members, limits := 0, 0
	for _, err := range Walk(context.Background(), m) {
		var l *extract.LimitError
		switch {
		case err == nil:
			members++
		case errors.As(err, &l):
			limits++
		default:
			t.Fatal(err)
		}
	}
	if limits != 1 || members < 200 || members > 300 {
		t.Errorf("%d members and %d tripped limits, want about 257 and 1", members, limits)
	}
}

func TestFS(t *testing.T) {
	m := sample()
	delete(m, 7)
	m[1].entries = m[1].entries[:4]
	if err := fstest.TestFS(NewFS(m), "late", "d/inner", "d/hard", "link"); err != nil {
		t.Error(err)
	}
}

func TestFSErrors(t *testing.T) {
	m := sample()
	m[2].bad = extract.Damaged(7, "bad")
	m[3].stat.Problem = extract.Encrypted(5, "no key")
	f := NewFS(m)
	for _, name := range []string{"nothing", "link/x", "late/x", "../late", "/late", "d/missing"} {
		if _, err := f.Open(name); err == nil {
			t.Errorf("Open(%q) has no error", name)
		}
	}
	if _, err := f.Open("late"); !errors.As(err, new(*extract.Unopened)) {
		t.Errorf("Open of an encrypted file: %v", err)
	}
	if list, err := f.ReadDir("d"); err == nil || len(list) != 2 {
		t.Errorf("ReadDir of a damaged directory = %d entries, %v; want both entries and an error", len(list), err)
	}
	if target, err := f.ReadLink("link"); err != nil || target != "../../etc/x" {
		t.Errorf("ReadLink = %q, %v", target, err)
	}
	if _, err := f.ReadLink("late"); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("ReadLink of a file: %v", err)
	}
	pipe, err := f.Open("pipe")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pipe.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("reading a pipe: %v", err)
	}
}
