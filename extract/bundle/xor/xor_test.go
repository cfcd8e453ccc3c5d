package xor_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/bundle/xor"
	"github.com/censorscan/censorscan/extract/formats"
	"github.com/censorscan/censorscan/extract/formattest"
)

const testdata = "../../../testdata"

// format is the format as it is registered.
func format(t testing.TB) extract.Format {
	t.Helper()
	for _, f := range formats.All() {
		if f.Name == "xor" {
			return f
		}
	}
	t.Fatal("not registered")
	return extract.Format{}
}

func xored(data []byte, key byte) []byte {
	out := bytes.Clone(data)
	for i := range out {
		out[i] ^= key
	}
	return out
}

// found names the cipher that is found, "" if there is none.
func found(t testing.TB, f extract.Format, src extract.Source) string {
	t.Helper()
	b := extract.NewBudget(extract.DefaultLimits())
	if !f.Detect(extract.NewProbe(src, "f", b)) {
		return ""
	}
	c, err := f.Open(t.Context(), &extract.Input{Source: src, Name: "f", Budget: b})
	if err != nil {
		t.Fatal(err)
	}
	for m := range c.Members(t.Context()) {
		return m.Name
	}
	return "nothing"
}

// encoded is a text in the encodings that lists come in, as far as they have its characters.
func encoded(t testing.TB, text string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"utf-8": []byte(text)}
	for name, e := range map[string]interface{ Bytes([]byte) ([]byte, error) }{
		"gbk": simplifiedchinese.GBK.NewEncoder(), "gb18030": simplifiedchinese.GB18030.NewEncoder(), "big5": traditionalchinese.Big5.NewEncoder(),
		"utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder(), "utf-16be": unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder(),
	} {
		if b, err := e.Bytes([]byte(text)); err == nil {
			all[name] = b
		}
	}
	return all
}

const (
	prose       = "他们说明天还会下雨，我们应该带伞出门。\n这本书很有意思，请你有时间的时候读一读。\n老师和学生都在教室里等着上课。\n"
	traditional = "這裡沒有甚麼特別的東西，只是一些關於天氣的話。\n他們說明天還會下雨，我們應該帶傘出門。\n請把電話號碼和地址寫在這張紙上。\n"
	english     = "a plain list of words\nthat nobody has any reason to hide\nfrom readers, and which is here\nonly to be found again\n"
	object      = `{"version": 3, "words": ["春天来了", "院子里的花都开了", "早上出发", "下午回家"], "notes": "nothing to see here"}`
)

