package scan_test

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"io"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan"
)

// secret is the planted list many times over, encrypted.
func secret(t testing.TB, n int) []byte {
	t.Helper()
	block, err := aes.NewCipher([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	b := []byte(strings.Repeat(strings.Join(planted, "\n")+"\n", n/100+1))[:n]
	cipher.NewCTR(block, make([]byte, 16)).XORKeyStream(b, b)
	return b
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestEncryptedLists: a list that is encrypted cannot be found, but what hides it is named.
func TestEncryptedLists(t *testing.T) {
	picture := readFile(t, "../testdata/media/noise.png")
	z, err := gzip.NewReader(bytes.NewReader(readFile(t, "../testdata/ext4/ext4.img.gz")))
	if err != nil {
		t.Fatal(err)
	}
	image, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	list := secret(t, 9000)
	free := freeBlocks(t, image, 3*4096)
	copy(image[free:], list)
	program := append(append(bytes.Repeat([]byte("\x00\x01machine code is here\xf0"), 9000), list...), bytes.Repeat([]byte("rodata\x00"), 9000)...)

	for _, c := range []struct {
		name, path string
		data       []byte
		least      int64
	}{
		{"asset", "a.apk!assets/w.dat", zipOf(t, file{"assets/w.dat", list}), 8900},
		{"small asset", "a.apk!assets/w.dat", zipOf(t, file{"assets/w.dat", list[:700]}), 700},
		{"behind the magic of a picture", "a.apk!res/a.png", zipOf(t, file{"res/a.png", append(bytes.Clone(picture[:16]), list...)}), 8900},
		{"behind a picture", "a.apk!res/a.png", zipOf(t, file{"res/a.png", append(bytes.Clone(picture), list[:2000]...)}), 1900},
		{"among other data", "a.apk!lib/a.so", zipOf(t, file{"lib/a.so", program}), 4096},
		{"free blocks", "a.apk!(slack)", image, 8192},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := scanBytes(t, newEngine(t, nil), "a.apk", c.data)
			validate(t, r)
			if len(r.Findings) > 0 || len(r.Coverage.Items) != 1 || r.Coverage.Unopened == 0 {
				t.Fatalf("%d findings, coverage %+v", len(r.Findings), r.Coverage)
			}
			it := r.Coverage.Items[0]
			if it.Path != c.path || it.Reason != string(extract.ReasonUnknown) || it.Entropy < 7.8 || it.Entropy > 8 || it.Size < c.least ||
				!strings.HasPrefix(it.Detail, "looks compressed or encrypted: ") {
				t.Errorf("%+v", it)
			}
		})
	}
}

// freeBlocks finds n zero bytes at a block of an image that a scan calls neither searched nor unopened.
func freeBlocks(t testing.TB, image []byte, n int) int {
	t.Helper()
	zeros := make([]byte, n)
	for off := len(image) - n&^4095; off > 0; off -= 4096 {
		off &^= 4095
		if !bytes.Equal(image[off:][:n], zeros) {
			continue
		}
		probe := bytes.Clone(image)
		copy(probe[off:], bytes.Repeat([]byte("probe of free blocks\n"), n/21))
		if r := scanBytes(t, newEngine(t, nil), "probe", probe); r.Coverage.Searched > scanBytes(t, newEngine(t, nil), "probe", image).Coverage.Searched {
			return off
		}
	}
	t.Fatal("no free blocks")
	return 0
}

// TestEmbeddedStream: a stream in the middle of a file that is no container is opened, and what it holds found, whatever the number of workers.
func TestEmbeddedStream(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	var vocabulary, many []string
	for range 2000 {
		vocabulary = append(vocabulary, string([]rune{rune(0x4e00 + r.Intn(3000)), rune(0x4e00 + r.Intn(3000)), rune(0x4e00 + r.Intn(3000))}[:2+r.Intn(2)]))
	}
	for range 10_000 {
		many = append(many, vocabulary[r.Intn(40+r.Intn(1960))])
	}
	for range 10 {
		many = append(many, planted...)
	}
	stream := gzipOf(t, gzip.Header{}, []byte(strings.Join(many, "\n")+"\n"))
	code := bytes.Repeat([]byte("\x00\x01machine code is here\xf0"), 5000)
	for name, data := range map[string][]byte{
		"alone":             append(append(bytes.Clone(code), stream...), code...),
		"and an opaque one": append(append(append(bytes.Clone(code), stream...), code...), secret(t, 30_000)...),
	} {
		r := scanBytes(t, newEngine(t, nil), "lib.so", data)
		validate(t, r)
		path, opaque := "", int64(0)
		for _, f := range r.Findings {
			path = f.Path
		}
		for _, it := range r.Coverage.Items {
			opaque += it.Size
		}
		if !strings.HasPrefix(path, "lib.so!(embedded at ") {
			t.Errorf("%s: found at %q; coverage %+v", name, path, r.Coverage.Items)
		}
		if want := int64(0); name != "alone" && (opaque < 25_000 || opaque > 34_000) || name == "alone" && opaque != want || r.Coverage.Unopened != opaque {
			t.Errorf("%s: %d bytes unopened, %+v", name, r.Coverage.Unopened, r.Coverage.Items)
		}
		again := scanBytes(t, newEngine(t, func(o *scan.Options) { o.Workers = 1 }), "lib.so", data)
		if len(again.Coverage.Items) != len(r.Coverage.Items) || again.Coverage.Ledger != r.Coverage.Ledger || again.Counts.Artifacts != r.Counts.Artifacts {
			t.Errorf("%s: with one worker %+v, with two %+v", name, again.Coverage, r.Coverage)
		}
	}
}

// TestShortStreams: a stream that is too short or repeats itself too much to look random is found by its magic, wherever it stands.
func TestShortStreams(t *testing.T) {
	text := []byte(strings.Join(slices.Repeat(planted, 40), "\n") + "\n")
	note := []byte(strings.Repeat("nothing to see in these words\n", 1400))
	for name, stream := range map[string][]byte{"gzip": gzipOf(t, gzip.Header{}, text), "zip": zipOf(t, file{"w.txt", text})} {
		for _, front := range []int{65, 600, 4000, 40_000} {
			for _, behind := range []int{0, 3000, 40_000} {
				r := scanBytes(t, newEngine(t, nil), "data.bin", slices.Concat(note[:front], stream, note[:behind]))
				if lists := ofKind(r, scan.KindList); len(lists) != 1 || len(lists[0].List.Entries) != 40*len(planted) {
					t.Errorf("%s of %d bytes behind %d, in front of %d: %d lists, %+v", name, len(stream), front, behind, len(lists), r.Coverage)
				}
			}
		}
	}
}
