package erofs

import (
	"sync"
	"sync/atomic"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/fsys/tree"
)

// volume is an opened image.
type volume struct {
	super    superblock
	image    space
	main     area // the inodes that lie in the image
	budget   *extract.Budget
	decoders *decoders
	box      func() (*area, error)        // the metabox as an area of inodes
	packed   func() (*file, error)        // the packed inode
	prefixes func() (*prefixTable, error) // long attribute name prefixes
}

func openVolume(src extract.Source, b *extract.Budget) (*volume, error) {
	sb, err := readSuper(src, b)
	if err != nil {
		return nil, err
	}
	v := &volume{super: *sb, image: imageSpace{src}, budget: b, decoders: newDecoders()}
	v.main = area{space: v.image, base: sb.metaBase, cache: b.Cache(), owner: b.Cache().NewOwner()}
	v.box = sync.OnceValues(func() (*area, error) {
		f, err := v.specialFile(sb.metabox, sb.incompat&incompatMetabox != 0, "metabox")
		if err != nil {
			return nil, err
		}
		return &area{space: f, cache: b.Cache(), owner: b.Cache().NewOwner()}, nil
	})
	v.packed = sync.OnceValues(func() (*file, error) {
		return v.specialFile(sb.packed, sb.packed != 0, "packed inode")
	})
	v.prefixes = sync.OnceValues(v.readPrefixes)
	return v, nil
}

// specialFile opens a file that the superblock names.
func (v *volume) specialFile(number uint64, has bool, name string) (*file, error) {
	if !has {
		return nil, extract.Damaged(superOffset, "the image has no %s, but uses one", name)
	}
	in, err := (&view{volume: v}).readInode(number)
	if err != nil {
		return nil, err
	}
	if !in.mode.IsRegular() {
		return nil, extract.Damaged(in.offset, "the %s (inode %d) is not a regular file", name, number)
	}
	return in.open()
}

// space gives the address space of a place.
func (v *volume) space(p place) (space, error) {
	switch p {
	case inBox:
		a, err := v.box()
		if err != nil {
			return nil, err
		}
		return a.space, nil
	case inPacked:
		f, err := v.packed()
		if err != nil {
			return nil, err
		}
		return f, nil
	}
	return v.image, nil
}

// areaOf is the area that an inode lies in.
func (v *volume) areaOf(number uint64) (*area, error) {
	if number&inMetabox != 0 {
		return v.box()
	}
	return &v.main, nil
}

// view reads the inodes of a volume. With claims it notes which bytes are metadata. It implements tree.Reader.
type view struct {
	*volume
	mu     sync.Mutex
	claims *extentList // nil if nobody wants to know
	work   *allowance  // shared by all that is read for a walk; nil if each call has its own
}

// allowance bounds the metadata that is read: inodes of a crafted image can share theirs, so that there is no end to it.
type allowance struct {
	left atomic.Int64
	all  int64
}

// newAllowance gives room for every byte of the image many times over: names of a hard link each cost the link's metadata.
func (v *volume) newAllowance() *allowance {
	a := &allowance{all: 16*v.image.Size() + 64<<20}
	a.left.Store(a.all)
	return a
}

func (a *allowance) charge(n int64) error {
	if n > a.all || a.left.Add(-n) < 0 {
		return &extract.LimitError{Limit: "metadata", Value: a.all, What: "inodes and directories claim more bytes than an image of this size can hold"}
	}
	return nil
}

func (v *view) allowance() *allowance {
	if v.work != nil {
		return v.work
	}
	return v.newAllowance()
}

// Root implements tree.Reader.
func (v *view) Root() uint64 { return v.super.root }

// Inode implements tree.Reader.
func (v *view) Inode(number uint64) (tree.Inode, error) {
	in, err := v.readInode(number)
	if err != nil {
		return nil, err
	}
	if v.claims == nil {
		return in, nil
	}
	if err := v.claim(in); err != nil {
		in.problem = extract.AsUnopened(err)
	}
	return in, nil
}

// claim notes the inode's metadata as such and finds out where its content begins.
func (v *view) claim(in *inode) error {
	end := in.metadataEnd()
	if err := v.work.charge(end - in.offset); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	in.area.extents(v.claims, in.offset, end-in.offset)
	if !in.mode.IsRegular() {
		if in.size > 0 {
			in.eachRun(func(r run) bool {
				r.extents(v.volume, v.claims)
				return true
			})
		}
		return nil
	}
	in.position = in.offset
	in.eachRun(func(r run) bool {
		if r.kind == kindBad && r.size == in.size {
			in.problem = r.bad
		}
		r.size = min(r.size, 1)
		var l extentList
		if r.extents(v.volume, &l); len(l.list) > 0 {
			in.position = l.list[0].Offset
		}
		return false
	})
	return nil
}

// metadataEnd is where the inode's own bytes end in its area: with its attributes and what maps its content.
func (in *inode) metadataEnd() int64 {
	end := in.tail()
	if in.hasContent() && in.size > 0 {
		switch in.layout {
		case layoutChunks:
			off, unit := in.chunkTable()
			end = off + ((in.size-1)>>in.chunkShift()+1)*unit
		case layoutFull, layoutCompact:
			if c, bad := in.loadClusters(); bad == nil {
				end = c.end
			}
		}
	}
	return min(end, max(in.area.Size(), in.offset))
}

// structure is every byte of the image that was found to be metadata.
func (v *view) structure() []extract.Extent {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, e := range v.super.structure {
		v.image.extents(v.claims, e.Offset, e.Size)
	}
	if t, err := v.prefixes(); err == nil {
		t.space.extents(v.claims, t.start, t.end-t.start)
	}
	if v.super.packed != 0 {
		if in, err := v.readInode(v.super.packed); err == nil {
			in.area.extents(v.claims, in.offset, in.metadataEnd()-in.offset)
		}
	}
	if v.super.metabox != 0 {
		if in, err := v.readInode(v.super.metabox); err == nil {
			in.area.extents(v.claims, in.offset, in.metadataEnd()-in.offset)
			for _, e := range in.Extents() {
				v.claims.add(e)
			}
		}
	}
	return append([]extract.Extent(nil), v.claims.merge()...)
}
