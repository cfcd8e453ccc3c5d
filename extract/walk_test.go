package extract

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// box is a container made up for these tests: "BOX1", then members of [kind, name length, name, size u32, bytes], then "END", then anything.
// Kind 's' is stored, 'z' deflated, 'r' decodes to zeros without end, 'x' has a problem, 'u' is claimed by nobody, 'p' makes the parser panic, 'e' yields an error of 4 bytes.
func boxFormat() Format {
	return Format{
		Name:    "box",
		Trailer: "XOB1",
		Detect:  func(p *Probe) bool { return p.Has(0, "BOX1") || string(p.Tail(4)) == "XOB1" },
		Open: func(_ context.Context, in *Input) (Container, error) {
			start := int64(0)
			if head, _ := in.Budget.ReadFull(in, 0, 4); string(head) != "BOX1" {
				b, err := in.Budget.ReadFull(in, in.Size()-12, 8)
				if err != nil {
					return nil, err
				}
				start = int64(binary.BigEndian.Uint64(b))
			}
			if in.Size()-start < 7 {
				return nil, Damaged(start, "no room for a box")
			}
			b := &box{in: in, start: start}
			if start > 0 {
				b.structure = append(b.structure, Extent{in.Size() - 12, 12})
			}
			return b, nil
		},
	}
}

type box struct {
	in        *Input
	start     int64
	structure []Extent
}

func (b *box) Structure() []Extent { return b.structure }
func (b *box) Close() error        { return nil }

