package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// program has a command scan, and set with a command add below; level means the same in both, output does not.
func program() *cobra.Command {
	root := &cobra.Command{Use: "prog"}
	root.PersistentFlags().String("config", "", "the file")
	scan := &cobra.Command{Use: "scan", Run: func(*cobra.Command, []string) {}}
	scan.Flags().String("level", "warn", "how much")
	scan.Flags().StringArray("output", []string{"-"}, "forms")
	scan.Flags().Float64("share", 0.5, "a number")
	scan.Flags().StringSlice("kind", nil, "kinds")
	scan.Flags().String("set", "", "has the name of a command")
	set := &cobra.Command{Use: "set"}
	add := &cobra.Command{Use: "add", Run: func(*cobra.Command, []string) {}}
	add.Flags().String("level", "warn", "how much")
	add.Flags().String("output", "", "a file")
	set.AddCommand(add)
	root.AddCommand(scan, set)
	return root
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		name, file, env, flags string
		want                   string // settings that are not the default, or an error
	}{
		{"nothing", "", "", "", ""},
		{"comment", "# nothing\n", "", "", ""},
		{"for all", "level: info", "", "", "scan level=info f:1, set add level=info f:1"},
		{"for one", "scan:\n  level: info\n  share: 0.70", "", "", "scan level=info f:2, scan share=0.7 f:3"},
		{"one before all", "level: info\nscan:\n  level: debug", "", "", "scan level=debug f:3, set add level=info f:1"},
		{"below a command", "set: {add: {output: x}}", "", "", "set add output=x f:1"},
		{"flag with the name of a command", "set: x", "", "", "scan set=x f:1"},
		{"list", "scan:\n  output: [a=1, 'b=2']\n  kind:\n    - x\n    - y", "", "", "scan kind=[x,y] f:3, scan output=[a=1,b=2] f:2"},
		{"one value of a list", "scan: {output: a=1}", "", "", "scan output=[a=1] f:1"},
		{"environment", "level: info", "CENSORSCAN_LEVEL=error", "", "scan level=error CENSORSCAN_LEVEL, set add level=error CENSORSCAN_LEVEL"},
		{"environment before a command's own in the file", "scan: {level: info}", "CENSORSCAN_LEVEL=error", "", "scan level=error CENSORSCAN_LEVEL, set add level=error CENSORSCAN_LEVEL"},
		{"environment of a command", "", "CENSORSCAN_SET_ADD_OUTPUT=x CENSORSCAN_SCAN_LEVEL=a CENSORSCAN_LEVEL=b", "", "scan level=a CENSORSCAN_SCAN_LEVEL, set add level=b CENSORSCAN_LEVEL, set add output=x CENSORSCAN_SET_ADD_OUTPUT"},
		{"empty variable", "level: info", "CENSORSCAN_LEVEL=", "", "scan level=info f:1, set add level=info f:1"},
		{"flag wins", "level: info", "CENSORSCAN_LEVEL=error", "--level=debug", "scan level=debug"},

		{"unknown", "level: info\nlevle: debug", "", "", `f:2: there is no setting "levle"`},
		{"unknown in a command", "scan:\n  outptu: x", "", "", `f:2: censorscan scan has no setting "outptu"`},
		{"unknown command", "scna:\n  level: x", "", "", `f:1: there is no command "scna"`},
		{"unknown below", "set:\n  del:\n    x: 1", "", "", `f:2: there is no command "set del"`},
		{"two meanings", "output: x", "", "", "f:1: output does not mean the same in scan, set add: put it under the command"},
		{"no setting", "config: x", "", "", `f:1: there is no setting "config"`},
		{"twice", "level: a\nlevel: b", "", "", "f: "},
		{"no value", "level:", "", "", "f:1: level has no value"},
		{"nested list", "scan: {output: [[a]]}", "", "", "f:1: output takes plain values"},
		{"no pairs", "- level", "", "", "f:1: settings are pairs of a name and a value"},
		{"bad value", "scan:\n  share: much", "", "", "f:2: share: strconv"},
		{"two values", "level: [a, b]", "", "", "f:1: level: takes one value, not 2"},
		{"no YAML", "level: [", "", "", "f: "},
		{"unknown variable", "", "CENSORSCAN_LEVLE=x", "", "the environment variable CENSORSCAN_LEVLE is no setting"},
		{"variable of two meanings", "", "CENSORSCAN_OUTPUT=x", "", "CENSORSCAN_OUTPUT: output does not mean the same"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := ""
			if c.file != "" {
				file = filepath.Join(t.TempDir(), FileName)
				if err := os.WriteFile(file, []byte(c.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got := outcome(file, strings.Fields(c.env), c.flags)
			if file != "" {
				got = strings.ReplaceAll(got, file, "f")
			}
			if got != c.want && !(len(c.want) > 0 && !strings.Contains(c.want, "=") && strings.Contains(got, c.want)) {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

// outcome is what differs from the defaults of a new program, or the error.
func outcome(file string, environ []string, flags string) string {
	root := program()
	if flags != "" {
		if err := root.Commands()[0].Flags().Parse(strings.Fields(flags)); err != nil {
			return err.Error()
		}
		s, err := Load(root, file, environ)
		if err != nil {
			return err.Error()
		}
		if err := s.Apply(root.Commands()[0]); err != nil {
			return err.Error()
		}
		return "scan level=" + root.Commands()[0].Flags().Lookup("level").Value.String()
	}
	s, err := Load(root, file, environ)
	if err != nil {
		return err.Error()
	}
	rows, err := s.Rows(root)
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, r := range rows {
		if r.Origin != "default" {
			out = append(out, fmt.Sprintf("%s %s=%s %s", r.Command, r.Name, r.Value, r.Origin))
		}
	}
	return strings.Join(out, ", ")
}

func TestMissingFile(t *testing.T) {
	if got := outcome(filepath.Join(t.TempDir(), "none.yaml"), nil, ""); !strings.Contains(got, "reading the settings") {
		t.Error(got)
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte("level: info\nscan:\n  output: [a=1, b]\n"))
	f.Add([]byte("scan: &a\n  level: *a\n? [x]\n: |\n  y\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		file := filepath.Join(t.TempDir(), FileName)
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		outcome(file, nil, "")
	})
}
