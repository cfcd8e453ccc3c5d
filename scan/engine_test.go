package scan_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formats"
	"github.com/censorscan/censorscan/extract/media"
	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/wordlists"
)

// planted is a list of our own making: known terms of several topics among unknown ones.
var planted = []string{
	"法轮功", "六四事件", "西藏独立", "台湾独立", "藏独", "疆独", "自由西藏", "民主运动", "达赖喇嘛", "大纪元", "新唐人", "九评共产党",
	"刘晓波", "天安门事件", "蒙古独立", "香港独立", "李洪志", "真善忍", "生词甲", "生词乙", "生词丙", "美国之音", "台独", "反共",
}

func newEngine(t testing.TB, change func(*scan.Options)) *scan.Engine {
	t.Helper()
	lists, err := wordlists.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	o := scan.Options{Wordlists: lists, Formats: formats.All(), Joiners: formats.Joiners(), Media: media.All(), Limits: extract.DefaultLimits(), Workers: 2, Tool: scan.Tool{Name: "censorscan", Version: "test"}}
	if change != nil {
		change(&o)
	}
	e, err := scan.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func scanBytes(t testing.TB, e *scan.Engine, name string, data []byte) *scan.Report {
	t.Helper()
	r, err := e.Scan(context.Background(), extract.SourceRoot(name, extract.BytesSource(data)))
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Coverage; c.Searched+c.Structure+c.Unopened != c.Size || c.Size != int64(len(data)) {
		t.Errorf("coverage %+v of %d bytes does not add up", c.Ledger, len(data))
	}
	return r
}

type file struct {
	name string
	data []byte
}

func zipOf(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		m, err := w.Create(f.name)
		if err != nil {
			t.Fatal(err)
		}
		m.Write(f.data)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func ofKind(r *scan.Report, k scan.Kind) (out []scan.Finding) {
	for _, f := range r.Findings {
		if f.Kind == k {
			out = append(out, f)
		}
	}
	return out
}

// TestEngineFindsLists plants one list in many forms; each is found once and whole, and its entries are no findings of their own.
func TestEngineFindsLists(t *testing.T) {
	lines := strings.Join(planted, "\n")
	quoted, _ := json.Marshal(planted)
	encoded := func(s string, enc interface {
		Bytes([]byte) ([]byte, error)
	}) []byte {
		b, err := enc.Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	answer, _ := json.Marshal(map[string]any{"status": 0, "message": "updated", "version": 1, "cacheTime": 86400, "keywords": string(quoted)})
	tests := map[string][]byte{
		"lines.txt":    []byte(lines),
		"crlf.txt":     []byte("\ufeff" + strings.ReplaceAll(lines, "\n", "\r\n")),
		"gbk.txt":      encoded(lines, simplifiedchinese.GBK.NewEncoder()),
		"utf16.txt":    encoded(lines, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()),
		"commas.txt":   []byte(strings.Join(planted, ",")),
		"pipes.txt":    []byte(strings.Join(planted, "|")),
		"array.json":   quoted,
		"Config":       answer,
		"base64.txt":   []byte(base64.StdEncoding.EncodeToString([]byte(lines))),
		"escaped.json": escaped(planted),
	}
	e := newEngine(t, nil)
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			r := scanBytes(t, e, "app.apk", zipOf(t, file{"assets/" + name, data}))
			lists := ofKind(r, scan.KindList)
			if len(lists) != 1 {
				t.Fatalf("%d lists, want one: %+v", len(lists), r.Findings)
			}
			l := lists[0].List
			var got []string
			for _, en := range l.Entries {
				got = append(got, en.Text)
			}
			if !reflect.DeepEqual(got, planted) {
				t.Errorf("entries %q, want %q", got, planted)
			}
			if lists[0].Path != "app.apk!assets/"+name {
				t.Errorf("path %q", lists[0].Path)
			}
			if terms := ofKind(r, scan.KindTerm); len(terms) > 0 {
				t.Errorf("entries reported as terms too: %+v", terms[0].Term)
			}
			validate(t, r)
		})
	}
}

