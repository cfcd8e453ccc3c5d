package diff

import (
	"fmt"
	"io"

	"github.com/censorscan/censorscan/scan"
)

// Read reads the JSON form of a Diff. It refuses what is none, one of another version, and one that is cut off.
func Read(r io.Reader) (*Diff, error) {
	var d Diff
	if err := scan.ReadJSON(r, "diff", Schema, &d, &d.Schema); err != nil {
		return nil, err
	}
	for i, l := range d.Lists {
		if l.Old == nil && l.New == nil {
			return nil, fmt.Errorf("the diff is damaged: list %d stands on neither side", i)
		}
	}
	return &d, nil
}

// ReadTimeline reads the JSON form of a Timeline, and refuses what Read does.
func ReadTimeline(r io.Reader) (*Timeline, error) {
	var t Timeline
	if err := scan.ReadJSON(r, "timeline", TimelineSchema, &t, &t.Schema); err != nil {
		return nil, err
	}
	n := len(t.Releases)
	for i, l := range t.Lists {
		if len(l.Places) != n || len(l.Added) != n || len(l.Removed) != n {
			return nil, fmt.Errorf("the timeline is damaged: list %d does not tell of all %d releases", i, n)
		}
		for _, h := range l.Entries {
			if len(h.Present) != n || h.First < 0 || h.First >= n || h.Last < 0 || h.Last >= n {
				return nil, fmt.Errorf("the timeline is damaged: an entry of list %d was seen in no release of it", i)
			}
		}
	}
	return &t, nil
}
