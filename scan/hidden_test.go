package scan_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math/rand"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan"
)

func gzipOf(t testing.TB, header gzip.Header, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Header = header
	w.Write(data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// patched overwrites two or four bytes behind each occurrence of a signature.
func patched(data []byte, signature string, at, width int, value uint32) []byte {
	data = bytes.Clone(data)
	var v [4]byte
	binary.LittleEndian.PutUint32(v[:], value)
	for i := 0; ; {
		n := bytes.Index(data[i:], []byte(signature))
		if n < 0 {
			return data
		}
		i += n
		copy(data[i+at:], v[:width])
		i += 4
	}
}

// TestHiddenLists plants a list where a reader may pass it by: it has to be found, or what hides it has to count as unopened.
func TestHiddenLists(t *testing.T) {
	list := []byte(strings.Join(planted, "\n") + "\n")
	noise := make([]byte, 9<<20)
	rand.New(rand.NewSource(1)).Read(noise)
	plain := []byte(strings.Repeat("nothing to see here\n", 30))
	archive := zipOf(t, file{"words.txt", list})
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	frame := enc.EncodeAll(plain, nil)
	skippable := binary.LittleEndian.AppendUint32([]byte("\x50\x2a\x4d\x18"), uint32(len(list)))
	skippable = append(skippable, list...)
	const local, central = "PK\x03\x04", "PK\x01\x02"

	for _, c := range []struct {
		name string
		data []byte
	}{
		{"zip behind other data in a long stream", gzipOf(t, gzip.Header{}, append(noise[:len(noise):len(noise)], archive...))},
		{"deflated entry that is said to be stored", patched(patched(archive, central, 10, 2, 0), local, 8, 2, 0)},
		{"deflated entry that the directory says is stored", patched(archive, central, 10, 2, 0)},
		{"entry whose sizes are all zero", patched(patched(patched(archive, central, 20, 4, 0), central, 24, 4, 0), "PK\x07\x08", 0, 4, 0)},
		{"extra field of a gzip header", gzipOf(t, gzip.Header{Extra: list}, plain)},
		{"second gzip member", append(gzipOf(t, gzip.Header{}, plain), gzipOf(t, gzip.Header{}, list)...)},
		{"skippable zstd frame", append(bytes.Clone(frame), skippable...)},
		{"skippable zstd frame in front", append(bytes.Clone(skippable), frame...)},
		{"skippable zstd frame between", append(append(bytes.Clone(frame), skippable...), frame...)},
		{"zip comment", append(patched(zipOf(t, file{"a", plain}), "PK\x05\x06", 20, 2, uint32(len(list))), list...)},
		{"gzip between zips", append(append(zipOf(t, file{"a", plain}), gzipOf(t, gzip.Header{}, list)...), zipOf(t, file{"b", plain})...)},
		{"zip between zips", append(append(zipOf(t, file{"a", plain}), archive...), zipOf(t, file{"b", plain})...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := scanBytes(t, newEngine(t, nil), "rom.bin", c.data)
			for _, f := range r.Findings {
				if f.Kind == scan.KindList || f.Kind == scan.KindTerm {
					return
				}
			}
			if r.Coverage.Unopened == 0 {
				t.Errorf("nothing found and nothing unopened: %+v", r.Coverage)
			}
		})
	}
}

// TestInputsNotReached: inputs behind the one at which a run ends are unopened, not missing.
func TestTermsInNames(t *testing.T) {
	r := scanBytes(t, newEngine(t, nil), "rom.zip", zipOf(t, file{"assets/关于六四事件.txt", []byte("nothing")}, file{"六四事件/empty", nil}))
	terms := ofKind(r, scan.KindTerm)
	if len(terms) != 1 || terms[0].Term.Recipe != "file name" || terms[0].Path != "rom.zip!assets/关于六四事件.txt" || terms[0].Term.Offset != 6 {
		t.Errorf("terms %+v", terms)
	}
	validate(t, r)
}

func TestInputsNotReached(t *testing.T) {
	e := newEngine(t, func(o *scan.Options) { o.Limits.Artifacts = 1 })
	first, second := extract.SourceRoot("a.zip", extract.BytesSource(zipOf(t, file{"a", []byte("a")}))), extract.SourceRoot("b.bin", extract.BytesSource("bytes"))
	r, err := e.Scan(context.Background(), first, second)
	if err != nil {
		t.Fatal(err)
	}
	if r.Complete || len(r.Inputs) != 2 || r.Coverage.Size != first.Size()+5 || r.Coverage.Unopened < 5 {
		t.Errorf("complete %v, %d inputs, coverage %+v", r.Complete, len(r.Inputs), r.Coverage.Ledger)
	}
	if it := r.Coverage.Items[len(r.Coverage.Items)-1]; it.Path != "b.bin" || it.Size != 5 || it.Reason != string(extract.ReasonLimit) {
		t.Errorf("last item %+v, want the second input", it)
	}
}

// torn is a Source with a stretch that cannot be read.
type torn struct {
	extract.BytesSource
	bad extract.Extent
}

func (b *torn) ReadAt(p []byte, off int64) (int, error) {
	if off < b.bad.End() && off+int64(len(p)) > b.bad.Offset {
		n := 0
		if off < b.bad.Offset {
			n, _ = b.BytesSource.ReadAt(p[:b.bad.Offset-off], off)
		}
		return n, &extract.RangeError{Extent: b.bad, Err: errors.New("bad block")}
	}
	return b.BytesSource.ReadAt(p, off)
}

// TestListBesideDamage: a list in the readable part of a damaged file is recovered, at its offset.
func TestListBesideDamage(t *testing.T) {
	filler := strings.Repeat("nothing to see here\n", 2000)
	data := []byte(filler + strings.Join(planted, "\n") + "\n")
	src := &torn{data, extract.Extent{Offset: 12000, Size: 5000}}
	r, err := newEngine(t, nil).Scan(context.Background(), extract.SourceRoot("w.txt", src))
	if err != nil {
		t.Fatal(err)
	}
	lists := ofKind(r, scan.KindList)
	if len(lists) == 0 || r.Coverage.Unopened != 5000 {
		t.Fatalf("%d lists, coverage %+v", len(lists), r.Coverage)
	}
	for _, en := range lists[0].List.Entries {
		if !bytes.HasPrefix(data[en.Offset:], []byte(en.Text)) {
			t.Errorf("%q is not at offset %d", en.Text, en.Offset)
		}
	}
}

// TestEncodedLists: lists whose terms no search sees, because they are in Base64 within another file or line by line.
func TestEncodedLists(t *testing.T) {
	lines := strings.Join(planted, "\n") + "\n"
	packed := base64.StdEncoding.EncodeToString([]byte(lines))
	var each []string
	for _, w := range planted {
		each = append(each, base64.StdEncoding.EncodeToString([]byte(w)))
	}
	for _, c := range []struct{ name, text string }{
		{"config.json", `{"version": 3, "data": "` + packed + `"}`},
		{"config.xml", "<?xml version=\"1.0\"?><config><name>filter</name><data>" + packed + "</data></config>"},
		{"Filter.java", "class Filter { static final String DATA = \"" + packed + "\"; }"},
		{"words.b64", packed},
		{"lines.b64", strings.Join(each, "\n") + "\n"},
		{"lines.json", `["` + strings.Join(each, `","`) + `", "` + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("长的词", 10))) + `"]`},
	} {
		r := scanBytes(t, newEngine(t, nil), c.name, []byte(c.text))
		if len(r.Findings) != 1 || r.Findings[0].Kind != scan.KindList {
			t.Errorf("%s: %+v", c.name, r.Findings)
			continue
		}
		for i, w := range planted {
			if got := r.Findings[0].List.Entries; i >= len(got) || got[i].Text != w {
				t.Errorf("%s: entries %+v", c.name, got)
				break
			}
		}
	}
}