// escaped writes a JSON array with every character above ASCII as \uXXXX.
func escaped(terms []string) []byte {
	var b strings.Builder
	b.WriteByte('[')
	for i, s := range terms {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		for _, r := range s {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		b.WriteByte('"')
	}
	b.WriteByte(']')
	return []byte(b.String())
}

func TestEngineFindsTermsAndLoaders(t *testing.T) {
	dex := []byte("dex\n035\x00" + strings.Repeat("\x00", 64) + "\x13MiAdBlacklistConfig\x00\x15BlackListCacheManager.java\x00\x06onClick\x00")
	prose := "新闻报道说,今年在纪念六四事件的集会上有人高喊口号。It was about Free Tibet, they said."
	r := scanBytes(t, newEngine(t, nil), "app.apk", zipOf(t, file{"classes.dex", dex}, file{"news.txt", []byte(prose)},
		file{"META-INF/MANIFEST.MF", []byte("Name: assets/MiAdBlacklistConfig\r\nSHA-256-Digest: x\r\n")},
		file{"system/build.prop", []byte("ro.build.fingerprint=a/b/c\nro.miui.region=CN\nro.secret=1\n")}))
	loaders := ofKind(r, scan.KindLoader)
	if len(loaders) != 1 || loaders[0].Loader.Mechanism != "miad" || len(loaders[0].Loader.Indicators) != 2 || loaders[0].Artifact.Format != "dex" {
		t.Errorf("loaders %+v", loaders)
	}
	if len(ofKind(r, scan.KindList)) != 0 {
		t.Errorf("a list was found in prose")
	}
	var terms []string
	for _, f := range ofKind(r, scan.KindTerm) {
		terms = append(terms, f.Term.Term)
		at := int(f.Term.Offset)
		if !strings.HasPrefix(strings.ToLower(prose[at:]), strings.ToLower(f.Term.Context.Match)) {
			t.Errorf("%s is not at offset %d", f.Term.Term, at)
		}
	}
	if len(terms) < 1 || terms[0] != "六四事件" {
		t.Errorf("terms %q", terms)
	}
	want := map[string]string{"ro.build.fingerprint": "a/b/c", "ro.miui.region": "CN"}
	if !reflect.DeepEqual(r.Inputs[0].Properties, want) {
		t.Errorf("properties %v, want %v", r.Inputs[0].Properties, want)
	}
	validate(t, r)
}

func TestEngineIsDeterministic(t *testing.T) {
	var files []file
	for i := 0; i < 60; i++ {
		data := []byte(strings.Repeat(fmt.Sprintf("line %d 法轮功 and 六四事件\n", i), i+1))
		if i%7 == 0 {
			data = zipOf(t, file{"inner.txt", data}, file{"list.txt", []byte(strings.Join(planted, "\n"))})
		}
		files = append(files, file{fmt.Sprintf("f%02d", i), data})
	}
	rom := zipOf(t, files...)
	var first []byte
	for _, workers := range []int{1, 2, 9} {
		r := scanBytes(t, newEngine(t, func(o *scan.Options) { o.Workers = workers }), "rom.zip", rom)
		got, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if !bytes.Equal(got, first) {
			t.Errorf("report with %d workers differs from the one with one", workers)
		}
	}
}

func TestEngineInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	e := newEngine(t, nil)
	r, err := e.Scan(ctx, extract.SourceRoot("rom.zip", extract.BytesSource(zipOf(t, file{"a", []byte("法轮功")}))))
	if err == nil || r.Complete || r.Coverage.Unopened == 0 {
		t.Errorf("error %v, complete %v, coverage %+v", err, r.Complete, r.Coverage)
	}
	validate(t, r)
}

