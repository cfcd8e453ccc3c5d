package scan

import (
	"cmp"
	"context"
	"slices"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/match"
	"github.com/censorscan/censorscan/scan/text"
	"github.com/censorscan/censorscan/wordlists"
)

const (
	maxOffsets   = 16      // of each term that are reported
	maxHits      = 100_000 // plausible hits of one artefact that the list recovery is told of
	contextWidth = 24      // characters on each side of a hit
)

// leaf is what a worker found in one artefact.
type leaf struct {
	matches
	head       []byte // the artefact's beginning
	digest     digest // zero when the artefact is too small to be remembered or was not read whole
	properties map[string]string
	sha256     string
	lists      []List
	decoded    *leaf // the artefact's bytes as Base64
	name       *leaf // the artefact's name, nil when nothing stands in it
}

// matches are the hits of a search. Those of an artefact that was searched to its end are not changed any more.
type matches struct {
	hits        []hit
	terms       map[int32]*occurrences
	late        map[int32]*occurrences // those of terms that are not in hits, which were too many
	all         int64                  // hits before any check
	boundary    int64
	implausible int64
	covered     int64 // end of the last hit that means something alone
	seen        int   // hits of earlier pieces
}

// hit is a plausible occurrence of a known term.
type hit struct {
	offset   int64
	length   int32
	term     int32
	variant  int32 // 0 is the term itself
	encoding text.Encoding
	undone   text.Undone // of a masked term
	parts    []Part      // of a combination
}

// maskedKey marks the occurrences of a term that was masked: they are told apart from the others.
const maskedKey = 1 << 30

// key is under which its occurrences are kept.
func (h *hit) key() int32 {
	if h.undone != 0 {
		return h.term | maskedKey
	}
	return h.term
}

// of returns what is known of the term of a key.
func (lx *lexicon) of(key int32) *known { return &lx.terms[key&^maskedKey] }

// occurrences are the plausible hits of one term.
type occurrences struct {
	count    int
	offsets  []int64 // the first ones, the one that is shown in front
	grade    text.Grade
	encoding text.Encoding
	undone   text.Undone // of the best one
	parts    []Part      // of the best one
	context  text.Excerpt
}

func newLeaf() *leaf { return &leaf{matches: matches{terms: map[int32]*occurrences{}}} }

// searchName searches the last element of an artefact's name: a name can be all that is left of what a file held.
func (e *Engine) searchName(ctx context.Context, a *extract.Artifact, c *extract.Content, l *leaf) {
	name := newLeaf()
	e.lx.piece(name, extract.Piece{Data: []byte(a.Base()), Owned: len(a.Base())})
	alone := false
	for id := range name.terms {
		k := e.lx.of(id)
		alone = alone || k.alone && k.list.Kind != wordlists.KindLoaders
	}
	if !alone {
		return
	}
	l.name = name
	if src, err := c.Source(ctx); err == nil && l.sha256 == "" {
		l.sha256 = hashSource(ctx, src)
	}
}

// headSize is how much of an artefact's beginning is kept to tell what it is.
const headSize = 4096

// piece searches the owned part of a piece.
func (lx *lexicon) piece(l *leaf, p extract.Piece) {
	window := p.Data
	var same []graded // plausible hits at one offset
	flush := func() {
		// longest first: what lies within a term that means something alone says nothing more
		slices.SortStableFunc(same, func(a, b graded) int { return cmp.Compare(b.hit.Length, a.hit.Length) })
		for _, g := range same {
			end := p.Offset + g.hit.Offset + int64(g.hit.Length)
			if end <= l.covered {
				continue
			}
			if lx.terms[g.hit.Term].alone {
				l.covered = end
			}
			h := &g.hit
			l.add(hit{offset: p.Offset + h.Offset, length: h.Length, term: h.Term, variant: h.Variant, encoding: h.Encoding}, g.grade, g.view)
		}
		same = same[:0]
	}
	lx.core.ScanChunk(window[p.Lead:], int64(p.Lead), p.Owned, func(h match.Hit) {
		l.all++
		start := int(h.Offset)
		end := start + int(h.Length)
		v, ok := text.Open(window, start, end, h.Encoding, lx.spelling(h.Term, h.Variant))
		if !ok {
			l.implausible++
			return
		}
		if lx.terms[h.Term].word && !text.Boundary(v.Window, v.Start, v.End, v.Encoding) {
			l.boundary++
			return
		}
		if lx.terms[h.Term].combination != nil {
			lx.combined(l, p, h, v)
			return
		}
		grade := lx.grader.Grade(v.Window, v.Start, v.End, v.Encoding)
		if grade == text.Implausible {
			l.implausible++
			return
		}
		if len(same) > 0 && same[0].hit.Offset != h.Offset {
			flush()
		}
		same = append(same, graded{h, grade, v})
	})
	flush()
	lx.masked.search(lx, l, p)
}

// graded is a hit and how plausible it is.
type graded struct {
	hit   match.Hit
	grade text.Grade
	view  text.View
}

// add keeps a plausible hit.
func (l *leaf) add(h hit, grade text.Grade, v text.View) {
	count(l.terms, &h, grade, v)
	if len(l.hits) < maxHits {
		l.hits = append(l.hits, h)
		return
	}
	if l.late == nil {
		l.late = map[int32]*occurrences{}
	}
	count(l.late, &h, grade, v)
}

// count adds a hit to the occurrences of its term.
func count(terms map[int32]*occurrences, h *hit, grade text.Grade, v text.View) {
	o := terms[h.key()]
	if o == nil {
		o = &occurrences{grade: text.Implausible}
		terms[h.key()] = o
	}
	o.count++
	if better(grade, o.grade) {
		o.grade, o.encoding, o.undone, o.parts = grade, h.encoding, h.undone, h.parts
		o.context = text.Context(v.Window, v.Start, v.End, v.Encoding, contextWidth)
		o.offsets = slices.Insert(o.offsets, 0, h.offset)
	} else if len(o.offsets) < maxOffsets {
		o.offsets = append(o.offsets, h.offset)
	}
}

// merge adds later occurrences of the same term.
func (o *occurrences) merge(later *occurrences) {
	o.count += later.count
	if better(later.grade, o.grade) {
		o.grade, o.encoding, o.undone, o.parts, o.context = later.grade, later.encoding, later.undone, later.parts, later.context
		o.offsets = append(slices.Clone(later.offsets), o.offsets...)
	} else {
		o.offsets = append(o.offsets, later.offsets...)
	}
	o.offsets = o.offsets[:min(len(o.offsets), maxOffsets)]
}

// better orders grades.
func better(a, b text.Grade) bool { return weight(a) > weight(b) }

func weight(g text.Grade) int {
	switch g {
	case text.TextLike:
		return 2
	case text.Isolated:
		return 1
	}
	return 0
}
