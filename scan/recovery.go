package scan

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/recover"
	"github.com/censorscan/censorscan/scan/text"
	"github.com/censorscan/censorscan/wordlists"
)

// maxText is the largest artefact that is read whole as one text.
const maxText = 16 << 20

// recoverLists looks for the lists that an artefact's hits belong to. Hits that lie in a blocklist are the list's entries and no findings of their own.
func (e *Engine) recoverLists(ctx context.Context, a *extract.Artifact, c *extract.Content, l *leaf) {
	encoded := looksBase64(l.head)
	if encoded && c.Size() > maxText {
		c.Refuse(&extract.Unopened{Reason: extract.ReasonLimit, Detail: fmt.Sprintf("Base64 text of more than %d bytes was searched as it is, not decoded", maxText)})
		encoded = false
	}
	hidden := len(l.hits) == 0 && !encoded && c.Size() <= maxText && recover.HoldsBase64(l.head)
	if len(l.hits) == 0 && !encoded && !hidden {
		return
	}
	src, err := c.Source(ctx)
	if err != nil {
		return // the walker has it in the coverage
	}
	var decoded extract.BytesSource
	if encoded {
		raw := readUpTo(src, maxText)
		if decoded = decodeBase64(raw); decoded != nil {
			l.decoded = newLeaf()
			e.lx.piece(l.decoded, extract.Piece{Data: decoded, Owned: len(decoded)})
		}
		hidden = (l.decoded == nil || len(l.decoded.hits) == 0) && e.inLines(raw)
	}
	if len(l.hits) == 0 && (l.decoded == nil || len(l.decoded.hits) == 0) && !hidden {
		return
	}
	l.sha256 = hashSource(ctx, src)
	offsets := make([]int64, len(l.hits))
	for i, h := range l.hits {
		offsets[i] = h.offset
	}
	found, err := recover.Recover(src, src.Size(), a.Path, offsets, e.known, recover.Options{Limit: maxText})
	if err != nil { // a part that cannot be read; the walker has it in the coverage
		found.Lists = e.recoverReadable(ctx, src, a.Path, offsets)
	}
	for i := range found.Lists {
		f := &found.Lists[i]
		li := listOf(f)
		li.Languages = e.lx.languages.of(li.Entries)
		li.Class = classOf(&li, e.opts.MinScore)
		f.Class = li.Class
		li.Overlap = overlap(&li, e.references)
		l.lists = append(l.lists, li)
	}
	e.dropEntries(src, l, entriesIn(found.Lists, false), copiesOf(found.Lists), decodedToo(l, found.Lists))
	switch {
	case slices.ContainsFunc(found.Lists, func(li recover.List) bool {
		return li.Class != recover.WordCollection && slices.Contains(li.Recipe, recover.PerEntry)
	}):
		l.decoded = nil // its hits are the entries
	case l.decoded != nil:
		e.dropEntries(decoded, l.decoded, entriesIn(found.Lists, true), nil, false)
	}
}

// inLines tells whether the lines of a text, each in Base64 by itself, hold known terms.
func (e *Engine) inLines(raw []byte) bool {
	var all []byte
	for line := range bytes.Lines(raw) {
		all = append(append(all, decodeBase64(line)...), '\n')
	}
	lines := newLeaf()
	e.lx.piece(lines, extract.Piece{Data: all, Owned: len(all)})
	return len(lines.hits) > 0
}

func listOf(f *recover.List) List {
	out := List{
		Class: f.Class, Score: f.Score, Evidence: f.Evidence, Encoding: f.Encoding, Recipe: f.Recipe, Begin: f.Begin, End: f.End, Scattered: f.Scattered,
		Distinct: f.Distinct, Categories: map[string]float64{}, RawSHA256: f.RawSHA256, CanonicalSHA256: f.CanonicalSHA256, Readers: []string{},
		Entries: make([]Entry, len(f.Entries)),
	}
	subjects := map[string]int{}
	seen := make(map[string]bool, f.Distinct)
	for i, en := range f.Entries {
		out.Entries[i] = Entry{Text: en.Text, Offset: en.Offset, Category: en.Category}
		if key := recover.Fold(en.Text); !seen[key] {
			seen[key] = true
			if en.Category != "" {
				subjects[wordlists.Subject(en.Category)]++
			}
		}
	}
	for s, n := range subjects {
		out.Categories[s] = math.Round(float64(n)/float64(len(seen))*1e4) / 1e4
	}
	return out
}

// entriesIn returns what the lists that are no word collections take up, sorted and apart. decoded says whether those of the artefact or those of what it decodes to are meant.
func entriesIn(lists []recover.List, decoded bool) []extract.Extent {
	var all []extract.Extent
	for i := range lists {
		li := &lists[i]
		switch {
		case li.Class == recover.WordCollection || decodesBase64(li.Recipe) != decoded:
		case li.Scattered:
			for _, en := range li.Entries {
				all = append(all, extract.Extent{Offset: en.Offset, Size: en.End - en.Offset})
			}
		default:
			all = append(all, extract.Extent{Offset: li.Begin, Size: li.End - li.Begin})
		}
	}
	slices.SortFunc(all, func(a, b extract.Extent) int { return cmp.Compare(a.Offset, b.Offset) })
	out := all[:0]
	for _, e := range all {
		if n := len(out); n > 0 && e.Offset <= out[n-1].End() {
			out[n-1].Size = max(out[n-1].End(), e.End()) - out[n-1].Offset
			continue
		}
		out = append(out, e)
	}
	return out
}

