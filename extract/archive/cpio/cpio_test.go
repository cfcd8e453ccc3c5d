package cpio

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

const testdata = "../../../testdata/cpio"

func sample(t testing.TB, form string) extract.BytesSource {
	t.Helper()
	f, err := os.Open(filepath.Join(testdata, form+".cpio.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func list(t testing.TB, src extract.Source, l extract.Limits) *formattest.Listing {
	t.Helper()
	out, err := formattest.List(Format(), src, "ramdisk.cpio", l)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// lines gives the members as golden.txt has them.
func lines(t testing.TB, src extract.Source) []string {
	t.Helper()
	c, err := open(t.Context(), &extract.Input{Source: src, Budget: extract.NewBudget(extract.DefaultLimits()), CheckHashes: true})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for m, err := range c.Members(t.Context()) {
		if err != nil {
			t.Errorf("problem: %v", err)
			continue
		}
		what := ""
		switch {
		case m.Mode.IsRegular():
			s, err := m.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
			if err != nil || int64(len(b)) != m.Size {
				t.Errorf("%s: %d bytes of %d, %v", m.Name, len(b), m.Size, err)
			}
			what = fmt.Sprintf("%d %x", len(b), sha256.Sum256(b))
		case m.Mode&fs.ModeSymlink != 0:
			what = m.Link
		case m.Mode&fs.ModeDevice != 0:
			what = fmt.Sprintf("%d,%d", m.Device[0], m.Device[1])
		}
		out = append(out, fmt.Sprintf("%s %x %s", m.Name, unixMode(m.Mode), what))
	}
	slices.Sort(out)
	return out
}

// unixMode is st_mode as stat prints it.
func unixMode(m fs.FileMode) uint32 {
	u := uint32(m.Perm())
	for _, b := range []struct {
		mode fs.FileMode
		bits uint32
	}{{fs.ModeSetuid, 0o4000}, {fs.ModeSetgid, 0o2000}, {fs.ModeSticky, 0o1000}} {
		if m&b.mode != 0 {
			u |= b.bits
		}
	}
	switch m.Type() {
	case fs.ModeDir:
		return u | 0o040000
	case fs.ModeSymlink:
		return u | 0o120000
	case fs.ModeNamedPipe:
		return u | 0o010000
	case fs.ModeSocket:
		return u | 0o140000
	case fs.ModeDevice:
		return u | 0o060000
	case fs.ModeDevice | fs.ModeCharDevice:
		return u | 0o020000
	}
	return u | 0o100000
}

func golden(t testing.TB) []string {
	t.Helper()
	b, err := os.ReadFile(testdata + "/golden.txt")
	if err != nil {
		t.Fatal(err)
	}
	l := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	slices.Sort(l)
	return l
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// swapped is a binary archive of the other byte order.
func swapped(b []byte) []byte {
	b = bytes.Clone(b)
	for at := 0; at+binarySize <= len(b); {
		h, err := parse(b[at:])
		if err != nil {
			break
		}
		for i := at; i < at+binarySize; i += 2 {
			b[i], b[i+1] = b[i+1], b[i]
		}
		at += int(pad(0, h.size+h.nameSize, 2) + pad(0, h.fileSize, 2))
	}
	return b
}

func forms(t testing.TB) map[string]extract.BytesSource {
	out := map[string]extract.BytesSource{}
	for _, f := range []string{"newc", "crc", "odc", "bin"} {
		out[f] = sample(t, f)
	}
	out["bin swapped"] = swapped(out["bin"])
	return out
}

func TestForms(t *testing.T) {
	for form, src := range forms(t) {
		t.Run(form, func(t *testing.T) {
			equal(t, lines(t, src), golden(t))
			l := list(t, src, extract.DefaultLimits())
			end := int64(len(bytes.TrimRight(src, "\x00")))
			formattest.CheckAccounting(t, l, src.Size(), extract.Extent{Offset: end, Size: src.Size() - end})
			formattest.CheckRandomAccess(t, Format(), src, form)
		})
	}
}

// TestConcatenated is what kernels take: archives one after another, zeros between them, and compressed ones behind.
func TestConcatenated(t *testing.T) {
	want := append(golden(t), golden(t)...)
	slices.Sort(want)
	newc, odc := sample(t, "newc"), sample(t, "odc")
	zeros := make([]byte, 9001)
	equal(t, lines(t, extract.BytesSource(slices.Concat(newc, odc))), want)
	equal(t, lines(t, extract.BytesSource(slices.Concat(newc, zeros, odc, zeros))), want)

	gz := []byte("\x1f\x8b and more")
	src := extract.BytesSource(slices.Concat(newc, zeros, gz))
	want = append(golden(t), fmt.Sprintf("%s 8000 %d %x", restName, len(gz), sha256.Sum256(gz)))
	slices.Sort(want)
	equal(t, lines(t, src), want)
}

// TestTool packs a tree with GNU cpio in each form and compares with what GNU cpio unpacks.
func TestTool(t *testing.T) {
	if _, err := exec.LookPath("cpio"); err != nil {
		t.Skipf("tools: %v", err)
	}
	tree := t.TempDir()
	const files = 150
	for i := range files {
		dir := filepath.Join(tree, fmt.Sprintf("%0*d", 1+i%90, i))
		name := filepath.Join(dir, strings.Repeat("n", 1+i))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, bytes.Repeat([]byte{byte(i)}, i*i%3000), 0o644); err != nil {
			t.Fatal(err)
		}
		if i%7 == 0 {
			if err := os.Link(name, filepath.Join(tree, fmt.Sprint("link", i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, form := range []string{"newc", "crc", "odc", "bin"} {
		dir := t.TempDir()
		cmd := exec.Command("sh", "-c", fmt.Sprintf("find . | LC_ALL=C sort | cpio -o --quiet -H %s >%s/a.cpio && mkdir %[2]s/out && cd %[2]s/out && cpio -i --quiet -d <../a.cpio",
			form, dir))
		cmd.Dir = tree
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("cpio: %v\n%s", err, out)
		}
		b, err := os.ReadFile(filepath.Join(dir, "a.cpio"))
		if err != nil {
			t.Fatal(err)
		}
		l := list(t, extract.BytesSource(b), extract.DefaultLimits())
		n := 0
		for name, f := range l.Files {
			if !f.Mode.IsRegular() {
				continue
			}
			n++
			want, err := os.ReadFile(filepath.Join(dir, "out", name))
			if err != nil {
				t.Error(err)
			} else if f.SHA256 != fmt.Sprintf("%x", sha256.Sum256(want)) {
				t.Errorf("%s: %s differs", form, name)
			}
		}
		if want := files + (files+6)/7; n != want || len(l.Problems) > 0 {
			t.Errorf("%s: %d files, want %d; problems %q", form, n, want, l.Problems)
		}
	}
}

// member is an entry of the new form.
func member(name string, mode, links, inode uint32, data string) []byte {
	return raw(fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		inode, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name)+1, 0), name, data)
}

func raw(header, name, data string) []byte {
	b := append([]byte(header), name...)
	b = append(b, 0)
	b = append(b, make([]byte, -len(b)&3)...)
	b = append(b, data...)
	return append(b, make([]byte, -len(data)&3)...)
}

func end() []byte { return member(trailer, 0, 1, 0, "") }

func TestHostile(t *testing.T) {
	const file = 0o100644
	long := strings.Repeat("n", maxName+100)
	crc := raw(fmt.Sprintf("070702%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1, file, 0, 0, 1, 0, 3, 0, 0, 0, 0, 2, 7), "c", "abc")
	header4G := "070701" + strings.Repeat("00000001", 1) + fmt.Sprintf("%08x", file) + strings.Repeat("00000001", 9) + "ffffffff" + "00000000"
	cases := []struct {
		name string
		data []byte
		want []string // names and contents
		bad  []string
	}{
		{"names that lead elsewhere are kept", slices.Concat(member("../../x", file, 1, 1, "a"), member("/y", file, 1, 2, "b"), member("", file, 1, 3, "c"), end()),
			[]string{"../../x=a", "/y=b", "=c"}, nil},
		{"data with the first link", slices.Concat(member("a", file, 2, 5, "data"), member("b", file, 2, 5, ""), end()), []string{"a=data", "b=data"}, nil},
		{"data with the last link", slices.Concat(member("a", file, 3, 5, ""), member("b", file, 3, 5, ""), member("c", file, 3, 5, "data"), end()),
			[]string{"a=data", "b=data", "c=data"}, nil},
		{"inodes of another archive", slices.Concat(member("a", file, 2, 5, "data"), end(), member("b", file, 2, 5, ""), end()), []string{"a=data", "b="}, nil},
		{"name of 4 GiB", slices.Concat(member("a", file, 1, 1, "x"), []byte(header4G+"name")), []string{"a=x"},
			[]string{"damaged: a name of 4294967295 bytes, but the archive ends at 230"}},
		{"name of 64 KiB", slices.Concat(member(long, file, 1, 1, "x"), end()), []string{long[:maxName] + "=x"},
			[]string{long[:maxName] + ": damaged: a name of 65637 bytes, of which 65536 are read"}},
		{"no trailer", member("a", file, 1, 1, "x"), []string{"a=x"}, []string{"damaged: the archive ends without a trailer"}},
		{"cut data", member("a", file, 1, 1, "abcdefgh")[:115], []string{"a=abc"},
			[]string{"a: damaged: 8 bytes of data, but the archive ends after 3 of them", "damaged: the archive ends without a trailer"}},
		{"cut header", slices.Concat(member("a", file, 1, 1, "x"), end()[:50]), []string{"a=x"}, []string{"damaged: cpio header: cut off"}},
		{"garbage between", slices.Concat(member("a", file, 1, 1, "x"), []byte("garbage"), end()), []string{"a=x"}, []string{"damaged: cpio header: no cpio magic"}},
		{"garbage in a number", slices.Concat(member("a", file, 1, 1, "x"), []byte(strings.Replace(string(end()), "00000000", "0000g000", 1))), []string{"a=x"},
			[]string{"damaged: cpio header: 'g' is no digit of base 16"}},
		{"waiting link and damage", slices.Concat(member("a", file, 2, 5, ""), []byte("garbage")), []string{"a="}, []string{"damaged: cpio header: no cpio magic"}},
		{"long symbolic link", slices.Concat(member("l", 0o120777, 1, 1, strings.Repeat("l", maxLink+1)), end()), nil,
			[]string{"l: damaged: a symbolic link of 65537 bytes"}},
		{"wrong checksum", slices.Concat(crc, end()), []string{"c=abc"}, []string{"c: damaged: the data have checksum 00000126, the header says 00000007"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a, err := open(t.Context(), &extract.Input{Source: extract.BytesSource(c.data), Budget: extract.NewBudget(extract.DefaultLimits()), CheckHashes: true})
			if err != nil {
				t.Fatal(err)
			}
			var got, bad []string
			for m, err := range a.Members(t.Context()) {
				if err != nil {
					bad = append(bad, err.Error())
					continue
				}
				s, _ := m.Open(t.Context())
				b, _ := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
				got = append(got, m.Name+"="+string(b))
			}
			equal(t, got, c.want)
			equal(t, bad, c.bad)
			formattest.Survive(t, Format(), c.data)
		})
	}
}

// TestManyLinks keeps what waits for data within the budget.
func TestManyLinks(t *testing.T) {
	var data []byte
	for i := range 20_000 {
		data = append(data, member("link", 0o100644, 2, uint32(i), "")...)
	}
	limits := extract.DefaultLimits()
	limits.Buffer = 1 << 20
	limits.Artifacts = 1 << 20
	a, err := open(t.Context(), &extract.Input{Source: extract.BytesSource(append(data, end()...)), Budget: extract.NewBudget(limits)})
	if err != nil {
		t.Fatal(err)
	}
	members, bad := 0, 0
	for _, err := range a.Members(t.Context()) {
		if err == nil {
			members++
		} else if extract.AsUnopened(err).Reason == extract.ReasonLimit {
			bad++
		}
	}
	if members != 20_000 || bad == 0 {
		t.Errorf("%d members and %d limits", members, bad)
	}
}

func TestDetect(t *testing.T) {
	binaryGarbage := append([]byte{0xc7, 0x71}, bytes.Repeat([]byte{1}, 200)...)
	for name, b := range map[string][]byte{"text": []byte("070701 is a number"), "binary": binaryGarbage, "empty": nil, "magic": []byte("070707")} {
		if detect(extract.NewProbe(extract.BytesSource(b), name, extract.NewBudget(extract.DefaultLimits()))) {
			t.Errorf("%s is taken for cpio", name)
		}
	}
}

func FuzzFormat(f *testing.F) {
	seeds := [][]byte{slices.Concat(member("a", 0o100644, 2, 5, ""), member("b", 0o100644, 2, 5, "data"), end(), make([]byte, 100), member("l", 0o120777, 1, 1, "b"), end(), []byte("rest"))}
	for _, form := range []string{"newc", "crc", "odc", "bin", "bin swapped"} {
		seeds = append(seeds, forms(f)[form])
	}
	formattest.Fuzz(f, Format(), seeds...)
}

func BenchmarkMembers(b *testing.B) {
	var data []byte
	for i := range 2000 {
		data = append(data, member(fmt.Sprintf("system/lib/file%d", i), 0o100644, 1, uint32(i), strings.Repeat("x", 1000))...)
	}
	src := extract.BytesSource(append(data, end()...))
	b.SetBytes(src.Size())
	for b.Loop() {
		c, err := open(b.Context(), &extract.Input{Source: src, Budget: extract.NewBudget(extract.DefaultLimits())})
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range c.Members(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
