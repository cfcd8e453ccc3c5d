package avb

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

var be = binary.BigEndian

// vbmeta builds metadata without a signature.
func vbmeta(descriptors ...[]byte) []byte {
	aux := bytes.Join(descriptors, nil)
	b := make([]byte, headerSize)
	copy(b, vbmetaMagic)
	be.PutUint32(b[4:], version)
	be.PutUint64(b[20:], uint64(len(aux)))
	be.PutUint64(b[104:], uint64(len(aux)))
	return append(b, aux...)
}

// footed puts metadata and a footer behind an image.
func footed(content, behind, meta []byte) []byte {
	b := bytes.Join([][]byte{content, behind, meta}, nil)
	f := make([]byte, footerSize)
	copy(f, footerMagic)
	be.PutUint32(f[4:], version)
	be.PutUint64(f[12:], uint64(len(content)))
	be.PutUint64(f[20:], uint64(len(content)+len(behind)))
	be.PutUint64(f[28:], uint64(len(meta)))
	return append(b, f...)
}

// hashtree builds a descriptor of a tree of SHA-256 digests in blocks of 4096 bytes.
func hashtree(size, offset, bytes, fecOffset, fecBytes uint64) []byte {
	b := make([]byte, hashtreeSize+4+32)
	b[7] = tagHashtree
	be.PutUint64(b[8:], uint64(len(b)-16))
	be.PutUint32(b[16:], 1)
	be.PutUint64(b[20:], size)
	be.PutUint64(b[28:], offset)
	be.PutUint64(b[36:], bytes)
	be.PutUint32(b[44:], 4096)
	be.PutUint32(b[48:], 4096)
	be.PutUint32(b[52:], 2)
	be.PutUint64(b[56:], fecOffset)
	be.PutUint64(b[64:], fecBytes)
	copy(b[72:], "sha256")
	be.PutUint32(b[108:], 4)
	be.PutUint32(b[112:], 32)
	return b
}

const secret = "what nobody may hide "

// behind is 8 blocks of text that a descriptor may try to pass off as a tree.
func behind() []byte { return bytes.Repeat([]byte(secret), 8*4096)[:8*4096] }

func content() []byte { return bytes.Repeat([]byte{'c'}, 10*4096) }

func patched(b []byte, at int, value uint64) []byte {
	b = bytes.Clone(b)
	be.PutUint64(b[at:], value)
	return b
}

// TestHostile: the image is opened whatever its metadata say, and nothing is taken for a tree that cannot be one.
func TestHostile(t *testing.T) {
	const size = 10 * 4096
	plain := footed(content(), behind(), vbmeta())
	foot := len(plain) - footerSize
	short := hashtree(size, size, 4096, 0, 0)
	be.PutUint32(short[112:], 1<<31)
	zero := hashtree(size, size, 4096, 0, 0)
	be.PutUint32(zero[44:], 0)
	tree := func(size, offset, bytes, fecOffset, fecBytes uint64) []byte {
		return footed(content(), behind(), vbmeta(hashtree(size, offset, bytes, fecOffset, fecBytes)))
	}
	for _, c := range []struct {
		name  string
		image []byte
		want  string // problem, "" for none
		size  int64  // of the member
		slack int    // bytes of text at least that are searched
	}{
		{"nothing wrong", plain, "", size, 8 * 4096},
		{"original size of 2^64-1", patched(plain, foot+12, 1<<64-1), "damaged: AVB footer: an image of 18446744073709551615 bytes before", size + 8*4096, 0},
		{"original size behind the footer", patched(plain, foot+12, uint64(foot+1)), "damaged: AVB footer: an image of", size + 8*4096, 0},
		{"empty metadata", patched(plain, foot+28, 0), "damaged: vbmeta header of 0 bytes", size, 8 * 4096},
		{"authentication block of 2^64-1", patched(plain, foot-headerSize+12, 1<<64-1), "damaged: vbmeta blocks", size, 8 * 4096},
		{"auxiliary block of 2^64-1", patched(plain, foot-headerSize+20, 1<<64-1), "damaged: vbmeta blocks", size, 8 * 4096},
		{"hash outside", patched(plain, foot-headerSize+32, 1<<64-1), "damaged: vbmeta: the hash lies outside", size, 8 * 4096},
		{"descriptors outside", patched(plain, foot-headerSize+96, 1<<64-1), "damaged: vbmeta: the descriptors lie outside", size, 8 * 4096},
		{"descriptor of 2^64-1", footed(content(), behind(), vbmeta(patched(short, 8, 1<<64-1))), "damaged: vbmeta: descriptor of 18446744073709551615 bytes", size, 8 * 4096},
		{"descriptor cut off", footed(content(), behind(), vbmeta(make([]byte, 8))), "damaged: vbmeta: descriptor of 8 bytes", size, 8 * 4096},
		{"digest of 2 GiB", footed(content(), behind(), vbmeta(short)), "damaged: vbmeta: a descriptor of 216 bytes is too short", size, 8 * 4096},
		{"blocks of no bytes", footed(content(), behind(), vbmeta(zero)), "damaged: hash tree with blocks of 0 bytes", size, 8 * 4096},
		{"tree larger than it can be", tree(size, size, 8*4096, 0, 0), "damaged: hash tree of 32768 bytes", size, 8 * 4096},
		{"tree over 2^64-1 bytes", tree(1<<64-1, size, 8*4096, 0, 0), "", size, 8 * 4096}, // of another partition
		{"tree in the image", tree(size, 0, 4096, 0, 0), "damaged: hash tree of 4096 bytes at 0", size, 8 * 4096},
		{"tree outside", tree(size, 1<<64-4096, 4096, 0, 0), "damaged: hash tree of 4096 bytes at", size, 8 * 4096},
		{"error correction too large", tree(size, size, 4096, size+4096, 7*4096), "damaged: error correction of 28672 bytes", size, 7 * 4096},
		{"error correction in the image", tree(size, size, 4096, 0, 4096), "damaged: error correction of 4096 bytes at 0", size, 7 * 4096},
		{"error correction outside", tree(size, size, 4096, 1<<64-1, 4096), "damaged: error correction of 4096 bytes at", size, 7 * 4096},
	} {
		l := list(t, extract.BytesSource(c.image))
		if c.want == "" && len(l.Problems) > 0 || c.want != "" && (len(l.Problems) == 0 || !strings.HasPrefix(l.Problems[0], c.want)) {
			t.Errorf("%s: problems %q, want %q", c.name, l.Problems, c.want)
		}
		if f := l.Files["a.img"]; f.Size != c.size {
			t.Errorf("%s: image of %d bytes, want %d", c.name, f.Size, c.size)
		}
		if got := bytes.Count(unclaimed(l, c.image), []byte(secret)) * len(secret); got < c.slack-2*len(secret) {
			t.Errorf("%s: %d bytes of text are searched, want %d", c.name, got, c.slack)
		}
		formattest.Survive(t, Format(), c.image)
	}
}

