package extract

import (
	"context"
	"fmt"
	"io"
	"iter"
	"sync"
)

// Joiner is a kind of artefact that lies in several members of one container: an image in numbered chunks, or data with a list that maps them. Joiners
// are tried on archives and folders, in the order of their slice; a member that one has taken is left alone by the next.
type Joiner struct {
	Name    string // of the joined artefact's form, shown for its parts: "sparse chunks"
	Group   string
	Summary string
	Spec    string
	// Join finds the sets among the members of one container. It goes by content where the names leave room, and must not change the members.
	Join func(ctx context.Context, s *Siblings) []Joined
	// Wants tells whether Join has to see a member, by its name and its beginning (at most 256 KiB), or by its name alone if that is nil. It is asked where members
	// that go by have to be held for Join. A nil function wants all.
	Wants func(ctx context.Context, name string, head []byte, b *Budget) bool
}

// Joined is a set of members that make up one artefact.
type Joined struct {
	Member *Member   // the whole: Name, Open or Problem; its Extents are those of the parts
	Parts  []*Member // in order; they are not searched on their own
}

// Siblings are the regular members of one container, in its order.
type Siblings struct {
	Members []*Member
	Budget  *Budget

	mu     sync.Mutex
	opened map[*Member]Source
}

// Open gives random access to a member, spooling it when it is a stream. The Source stays open until the container is left.
func (s *Siblings) Open(ctx context.Context, m *Member) (Source, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if src, ok := s.opened[m]; ok {
		return src, nil
	}
	src, err := openMember(ctx, m, s.Budget)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", escapeName(m.Name), err)
	}
	if s.opened == nil {
		s.opened = map[*Member]Source{}
	}
	s.opened[m] = src
	return src, nil
}

// Head reads the first n bytes of a member, fewer if it has no more or cannot be read.
func (s *Siblings) Head(ctx context.Context, m *Member, n int) []byte {
	buf := make([]byte, n)
	switch {
	case m.Open != nil:
		src, err := m.Open(ctx)
		if err != nil {
			return nil
		}
		if c, ok := src.(io.Closer); ok {
			defer c.Close()
		}
		n, _ = src.ReadAt(buf, 0)
	case m.Stream != nil:
		r, err := m.Stream(ctx)
		if err != nil {
			return nil
		}
		defer r.Close()
		n, _ = readChunk(r, buf)
	default:
		return nil
	}
	return buf[:n]
}

func (s *Siblings) close() {
	for _, src := range s.opened {
		if c, ok := src.(io.Closer); ok {
			c.Close()
		}
	}
}

// openMember opens a member whole.
func openMember(ctx context.Context, m *Member, b *Budget) (Source, error) {
	switch {
	case m.Problem != nil:
		return nil, m.Problem
	case m.Open != nil:
		return m.Open(ctx)
	}
	r, err := m.Stream(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	src, err := b.Spool(ctx, r)
	if err != nil {
		src.(io.Closer).Close()
		return nil, err
	}
	return src, nil
}

// maxSiblings is how many members of a container are looked at for sets; a container with more is read without.
const maxSiblings = 100_000

// members yields what a container holds, sets of members joined: the whole where its first part stands, then the parts, which are listed only.
func (w *walker) members(t *task) iter.Seq2[*Member, error] {
	all := t.container.Members(w.ctx)
	if len(w.Joiners) == 0 || !t.joins {
		return all
	}
	return func(yield func(*Member, error) bool) {
		s := &Siblings{Budget: w.Budget}
		var list []*Member
		full := false
		var held *keep
		p, passing := t.content.source().(*pass)
		if passing {
			held = p.newKeep(w.Budget.passShare())
			held.stays = true
		}
		for m, err := range all {
			if full || err != nil || passing && !w.wanted(p, m) {
				if !yield(m, err) {
					return
				}
				continue
			}
			if passing {
				m = p.hold(held, m)
			}
			list = append(list, m)
			if m.Mode.IsRegular() {
				s.Members = append(s.Members, m)
			}
			if len(list) == maxSiblings {
				full = true
				for _, m := range list {
					if !yield(m, nil) {
						return
					}
				}
				list = nil
			}
		}
		t.siblings = s
		wholes, parts := w.join(s)
		for _, m := range list {
			for _, whole := range wholes[m] {
				if !yield(whole, nil) {
					return
				}
			}
			if whole := parts[m]; whole != nil {
				m = &Member{Name: m.Name, Mode: m.Mode, Size: m.Size, Xattrs: m.Xattrs, partOf: whole.Name}
			}
			if !yield(m, nil) {
				return
			}
		}
	}
}

// wantedHead is how much of a member joiners see of its beginning, in bytes.
const wantedHead = 256 << 10

// wanted tells whether a member of a stream that passes has to be held until all others have been seen. The rest goes first.
func (w *walker) wanted(p *pass, m *Member) bool {
	if !m.Mode.IsRegular() || m.Open == nil {
		return false
	}
	var head []byte
	for _, j := range w.Joiners {
		if j.Wants == nil {
			return true
		}
		if !j.Wants(w.ctx, m.Name, nil, w.Budget) {
			continue
		}
		if head == nil && len(m.Extents) == 1 && m.Extents[0].Size == m.Size {
			head = make([]byte, min(m.Size, wantedHead))
			n, _ := p.ReadAt(head, m.Extents[0].Offset)
			head = head[:n]
		}
		if head == nil || j.Wants(w.ctx, m.Name, head, w.Budget) {
			return true
		}
	}
	return false
}

// join runs the joiners. It returns the wholes by their first part, and the whole of each part.
func (w *walker) join(s *Siblings) (wholes map[*Member][]*Member, parts map[*Member]*Member) {
	wholes, parts = map[*Member][]*Member{}, map[*Member]*Member{}
	for _, j := range w.Joiners {
		var left []*Member
		for _, m := range s.Members {
			if parts[m] == nil {
				left = append(left, m)
			}
		}
		s.Members = left
		for _, set := range j.Join(w.ctx, s) {
			if len(set.Parts) == 0 {
				continue
			}
			wholes[set.Parts[0]] = append(wholes[set.Parts[0]], set.Member)
			for _, p := range set.Parts {
				parts[p] = set.Member
			}
		}
	}
	return wholes, parts
}
