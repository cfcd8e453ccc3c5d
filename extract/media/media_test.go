package media

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
)

const samples = "../../testdata/media"

// kindOf says which medium claims each sample; "" is for one that stands behind a tag.
var kindOf = map[string]string{
	"noise.png": "png", "noise.apng": "png", "noise.jpg": "jpeg", "noise.gif": "gif", "lossy.webp": "riff", "lossless.webp": "riff", "noise.avif": "isobmff",
	"noise.heic": "isobmff", "noise.mp3": "", "noise.aac": "aac", "noise.m4a": "isobmff", "noise.ogg": "ogg", "noise.opus": "ogg", "noise.flac": "flac",
	"adpcm.wav": "riff", "noise.mp4": "isobmff", "noise.webm": "matroska", "noise.mkv": "matroska", "noise.avi": "riff", "cert.der": "der", "store.p12": "der",
	"CERT.RSA": "der",
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(samples, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// encrypted is the AES-CTR form of n zeros.
func encrypted(n int) []byte {
	b := make([]byte, n)
	block, err := aes.NewCipher([]byte("0123456789abcdef"))
	if err != nil {
		panic(err)
	}
	cipher.NewCTR(block, make([]byte, 16)).XORKeyStream(b, b)
	return b
}

// coverage walks bytes that are no container.
func coverage(t testing.TB, data []byte) *extract.Coverage {
	t.Helper()
	cov, err := extract.Walk(context.Background(), extract.SourceRoot("file", extract.BytesSource(data)), extract.Options{
		Budget: extract.NewBudget(extract.DefaultLimits()), Workers: 1, Opaque: true, Media: All(),
		Content: func(ctx context.Context, _ *extract.Artifact, _ bool, c *extract.Content) (any, error) {
			return nil, c.Pieces(ctx, 0, func(extract.Piece) error { return nil })
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if cov.Searched+cov.Structure+cov.Unopened != int64(len(data)) {
		t.Errorf("%d bytes: %+v", len(data), cov.Ledger)
	}
	return cov
}

// TestSamples: nothing of a whole sample is opaque; what stands behind it or takes its place behind its first bytes is.
func TestSamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(samples, "*"))
	if err != nil {
		t.Fatal(err)
	}
	secret := encrypted(20_000)
	for _, path := range files {
		name := filepath.Base(path)
		if name == "make.sh" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			kind, ok := kindOf[name]
			if !ok {
				t.Error("no medium is named for it")
			}
			data := sample(t, name)
			claimed := ""
			for _, m := range All() {
				if kind == m.Name && len(m.Claims(extract.BytesSource(data), 0)) > 0 {
					claimed = m.Name
				}
			}
			if claimed != kind {
				t.Errorf("claimed by %q, want %q", claimed, kind)
			}
			if cov := coverage(t, data); cov.Unopened != 0 {
				t.Errorf("by itself: %+v", cov.Items)
			}
			for what, whole := range map[string][]byte{
				"behind it":               append(bytes.Clone(data), secret...),
				"behind its first bytes":  append(bytes.Clone(data[:16]), secret...),
				"behind many first bytes": append(bytes.Clone(data[:min(len(data)/8, 300)]), secret...),
				"in front of it":          append(bytes.Clone(secret), data...),
			} {
				if what == "behind many first bytes" && (kind == "riff" || kind == "isobmff") {
					continue // a size in the header claims what follows, and nothing in the data speaks against it
				}
				cov := coverage(t, whole)
				if len(cov.Items) != 1 || cov.Items[0].Reason != extract.ReasonUnknown || cov.Items[0].Entropy < 7.95 || cov.Unopened < 16_000 || cov.Unopened > 21_000 {
					t.Errorf("encrypted bytes %s: %d unopened, %+v", what, cov.Unopened, cov.Items)
				}
			}
		})
	}
}

// TestSmallBehindPicture: a small list behind a picture is seen although most of the file is the picture's.
func TestSmallBehindPicture(t *testing.T) {
	picture := sample(t, "noise.png")
	for _, n := range []int{600, 1500, 3000, 5000} {
		cov := coverage(t, append(bytes.Clone(picture), encrypted(n)...))
		if cov.Unopened < int64(n)*9/10 || cov.Unopened > int64(n)+16 {
			t.Errorf("%d bytes behind a picture: %d unopened, %+v", n, cov.Unopened, cov.Items)
		}
	}
}

// TestForged: what a structure does not account for is not claimed.
func TestForged(t *testing.T) {
	secret := encrypted(30_000)
	chunk := func(kind string, sum uint32) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(secret)))
		return binary.BigEndian.AppendUint32(append(append(b, kind...), secret...), sum)
	}
	png := sample(t, "noise.png")
	key := append(binary.LittleEndian.AppendUint32(nil, 64), encrypted(520)...)
	copy(key[len(key)-4:], "\x03\x00\x00\x00")
	for name, data := range map[string][]byte{
		"PNG chunk with a wrong sum": append(bytes.Clone(png[:33]), chunk("IDAT", 1)...),
		"PNG of unbounded chunks":    append([]byte("\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT"), secret...),
		"JPEG without a frame":       append([]byte("\xff\xd8\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"), secret...),
		"MP4 of data alone":          append([]byte("\x00\x00\x00\x10ftypisom\x00\x00\x00\x00\x00\x00\x00\x00mdat"), secret...),
		"MP4 box of 2^64 bytes":      append([]byte("\x00\x00\x00\x10ftypisom\x00\x00\x00\x00\x00\x00\x00\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff"), secret...),
		"RIFF of another form":       append([]byte("RIFF\x00\x10\x00\x00ABCDdata\x00\x10\x00\x00"), secret...),
		"RIFF chunk that is longer":  append([]byte("RIFF\x00\x10\x00\x00WEBPVP8L\xff\xff\xff\xff\x2f"), secret...),
		"Ogg page with a wrong sum":  append([]byte("OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x02\x03\x04\x01\xff\x01vorbis"), secret...),
		"WOFF2 without a directory":  append([]byte("wOF2\x00\x01\x00\x00\x00\x00\x75\x00\xff\xff\x00\x00\x00\x00\xff\xff\x00\x00\x70\x00"), secret...),
		"key that is none":           append(key, secret...),
	} {
		if cov := coverage(t, data); cov.Unopened < 24_000 {
			t.Errorf("%s: only %d of %d bytes are unopened: %+v", name, cov.Unopened, len(data), cov.Items)
		}
	}
}

