package formats

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/censorscan/censorscan/extract"
)

// wrapped is a format made up for these tests: "WRAPPED!" and a stream, which breaks at a byte if that is not 0. It counts how often it is decoded.
type wrapped struct {
	breaks int
	opened atomic.Int64
}

const wrappedMagic = "WRAPPED!"

func (w *wrapped) format() extract.Format {
	return extract.Format{
		Name:   "wrapped",
		Detect: func(p *extract.Probe) bool { return p.Has(0, wrappedMagic) },
		Open:   func(_ context.Context, in *extract.Input) (extract.Container, error) { return &wrapping{w, in}, nil },
	}
}

type wrapping struct {
	*wrapped
	in *extract.Input
}

func (w *wrapping) Structure() []extract.Extent {
	return []extract.Extent{{Size: int64(len(wrappedMagic))}}
}
func (w *wrapping) Close() error { return nil }

func (w *wrapping) Members(context.Context) iter.Seq2[*extract.Member, error] {
	start := int64(len(wrappedMagic))
	return func(yield func(*extract.Member, error) bool) {
		m := &extract.Member{Name: "x.tar", Mode: 0o644, Size: -1, Extents: []extract.Extent{{Offset: start, Size: w.in.Size() - start}}}
		m.Stream = func(context.Context) (io.ReadCloser, error) {
			w.opened.Add(1)
			var r io.Reader = io.NewSectionReader(w.in, start, w.in.Size()-start)
			if w.breaks > 0 {
				r = io.MultiReader(io.LimitReader(r, int64(w.breaks)), broken{start + int64(w.breaks)})
			}
			return io.NopCloser(r), nil
		}
		yield(m, nil)
	}
}

type broken struct{ at int64 }

func (b broken) Read([]byte) (int, error) { return 0, extract.Damaged(b.at, "broken for the test") }

// node is what a walk tells of an artefact.
type node struct {
	path, format, partOf, problems, sum string
	size                                int64
	ledger                              extract.Ledger
}

// nodes walks an image and gives what there is in it, by path.
func nodes(t *testing.T, src extract.Source, change func(*extract.Options)) ([]node, *extract.Coverage) {
	t.Helper()
	var out []node
	opts := extract.Options{
		Formats: All(), Joiners: Joiners(), Budget: extract.NewBudget(extract.DefaultLimits()), Workers: 2,
		Content: func(ctx context.Context, _ *extract.Artifact, container bool, c *extract.Content) (any, error) {
			h := sha256.New()
			if container {
				return "", nil
			}
			err := c.Pieces(ctx, 100, func(p extract.Piece) error {
				h.Write(p.Data[p.Lead:][:p.Owned])
				return nil
			})
			if ctx.Err() != nil {
				return "", nil
			}
			return fmt.Sprintf("%x", h.Sum(nil)), err
		},
	}
	opts.Leave = func(a *extract.Artifact, result any) {
		n := node{path: a.Path, format: a.Format, partOf: a.PartOf, size: a.Size, ledger: a.Ledger}
		n.sum, _ = result.(string)
		for _, p := range a.Problems {
			n.problems += fmt.Sprintf("[%s %s %v]", p.Reason, p.Detail, p.Extent)
		}
		out = append(out, n)
		if l := a.Ledger; a.PartOf == "" && l.Searched+l.Structure+l.Unopened != l.Size {
			t.Errorf("%s: ledger %+v does not add up", a.Path, l)
		}
	}
	if change != nil {
		change(&opts)
	}
	cov, err := extract.Walk(context.Background(), extract.SourceRoot("in", src), opts)
	var limit *extract.LimitError
	if err != nil && !errors.As(err, &limit) {
		t.Fatal(err)
	}
	slices.SortStableFunc(out, func(a, b node) int { return cmp.Compare(a.path, b.path) })
	slices.SortFunc(cov.Items, func(a, b extract.Item) int { return cmp.Compare(a.Path+a.Detail, b.Path+b.Detail) })
	return out, cov
}

