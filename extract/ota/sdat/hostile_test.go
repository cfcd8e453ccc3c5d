package sdat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

// TestLists reads six blocks "ABCDEF" through lists that are sound, odd or lie.
func TestLists(t *testing.T) {
	tests := []struct {
		name, list string
		want       string // the partition and its errors
		notes      string // parts of the notes
	}{
		{"in order", "1\n6\nnew 2,0,6\n", "ABCDEF", ""},
		{"out of order", "3\n6\n0\n0\nnew 4,3,5,0,1\nzero 2,2,3\nnew 2,6,9\n", "C..AB.DEF", ""},
		{"windows line ends", "2\r\n6\r\n0\r\n0\r\nnew 2,0,6\r\n", "ABCDEF", ""},
		{"no line feed at the end", "1\n6\nnew 2,0,6", "ABCDEF", ""},
		{"erase before and behind", "2\n6\n0\n0\nerase 2,0,8\nnew 2,1,7\nerase 2,0,1\n", ".ABCDEF.", ""},
		{"erased behind data", "4\n6\n0\n0\nnew 2,0,6\nerase 2,0,6\n", "ABCDEF", ""},
		{"hash tree", "4\n6\n0\n0\nnew 2,0,6\ncompute_hash_tree 2,6,8 2,0,6 sha256 aa bb\n", "ABCDEF..", ""},
		{"zeroed data stay visible", "1\n6\nnew 2,0,6\nzero 2,1,3\n", "A..DEFBC", "8192 bytes of data are written over"},
		{"written twice", "1\n6\nnew 2,0,3\nnew 2,1,4\n", "ADEFBC", "8192 bytes of data"},
		{"one command writes itself over", "1\n6\nnew 6,0,2,0,2,0,2\n", "EFABCD", "16384 bytes of data"},
		{"fewer ranges than data", "1\n6\nnew 2,0,4\n", "ABCDEF", ""},
		{"more ranges than data", "1\n9\nnew 2,0,9\n", "ABCDEF!!!; the data end after 24576 bytes", ""},
		{"more ranges in many pieces", "1\n9\nnew 2,0,5\nnew 8,10,12,14,15,16,17,18,19\n", "ABCDE.....F!!!!!!!!; the data end after 24576 bytes", ""},
		{"outside", "1\n6\nnew 6,0,2,9223372036854775800,9223372036854775807,2,3\n", "ABCDEF", "block \"9223372036854775800\" is outside of any partition"},
		{"outside by little", "1\n6\nnew 4,0,2,4294967296,4294967298\nnew 2,2,4\n", "ABEFCD", "range of 2 blocks at block 4294967296 is outside"},
		{"2^63 blocks", "1\n6\nnew 2,0,9223372036854775808\nnew 2,0,2\n", "!!ABCDEF; its place in the data is not known, as a command before is damaged", "block \"9223372036854775808\" is outside"},
		{"2^40 blocks", "1\n6\nnew 4,0,2,5,1099511627776\nnew 2,0,2\n", "!!ABCDEF; its place in the data is not known, as a command before is damaged", "a range of 1099511627771 blocks"},
		{"30 digits", "1\n6\nnew 2,0,2\nzero 2,0,999999999999999999999999999999\n", "ABCDEF", "outside of any partition"},
		{"backwards", "1\n6\nnew 2,0,2\nnew 2,5,3\nnew 2,2,3\n", "AB!CDEF; its place in the data is not known, as a command before is damaged", "range from block 5 to \"3\""},
		{"empty range", "1\n6\nnew 2,0,6\nzero 2,4,4\n", "ABCDEF", "range from block 4 to \"4\""},
		{"odd count", "1\n6\nnew 3,0,2,3\n", "ABCDEF", "begin with the count \"3\""},
		{"count too small", "1\n6\nnew 2,0,2,3,5\nnew 2,5,6\n", "AB.CD!EF; its place in the data is not known, as a command before is damaged", "4 numbers where 2 are promised"},
		{"count too large", "1\n6\nnew 1000000000,0,6\n", "ABCDEF", "2 numbers where 1000000000 are promised"},
		{"breaks off", "1\n6\nnew 4,0,2,3", "ABCDEF", "breaks off behind 2 of them"},
		{"no ranges", "1\n6\nnew\nnew 2,0,6\n", "!!!!!!ABCDEF; its place in the data is not known, as a command before is damaged", "begin with the count"},
		{"negative", "1\n6\nnew 2,-1,5\n", "ABCDEF", "breaks off"},
		{"unknown command", "1\n6\nnew 2,0,6\nfrobnicate 2,3,4\n", "ABCDEF", "unknown command \"frobnicate\""},
		{"bad zero does not move data", "1\n6\nzero 3,1\nnew 2,0,6\n", "ABCDEF", "begin with the count"},
		{"nothing at all", "1\n6\n", "ABCDEF", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, stream := range []bool{false, true} {
				got := join1(t, mem("d/s.transfer.list", []byte(tt.list), stream), mem("d/s.new.dat", blocks('A', 6), stream))
				if len(got) == 0 {
					t.Fatal("no set")
				}
				whole := got[len(got)-1].Member
				if whole.Problem != nil || whole.Name != "d/s" {
					t.Fatalf("%s: %v", whole.Name, whole.Problem)
				}
				src, err := whole.Open(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				if s := show(t, src); s != tt.want {
					t.Errorf("%s\nwant %s", s, tt.want)
				}
				var notes []string
				for _, j := range got[:len(got)-1] {
					notes = append(notes, j.Member.Problem.Error())
				}
				if told := strings.Join(notes, "; "); !strings.Contains(told, tt.notes) || tt.notes == "" && told != "" {
					t.Errorf("notes %q, want %q", told, tt.notes)
				}
				src.(io.Closer).Close()
			}
		})
	}
}

