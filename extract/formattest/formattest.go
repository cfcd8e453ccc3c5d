// Package formattest is the one suite that every format passes: what a container yields, compared with what a reference tool extracted, and
// fuzzing under small limits.
package formattest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sort"
	"testing"

	"github.com/censorscan/censorscan/extract"
)

// File is what a container says of one member.
type File struct {
	Mode    fs.FileMode
	Size    int64
	SHA256  string // of a regular file's bytes, in hex
	Link    string
	Problem string // why it could not be read to its end
}

// Listing is the content of one container by member name; further members of the same name have "#2", "#3", ... added.
type Listing struct {
	Files     map[string]File
	Problems  []string // errors yielded between members
	Claimed   []extract.Extent
	Structure []extract.Extent
}

// List opens src as format f and reads every member to its end.
func List(f extract.Format, src extract.Source, name string, l extract.Limits) (*Listing, error) {
	b := extract.NewBudget(l)
	if !f.Detect(extract.NewProbe(src, name, b)) {
		return nil, errors.New("not detected")
	}
	c, err := f.Open(context.Background(), &extract.Input{Source: src, Name: name, Budget: b, CheckHashes: true})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	out := &Listing{Files: map[string]File{}}
	for m, err := range c.Members(context.Background()) {
		if err != nil {
			out.Problems = append(out.Problems, err.Error())
			continue
		}
		key := m.Name
		for i := 2; ; i++ {
			if _, ok := out.Files[key]; !ok {
				break
			}
			key = fmt.Sprintf("%s#%d", m.Name, i)
		}
		out.Files[key] = read(m)
		out.Claimed = append(out.Claimed, m.Extents...)
		if int64(len(out.Files)) > l.Artifacts {
			return out, &extract.LimitError{Limit: "artifacts", Value: l.Artifacts, What: name}
		}
	}
	out.Structure = c.Structure()
	return out, nil
}

func read(m *extract.Member) File {
	f := File{Mode: m.Mode, Size: m.Size, Link: m.Link}
	if !m.Mode.IsRegular() {
		return f
	}
	h := sha256.New()
	n, err := readTo(h, m)
	if err != nil {
		f.Problem = err.Error()
	}
	f.Size = n
	f.SHA256 = hex.EncodeToString(h.Sum(nil))
	return f
}

func readTo(w io.Writer, m *extract.Member) (int64, error) {
	switch {
	case m.Problem != nil:
		return 0, m.Problem
	case m.Stream != nil:
		r, err := m.Stream(context.Background())
		if err != nil {
			return 0, err
		}
		defer r.Close()
		return io.Copy(w, r)
	case m.Open != nil:
		src, err := m.Open(context.Background())
		if err != nil {
			return 0, err
		}
		if c, ok := src.(io.Closer); ok {
			defer c.Close()
		}
		return copySparse(w, src)
	}
	return 0, errors.New("member has neither Open nor Stream nor Problem")
}

