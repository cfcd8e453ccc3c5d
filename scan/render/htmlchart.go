package render

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/diff"
)

// bar is a bar of a chart of shares.
type bar struct {
	Label string
	Count int
	Share string // of all, for people
	Width string // of the bar, against the longest
	Rest  bool   // what no wordlist knows
}

// bars are the subjects of entries, the greatest first, then the entries of none.
func bars(counts map[string]int, total int) []bar {
	var out []bar
	rest, longest := total, 1
	for name, n := range counts {
		out = append(out, bar{Label: name, Count: n})
		rest -= n
	}
	slices.SortFunc(out, func(a, b bar) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Label, b.Label)) })
	if rest > 0 {
		out = append(out, bar{Label: "in no wordlist", Count: rest, Rest: true})
	}
	for _, b := range out {
		longest = max(longest, b.Count)
	}
	for i := range out {
		out[i].Share = fmt.Sprintf("%.1f %%", 100*float64(out[i].Count)/float64(max(1, total)))
		out[i].Width = width(float64(out[i].Count) / float64(longest))
	}
	return out
}

// width is a part of a picture's width, 0 to 1.
func width(part float64) string { return fmt.Sprintf("%.2f%%", 100*part) }

// stretch is a part of a bar that shows how a whole divides.
type stretch struct{ Class, Begin, Width string }

// minStretch is how wide something is at least that is there at all: what is not opened must be seen.
const minStretch = 0.008

// divide makes a bar of values with their classes, in their order.
func divide(classes []string, values ...int64) []stretch {
	var sum, shown float64
	for _, v := range values {
		sum += float64(v)
	}
	parts := make([]float64, len(values))
	for i, v := range values {
		if v > 0 {
			parts[i] = math.Max(float64(v)/sum, minStretch)
			shown += parts[i]
		}
	}
	var out []stretch
	at := 0.0
	for i, p := range parts {
		if p > 0 {
			out = append(out, stretch{classes[i], width(at / shown), width(p / shown)})
			at += p
		}
	}
	return out
}

// ledgerRow is the coverage of a partition, or of the whole.
type ledgerRow struct {
	Name string
	scan.Ledger
	Bar []stretch
}

func newLedgerRow(name string, l scan.Ledger) ledgerRow {
	return ledgerRow{name, l, divide([]string{"searched", "structure", "unopened"}, l.Searched, l.Structure, l.Unopened)}
}

func ledgers(whole scan.Ledger, partitions []scan.PartitionCoverage) []ledgerRow {
	out := []ledgerRow{newLedgerRow("whole input", whole)}
	for _, p := range partitions {
		out = append(out, newLedgerRow(p.Path, p.Ledger))
	}
	return out
}

// release is a release in the picture of a timeline. Lengths are in the units of the picture.
type release struct {
	Number                  int
	X, Middle               int
	KeptY, Kept             int
	AddedY, Added           int
	RemovedY, Removed       int
	Entries, Plus, Minus    int
	Present                 bool
	LabelY, Columns, Height int
}

// The picture of a timeline: columns that stand on an axis, what went hangs below it.
const (
	columnWidth  = 56
	upperHeight  = 120
	lowerHeight  = 60
	pictureSpace = 24 // above the columns and below them, for figures
)

// history is the picture of a track.
type history struct {
	Width, Height, Axis int
	Releases            []release
}

func picture(t *diff.Track) history {
	p := history{Width: columnWidth*len(t.Places) + 16, Axis: upperHeight + pictureSpace}
	highest, lowest := 1, 0
	for i := range t.Places {
		if t.Places[i] != nil {
			highest = max(highest, t.Places[i].Distinct)
		}
		lowest = max(lowest, t.Removed[i])
	}
	scale := float64(upperHeight) / float64(max(highest, lowest*upperHeight/lowerHeight))
	height := func(n int) int {
		if n == 0 {
			return 0
		}
		return max(2, int(math.Round(float64(n)*scale)))
	}
	p.Height = p.Axis + height(lowest) + 2*pictureSpace
	for i, place := range t.Places {
		r := release{Number: i + 1, X: 16 + i*columnWidth, Plus: t.Added[i], Minus: t.Removed[i], Present: place != nil}
		r.Middle = r.X + (columnWidth-16)/2
		if place != nil {
			r.Entries = place.Distinct
		}
		r.Kept, r.Added, r.Removed = height(max(0, r.Entries-r.Plus)), height(min(r.Plus, r.Entries)), height(r.Minus)
		r.KeptY = p.Axis - r.Kept
		r.AddedY = r.KeptY - r.Added
		r.RemovedY, r.LabelY = p.Axis, r.AddedY-6
		p.Releases = append(p.Releases, r)
	}
	return p
}
