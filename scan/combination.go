package scan

import (
	"bytes"
	"slices"
	"strings"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/match"
	"github.com/censorscan/censorscan/scan/text"
	"github.com/censorscan/censorscan/wordlists/variants"
)

// A combination A+B is found by its longest part; the others have to stand within combinationWidth characters of it, in the same line or string, in
// any order, without overlapping.

const combinationWidth = 32

// combination is a term that is one.
type combination struct {
	parts  [][]string // spellings of each part, the first as it is in the list
	anchor int        // of the part that is searched for
}

func newCombination(parts []string, conv *variants.Converter) *combination {
	c := new(combination)
	for i, p := range parts {
		c.parts = append(c.parts, append([]string{p}, conv.Variants(p)...))
		if len(p) > len(parts[c.anchor]) {
			c.anchor = i
		}
	}
	return c
}

// searched is the text that the needles of a term spell.
func (k *known) searched() string {
	if k.combination != nil {
		return k.combination.parts[k.combination.anchor][0]
	}
	return k.Text
}

// find returns the parts around a hit of the anchor in p.Data, in the order of the term, and the hit grown to hold all of them.
func (c *combination) find(p extract.Piece, start, end int, enc text.Encoding, word bool) (parts []Part, from, to int, ok bool) {
	line := text.NewLine(p.Data, start, end, enc, combinationWidth)
	folded := bytes.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, line.Text)
	if len(folded) != len(line.Text) {
		return nil, 0, 0, false
	}
	taken := []stretch{{from: line.Start, to: line.End}}
	from, to = start, end
	for i, spellings := range c.parts {
		s := stretch{from: line.Start, to: line.End}
		if i != c.anchor {
			if s, ok = findPart(folded, spellings, taken, word); !ok {
				return nil, 0, 0, false
			}
			taken = append(taken, s)
		}
		a, b := line.Source(s.from, s.to)
		from, to = min(from, a), max(to, b)
		parts = append(parts, Part{Text: spellings[0], Offset: p.Offset + int64(a), Length: b - a})
	}
	return parts, from, to, true
}

// findPart returns the first place of a spelling that is not taken.
func findPart(line []byte, spellings []string, taken []stretch, word bool) (stretch, bool) {
	for _, s := range spellings {
		part := []byte(lowerASCII(s))
		for at := 0; ; at++ {
			n := bytes.Index(line[at:], part)
			if n < 0 {
				break
			}
			at += n
			free := !slices.ContainsFunc(taken, func(t stretch) bool { return at < t.to && t.from < at+len(part) })
			if free && (!word || text.Boundary(line, at, at+len(part), text.UTF8)) {
				return stretch{from: at, to: at + len(part)}, true
			}
		}
	}
	return stretch{}, false
}

// combined adds the hit of a combination if its other parts are there.
func (lx *lexicon) combined(l *leaf, p extract.Piece, h match.Hit, v text.View) {
	k := &lx.terms[h.Term]
	parts, from, to, ok := k.combination.find(p, v.Start, v.End, v.Encoding, k.word)
	if !ok {
		return
	}
	grade := lx.grader.Grade(p.Data, from, to, v.Encoding)
	if grade == text.Implausible {
		l.implausible++
		return
	}
	l.add(hit{offset: p.Offset + int64(from), length: int32(to - from), term: h.Term, variant: h.Variant, encoding: h.Encoding, parts: parts}, grade,
		text.View{Window: p.Data, Start: from, End: to, Encoding: v.Encoding})
}

// orders returns the ways to write a combination as one entry of a list.
func (c *combination) orders() []string {
	if len(c.parts) > 3 {
		return nil
	}
	var out []string
	var walk func(prefix []string, used int)
	walk = func(prefix []string, used int) {
		if len(prefix) == len(c.parts) {
			out = append(out, strings.Join(prefix, "+"))
			return
		}
		for i, spellings := range c.parts {
			if used>>i&1 == 0 {
				walk(append(slices.Clone(prefix), spellings[0]), used|1<<i)
			}
		}
	}
	walk(nil, 0)
	return out[1:]
}
