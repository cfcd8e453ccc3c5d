// Package gate judges a report by a policy: pass, fail or incomplete, with the reasons.
package gate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/glob"
	"github.com/censorscan/censorscan/scan"
)

// Version is the version of the policy's layout that this package reads. It is described by policy.schema.json.
const Version = 1

// Policy says what of a report fails, warns or passes.
type Policy struct {
	Version  int            `yaml:"version"`
	Name     string         `yaml:"name"`
	Coverage CoveragePolicy `yaml:"coverage"`
	Rules    []Rule         `yaml:"rules"`   // the first that fits a finding decides
	Default  Verdict        `yaml:"default"` // of findings that no rule fits; "warn" when not given
	Ignore   []Ignore       `yaml:"ignore"`
	Limits   LimitsPolicy   `yaml:"limits"`
}

// CoveragePolicy says how much has to be opened. What falls short makes a verdict incomplete.
type CoveragePolicy struct {
	Minimum    float64            `yaml:"minimum"`    // percent of the input, 0 to 100
	Partitions map[string]float64 `yaml:"partitions"` // percent of each partition named, which has to be present
	Accept     []AcceptedUnopened `yaml:"accept"`     // records that are no cause for concern
	Reasons    map[string]Verdict `yaml:"reasons"`    // fail, warn or pass by the reason of a record: encrypted, damaged, ...
}

// AcceptedUnopened names records of the coverage that are counted as opened.
type AcceptedUnopened struct {
	Paths  []string `yaml:"paths"`  // globs
	Reason string   `yaml:"reason"` // for people; has to be given
}

// Rule fits findings; conditions that are not given fit all.
type Rule struct {
	Name       string   `yaml:"name"`
	Kinds      []string `yaml:"kinds"`      // list, loader, term
	Categories []string `yaml:"categories"` // of the wordlists, or subjects ("political"); of a list, those of its entries
	Share      float64  `yaml:"share"`      // of a list: least share of the distinct entries in these categories, 0 to 1
	Wordlists  []string `yaml:"wordlists"`  // of a term or indicator
	Mechanisms []string `yaml:"mechanisms"` // of a loader
	Partitions []string `yaml:"partitions"`
	Paths      []string `yaml:"paths"` // globs
	Apps       []string `yaml:"apps"`  // globs of the file names of packages: "MiuiCamera.apk"
	MinScore   float64  `yaml:"min_score"`
	MinEntries int      `yaml:"min_entries"`
	New        bool     `yaml:"new"` // only what the baseline does not have
	Verdict    Verdict  `yaml:"verdict"`

	paths, apps glob.Set
}

// Ignore takes findings out, by content. It needs a reason.
type Ignore struct {
	Canonical string   `yaml:"canonical"` // canonical SHA-256 of a list
	Term      string   `yaml:"term"`      // or a term, or the mechanism of a loader,
	Paths     []string `yaml:"paths"`     // at places that match one of these globs
	Reason    string   `yaml:"reason"`
	Expires   string   `yaml:"expires"` // last day, as 2027-01-31; never when not given

	paths   glob.Set
	expires time.Time
}

// LimitsPolicy changes limits of the scan; zero leaves one as it is.
type LimitsPolicy struct {
	Depth     int    `yaml:"depth"`
	Artifacts int64  `yaml:"artifacts"`
	Time      string `yaml:"time"` // as 45m
}

// Verdict is what a rule says of a finding.
type Verdict string

// The verdicts of rules.
const (
	Fail Verdict = "fail"
	Warn Verdict = "warn"
	Pass Verdict = "pass"
)

func (v Verdict) valid() bool { return v == Fail || v == Warn || v == Pass }

// maxPolicy bounds a policy in bytes.
const maxPolicy = 1 << 20

// ReadPolicy reads a policy. An unknown key, a value that makes no sense, or a missing reason is an error that names the line or the entry.
func ReadPolicy(r io.Reader) (*Policy, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxPolicy+1))
	if err != nil {
		return nil, fmt.Errorf("reading the policy: %w", err)
	}
	if len(raw) > maxPolicy {
		return nil, fmt.Errorf("the policy has more than %d bytes", maxPolicy)
	}
	var p Policy
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict(), yaml.DisallowUnknownField()).Decode(&p); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the policy is empty")
		}
		return nil, fmt.Errorf("the policy cannot be read: %w", err)
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("the policy: %w", err)
	}
	return &p, nil
}