func (b *box) Members(context.Context) iter.Seq2[*Member, error] {
	return func(yield func(*Member, error) bool) {
		all, err := b.in.Budget.ReadFull(b.in, 0, b.in.Size())
		if err != nil {
			yield(nil, err)
			return
		}
		at := b.start + 4
		b.structure = append(b.structure, Extent{b.start, 4})
		for at+3 <= int64(len(all)) {
			if string(all[at:at+3]) == "END" {
				b.structure = append(b.structure, Extent{at, 3})
				return
			}
			kind, n := all[at], int64(all[at+1])
			name := string(all[at+2 : at+2+n])
			size := int64(binary.BigEndian.Uint32(all[at+2+n:]))
			b.structure = append(b.structure, Extent{at, 2 + n + 4})
			at += 2 + n + 4
			e := Extent{at, min(size, int64(len(all))-at)}
			m := &Member{Name: name, Size: size, Extents: []Extent{e}}
			at += size
			switch kind {
			case 's':
				m.Open = func(context.Context) (Source, error) { return Section(b.in, e), nil }
			case 'z':
				m.Size = -1
				m.Stream = func(context.Context) (io.ReadCloser, error) {
					return io.NopCloser(b.in.Budget.Expand(flate.NewReader(io.NewSectionReader(b.in, e.Offset, e.Size)), e.Size)), nil
				}
			case 'r':
				m.Size = -1
				m.Stream = func(context.Context) (io.ReadCloser, error) {
					return io.NopCloser(b.in.Budget.Expand(endless{}, e.Size)), nil
				}
			case 'x':
				m.Problem = Encrypted(0, "no key")
			case 'u':
				continue
			case 'p':
				panic("parser fault")
			case 'e':
				if !yield(nil, &Unopened{Name: name, Extent: e, Reason: ReasonDamaged, Detail: "torn"}) {
					return
				}
				continue
			}
			if !yield(m, nil) {
				return
			}
		}
		yield(nil, Damaged(at, "box has no end"))
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { clear(p); return len(p), nil }

type boxWriter struct{ bytes.Buffer }

func newBox() *boxWriter { w := &boxWriter{}; w.WriteString("BOX1"); return w }

func (w *boxWriter) add(kind byte, name string, data []byte) *boxWriter {
	if kind == 'z' {
		var z bytes.Buffer
		fw, _ := flate.NewWriter(&z, 1)
		fw.Write(data)
		fw.Close()
		data = z.Bytes()
	}
	w.WriteByte(kind)
	w.WriteByte(byte(len(name)))
	w.WriteString(name)
	binary.Write(w, binary.BigEndian, uint32(len(data)))
	w.Write(data)
	return w
}

func (w *boxWriter) end() []byte { w.WriteString("END"); return w.Bytes() }

type visit struct {
	Path   string
	Bytes  string
	Ledger Ledger
	Format string
}

func walkAll(t *testing.T, data []byte, change func(*Options)) ([]visit, *Coverage, error) {
	t.Helper()
	return walkContext(t, context.Background(), data, change)
}

func walkContext(t *testing.T, ctx context.Context, data []byte, change func(*Options)) ([]visit, *Coverage, error) {
	t.Helper()
	var out []visit
	opts := Options{Formats: []Format{boxFormat()}, Budget: NewBudget(DefaultLimits()), Workers: 3}
	opts.Content = func(ctx context.Context, a *Artifact, container bool, c *Content) (any, error) {
		if container {
			return nil, nil
		}
		var b strings.Builder
		err := c.Pieces(ctx, 16, func(p Piece) error {
			b.Write(p.Data[p.Lead:][:p.Owned])
			return nil
		})
		if ctx.Err() != nil {
			err = nil
		}
		return b.String(), err
	}
	opts.Leave = func(a *Artifact, result any) {
		s, _ := result.(string)
		if len(s) > 40 {
			s = fmt.Sprintf("%d bytes", len(s))
		}
		out = append(out, visit{a.Path, s, a.Ledger, a.Format})
		if l := a.Ledger; l.Searched+l.Structure+l.Unopened != l.Size || l.Searched < 0 || l.Structure < 0 || l.Unopened < 0 {
			t.Errorf("%s: ledger %+v does not add up", a.Path, l)
		}
	}
	if change != nil {
		change(&opts)
	}
	cov, err := Walk(ctx, SourceRoot("in.box", BytesSource(data)), opts)
	if l := cov.Ledger; l.Searched+l.Structure+l.Unopened != l.Size {
		t.Errorf("coverage %+v does not add up", l)
	}
	return out, cov, err
}

func TestWalkTree(t *testing.T) {
	inner := newBox().add('s', "a!b", []byte("inner text")).add('s', "a!b", []byte("twin")).end()
	data := newBox().add('s', "one", []byte("first")).add('z', "two.box", inner).add('x', "secret", []byte("cipher")).
		add('e', "torn", []byte("....")).add('s', "last", []byte("end")).end()
	data = append(data, make([]byte, 9000)...)
	data = append(data, "left over"...)
	got, cov, err := walkAll(t, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, v := range got {
		paths = append(paths, v.Path+"="+v.Bytes)
	}
	want := []string{"in.box!one=first", `in.box!two.box!a\x21b=inner text`, `in.box!two.box!a\x21b#2=twin`, "in.box!two.box=",
		"in.box!secret=cipher", "in.box!last=end"}
	if !reflect.DeepEqual(paths[:len(want)], want) {
		t.Errorf("visited %q, want %q", paths, want)
	}
	if s := paths[len(want)]; !strings.HasPrefix(s, "in.box!(slack)=") {
		t.Errorf("no slack: %q", paths)
	}
	if cov.Size != int64(len(data)) {
		t.Errorf("coverage of %d bytes, want %d", cov.Size, len(data))
	}
	if cov.Unopened != int64(len("cipher")+len("....")) {
		t.Errorf("unopened = %d, want the secret and the torn bytes", cov.Unopened)
	}
	wantItems := []Item{{Path: "in.box!secret", Size: 6, Reason: ReasonEncrypted, Detail: "no key"}, {Path: "in.box", Size: 4, Reason: ReasonDamaged}}
	for i, it := range cov.Items {
		if it.Path != wantItems[i].Path || it.Size != wantItems[i].Size || it.Reason != wantItems[i].Reason {
			t.Errorf("item %d = %+v, want %+v", i, it, wantItems[i])
		}
	}
}

func TestWalkIsTheSameForAnyNumberOfWorkers(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	var build func(depth int) []byte
	build = func(depth int) []byte {
		w := newBox()
		for i := 0; i < 12; i++ {
			data := make([]byte, r.Intn(3000))
			r.Read(data)
			if depth > 0 && i%4 == 0 {
				data = build(depth - 1)
			}
			w.add("szzs"[i%4], fmt.Sprintf("m%d", i), data)
		}
		return w.end()
	}
	data := build(3)
	limits := DefaultLimits()
	limits.BytesOut = int64(len(data)) / 2 // trips in the middle
	for _, l := range []Limits{DefaultLimits(), limits} {
		var first []visit
		var firstCov *Coverage
		for _, workers := range []int{1, 2, 7, 31} {
			got, cov, err := walkAll(t, data, func(o *Options) { o.Workers, o.Budget = workers, NewBudget(l) })
			var le *LimitError
			if (l == limits) != errors.As(err, &le) {
				t.Fatalf("%d workers: error %v", workers, err)
			}
			if first == nil {
				first, firstCov = got, cov
			}
			if !reflect.DeepEqual(got, first) || !reflect.DeepEqual(cov, firstCov) {
				t.Errorf("%d workers: result differs from one worker's", workers)
			}
		}
	}
}

func TestWalkDamage(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 9<<20/16)
	tests := []struct {
		name     string
		data     []byte
		unopened func(n int64) bool
		reason   Reason
		siblings string // a path that is still read
	}{
		{"parser panics", append(newBox().add('s', "ok", []byte("fine")).add('p', "boom", nil).Bytes(), "tail text"...), nil, ReasonDamaged, "in.box!ok"},
		{"no end", newBox().add('s', "ok", []byte("fine")).Bytes(), nil, ReasonDamaged, "in.box!ok"},
		{"inner is no box", newBox().add('s', "bad", []byte("BOX1")).add('s', "ok", nil).end(), func(n int64) bool { return n == 4 }, ReasonDamaged, "in.box!ok"},
		{"long stream is torn", func() []byte {
			b := newBox().add('z', "big", big).add('s', "ok", nil).end()
			for i := len(b) / 3; i < len(b)/2; i++ {
				b[i] = 0xff
			}
			return b
		}(), func(n int64) bool { return n > 0 }, ReasonDamaged, "in.box!ok"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, cov, err := walkAll(t, tt.data, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(cov.Items) == 0 || cov.Items[0].Reason != tt.reason {
				t.Errorf("items %+v", cov.Items)
			}
			if tt.unopened != nil && !tt.unopened(cov.Unopened) {
				t.Errorf("unopened = %d; items %+v", cov.Unopened, cov.Items)
			}
			found := false
			for _, v := range got {
				found = found || v.Path == tt.siblings
			}
			if !found {
				t.Errorf("%s was not visited: %+v", tt.siblings, got)
			}
		})
	}
}

func TestWalkLongStreams(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 9<<20/16)
	inner := newBox().add('s', "deep", big).end()
	hidden := append(append([]byte(nil), big...), newBox().add('s', "sfx", []byte("found")).end()...)
	hidden = append(binary.BigEndian.AppendUint64(hidden, uint64(len(big))), "XOB1"...)
	data := newBox().add('z', "leaf", big).add('z', "inner", inner).add('z', "hidden", hidden).end()
	limits := DefaultLimits()
	limits.Memory = 16 << 20 // forces the temporary file
	limits.Ratio = 5000
	got, cov, err := walkAll(t, data, func(o *Options) { o.Budget = NewBudget(limits) })
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"in.box!leaf": "9437184 bytes", "in.box!inner!deep": "9437184 bytes", "in.box!hidden!sfx": "found"}
	for _, v := range got {
		if w, ok := want[v.Path]; ok && w == v.Bytes {
			delete(want, v.Path)
		}
	}
	if len(want) > 0 || cov.Unopened != 0 {
		t.Errorf("missing %v, unopened %d %+v", want, cov.Unopened, cov.Items)
	}
}

