// Package manual writes pages of documentation from the commands themselves: Markdown, and man pages (man(7) macros).
package manual

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Page is a file of documentation.
type Page struct {
	Name string // file name: "censorscan_scan.md", "censorscan-scan.1"
	Text string
}

// Pages gives two pages for c and for each of its commands, in their order; commands that are hidden have none.
func Pages(c *cobra.Command) []Page {
	path := c.CommandPath()
	pages := []Page{{strings.ReplaceAll(path, " ", "_") + ".md", markdown(c)}, {strings.ReplaceAll(path, " ", "-") + ".1", man(c)}}
	for _, sub := range shown(c) {
		pages = append(pages, Pages(sub)...)
	}
	return pages
}

// shown are the commands of c that its help names.
func shown(c *cobra.Command) []*cobra.Command {
	var out []*cobra.Command
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			out = append(out, sub)
		}
	}
	return out
}

// flags are the flags of c, in the order of their names.
func flags(c *cobra.Command) []*pflag.Flag {
	c.InitDefaultHelpFlag()
	var out []*pflag.Flag
	add := func(f *pflag.Flag) {
		if !f.Hidden && f.Deprecated == "" {
			out = append(out, f)
		}
	}
	c.NonInheritedFlags().VisitAll(add)
	c.InheritedFlags().VisitAll(add)
	return out
}

// spelled is a flag as one writes it, what it takes, and what it does with its default.
func spelled(f *pflag.Flag) (names, value, usage string) {
	names = "--" + f.Name
	if f.Shorthand != "" {
		names = "-" + f.Shorthand + ", " + names
	}
	value, usage = pflag.UnquoteUsage(f)
	switch f.DefValue {
	case "", "false", "[]", "0", "0s":
	default:
		usage += fmt.Sprintf(" (default %s)", strings.Trim(f.DefValue, "[]"))
	}
	return names, value, usage
}

func markdown(c *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s.\n\n```\n%s\n```\n\n```\n%s\n```\n", c.CommandPath(), c.Short, usageLine(c), strings.TrimSpace(c.Long))
	if c.Example != "" {
		fmt.Fprintf(&b, "\n## Examples\n\n```\n%s\n```\n", strings.TrimRight(c.Example, "\n"))
	}
	b.WriteString("\n## Flags\n\n| flag | takes | what it does |\n|---|---|---|\n")
	for _, f := range flags(c) {
		names, value, usage := spelled(f)
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", names, value, strings.ReplaceAll(usage, "|", `\|`))
	}
	if sub := shown(c); len(sub) > 0 {
		b.WriteString("\n## Commands\n\n")
		for _, s := range sub {
			fmt.Fprintf(&b, "- [%s](%s.md): %s\n", s.CommandPath(), strings.ReplaceAll(s.CommandPath(), " ", "_"), s.Short)
		}
	}
	return b.String()
}

func usageLine(c *cobra.Command) string {
	if c.Runnable() && !c.HasParent() {
		return c.CommandPath() + " COMMAND"
	}
	return c.UseLine()
}

// roff writes text so that no character of it is a command.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

func man(c *cobra.Command) string {
	var b strings.Builder
	page := strings.ReplaceAll(c.CommandPath(), " ", "-")
	fmt.Fprintf(&b, ".TH %s 1 \"\" censorscan \"censorscan manual\"\n.SH NAME\n%s \\- %s\n", roff(strings.ToUpper(page)), roff(page), roff(c.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n.SH DESCRIPTION\n.nf\n%s\n.fi\n", roff(usageLine(c)), roff(strings.TrimSpace(c.Long)))
	b.WriteString(".SH OPTIONS\n")
	for _, f := range flags(c) {
		names, value, usage := spelled(f)
		fmt.Fprintf(&b, ".TP\n\\fB%s\\fR \\fI%s\\fR\n%s\n", roff(names), roff(value), roff(usage))
	}
	if c.Example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(strings.TrimRight(c.Example, "\n")))
	}
	var also []string
	if c.HasParent() {
		also = append(also, strings.ReplaceAll(c.Parent().CommandPath(), " ", "-"))
	}
	for _, s := range shown(c) {
		also = append(also, strings.ReplaceAll(s.CommandPath(), " ", "-"))
	}
	if len(also) > 0 {
		b.WriteString(".SH SEE ALSO\n")
		for i, a := range also {
			if i > 0 {
				b.WriteString(",\n")
			}
			fmt.Fprintf(&b, ".BR %s (1)", roff(a))
		}
		b.WriteString("\n")
	}
	return b.String()
}
