package extract

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand"
	"os"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// words is text of a fixed vocabulary.
func words(n int) []byte {
	r := rand.New(rand.NewSource(1))
	var vocabulary []string
	for range 3000 {
		var w []rune
		for range 2 + r.Intn(3) {
			w = append(w, rune(0x4e00+r.Intn(3000)))
		}
		vocabulary = append(vocabulary, string(w))
	}
	var b bytes.Buffer
	for b.Len() < n {
		b.WriteString(vocabulary[int(math.Abs(r.NormFloat64())*900)%len(vocabulary)])
		b.WriteByte('\n')
	}
	return b.Bytes()[:n]
}

func encrypt(b []byte) []byte {
	block, err := aes.NewCipher([]byte("0123456789abcdef"))
	if err != nil {
		panic(err)
	}
	out := make([]byte, len(b))
	cipher.NewCTR(block, make([]byte, 16)).XORKeyStream(out, b)
	return out
}

func written(open func(w io.Writer) io.WriteCloser, b []byte) []byte {
	var out bytes.Buffer
	w := open(&out)
	if _, err := w.Write(b); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// array encodes n numbers.
func array(n int, put func(b []byte, r *rand.Rand) []byte) (b []byte) {
	r := rand.New(rand.NewSource(2))
	for range n {
		b = put(b, r)
	}
	return b
}

// share is which part of an artefact's windows is opaque.
func share(b []byte) float64 {
	var m meter
	m.add(0, b)
	m.finish(int64(len(b)))
	n := 0
	for _, r := range m.runs {
		n += r.windows
	}
	return float64(n) / float64((len(b)+opaqueWindow-1)/opaqueWindow)
}

// TestOpaqueKinds measures what is compressed or encrypted and what is neither.
func TestOpaqueKinds(t *testing.T) {
	text := words(400_000)
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		program = nil
	}
	for name, b := range map[string][]byte{
		"aes":       encrypt(text),
		"deflate 1": written(func(w io.Writer) io.WriteCloser { return must(flate.NewWriter(w, 1)) }, text),
		"deflate 9": written(func(w io.Writer) io.WriteCloser { return must(flate.NewWriter(w, 9)) }, text),
		"zlib":      written(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }, text),
		"zstd 1": written(func(w io.Writer) io.WriteCloser {
			return must(zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest)))
		}, text),
		"zstd 3": written(func(w io.Writer) io.WriteCloser { return must(zstd.NewWriter(w)) }, text),
		"brotli": written(func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) }, text),
		"xz":     written(func(w io.Writer) io.WriteCloser { return must(xz.NewWriter(w)) }, text),
	} {
		if s := share(b); s < 0.9 {
			t.Errorf("%s: %.3f of %d bytes are opaque, want nearly all", name, s, len(b))
		}
	}
	permutation := rand.New(rand.NewSource(3)).Perm(256)
	sums := array(0, nil)
	for i := range 2048 {
		c := uint32(i)
		for range 8 {
			c = c>>1 ^ -(c&1)&0xedb88320
		}
		sums = binary.LittleEndian.AppendUint32(sums, c)
	}
	for name, b := range map[string][]byte{
		"text":        text,
		"base64":      []byte(base64.StdEncoding.EncodeToString(encrypt(text))),
		"hexadecimal": fmt.Appendf(nil, "%x", encrypt(text)),
		"program":     program,
		"zeros":       make([]byte, 100_000),
		"floats": array(100_000, func(b []byte, r *rand.Rand) []byte {
			return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(r.NormFloat64()*0.05)))
		}),
		"doubles": array(50_000, func(b []byte, r *rand.Rand) []byte {
			return binary.LittleEndian.AppendUint64(b, math.Float64bits(r.NormFloat64()))
		}),
		"weights of 8 bits": array(200_000, func(b []byte, r *rand.Rand) []byte {
			return append(b, byte(int8(max(-127, min(127, r.NormFloat64()*40)))))
		}),
		"loud samples": array(100_000, func(b []byte, r *rand.Rand) []byte {
			return binary.LittleEndian.AppendUint16(b, uint16(int16(max(-32767, min(32767, r.NormFloat64()*9000)))))
		}),
		"pixels": array(60_000, func(b []byte, r *rand.Rand) []byte {
			i := len(b) / 3
			return append(b, byte(i/3+r.Intn(9)), byte(i/5+r.Intn(9)), byte(i/7+r.Intn(9)))
		}),
		"addresses":    array(50_000, func(b []byte, r *rand.Rand) []byte { return binary.LittleEndian.AppendUint64(b, uint64(r.Intn(1<<24))) }),
		"permutations": array(400, func(b []byte, r *rand.Rand) []byte { return append(b, shuffled(permutation, byte(r.Intn(256)))...) }),
		"check sums":   sums,
	} {
		limit := 0.0
		if name == "program" { // it holds tables of ciphers, and compressed debug information
			limit = 0.05
		}
		if s := share(b); s > limit {
			t.Errorf("%s: %.3f of %d bytes are opaque", name, s, len(b))
		}
	}
}

func shuffled(p []int, add byte) []byte {
	b := make([]byte, len(p))
	for i, v := range p {
		b[i] = byte(v) ^ add
	}
	return b
}

