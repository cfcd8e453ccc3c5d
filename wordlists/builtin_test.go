package wordlists

import (
	"slices"
	"testing"
)

func TestBuiltin(t *testing.T) {
	lists, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(builtinFiles(), e.Name()) {
			t.Errorf("%s is embedded but not registered in builtinFiles", e.Name())
		}
	}
	for i, l := range lists {
		if want := l.Name + ".tsv"; builtinFiles()[i] != want {
			t.Errorf("list %q stands in %s, want %s", l.Name, builtinFiles()[i], want)
		}
		for _, p := range Check(l) {
			t.Errorf("%s: %v", l.Name, p)
		}
	}
}
