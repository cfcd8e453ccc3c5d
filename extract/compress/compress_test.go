package compress

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../testdata/compress", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// samples are files made by the real tools: all decode to content.txt, or to nothing when their name begins with "empty".
var samples = []struct {
	file   string
	format extract.Format
	member string
	slack  int64 // bytes at the end that are no part of the stream
}{
	{"named.gz", Gzip(), "content.txt", 0},
	{"plain.gz", Gzip(), "plain", 0},
	{"members.gz", Gzip(), "members", 0},
	{"padded.gz", Gzip(), "padded", 512},
	{"trailing.gz", Gzip(), "trailing", 14},
	{"header.gz", Gzip(), "st\xf6red.txt", 0},
	{"empty.gz", Gzip(), "empty", 0},
	{"level01.zlib", Zlib(), "level01", 0},
	{"level5e.zlib", Zlib(), "level5e", 0},
	{"level9c.zlib", Zlib(), "level9c", 0},
	{"levelda.zlib", Zlib(), "levelda", 0},
	{"plain.xz", XZ(), "plain", 0},
	{"blocks.xz", XZ(), "blocks", 0},
	{"streams.xz", XZ(), "streams", 4},
	{"trailing.xz", XZ(), "trailing", 14},
	{"filters.xz", XZ(), "filters", 0},
	{"empty.xz", XZ(), "empty", 0},
	{"plain.lzma", LZMA(), "plain", 0},
	{"props.lzma", LZMA(), "props", 0},
	{"empty.lzma", LZMA(), "empty", 0},
	{"plain.bz2", Bzip2(), "plain", 0},
	{"streams.bz2", Bzip2(), "streams", 0},
	{"trailing.bz2", Bzip2(), "trailing", 14},
	{"empty.bz2", Bzip2(), "empty", 0},
	{"plain.zst", Zstd(), "plain", 0},
	{"frames.zst", Zstd(), "frames", 0},
	{"skippable.zst", Zstd(), "skippable", 100},
	{"trailing.zst", Zstd(), "trailing", 1},
	{"empty.zst", Zstd(), "empty", 0},
	{"plain.lz4", LZ4(), "plain", 0},
	{"frames.lz4", LZ4(), "frames", 0},
	{"trailing.lz4", LZ4(), "trailing", 3},
	{"legacy.lz4", LZ4(), "legacy", 0},
	{"legacy2.lz4", LZ4(), "legacy2", 600},
	{"kernel.lz4", LZ4(), "kernel", 0},
	{"empty.lz4", LZ4(), "empty", 0},
	{"empty.legacy.lz4", LZ4(), "empty.legacy", 0},
	{"plain.br", Brotli(), "plain", 0},
	{"trailing.br", Brotli(), "trailing", -1}, // the whole last chunk
	{"empty.br", Brotli(), "empty", 0},
}

func TestSamples(t *testing.T) {
	content := sample(t, "content.txt")
	for _, s := range samples {
		t.Run(s.file, func(t *testing.T) {
			want := content
			if bytes.HasPrefix([]byte(s.file), []byte("empty")) {
				want = nil
			}
			raw := sample(t, s.file)
			l, err := formattest.List(s.format, extract.BytesSource(raw), "folder/"+s.file, extract.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			f, ok := l.Files[s.member]
			if !ok || len(l.Files) != 1 || len(l.Problems) != 0 {
				t.Fatalf("members %v, problems %q; want one member %q", l.Files, l.Problems, s.member)
			}
			if f.Problem != "" || f.Size != int64(len(want)) || f.SHA256 != sum(want) {
				t.Errorf("decoded %d bytes (problem %q), want the %d of the content", f.Size, f.Problem, len(want))
			}
			_ = context.Background
		})
	}
}