// TestErrorCorrection: a tree and error correction of the right size are structure.
func TestErrorCorrection(t *testing.T) {
	const size = 10 * 4096
	image := footed(content(), behind(), vbmeta(hashtree(size, size, 4096, size+4096, 2*4096)))
	l := list(t, extract.BytesSource(image))
	for _, e := range []extract.Extent{{Offset: size, Size: 4096}, {Offset: size + 4096, Size: 2 * 4096}} {
		if !contains(l.Structure, e) {
			t.Errorf("structure %v without %v", l.Structure, e)
		}
	}
}

// TestFootersNest: each layer is smaller than the one around it, so that footers in footers end.
func TestFootersNest(t *testing.T) {
	b := []byte("core")
	for range 5 {
		b = footed(b, nil, vbmeta())
	}
	layers := 0
	for src := extract.Source(extract.BytesSource(b)); Format().Detect(extract.NewProbe(src, "a.img", nil)); layers++ {
		c, err := open(t.Context(), &extract.Input{Source: src, Name: "a.img", Budget: extract.NewBudget(extract.DefaultLimits())})
		if err != nil {
			t.Fatal(err)
		}
		size := src.Size()
		for m, err := range c.Members(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if src, err = m.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if src.Size() >= size {
			t.Fatalf("layer of %d bytes in one of %d", src.Size(), size)
		}
	}
	if layers != 5 {
		t.Errorf("%d layers, want 5", layers)
	}
}

func TestNotThis(t *testing.T) {
	other := footed(content(), nil, vbmeta())
	other[len(other)-footerSize+7] = 2 // version
	for name, b := range map[string][]byte{"empty": nil, "magic alone": []byte(footerMagic), "text": []byte(strings.Repeat("AVBf AVB0 ", 100)), "version 2": other} {
		if Format().Detect(extract.NewProbe(extract.BytesSource(b), "a.img", nil)) {
			t.Errorf("%s is taken for an image", name)
		}
	}
	if _, err := open(t.Context(), &extract.Input{Source: extract.BytesSource(other), Budget: extract.NewBudget(extract.DefaultLimits())}); err != extract.ErrNotThis {
		t.Errorf("version 2: %v", err)
	}
	plain := footed(content(), behind(), vbmeta())
	foot := len(plain) - footerSize
	for name, b := range map[string][]byte{
		"metadata outside":      patched(plain, foot+20, 1<<63),
		"metadata of 2^63":      patched(plain, foot+28, 1<<63),
		"metadata in the image": patched(plain, foot+20, 0),
		"no metadata":           patched(plain, foot-headerSize, 0),
		"end of a sparse image": plain[4096:],
	} {
		src := extract.BytesSource(b)
		if _, err := open(t.Context(), &extract.Input{Source: src, Budget: extract.NewBudget(extract.DefaultLimits())}); err != extract.ErrNotThis {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzFormat(f *testing.F) {
	const size = 10 * 4096
	formattest.Fuzz(f, Format(), sample(f, "hash"), sample(f, "vbmeta"),
		footed(content(), behind(), vbmeta(hashtree(size, size, 4096, size+4096, 2*4096))),
		footed([]byte("tiny"), nil, vbmeta(hashtree(4, 4, 0, 0, 0))))
}