// TestNoSet sees that nothing else is taken for a block OTA.
func TestNoSet(t *testing.T) {
	data := mem("s.new.dat", blocks('A', 1), false)
	for name, members := range map[string][]*extract.Member{
		"no list":        {data},
		"no data":        {mem("s.transfer.list", []byte("1\n1\nnew 2,0,1\n"), false)},
		"other name":     {mem("t.transfer.list", []byte("1\n1\nnew 2,0,1\n"), false), data},
		"other folder":   {mem("x/s.transfer.list", []byte("1\n1\nnew 2,0,1\n"), false), data},
		"text":           {mem("s.transfer.list", []byte("one list of words\n"), false), data},
		"empty":          {mem("s.transfer.list", nil, false), data},
		"one line":       {mem("s.transfer.list", []byte("1\n"), false), data},
		"numbers, comma": {mem("s.transfer.list", []byte("1,2\n3\n"), false), data},
	} {
		if got := join1(t, members...); len(got) != 0 {
			t.Errorf("%s: %d sets", name, len(got))
		}
	}
	for _, version := range []string{"0", "5", "99999999999999999999"} {
		got := join1(t, mem("s.transfer.list", []byte(version+"\n1\nnew 2,0,1\n"), false), data)
		if len(got) != 2 || got[1].Member.Problem == nil || got[1].Member.Problem.Reason != extract.ReasonUnsupported {
			t.Errorf("version %s: %d sets, want its problem and its data", version, len(got))
		}
	}
}