// held makes a walk spool streams as a whole.
func held(o *extract.Options) {
	o.Formats = slices.Clone(o.Formats)
	for i := range o.Formats {
		o.Formats[i].Forward = false
	}
}

// archive writes tars for these tests.
type archive struct {
	t *testing.T
	*tar.Writer
	bytes.Buffer
}

func newArchive(t *testing.T) *archive {
	a := &archive{t: t}
	a.Writer = tar.NewWriter(&a.Buffer)
	return a
}

func (a *archive) add(name string, data []byte) *archive {
	return a.put(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}, data)
}

func (a *archive) put(h *tar.Header, data []byte) *archive {
	a.t.Helper()
	if err := a.WriteHeader(h); err != nil {
		a.t.Fatal(err)
	}
	a.Writer.Write(data)
	return a
}

func (a *archive) end() []byte {
	a.t.Helper()
	if err := a.Close(); err != nil {
		a.t.Fatal(err)
	}
	return a.Buffer.Bytes()
}

func noise(seed int64, n int) []byte {
	b := make([]byte, n)
	rand.New(rand.NewSource(seed)).Read(b)
	return b
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, 1)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// TestPass: a tar in a stream is read in one pass, and what is found is what is found when it is held as a whole.
func TestPass(t *testing.T) {
	sample := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join("../../testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	unpacked := func(name string) []byte {
		r, err := gzip.NewReader(bytes.NewReader(sample(name)))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	filler := noise(1, 9<<20) // more than what is looked at first
	many := func() *archive {
		a := newArchive(t)
		for i := range 120 {
			a.add(fmt.Sprintf("dir/%d", i), noise(int64(i), 100*i))
			if i%12 == 0 {
				a.add(fmt.Sprintf("large/%d", i), noise(int64(i), 1<<20+i))
			}
		}
		return a
	}
	whole := gzipped(noise(2, 300<<10))
	piece := func(i int) []byte { return whole[i*100<<10 : min((i+1)*100<<10, len(whole))] }
	blocks := newArchive(t)
	z, err := zip.OpenReader("../../testdata/sdat/v4-brotli-parts.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		blocks.add(f.Name, b)
	}
	md5Line := func(b []byte) []byte { return fmt.Appendf(b, "%x  AP.tar\n", md5.Sum(b)) }
	lying := newArchive(t).add("filler", filler).add("liar", nil).end()
	copy(lying[bytes.Index(lying, []byte("liar"))+124:], "77777777777\x00")
	tarSum(lying[bytes.Index(lying, []byte("liar")):][:512])
	tests := []struct {
		name   string
		tar    []byte
		breaks int
		again  bool // it takes a second look at what is gone by
		other  bool // held as a whole, it looks like something else
	}{
		{name: "many files", tar: many().end()},
		{name: "a large file", tar: newArchive(t).add("a", []byte("a")).add("large", noise(3, 40<<20)).add("b", []byte("b")).end()},
		{name: "containers", tar: many().add("demo.zip", sample("rom/demo_ota.zip")).add("filler", filler).add("in.tgz", gzipped(many().add("f", filler).end())).add("b", nil).end()},
		{name: "pieces in any order", tar: newArchive(t).add("rom.gz.001", piece(1)).add("other", filler).add("rom.gz.002", piece(2)).add("rom.gz.000", piece(0)).end()},
		{name: "a piece is missing", tar: newArchive(t).add("rom.gz.002", piece(2)).add("other", filler).add("rom.gz.000", piece(0)).end()},
		{name: "sparse parts", tar: newArchive(t).add("s.img.2", unpacked("sparse/image.img.2.gz")).add("s.img.0", unpacked("sparse/image.img.0.gz")).add("other", filler).
			add("s.img.3", unpacked("sparse/image.img.3.gz")).add("s.img.1", unpacked("sparse/image.img.1.gz")).end()},
		{name: "super devices", tar: newArchive(t).add("vendor.img", unpacked("super/retrofit_vendor.img.gz")).add("other.img", filler).add("super_system.img", unpacked("super/retrofit.img.gz")).end()},
		{name: "a super image", tar: newArchive(t).add("super.img", unpacked("super/slots.img.gz")).add("other", filler).end()},
		{name: "block OTA", tar: blocks.add("other", filler).end()},
		{name: "numbers that are no pieces", tar: newArchive(t).add("lib.so.1", noise(4, 99)).add("filler", filler).add("ls.1", []byte("text")).add("x.img", filler[:1<<20]).end()},
		{name: "hard link", tar: newArchive(t).add("a", []byte("text")).add("filler", filler).put(&tar.Header{Name: "l", Typeflag: tar.TypeLink, Linkname: "a"}, nil).add("b", filler).end(), again: true},
		{name: "garbage behind the end", tar: append(newArchive(t).add("filler", filler).end(), noise(5, 1<<20)...)},
		{name: "much garbage behind the end", tar: append(newArchive(t).add("filler", filler).end(), noise(5, 12<<20)...), again: true},
		{name: "a zip behind the end", tar: append(newArchive(t).add("filler", filler).end(), sample("rom/demo_ota.zip")...), other: true},
		{name: "archives one behind the other", tar: append(many().end(), newArchive(t).add("z", filler).end()...)},
		{name: "MD5", tar: md5Line(many().add("filler", filler).end())},
		{name: "no end mark", tar: many().add("filler", filler).end()[:15<<20]},
		{name: "damaged header", tar: bytes.Replace(many().add("filler", filler).end(), []byte("dir/100\x00"), []byte("dir/\xff00\x00"), 1), again: true},
		{name: "a size that lies", tar: lying},
		{name: "breaks in a small member", tar: many().add("filler", filler).end(), breaks: 10<<20 + 77},
		{name: "breaks in a large member", tar: many().add("filler", filler).add("b", nil).end(), breaks: 15 << 20},
		{name: "breaks in garbage", tar: append(newArchive(t).add("filler", filler).end(), noise(5, 3<<20)...), breaks: 11 << 20},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			if len(c.tar) <= 8<<20 {
				t.Fatalf("the tar has %d bytes, which are held at once", len(c.tar))
			}
			src := extract.BytesSource(append([]byte(wrappedMagic), c.tar...))
			with := func(w *wrapped, more ...func(*extract.Options)) func(*extract.Options) {
				return func(o *extract.Options) {
					o.Formats = append([]extract.Format{w.format()}, o.Formats...)
					for _, f := range more {
						f(o)
					}
				}
			}
			want, wantCov := nodes(t, src, with(&wrapped{breaks: c.breaks}, held))
			if c.other {
				want, wantCov = nodes(t, src, with(&wrapped{}))
				if !slices.ContainsFunc(want, func(n node) bool { return strings.HasSuffix(n.path, "keyword.txt") }) || wantCov.Unopened > 0 {
					t.Errorf("found %+v, coverage %+v", want, wantCov)
				}
			}
			for _, workers := range []int{1, 8} {
				w := &wrapped{breaks: c.breaks}
				var budget *extract.Budget
				got, cov := nodes(t, src, with(w, func(o *extract.Options) { o.Workers, budget = workers, o.Budget }))
				if n := w.opened.Load(); n != 1 && !c.again || n > 2 {
					t.Errorf("decoded %d times", n)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%d workers: found %s", workers, difference(got, want))
				}
				if cov.Ledger != wantCov.Ledger || !slices.Equal(cov.Items, wantCov.Items) {
					t.Errorf("%d workers: coverage %+v, want %+v", workers, cov, wantCov)
				}
				if memory, disk := budget.Held(); memory != 0 || disk != 0 {
					t.Errorf("%d bytes of memory, %d of disk not given back", memory, disk)
				}
			}
			small, smallCov := nodes(t, src, with(&wrapped{breaks: c.breaks}, func(o *extract.Options) { // what is small goes to the disk too
				l := extract.DefaultLimits()
				l.Memory = 24 << 20
				o.Budget = extract.NewBudget(l)
			}))
			if !slices.Equal(small, want) || smallCov.Ledger != wantCov.Ledger {
				t.Errorf("little memory: found %s", difference(small, want))
			}
		})
	}
}