// TestSamples compares with what a script of another language XORed.
func TestSamples(t *testing.T) {
	golden, err := os.ReadFile(filepath.Join(testdata, "xor/golden.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(golden)) {
		word := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		data, err := os.ReadFile(filepath.Join(testdata, "xor", word[0]))
		if err != nil {
			t.Fatal(err)
		}
		src := extract.BytesSource(data)
		l, err := formattest.List(format(t), src, word[0], extract.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", word[0], err)
			continue
		}
		if f := l.Files[word[1]]; fmt.Sprint(f.Size) != word[2] || f.SHA256 != word[3] || len(l.Files) != 2 {
			t.Errorf("%s: %v, want %q", word[0], l.Files, word[1:])
		}
		formattest.CheckAccounting(t, l, src.Size())
		formattest.CheckRandomAccess(t, format(t), src, word[0])
	}
}

// TestEveryKey: a text is found under every key but those that leave it readable or nearly so.
func TestEveryKey(t *testing.T) {
	f := format(t)
	for name, text := range map[string]string{"prose": prose, "traditional": traditional, "english": english, "object": object} {
		for encoding, plain := range encoded(t, text) {
			for i, data := range [][]byte{plain, bytes.Repeat(plain, 200)} {
				missed := []string{}
				for key := 1; key < 256; key += 1 + 12*i {
					if got, want := found(t, f, extract.BytesSource(xored(data, byte(key)))), fmt.Sprintf("f (xor 0x%02x)", key); got != want {
						missed = append(missed, fmt.Sprintf("0x%02x %s", key, got))
					}
				}
				if len(missed) > 9 {
					t.Errorf("%s in %s, %d bytes: %d keys are missed: %v", name, encoding, len(data), len(missed), missed)
				}
			}
		}
	}
}

// TestKnownFormats XORs containers and what is looked at closer.
func TestKnownFormats(t *testing.T) {
	f := format(t)
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	io.WriteString(w, prose)
	w.Close()
	data := map[string][]byte{"gzip": zipped.Bytes(), "dex": dex()}
	for _, path := range []string{
		"archive/zip/apk.zip", "wrap/sample.apk", "wrap/sample.apex", "wrap/sample.dex.jar", "compress/plain.xz", "compress/plain.zst", "compress/plain.bz2", "compress/plain.lz4",
		"compress/level9c.zlib", "compress/level01.zlib", "compress/plain.lzma", "unity/v6-lz4hc.unity", "unity/web3.unity3d", "oat/v027.vdex", "wrap/sample.tgz",
	} {
		if b, err := os.ReadFile(filepath.Join(testdata, path)); err == nil {
			data[path] = b
		}
	}
	if exe, err := os.Executable(); err == nil { // an ELF file where the tests run
		if b, err := os.ReadFile(exe); err == nil && bytes.HasPrefix(b, []byte("\x7fELF")) {
			data["elf"] = b
		}
	}
	if len(data) < 12 {
		t.Fatalf("only %d samples", len(data))
	}
	for name, b := range data {
		for _, key := range []byte{1, 0x5A, 0x80, 0xFF} {
			if got, want := found(t, f, extract.BytesSource(xored(b, key))), fmt.Sprintf("f (xor 0x%02x)", key); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if got := found(t, f, extract.BytesSource(b)); got != "" {
			t.Errorf("%s as it is: %q", name, got)
		}
	}
}

// dex is the head of an executable of Dalvik.
func dex() []byte {
	b := make([]byte, 4096)
	copy(b, "dex\n035\x00")
	b[0x21], b[0x24] = 4096>>8, 0x70
	copy(b[0x28:], "\x78\x56\x34\x12")
	return b
}

// TestNotThis: what is readable, or too little, is left alone.
func TestNotThis(t *testing.T) {
	f := format(t)
	cases := map[string][]byte{
		"empty": nil, "short": xored([]byte("春天来了"), 0x5A), "zeros": make([]byte, 5000), "constant": bytes.Repeat([]byte{0x5A}, 5000),
		"magic alone": xored([]byte("\x7fELF"+strings.Repeat("\x00\x01", 500)), 0x5A), "dex of another size": xored(dex()[:2000], 9),
		"base64":        []byte(strings.Repeat("VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcw", 20)),
		"two keys":      append(xored([]byte(strings.Repeat(prose, 100)), 0x5A), xored([]byte(strings.Repeat(prose, 100)), 0x77)...),
		"shouted":       xored([]byte(english), 0x20),
		"numbers":       []byte("0x12, 0xab, 0x34, 0xcd, 0x9f, 0x00, 0x17, 0xee, 0x31, 0x90, 0x12, 0xab, 0x34, 0xcd, 0x9f, 0x00, 0x17, 0xee,"),
		"then random":   append(xored([]byte(strings.Repeat(prose, 40)), 0x5A), noise(100_000)...),
		"list of lists": []byte("1,2,3\n4,5,6\n7,8,9\n10,11,12\n13,14,15\n16,17,18\n19,20,21\n22,23,24\n25,26,27\n28,29,30\n31,32,33\n"),
	}
	for name, text := range map[string]string{"prose": prose, "traditional": traditional, "english": english, "object": object} {
		for encoding, b := range encoded(t, text) {
			cases[name+" in "+encoding] = b
		}
	}
	for name, b := range cases {
		if got := found(t, f, extract.BytesSource(b)); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if _, err := f.Open(t.Context(), &extract.Input{Source: extract.BytesSource(english), Budget: extract.NewBudget(extract.DefaultLimits())}); err != extract.ErrNotThis {
		t.Errorf("Open: %v", err)
	}
}

// holed is a Source with a hole.
type holed struct {
	extract.BytesSource
	hole extract.Extent
}

func (h holed) NextData(off int64) (start, end int64) {
	switch {
	case off < h.hole.Offset:
		return off, h.hole.Offset
	case off < h.hole.End():
		return h.hole.End(), max(h.Size(), h.hole.End())
	}
	return min(off, h.Size()), h.Size()
}

// TestHoles: a hole of the file is none of what was XORed, and stays one of the file as it is. Neither is taken for a XORed file once more.
func TestHoles(t *testing.T) {
	f := format(t)
	data := xored([]byte(strings.Repeat(prose, 200)), 0x5A)
	hole := extract.Extent{Offset: 8192, Size: 100}
	clear(data[hole.Offset:hole.End()])
	b := extract.NewBudget(extract.DefaultLimits())
	c, err := f.Open(t.Context(), &extract.Input{Source: holed{data, hole}, Name: "f", Budget: b})
	if err != nil {
		t.Fatal(err)
	}
	var sources []extract.Source
	for m, err := range c.Members(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		src, err := m.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, src)
		if f.Detect(extract.NewProbe(src, m.Name, b)) {
			t.Errorf("%s is found again", m.Name)
		}
	}
	if _, ok := sources[0].(extract.Sparse); ok {
		t.Error("the decoded member has holes")
	}
	one := make([]byte, 1)
	if _, err := sources[0].ReadAt(one, hole.Offset); err != nil || one[0] != 0x5A {
		t.Errorf("byte of the hole %x, %v", one, err)
	}
	if start, end := sources[1].(extract.Sparse).NextData(hole.Offset); start != hole.End() || end != int64(len(data)) {
		t.Errorf("data at %d to %d", start, end)
	}
	all, err := io.ReadAll(io.NewSectionReader(sources[1], 0, sources[1].Size()))
	if err != nil || !bytes.Equal(all, data) {
		t.Errorf("the member as it is differs, %v", err)
	}
}

// TestWalk: the whole file counts as searched, once, and a zip in it is opened.
func TestWalk(t *testing.T) {
	root, err := extract.OpenRoot(filepath.Join(testdata, "xor/zip-a7.bin"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var paths []string
	coverage, err := extract.Walk(t.Context(), root, extract.Options{
		Formats: formats.All(), Budget: extract.NewBudget(extract.DefaultLimits()), Workers: 1,
		Content: func(ctx context.Context, a *extract.Artifact, _ bool, c *extract.Content) (any, error) {
			paths = append(paths, a.Path)
			return nil, c.Pieces(ctx, 0, func(extract.Piece) error { return nil })
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	const opened, member = "zip-a7.bin!zip-a7.bin (xor 0xa7)!notes.txt", "zip-a7.bin!zip-a7.bin (as it is)"
	if all := strings.Join(paths, "\n"); !strings.Contains(all, opened) || !strings.Contains(all, member) {
		t.Errorf("visited:\n%s", all)
	}
	if c := coverage.Ledger; c.Unopened != 0 || c.Searched+c.Structure != root.Size() || c.Size != root.Size() {
		t.Errorf("coverage %+v of %d bytes", c, root.Size())
	}
}

func FuzzFormat(f *testing.F) {
	var seeds [][]byte
	for _, key := range []byte{0x01, 0x5A, 0xFF} {
		for _, b := range encoded(f, prose) {
			seeds = append(seeds, xored(b, key))
		}
		seeds = append(seeds, xored([]byte(english), key), xored(dex(), key))
	}
	paths, _ := filepath.Glob(testdata + "/xor/*.bin")
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, b)
	}
	formattest.Fuzz(f, format(f), seeds...)
}

// BenchmarkDetect looks at what most artefacts are, and at what takes longest; a look does not read more than a few KiB, so bytes a second say little.
func BenchmarkDetect(b *testing.B) {
	f := format(b)
	zeros := noise(8192)
	for i := range zeros {
		if i%7 != 0 {
			zeros[i] = 0
		}
	}
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"random", noise(8192)}, {"sparse", zeros}, {"elf", append([]byte("\x7fELF\x02\x01\x01"), zeros...)}, {"text", bytes.Repeat([]byte(english), 50)},
		{"gbk", bytes.Repeat(encoded(b, prose)["gbk"], 40)}, {"found", xored(bytes.Repeat(encoded(b, prose)["gbk"], 40), 0x5A)},
	} {
		p := extract.NewProbe(extract.BytesSource(c.data), "f", extract.NewBudget(extract.DefaultLimits()))
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.data)))
			for b.Loop() {
				f.Detect(p)
			}
		})
	}
}

// TestFormatIsNamed keeps the package's own constructor in step with the registry.
func TestFormatIsNamed(t *testing.T) {
	if f := xor.Format(nil); f.Name != format(t).Name || f.Summary == "" {
		t.Errorf("%+v", f)
	}
}
