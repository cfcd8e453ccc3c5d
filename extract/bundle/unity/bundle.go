package unity

import (
	"context"
	"fmt"
	"io"
	"iter"
	"sort"
	"sync"

	"github.com/censorscan/censorscan/extract"
)

// Names of what no file of the bundle stands for.
const (
	unnamedName = "(unnamed)" // decoded bytes that belong to no file
	excessName  = "(excess)"  // raw bytes of blocks that decode to nothing
)

// bundle is an opened asset bundle.
type bundle struct {
	in        *extract.Input
	ctx       context.Context // of Open: ends the decoding of a large block
	owner     int64           // in the cache of the run
	bomb      bool            // the blocks claim to decode to more than the ratio allows
	encrypted bool            // a key is needed for marked blocks
	sized     bool            // lzma streams tell their size
	blocks    []block
	size      int64 // decoded bytes
	nodes     []node
	directory int64 // decoded bytes at the beginning that are the directory
	structure []extract.Extent
	excess    []extract.Extent
	notes     []*extract.Unopened

	mu     sync.Mutex
	damage map[int]error // why the cached bytes of a block are fewer than they should be
	spools map[int]*spool
}

func newBundle(ctx context.Context, in *extract.Input) *bundle {
	return &bundle{in: in, ctx: ctx, owner: in.Budget.Cache().NewOwner(), damage: map[int]error{}, spools: map[int]*spool{}}
}

func (b *bundle) note(u *extract.Unopened) { b.notes = append(b.notes, u) }

// Members yields the files in the order of their bytes, then what belongs to none.
func (b *bundle) Members(ctx context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		for _, u := range b.notes {
			if !yield(nil, u) {
				return
			}
		}
		sort.SliceStable(b.nodes, func(i, j int) bool { return b.nodes[i].offset < b.nodes[j].offset })
		left := b.allowed()
		covered, gaps := b.directory, []extract.Extent(nil)
		for i := range b.nodes {
			if ctx.Err() != nil {
				return
			}
			nd, err := b.within(&b.nodes[i])
			if err != nil && !yield(nil, err) {
				return
			}
			if nd.size > 0 && nd.offset > covered {
				gaps = append(gaps, extract.Extent{Offset: covered, Size: nd.offset - covered})
			}
			covered = max(covered, nd.end())
			if !yield(b.member(nd.name, []extract.Extent{{Offset: nd.offset, Size: nd.size}}, &left), nil) {
				return
			}
		}
		if covered < b.size {
			gaps = append(gaps, extract.Extent{Offset: covered, Size: b.size - covered})
		}
		if len(gaps) > 0 && !b.filler(gaps) && !yield(b.member(unnamedName, gaps, &left), nil) {
			return
		}
		if len(b.excess) > 0 && yield(nil, extract.Damaged(b.excess[0].Offset, "blocks have more bytes than they decode to")) {
			yield(b.rawMember(), nil)
		}
	}
}

// allowed is how many decoded bytes all members may have together: files may overlap.
func (b *bundle) allowed() int64 {
	const free = 64 << 20 // as for a stream
	ratio := b.in.Budget.Limits().Ratio
	if ratio > 0 && b.in.Size() > (1<<62)/ratio {
		return 1 << 62
	}
	return max(free, b.in.Size()*ratio)
}

// within cuts a node to the decoded bytes.
func (b *bundle) within(nd *node) (node, error) {
	cut := *nd
	if nd.offset >= 0 && nd.size >= 0 && nd.offset <= b.size && nd.size <= b.size-nd.offset {
		return cut, nil
	}
	if nd.offset < 0 || nd.size < 0 || nd.offset > b.size {
		cut.offset, cut.size = 0, 0
	} else {
		cut.size = b.size - nd.offset
	}
	u := extract.Damaged(0, "%d bytes at %d lie outside of the blocks, which have %d", nd.size, nd.offset, b.size)
	u.Name = nd.name
	return cut, u
}