// tarSum sets the check sum of a header.
func tarSum(b []byte) {
	copy(b[148:], "        ")
	sum := 0
	for _, c := range b {
		sum += int(c)
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
}

func difference(got, want []node) string {
	var out []string
	for _, n := range got {
		if !slices.Contains(want, n) {
			out = append(out, fmt.Sprintf("%+v", n))
		}
	}
	out = append(out, "instead of")
	for _, n := range want {
		if !slices.Contains(got, n) {
			out = append(out, fmt.Sprintf("%+v", n))
		}
	}
	return strings.Join(out[:min(len(out), 20)], "\n")
}

// TestPassStops: a limit that ends a walk ends it at the same place for any number of workers.
func TestPassStops(t *testing.T) {
	a := newArchive(t)
	for i := range 100 {
		a.add(fmt.Sprintf("dir/%d", i), noise(int64(i), 200<<10))
	}
	src := extract.BytesSource(append([]byte(wrappedMagic), a.end()...))
	var want []node
	for _, workers := range []int{1, 2, 8, 1, 8} {
		got, cov := nodes(t, src, func(o *extract.Options) {
			l := extract.DefaultLimits()
			l.Artifacts = 60
			o.Budget, o.Workers = extract.NewBudget(l), workers
			o.Formats = append([]extract.Format{(&wrapped{}).format()}, o.Formats...)
		})
		if cov.Size != src.Size() || cov.Unopened == 0 {
			t.Errorf("coverage %+v", cov.Ledger)
		}
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d workers: %s", workers, difference(got, want))
		}
	}
}