// TestWalkHiddenTail: what turns out to be a container once it was read to its end is visited again, and says so.
func TestWalkHiddenTail(t *testing.T) {
	hidden := append(make([]byte, prefixSize+1<<20), newBox().add('s', "sfx", []byte("found")).end()...)
	hidden = append(binary.BigEndian.AppendUint64(hidden, prefixSize+1<<20), "XOB1"...)
	var got []string
	_, _, err := walkAll(t, newBox().add('z', "hidden", hidden).end(), func(o *Options) {
		read := o.Content
		o.Workers = 1
		o.Content = func(ctx context.Context, a *Artifact, container bool, c *Content) (any, error) {
			if a.Name == "hidden" {
				got = append(got, fmt.Sprintf("container %v, again %v", container, c.Again()))
			}
			return read(ctx, a, container, c)
		}
	})
	if want := []string{"container false, again false", "container true, again true"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("visits %q, error %v, want %q", got, err, want)
	}
}

// TestWalkDepthOfAStream: a long stream that holds more than the depth allows is read as it comes; no room is needed to hold it.
func TestWalkDepthOfAStream(t *testing.T) {
	for name, inner := range map[string][]byte{
		"in front": newBox().add('s', "x", make([]byte, prefixSize+1<<20)).end(),
		"both":     append(newBox().add('s', "x", make([]byte, prefixSize+1<<20)).end(), "\x00\x00\x00\x00\x00\x00\x00\x00XOB1"...),
	} {
		t.Run(name, func(t *testing.T) {
			data := newBox().add('z', "long", inner).add('s', "sibling", []byte("text")).end()
			size := int64(len(inner))
			got, cov, err := walkAll(t, data, func(o *Options) {
				noRoom(t)(o)
				o.Budget.limits.Depth = 1
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(cov.Items) != 1 || cov.Items[0].Limit != "depth" || cov.Items[0].Size != size || cov.Searched != 4 {
				t.Errorf("items %+v, ledger %+v, want the depth limit with %d bytes and the sibling searched", cov.Items, cov.Ledger, size)
			}
			if v := got[0]; v.Format != "box" || v.Bytes != fmt.Sprintf("%d bytes", size) || v.Ledger != (Ledger{Size: size, Unopened: size}) {
				t.Errorf("visited %+v, want %d bytes of a box, all unopened", v, size)
			}
		})
	}
}

func TestWalkLimits(t *testing.T) {
	bomb := newBox().add('r', "zeros", []byte("bomb")).add('s', "ok", []byte("fine")).end()
	deep := newBox().add('s', "x", []byte("core")).end()
	for i := 0; i < 10; i++ {
		deep = newBox().add('s', "x", deep).end()
	}
	many := newBox()
	for i := 0; i < 100; i++ {
		many.add('s', "m", []byte("text"))
	}
	tests := []struct {
		name   string
		data   []byte
		change func(*Limits)
		stops  bool
		want   string
	}{
		{"ratio", bomb, func(l *Limits) { l.Ratio = 10 }, false, "in.box!zeros: limit"},
		{"depth", deep, func(l *Limits) { l.Depth = 5 }, false, "in.box!x!x!x!x!x: limit"},
		{"artifacts", many.end(), func(l *Limits) { l.Artifacts = 20 }, true, "in.box: limit"},
		{"bytes out", many.end(), func(l *Limits) { l.BytesOut = 100 }, true, "in.box: limit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := DefaultLimits()
			tt.change(&l)
			_, cov, err := walkAll(t, tt.data, func(o *Options) { o.Budget = NewBudget(l) })
			if (err != nil) != tt.stops {
				t.Errorf("error %v", err)
			}
			if len(cov.Items) != 1 || cov.Items[0].Path+": "+string(cov.Items[0].Reason) != tt.want || cov.Unopened == 0 {
				t.Errorf("items %+v, unopened %d, want %s", cov.Items, cov.Unopened, tt.want)
			}
		})
	}
}

// TestWalkLimitsOfTheRun walks two inputs with one budget: what the first has used up the second does not get.
func TestWalkLimitsOfTheRun(t *testing.T) {
	data := newBox().add('s', "a", []byte("some text")).add('s', "b", []byte("more text")).end()
	for name, limit := range map[string]func(*Limits){
		"artifacts": func(l *Limits) { l.Artifacts = 5 },
		"bytes-out": func(l *Limits) { l.BytesOut = 25 },
		"time":      func(l *Limits) { l.Time = 300 * time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			limits := DefaultLimits()
			limit(&limits)
			budget := NewBudget(limits)
			if _, _, err := walkAll(t, data, func(o *Options) { o.Budget = budget }); err != nil {
				t.Fatalf("first input: %v", err)
			}
			time.Sleep(limits.Time)
			_, cov, err := walkAll(t, data, func(o *Options) { o.Budget = budget })
			var trip *LimitError
			if !errors.As(err, &trip) || trip.Limit != name {
				t.Fatalf("second input: error %v, want the %s limit", err, name)
			}
			if cov.Unopened == 0 {
				t.Errorf("coverage %+v after the limit", cov.Ledger)
			}
		})
	}
}

