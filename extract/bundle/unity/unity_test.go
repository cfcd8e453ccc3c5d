package unity

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

const samples = "../../../testdata/unity"

func sample(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(samples, name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func golden(t *testing.T) map[string]formattest.File {
	t.Helper()
	files := map[string]formattest.File{}
	for line := range strings.Lines(string(sample(t, "golden.tsv"))) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		name, err := hex.DecodeString(f[0])
		if err != nil {
			t.Fatal(err)
		}
		var size int64
		if _, err := fmt.Sscan(f[1], &size); err != nil {
			t.Fatal(err)
		}
		files[string(name)] = formattest.File{Mode: 0o644, Size: size, SHA256: f[2]}
	}
	return files
}

func TestSamples(t *testing.T) {
	want := golden(t)
	for _, name := range []string{"v6-lz4hc.unity", "v6-stored.unity", "v6-lzma.unity", "v6-end.unity", "v6-aligned.unity", "v7-lz4.unity", "v7-end.unity",
		"v8-mixed.unity", "raw3.unity3d", "web3.unity3d", "web2.unity3d"} {
		t.Run(name, func(t *testing.T) {
			src := extract.BytesSource(sample(t, name))
			l, err := formattest.List(Format(), src, name, extract.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			if len(l.Problems) > 0 {
				t.Errorf("problems: %q", l.Problems)
			}
			if len(l.Files) != len(want) {
				t.Errorf("%d files, want %d", len(l.Files), len(want))
			}
			for name, w := range want {
				if got := l.Files[name]; got != w {
					t.Errorf("%q: %+v, want %+v", name, got, w)
				}
			}
			formattest.CheckAccounting(t, l, src.Size())
			formattest.CheckRandomAccess(t, Format(), src, name)
		})
	}
}

// TestEncrypted reads a bundle of which every second block needs a key: the other blocks can be read.
func TestEncrypted(t *testing.T) {
	data := sample(t, "v8-encrypted.unity")
	c, err := Format().Open(context.Background(), &extract.Input{Source: extract.BytesSource(data), Budget: extract.NewBudget(extract.DefaultLimits())})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var reasons []string
	for m, err := range c.Members(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		reason := "fine"
		if m.Problem != nil {
			reason = "whole: " + string(m.Problem.Reason)
		} else {
			src, err := m.Open(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, io.NewSectionReader(src, 0, src.Size())); err != nil {
				reason = fmt.Sprintf("%d: %s", n, extract.AsUnopened(err).Reason)
			}
		}
		reasons = append(reasons, fmt.Sprintf("%s: %s", m.Name[:5], reason))
	}
	const want = "CAB-3: 16384: encrypted, CAB-3: fine, empty: fine, CAB-7: 1798: encrypted"
	if got := strings.Join(reasons, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestMarkOfOldEncryption takes the flag 0x200 for what it meant before it stood for padding: the key behind the header tells.
func TestMarkOfOldEncryption(t *testing.T) {
	data := sample(t, "v8-encrypted.unity")
	at := strings.Index(string(data), "2022.3.20f1c1\x00") + 14 + 8 + 4 + 4 + 2
	data[at] = 0x02 // no 0x400
	l, err := formattest.List(Format(), extract.BytesSource(data), "", extract.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range l.Files {
		if strings.HasSuffix(name, "1d2") && !strings.Contains(f.Problem, "encrypted") {
			t.Errorf("%q: %q, want it encrypted", name, f.Problem)
		}
	}
}

// TestSlack leaves what stands behind the bundle to the walker.
func TestSlack(t *testing.T) {
	for _, name := range []string{"v6-lz4hc.unity", "v7-end.unity"} {
		data := append(sample(t, name), "more than the header tells of"...)
		l, err := formattest.List(Format(), extract.BytesSource(data), name, extract.DefaultLimits())
		if err != nil || len(l.Problems) > 0 {
			t.Fatal(err, l)
		}
		for name, w := range golden(t) {
			if got := l.Files[name]; got != w {
				t.Errorf("%q: %+v, want %+v", name, got, w)
			}
		}
		formattest.CheckAccounting(t, l, int64(len(data)), extract.Extent{Offset: int64(len(data) - 29), Size: 29})
	}
}

func FuzzFormat(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join(samples, "*.unity*"))
	if err != nil || len(paths) == 0 {
		f.Fatal(err, "no samples")
	}
	var seeds [][]byte
	for _, p := range paths {
		seeds = append(seeds, sample(f, filepath.Base(p)))
	}
	for _, h := range hostile {
		seeds = append(seeds, h.data)
	}
	formattest.Fuzz(f, Format(), seeds...)
}

func BenchmarkRead(b *testing.B) {
	for _, name := range []string{"v6-stored.unity", "v6-lz4hc.unity", "v6-lzma.unity"} {
		b.Run(name, func(b *testing.B) {
			data := sample(b, name)
			b.SetBytes(44354 + 3000 + 10955)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := formattest.List(Format(), extract.BytesSource(data), name, extract.DefaultLimits()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