// TestParts leaves parts out.
func TestParts(t *testing.T) {
	data := blocks('A', 6)
	part := func(n string, from, to int) *extract.Member {
		return mem("s.new.dat."+n, data[from*blockSize:to*blockSize], n == "2")
	}
	list := mem("s.transfer.list", []byte("1\n6\nnew 4,1,7,8,9\n"), false) // of seven blocks the last is in no part
	unplaced := "damaged: part 1 is missing"
	for _, tt := range []struct {
		name  string
		parts []*extract.Member
		want  string
		notes int
	}{
		{"all", []*extract.Member{part("0", 0, 2), part("1", 2, 4), part("2", 4, 6)}, ".ABCDEF.!; the data end after 24576 bytes", 0},
		{"any order", []*extract.Member{part("2", 4, 6), part("0", 0, 2), part("1", 2, 4)}, ".ABCDEF.!; the data end after 24576 bytes", 0},
		{"from 1", []*extract.Member{part("1", 0, 3), part("2", 3, 6)}, ".ABCDEF.!; the data end after 24576 bytes", 0},
		{"middle missing", []*extract.Member{part("0", 0, 2), part("2", 4, 6)}, ".AB!!EF.!; " + unplaced + "; the data end after 24576 bytes", 1},
		{"first missing", []*extract.Member{part("1", 2, 4), part("2", 4, 6)}, ".!!CDEF.!; damaged: part 0 is missing; the data end after 24576 bytes", 1},
		{"middle missing, odd sizes", []*extract.Member{part("0", 0, 2), part("2", 3, 6)}, ".AB!!!!!!DEF; " + unplaced, 1},
		{"two missing", []*extract.Member{part("0", 0, 1), part("3", 3, 4)}, ".A!!D!!!!; damaged: parts 1 to 2 are missing; the data end after 16384 bytes", 1},
		{"9999", []*extract.Member{part("9999", 0, 6)}, ".!!!!!!!!ABCDEF; damaged: parts 0 to 9998 are missing", 1},
		{"same number twice", []*extract.Member{part("0", 0, 6), part("00", 0, 2)}, ".ABCDEF.!; the data end after 24576 bytes", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := join1(t, append(tt.parts, list)...)
			if len(got) != 1+tt.notes {
				t.Fatalf("%d sets, want %d", len(got), 1+tt.notes)
			}
			src, err := got[tt.notes].Member.Open(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			defer src.(io.Closer).Close()
			if s := show(t, src); s != tt.want {
				t.Errorf("%s\nwant %s", s, tt.want)
			}
		})
	}
}

func compress(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, 1)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestDamagedData reads data that break off, are too long or whose checksum is wrong.
func TestDamagedData(t *testing.T) {
	list := mem("s.transfer.list", []byte("1\n6\nnew 4,2,6,0,2\n"), false) // EFABCD
	noise := make([]byte, 6*blockSize)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	packed := compress(t, blocks('A', 6))
	sumError := extract.Damaged(7, "CRC-32 is 1, the directory says 2")
	half := compress(t, noise)
	for _, tt := range []struct {
		name string
		data []*extract.Member
		want string
	}{
		{"stream breaks", []*extract.Member{broken("s.new.dat", blocks('A', 3), 6*blockSize, sumError)}, "!!ABC!; " + sumError.Error() + "; " + sumError.Error()},
		{"stream of unknown length breaks", []*extract.Member{broken("s.new.dat", blocks('A', 3), -1, sumError)}, "!!ABC!; " + sumError.Error() + "; " + sumError.Error()},
		{"wrong checksum", []*extract.Member{broken("s.new.dat", blocks('A', 6), 6*blockSize, sumError)}, "EFABCD!; " + sumError.Error()},
		{"wrong checksum, unknown length", []*extract.Member{broken("s.new.dat", blocks('A', 6), -1, sumError)}, "EFABCD!; " + sumError.Error()},
		{"wrong checksum behind brotli", []*extract.Member{broken("s.new.dat.br", packed, int64(len(packed)), sumError)}, "EFABCD!; " + sumError.Error()},
		{"shorter than said", []*extract.Member{mem("s.new.dat", blocks('A', 3), true)}, "!!ABC!; the data end after 12288 bytes; the data end after 12288 bytes"},
		{"text behind the brotli stream", []*extract.Member{mem("s.new.dat.br", append(packed[:len(packed):len(packed)], bytes.Repeat([]byte("Z"), 9000)...), false)}, "EFABCD?ZZ"},
		{"one part only", []*extract.Member{mem("s.new.dat.br.1", packed, false)}, "EFABCD"},
		{"brotli's middle part missing", []*extract.Member{mem("s.new.dat.br.0", half[:len(half)/2], false), mem("s.new.dat.br.2", half[len(half)/2:], false)}, "part 1 is missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := join1(t, append(tt.data, list)...)
			if len(got) == 0 {
				t.Fatal("no set")
			}
			src, err := got[len(got)-1].Member.Open(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			defer src.(io.Closer).Close()
			switch s := show(t, src); {
			case strings.Contains(tt.name, "middle"):
				if !strings.Contains(s, tt.want) || !strings.HasPrefix(s, "!!?") {
					t.Error(s)
				}
			case s != tt.want:
				t.Errorf("%s\nwant %s", s, tt.want)
			}
		})
	}
}

