package glob

import "testing"

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		glob, path string
		want       bool
	}{
		{"*.apk", "rom.zip!system!/app/X.apk", true},
		{"*.apk", "rom.zip!system!/app/X.apk!assets/w.txt", false},
		{"**!assets/*", "rom.zip!system!/app/X.apk!assets/w.txt", true},
		{"**!assets/*", "rom.zip!system!/app/X.apk!assets/a/w.txt", false},
		{"rom.zip!**", "rom.zip!x", true},
		{"rom?zip", "rom.zip", true},
		{"rom?zip", "rom/zip", false},
		{"[a-c]x", "bx", true},
		{"[!a-c]x", "bx", false},
		{"a.b", "axb", false},
	} {
		s, err := Compile(c.glob)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Match(c.path); got != c.want {
			t.Errorf("%s on %s: %v, want %v", c.glob, c.path, got, c.want)
		}
	}
	if !(Set{}).Match("anything") {
		t.Error("no patterns match nothing")
	}
	for _, bad := range []string{"[a", "[]", "[z-a]"} {
		if _, err := Compile(bad); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
