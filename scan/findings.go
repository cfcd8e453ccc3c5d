package scan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/wordlists"
)

// collect turns what a worker found in an artefact into findings: lists in their order, then loaders, then terms by offset.
func (e *Engine) collect(r *Report, a *extract.Artifact, l *leaf) {
	for _, part := range []*leaf{l, l.decoded, l.name} {
		if part != nil {
			r.Counts.Hits += part.all
			r.Counts.Boundary += part.boundary
			r.Counts.Implausible += part.implausible
		}
	}
	if len(l.lists) == 0 && len(l.terms) == 0 && l.decoded == nil && l.name == nil {
		return
	}
	art := Artifact{SHA256: l.sha256, Size: a.Size, Format: a.Format, Raw: a.Raw}
	if art.Format == "" {
		art.Format = sniff(l.head)
	}
	for _, x := range a.Slack {
		art.Extents = append(art.Extents, Extent(x))
	}
	add := func(f Finding, key string) {
		f.Path, f.Artifact = a.Path, art
		f.ID = findingID(f.Kind, a.Path, key)
		r.Findings = append(r.Findings, f)
	}
	same := map[string]int{} // lists of the same strings: code can name them at several places
	for i := range l.lists {
		li := &l.lists[i]
		if li.Class == ClassWordCollection && !e.opts.All {
			continue
		}
		key := fmt.Sprintf("%s %d", li.CanonicalSHA256, li.Begin)
		if same[key]++; same[key] > 1 {
			key += fmt.Sprintf(" %d", same[key])
		}
		add(Finding{Kind: KindList, List: li}, key)
	}
	for _, ld := range e.loaders(l) {
		if isJarSignature(a.Name) {
			break
		}
		add(Finding{Kind: KindLoader, Loader: ld}, ld.Mechanism)
	}
	for _, t := range e.termsIn(l, "") {
		add(Finding{Kind: KindTerm, Term: t}, t.key())
	}
	if l.name != nil {
		for _, t := range e.termsIn(l.name, "file name") {
			add(Finding{Kind: KindTerm, Term: t}, "file name "+t.key())
		}
	}
	if l.decoded != nil {
		for _, t := range e.termsIn(l.decoded, "base64") {
			add(Finding{Kind: KindTerm, Term: t}, "base64 "+t.key())
		}
	}
}

// isJarSignature tells whether a file is one of those that list every file of a signed jar: that a name stands there is no loader.
func isJarSignature(name string) bool {
	return strings.HasPrefix(name, "META-INF/") && (strings.HasSuffix(name, ".MF") || strings.HasSuffix(name, ".SF"))
}

func findingID(k Kind, path, key string) string {
	sum := sha256.Sum256([]byte(string(k) + "\x00" + path + "\x00" + key))
	return hex.EncodeToString(sum[:8])
}

// loaders groups indicator strings by mechanism. Generic ones add to a loader that is there and make none.
func (e *Engine) loaders(l *leaf) []*Loader {
	var out []*Loader
	var generic []Indicator
	for _, id := range sortedTerms(l) {
		k, o := e.lx.of(id), l.terms[id]
		if k.list.Kind != wordlists.KindLoaders {
			continue
		}
		ind := Indicator{Text: k.Text, Gloss: k.Gloss, Wordlist: k.list.Name, Offset: o.offsets[0], Encoding: o.encoding.String(), Count: o.count}
		if !k.alone {
			generic = append(generic, ind)
			continue
		}
		i := slices.IndexFunc(out, func(x *Loader) bool { return x.Mechanism == k.Category })
		if i < 0 {
			i = len(out)
			out = append(out, &Loader{Mechanism: k.Category})
		}
		out[i].Indicators = append(out[i].Indicators, ind)
	}
	for _, x := range out {
		x.own = len(x.Indicators)
		x.Indicators = append(x.Indicators, generic...)
	}
	slices.SortFunc(out, func(a, b *Loader) int { return cmp.Compare(a.Mechanism, b.Mechanism) })
	return out
}

// termsIn lists the terms that mean something alone.
func (e *Engine) termsIn(l *leaf, recipe string) []*Term {
	var out []*Term
	for _, id := range sortedTerms(l) {
		k, o := e.lx.of(id), l.terms[id]
		if !k.alone || k.list.Kind == wordlists.KindLoaders {
			continue
		}
		t := &Term{
			Term: k.Text, Gloss: k.Gloss, Wordlist: k.list.Name, Category: k.Category, Offset: o.offsets[0], Encoding: o.encoding.String(),
			Recipe: recipe, Undone: o.undone.Names(), Parts: o.parts, Grade: o.grade.String(), Context: Context(o.context), Count: o.count,
		}
		if more := slices.Clone(o.offsets[1:]); len(more) > 0 {
			slices.Sort(more)
			t.Offsets = more[:min(len(more), maxOffsets-1)]
		}
		out = append(out, t)
	}
	return out
}

// key tells the findings of one term in one artefact apart.
func (t *Term) key() string {
	if len(t.Undone) > 0 {
		return "masked " + t.Term
	}
	return t.Term
}

// sortedTerms orders the terms of a leaf by the offset that is shown, then by their place in the wordlists.
func sortedTerms(l *leaf) []int32 {
	ids := make([]int32, 0, len(l.terms))
	for id := range l.terms {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b int32) int {
		return cmp.Or(cmp.Compare(l.terms[a].offsets[0], l.terms[b].offsets[0]), cmp.Compare(a, b))
	})
	return ids
}