// TestNothingDecodes opens data of which not even the first byte is there: the error says why.
func TestNothingDecodes(t *testing.T) {
	list := mem("s.transfer.list", []byte("1\n6\nnew 2,0,6\n"), false)
	packed := compress(t, blocks('A', 6))
	for name, tt := range map[string]struct {
		m    *extract.Member
		want string
	}{
		"no brotli":          {mem("s.new.dat.br", bytes.Repeat([]byte{0xFF}, 100), false), "brotli stream breaks near byte 100"},
		"empty":              {mem("s.new.dat.br", nil, false), "unexpected EOF"},
		"first part missing": {mem("s.new.dat.br.2", packed, false), "damaged: parts 0 to 1 are missing"},
		"encrypted, plain":   {&extract.Member{Name: "s.new.dat", Size: 9, Problem: extract.Encrypted(0, "no key")}, "no key"},
		"encrypted":          {&extract.Member{Name: "s.new.dat.br", Size: 9, Problem: extract.Encrypted(0, "no key")}, "no key"},
	} {
		got := join1(t, list, tt.m)
		if _, err := got[len(got)-1].Member.Open(context.Background()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// TestBomb decodes brotli that grows beyond the budget: what came before is read.
func TestBomb(t *testing.T) {
	limits := extract.DefaultLimits()
	limits.BytesOut = 1 << 20 // the ratio counts from 64 MiB on only
	s := &extract.Siblings{Budget: extract.NewBudget(limits), Members: []*extract.Member{
		mem("s.transfer.list", []byte("1\n6\nnew 2,0,2048\n"), false), mem("s.new.dat.br", compress(t, make([]byte, 8<<20)), false)}}
	src, err := Joiner().Join(context.Background(), s)[0].Member.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer src.(io.Closer).Close()
	if n, err := src.ReadAt(make([]byte, 10), 1<<20-10); n != 10 || err != nil {
		t.Errorf("before the limit: %d, %v", n, err)
	}
	_, err = src.ReadAt(make([]byte, 10), 1<<20)
	var limit *extract.LimitError
	var re *extract.RangeError
	if !errors.As(err, &limit) || limit.Limit != "bytes-out" || !errors.As(err, &re) || re.Extent != (extract.Extent{Offset: 1 << 20, Size: 7 << 20}) {
		t.Errorf("behind the limit: %v", err)
	}
	if u := extract.AsUnopened(err); u.Reason != extract.ReasonLimit {
		t.Errorf("reason %s", u.Reason)
	}
}

// forever gives a text again and again.
type forever struct{ text string }

func (e forever) Read(p []byte) (n int, err error) {
	for n < len(p) {
		n += copy(p[n:], e.text)
	}
	return n, nil
}

// TestEndless reads lists without end: of commands, of ranges in one, and one word.
func TestEndless(t *testing.T) {
	for name, text := range map[string]string{"commands": "new 2,0,1\nzero 2,9,10\n", "erase": "erase 2,0,9\n", "ranges": "1,2,", "word": "word"} {
		head := "1\n6\n"
		if name == "ranges" {
			head += "new 1000000000000,"
		}
		list := &extract.Member{Name: "s.transfer.list", Mode: 0o644, Size: -1, Stream: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader(head), forever{text})), nil
		}}
		limits := extract.DefaultLimits()
		limits.Buffer = 1 << 20
		s := &extract.Siblings{Members: []*extract.Member{list, mem("s.new.dat", blocks('A', 6), false)}, Budget: extract.NewBudget(limits)}
		got := Joiner().Join(context.Background(), s)
		var limit *extract.LimitError
		if len(got) != 2 || !errors.As(got[1].Member.Problem, &limit) || limit.Limit != "buffer" || got[1].Member.Problem.Reason != extract.ReasonLimit {
			t.Errorf("%s: %d sets, want a tripped limit and the data", name, len(got))
		}
	}
}

