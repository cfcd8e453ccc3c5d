package formats

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/compress"
)

// leaves reads the beginning of every artefact below a file or folder that holds no others, and of those that compress.Embedded opened the path.
func leaves(t *testing.T, path string) (heads [][]byte, embedded []string) {
	t.Helper()
	root, err := extract.OpenRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	_, err = extract.Walk(context.Background(), root, extract.Options{
		Formats: All(), Joiners: Joiners(), Budget: extract.NewBudget(extract.DefaultLimits()), Workers: 2,
		Content: func(ctx context.Context, a *extract.Artifact, container bool, c *extract.Content) (any, error) {
			if container || a.Size == 0 || a.Slack != nil {
				return nil, nil
			}
			src, err := c.Source(ctx)
			if err != nil {
				return nil, nil
			}
			head := make([]byte, min(src.Size(), 64<<10))
			n, err := src.ReadAt(head, 0)
			if err != nil && err != io.EOF {
				return nil, nil
			}
			return head[:n], nil
		},
		Leave: func(a *extract.Artifact, result any) {
			if a.Format == "embedded" {
				embedded = append(embedded, a.Path)
			}
			if head, ok := result.([]byte); ok {
				heads = append(heads, head)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return heads, embedded
}

// TestEmbeddedStreams walks through assets of apps down to the words in them.
func TestEmbeddedStreams(t *testing.T) {
	const dir = "../../testdata/embedded"
	want := hashOf(t, filepath.Join(dir, "words.txt"))
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if name == "words.txt" || name == "make.sh" {
			continue
		}
		w := walk(t, filepath.Join(dir, name))
		w.complete(t, name)
		found := name == "records.bin" && len(w.sums) == 7 // six members and slack
		for path, sum := range w.sums {
			found = found || sum == want && strings.HasPrefix(path, name+"!(")
		}
		if !found || w.formats[name] != "embedded" {
			t.Errorf("%s is %q and holds %v", name, w.formats[name], w.sums)
		}
	}
}

// TestLongEmbeddedStreams: a stream in a long stream, of which the end is not known when it is first looked at.
func TestLongEmbeddedStreams(t *testing.T) {
	content := make([]byte, 12<<20) // a quarter of it compresses
	rand.NewChaCha8([32]byte{7}).Read(content)
	for i := 0; i < len(content); i += 4 << 10 {
		copy(content[i:], strings.Repeat("compressible ", 80))
	}
	hash := sha256.Sum256(content)
	pack := func(open func(w io.Writer) (io.WriteCloser, error), data []byte) []byte {
		var b bytes.Buffer
		w, err := open(&b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	block := make([]byte, lz4.CompressBlockBound(len(content)))
	n, err := lz4.CompressBlock(content, block, nil)
	if err != nil {
		t.Fatal(err)
	}
	frame := pack(func(w io.Writer) (io.WriteCloser, error) {
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest))
	}, content)
	for kind, stream := range map[string][]byte{
		"zlib":      pack(func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriterLevel(w, 1) }, content),
		"deflate":   pack(func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 1) }, content),
		"brotli":    pack(func(w io.Writer) (io.WriteCloser, error) { return brotli.NewWriterLevel(w, 2), nil }, content),
		"lz4 block": block[:n],
		"zstd":      frame[4:],
	} {
		data := append(binary.LittleEndian.AppendUint32(nil, uint32(len(content))), stream...)
		outer := pack(func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, 1) }, data)
		path := filepath.Join(t.TempDir(), "asset.gz")
		if err := os.WriteFile(path, outer, 0o644); err != nil {
			t.Fatal(err)
		}
		w := walk(t, path)
		w.complete(t, kind)
		if got := w.sums[fmt.Sprintf("asset.gz!asset!(%s at 4)", kind)]; got != hex.EncodeToString(hash[:]) {
			t.Errorf("%s: %v", kind, w.sums)
		}
	}
}

func hashOf(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// TestNothingIsTakenForAStream feeds a hundred thousand blobs to the format that believes in streams without a magic: random bytes, with and without lengths in
// front of them that are right, and pieces of the files of the samples, with and without a header. What it takes for a stream has to be one under a check sum,
// or to begin with the long magic of one that a piece was cut in front of.
func TestNothingIsTakenForAStream(t *testing.T) {
	ordinary, embedded := leaves(t, "../../testdata/rom")
	const shared = "../../../shared/samples"
	entries, err := os.ReadDir(shared)
	if err != nil {
		t.Logf("without the shared samples: %v", err)
	}
	for _, e := range entries {
		more, streams := leaves(t, filepath.Join(shared, e.Name()))
		ordinary, embedded = append(ordinary, more...), append(embedded, streams...)
	}
	if len(embedded) > 0 {
		t.Errorf("taken for streams: %q", embedded)
	}

	blobs := 100_000
	if testing.Short() {
		blobs = 10_000
	}
	rng := rand.New(rand.NewChaCha8([32]byte{5}))
	noise := rand.NewChaCha8([32]byte{6})
	random := func(n int) []byte {
		b := make([]byte, n)
		noise.Read(b)
		return b
	}
	format, budget := compress.Embedded(), extract.NewBudget(extract.DefaultLimits())
	taken := map[string]int{}
	for i := range blobs {
		var b []byte
		switch i % 10 {
		case 0: // of any length up to 8 KiB, short ones more often
			b = random(1 << rng.IntN(14) * (4 + rng.IntN(4)) / 4)
		case 1: // behind lengths that are right
			b = random(16 + 1<<rng.IntN(13))
			binary.LittleEndian.PutUint32(b, uint32(len(b)-8))
			binary.BigEndian.PutUint32(b[4:], uint32(len(b)*3))
		case 2, 3, 4, 5: // a piece of a file
			b = piece(rng, ordinary[rng.IntN(len(ordinary))])
		case 6, 7: // a piece of a file behind a header
			b = append(random(1+rng.IntN(20)), piece(rng, ordinary[rng.IntN(len(ordinary))])...)
		case 8: // a file behind its length
			b = ordinary[rng.IntN(len(ordinary))]
			b = append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...)
		case 9: // a file with its bytes changed here and there, its type no longer to be seen
			b = slices.Clone(ordinary[rng.IntN(len(ordinary))])
			for range 1 + len(b)/64 {
				b[rng.IntN(len(b))] = byte(rng.Uint32())
			}
			b[0] ^= 0x80
		}
		src := extract.BytesSource(b)
		if !format.Detect(extract.NewProbe(src, "", budget)) {
			continue
		}
		c, err := format.Open(context.Background(), &extract.Input{Source: src, Budget: budget})
		if err != nil {
			t.Errorf("blob %d: %v", i, err)
			continue
		}
		for m := range c.Members(context.Background()) {
			kind := strings.Fields(strings.Trim(m.Name, "()"))[0]
			taken[kind]++
			if i%10 < 2 || kind != "zlib" && kind != "gzip" && kind != "bzip2" && kind != "xz" {
				t.Errorf("blob %d of kind %d, %d bytes, is taken for %s", i, i%10, len(b), m.Name)
			}
		}
		c.Close()
	}
	t.Logf("%d blobs, of pieces of %d files: %v", blobs, len(ordinary), taken)
}

// piece is a stretch of a file, of any length up to 4 KiB.
func piece(rng *rand.Rand, file []byte) []byte {
	at := rng.IntN(len(file))
	n := 1 + rng.IntN(min(len(file)-at, 1<<rng.IntN(13)))
	return file[at:][:n]
}
