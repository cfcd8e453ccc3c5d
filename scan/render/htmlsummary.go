package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/recover"
	"github.com/censorscan/censorscan/wordlists"
)

// maxNamed is how many apps and how many subjects the summary names.
const maxNamed = 6

// summarise says in sentences what the report holds: what is present, not what for.
func (p *reportPage) summarise() {
	total := 0
	classes := map[string]int{}
	seen := map[string]bool{}
	counts, places := map[string]int{}, map[string]int{}
	for _, c := range p.Lists {
		classes[c.List.Class]++
		if c.List.Class != scan.ClassBlocklist {
			continue
		}
		total += len(c.List.Entries)
		places[cmp.Or(appName(&c.Finding), "files outside of apps")]++
		for _, e := range c.List.Entries {
			if key := recover.Fold(e.Text); !seen[key] {
				seen[key] = true
				if e.Category != "" {
					counts[wordlists.Subject(e.Category)]++
				}
			}
		}
	}
	p.Distinct, p.Subjects = len(seen), bars(counts, len(seen))
	known := 0
	for _, n := range counts {
		known += n
	}
	say := func(format string, args ...any) { p.Summary = append(p.Summary, fmt.Sprintf(format, args...)) }
	blocklists := classes[scan.ClassBlocklist]
	if blocklists == 0 {
		say("No blocklist was found in the bytes that were searched.")
	} else {
		say("%s present in the image: %s in all, %s of them different from each other.", are(blocklists, "blocklist"), many(total, "entry", "entries"), number(len(seen)))
		say("%s of the different entries (%.1f %%) are terms of the wordlists or hold one; of the others the wordlists say nothing.", number(known), 100*float64(known)/float64(max(1, len(seen))))
		if known > 0 {
			say("The known ones by subject: %s.", theMost(counts))
		}
		say("The blocklists stand in: %s.", theMost(places))
	}
	for _, class := range []string{scan.ClassPackages, scan.ClassHosts} {
		if n := classes[class]; n > 0 {
			say("%s of %s present too: known terms stand in %s as in a blocklist.", plural(n, "list"), class+map[bool]string{true: " is", false: " are"}[n == 1],
				map[bool]string{true: "it", false: "them"}[n == 1])
		}
	}
	if n := classes[scan.ClassWordCollection]; n > 0 {
		say("%s present too: too little is known in %s to call %s.", are(n, "word collection"), map[bool]string{true: "it", false: "them"}[n == 1],
			map[bool]string{true: "it a blocklist", false: "them blocklists"}[n == 1])
	}
	if n := len(p.Loaders); n > 0 {
		say("%s present: code or configuration that fetches or reads a list. What is only fetched when a device runs is not in the image.", are(n, "loader"))
	}
	if p.Terms > 0 {
		say("%s present that %s alone, in no list.", are(p.Terms, "known term"), map[bool]string{true: "stands", false: "stand"}[p.Terms == 1])
	}
	c := p.Coverage
	switch {
	case c.Unopened > 0:
		say("%s of %s could be opened. What is in the other %s is not known; the coverage below names it, with reasons.", Percent(c.Ledger), Bytes(c.Size), Bytes(c.Unopened))
	case len(c.Items) > 0:
		say("All of the %s could be read; %s below something that was not whole.", Bytes(c.Size), map[bool]string{true: "a record names", false: "records name"}[len(c.Items) == 1])
	default:
		say("All of the %s could be opened.", Bytes(c.Size))
	}
	p.Figures = []figure{
		counted(blocklists, "blocklist", "blocklists"), counted(len(seen), "different entry", "different entries"), counted(len(p.Loaders), "loader", "loaders"),
		counted(p.Terms, "single term", "single terms"), {Percent(c.Ledger), "opened"},
	}
}

func counted(n int, one, more string) figure {
	if n == 1 {
		return figure{"1", one}
	}
	return figure{number(n), more}
}

// are is a number of things and its verb.
func are(n int, what string) string {
	if n == 1 {
		return "1 " + what + " is"
	}
	return number(n) + " " + what + "s are"
}

func many(n int, one, more string) string {
	f := counted(n, one, more)
	return f.Value + " " + f.Label
}

// theMost names what there is most of.
func theMost(counts map[string]int) string {
	var order []string
	for name := range counts {
		order = append(order, name)
	}
	slices.SortFunc(order, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	var parts []string
	for i, name := range order {
		if i == maxNamed && len(order) > maxNamed+1 {
			parts = append(parts, fmt.Sprintf("%d more", len(order)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%s (%d)", name, counts[name]))
	}
	return strings.Join(parts, ", ")
}