// member makes a file of runs of decoded bytes and takes them from what is left.
func (b *bundle) member(name string, runs []extract.Extent, left *int64) *extract.Member {
	m := &extract.Member{Name: name, Mode: 0o644}
	for _, r := range runs {
		m.Size += r.Size
		if e := b.rawExtent(r); e.Size > 0 {
			m.Extents = append(m.Extents, e)
		}
	}
	if m.Size > *left {
		l := b.in.Budget.Limits().Ratio
		m.Problem = extract.AsUnopened(&extract.LimitError{Limit: "ratio", Value: l, What: fmt.Sprintf("files of more bytes than a bundle of %d may have", b.in.Size())})
		return m
	}
	*left -= m.Size
	if len(runs) == 1 && m.Size > 0 {
		if m.Problem = b.unreadable(runs[0]); m.Problem != nil {
			return m
		}
	}
	src := extract.Concat(decoded{b}, runs)
	m.Open = func(context.Context) (extract.Source, error) { return src, nil }
	return m
}

// unreadable says why no byte of a run can be read: all its blocks have a problem. Reading tells the same of a run of too many blocks to look at.
func (b *bundle) unreadable(run extract.Extent) *extract.Unopened {
	const most = 4096
	first, last := error(nil), b.find(run.End()-1)
	begin := b.find(run.Offset)
	if last-begin >= most {
		return nil
	}
	for i := begin; i <= last; i++ {
		err := b.problem(&b.blocks[i])
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return extract.AsUnopened(first)
}

// rawExtent gives the bytes of the bundle that hold a run of decoded bytes. Blocks lie one behind another in both.
func (b *bundle) rawExtent(run extract.Extent) extract.Extent {
	if run.Size == 0 {
		return extract.Extent{}
	}
	first, last := &b.blocks[b.find(run.Offset)], &b.blocks[b.find(run.End()-1)]
	start, end := first.raw, last.raw+int64(last.packed)
	if first.method() == stored {
		start += min(run.Offset-first.start, int64(first.packed))
	}
	if last.method() == stored {
		end = last.raw + min(run.End()-last.start, int64(last.packed))
	}
	if end = min(end, b.in.Size()); start >= end {
		return extract.Extent{}
	}
	return extract.Extent{Offset: start, Size: end - start}
}

// filler tells whether runs of decoded bytes are but a few zeros between files; their raw bytes are structure then.
func (b *bundle) filler(runs []extract.Extent) bool {
	const most = 4096 // bytes
	all := extract.Concat(decoded{b}, runs)
	if all.Size() > most {
		return false
	}
	buf := make([]byte, all.Size())
	if n, _ := all.ReadAt(buf, 0); n < len(buf) {
		return false
	}
	for _, c := range buf {
		if c != 0 {
			return false
		}
	}
	for _, r := range runs {
		b.structure = append(b.structure, b.rawExtent(r))
	}
	return true
}

// rawMember is the bytes of blocks that decode to nothing, as they are.
func (b *bundle) rawMember() *extract.Member {
	src := extract.Concat(b.in, b.excess)
	return &extract.Member{Name: excessName, Mode: 0o644, Size: src.Size(), Extents: b.excess,
		Open: func(context.Context) (extract.Source, error) { return src, nil }}
}

// Structure is the header, the block info and the padding.
func (b *bundle) Structure() []extract.Extent {
	var list []extract.Extent
	for _, e := range b.structure {
		if e.Offset < b.in.Size() && e.Size > 0 {
			list = append(list, extract.Extent{Offset: e.Offset, Size: min(e.Size, b.in.Size()-e.Offset)})
		}
	}
	return list
}

// Close frees the large blocks; the others live in the cache.
func (b *bundle) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.spools {
		if cl, ok := s.src.(io.Closer); ok {
			cl.Close()
		}
	}
	clear(b.spools)
	return nil
}
