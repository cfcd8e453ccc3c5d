// Package diff compares two reports: which lists, loaders and terms came and went, and which entries, list by list.
package diff

import (
	"github.com/censorscan/censorscan/scan"
)

// Schema is the name and version of the layout of a Diff. Fields may be added within a version, never renamed.
const Schema = "censorscan.diff/1"

// Diff is what changed from one report to another. Its JSON form is described by diff.schema.json.
type Diff struct {
	Schema  string    `json:"schema"`
	Tool    scan.Tool `json:"tool"`
	Old     Side      `json:"old"`
	New     Side      `json:"new"`
	Notes   []string  `json:"notes"` // what makes the two sides hard to compare
	Lists   []List    `json:"lists"` // in the order of the new report, then what was removed in that of the old one
	Loaders []Loader  `json:"loaders"`
	Terms   []Term    `json:"terms"`
	Counts  Counts    `json:"counts"`
}

// Side is one of the two reports.
type Side struct {
	Inputs     []scan.Input             `json:"inputs"`
	Created    string                   `json:"created,omitempty"`
	Tool       scan.Tool                `json:"tool"`
	Complete   bool                     `json:"complete"`
	Wordlists  []scan.Wordlist          `json:"wordlists"`
	Coverage   scan.Ledger              `json:"coverage"`
	Unopened   int                      `json:"unopened"` // coverage records
	Partitions []scan.PartitionCoverage `json:"partitions"`
}

// Status says what became of something.
type Status string

// What can become of a list; loaders and terms are added, removed or changed.
const (
	Added     Status = "added"
	Removed   Status = "removed"
	Changed   Status = "changed"   // other entries, perhaps at another place
	Moved     Status = "moved"     // the same entries at another place
	Unchanged Status = "unchanged" // the same entries at the same place; Form says whether they are written otherwise
)

// List is a list of either side, or of both.
type List struct {
	Status     Status   `json:"status"`
	Old        *Place   `json:"old,omitempty"`
	New        *Place   `json:"new,omitempty"`
	Similarity float64  `json:"similarity"` // distinct entries in both over those in either
	Kept       int      `json:"kept"`       // distinct entries in both
	Added      []string `json:"added"`      // entries, in the order of the new list
	Removed    []string `json:"removed"`    // entries, in the order of the old list
	// AddedCategories and RemovedCategories count these entries by category; "" counts those of none.
	AddedCategories   map[string]int `json:"added_categories,omitempty"`
	RemovedCategories map[string]int `json:"removed_categories,omitempty"`
	// Form says what else changed: "order", "duplicates", "encoding", "recipe", "class".
	Form []string `json:"form"`
	// Note says why a list may only seem to be gone, or new: what the other side could not open.
	Note string `json:"note,omitempty"`
}

// Place is where a list stands in one of the reports.
type Place struct {
	Finding         string  `json:"finding"`
	Path            string  `json:"path"`
	ArtifactSHA256  string  `json:"artifact_sha256"`
	Class           string  `json:"class"`
	Score           float64 `json:"score"`
	Encoding        string  `json:"encoding"`
	Entries         int     `json:"entries"`
	Distinct        int     `json:"distinct"`
	CanonicalSHA256 string  `json:"canonical_sha256"`
	// Category and Region are those of the finding (see scan.Finding).
	Category string       `json:"category,omitempty"`
	Region   *scan.Extent `json:"region,omitempty"`
}

// Loader is a loader that is not the same on both sides.
type Loader struct {
	Status    Status   `json:"status"`
	Mechanism string   `json:"mechanism"`
	Old       string   `json:"old,omitempty"` // path
	New       string   `json:"new,omitempty"`
	Added     []string `json:"added"` // indicators
	Removed   []string `json:"removed"`
	Note      string   `json:"note,omitempty"`
}

// Term is a term standing alone that is on one side only, or moved.
type Term struct {
	Status   Status `json:"status"`
	Term     string `json:"term"`
	Category string `json:"category"`
	Old      string `json:"old,omitempty"` // path
	New      string `json:"new,omitempty"`
	Note     string `json:"note,omitempty"`
}

// Counts sums a Diff up.
type Counts struct {
	Lists          map[Status]int `json:"lists"`
	EntriesAdded   int            `json:"entries_added"`   // in lists that are on both sides
	EntriesRemoved int            `json:"entries_removed"` // in lists that are on both sides
	Loaders        map[Status]int `json:"loaders"`
	Terms          map[Status]int `json:"terms"`
}

// Empty tells whether nothing changed: what is left are lists that are the same in place, entries and form.
func (d *Diff) Empty() bool {
	for _, l := range d.Lists {
		if l.Status != Unchanged || len(l.Form) > 0 {
			return false
		}
	}
	return len(d.Loaders) == 0 && len(d.Terms) == 0
}

// Compare finds out what changed. Lists are paired one to one: by place and entries, by entries alone, by place, by app and likeness, then by likeness alone, so that a list that
// was moved, renamed or written in another encoding is one list. Compare(b, a) is the mirror of Compare(a, b).
func Compare(before, after *scan.Report, tool scan.Tool) *Diff {
	d := &Diff{
		Schema: Schema, Tool: tool, Old: sideOf(before), New: sideOf(after), Notes: Notes(before, after),
		Lists: []List{}, Loaders: []Loader{}, Terms: []Term{},
		Counts: Counts{Lists: map[Status]int{}, Loaders: map[Status]int{}, Terms: map[Status]int{}},
	}
	x, y := newView(before), newView(after)
	d.lists(x, y)
	d.loaders(x, y)
	d.terms(x, y)
	for _, l := range d.Lists {
		d.Counts.Lists[l.Status]++
		if l.Old != nil && l.New != nil {
			d.Counts.EntriesAdded += len(l.Added)
			d.Counts.EntriesRemoved += len(l.Removed)
		}
	}
	for _, l := range d.Loaders {
		d.Counts.Loaders[l.Status]++
	}
	for _, t := range d.Terms {
		d.Counts.Terms[t.Status]++
	}
	return d
}

func sideOf(r *scan.Report) Side {
	return Side{
		Inputs: r.Inputs, Created: r.Created, Tool: r.Tool, Complete: r.Complete, Wordlists: r.Wordlists, Coverage: r.Coverage.Ledger,
		Unopened: len(r.Coverage.Items), Partitions: r.Coverage.Partitions,
	}
}
