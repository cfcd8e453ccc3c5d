// Package selftest proves that the program at hand finds what it says it finds: it builds small images in memory, one for each format, shape of list and
// encoding, plants a list in each, and scans them. A counterpart of each image holds harmless words instead; nothing may be found in it.
package selftest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan"
)

// Schema is the name and version of the layout of a Report.
const Schema = "censorscan.selftest/1"

// Report says what was planted and what was found.
type Report struct {
	Schema     string          `json:"schema"`
	Tool       scan.Tool       `json:"tool"`
	Executable string          `json:"executable_sha256,omitempty"` // of the program file
	Platform   string          `json:"platform,omitempty"`          // operating system and architecture
	Created    string          `json:"created,omitempty"`           // RFC 3339, UTC
	Seconds    float64         `json:"seconds,omitempty"`
	Complete   bool            `json:"complete"` // every case was run
	Wordlists  []scan.Wordlist `json:"wordlists"`
	Totals     Totals          `json:"totals"`
	Cases      []Case          `json:"cases"`
	NotCovered []NotCovered    `json:"not_covered"` // what the program claims and no case proves
}

// Totals counts cases.
type Totals struct {
	Cases      int `json:"cases"`
	Passed     int `json:"passed"`
	Failed     int `json:"failed"`
	NotCovered int `json:"not_covered"`
}

// Expectations of a case.
const (
	ExpectList  = "list"  // one blocklist, its entries as planted and in order, and no other
	ExpectTerms = "terms" // every planted term that a wordlist has, in a list or alone
)

// Case is one image with a planted list, and its clean counterpart.
type Case struct {
	Number   int    `json:"number"`
	Format   string `json:"format"`            // as the program names it, or "plain" for bytes in no container
	Variant  string `json:"variant,omitempty"` // of the format: how it was written
	Origin   string `json:"origin"`            // "built" by this program, or "sample" that another tool made
	Shape    string `json:"shape"`             // as the program names it
	Layout   string `json:"layout"`            // how the list was written in that shape
	Encoding string `json:"encoding"`
	Expect   string `json:"expect"`
	Planted  Image  `json:"planted"`
	Clean    Image  `json:"clean"`
	Entries  int    `json:"entries"` // planted
	Found    int    `json:"found"`   // entries, or terms, found as expected
	Passed   bool   `json:"passed"`
	Failure  string `json:"failure,omitempty"` // why not
}