// TestOpaqueSmall: from opaqueMin on, encrypted bytes are told from text and code; below nothing is said.
func TestOpaqueSmall(t *testing.T) {
	text := words(200_000)
	secret := encrypt(text)
	for _, n := range []int{opaqueMin, 700, 1000, 2000, 2048, 4000, opaqueWindow} {
		seen, wrong := 0, 0
		const tries = 40
		for i := range tries {
			if _, yes := looksRandom(secret[i*opaqueWindow:][:n]); yes {
				seen++
			}
			if _, yes := looksRandom(text[i*opaqueWindow:][:n]); yes {
				wrong++
			}
		}
		if seen < tries-1 || wrong > 0 {
			t.Errorf("%d bytes: %d of %d encrypted ones are seen, and %d of text", n, seen, tries, wrong)
		}
	}
	if _, yes := looksRandom(secret[:opaqueMin-1]); yes {
		t.Error("too few bytes to tell")
	}
}

// TestMeterPieces: what is measured does not depend on the pieces in which it comes, nor on whether zeros are passed over.
func TestMeterPieces(t *testing.T) {
	data := append(append(words(10_000), make([]byte, 9000)...), encrypt(words(30_001))...)
	var want meter
	want.add(0, data)
	want.finish(int64(len(data)))
	if len(want.runs) != 1 || want.runs[0].windows < 6 {
		t.Fatalf("%+v", want.runs)
	}
	r := rand.New(rand.NewSource(1))
	for range 50 {
		var m meter
		for off := 0; off < len(data); {
			n := min(len(data)-off, 1+r.Intn(3*opaqueWindow))
			if hole := 10_000 + r.Intn(3000); off <= hole && hole < off+n && off+n <= 19_000 {
				n = hole - off + 1
				m.add(int64(off), data[off:][:n])
				off = 19_000 - r.Intn(1000)
				continue
			}
			m.add(int64(off), data[off:][:n])
			off += n
		}
		m.finish(int64(len(data)))
		if fmt.Sprint(m.runs) != fmt.Sprint(want.runs) {
			t.Fatalf("%+v, want %+v", m.runs, want.runs)
		}
	}
}

// opaqueWalk walks one artefact and returns its coverage.
func opaqueWalk(t *testing.T, m *Member, formats ...Format) *Coverage {
	t.Helper()
	b := NewBudget(DefaultLimits())
	w := &walker{Options: Options{Budget: b, Formats: formats, Opaque: true, Workers: 1, Content: func(ctx context.Context, a *Artifact, container bool, c *Content) (any, error) {
		if container {
			return nil, nil
		}
		return nil, c.Pieces(ctx, 7, func(Piece) error { return nil })
	}}, slots: make(chan struct{}, 1), signs: newSigns(nil, formats)}
	w.ctx, w.cancel = context.WithCancelCause(context.Background())
	task := w.start(&Artifact{Name: m.Name, Path: m.Name}, m, nil)
	w.finish(task, &claims{})
	w.coverage.Ledger = task.artifact.Ledger
	return &w.coverage
}

// TestOpaqueStream: an artefact counts the same as a stream and with random access.
func TestOpaqueStream(t *testing.T) {
	data := append(words(9<<20), encrypt(words(300_000))...)
	open := &Member{Name: "f", Size: int64(len(data)), Open: func(context.Context) (Source, error) {
		return ReaderSource(bytes.NewReader(data), int64(len(data))), nil
	}}
	stream := &Member{Name: "f", Size: -1, Stream: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
	a, b := opaqueWalk(t, open), opaqueWalk(t, stream)
	if fmt.Sprintf("%+v", a) != fmt.Sprintf("%+v", b) {
		t.Errorf("with random access %+v\nas a stream %+v", a, b)
	}
	if a.Unopened < 290_000 || a.Unopened > 300_000 || a.Searched+a.Unopened != int64(len(data)) || len(a.Items) != 1 || a.Items[0].Size != a.Unopened {
		t.Errorf("%+v", a)
	}
	if it := a.Items[0]; it.Reason != ReasonUnknown || it.Entropy < 7.99 || !strings.HasPrefix(it.Detail, "looks compressed or encrypted: 8.00 bits of entropy per byte, 74 of 2378 windows from offset 9437184") {
		t.Errorf("%+v", it)
	}
}

// TestOneWindow: one window of a large artefact is no evidence.
func TestOneWindow(t *testing.T) {
	secret := encrypt(words(3 * opaqueWindow))
	for _, c := range []struct{ around, windows, want int }{{1, 1, opaqueWindow}, {20, 1, 0}, {20, 2, 2 * opaqueWindow}} {
		zeros := make([]byte, c.around*opaqueWindow)
		data := append(append(bytes.Clone(zeros), secret[:c.windows*opaqueWindow]...), zeros...)
		cov := opaqueWalk(t, &Member{Name: "f", Open: func(context.Context) (Source, error) { return BytesSource(data), nil }})
		if cov.Unopened != int64(c.want) {
			t.Errorf("%d opaque windows between %d others: %d bytes unopened, want %d", c.windows, c.around, cov.Unopened, c.want)
		}
	}
}

// TestManyRuns: hostile alternation costs no more than so many looks.
func TestManyRuns(t *testing.T) {
	data := make([]byte, 2*(maxOpaqueRuns+100)*opaqueWindow)
	secret := encrypt(make([]byte, opaqueWindow))
	for off := 0; off < len(data); off += 2 * opaqueWindow {
		copy(data[off:], secret)
	}
	var m meter
	m.add(0, data)
	m.finish(int64(len(data)))
	if len(m.runs) != maxOpaqueRuns || m.runs[maxOpaqueRuns-1].windows != 101 {
		t.Errorf("%d runs, the last of %d windows", len(m.runs), m.runs[len(m.runs)-1].windows)
	}
}

// BenchmarkMeasure measures what the measuring of text and of random bytes costs.
func BenchmarkMeasure(b *testing.B) {
	text := words(1 << 20)
	for name, data := range map[string][]byte{"text": text, "random": encrypt(text)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				var m meter
				m.add(0, data)
			}
		})
	}
}
