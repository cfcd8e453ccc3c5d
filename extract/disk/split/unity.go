package split

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"

	"github.com/censorscan/censorscan/extract"
)

// unityName are names of pieces of an asset that was too long for an APK to be read in place. They hold nothing that says so.
var unityName = regexp.MustCompile(`^(.+)\.split(\d{1,4})$`)

// unityPiece is how large every piece is but the last, in bytes.
const unityPiece = 1 << 20

func joinUnity(ctx context.Context, s *extract.Siblings) (out []extract.Joined) {
	sets := map[string][]piece{}
	var order []string
	for _, m := range s.Members {
		dir, base := path.Split(m.Name)
		g := unityName.FindStringSubmatch(base)
		if g == nil || m.Size <= 0 || m.Problem != nil {
			continue
		}
		n, _ := strconv.Atoi(g[2]) // at most four digits
		whole := dir + g[1]
		if sets[whole] == nil {
			order = append(order, whole)
		}
		sets[whole] = append(sets[whole], piece{n, m})
	}
	for _, name := range order {
		set := sets[name]
		slices.SortStableFunc(set, func(a, b piece) int { return cmp.Compare(a.number, b.number) })
		if isUnity(set) && ctx.Err() == nil {
			out = append(out, unity(ctx, s, name, set)...)
		}
	}
	return out
}

// isUnity tells whether pieces are those of one asset. Of those that are not there must be fewer than of those that are.
func isUnity(set []piece) bool {
	last := set[len(set)-1]
	if len(set) < 2 || last.number+1 >= 2*len(set) || last.Size > unityPiece {
		return false
	}
	for i, p := range set[:len(set)-1] {
		if p.number == set[i+1].number || p.Size != unityPiece {
			return false
		}
	}
	return true
}

// unity is the asset of a set, after a record of each piece that it lacks.
func unity(ctx context.Context, s *extract.Siblings, name string, set []piece) (out []extract.Joined) {
	m := &extract.Member{Name: name, Mode: set[0].Mode}
	j := extract.Joined{Member: m}
	var pieces []Piece // without their Sources
	var members []*extract.Member
	add := func(member *extract.Member, size int64, err error) {
		pieces, members = append(pieces, Piece{Size: size, Err: err}), append(members, member)
		m.Size += size
	}
	for _, p := range set {
		for len(members) < p.number {
			add(nil, unityPiece, missing(len(members)))
		}
		add(p.Member, p.Size, nil)
		j.Parts = append(j.Parts, p.Member)
		m.Extents = append(m.Extents, p.Extents...)
	}
	if size := serializedSize(s.Head(ctx, set[0].Member, 64)); set[0].number == 0 && size > m.Size && size-m.Size < m.Size {
		add(nil, size-m.Size, fmt.Errorf("what comes behind piece %d is missing", len(members)-1))
	}
	at, whole := int64(0), true
	for i, p := range pieces {
		if members[i] == nil {
			whole = false
			out = append(out, extract.Joined{Parts: j.Parts, Member: &extract.Member{Name: name + " (missing piece)", Mode: m.Mode, Size: p.Size,
				Problem: extract.Damaged(at, "%w: bytes %d to %d of %s", p.Err, at, at+p.Size, name)}})
		}
		at += p.Size
	}
	if whole && slices.ContainsFunc(members, func(m *extract.Member) bool { return m.Open == nil }) {
		m.Stream = func(ctx context.Context) (io.ReadCloser, error) { return &streams{ctx: ctx, left: members}, nil }
		return append(out, j)
	}
	m.Open = func(ctx context.Context) (extract.Source, error) {
		chain := slices.Clone(pieces)
		for i, member := range members {
			if member != nil {
				chain[i].Source, chain[i].Err = s.Open(ctx, member)
			}
		}
		return Chain(chain), nil
	}
	return append(out, j)
}

// serializedSize is the size that the header of a Unity serialized file tells, 0 if it is none. From version 22 on it stands behind the fields that it once was in.
func serializedSize(head []byte) int64 {
	if len(head) < 48 {
		return 0
	}
	be := binary.BigEndian
	size, version := uint64(be.Uint32(head[4:])), be.Uint32(head[8:])
	if version >= 22 {
		size = be.Uint64(head[24:])
	}
	if version < 6 || version > 99 || size > 1<<40 {
		return 0
	}
	return int64(size)
}

// streams reads members one after another, each opened when it is its turn.
type streams struct {
	ctx  context.Context
	left []*extract.Member
	r    io.ReadCloser
}

func (s *streams) Read(p []byte) (int, error) {
	for {
		if s.r == nil {
			if len(s.left) == 0 {
				return 0, io.EOF
			}
			r, err := open(s.ctx, s.left[0])
			if err != nil {
				return 0, fmt.Errorf("%s: %w", path.Base(s.left[0].Name), err)
			}
			s.r, s.left = r, s.left[1:]
		}
		n, err := s.r.Read(p)
		if err == io.EOF {
			s.Close()
			if err = nil; n == 0 {
				continue
			}
		}
		return n, err
	}
}

func (s *streams) Close() (err error) {
	if s.r != nil {
		err = s.r.Close()
		s.r = nil
	}
	return err
}

// open reads a member in order.
func open(ctx context.Context, m *extract.Member) (io.ReadCloser, error) {
	if m.Stream != nil {
		return m.Stream(ctx)
	}
	src, err := m.Open(ctx)
	if err != nil {
		return nil, err
	}
	r := io.NewSectionReader(src, 0, src.Size())
	if c, ok := src.(io.Closer); ok {
		return struct {
			io.Reader
			io.Closer
		}{r, c}, nil
	}
	return io.NopCloser(r), nil
}
