package gate

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/censorscan/censorscan/extract/glob"
	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/diff"
	"github.com/censorscan/censorscan/wordlists"
)

// Schema is the name and version of the layout of a Result.
const Schema = "censorscan.gate/1"

// Outcome is the verdict on a report as a whole.
type Outcome string

// The outcomes. A report can fail and be incomplete at once: Fail is told, and Incomplete is set.
const (
	Passed     Outcome = "pass"
	Failed     Outcome = "fail"
	Incomplete Outcome = "incomplete"
)

// Result is a verdict with its reasons.
type Result struct {
	Schema     string       `json:"schema"`
	Tool       scan.Tool    `json:"tool"`
	Policy     string       `json:"policy"`
	Inputs     []scan.Input `json:"inputs"`
	Outcome    Outcome      `json:"outcome"`
	Incomplete bool         `json:"incomplete"` // the coverage falls short of the policy
	Coverage   Covered      `json:"coverage"`
	Judged     []Judged     `json:"judged"`    // every finding, in the order of the report
	Rules      []string     `json:"rules"`     // names of all rules that can decide, in their order, "default" the last
	Shortfall  []string     `json:"shortfall"` // what makes it incomplete
	Notes      []string     `json:"notes"`     // ignores that are stale or expired, what makes the baseline hard to compare
	// Items is what was not opened, without what the policy accepts.
	Items      []scan.CoverageItem      `json:"items"`
	Partitions []scan.PartitionCoverage `json:"partitions"`
}

// Covered is the coverage as the policy counts it.
type Covered struct {
	Percent  float64 `json:"percent"`  // of the input, records that are accepted counted as opened
	Unopened int64   `json:"unopened"` // bytes
	Accepted int64   `json:"accepted"` // bytes of records that the policy accepts: of all unopened ones, their share among the records
}

// Judged is a finding and what the policy says of it.
type Judged struct {
	Finding string    `json:"finding"`
	Kind    scan.Kind `json:"kind"`
	Path    string    `json:"path"`
	What    string    `json:"what"` // in words
	Verdict Verdict   `json:"verdict"`
	Rule    string    `json:"rule"`              // its name or number, or "default"
	Ignored string    `json:"ignored,omitempty"` // the reason, when it is ignored
	New     bool      `json:"new"`               // not in the baseline; true without one
	// Category, Content and Region are those of the finding (see scan.Finding).
	Category string        `json:"category"`
	Content  string        `json:"content"`
	Region   *scan.Extent  `json:"region,omitempty"`
	Artifact scan.Artifact `json:"artifact"`
}

// Evaluate judges a report. The baseline, an older report of the same device, may be nil. now decides which ignores have expired.
func Evaluate(p *Policy, r, baseline *scan.Report, now time.Time, tool scan.Tool) (*Result, error) {
	e := &evaluation{policy: p, report: r, used: make([]bool, len(p.Ignore))}
	e.out = Result{
		Schema: Schema, Tool: tool, Policy: p.Name, Inputs: r.Inputs, Rules: p.ruleNames(), Partitions: r.Coverage.Partitions,
		Judged: []Judged{}, Shortfall: []string{}, Notes: []string{}, Items: []scan.CoverageItem{},
	}
	if baseline != nil {
		if a, b := diff.Device(baseline), diff.Device(r); a != b && a != "" && b != "" {
			return nil, fmt.Errorf("the baseline is of another device: %s, not %s", a, b)
		}
		e.out.Notes = append(e.out.Notes, diff.Notes(baseline, r)...)
		e.known = knownFindings(baseline, r)
	}
	if !slices.ContainsFunc(p.Rules, func(x Rule) bool { return x.New }) && baseline != nil {
		e.out.Notes = append(e.out.Notes, "no rule of the policy asks what is new, so the baseline changes nothing")
	}
	if baseline == nil && slices.ContainsFunc(p.Rules, func(x Rule) bool { return x.New }) {
		e.out.Notes = append(e.out.Notes, "there is no baseline, so everything counts as new")
	}
	fails := false
	for i := range r.Findings {
		j := e.judge(&r.Findings[i], now)
		fails = fails || j.Verdict == Fail
		e.out.Judged = append(e.out.Judged, j)
	}
	if err := e.coverage(); err != nil {
		return nil, err
	}
	e.stale(now)
	e.out.Incomplete = len(e.out.Shortfall) > 0
	switch {
	case fails || e.fails:
		e.out.Outcome = Failed
	case e.out.Incomplete:
		e.out.Outcome = Incomplete
	default:
		e.out.Outcome = Passed
	}
	return &e.out, nil
}

type evaluation struct {
	policy *Policy
	report *scan.Report
	known  map[string]bool // ids of findings that the baseline has; nil without one
	used   []bool          // ignores that took something out
	fails  bool            // by its coverage
	out    Result
}