// TestWalkSlackFullOfMagic hides nothing in slack but the magic of a format, again and again: a closer look at each would take hours in an image.
func TestWalkSlackFullOfMagic(t *testing.T) {
	looks := 0
	never := Format{Name: "never", Magic: "NEVR", Detect: func(*Probe) bool { looks++; return false }}
	slack := strings.Repeat("NEVR", maxLooks+1000)
	data := append(newBox().add('s', "a", []byte("some text")).end(), slack...)
	_, cov, err := walkAll(t, data, func(o *Options) { o.Formats, o.Workers = append(o.Formats, never), 1 })
	if err != nil {
		t.Fatal(err)
	}
	if looks > maxLooks+10 {
		t.Errorf("%d looks", looks)
	}
	if cov.Unopened != int64(len(slack)) {
		t.Errorf("%d bytes unopened, want the %d of the slack", cov.Unopened, len(slack))
	}
	if !slices.ContainsFunc(cov.Items, func(it Item) bool { return it.Limit == "looks" }) {
		t.Errorf("coverage records %+v do not tell why", cov.Items)
	}
}

func TestWalkInterrupted(t *testing.T) {
	w := newBox()
	for i := 0; i < 200; i++ {
		w.add('s', "m", []byte("text"))
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var seen atomic.Int64
	_, cov, err := walkContext(t, ctx, w.end(), func(o *Options) {
		leave := o.Leave
		o.Leave = func(a *Artifact, r any) {
			if seen.Add(1) == 10 {
				cancel()
			}
			leave(a, r)
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
	if cov.Unopened == 0 || cov.Searched == 0 || cov.Items[len(cov.Items)-1].Reason != ReasonInterrupted {
		t.Errorf("coverage %+v", cov)
	}
}

// TestSlackOfManyContainers: what is not picked out of the slack any more counts as unopened.
func TestSlackOfManyContainers(t *testing.T) {
	w := newBox()
	inner := newBox().end()
	for range maxCarved + 2 {
		w.add('u', "gap", inner)
	}
	_, cov, err := walkAll(t, w.end(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(2 * len(inner)); cov.Unopened != want {
		t.Errorf("%d bytes unopened, want %d", cov.Unopened, want)
	}
	limit := false
	for _, it := range cov.Items {
		limit = limit || it.Reason == ReasonLimit
	}
	if !limit {
		t.Errorf("no record of the limit: %+v", cov.Items)
	}
}
