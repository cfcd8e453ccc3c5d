package scan

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/wordlists"
)

// again inspects an artefact that has findings once more and compares each with the report, then reads every place with other means.
func (v *verifier) again(ctx context.Context, a *extract.Artifact, container bool, c *extract.Content, expected []*Finding) error {
	l := newLeaf()
	if !container {
		var err error
		if l, err = v.engine.inspect(ctx, a, c, newRepeats()); err != nil || ctx.Err() != nil {
			return err
		}
	}
	v.engine.searchName(ctx, a, c, l)
	found := map[string]*Finding{}
	var now Report
	v.engine.collect(&now, a, l)
	for i := range now.Findings {
		found[now.Findings[i].ID] = &now.Findings[i]
	}
	src, err := c.Source(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", a.Path, err)
	}
	read := &reader{lexicon: v.engine.lx, name: a.Base(), src: src}
	for _, f := range expected {
		g := found[f.ID]
		delete(found, f.ID)
		if g == nil {
			v.differ(a.Path, f.ID, "the %s is not found again", f.Kind)
			continue
		}
		if what := unlike(f, g); what != "" {
			v.differ(a.Path, f.ID, "the %s is found again with another %s", f.Kind, what)
			continue
		}
		places, problem := read.finding(f)
		v.mu.Lock()
		v.out.Places += places
		if problem == "" {
			v.out.Confirmed++
		}
		v.mu.Unlock()
		if problem != "" {
			v.differ(a.Path, f.ID, "%s", problem)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		v.differ(a.Path, id, "a %s that the report does not have", found[id].Kind)
	}
	for _, w := range read.windows(expected) {
		p := make([]byte, w.Size)
		n, _ := src.ReadAt(p, w.Offset)
		v.compare(a.Path, p[:n], w.Offset)
	}
	v.mu.Lock()
	v.out.Sample.Artifacts++
	v.mu.Unlock()
	return nil
}

// unlike names what differs between a finding of a report and the same finding made again, "" if nothing does.
func unlike(a, b *Finding) string {
	switch {
	case a.Artifact.SHA256 != b.Artifact.SHA256:
		return "SHA-256 of the artefact"
	case a.Kind == KindList:
		x, y := a.List, b.List
		switch {
		case x == nil || y == nil:
			return "form"
		case x.Begin != y.Begin || x.End != y.End:
			return "extent"
		case x.RawSHA256 != y.RawSHA256:
			return "raw SHA-256"
		case x.CanonicalSHA256 != y.CanonicalSHA256:
			return "canonical SHA-256"
		case !slices.Equal(x.Entries, y.Entries):
			return "entry"
		case x.Class != y.Class || x.Encoding != y.Encoding || !slices.Equal(x.Recipe, y.Recipe) || x.Distinct != y.Distinct:
			return "description"
		}
	case a.Kind == KindLoader:
		x, y := a.Loader, b.Loader
		if x == nil || y == nil || x.Mechanism != y.Mechanism || !slices.Equal(x.Indicators, y.Indicators) {
			return "indicator"
		}
	case !reflect.DeepEqual(a.Term, b.Term):
		return "place or context"
	}
	return ""
}

// finding reads what a finding says again. It returns how many places were read and, if one does not hold what it should, what is wrong.
func (r *reader) finding(f *Finding) (places int, problem string) {
	check := func(p place) bool {
		places++
		if !r.holds(p) {
			problem = fmt.Sprintf("%q is not what stands at offset %d in %s", p.text, p.offset, p.encoding)
		}
		return problem == ""
	}
	switch {
	case f.List != nil:
		if !readable(f.List.Recipe) {
			return 0, ""
		}
		for _, e := range f.List.Entries {
			if !check(place{text: e.Text, offset: e.Offset, encoding: f.List.Encoding, recipe: strings.Join(f.List.Recipe, ", "), entry: true}) {
				break
			}
		}
	case f.Loader != nil:
		for _, x := range f.Loader.Indicators {
			if !check(place{text: x.Text, offset: x.Offset, encoding: x.Encoding}) {
				break
			}
		}
	case f.Term != nil:
		for _, p := range f.Term.Parts {
			if !check(place{text: p.Text, offset: p.Offset, encoding: f.Term.Encoding, recipe: f.Term.Recipe}) {
				break
			}
		}
		for _, at := range append([]int64{f.Term.Offset}, f.Term.Offsets...) {
			if !check(place{text: f.Term.Term, offset: at, encoding: f.Term.Encoding, recipe: f.Term.Recipe, masked: len(f.Term.Undone) > 0}) {
				break
			}
		}
	}
	return places, problem
}

// windows are the surroundings of the first and the last place of each finding.
func (r *reader) windows(findings []*Finding) []extract.Extent {
	const around = 4096
	var out []extract.Extent
	add := func(begin, end int64) {
		begin, end = max(0, begin-around), min(r.src.Size(), end+around)
		if begin < end {
			out = append(out, extract.Extent{Offset: begin, Size: min(end-begin, 4<<20)})
		}
	}
	for _, f := range findings {
		switch {
		case f.List != nil:
			add(f.List.Begin, f.List.End)
		case f.Loader != nil:
			for _, x := range f.Loader.Indicators {
				add(x.Offset, x.Offset+int64(len(x.Text)))
			}
		case f.Term != nil:
			for _, at := range append([]int64{f.Term.Offset}, f.Term.Offsets...) {
				add(at, at+int64(len(f.Term.Term)))
			}
		}
	}
	slices.SortFunc(out, func(a, b extract.Extent) int { return cmp.Compare(a.Offset, b.Offset) })
	merged := out[:0]
	for _, x := range out {
		if k := len(merged) - 1; k >= 0 && x.Offset <= merged[k].End() && x.End()-merged[k].Offset <= 4<<20 {
			merged[k].Size = max(merged[k].End(), x.End()) - merged[k].Offset
			continue
		}
		merged = append(merged, x)
	}
	return merged
}

// spellings are a term and its variants, in lower case; of a combination, the words that it can begin with.
func (lx *lexicon) spellings(term string) []string {
	var out []string
	i, ok := lx.byText[wordlists.Fold(term)]
	switch {
	case ok && lx.terms[i].combination != nil:
		for _, part := range lx.terms[i].combination.parts {
			out = append(out, part...)
		}
	case ok:
		out = append([]string{term}, lx.variants[i]...)
	default:
		out = append([]string{term}, lx.conv.Variants(term)...)
	}
	for i, s := range out {
		out[i] = strings.ToLower(s)
	}
	return out
}