// validate checks a report against the published schema.
func validate(t testing.TB, r *scan.Report) {
	t.Helper()
	f, err := os.Open("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("report.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("report.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(instance); err != nil {
		t.Errorf("report does not follow its schema: %v", err)
	}
}

// TestEngineRepeats scans the same list at three places of two inputs: each place is reported like the first.
func TestEngineRepeats(t *testing.T) {
	data := []byte(strings.Repeat("# padding of the file\n", 300) + strings.Join(planted, "\n"))
	first := zipOf(t, file{"a/words.txt", data}, file{"b/copy.bin", data}, file{"c.txt", []byte(strings.Repeat("other text ", 1000))})
	second := zipOf(t, file{"d/words.txt", data})
	for workers := 1; workers <= 4; workers++ {
		e := newEngine(t, func(o *scan.Options) { o.Workers = workers })
		r, err := e.Scan(context.Background(), extract.SourceRoot("one.zip", extract.BytesSource(first)), extract.SourceRoot("two.zip", extract.BytesSource(second)))
		if err != nil {
			t.Fatal(err)
		}
		lists := ofKind(r, scan.KindList)
		if len(lists) != 3 || r.Counts.Repeated != 2 {
			t.Fatalf("%d workers: %d lists, %d artefacts repeated, want 3 and 2", workers, len(lists), r.Counts.Repeated)
		}
		for _, f := range lists {
			if !reflect.DeepEqual(f.List.Entries, lists[0].List.Entries) || f.Artifact.SHA256 != lists[0].Artifact.SHA256 {
				t.Errorf("%d workers: %s differs from %s", workers, f.Path, lists[0].Path)
			}
		}
	}
}

// TestEngineClasses scans a list of packages as it was in a system app, and one of hosts: each is a list of a class of its own.
func TestEngineClasses(t *testing.T) {
	packages := "com.golden.freegate\norg.getlantern.lantern\nlantern-installer\ncom.nordvpn.android\ncom.xfx.surfvpn\nus.ultrasurf.mobile.ultrasurf\n" +
		"com.fast.free.unblock.secure.vpn\ncom.fast.free.unblock.thunder.vpn\ncom.expressvpn.vpn\ncom.jrzheng.supervpnfree\norg.greatfire.freebrowser\n"
	r := scanBytes(t, newEngine(t, nil), "vpn.txt", []byte(packages))
	if l := ofKind(r, scan.KindList); len(l) != 1 || l[0].List.Class != scan.ClassPackages || len(l[0].List.Entries) != 11 {
		t.Errorf("packages: %+v", l)
	}
	r = scanBytes(t, newEngine(t, nil), "one.txt", []byte("the package com.golden.freegate is named here once\n"))
	if len(r.Findings) != 0 {
		t.Errorf("one package: %+v", r.Findings)
	}
}

// TestEngineReferences compares a list with two references: what they hold is counted, and not searched for.
func TestEngineReferences(t *testing.T) {
	reference := func(name string, terms ...string) *wordlists.List {
		l := &wordlists.List{Name: name, Kind: wordlists.KindReference}
		for _, s := range terms {
			l.Terms = append(l.Terms, wordlists.Term{Text: s})
		}
		return l
	}
	e := newEngine(t, func(o *scan.Options) {
		o.Wordlists = append(o.Wordlists, reference("small", "生词甲", "自创词"), reference("large", planted[:12]...), reference("other", "无关"))
	})
	r := scanBytes(t, e, "words.txt", []byte(strings.Join(planted, "\n")))
	lists := ofKind(r, scan.KindList)
	if len(lists) != 1 {
		t.Fatalf("%d lists", len(lists))
	}
	want := []scan.Overlap{{Wordlist: "large", Common: 12, OfList: 0.5, OfReference: 1}, {Wordlist: "small", Common: 1, OfList: 0.0417, OfReference: 0.5}}
	if got := lists[0].List.Overlap; !reflect.DeepEqual(got, want) {
		t.Errorf("overlap %+v, want %+v", got, want)
	}
	if r := scanBytes(t, e, "own.txt", []byte("自创词 is the term of a reference alone")); len(r.Findings) > 0 || r.Counts.Hits > 0 {
		t.Errorf("a reference is searched for: %+v", r.Findings)
	}
}