// TestKeys: the key that boot images carry to be verified is no encrypted file.
func TestKeys(t *testing.T) {
	key := append(binary.LittleEndian.AppendUint32(nil, 64), encrypted(520)...)
	n := binary.LittleEndian.Uint32(key[8:]) | 1
	inverse := uint32(1)
	for range 5 {
		inverse *= 2 - n*inverse
	}
	binary.LittleEndian.PutUint32(key[8:], n)
	binary.LittleEndian.PutUint32(key[4:], -inverse)
	copy(key[len(key)-4:], "\x01\x00\x01\x00")
	if cov := coverage(t, key); cov.Unopened != 0 {
		t.Errorf("%+v", cov.Items)
	}
	key[100]++
	key[4]++
	if cov := coverage(t, key); cov.Unopened == 0 {
		t.Error("a key that is none is taken for one")
	}
}

// TestAMR: speech in frames of 12.2 kbit/s, made by hand because no encoder is at hand.
func TestAMR(t *testing.T) {
	data := []byte("#!AMR\n")
	secret := encrypted(31 * 200)
	for i := range 200 {
		data = append(append(data, 0x3c), secret[31*i:][:31]...)
	}
	found := amr(extract.BytesSource(append(data, secret...)), 0)
	if len(found) != 1 || found[0].Offset != 6 || found[0].End() < int64(len(data)) || found[0].End() > int64(len(data))+100 {
		t.Errorf("claims %v of %d bytes", found, len(data))
	}
}

// TestHashTable: the hashes of a program's symbols are claimed only when they follow from their names.
func TestHashTable(t *testing.T) {
	names, syms := []byte{0}, make([]byte, 24)
	const count, words = 2000, 512
	hashes := make([]uint32, count)
	for i := range hashes {
		name := strings.Repeat("x", i%7) + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676))
		syms = binary.LittleEndian.AppendUint32(syms, uint32(len(names)))
		syms = append(syms, make([]byte, 20)...)
		names = append(append(names, name...), 0)
		h := uint32(5381)
		for _, c := range []byte(name) {
			h = h*33 + uint32(c)
		}
		hashes[i] = h
	}
	table := make([]byte, 16+words*8+4)
	for i, v := range []uint32{1, 1, words, 11} {
		binary.LittleEndian.PutUint32(table[4*i:], v)
	}
	for _, h := range hashes {
		w := table[16+h/64%words*8:]
		w[h%64/8] |= 1 << (h % 8)
		w[h>>11%64/8] |= 1 << (h >> 11 % 8)
		table = binary.LittleEndian.AppendUint32(table, h&^1)
	}
	if n := hashTable(table, syms, names, true); n != len(table) {
		t.Errorf("%d of %d bytes follow from the names", n, len(table))
	}
	for _, at := range []int{20, len(table) - 3} {
		other := bytes.Clone(table)
		other[at] ^= 0x10
		if n := hashTable(other, syms, names, true); n != 0 {
			t.Errorf("%d bytes follow although byte %d does not", n, at)
		}
	}
}

// FuzzClaims feeds every medium what is mutated: none may panic, run away or claim what is out of order.
func FuzzClaims(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(samples, "noise.*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		if b := sample(f, filepath.Base(path)); len(b) < 16<<10 {
			f.Add(b)
		}
	}
	f.Add(sample(f, "lossy.webp"))
	f.Add(sample(f, "CERT.RSA"))
	f.Add([]byte(ktxMagic + "\x01\x02\x03\x04" + string(make([]byte, 200))))
	f.Add([]byte("\x7fELF\x02\x01\x01" + string(make([]byte, 200))))
	f.Add([]byte("wOF2\x00\x01\x00\x00" + string(make([]byte, 200))))
	f.Add([]byte("fLaC\x80\x00\x00\x22" + string(make([]byte, 200))))
	f.Fuzz(func(t *testing.T, data []byte) {
		src := extract.BytesSource(data)
		for _, m := range All() {
			for _, at := range []int64{0, int64(len(data) / 2)} {
				last := int64(-1)
				for _, e := range m.Claims(src, at) {
					if e.Offset < last || e.Offset < 0 || e.Size < 0 || e.End() > int64(len(data)) {
						t.Fatalf("%s claims %v of %d bytes", m.Name, e, len(data))
					}
					last = e.End()
				}
			}
		}
	})
}

func BenchmarkJPEG(b *testing.B) {
	data := sample(b, "noise.jpg")
	r := rand.New(rand.NewSource(1))
	scan := make([]byte, 1<<20)
	for i := range scan {
		scan[i] = byte(r.Intn(255))
	}
	end := bytes.LastIndex(data, []byte("\xff\xd9"))
	data = append(append(bytes.Clone(data[:end]), scan...), data[end:]...)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if len(jpeg(extract.BytesSource(data), 0)) == 0 {
			b.Fatal("not taken")
		}
	}
}
