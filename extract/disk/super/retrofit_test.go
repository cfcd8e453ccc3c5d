package super

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
)

// sparseOf is a sparse image with one raw chunk.
func sparseOf(b []byte) []byte {
	var h [40]byte
	le := binary.LittleEndian
	le.PutUint32(h[:], 0xed26ff3a)
	le.PutUint16(h[4:], 1)
	le.PutUint16(h[8:], 28)
	le.PutUint16(h[10:], 12)
	le.PutUint32(h[12:], 4096)
	le.PutUint32(h[16:], uint32(len(b)/4096))
	le.PutUint32(h[20:], 1)
	le.PutUint16(h[28:], 0xcac1)
	le.PutUint32(h[32:], uint32(len(b)/4096))
	le.PutUint32(h[36:], uint32(12+len(b)))
	return append(h[:], b...)
}

func joinDevices(t *testing.T, files ...any) (out []extract.Joined) {
	t.Helper()
	s := &extract.Siblings{Budget: extract.NewBudget(extract.DefaultLimits())}
	for i := 0; i < len(files); i += 2 {
		src := extract.BytesSource(files[i+1].([]byte))
		s.Members = append(s.Members, &extract.Member{Name: files[i].(string), Size: src.Size(), Open: func(context.Context) (extract.Source, error) { return src, nil }})
	}
	return Joiner().Join(t.Context(), s)
}

func TestRetrofit(t *testing.T) {
	first, second := []byte(sample(t, "retrofit")), []byte(sample(t, "retrofit_vendor"))
	behind := append(sparseOf(second), "behind"...)
	for name, c := range map[string]struct {
		files []any
		parts string
	}{
		"raw":             {[]any{"img/super_system.img", first, "img/vendor.img", second}, "img/super_system.img img/vendor.img"},
		"sparse":          {[]any{"img/super_system.img", sparseOf(first), "img/super_vendor.img", sparseOf(second)}, "img/super_system.img img/super_vendor.img"},
		"super_ is first": {[]any{"img/vendor.img", bytes.Repeat([]byte{1}, 99), "img/super_vendor.img", second, "img/super_system.img", first}, "img/super_system.img img/super_vendor.img"},
		"bytes behind":    {[]any{"img/super_system.img", first, "img/vendor.img", behind}, "img/super_system.img"},
	} {
		js := joinDevices(t, c.files...)
		if len(js) != 1 || js[0].Member.Name != "img/super (super_system.img)" {
			t.Errorf("%s: joined %v", name, js)
			continue
		}
		var parts []string
		for _, p := range js[0].Parts {
			parts = append(parts, p.Name)
		}
		if got := strings.Join(parts, " "); got != c.parts {
			t.Errorf("%s: parts %q, want %q", name, got, c.parts)
		}
		src, err := js[0].Member.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		l := list(t, src)
		compare(t, l, golden(t, "retrofit"))
		if len(l.Problems) > 0 || src.Size() != js[0].Member.Size {
			t.Errorf("%s: problems %q, %d bytes of %d", name, l.Problems, src.Size(), js[0].Member.Size)
		}
	}
}

func TestRetrofitMissing(t *testing.T) {
	first := []byte(sample(t, "retrofit"))
	if js := joinDevices(t, "super_system.img", first, "a/vendor.img", []byte(sample(t, "retrofit_vendor"))); len(js) > 0 {
		t.Errorf("joined %v, but the other image is not beside it", js)
	}
	l := list(t, extract.BytesSource(first))
	if got, want := l.Files["vendor"].Problem, `on block device "vendor", which is not in this image`; !strings.Contains(got, want) {
		t.Errorf("vendor: problem %q, want %q", got, want)
	}
	compareOne(t, l, golden(t, "retrofit")[0])

	cut := slices.Clone([]byte(sample(t, "retrofit_vendor")))[:1<<20+8192]
	js := joinDevices(t, "super_system.img", first, "vendor.img", cut)
	src, err := js[0].Member.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := list(t, src).Files["vendor"].Problem, "bytes 8192 to 16384: it ends at byte 1056768 of 1179648"; got != want {
		t.Errorf("vendor: problem %q, want %q", got, want)
	}
}

func compareOne(t *testing.T, l *formattest.Listing, w [3]string) {
	t.Helper()
	if f := l.Files[w[0]]; f.SHA256 != w[2] || f.Problem != "" {
		t.Errorf("%s: %+v, want SHA-256 %s", w[0], f, w[2])
	}
}

func TestRetrofitThird(t *testing.T) {
	first := slices.Clone([]byte(sample(t, "retrofit")))
	// Block devices stand last in the tables: a third one is a copy of the second with another name.
	size := int(le.Uint32(first[header+8:]))
	body := int(le.Uint32(first[header+44:]))
	end := header + size + body
	copy(first[end:], first[end-deviceSize:end])
	copy(first[end+24:], "product")
	le.PutUint32(first[header+44:], uint32(body+deviceSize))
	le.PutUint32(first[header+80+36+4:], 3)
	mend(first)
	js := joinDevices(t, "system.img", first, "vendor.img", []byte(sample(t, "retrofit_vendor")))
	if len(js) != 2 || js[0].Member.Problem == nil || !strings.Contains(js[0].Member.Problem.Error(), `block device "product" is not among the files: bytes`) {
		t.Fatalf("joined %v", js)
	}
	src, err := js[1].Member.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	compare(t, list(t, src), golden(t, "retrofit"))
}
