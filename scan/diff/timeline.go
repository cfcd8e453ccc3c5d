package diff

import (
	"errors"
	"fmt"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/recover"
)

// TimelineSchema is the name and version of the layout of a Timeline.
const TimelineSchema = "censorscan.timeline/1"

// Timeline follows lists over releases.
type Timeline struct {
	Schema   string    `json:"schema"`
	Tool     scan.Tool `json:"tool"`
	Releases []Side    `json:"releases"` // in the order given
	Notes    []string  `json:"notes"`
	Lists    []Track   `json:"lists"` // in the order in which they were first seen
}

// Track is one list over the releases. Releases are numbered from 0.
type Track struct {
	Places  []*Place  `json:"places"` // of each release, null where the list is not present
	Added   []int     `json:"added"`  // entries that came with each release
	Removed []int     `json:"removed"`
	Entries []History `json:"entries"` // in the order in which they were first seen
}

// History is when an entry was seen.
type History struct {
	Text     string `json:"text"`
	Category string `json:"category,omitempty"`
	First    int    `json:"first"`
	Last     int    `json:"last"`
	Present  []bool `json:"present"` // in each release
}

// Follow makes a timeline of reports in the order of their releases. A list is followed from one release to the next as Compare pairs it; a list that is missing from one
// release and present again in a later one is the same if its entries were seen last in a list like it.
func Follow(reports []*scan.Report, tool scan.Tool) (*Timeline, error) {
	if len(reports) < 2 {
		return nil, errors.New("a timeline wants two reports at least")
	}
	t := &Timeline{Schema: TimelineSchema, Tool: tool, Notes: []string{}, Lists: []Track{}}
	var known []set // each list as it was seen last
	for n, r := range reports {
		t.Releases = append(t.Releases, sideOf(r))
		if n > 0 {
			for _, note := range Notes(reports[n-1], r) {
				t.Notes = append(t.Notes, fmt.Sprintf("from release %d to %d: %s", n, n+1, note))
			}
		}
		now := setsOf(newView(r))
		track := map[int]int{} // of each list of this release
		for _, p := range pairs(known, now) {
			track[p.new] = p.old
		}
		for j := range now {
			k, ok := track[j]
			if !ok {
				k = len(known)
				known = append(known, set{})
				t.Lists = append(t.Lists, Track{Places: make([]*Place, len(reports)), Added: make([]int, len(reports)), Removed: make([]int, len(reports))})
			}
			known[k] = now[j]
			t.Lists[k].Places[n] = placeOf(&now[j])
		}
	}
	for k := range t.Lists {
		t.Lists[k].fill(reports)
	}
	return t, nil
}

// fill tells when each entry was seen.
func (t *Track) fill(reports []*scan.Report) {
	index := map[string]int{}
	for n, p := range t.Places {
		if p != nil {
			for _, e := range listOf(reports[n], p.Finding).Entries {
				key := recover.Fold(e.Text)
				if key == "" {
					continue
				}
				i, ok := index[key]
				if !ok {
					i = len(t.Entries)
					index[key] = i
					t.Entries = append(t.Entries, History{Text: e.Text, Category: e.Category, First: n, Present: make([]bool, len(reports))})
				}
				t.Entries[i].Present[n], t.Entries[i].Last = true, n
			}
		}
		for _, h := range t.Entries {
			before := n > 0 && h.Present[n-1]
			switch {
			case h.Present[n] && !before:
				t.Added[n]++
			case !h.Present[n] && before:
				t.Removed[n]++
			}
		}
	}
}

func listOf(r *scan.Report, finding string) *scan.List {
	for i := range r.Findings {
		if r.Findings[i].ID == finding {
			return r.Findings[i].List
		}
	}
	return &scan.List{}
}
