package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/censorscan/censorscan/wordlists"
)

// addCompletions makes shells complete the values of flags, of all commands below c: from the help text of each flag, which names them, so that there is no
// second list of them.
func addCompletions(c *cobra.Command) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		var complete cobra.CompletionFunc
		switch {
		case f.Name == "only":
			complete = completeWordlists
		case f.Name == "fail-on" && f.Value.Type() == "stringSlice":
			complete = cobra.FixedCompletions(changes(), cobra.ShellCompDirectiveNoFileComp)
		case len(outputForms(f.Usage)) > 0:
			complete = cobra.FixedCompletions(suffixed(outputForms(f.Usage), "="), cobra.ShellCompDirectiveNoSpace|cobra.ShellCompDirectiveNoFileComp)
		case len(choices(f.Usage)) > 0:
			complete = cobra.FixedCompletions(choices(f.Usage), cobra.ShellCompDirectiveNoFileComp)
		case f.Name == "policy" || f.Name == "config":
			complete = cobra.FixedCompletions([]string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt)
		case f.Name == "baseline":
			complete = cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveFilterFileExt)
		default:
			return
		}
		if err := c.RegisterFlagCompletionFunc(f.Name, complete); err != nil {
			panic(err) // a flag that is there, and asked once
		}
	})
	if strings.Contains(c.Use, "NAME|FILE") {
		c.ValidArgsFunction = func(c *cobra.Command, args []string, s string) ([]string, cobra.ShellCompDirective) {
			names, _ := completeWordlists(c, args, s)
			return names, cobra.ShellCompDirectiveDefault
		}
	}
	for _, sub := range c.Commands() {
		addCompletions(sub)
	}
}

func completeWordlists(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	lists, err := wordlists.Builtin()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for _, l := range lists {
		names = append(names, cobra.CompletionWithDesc(l.Name, l.Description))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

var (
	choiceList = regexp.MustCompile(`(?:^|: )([a-z-]+(?:, [a-z-]+)+(?: or [a-z-]+)?)(?: \(|$)`)
	formWord   = regexp.MustCompile("([a-z0-9-]+)=`?FILE")
	formList   = regexp.MustCompile(`FORM of ([a-z0-9-]+(?:, [a-z0-9-]+)*)`)
	formBefore = regexp.MustCompile("(?:[a-z0-9-]+(?:, | or ))+[a-z0-9-]+=`FILE")
)

// choices are the values that a help text names at its end or before a parenthesis: "messages: debug, info".
func choices(usage string) []string {
	m := choiceList.FindStringSubmatch(usage)
	if m == nil {
		return nil
	}
	return strings.Split(strings.Replace(m[1], " or ", ", ", 1), ", ")
}

// outputForms are the forms of FORM=FILE that a help text names.
func outputForms(usage string) []string {
	if m := formList.FindStringSubmatch(usage); m != nil {
		return strings.Split(m[1], ", ")
	}
	var forms []string
	if m := formBefore.FindString(usage); m != "" { // json, markdown or table=`FILE`
		m = strings.ReplaceAll(m[:strings.Index(m, "=")], " or ", ", ")
		forms = strings.Split(m, ", ")
	}
	for _, m := range formWord.FindAllStringSubmatch(usage, -1) {
		if !slices.Contains(forms, m[1]) {
			forms = append(forms, m[1])
		}
	}
	return forms
}

func suffixed(words []string, suffix string) []string {
	var out []string
	for _, w := range words {
		out = append(out, w+suffix)
	}
	return out
}