// copiesOf returns the folded entries of the lists in binary layouts that are no word collections: there the same words often stand once more, in an index or where
// they lay before.
func copiesOf(lists []recover.List) map[string]bool {
	copies := map[string]bool{}
	for i := range lists {
		if li := &lists[i]; li.Class != recover.WordCollection && li.Scattered {
			for _, en := range li.Entries {
				copies[recover.Fold(en.Text)] = true
			}
		}
	}
	return copies
}

// dropEntries takes the hits that lie in the extents, those of terms that are entries of a list with copies, or stand in one, and, if they were found twice,
// those in Base64 out of the leaf's terms.
func (e *Engine) dropEntries(src extract.Source, l *leaf, extents []extract.Extent, copies map[string]bool, twice bool) {
	entry := func(id int32) bool {
		id &^= maskedKey
		return copies[recover.Fold(e.lx.terms[id].Text)] || slices.ContainsFunc(e.lx.variants[id], func(v string) bool { return copies[recover.Fold(v)] })
	}
	inside := func(offset int64, enc text.Encoding) bool {
		if twice && enc == text.Base64 {
			return true
		}
		i := sort.Search(len(extents), func(i int) bool { return extents[i].End() > offset })
		return i < len(extents) && extents[i].Offset <= offset
	}
	again := map[int32]bool{}
	for _, h := range l.hits {
		if len(copies) == 0 {
			break
		}
		if _, met := again[h.term]; !met {
			again[h.term] = entry(h.term)
		}
		again[h.term] = again[h.term] || inside(h.offset, h.encoding)
	}
	var outside []hit
	for _, h := range l.hits {
		if !inside(h.offset, h.encoding) && !again[h.term] {
			outside = append(outside, h)
		}
	}
	if len(outside) == len(l.hits) {
		return
	}
	rest := newLeaf()
	for _, h := range outside {
		from := max(0, h.offset-text.Margin)
		window := make([]byte, min(src.Size(), h.offset+int64(h.length)+text.Margin)-from)
		n, _ := src.ReadAt(window, from)
		start, end := int(h.offset-from), int(h.offset-from)+int(h.length)
		if end > n {
			continue
		}
		v, ok := text.Open(window[:n], start, end, h.encoding, e.lx.spelling(h.term, h.variant))
		if !ok {
			continue // cannot be: it was one before
		}
		rest.add(h, e.lx.grader.Grade(v.Window, v.Start, v.End, v.Encoding), v)
	}
	for id, o := range l.late {
		if again[id] || len(copies) > 0 && entry(id) || !slices.ContainsFunc(o.offsets, func(at int64) bool { return !inside(at, o.encoding) }) {
			continue
		}
		if first := rest.terms[id]; first != nil {
			first.merge(o)
		} else {
			rest.terms[id] = o
		}
	}
	l.hits, l.terms = rest.hits, rest.terms
}

// decodedToo reports whether Base64 in an artefact was decoded, so that what stands in it was found there.
func decodedToo(l *leaf, lists []recover.List) bool {
	return l.decoded != nil || slices.ContainsFunc(lists, func(li recover.List) bool { return li.Class != recover.WordCollection && decodesBase64(li.Recipe) })
}

func decodesBase64(recipe []string) bool { return slices.Contains(recipe, base64Step) }

// base64Step is how a recipe names the step.
const base64Step = "base64 decode"

// looksBase64 tells whether the beginning of an artefact is nothing but Base64, in lines or not.
func looksBase64(head []byte) bool {
	letters := 0
	for _, c := range bytes.TrimRight(head, "= \t\r\n") {
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '+', c == '/', c == '-', c == '_':
			letters++
		case c == '\r', c == '\n':
		default:
			return false
		}
	}
	return letters >= 16
}

// decodeBase64 decodes the standard and the URL alphabet, padded or not, with line breaks; nil if it is none.
func decodeBase64(data []byte) []byte {
	clean := make([]byte, 0, len(data))
	for _, c := range data {
		switch c {
		case '\r', '\n', ' ', '\t', '=':
		case '-':
			clean = append(clean, '+')
		case '_':
			clean = append(clean, '/')
		default:
			clean = append(clean, c)
		}
	}
	out, err := base64.RawStdEncoding.AppendDecode(nil, clean)
	if err != nil {
		return nil
	}
	return out
}

// termsOf makes the terms of the lexicon ready for the list recovery.
func (lx *lexicon) termsOf() *recover.Terms {
	terms := make([]recover.Term, 0, len(lx.byText))
	for i, k := range lx.terms {
		if !k.describes() {
			continue
		}
		terms = append(terms, recover.Term{Text: k.Text, Category: k.Category})
		if k.combination != nil {
			for _, s := range k.combination.orders() {
				terms = append(terms, recover.Term{Text: s, Category: k.Category})
			}
			continue
		}
		for _, v := range lx.variants[i] {
			terms = append(terms, recover.Term{Text: v, Category: k.Category})
		}
	}
	return recover.NewTerms(terms)
}
