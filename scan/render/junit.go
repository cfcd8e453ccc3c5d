package render

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/diff"
	"github.com/censorscan/censorscan/scan/gate"
)

// The elements of JUnit XML, as junit-10.xsd of the Jenkins xUnit plugin has them
// (https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd).
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string           `xml:"name,attr"`
		Tests      int              `xml:"tests,attr"`
		Failures   int              `xml:"failures,attr"`
		Errors     int              `xml:"errors,attr"`
		Skipped    int              `xml:"skipped,attr"`
		Timestamp  string           `xml:"timestamp,attr,omitempty"`
		Properties *junitProperties `xml:"properties"`
		Cases      []junitCase      `xml:"testcase"`
	}
	junitProperties struct {
		All []junitProperty `xml:"property"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Error   *junitOutcome `xml:"error"`
		Failure *junitOutcome `xml:"failure"`
		Skipped *junitOutcome `xml:"skipped"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitOutcome struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// junitLine is what is told in one case: how it goes and why.
type junitLine struct {
	path string // the suite is that of the partition, or else the input, that it lies in
	rule string // the name of the case
	how  string // junitFail, ...
	text string
}

// What a line makes of its case: the first of these that one of its lines has.
const (
	junitError = "error"
	junitFail  = "failure"
	junitSkip  = "skipped"
	junitTold  = "told" // does not keep a case from passing
)

// junitOpened is the case that is skipped when something was not opened.
const junitOpened = "everything opened"

// junitRun is what is written: a suite for each image and in it a case for each rule.
type junitRun struct {
	created    string
	inputs     []scan.Input
	partitions []string
	rules      []string
	lines      []junitLine
	hidden     map[string]bool // images of which not everything was seen: what is not told of them is skipped, and does not pass
	allHidden  bool
}

// hide names the partitions of which bytes were not opened.
func (r *junitRun) hide(partitions []scan.PartitionCoverage, items []scan.CoverageItem) {
	r.hidden = map[string]bool{}
	for _, p := range partitions {
		r.hidden[p.Path] = p.Unopened > 0
	}
	names := r.names()
	for _, it := range items {
		if it.Size > 0 {
			r.hidden[names[suiteOf(it.Path, names)]] = true
		}
	}
}

// names are those of the suites: the inputs, then the partitions.
func (r *junitRun) names() []string {
	var names []string
	for _, in := range r.inputs {
		names = append(names, in.Name)
	}
	if names = append(names, r.partitions...); len(names) == 0 {
		names = []string{"input"}
	}
	return names
}

// JUnit writes a report as JUnit XML: a suite for each input and each partition in it; in it a case for each kind of finding, which fails when one is present, and one that is
// skipped when something was not opened. Where bytes were not opened, no case passes: what is not failed is skipped.
func JUnit(w io.Writer, r *scan.Report) error {
	rules := map[scan.Kind]string{scan.KindList: "no list present", scan.KindLoader: "no loader present", scan.KindTerm: "no term present"}
	a := reportAccount(r)
	run := junitRun{created: r.Created, inputs: r.Inputs, partitions: a.partitions, allHidden: !r.Complete}
	run.hide(r.Coverage.Partitions, r.Coverage.Items)
	run.rules = []string{rules[scan.KindList], rules[scan.KindLoader], rules[scan.KindTerm], junitOpened}
	for _, t := range a.found {
		how := junitFail
		if t.class == "collection" {
			how = junitTold
		}
		run.lines = append(run.lines, junitLine{t.path, rules[t.kind], how, t.path + ": " + t.message})
	}
	if !r.Complete {
		run.lines = append(run.lines, junitLine{"", junitOpened, junitError, "the scan did not come to its end: " + r.Ended})
	}
	run.unopened(r.Coverage.Items)
	return run.write(w)
}

// GateJUnit writes a verdict as JUnit XML: the suites are those of JUnit, the cases the rules of the policy. What fails is a failure, a warning is told in system-out, and what
// makes the verdict incomplete is an error. An incomplete verdict lets no rule pass: what is not failed is skipped.
func GateJUnit(w io.Writer, r *gate.Result) error {
	run := junitRun{inputs: r.Inputs, partitions: partitionPaths(r.Partitions), allHidden: r.Incomplete}
	name := func(rule string) string { return "policy: " + rule }
	for _, rule := range r.Rules {
		run.addRule(name(rule))
	}
	for _, j := range r.Judged {
		run.addRule(name(j.Rule))
		how, text := junitTold, string(j.Verdict)+": "
		switch {
		case j.Verdict == gate.Fail:
			how = junitFail
		case j.Ignored != "":
			text = "ignored (" + j.Ignored + "): "
		}
		run.lines = append(run.lines, junitLine{j.Path, name(j.Rule), how, text + j.Path + ": " + j.What})
	}
	run.rules = append(run.rules, junitOpened)
	for _, s := range r.Shortfall {
		run.lines = append(run.lines, junitLine{"", junitOpened, junitError, s})
	}
	run.unopened(r.Items)
	return run.write(w)
}

// DiffJUnit writes a diff as JUnit XML: the suites are those of the new side, the cases are what may have come: lists, entries of lists that are on both sides, loaders, terms.
// What went or moved is told in system-out. What makes the sides hard to compare is skipped.
func DiffJUnit(w io.Writer, d *diff.Diff) error {
	const lists, entries, loaders, terms, comparable = "no list added", "no entry added", "no loader added", "no term added", "both sides seen"
	run := junitRun{inputs: d.New.Inputs, partitions: partitionPaths(d.New.Partitions), rules: []string{lists, entries, loaders, terms, comparable}}
	if len(d.New.Inputs) == 0 {
		run.inputs = d.Old.Inputs
	}
	run.hide(d.New.Partitions, nil)
	run.allHidden = !d.New.Complete
	tell := func(rule string, fails bool, s diff.Status, before, after, what, note string) {
		l := junitLine{after, rule, junitTold, string(s) + ": " + what + ": "}
		if fails {
			l.how = junitFail
		}
		if after == "" {
			l.path, l.text = before, l.text+before
		} else {
			l.text += after
		}
		run.lines = append(run.lines, l)
		if note != "" {
			run.lines = append(run.lines, junitLine{l.path, comparable, junitSkip, l.text + ": " + note})
		}
	}
	for _, l := range d.Lists {
		p, before, after := l.New, "", ""
		if l.Old != nil {
			before = l.Old.Path
		}
		if l.New != nil {
			after = l.New.Path
		} else {
			p = l.Old
		}
		tell(lists, l.Status == diff.Added, l.Status, before, after, fmt.Sprintf("%s of %d entries", p.Class, p.Entries), l.Note)
		if l.Old != nil && l.New != nil {
			for _, s := range l.Added {
				tell(entries, true, "added", before, after, s, "")
			}
			for _, s := range l.Removed {
				tell(entries, false, "removed", before, after, s, "")
			}
		}
	}
	for _, l := range d.Loaders {
		tell(loaders, l.Status == diff.Added || len(l.Added) > 0 && l.Status == diff.Changed, l.Status, l.Old, l.New, "loader "+l.Mechanism, l.Note)
	}
	for _, t := range d.Terms {
		tell(terms, t.Status == diff.Added, t.Status, t.Old, t.New, "term "+t.Term, t.Note)
	}
	for _, n := range d.Notes {
		run.lines = append(run.lines, junitLine{"", comparable, junitSkip, n})
	}
	return run.write(w)
}

func (r *junitRun) addRule(name string) {
	if !slices.Contains(r.rules, name) {
		r.rules = append(r.rules, name)
	}
}

func (r *junitRun) unopened(items []scan.CoverageItem) {
	for _, it := range items {
		how := junitSkip
		if it.Size == 0 {
			how = junitTold // its bytes were read
		}
		r.lines = append(r.lines, junitLine{it.Path, junitOpened, how, fmt.Sprintf("%s: %d bytes: %s: %s", it.Path, it.Size, it.Reason, it.Detail)})
	}
}

// suiteOf is the image that a path lies in: the innermost partition, else the input, else the first suite.
func suiteOf(path string, names []string) int {
	best, longest := 0, -1
	for i, name := range names {
		if len(name) > longest && (path == name || strings.HasPrefix(path, name) && path[len(name)] == '!') {
			best, longest = i, len(name)
		}
	}
	return best
}

func (r *junitRun) write(w io.Writer) error {
	out := junitSuites{Name: "censorscan"}
	names := r.names()
	for i, name := range names {
		s := junitSuite{Name: clean(name), Timestamp: clean(strings.TrimSuffix(r.created, "Z"))}
		if i < len(r.inputs) {
			in := r.inputs[i]
			s.Properties = &junitProperties{[]junitProperty{{"size", strconv.FormatInt(in.Size, 10)}}}
			for _, p := range []junitProperty{{"sha256", in.SHA256}, {"ro.build.fingerprint", in.Properties["ro.build.fingerprint"]}} {
				if p.Value != "" {
					s.Properties.All = append(s.Properties.All, junitProperty{p.Name, clean(p.Value)})
				}
			}
		}
		out.Suites = append(out.Suites, s)
	}
	type cell struct {
		suite int
		rule  string
	}
	lines := map[cell][]junitLine{}
	for _, l := range r.lines {
		at := cell{suiteOf(l.path, names), l.rule}
		lines[at] = append(lines[at], l)
	}
	for i := range out.Suites {
		s := &out.Suites[i]
		for _, rule := range r.rules {
			c := junitCaseOf(s.Name, rule, lines[cell{i, rule}])
			if passes := c.Error == nil && c.Failure == nil && c.Skipped == nil; passes && (r.allHidden || r.hidden[names[i]]) {
				c.Skipped = &junitOutcome{Type: junitSkip, Message: "none seen, but not everything was opened"}
			}
			s.add(c)
		}
		out.Tests, out.Failures, out.Errors = out.Tests+s.Tests, out.Failures+s.Failures, out.Errors+s.Errors
	}
	m := &errWriter{w: w}
	io.WriteString(m, xml.Header)
	enc := xml.NewEncoder(m)
	enc.Indent("", " ")
	if err := enc.Encode(out); err != nil {
		return err
	}
	io.WriteString(m, "\n")
	return m.err
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	switch {
	case c.Error != nil:
		s.Errors++
	case c.Failure != nil:
		s.Failures++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

func junitCaseOf(suite, rule string, lines []junitLine) junitCase {
	c := junitCase{Name: clean(rule), Class: strings.ReplaceAll(suite, ".", "_")} // viewers split a class at its dots
	texts := map[string][]string{}
	for _, l := range lines {
		texts[l.how] = append(texts[l.how], clean(l.text))
	}
	outcome := func(how, message string) *junitOutcome {
		if len(texts[how]) == 0 {
			return nil
		}
		return &junitOutcome{Type: how, Message: fmt.Sprintf(message, len(texts[how])), Text: strings.Join(texts[how], "\n")}
	}
	told := texts[junitTold]
	switch {
	case len(texts[junitError]) > 0:
		c.Error = outcome(junitError, "incomplete, reasons: %d")
		told = slices.Concat(texts[junitFail], texts[junitSkip], told)
	case len(texts[junitFail]) > 0:
		c.Failure = outcome(junitFail, "present in image: %d")
		told = slices.Concat(texts[junitSkip], told)
	default:
		c.Skipped = outcome(junitSkip, "not seen, records: %d")
	}
	c.Out = strings.Join(told, "\n")
	return c
}

// clean makes text of what may be any bytes: no control characters, which XML cannot hold in any form.
func clean(s string) string { return Printable(strings.ToValidUTF8(s, "\uFFFD")) }