// TestDEXWithin: code in an OAT container and the second DEX file of an app are read as code.
func TestDEXWithin(t *testing.T) {
	dex, err := os.ReadFile("recover/testdata/dex/lists.dex")
	if err != nil {
		t.Fatal(err)
	}
	const heads = 12 + 4*12
	vdex := append([]byte("vdex027\x00"), 4, 0, 0, 0)
	for _, section := range [][3]uint32{{0, heads, 4}, {1, heads + 4, uint32(len(dex))}, {2, heads + 4 + uint32(len(dex)), 0}, {3, 0, 0}} {
		for _, v := range section {
			vdex = binary.LittleEndian.AppendUint32(vdex, v)
		}
	}
	vdex = append(append(vdex, 1, 2, 3, 4), dex...)
	r := scanBytes(t, newEngine(t, nil), "app.zip", zipOf(t, file{"oat/app.vdex", vdex}, file{"app.apk", zipOf(t, file{"classes.dex", dex}, file{"classes2.dex", dex})}))
	ids := map[string]bool{}
	for _, f := range r.Findings {
		ids[f.ID] = true
	}
	if n := len(ofKind(r, scan.KindList)); n != 3*11 || len(ids) != len(r.Findings) {
		t.Errorf("%d lists, want 11 in each of three files; %d findings have %d ids", n, len(r.Findings), len(ids))
	}
	validate(t, r)
}

// TestLargeLayout: a list in a binary file that is larger than what is read of a text is recovered whole, and its entries are no terms of their own.
func TestLargeLayout(t *testing.T) {
	for _, name := range []string{"dex/lists.dex", "sqlite/table.db"} {
		data, err := os.ReadFile("recover/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		data = append(data, make([]byte, 17<<20)...)
		r := scanBytes(t, newEngine(t, nil), "large.bin", data)
		if len(ofKind(r, scan.KindList)) == 0 || len(ofKind(r, scan.KindTerm)) > 0 {
			t.Errorf("%s: %d lists, %d terms", name, len(ofKind(r, scan.KindList)), len(ofKind(r, scan.KindTerm)))
		}
	}
	var b []byte
	for range 9 << 18 {
		b = append(b, 0xFE, 0xFF, 1, 0xFD, 0xFF, 2, 0, 0xFF)
	}
	for _, w := range planted {
		b = append(binary.LittleEndian.AppendUint16(b, uint16(len(w))), w...)
	}
	r := scanBytes(t, newEngine(t, nil), "words.dat", b)
	if l := ofKind(r, scan.KindList); len(l) != 1 || len(l[0].List.Entries) != len(planted) {
		t.Errorf("%d lists behind 18 MiB: %+v", len(l), r.Findings)
	}
}
