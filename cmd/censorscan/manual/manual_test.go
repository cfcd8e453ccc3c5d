package manual

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestPages(t *testing.T) {
	root := &cobra.Command{Use: "prog", Short: "Do things", Long: "Do things.\n.hidden 'and' back\\slash"}
	sub := &cobra.Command{Use: "sub FILE", Short: "One thing", Run: func(*cobra.Command, []string) {}, Example: "  prog sub x"}
	sub.Flags().StringP("out", "o", "-", "write a|b to `FILE`")
	root.AddCommand(sub, &cobra.Command{Use: "secret", Hidden: true, Run: func(*cobra.Command, []string) {}})
	texts := map[string]string{}
	for _, p := range Pages(root) {
		texts[p.Name] = p.Text
	}
	if len(texts) != 4 {
		t.Fatalf("%d pages", len(texts))
	}
	for name, want := range map[string][]string{
		"prog.md":     {"# prog\n", "- [prog sub](prog_sub.md): One thing"},
		"prog.1":      {".TH PROG 1", "\n\\&.hidden \\(aqand\\(aq back\\eslash", ".BR prog\\-sub (1)"},
		"prog_sub.md": {"prog sub FILE", "| `-o, --out` | FILE | write a\\|b to FILE (default -) |", "## Examples\n\n```\n  prog sub x\n```"},
		"prog-sub.1":  {"\\fB\\-o, \\-\\-out\\fR \\fIFILE\\fR\nwrite a|b to FILE (default \\-)", ".BR prog (1)"},
	} {
		for _, w := range want {
			if !strings.Contains(texts[name], w) {
				t.Errorf("%s lacks %q:\n%s", name, w, texts[name])
			}
		}
	}
}