// copySparse copies a Source; holes, as the Source tells them, become zeros, so a Source that lies about its holes has a wrong hash.
func copySparse(w io.Writer, src extract.Source) (n int64, err error) {
	const maxHole = 1 << 30 // hashing more zeros than that says nothing
	sp, ok := src.(extract.Sparse)
	if !ok {
		return io.Copy(w, io.NewSectionReader(src, 0, src.Size()))
	}
	for off := int64(0); off < src.Size(); {
		start, end := sp.NextData(off)
		if start < off || end < start || (end == start && start < src.Size()) {
			return off, fmt.Errorf("NextData(%d) = %d, %d", off, start, end)
		}
		if start-off > maxHole {
			return off, fmt.Errorf("hole of %d bytes at %d", start-off, off)
		}
		if _, err := io.CopyN(w, zeros{}, start-off); err != nil {
			return off, err
		}
		if _, err := io.Copy(w, io.NewSectionReader(src, start, end-start)); err != nil {
			return start, err
		}
		off = end
	}
	return src.Size(), nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// CheckRandomAccess reads every member that gives random access in odd pieces, backwards, and compares with reading it in order.
func CheckRandomAccess(t *testing.T, f extract.Format, src extract.Source, name string) {
	t.Helper()
	c, err := f.Open(context.Background(), &extract.Input{Source: src, Name: name, Budget: extract.NewBudget(extract.DefaultLimits())})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for m, err := range c.Members(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if !m.Mode.IsRegular() || m.Open == nil || m.Size > 64<<20 {
			continue
		}
		s, err := m.Open(context.Background())
		if err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
		want, err := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
		if err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
		const piece = 12347
		for end := len(want); end > 0; end -= piece {
			start := max(0, end-piece)
			got := make([]byte, end-start)
			if n, err := s.ReadAt(got, int64(start)); n != len(got) || (err != nil && err != io.EOF) {
				t.Fatalf("%s: ReadAt(%d, %d) = %d, %v", m.Name, len(got), start, n, err)
			}
			if !bytes.Equal(got, want[start:end]) {
				t.Fatalf("%s: bytes %d to %d differ when read backwards", m.Name, start, end)
			}
		}
		var one [1]byte
		if n, err := s.ReadAt(one[:], s.Size()); n != 0 || err != io.EOF {
			t.Errorf("%s: ReadAt at the end = %d, %v; want 0, EOF", m.Name, n, err)
		}
		if c, ok := s.(io.Closer); ok {
			c.Close()
		}
	}
}

// CheckAccounting fails unless every byte of a container of the given size is claimed by a member or the structure, apart from the
// extents that the test knows to be slack, and no extent lies outside the container.
func CheckAccounting(t *testing.T, l *Listing, size int64, slack ...extract.Extent) {
	t.Helper()
	all := append(append(append([]extract.Extent(nil), l.Claimed...), l.Structure...), slack...)
	sort.Slice(all, func(i, j int) bool { return all[i].Offset < all[j].Offset })
	at := int64(0)
	for _, e := range all {
		if e.Offset < 0 || e.Size < 0 || e.End() > size {
			t.Errorf("extent %d+%d lies outside the container of %d bytes", e.Offset, e.Size, size)
		}
		if e.Offset > at {
			t.Errorf("bytes %d to %d are claimed by nobody", at, e.Offset)
		}
		at = max(at, e.End())
	}
	if at < size {
		t.Errorf("bytes %d to %d are claimed by nobody", at, size)
	}
}

// SmallLimits keep a fuzz target fast.
func SmallLimits() extract.Limits {
	return extract.Limits{Depth: 4, Artifacts: 2000, BytesOut: 64 << 20, Ratio: 64, Buffer: 4 << 20, Memory: 16 << 20}
}

// Fuzz feeds mutated containers to a format: nothing may panic, hang or hold extents outside of the container.
func Fuzz(f *testing.F, format extract.Format, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4<<20 {
			t.Skip("larger than the seeds")
		}
		Survive(t, format, data)
	})
}

// Survive opens and reads hostile bytes as a container of the format; nothing may panic, hang or lie outside of it.
func Survive(t *testing.T, format extract.Format, data []byte) {
	t.Helper()
	b := extract.NewBudget(SmallLimits())
	src := extract.BytesSource(data)
	if !format.Detect(extract.NewProbe(src, "fuzz", b)) {
		return
	}
	c, err := format.Open(context.Background(), &extract.Input{Source: src, Name: "fuzz", Budget: b, CheckHashes: true})
	if err != nil {
		return
	}
	defer c.Close()
	members, read := 0, int64(0)
	for m, err := range c.Members(context.Background()) {
		if members++; members > 2000 {
			break
		}
		if err != nil {
			continue
		}
		inside(t, m.Extents, src.Size())
		if m.Mode.IsRegular() && read < 8<<20 {
			n, _ := readTo(limited{8 << 20, io.Discard}.writer(), m)
			read += n
			inside(t, m.Extents, src.Size())
		}
	}
	inside(t, c.Structure(), src.Size())
}

func inside(t *testing.T, extents []extract.Extent, size int64) {
	for _, e := range extents {
		if e.Offset < 0 || e.Size < 0 || e.End() > size || e.End() < e.Offset {
			t.Fatalf("extent %d+%d lies outside the container of %d bytes", e.Offset, e.Size, size)
		}
	}
}

// limited ends a copy after n bytes, so that a fuzz target does not read a file that claims to be huge.
type limited struct {
	n int64
	w io.Writer
}

func (l limited) writer() io.Writer { return &l }

func (l *limited) Write(p []byte) (int, error) {
	if l.n -= int64(len(p)); l.n < 0 {
		return 0, io.ErrShortWrite
	}
	return l.w.Write(p)
}