// Image names what was scanned.
type Image struct {
	Name   string `json:"name"`
	Size   int    `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// NotCovered is a claim of the program that no case proves.
type NotCovered struct {
	Kind   string `json:"kind"` // format, shape, encoding, or a combination of these
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Scanner finds what is in an image; *scan.Engine is one.
type Scanner interface {
	Scan(ctx context.Context, roots ...*extract.Root) (*scan.Report, error)
}

// Options configure a run.
type Options struct {
	Scanner    Scanner
	Formats    []extract.Format // what the program claims to open
	Joiners    []extract.Joiner
	Tool       scan.Tool
	Executable string           // SHA-256 of the program file, "" if unknown
	Platform   string           // operating system and architecture
	Now        func() time.Time // nil leaves time stamps out
	Progress   func(done, all int)
}

// Run builds and scans every case. The report is there even if the context ends early, with its error. A case that fails is no error.
func Run(ctx context.Context, o Options) (*Report, error) {
	r := &Report{Schema: Schema, Tool: o.Tool, Executable: o.Executable, Platform: o.Platform, Wordlists: []scan.Wordlist{}, Cases: []Case{}, NotCovered: []NotCovered{}}
	var started time.Time
	if o.Now != nil {
		started = o.Now()
		r.Created = started.UTC().Format(time.RFC3339)
	}
	trials, err := trials()
	if err != nil {
		return nil, err
	}
	r.NotCovered = notCovered(o, trials)
	r.Totals.NotCovered = len(r.NotCovered)
	for i, t := range trials {
		if err = ctx.Err(); err != nil {
			break
		}
		c, lists := t.run(ctx, o.Scanner)
		c.Number = i + 1
		if lists != nil {
			r.Wordlists = lists
		}
		r.Cases = append(r.Cases, c)
		r.Totals.Cases++
		if c.Passed {
			r.Totals.Passed++
		} else {
			r.Totals.Failed++
		}
		if o.Progress != nil {
			o.Progress(i+1, len(trials))
		}
	}
	r.Complete = err == nil
	if o.Now != nil {
		r.Seconds = float64(o.Now().Sub(started).Milliseconds()) / 1000
	}
	return r, err
}

// run scans both images of a trial. The wordlists are those that were searched for.
func (t *trial) run(ctx context.Context, s Scanner) (Case, []scan.Wordlist) {
	c := Case{
		Format: t.format, Variant: t.variant, Origin: t.origin, Shape: t.shape, Layout: t.layout, Encoding: t.encoding, Expect: t.expect, Entries: len(t.words),
	}
	var lists []scan.Wordlist
	look := func(build func() ([]byte, error), check func(*scan.Report) string) Image {
		raw, err := build()
		if err != nil {
			c.Failure = fmt.Sprintf("building %s: %v", t.name, err)
			return Image{Name: t.name}
		}
		img := Image{t.name, len(raw), sha256Hex(raw)}
		report, err := s.Scan(ctx, extract.SourceRoot(t.name, extract.BytesSource(raw)))
		if err != nil {
			c.Failure = fmt.Sprintf("scanning %s: %v", t.name, err)
			return img
		}
		lists = report.Wordlists
		if c.Failure == "" {
			c.Failure = cmpFailure(t.opened(report), check(report))
		}
		return img
	}
	c.Planted = look(t.planted, func(r *scan.Report) (failure string) {
		c.Found, failure = t.found(r)
		return failure
	})
	c.Clean = look(t.clean, func(r *scan.Report) string {
		if len(r.Findings) > 0 {
			return fmt.Sprintf("the clean image has %d findings, the first is a %s at %s", len(r.Findings), r.Findings[0].Kind, r.Findings[0].Path)
		}
		return ""
	})
	c.Passed = c.Failure == ""
	return c, lists
}

func cmpFailure(failures ...string) string {
	return strings.Join(slices.DeleteFunc(failures, func(s string) bool { return s == "" }), "; ")
}

// opened says what is wrong with the coverage of an image: everything has to be opened, and by the format under test.
func (t *trial) opened(r *scan.Report) string {
	switch {
	case !r.Complete:
		return "the scan did not come to its end: " + r.Ended
	case r.Coverage.Unopened > 0 || len(r.Coverage.Items) > 0:
		detail := "no record says why"
		if len(r.Coverage.Items) > 0 {
			it := r.Coverage.Items[0]
			detail = fmt.Sprintf("%s: %s: %s", it.Path, it.Reason, it.Detail)
		}
		return fmt.Sprintf("%d of %d bytes were not opened (%s)", r.Coverage.Unopened, r.Coverage.Size, detail)
	case t.via == "" && t.format != plain && r.Counts.Containers[t.format] == 0:
		return "nothing was opened as " + t.format
	}
	return ""
}

// found counts what was found as expected, and says what was not.
func (t *trial) found(r *scan.Report) (int, string) {
	var blocklists []*scan.List
	seen := map[string]bool{}
	for _, f := range r.Findings {
		switch {
		case !strings.Contains(f.Path, t.via):
		case f.List != nil && f.List.Class == scan.ClassBlocklist:
			blocklists = append(blocklists, f.List)
			for _, e := range f.List.Entries {
				seen[e.Text] = true
			}
		case f.Term != nil:
			seen[f.Term.Term] = true
		}
	}
	if t.expect == ExpectTerms {
		n := 0
		var missing []string
		for _, w := range t.known {
			if seen[w] {
				n++
			} else {
				missing = append(missing, w)
			}
		}
		if len(missing) > 0 {
			return n, fmt.Sprintf("%d of %d terms were found; missing is %s", n, len(t.known), missing[0])
		}
		return n, ""
	}
	if len(blocklists) != 1 {
		return 0, fmt.Sprintf("%d blocklists were found instead of one", len(blocklists))
	}
	entries := blocklists[0].Entries
	for i, w := range t.words {
		if i >= len(entries) || entries[i].Text != w {
			got := "nothing"
			if i < len(entries) {
				got = entries[i].Text
			}
			return i, fmt.Sprintf("entry %d of %d is %s instead of %s", i+1, len(t.words), got, w)
		}
	}
	if len(entries) != len(t.words) {
		return len(t.words), fmt.Sprintf("%d entries were found, %d planted", len(entries), len(t.words))
	}
	return len(t.words), ""
}