func (p *Policy) check() error {
	if p.Version != Version {
		return fmt.Errorf("version is %d, this program reads %d", p.Version, Version)
	}
	if p.Default == "" {
		p.Default = Warn
	}
	if !p.Default.valid() {
		return fmt.Errorf("default is %q: fail, warn or pass", p.Default)
	}
	if err := p.Coverage.check(); err != nil {
		return err
	}
	if p.Limits.Depth < 0 || p.Limits.Artifacts < 0 {
		return errors.New("limits: a limit is a positive number")
	}
	if _, err := p.Limits.time(); err != nil {
		return err
	}
	for i := range p.Rules {
		if err := p.Rules[i].check(); err != nil {
			return fmt.Errorf("rule %d (%q): %w", i+1, p.Rules[i].Name, err)
		}
	}
	for i := range p.Ignore {
		if err := p.Ignore[i].check(); err != nil {
			return fmt.Errorf("ignore %d: %w", i+1, err)
		}
	}
	return nil
}

func (c *CoveragePolicy) check() error {
	if !(c.Minimum >= 0 && c.Minimum <= 100) {
		return fmt.Errorf("coverage.minimum is %v: a percentage is 0 to 100", c.Minimum)
	}
	for name, least := range c.Partitions {
		if !(least >= 0 && least <= 100) {
			return fmt.Errorf("coverage.partitions.%s is %v: a percentage is 0 to 100", name, least)
		}
	}
	for i, a := range c.Accept {
		if a.Reason == "" || len(a.Paths) == 0 {
			return fmt.Errorf("coverage.accept %d: it needs paths and a reason", i+1)
		}
		if _, err := glob.Compile(a.Paths...); err != nil {
			return fmt.Errorf("coverage.accept %d: %w", i+1, err)
		}
	}
	known := []string{
		string(extract.ReasonEncrypted), string(extract.ReasonUnknown), string(extract.ReasonUnsupported), string(extract.ReasonDamaged),
		string(extract.ReasonLimit), string(extract.ReasonInterrupted), string(extract.ReasonExcluded),
	}
	for reason, v := range c.Reasons {
		if !slices.Contains(known, reason) {
			return fmt.Errorf("coverage.reasons: there is no reason %q (known: %s)", reason, strings.Join(known, ", "))
		}
		if !v.valid() {
			return fmt.Errorf("coverage.reasons.%s is %q: fail, warn or pass", reason, v)
		}
	}
	return nil
}

func (r *Rule) check() (err error) {
	if !r.Verdict.valid() {
		return fmt.Errorf("verdict is %q: fail, warn or pass", r.Verdict)
	}
	for _, k := range r.Kinds {
		if !slices.Contains([]scan.Kind{scan.KindList, scan.KindLoader, scan.KindTerm}, scan.Kind(k)) {
			return fmt.Errorf("there is no kind %q: list, loader or term", k)
		}
	}
	switch {
	case !(r.Share >= 0 && r.Share <= 1):
		return fmt.Errorf("share is %v: 0 to 1", r.Share)
	case !(r.MinScore >= 0 && r.MinScore <= 1):
		return fmt.Errorf("min_score is %v: 0 to 1", r.MinScore)
	case r.Share > 0 && len(r.Categories) == 0:
		return errors.New("share says nothing without categories")
	case r.MinEntries < 0:
		return fmt.Errorf("min_entries is %d", r.MinEntries)
	}
	if r.paths, err = glob.Compile(r.Paths...); err != nil {
		return err
	}
	r.apps, err = glob.Compile(r.Apps...)
	return err
}

func (g *Ignore) check() (err error) {
	switch {
	case g.Reason == "":
		return errors.New("it needs a reason")
	case (g.Canonical == "") == (g.Term == ""):
		return errors.New("it needs either canonical (a list) or term")
	case g.Canonical != "" && (len(g.Canonical) != 64 || strings.Trim(g.Canonical, "0123456789abcdef") != ""):
		return fmt.Errorf("canonical is %q: a SHA-256 has 64 hex digits in lower case", g.Canonical)
	}
	if g.Expires != "" {
		if g.expires, err = time.Parse(time.DateOnly, g.Expires); err != nil {
			return fmt.Errorf("expires is %q: a day is written as 2027-01-31", g.Expires)
		}
	}
	g.paths, err = glob.Compile(g.Paths...)
	return err
}

func (l LimitsPolicy) time() (time.Duration, error) {
	if l.Time == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(l.Time)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("limits.time is %q: a time is written as 45m or 2h", l.Time)
	}
	return d, nil
}

// Apply changes the limits that the policy names.
func (l LimitsPolicy) Apply(to extract.Limits) extract.Limits {
	if l.Depth > 0 {
		to.Depth = l.Depth
	}
	if l.Artifacts > 0 {
		to.Artifacts = l.Artifacts
	}
	if d, err := l.time(); err == nil && d > 0 {
		to.Time = d
	}
	return to
}