// TestPassPacked: what tools pack is read in one pass too, and a cut leaves the members before it whole.
func TestPassPacked(t *testing.T) {
	a := newArchive(t)
	for i := range 40 {
		a.add(fmt.Sprintf("dir/%d", i), bytes.Repeat(noise(int64(i), 10<<10), 30))
	}
	file := filepath.Join(t.TempDir(), "x.tar")
	if err := os.WriteFile(file, a.end(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tool := range []string{"gzip", "xz -0", "zstd", "bzip2", "lz4"} {
		t.Run(tool, func(t *testing.T) {
			command := append(strings.Fields(tool), "-c", file)
			if _, err := exec.LookPath(command[0]); err != nil {
				t.Skip(err)
			}
			packed, err := exec.Command(command[0], command[1:]...).Output()
			if err != nil {
				t.Fatal(err)
			}
			for _, data := range [][]byte{packed, packed[:len(packed)*19/20]} {
				want, wantCov := nodes(t, extract.BytesSource(data), held)
				got, cov := nodes(t, extract.BytesSource(data), nil)
				if !slices.Equal(got, want) || cov.Ledger != wantCov.Ledger || !slices.Equal(cov.Items, wantCov.Items) {
					t.Errorf("%d of %d bytes: %s", len(data), len(packed), difference(got, want))
				}
				if cut := len(data) < len(packed); cut != (cov.Unopened > 0) || cut != (len(cov.Items) > 0) {
					t.Errorf("%d of %d bytes: coverage %+v", len(data), len(packed), cov)
				}
			}
		})
	}
}

// TestPassTime: a run whose time is over ends in a stream that passes too.
func TestPassTime(t *testing.T) {
	src := extract.BytesSource(gzipped(newArchive(t).add("filler", noise(1, 30<<20)).add("more", noise(2, 30<<20)).end()))
	_, cov := nodes(t, src, func(o *extract.Options) {
		l := extract.DefaultLimits()
		l.Time = 50 * time.Millisecond
		o.Budget = extract.NewBudget(l)
	})
	if l := cov.Ledger; l.Searched+l.Structure+l.Unopened != src.Size() {
		t.Errorf("ledger %+v", l)
	}
}
