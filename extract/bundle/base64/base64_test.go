package base64_test

import (
	"bytes"
	"compress/gzip"
	"context"
	stdbase64 "encoding/base64"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formats"
	"github.com/censorscan/censorscan/extract/formattest"
)

const testdata = "../../../testdata/"

// format is the format as it is registered.
func format(t testing.TB) extract.Format {
	t.Helper()
	for _, f := range formats.All() {
		if f.Name == "base64" {
			return f
		}
	}
	t.Fatal("not registered")
	return extract.Format{}
}

func sample(t testing.TB, name string) extract.BytesSource {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testdata, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSamples(t *testing.T) {
	for line := range strings.Lines(string(sample(t, "base64/golden.tsv"))) {
		word := strings.Fields(line)
		src := sample(t, "base64/"+word[0])
		if !format(t).Detect(extract.NewProbe(src, word[0], extract.NewBudget(extract.DefaultLimits()))) {
			t.Errorf("%s is not detected", word[0])
			continue
		}
		l, err := formattest.List(format(t), src, word[0], extract.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", word[0], err)
			continue
		}
		if f := l.Files[word[0]+" (base64)"]; fmt.Sprint(f.Size) != word[1] || f.SHA256 != word[2] || len(l.Files) != 1 {
			t.Errorf("%s: %v, want %q", word[0], l.Files, word[1:])
		}
		formattest.CheckAccounting(t, l, src.Size())
		formattest.CheckRandomAccess(t, format(t), src, word[0])
	}
}

// TestWalk: what is compressed in Base64 is reached through every layer, and what is encrypted in it counts as unopened.
func TestWalk(t *testing.T) {
	words := sample(t, "embedded/words.txt")
	secret := make([]byte, 3000)
	rand.New(rand.NewSource(2)).Read(secret)
	inputs := map[string][]byte{"encrypted": []byte(stdbase64.StdEncoding.EncodeToString(secret))}
	for _, name := range []string{"gzip-line", "gzip-mime", "gzip-crlf", "gzip-url", "gzip-twice"} {
		inputs[name] = sample(t, "base64/"+name+".b64")
	}
	for name, data := range inputs {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		root, err := extract.OpenRoot(path)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		coverage, err := extract.Walk(t.Context(), root, extract.Options{
			Formats: formats.All(), Budget: extract.NewBudget(extract.DefaultLimits()), Opaque: true, Workers: 1,
			Content: func(ctx context.Context, _ *extract.Artifact, _ bool, c *extract.Content) (any, error) {
				return nil, c.Pieces(ctx, 0, func(p extract.Piece) error {
					found = found || bytes.Equal(p.Data, words)
					return nil
				})
			},
		})
		root.Close()
		if err != nil {
			t.Fatal(err)
		}
		if secret := name == "encrypted"; found == secret || secret != (coverage.Unopened == int64(len(data))) {
			t.Errorf("%s: the text is seen: %t, %+v", name, found, coverage)
		}
	}
}

// lines cuts a text into lines of n characters.
func lines(s string, n int, feed string) (out string) {
	for len(s) > n {
		out, s = out+s[:n]+feed, s[n:]
	}
	return out + s + feed
}

func gzipped(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func detected(t *testing.T, text string) bool {
	t.Helper()
	return format(t).Detect(extract.NewProbe(extract.BytesSource(text), "f", extract.NewBudget(extract.DefaultLimits())))
}

// TestDetect tells Base64 of containers from Base64 of text, which the scan decodes, and from words, names and keys.
func TestDetect(t *testing.T) {
	noise := make([]byte, 30_000)
	rand.New(rand.NewSource(1)).Read(noise)
	packed := gzipped(t, noise)
	for n := range 3 { // any length, with and without padding
		b := packed[:len(packed)-n]
		for name, s := range map[string]string{
			"padded": stdbase64.StdEncoding.EncodeToString(b), "raw": stdbase64.RawStdEncoding.EncodeToString(b), "url": stdbase64.RawURLEncoding.EncodeToString(b),
		} {
			for _, text := range []string{s, s + "\n", lines(s, 76, "\n"), lines(s, 64, "\r\n"), lines(s, 1000, "\n")} {
				src := extract.BytesSource(text)
				l, err := formattest.List(format(t), src, "f", extract.DefaultLimits())
				if err != nil || l.Files["f (base64)"].Size != int64(len(b)) || !detected(t, text) {
					t.Errorf("%s less %d, %.8q at its end: %v, %+v", name, n, text[len(text)-8:], err, l)
				}
			}
		}
	}
	text := []byte(strings.Repeat("天气很好，我们出门走走。", 400))
	if twice := stdbase64.StdEncoding.EncodeToString([]byte(stdbase64.StdEncoding.EncodeToString(text))); !detected(t, twice) {
		t.Error("Base64 of Base64 of text is not detected")
	}
	for name, text := range map[string]string{
		"text":          stdbase64.StdEncoding.EncodeToString(text),
		"hexadecimal":   fmt.Sprintf("%x", noise),
		"words":         strings.Repeat("someWord\notherWord\n", 100),
		"lines of keys": strings.Repeat(stdbase64.StdEncoding.EncodeToString(noise[:32])+"\n", 100),
		"short":         "H4sIAAAAAAAA",
		"one letter":    strings.Repeat("A", 5000),
		"not all of it": stdbase64.StdEncoding.EncodeToString(packed)[:5000] + " and a text",
	} {
		if detected(t, text) {
			t.Errorf("%s is taken for Base64 of something", name)
		}
	}
}

// TestDamage: a character that does not belong there is named, and what is in front of it is read.
func TestDamage(t *testing.T) {
	noise := make([]byte, 60_000)
	rand.New(rand.NewSource(1)).Read(noise)
	text := []byte(stdbase64.StdEncoding.EncodeToString(gzipped(t, noise)))
	text[50_000] = '*'
	l, err := formattest.List(format(t), extract.BytesSource(text), "f", extract.DefaultLimits())
	if err != nil || !strings.Contains(l.Files["f (base64)"].Problem, "at offset 50000") || l.Files["f (as it is)"].Size != int64(len(text)) {
		t.Errorf("%v, %+v", err, l)
	}
	src, ok := asItIs(t, text)
	if !ok || format(t).Detect(extract.NewProbe(src, "f", extract.NewBudget(extract.DefaultLimits()))) {
		t.Error("the file as it is is taken for Base64 again")
	}
}

func asItIs(t *testing.T, text []byte) (src extract.Source, ok bool) {
	t.Helper()
	c, err := format(t).Open(t.Context(), &extract.Input{Source: extract.BytesSource(text), Name: "f", Budget: extract.NewBudget(extract.DefaultLimits())})
	if err != nil {
		t.Fatal(err)
	}
	for m := range c.Members(t.Context()) {
		if m.Name == "f (as it is)" {
			src, err = m.Open(t.Context())
			return src, err == nil
		}
	}
	return nil, false
}

func FuzzFormat(f *testing.F) {
	var seeds [][]byte
	paths, _ := filepath.Glob(testdata + "base64/*.b64")
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, b)
	}
	formattest.Fuzz(f, format(f), seeds...)
}