// knownFindings are the findings that the baseline has too: lists without a new entry, wherever they stand; loaders and terms at the same place.
func knownFindings(baseline, r *scan.Report) map[string]bool {
	d := diff.Compare(baseline, r, scan.Tool{})
	known := map[string]bool{}
	for _, f := range r.Findings {
		known[f.ID] = f.Kind != scan.KindList
	}
	for _, l := range d.Lists {
		if l.Old != nil && l.New != nil && len(l.Added) == 0 {
			known[l.New.Finding] = true
		}
	}
	forget := func(kind scan.Kind, path, text string) {
		for _, f := range r.Findings {
			if f.Kind == kind && f.Path == path && (f.Loader != nil && f.Loader.Mechanism == text || f.Term != nil && f.Term.Term == text) {
				known[f.ID] = false
			}
		}
	}
	for _, l := range d.Loaders {
		if l.Status == diff.Added || len(l.Added) > 0 {
			forget(scan.KindLoader, l.New, l.Mechanism)
		}
	}
	for _, t := range d.Terms {
		if t.Status == diff.Added {
			forget(scan.KindTerm, t.New, t.Term)
		}
	}
	return known
}

func (e *evaluation) judge(f *scan.Finding, now time.Time) Judged {
	j := Judged{
		Finding: f.ID, Kind: f.Kind, Path: f.Path, What: what(f), Verdict: e.policy.Default, Rule: defaultRule, New: !e.known[f.ID],
		Category: f.Category(), Content: f.Content(), Region: f.Region(), Artifact: f.Artifact,
	}
	if f.List != nil && f.List.Class == scan.ClassWordCollection {
		j.Verdict, j.Rule = Pass, collectionRule
		return j
	}
	for i := range e.policy.Rules {
		r := &e.policy.Rules[i]
		if r.fits(f) && (j.New || !r.New) {
			j.Verdict, j.Rule = r.Verdict, e.out.Rules[i]
			break
		}
	}
	for i := range e.policy.Ignore {
		g := &e.policy.Ignore[i]
		if g.takes(f) {
			e.used[i] = true
			if !g.expired(now) {
				j.Verdict, j.Ignored = Pass, g.Reason
				break
			}
		}
	}
	return j
}

// What is told as the rule of findings that no rule of the policy decides.
const (
	defaultRule    = "default"
	collectionRule = scan.ClassWordCollection // which passes
)

// ruleNames are what the rules are called, in their order, and what decides when none fits.
func (p *Policy) ruleNames() []string {
	var names []string
	for i, r := range p.Rules {
		if r.Name == "" {
			r.Name = fmt.Sprintf("rule %d", i+1)
		}
		names = append(names, r.Name)
	}
	return append(names, defaultRule)
}

// what describes a finding in words.
func what(f *scan.Finding) string {
	switch {
	case f.List != nil:
		return fmt.Sprintf("%s of %d entries, score %.2f", f.List.Class, len(f.List.Entries), f.List.Score)
	case f.Loader != nil:
		return "loader " + f.Loader.Mechanism
	}
	return "term " + f.Term.Term
}

// fits tells whether all conditions of a rule hold, but for New.
func (r *Rule) fits(f *scan.Finding) bool {
	has := func(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }
	if !has(r.Kinds, string(f.Kind)) || !r.paths.Match(f.Path) || !has(r.Partitions, diff.Partition(f.Path)) {
		return false
	}
	if len(r.Apps) > 0 && !slices.ContainsFunc(apps(f.Path), r.apps.Match) {
		return false
	}
	switch {
	case f.List != nil:
		if f.List.Score < r.MinScore || len(f.List.Entries) < r.MinEntries || len(r.Wordlists)+len(r.Mechanisms) > 0 {
			return false
		}
		share := shareOf(f.List, r.Categories)
		return len(r.Categories) == 0 || share > 0 && share >= r.Share
	case f.Loader != nil:
		return has(r.Mechanisms, f.Loader.Mechanism) && len(r.Categories) == 0 && r.MinEntries == 0 && r.MinScore == 0 &&
			(len(r.Wordlists) == 0 || slices.ContainsFunc(f.Loader.Indicators, func(i scan.Indicator) bool { return slices.Contains(r.Wordlists, i.Wordlist) }))
	}
	return len(r.Mechanisms) == 0 && r.MinEntries == 0 && r.MinScore == 0 && has(r.Wordlists, f.Term.Wordlist) &&
		(len(r.Categories) == 0 || inCategories(f.Term.Category, r.Categories))
}

