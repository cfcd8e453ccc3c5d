package diff

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/scan"
)

// reportOf makes a report of the lists at the paths given: entries separated by spaces.
func reportOf(input string, lists ...[2]string) *scan.Report {
	r := &scan.Report{Schema: scan.Schema, Complete: true, Inputs: []scan.Input{{Name: input}}}
	for _, l := range lists {
		words := strings.Fields(l[1])
		list := &scan.List{Class: scan.ClassBlocklist, Encoding: "utf-8", Recipe: []string{"lines (LF)"}}
		for i, w := range words {
			list.Entries = append(list.Entries, scan.Entry{Text: w, Offset: int64(i), Category: map[bool]string{true: "k"}[w < "m"]})
		}
		slices.Sort(words)
		words = slices.Compact(words)
		list.Distinct = len(words)
		sum := sha256.Sum256([]byte(strings.Join(words, "\n")))
		list.CanonicalSHA256 = hex.EncodeToString(sum[:])
		r.Findings = append(r.Findings, scan.Finding{ID: fmt.Sprintf("%s%d", input, len(r.Findings)), Kind: scan.KindList, Path: input + "!" + l[0], List: list})
	}
	return r
}

func summary(d *Diff) string {
	var out []string
	for _, l := range d.Lists {
		s := string(l.Status)
		if l.Old != nil {
			s += " " + l.Old.Path
		}
		if l.New != nil {
			s += " " + l.New.Path
		}
		if l.Status == Changed {
			s += fmt.Sprintf(" +%s -%s =%d", strings.Join(l.Added, ","), strings.Join(l.Removed, ","), l.Kept)
		}
		if len(l.Form) > 0 {
			s += " (" + strings.Join(l.Form, ",") + ")"
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

func TestLists(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, new [][2]string
		want     string
	}{
		{"nothing", nil, nil, ""},
		{"the same", [][2]string{{"p", "a b c"}}, [][2]string{{"p", "a b c"}}, "unchanged o!p n!p"},
		{"entries", [][2]string{{"p", "a b c d"}}, [][2]string{{"p", "b a e c"}}, "changed o!p n!p +e -d =3 (order)"},
		{"a word in another width is the same", [][2]string{{"p", "Ａ b c"}}, [][2]string{{"p", "a b c"}}, "unchanged o!p n!p"},
		{"duplicates", [][2]string{{"p", "a b c"}}, [][2]string{{"p", "a b c b"}}, "unchanged o!p n!p (duplicates)"},
		{"moved", [][2]string{{"p", "a b c"}}, [][2]string{{"q", "a b c"}}, "moved o!p n!q"},
		{"moved and changed", [][2]string{{"p", "a b c d"}}, [][2]string{{"q", "a b c e"}}, "changed o!p n!q +e -d =3"},
		{"strangers", [][2]string{{"p", "a b c"}}, [][2]string{{"q", "x y z"}}, "added n!q; removed o!p"},
		{"strangers at one place", [][2]string{{"p", "a b c"}}, [][2]string{{"p", "x y z"}}, "added n!p; removed o!p"},
		{"renamed in the app", [][2]string{{"A.apk!x", "a b c d e f g h"}}, [][2]string{{"A.apk!y", "a b c i j k l m"}}, "changed o!A.apk!x n!A.apk!y +i,j,k,l,m -d,e,f,g,h =3"},
		{"as unlike in two apps", [][2]string{{"A.apk!x", "a b c d e f g h"}}, [][2]string{{"B.apk!y", "a b c i j k l m"}}, "added n!B.apk!y; removed o!A.apk!x"},
		{"two swap places", [][2]string{{"p", "a b c"}, {"q", "x y z"}}, [][2]string{{"p", "x y z"}, {"q", "a b c"}}, "moved o!q n!p; moved o!p n!q"},
		{"two at one place", [][2]string{{"p", "a b c d"}, {"p", "u v w x"}}, [][2]string{{"p", "u v w y"}, {"p", "a b c e"}},
			"changed o!p n!p +y -x =3; changed o!p n!p +e -d =3"},
		{"a copy more", [][2]string{{"p", "a b c"}}, [][2]string{{"p", "a b c"}, {"q", "a b c"}}, "unchanged o!p n!p; added n!q"},
	} {
		if got := summary(Compare(reportOf("o", c.old...), reportOf("n", c.new...), scan.Tool{})); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// mirror swaps the sides of a diff.
func mirror(d *Diff) *Diff {
	turn := func(s Status) Status {
		switch s {
		case Added:
			return Removed
		case Removed:
			return Added
		}
		return s
	}
	m := *d
	m.Old, m.New = d.New, d.Old
	m.Lists, m.Loaders, m.Terms = nil, nil, nil
	for _, l := range d.Lists {
		l.Status, l.Old, l.New, l.Added, l.Removed = turn(l.Status), l.New, l.Old, l.Removed, l.Added
		l.AddedCategories, l.RemovedCategories = l.RemovedCategories, l.AddedCategories
		m.Lists = append(m.Lists, l)
	}
	return &m
}

// asSet is the lists of a diff without their order.
func asSet(d *Diff) map[string]int {
	out := map[string]int{}
	for _, l := range d.Lists {
		old, new := "", ""
		if l.Old != nil {
			old = l.Old.Finding
		}
		if l.New != nil {
			new = l.New.Finding
		}
		out[fmt.Sprint(l.Status, old, ">", new, l.Added, l.Removed, l.AddedCategories, l.RemovedCategories, l.Form, l.Kept, l.Similarity)]++
	}
	return out
}

// TestProperties compares random reports: one with itself gives nothing, the mirror of a diff is the diff of the mirror, and removing what was removed and adding what was
// added makes the old list the new one.
func TestProperties(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	random := func(name string) *scan.Report {
		var lists [][2]string
		for range rng.Intn(7) {
			var words []string
			for range 1 + rng.Intn(12) {
				words = append(words, string(rune('a'+rng.Intn(20))))
			}
			lists = append(lists, [2]string{[]string{"p", "q", "A.apk!x", "A.apk!y", "B.apk!x"}[rng.Intn(5)], strings.Join(words, " ")})
		}
		return reportOf(name, lists...)
	}
	for range 3000 {
		a, b := random("o"), random("n")
		if d := Compare(a, a, scan.Tool{}); !d.Empty() || d.Counts.EntriesAdded+d.Counts.EntriesRemoved > 0 {
			t.Fatalf("a report differs from itself: %s", summary(d))
		}
		there, back := Compare(a, b, scan.Tool{}), Compare(b, a, scan.Tool{})
		if !reflect.DeepEqual(asSet(mirror(there)), asSet(back)) {
			t.Fatalf("the mirror of %s is %s", summary(there), summary(back))
		}
		for _, l := range there.Lists {
			if l.Old == nil || l.New == nil {
				continue
			}
			old, new := setOf(listOf(a, l.Old.Finding)), setOf(listOf(b, l.New.Finding))
			for _, e := range l.Removed {
				delete(old, e)
			}
			for _, e := range l.Added {
				old[e] = true
			}
			if !reflect.DeepEqual(old, new) || l.Kept+len(l.Added) != len(new) {
				t.Fatalf("%s: applied, it gives %v, not %v", summary(there), old, new)
			}
		}
	}
}

func setOf(l *scan.List) map[string]bool {
	out := map[string]bool{}
	for _, e := range l.Entries {
		out[e.Text] = true
	}
	return out
}

// TestOthers compares loaders and terms, and the notes on what was not opened.
func TestOthers(t *testing.T) {
	loader := func(path, mechanism string, indicators ...string) scan.Finding {
		l := &scan.Loader{Mechanism: mechanism}
		for _, i := range indicators {
			l.Indicators = append(l.Indicators, scan.Indicator{Text: i})
		}
		return scan.Finding{Kind: scan.KindLoader, Path: path, Loader: l}
	}
	term := func(path, text string) scan.Finding {
		return scan.Finding{Kind: scan.KindTerm, Path: path, Term: &scan.Term{Term: text}}
	}
	a := reportOf("o", [2]string{"payload.bin!product!/x.txt", "a b c"})
	a.Coverage.Partitions = []scan.PartitionCoverage{{Path: "o!payload.bin!product"}, {Path: "o!s"}, {Path: "o!payload.bin!system"}}
	a.Findings = append(a.Findings, loader("o!s!/1", "miad", "i1", "i2"), loader("o!s!/2", "miad", "i1"), loader("o!s!/3", "keyword", "k"), term("o!s!/t", "t1"), term("o!s!/t", "t2"), term("o!s!/u", "t1"))
	b := reportOf("n")
	b.Coverage.Partitions = []scan.PartitionCoverage{{Path: "n!s"}, {Path: "n!payload.bin!system"}}
	b.Coverage.Items = []scan.CoverageItem{{Path: "n!s!/t", Size: 7, Reason: "damaged", Detail: "why"}}
	b.Findings = append(b.Findings, loader("n!s!/1", "miad", "i2", "i3"), loader("n!s!/4", "keyword", "k"), loader("n!s!/5", "new", "n"), term("n!s!/v", "t1"), term("n!s!/w", "t3"))
	d := Compare(a, b, scan.Tool{})
	if l := d.Lists; len(l) != 1 || l[0].Status != Removed || l[0].Note != "there is no partition product on that side" {
		t.Errorf("lists %+v", l)
	}
	wantLoaders := []Loader{
		{Status: Changed, Mechanism: "miad", Old: "o!s!/1", New: "n!s!/1", Added: []string{"i3"}, Removed: []string{"i1"}},
		{Status: Moved, Mechanism: "keyword", Old: "o!s!/3", New: "n!s!/4", Added: []string{}, Removed: []string{}},
		{Status: Added, Mechanism: "new", New: "n!s!/5", Added: []string{"n"}, Removed: []string{}},
		{Status: Removed, Mechanism: "miad", Old: "o!s!/2", Added: []string{}, Removed: []string{"i1"}},
	}
	if !reflect.DeepEqual(d.Loaders, wantLoaders) {
		t.Errorf("loaders\n got %+v\nwant %+v", d.Loaders, wantLoaders)
	}
	wantTerms := []Term{
		{Status: Moved, Term: "t1", Old: "o!s!/t", New: "n!s!/v"},
		{Status: Added, Term: "t3", New: "n!s!/w"},
		{Status: Removed, Term: "t2", Old: "o!s!/t", Note: "n!s!/t was not opened: damaged: why"},
		{Status: Removed, Term: "t1", Old: "o!s!/u"},
	}
	if !reflect.DeepEqual(d.Terms, wantTerms) {
		t.Errorf("terms\n got %+v\nwant %+v", d.Terms, wantTerms)
	}
	if d.Empty() {
		t.Error("that is not empty")
	}
}

func TestNotes(t *testing.T) {
	a, b := reportOf("o"), reportOf("n")
	if d := Compare(a, b, scan.Tool{}); len(d.Notes) > 0 {
		t.Errorf("notes on nothing: %q", d.Notes)
	}
	b.Complete, b.Ended = false, "limit"
	b.Coverage.Unopened, b.Coverage.Size = 5, 10
	b.Wordlists = []scan.Wordlist{{Name: "x", Version: "2"}}
	b.Tool.Version = "2"
	a.Inputs[0].Properties = map[string]string{"ro.product.device": "apollo"}
	b.Inputs[0].Properties = map[string]string{"ro.product.device": "venus"}
	d := Compare(a, b, scan.Tool{})
	for i, want := range []string{"did not come to its end: limit", "5 of 10 bytes of the new side", "different wordlists", "different versions", "old apollo, new venus"} {
		if i >= len(d.Notes) || !strings.Contains(d.Notes[i], want) {
			t.Errorf("notes %q, want %q at %d", d.Notes, want, i)
		}
	}
}

func TestFollow(t *testing.T) {
	reports := []*scan.Report{
		reportOf("1", [2]string{"p", "a b c"}),
		reportOf("2", [2]string{"p", "a b d"}, [2]string{"q", "x y z"}),
		reportOf("3", [2]string{"q", "x y z"}),
		reportOf("4", [2]string{"r", "a b d e"}, [2]string{"q", "x y z"}),
	}
	tl, err := Follow(reports, scan.Tool{})
	if err != nil {
		t.Fatal(err)
	}
	if len(tl.Lists) != 2 {
		t.Fatalf("%d lists, want 2", len(tl.Lists))
	}
	l := tl.Lists[0]
	if l.Places[2] != nil || l.Places[3] == nil || l.Places[3].Path != "4!r" {
		t.Errorf("places %+v", l.Places)
	}
	if !reflect.DeepEqual(l.Added, []int{3, 1, 0, 4}) || !reflect.DeepEqual(l.Removed, []int{0, 1, 3, 0}) {
		t.Errorf("added %v, removed %v", l.Added, l.Removed)
	}
	want := map[string][2]int{"a": {0, 3}, "b": {0, 3}, "c": {0, 0}, "d": {1, 3}, "e": {3, 3}}
	for _, h := range l.Entries {
		if w := want[h.Text]; h.First != w[0] || h.Last != w[1] {
			t.Errorf("%s: %d to %d, want %v", h.Text, h.First, h.Last, w)
		}
		delete(want, h.Text)
	}
	if len(want) > 0 {
		t.Errorf("not followed: %v", want)
	}
	if _, err := Follow(reports[:1], scan.Tool{}); err == nil {
		t.Error("a timeline of one")
	}
}

func BenchmarkCompare(b *testing.B) {
	var lists [][2]string
	for i := range 60 {
		var words []string
		for j := range 1000 {
			words = append(words, fmt.Sprint(i*300+j))
		}
		lists = append(lists, [2]string{fmt.Sprint(i), strings.Join(words, " ")})
	}
	x, y := reportOf("o", lists...), reportOf("n", lists[1:]...)
	for b.Loop() {
		Compare(x, y, scan.Tool{})
	}
}

func TestReadBack(t *testing.T) {
	timeline, err := Follow([]*scan.Report{{Schema: scan.Schema}, {Schema: scan.Schema}}, scan.Tool{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		what any
		read func(raw []byte) (any, error)
		bad  []string
	}{
		{Compare(&scan.Report{}, &scan.Report{}, scan.Tool{}), func(raw []byte) (any, error) { return Read(bytes.NewReader(raw)) },
			[]string{"", "{}", "[", `{"schema": "censorscan.diff/2"}`, `{"schema": "censorscan.diff/1", "lists": [{}]}`, `{"schema": "censorscan.report/1"}`}},
		{timeline, func(raw []byte) (any, error) { return ReadTimeline(bytes.NewReader(raw)) }, []string{
			"", "{}", `{"schema": "censorscan.timeline/2"}`, `{"schema": "censorscan.timeline/1", "releases": [{}], "lists": [{}]}`,
			`{"schema": "censorscan.timeline/1", "releases": [{}], "lists": [{"places": [null], "added": [0], "removed": [0], "entries": [{"present": [true], "first": 1}]}]}`}},
	} {
		raw, err := json.Marshal(tt.what)
		if err != nil {
			t.Fatal(err)
		}
		back, err := tt.read(raw)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := json.Marshal(back); err != nil || !bytes.Equal(again, raw) {
			t.Errorf("read back as %s, %v", again, err)
		}
		for _, bad := range append(tt.bad, string(raw[:len(raw)-1]), string(raw)+"{}") {
			if _, err := tt.read([]byte(bad)); err == nil {
				t.Errorf("%.60q is read", bad)
			}
		}
	}
}
