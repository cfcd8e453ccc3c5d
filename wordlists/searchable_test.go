package wordlists

import (
	"strings"
	"testing"
)

func TestSearchable(t *testing.T) {
	for _, c := range []struct {
		name, list string
		short      bool
		err, twice string
	}{
		{"plain", "法轮功\nFree Tibet", false, "", ""},
		{"one character", "法轮功\n法", false, `x.txt:2: "法" has one character: it is searched for with --short only`, ""},
		{"one character allowed", "法轮功\n法", true, "", ""},
		{"one letter", "a", true, `x.txt:1: "a" has one character`, ""},
		{"one digit in full width", "１\n法轮功", true, `x.txt:1: "１" has one character`, ""},
		{"twice", "Free Tibet\n法轮功\nｆｒｅｅ tibet", false, "", `x.txt:3: "ｆｒｅｅ tibet" stands on line 1 too`},
		{"in conflict", "# kind: terms\nterm\tcategory\n法轮功\tfalun-gong\n法轮功\ttibet", false, `x.txt:4: "法轮功" has category "tibet", and "falun-gong" on line 3`, ""},
		{"a reference", "# kind: reference\nterm\n法\n", false, "", ""},
	} {
		l, err := Import("x.txt", strings.NewReader(c.list), ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		twice, err := Searchable("x.txt", l, c.short)
		if (err == nil) != (c.err == "") || err != nil && !strings.HasPrefix(err.Error(), c.err) || strings.Join(twice, "\n") != c.twice {
			t.Errorf("%s: twice %q, error %v; want %q, %q", c.name, twice, err, c.twice, c.err)
		}
	}
	for _, l := range builtin(t) {
		if twice, err := Searchable(l.Name, l, false); err != nil || len(twice) > 0 {
			t.Errorf("%s: %q, %v", l.Name, twice, err)
		}
	}
}
