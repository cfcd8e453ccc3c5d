package scan

import (
	"archive/zip"
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formats"
	"github.com/censorscan/censorscan/scan/text"
	"github.com/censorscan/censorscan/wordlists"
)

// TestVerifyRare: what is found in every encoding, masked or as a combination, is found again by other decoders.
func TestVerifyRare(t *testing.T) {
	lists, err := wordlists.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	own, err := wordlists.Parse("own.tsv", strings.NewReader("# kind: terms\nterm\n上街+散步去\n𠀀𠀁𠀂\nÜber die Mauer\n"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Options{Wordlists: append(lists, own), Formats: formats.All(), Limits: extract.DefaultLimits(), Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	const simplified, traditional = "他们说，法轮功和89民运都好，西藏独立吗？\n", "他們說，法輪功和89民運都好，西藏獨立嗎？\n"
	data := map[string]string{
		"masked": "他们说，法. 轮. 功好。ｆｒｅｅ　ｔｉｂｅｔ，臺灣独立\n", "combination": "我们明天上街，一起散步去吧\n",
		"mutf-8": "他们 \xed\xa1\x80\xed\xb0\x80\xed\xa1\x80\xed\xb0\x81\xed\xa1\x80\xed\xb0\x82 说\n", "html-named": "says &Uuml;ber&nbsp;die&nbsp;Mauer.\n",
	}
	for enc, write := range writers {
		if data[enc.String()] = write(simplified); data[enc.String()] == "" || enc == text.EUCTW || enc == text.CNS7 {
			data[enc.String()] = write(traditional)
		}
	}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, name := range slices.Sorted(maps.Keys(data)) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(data[name]))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	root := extract.SourceRoot("in.zip", extract.BytesSource(archive.Bytes()))
	r, err := e.Scan(context.Background(), root)
	if err != nil {
		t.Fatal(err)
	}
	v, err := e.Verify(context.Background(), r, 1, root)
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Differences) > 0 || v.Confirmed != len(r.Findings) {
		t.Errorf("%d of %d findings confirmed: %v", v.Confirmed, len(r.Findings), v.Differences)
	}
	for name, s := range data {
		if s == traditional || s == "" {
			t.Logf("%s: iconv does not write it", name)
			continue
		}
		if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Path == "in.zip!"+name }) {
			t.Errorf("%s: nothing is found", name)
		}
	}
}
