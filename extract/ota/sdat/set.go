package sdat

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sort"

	"github.com/censorscan/censorscan/extract"
)

// set is the data of one partition as it lies in the container.
type set struct {
	name string
	form
	budget *extract.Budget
	parts  []part
	notes  []*extract.Unopened
}

// part is one member of a set, or a gap where one is missing.
type part struct {
	number int
	last   int             // number of the last one missing in a gap
	m      *extract.Member // nil for a gap
	size   int64           // bytes in the container's terms, -1 when not known
}

func (st *set) add(number int, m *extract.Member) {
	for _, p := range st.parts {
		if p.number == number {
			return // under a name like an earlier one's: on its own
		}
	}
	st.parts = append(st.parts, part{number: number, m: m, size: m.Size})
}

// order sorts the parts and puts gaps where numbers are left out. It returns the members. want is how many bytes the list takes.
func (st *set) order(want int64) []*extract.Member {
	sort.SliceStable(st.parts, func(i, j int) bool { return st.parts[i].number < st.parts[j].number })
	var members []*extract.Member
	var all []part
	next := st.first(want)
	for _, p := range st.parts {
		if p.number > next {
			gap := part{number: next, last: p.number - 1, size: -1}
			if n := st.uniform(); n > 0 {
				gap.size = n * int64(p.number-next)
			}
			st.notes = append(st.notes, gap.missing())
			all = append(all, gap)
		}
		all = append(all, p)
		members = append(members, p.m)
		next = p.number + 1
	}
	st.parts = all
	return members
}

// missing is the record of a gap.
func (p part) missing() *extract.Unopened {
	if p.last == p.number {
		return extract.Damaged(0, "part %d is missing", p.number)
	}
	return extract.Damaged(0, "parts %d to %d are missing", p.number, p.last)
}

// first is the number of the first part: 0, or 1 when the parts are complete without a part 0.
func (st *set) first(want int64) int {
	if !st.split || st.parts[0].number != 1 {
		return 0
	}
	var sum int64
	for _, p := range st.parts {
		if p.size < 0 {
			return 1
		}
		sum += p.size
	}
	if n := st.uniform(); !st.br && n > 0 && sum+n <= want {
		return 0
	}
	return 1
}

// uniform is the size of all parts but the last, 0 when they differ.
func (st *set) uniform() int64 {
	if len(st.parts) < 2 {
		return 0
	}
	n := st.parts[0].size
	for _, p := range st.parts[:len(st.parts)-1] {
		if p.size != n {
			return 0
		}
	}
	if st.parts[len(st.parts)-1].size > n {
		return 0
	}
	return max(0, n)
}

// stream gives the decoded data in order. Plain data go on behind a gap, compressed ones cannot.
func (st *set) stream(ctx context.Context) (io.ReadCloser, error) {
	if st.br {
		return newUnbrotli(&chain{ctx: ctx, parts: st.parts}, st.rawSize(), st.budget), nil
	}
	there := slices.DeleteFunc(slices.Clone(st.parts), func(p part) bool { return p.m == nil })
	return &chain{ctx: ctx, parts: there}, nil
}

func (st *set) rawSize() (n int64) {
	for _, p := range st.parts {
		n += max(0, p.size)
	}
	return n
}

// chain reads parts one after another.
type chain struct {
	ctx   context.Context
	parts []part
	r     io.Reader
	close func() error
}

func (c *chain) Read(p []byte) (int, error) {
	for {
		if c.r == nil {
			if len(c.parts) == 0 {
				return 0, io.EOF
			}
			if c.parts[0].m == nil {
				return 0, c.parts[0].missing()
			}
			r, err := reader(c.ctx, c.parts[0].m)
			if err != nil {
				return 0, fmt.Errorf("part %d: %w", c.parts[0].number, err)
			}
			c.r, c.close = r, r.Close
		}
		n, err := c.r.Read(p)
		if err != io.EOF {
			return n, err
		}
		c.Close()
		c.parts = c.parts[1:]
		if n > 0 {
			return n, nil
		}
	}
}

func (c *chain) Close() error {
	if c.r == nil {
		return nil
	}
	c.r = nil
	return c.close()
}

// reader reads a member in order.
func reader(ctx context.Context, m *extract.Member) (io.ReadCloser, error) {
	switch {
	case m.Problem != nil:
		return nil, m.Problem
	case m.Stream != nil:
		return m.Stream(ctx)
	}
	src, err := m.Open(ctx)
	if err != nil {
		return nil, err
	}
	return &sourceReader{io.NewSectionReader(src, 0, src.Size()), src}, nil
}

type sourceReader struct {
	io.Reader
	src extract.Source
}

func (r *sourceReader) Close() error {
	if c, ok := r.src.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
