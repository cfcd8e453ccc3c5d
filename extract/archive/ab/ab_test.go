package ab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/zlib"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/archive/archivetest"
	"github.com/censorscan/censorscan/extract/formattest"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../../testdata/ab/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSamples(t *testing.T) {
	golden := strings.Fields(string(sample(t, "golden.txt")))
	for name, tar := range map[string]string{"v1-deflated.ab": "v1-deflated.tar", "v3-stored.ab": "v3-stored.tar", "v5-deflated.ab": "v5-deflated.tar"} {
		src := extract.BytesSource(sample(t, name))
		l, err := formattest.List(Format(), src, name, extract.DefaultLimits())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		f := l.Files[tar]
		if f.SHA256 != golden[0] || fmt.Sprint(f.Size) != golden[1] || f.Problem != "" || len(l.Files) != 1 {
			t.Errorf("%s: %+v, want %v", name, l.Files, golden)
		}
		formattest.CheckAccounting(t, l, src.Size())
		formattest.CheckRandomAccess(t, Format(), src, name)
	}
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{"a.ab": "a.tar", "A.AB": "A.tar", "backup": "backup.tar", ".ab": ".ab.tar", "": ".tar"} {
		if got := name(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func deflate(t testing.TB, b []byte) string {
	t.Helper()
	var out bytes.Buffer
	w, err := zlib.NewWriterLevel(&out, zlib.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestHeaders opens backups that cannot be opened.
func TestHeaders(t *testing.T) {
	for _, tt := range []struct {
		data   string
		reason extract.Reason
		detail string
	}{
		{string(sample(t, "v4-encrypted.ab")), extract.ReasonEncrypted, "AES-256"},
		{magic + "3\n1\nROT-13\nx", extract.ReasonEncrypted, "ROT-13"},
		{magic + "3\n1\n" + strings.Repeat("A", 90) + "\n", extract.ReasonEncrypted, strings.Repeat("A", 32)},
		{magic + "6\n1\nnone\n", extract.ReasonUnsupported, "version 6"},
		{magic + "99999999999999999999999\n1\nnone\n", extract.ReasonDamaged, "version"},
		{magic + "-1\n1\nnone\n", extract.ReasonDamaged, "version"},
		{magic + "1\n2\nnone\n", extract.ReasonDamaged, "compressed"},
		{magic + "1\n1\nnone", extract.ReasonDamaged, "four lines"},
		{magic, extract.ReasonDamaged, "four lines"},
		{magic + "1\n1\n" + strings.Repeat("A", 4000), extract.ReasonDamaged, "four lines"},
	} {
		_, err := formattest.List(Format(), extract.BytesSource(tt.data), "x.ab", extract.DefaultLimits())
		var u *extract.Unopened
		if !errors.As(err, &u) || u.Reason != tt.reason || !strings.Contains(u.Detail, tt.detail) {
			t.Errorf("%.60q: %v, want %s with %q", tt.data, err, tt.reason, tt.detail)
		}
	}
}

// TestDamage reads archives that break off, are no zlib stream, or have something behind them.
func TestDamage(t *testing.T) {
	text := []byte(strings.Repeat("some text that is to be read\n", 3000))
	packed := deflate(t, text)
	head := magic + "1\n1\nnone\n"
	for _, tt := range []struct {
		name, data string
		size       int64
		problem    string
		slack      int64
	}{
		{"sound", head + packed, int64(len(text)), "", 0},
		{"something behind", head + packed + "slack", int64(len(text)), "", 5},
		{"cut off", head + packed[:len(packed)/2], -1, "breaks off", 0},
		{"checksum cut off", head + packed[:len(packed)-2], int64(len(text)), "breaks off", 0},
		{"wrong checksum", head + packed[:len(packed)-1] + "\xAA", int64(len(text)), "checksum", 0},
		{"no zlib", head + "no zlib stream at all", 0, "breaks off", 0},
		{"nothing", head, 0, "breaks off", 0},
	} {
		src := extract.BytesSource(tt.data)
		l, err := formattest.List(Format(), src, "x.ab", extract.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		f := l.Files["x.tar"]
		if tt.size >= 0 && f.Size != tt.size || tt.size < 0 && f.Size < 1000 || !strings.Contains(f.Problem, tt.problem) || tt.problem == "" && f.Problem != "" {
			t.Errorf("%s: %+v", tt.name, f)
		}
		if tt.size == int64(len(text)) && f.SHA256 != archivetest.Sum(text) {
			t.Errorf("%s: other bytes", tt.name)
		}
		formattest.CheckAccounting(t, l, src.Size(), extract.Extent{Offset: src.Size() - tt.slack, Size: tt.slack})
	}
}

// TestBomb decodes more zeros than the budget allows.
func TestBomb(t *testing.T) {
	src := extract.BytesSource(magic + "1\n1\nnone\n" + deflate(t, make([]byte, 3<<20)))
	l := extract.DefaultLimits()
	l.BytesOut = 1 << 20 // the ratio counts from 64 MiB on only
	c, err := Format().Open(context.Background(), &extract.Input{Source: src, Name: "x.ab", Budget: extract.NewBudget(l)})
	if err != nil {
		t.Fatal(err)
	}
	for m := range c.Members(context.Background()) {
		r, err := m.Stream(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, r)
		if u := extract.AsUnopened(err); n != 1<<20 || u.Reason != extract.ReasonLimit {
			t.Errorf("%d bytes, %v; want a tripped limit at 1 MiB", n, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if _, err := r.Read(make([]byte, 1)); err == nil {
			t.Error("read after close")
		}
	}
}

func FuzzFormat(f *testing.F) {
	formattest.Fuzz(f, Format(), sample(f, "v1-deflated.ab"), sample(f, "v3-stored.ab"), sample(f, "v4-encrypted.ab"), []byte(magic+"1\n1\nnone\n"))
}

func BenchmarkInflate(b *testing.B) {
	text := []byte(strings.Repeat("some text that is to be read\n", 300000))
	src := extract.BytesSource(magic + "1\n1\nnone\n" + deflate(b, text))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := formattest.List(Format(), src, "x.ab", extract.DefaultLimits()); err != nil {
			b.Fatal(err)
		}
	}
}
