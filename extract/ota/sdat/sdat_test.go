package sdat

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/archive/zip"
)

const testdata = "../../../testdata/sdat"

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// siblings are the members of a zip.
func siblings(t testing.TB, archive []byte, l extract.Limits) *extract.Siblings {
	t.Helper()
	s := &extract.Siblings{Budget: extract.NewBudget(l)}
	c, err := zip.Format().Open(context.Background(), &extract.Input{Source: extract.BytesSource(archive), Name: "ota.zip", Budget: s.Budget})
	if err != nil {
		t.Fatal(err)
	}
	for m, err := range c.Members(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		s.Members = append(s.Members, m)
	}
	return s
}

// all reads a Source; holes as it tells them.
func all(t testing.TB, src extract.Source) []byte {
	t.Helper()
	out := make([]byte, src.Size())
	for off := int64(0); off < src.Size(); {
		start, end := src.(extract.Sparse).NextData(off)
		if start < off || end < start || start == end && start < src.Size() {
			t.Fatalf("NextData(%d) = %d, %d", off, start, end)
		}
		if n, err := src.ReadAt(out[start:end], start); n < int(end-start) {
			t.Fatalf("ReadAt(%d, %d) = %d, %v", end-start, start, n, err)
		}
		off = end
	}
	return out
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func names(members []*extract.Member) string {
	var out []string
	for _, m := range members {
		out = append(out, strings.TrimPrefix(m.Name, "system."))
	}
	return strings.Join(out, " ")
}

func TestSamples(t *testing.T) {
	golden := strings.Fields(string(readFile(t, filepath.Join(testdata, "golden.txt"))))
	for _, tt := range []struct{ sample, parts string }{
		{"v1-stored", "new.dat"},
		{"v2-deflated", "new.dat"},
		{"v3-parts", "new.dat.0 new.dat.1 new.dat.2"},
		{"v4-brotli", "new.dat.br"},
		{"v4-brotli-parts", "new.dat.br.0 new.dat.br.1 new.dat.br.2 new.dat.br.3"},
	} {
		t.Run(tt.sample, func(t *testing.T) {
			got := Joiner().Join(context.Background(), siblings(t, readFile(t, filepath.Join(testdata, tt.sample+".zip")), extract.DefaultLimits()))
			if len(got) != 1 {
				t.Fatalf("%d sets, want 1", len(got))
			}
			m := got[0].Member
			if m.Name != "system" || !m.Partition || names(got[0].Parts) != tt.parts || fmt.Sprint(m.Size) != golden[1] {
				t.Fatalf("%s of %d bytes, parts %q; want system of %s, %q", m.Name, m.Size, names(got[0].Parts), golden[1], tt.parts)
			}
			src, err := m.Open(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			defer src.(io.Closer).Close()
			img := all(t, src)
			if sum(img) != golden[0] {
				t.Errorf("SHA-256 %s, the reader of make.py has %s", sum(img), golden[0])
			}
			for end := len(img); end > 0; end -= 12347 { // backwards, in odd pieces
				start := max(0, end-12347)
				p := make([]byte, end-start)
				if n, err := src.ReadAt(p, int64(start)); n != len(p) || err != nil && err != io.EOF || !bytes.Equal(p, img[start:end]) {
					t.Fatalf("bytes %d to %d read backwards: %d, %v", start, end, n, err)
				}
			}
			if n, err := src.ReadAt(make([]byte, 9), src.Size()); n != 0 || err != io.EOF {
				t.Errorf("ReadAt at the end = %d, %v", n, err)
			}
			if n, err := src.ReadAt(make([]byte, 9), src.Size()-4); n != 4 || err != io.EOF {
				t.Errorf("ReadAt over the end = %d, %v", n, err)
			}
		})
	}
}

func TestIncremental(t *testing.T) {
	got := Joiner().Join(context.Background(), siblings(t, readFile(t, filepath.Join(testdata, "v4-incremental.zip")), extract.DefaultLimits()))
	if len(got) != 2 {
		t.Fatalf("%d sets, want the partition and its new blocks", len(got))
	}
	want := "unsupported feature: incremental OTA: 1 bsdiff, 1 move, 1 stash commands need the previous image"
	if p := got[1].Member.Problem; got[1].Member.Name != "system" || p == nil || p.Error() != want {
		t.Errorf("%s: problem %v, want %s", got[1].Member.Name, p, want)
	}
	r, err := got[0].Member.Stream(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil || !bytes.Contains(b, []byte("词语899")) {
		t.Errorf("%d bytes of new blocks, %v", len(b), err)
	}
}

// mem is a member over bytes: random access, or a stream when it is said to be one.
func mem(name string, b []byte, stream bool) *extract.Member {
	m := &extract.Member{Name: name, Mode: 0o644, Size: int64(len(b))}
	if stream {
		m.Stream = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
	} else {
		m.Open = func(context.Context) (extract.Source, error) { return extract.BytesSource(b), nil }
	}
	return m
}

// broken is a stream member that fails after its bytes.
func broken(name string, b []byte, size int64, err error) *extract.Member {
	return &extract.Member{Name: name, Mode: 0o644, Size: size, Stream: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(bytes.NewReader(b), failing{err})), nil
	}}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// blocks are n blocks, each filled with a letter of its own, from first on.
func blocks(first byte, n int) []byte {
	var b []byte
	for i := range n {
		b = append(b, bytes.Repeat([]byte{first + byte(i)}, blockSize)...)
	}
	return b
}

// show is a Source by blocks: letters, "." for zeros, "!" for what cannot be read, "?" for other bytes, then the errors in order.
func show(t testing.TB, src extract.Source) string {
	t.Helper()
	var s strings.Builder
	var errs []string
	buf := make([]byte, blockSize)
	for off := int64(0); off < src.Size(); {
		n, err := src.ReadAt(buf[:min(blockSize, src.Size()-off)], off)
		if n > 0 {
			c := buf[0]
			switch {
			case len(bytes.Trim(buf[:n], string(c))) > 0:
				c = '?'
			case c == 0:
				c = '.'
			}
			s.WriteByte(c)
			off += int64(n)
			continue
		}
		re, ok := err.(*extract.RangeError)
		if !ok || re.Extent.Offset > off || re.Extent.End() <= off {
			t.Fatalf("at %d: %d, %v", off, n, err)
		}
		s.WriteString(strings.Repeat("!", int((re.Extent.End()-off+blockSize-1)/blockSize)))
		errs = append(errs, re.Err.Error())
		off = re.Extent.End()
	}
	return strings.Join(append([]string{s.String()}, errs...), "; ")
}

func join1(t testing.TB, members ...*extract.Member) []extract.Joined {
	t.Helper()
	s := &extract.Siblings{Members: members, Budget: extract.NewBudget(extract.DefaultLimits())}
	return Joiner().Join(context.Background(), s)
}