// apps are the file names of the packages on the way to a file.
func apps(chain string) []string {
	var out []string
	for _, link := range strings.Split(chain, "!") {
		if lower := strings.ToLower(link); strings.HasSuffix(lower, ".apk") || strings.HasSuffix(lower, ".apex") || strings.HasSuffix(lower, ".capex") {
			out = append(out, path.Base(link))
		}
	}
	return out
}

func inCategories(category string, categories []string) bool {
	return category != "" && (slices.Contains(categories, category) || slices.Contains(categories, wordlists.Subject(category)))
}

// shareOf is the share of a list's distinct entries that are of the categories.
func shareOf(l *scan.List, categories []string) float64 {
	seen := map[string]bool{}
	n := 0
	for _, e := range l.Entries {
		if key := wordlists.Fold(e.Text); !seen[key] {
			seen[key] = true
			if inCategories(e.Category, categories) {
				n++
			}
		}
	}
	return float64(n) / float64(max(1, len(seen)))
}

// takes tells whether an ignore is about a finding.
func (g *Ignore) takes(f *scan.Finding) bool {
	if !g.paths.Match(f.Path) {
		return false
	}
	switch {
	case g.Canonical != "":
		return f.List != nil && f.List.CanonicalSHA256 == g.Canonical
	case f.Term != nil:
		return wordlists.Fold(f.Term.Term) == wordlists.Fold(g.Term)
	case f.Loader != nil:
		return f.Loader.Mechanism == g.Term
	}
	return false
}

// expired tells whether the last day is over.
func (g *Ignore) expired(now time.Time) bool {
	return !g.expires.IsZero() && !now.Before(g.expires.AddDate(0, 0, 1))
}

// stale names ignores that took nothing out, and those that have expired.
func (e *evaluation) stale(now time.Time) {
	for i, g := range e.policy.Ignore {
		name := g.Canonical
		if name == "" {
			name = g.Term
		}
		switch {
		case g.expired(now):
			e.out.Notes = append(e.out.Notes, fmt.Sprintf("ignore %d (%s) expired on %s", i+1, name, g.Expires))
		case !e.used[i]:
			e.out.Notes = append(e.out.Notes, fmt.Sprintf("ignore %d (%s) is stale: no finding is like that", i+1, name))
		}
	}
}

// coverage compares the account of bytes with the policy.
func (e *evaluation) coverage() error {
	p, c := e.policy.Coverage, e.report.Coverage
	short := func(format string, args ...any) {
		e.out.Shortfall = append(e.out.Shortfall, fmt.Sprintf(format, args...))
	}
	if !e.report.Complete {
		short("the scan did not come to its end: %s", e.report.Ended)
	}
	var accept []glob.Set
	for _, a := range p.Accept {
		s, err := glob.Compile(a.Paths...)
		if err != nil {
			return err
		}
		accept = append(accept, s)
	}
	var accepted, rest int64 // in bytes of the artefacts, which are not those of the input
	for _, it := range c.Items {
		if slices.ContainsFunc(accept, func(s glob.Set) bool { return s.Match(it.Path) }) {
			accepted += it.Size
			continue
		}
		rest += it.Size
		e.out.Items = append(e.out.Items, it)
		switch v := p.Reasons[it.Reason]; v {
		case Fail:
			e.fails = true
			short("%s was not opened: %s: %s", it.Path, it.Reason, it.Detail)
		case Warn:
			e.out.Notes = append(e.out.Notes, fmt.Sprintf("%s was not opened: %s: %s", it.Path, it.Reason, it.Detail))
		}
	}
	l := c.Ledger
	if accepted > 0 {
		e.out.Coverage.Accepted = int64(float64(l.Unopened) * float64(accepted) / float64(accepted+rest))
	}
	l.Unopened -= e.out.Coverage.Accepted
	e.out.Coverage.Unopened = l.Unopened
	e.out.Coverage.Percent = l.Percent()
	if l.Percent() < p.Minimum {
		short("%.2f %% of the input was opened, the policy asks for %v %%", roundDown(l.Percent()), p.Minimum)
	}
	for _, name := range sortedKeys(p.Partitions) {
		i := slices.IndexFunc(c.Partitions, func(x scan.PartitionCoverage) bool { return diff.PartitionName(x.Path) == name })
		switch {
		case i < 0:
			short("there is no partition %s", name)
		case c.Partitions[i].Percent() < p.Partitions[name]:
			short("%.2f %% of partition %s was opened, the policy asks for %v %%", roundDown(c.Partitions[i].Percent()), name, p.Partitions[name])
		}
	}
	return nil
}

// roundDown keeps two places of a percentage, so that what falls short by little is not told as 100.
func roundDown(p float64) float64 { return math.Floor(p*100) / 100 }

func sortedKeys(m map[string]float64) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
