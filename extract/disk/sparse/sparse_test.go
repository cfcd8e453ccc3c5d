package sparse

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

const testdata = "../../../testdata/sparse"

func sample(t testing.TB, name string) extract.BytesSource {
	t.Helper()
	f, err := os.Open(filepath.Join(testdata, name+".gz"))
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

// golden is the size and SHA-256 of the sample image.
func golden(t testing.TB) (size int64, sum string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testdata, "golden.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(b), &size, &sum); err != nil {
		t.Fatal(err)
	}
	return size, sum
}

func list(t testing.TB, src extract.Source, name string) *formattest.Listing {
	t.Helper()
	l, err := formattest.List(Format(), src, name, extract.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestSamples(t *testing.T) {
	size, sum := golden(t)
	for _, name := range []string{"image.simg", "care.simg"} {
		t.Run(name, func(t *testing.T) {
			src := sample(t, name)
			l := list(t, src, name)
			f := l.Files[strings.TrimSuffix(name, ".simg")]
			if f.Size != size || f.SHA256 != sum || f.Problem != "" || len(l.Problems) > 0 {
				t.Errorf("%+v, problems %q, want %d bytes, SHA-256 %s", f, l.Problems, size, sum)
			}
			formattest.CheckAccounting(t, l, src.Size())
			formattest.CheckRandomAccess(t, Format(), src, name)
		})
	}
}

func TestMemberName(t *testing.T) {
	for in, want := range map[string]string{
		"super.simg": "super", "super.img": "super.img", "super.img.sparse": "super.img", "system_sparse.img": "system.img", "system.img_sparse": "system.img",
		".simg": "image", "": "image",
	} {
		if got := memberName(in); got != want {
			t.Errorf("memberName(%q) = %q, want %q", in, got, want)
		}
	}
}

// chunkOf builds a chunk whose header says blocks and, unless total is 0, total bytes.
func chunkOf(kind uint16, blocks, total uint32, data string) string {
	var b [12]byte
	binary.LittleEndian.PutUint16(b[:], kind)
	binary.LittleEndian.PutUint32(b[4:], blocks)
	if total == 0 {
		total = uint32(len(b) + len(data))
	}
	binary.LittleEndian.PutUint32(b[8:], total)
	return string(b[:]) + data
}

// imageOf builds an image whose header says blocks of block bytes and count chunks.
func imageOf(block, blocks, count uint32, chunks ...string) []byte {
	b := make([]byte, fileHeaderSize)
	copy(b, magic)
	le := binary.LittleEndian
	le.PutUint16(b[4:], 1)
	le.PutUint16(b[8:], fileHeaderSize)
	le.PutUint16(b[10:], chunkHeaderSize)
	le.PutUint32(b[12:], block)
	le.PutUint32(b[16:], blocks)
	le.PutUint32(b[20:], count)
	return append(b, strings.Join(chunks, "")...)
}

const (
	huge = 1<<32 - 1
	text = "0123456789abcdef"
)

func repeatText(n int) string { return strings.Repeat(text, n/len(text)) }

// hostile images with what has to be said of them. Blocks have 16 bytes unless it says otherwise.
func hostile() map[string]struct {
	data  []byte
	name  string
	err   string // of Open
	notes string // yielded besides the member
	read  string // problem of reading the member
	want  string // the member as far as it can be read
} {
	type c = struct {
		data                         []byte
		name, err, notes, read, want string
	}
	block := chunkOf(chunkRaw, 1, 0, text)
	cut := imageOf(16, 2, 2, block, block)
	v2 := imageOf(16, 0, 0)
	v2[4] = 2
	shortHeader := imageOf(16, 0, 0)
	shortHeader[8] = 20
	return map[string]c{
		"empty":           {data: imageOf(4096, 0, 0)},
		"version 2":       {data: v2, err: "sparse image of version 2.0"},
		"cut header":      {data: imageOf(16, 0, 0)[:20], err: "sparse header of 20 bytes"},
		"short header":    {data: shortHeader, err: "headers of 20 and 12 bytes"},
		"odd blocks":      {data: imageOf(15, 1, 0), err: "blocks of 15 bytes"},
		"16 EiB":          {data: imageOf(huge-3, huge, 0), err: "4294967295 blocks of 4294967292 bytes"},
		"2^32 chunks":     {data: imageOf(16, 2, huge, block, block), notes: "chunk 2 of 4294967295: the file ends at 84", want: text + text},
		"cut in a chunk":  {data: cut[:len(cut)-4], notes: "chunk 1: 12 bytes of data for 16 of the image", read: "chunk 1: 12 bytes of data for 16 of the image", want: text + text[:12]},
		"cut in a header": {data: cut[:60], notes: "chunk 1 of 2: the file ends at 60", read: "chunk 1 of 2: the file ends at 60", want: text},
		"unknown chunk": {data: imageOf(16, 3, 3, block, chunkOf(0xcac9, 1, 0, text), block), notes: "chunk 1: unknown kind 0xcac9",
			read: "chunk 1: unknown kind 0xcac9", want: text},
		"too much data": {data: imageOf(16, 2, 2, chunkOf(chunkRaw, 1, 0, text+"more"), block), notes: "chunk 0: 20 bytes of data for 16 of the image", want: text + text},
		"total of zero": {data: imageOf(16, 1, 1, chunkOf(chunkRaw, 1, 1, text)), notes: "chunk 0: 1 bytes with its header", read: "chunk 0: 1 bytes with its header"},
		"fill without a value": {data: imageOf(16, 1, 1, chunkOf(chunkFill, 1, 0, "ab")), notes: "chunk 0: 2 bytes of data, 4 wanted",
			read: "chunk 0: 2 bytes of data, 4 wanted"},
		"more blocks than told":  {data: imageOf(16, 1, 2, block, block), notes: "the header tells of 1 blocks, the chunks of 2", want: text + text},
		"fewer blocks than told": {data: imageOf(16, 2, 1, block), notes: "the header tells of 2 blocks, the chunks of 1", read: "the header tells of 2 blocks, the chunks of 1", want: text},
		"wrong sum": {data: imageOf(16, 1, 2, block, chunkOf(chunkCRC, 0, 0, "abcd")),
			notes: "the first 16 bytes of the image have CRC32 68c4f033, the image says 64636261", want: text},
		"sum with blocks": {data: imageOf(16, 1, 1, chunkOf(chunkCRC, 1, 0, "abcd")), notes: "chunk 0: 16 bytes behind 0 of the image",
			read: "chunk 0: 16 bytes behind 0 of the image"},
		"exabytes of a value": {data: imageOf(1<<30, 1<<30, 1, chunkOf(chunkFill, 1<<30, 0, "abcd")), notes: "ratio limit", read: "ratio limit"},
		"exabytes behind exabytes": {data: imageOf(1<<30, 1<<30, 2, chunkOf(chunkDontCare, 1<<30, 0, ""), chunkOf(chunkDontCare, 1<<31-1, 0, "")),
			notes: "behind 1152921504606846976 of the image", read: "hole of"},
		"begins late": {data: imageOf(4096, 512, 2, chunkOf(chunkDontCare, 511, 0, ""), chunkOf(chunkRaw, 1, 0, repeatText(4096))),
			notes: "the image is written from byte 2093056 on only", read: "the image is written from byte 2093056 on only: other parts of it are missing"},
		"ends early, another number": {data: imageOf(16, 2, 2, block, chunkOf(chunkDontCare, 1, 0, "")), name: "userdata_4.img", want: text},
		"ends early": {data: imageOf(16, 2, 2, block, chunkOf(chunkDontCare, 1, 0, "")), name: "super.img.0",
			notes: "up to byte 16 only", read: "the image is written up to byte 16 only: by its name other parts of it are missing", want: text},
	}
}

func TestHostile(t *testing.T) {
	for name, c := range hostile() {
		t.Run(name, func(t *testing.T) {
			if c.name == "" {
				c.name = "x.img"
			}
			b := extract.NewBudget(extract.DefaultLimits())
			con, err := Format().Open(t.Context(), &extract.Input{Source: extract.BytesSource(c.data), Name: c.name, Budget: b, CheckHashes: true})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			l := list(t, extract.BytesSource(c.data), c.name)
			if got := strings.Join(l.Problems, "; "); c.notes == "" && got != "" || !strings.Contains(got, c.notes) {
				t.Errorf("notes %q, want %q", got, c.notes)
			}
			for m, err := range con.Members(t.Context()) {
				if err != nil {
					continue
				}
				if got := l.Files[m.Name].Problem; c.read == "" && got != "" || !strings.Contains(got, c.read) {
					t.Errorf("problem %q, want %q", got, c.read)
				}
				s, err := m.Open(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				got := make([]byte, len(c.want))
				if n, err := s.ReadAt(got, 0); n < len(got) || err != nil && err != io.EOF {
					t.Errorf("%d bytes, %v", n, err)
				}
				if string(got) != c.want {
					t.Errorf("bytes %q, want %q", got, c.want)
				}
			}
			formattest.Survive(t, Format(), c.data)
		})
	}
}

// TestTools compares with simg2img.
func TestTools(t *testing.T) {
	for _, tool := range []string{"img2simg", "simg2simg", "simg2img"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("tools: %v", err)
		}
	}
	dir := t.TempDir()
	img, simg := filepath.Join(dir, "img"), filepath.Join(dir, "simg")
	var data []byte
	for i := range 200 {
		n := 4096 * (1 + i*7%11)
		switch i % 4 {
		case 0:
			data = append(data, make([]byte, n)...)
		case 1:
			data = append(data, bytes.Repeat([]byte{byte(i), 1, 2, 3}, n/4)...)
		default:
			for k := range n {
				data = append(data, byte(i*k>>3))
			}
		}
	}
	if err := os.WriteFile(img, data, 0o644); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	for _, block := range []string{"4096", "1024", "65536"} {
		run("img2simg", img, simg, block)
		want := simg2img(t, simg)
		src := read(t, simg)
		l := list(t, src, "img.simg")
		if f := l.Files["img"]; f.SHA256 != want || f.Problem != "" || len(l.Problems) > 0 {
			t.Errorf("blocks of %s: %+v, problems %q, want SHA-256 %s", block, f, l.Problems, want)
		}
		formattest.CheckAccounting(t, l, src.Size())
	}
	run("img2simg", img, simg)
	run("simg2simg", simg, filepath.Join(dir, "part"), "800000")
	names, err := filepath.Glob(filepath.Join(dir, "part.*"))
	if err != nil || len(names) < 3 {
		t.Fatalf("parts %v, %v", names, err)
	}
	files := map[string]extract.BytesSource{}
	for i, n := range names {
		files[fmt.Sprintf("system.img_sparsechunk%d", len(names)-i)] = read(t, n) // numbered backwards: content decides
	}
	got, _ := joinFiles(t, files)
	if want := simg2img(t, names...); len(got) != 1 || got["system.img"] != want {
		t.Errorf("joined %v, want %s", got, want)
	}
}

func read(t testing.TB, path string) extract.BytesSource {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// simg2img gives the SHA-256 of what the tool makes of sparse images.
func simg2img(t *testing.T, paths ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	if msg, err := exec.Command("simg2img", append(paths, out)...).CombinedOutput(); err != nil {
		t.Fatalf("simg2img: %v\n%s", err, msg)
	}
	sum := sha256.Sum256(read(t, out))
	return hex.EncodeToString(sum[:])
}

func FuzzFormat(f *testing.F) {
	var seeds [][]byte
	for _, c := range hostile() {
		seeds = append(seeds, c.data)
	}
	formattest.Fuzz(f, Format(), append(seeds, sample(f, "image.simg"), sample(f, "care.simg"), sample(f, "image.img.1"))...)
}

func BenchmarkRead(b *testing.B) {
	chunks := make([]string, 512)
	for i := range chunks {
		chunks[i] = chunkOf(chunkRaw, 16, 0, repeatText(65536))
		if i%8 == 7 {
			chunks[i] = chunkOf(chunkFill, 16, 0, "\xff\xff\xff\xff")
		}
	}
	src := extract.BytesSource(imageOf(4096, 16*uint32(len(chunks)), uint32(len(chunks)), chunks...))
	img, rest, err := Map(b.Context(), src, extract.NewBudget(extract.DefaultLimits()))
	if rest || err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 1<<20)
	b.SetBytes(img.Size())
	for b.Loop() {
		if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, io.NewSectionReader(img, 0, img.Size()), buf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSums(b *testing.B) {
	chunks := []string{chunkOf(chunkRaw, 4096, 0, repeatText(16<<20))}
	l, err := scan(extract.BytesSource(imageOf(4096, 4096, 1, chunks...)), extract.NewBudget(extract.DefaultLimits()))
	if err != nil {
		b.Fatal(err)
	}
	m := &image{layout: l, parts: []extract.Source{extract.BytesSource(imageOf(4096, 4096, 1, chunks...))}}
	b.SetBytes(m.size)
	for b.Loop() {
		s := summer{m: m, buf: make([]byte, 256<<10)}
		if !s.upTo(context.Background(), m.size) {
			b.Fatal("unread")
		}
	}
}