// TestManyNotes sees that a list of mistakes does not become a list of records.
func TestManyNotes(t *testing.T) {
	got := join1(t, mem("s.transfer.list", []byte("1\n6\n"+strings.Repeat("what\n", 5000)+"new 2,0,6\n"), false), mem("s.new.dat", blocks('A', 6), false))
	if len(got) != maxNotes+2 {
		t.Fatalf("%d sets, want %d", len(got), maxNotes+2)
	}
	if s := got[maxNotes].Member.Problem.Error(); !strings.Contains(s, "4984 more problems") {
		t.Error(s)
	}
}

func FuzzJoin(f *testing.F) {
	for _, list := range []string{"1\n6\nnew 2,0,6\n", "4\n6\n0\n0\nerase 2,0,8\nnew 4,1,3,5,7\nzero 2,2,4\nnew 2,0,2\n", "2\n1\n0\n0\nnew 6,0,2,0,2,9223372036854775800,9223372036854775807\n", "3\n1\n0\n0\nmove a 2,0,1 1 2,1,2\n"} {
		f.Add([]byte(list), blocks('A', 6), uint8(0))
		f.Add([]byte(list), compress(f, blocks('A', 6)), uint8(1))
		f.Add([]byte(list), blocks('A', 4), uint8(2))
	}
	f.Fuzz(func(t *testing.T, list, data []byte, kind uint8) {
		if len(list) > 1<<16 || len(data) > 1<<18 {
			t.Skip("larger than the seeds")
		}
		members := []*extract.Member{mem("s.transfer.list", list, false)}
		switch kind % 4 {
		case 0:
			members = append(members, mem("s.new.dat", data, kind >= 128))
		case 1:
			members = append(members, mem("s.new.dat.br", data, kind >= 128))
		default:
			cut := len(data) / 3
			members = append(members, mem("s.new.dat.0", data[:cut], false), mem("s.new.dat.2", data[cut:], false))
		}
		s := &extract.Siblings{Members: members, Budget: extract.NewBudget(formattest.SmallLimits())}
		for _, j := range Joiner().Join(context.Background(), s) {
			if j.Member.Open == nil {
				continue
			}
			src, err := j.Member.Open(context.Background())
			if err != nil {
				continue
			}
			survive(t, src)
			src.(io.Closer).Close()
		}
	})
}

// survive walks over a Source as a reader would; all of it has to be data, a hole or a named error.
func survive(t *testing.T, src extract.Source) {
	buf := make([]byte, 3*blockSize)
	read := 0
	for off := int64(0); off < src.Size() && read < 64<<20; {
		start, end := src.(extract.Sparse).NextData(off)
		if start < off || end < start || start == end && start < src.Size() || end > src.Size() {
			t.Fatalf("NextData(%d) = %d, %d of %d", off, start, end, src.Size())
		}
		for off = start; off < end && read < 64<<20; {
			n, err := src.ReadAt(buf[:min(int64(len(buf)), end-off)], off)
			off += int64(n)
			read += max(n, 1)
			if n > 0 {
				continue
			}
			re, ok := err.(*extract.RangeError)
			if !ok || re.Extent.Offset > off || re.Extent.End() <= off || re.Extent.End() > src.Size() {
				t.Fatalf("ReadAt(%d) = %d, %v", off, n, err)
			}
			off = re.Extent.End()
		}
	}
}

func BenchmarkReadAt(b *testing.B) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 16<<20/16)
	var list strings.Builder
	list.WriteString("4\n4096\n0\n0\n")
	for i := 4095; i >= 0; i-- { // the worst order
		list.WriteString("new 2," + strconv.Itoa(i) + "," + strconv.Itoa(i+1) + "\n")
	}
	for _, packed := range []bool{false, true} {
		name, m := "plain", mem("s.new.dat", data, false)
		if packed {
			name, m = "brotli", mem("s.new.dat.br", compress(b, data), false)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			buf := make([]byte, 1<<20)
			for b.Loop() {
				src, err := join1(b, mem("s.transfer.list", []byte(list.String()), false), m)[0].Member.Open(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				for off := int64(0); off < src.Size(); off += int64(len(buf)) {
					if n, err := src.ReadAt(buf, off); n < len(buf) {
						b.Fatal(err)
					}
				}
				src.(io.Closer).Close()
			}
		})
	}
}
