package wordlists

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func builtin(t testing.TB) map[string]*List {
	t.Helper()
	lists, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*List{}
	for _, l := range lists {
		byName[l.Name] = l
	}
	return byName
}

func TestBuiltinFiles(t *testing.T) {
	entries, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(builtinFiles(), e.Name()) {
			t.Errorf("%s is embedded but not registered in builtinFiles", e.Name())
		}
	}
	lists := builtin(t)
	for _, name := range builtinFiles() {
		raw, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		l := lists[strings.TrimSuffix(name, ".tsv")]
		if l == nil {
			t.Fatalf("%s: its name in the header is another", name)
		}
		if l.Version == "" || l.Description == "" || len(l.Sources) == 0 {
			t.Errorf("%s: header without version, description or sources", name)
		}
		var b bytes.Buffer
		if err := Export(&b, l, FormatTSV); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), raw) {
			t.Errorf("%s is not in canonical form", name)
		}
	}
}

func TestBuiltinContent(t *testing.T) {
	lists := builtin(t)
	for _, tc := range []struct {
		name     string
		kind     Kind
		min, max int
	}{
		{"ncsc-2021", KindTerms, 28, 40},
		{"political", KindTerms, 400, 520},
		{"context", KindContext, 450, 600},
		{"loaders", KindLoaders, 70, 150},
		{"endpoints", KindEndpoints, 9, 30},
	} {
		l := lists[tc.name]
		if l.Kind != tc.kind {
			t.Errorf("%s: kind %q, want %q", tc.name, l.Kind, tc.kind)
		}
		if n := len(l.Terms); n < tc.min || n > tc.max {
			t.Errorf("%s: %d terms, want %d to %d", tc.name, n, tc.min, tc.max)
		}
		for _, p := range Check(l) {
			t.Errorf("%s: %v", tc.name, p)
		}
		for _, term := range l.Terms {
			if term.Language == "" || term.Category == "" || len(term.Sources) == 0 {
				t.Errorf("%s:%d: %q lacks language, category or sources", tc.name, term.Line, term.Text)
			}
			if (tc.kind == KindTerms || tc.kind == KindContext) && Subject(term.Category) == SubjectOther {
				t.Errorf("%s:%d: category %q has no subject", tc.name, term.Line, term.Category)
			}
		}
	}
	for _, term := range lists["political"].Terms {
		if !lists["political"].StandsAlone(term) {
			t.Errorf("political: %q of category %q does not stand alone", term.Text, term.Category)
		}
	}
	known := map[string]bool{}
	for _, term := range lists["political"].Terms {
		known[Fold(term.Text)] = true
	}
	for _, term := range lists["context"].Terms {
		if known[Fold(term.Text)] {
			t.Errorf("%q stands in political and in context", term.Text)
		}
	}
}

// TestAttested compares the counts in the sources column with the table that they were taken from.
func TestAttested(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "shared", "facts", "attested-terms.tsv"))
	if err != nil {
		t.Skipf("facts: %v", err)
	}
	defer f.Close()
	attested := map[string]string{}
	scanner := bufio.NewScanner(f)
	for scanner.Scan() {
		if line := scanner.Text(); !strings.HasPrefix(line, "#") {
			if fields := strings.Split(line, "\t"); len(fields) > 1 {
				attested[fields[0]] = "attested:" + fields[1]
			}
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	for term, n := range countInSamples(t) {
		if attested[term] == "" {
			attested[term] = fmt.Sprintf("dev:%d", n)
		}
	}
	lists := builtin(t)
	for _, name := range []string{"political", "context"} {
		for _, term := range lists[name].Terms {
			if term.Category == "vpn-packages" {
				continue // from the press
			}
			if want := attested[term.Text]; !slices.Equal(term.Sources, []string{want}) {
				t.Errorf("%s:%d: %q has sources %q, the table %q", name, term.Line, term.Text, term.Sources, want)
			}
		}
	}
}

// countInSamples tells how many of the sample lists hold an entry.
func countInSamples(t *testing.T) map[string]int {
	dir := filepath.Join("..", "..", "shared", "samples", "lists-dev", "positive")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Skipf("samples: %v", err)
	}
	counts := map[string]int{}
	for _, f := range files {
		raw, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for line := range strings.Lines(string(raw)) {
			if entry := strings.ToLower(strings.TrimSpace(line)); !seen[entry] {
				seen[entry] = true
				counts[entry]++
			}
		}
	}
	return counts
}

func TestStandsAlone(t *testing.T) {
	lists := builtin(t)
	for _, tc := range []struct {
		list, term string
		want       bool
	}{
		{"political", "法轮功", true},
		{"ncsc-2021", "自由西藏", true},
		{"ncsc-2021", "香港", false}, // in every list of provinces
		{"ncsc-2021", "台独", false}, // in 平台独立, platform-independent
		{"context", "六合彩", false},
		{"loaders", "MiAdBlacklistConfig", true},
		{"loaders", "badwords.txt", false},
		{"endpoints", "globalapi.ad.xiaomi.com", true},
	} {
		l := lists[tc.list]
		i := slices.IndexFunc(l.Terms, func(term Term) bool { return term.Text == tc.term })
		if i < 0 {
			t.Errorf("%s: no %q", tc.list, tc.term)
		} else if got := l.StandsAlone(l.Terms[i]); got != tc.want {
			t.Errorf("%s: StandsAlone(%q) = %v", tc.list, tc.term, got)
		}
	}
}

func TestSelect(t *testing.T) {
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	names := func(lists []*List) (out []string) {
		for _, l := range lists {
			out = append(out, l.Name)
		}
		return out
	}
	for _, tc := range []struct {
		only, want []string
	}{
		{nil, names(all)},
		{[]string{"loaders", "political", "loaders"}, []string{"political", "loaders"}},
	} {
		got, err := Select(all, tc.only)
		if err != nil || !slices.Equal(names(got), tc.want) {
			t.Errorf("Select(%q) = %q, %v; want %q", tc.only, names(got), err, tc.want)
		}
	}
	if _, err := Select(all, []string{"politics"}); err == nil || !strings.Contains(err.Error(), `"politics" (known: ncsc-2021, political`) {
		t.Errorf("Select of an unknown name: %v", err)
	}
}

func TestSubject(t *testing.T) {
	for category, want := range map[string]string{
		"june-4": SubjectPolitical, "leaders-general": SubjectPolitical, "falun-gong": SubjectReligious,
		"weapons": SubjectViolence, "Prurient Interests": SubjectOther, "": SubjectOther,
	} {
		if got := Subject(category); got != want || !slices.Contains(Subjects(), got) {
			t.Errorf("Subject(%q) = %q, want %q", category, got, want)
		}
	}
}
