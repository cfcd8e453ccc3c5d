package scan

import (
	"bytes"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/match"
	"github.com/censorscan/censorscan/scan/text"
	"github.com/censorscan/censorscan/wordlists"
	"github.com/censorscan/censorscan/wordlists/variants"
)

// masked finds terms that are written so that a search for them passes by: with separators or invisible characters between their characters, in
// full-width letters, in traditional and simplified characters mixed. It looks only where there is text in wide characters.
type masked struct {
	norm    *text.Normalizer
	core    *match.Core
	exact   map[string]bool // what the search itself finds, letters of ASCII folded
	buffers sync.Pool       // of *text.Folded
}

const (
	maxMasked  = 240     // bytes from the beginning to the end of a masked term
	nearMasked = 1 << 10 // bytes on each side of a hit in which text in another encoding than UTF-8 is looked at
)

// newMasked compiles the normal forms of the terms that mean something alone.
func newMasked(lx *lexicon, conv *variants.Converter) (*masked, error) {
	m := &masked{norm: text.NewNormalizer(conv.Characters), exact: map[string]bool{}}
	m.buffers.New = func() any { return new(text.Folded) }
	var terms []match.Term
	at := map[string]bool{}
	for i, k := range lx.terms {
		for v := range len(lx.variants[i]) + 1 {
			m.exact[lowerASCII(lx.spelling(int32(i), int32(v)))] = true
		}
		if !k.alone || k.list.Kind != wordlists.KindTerms || k.combination != nil {
			continue
		}
		form := m.norm.Fold(k.Text)
		if utf8.RuneCountInString(form) < 2 || len(form) < match.MinNeedle {
			continue
		}
		if undone, _ := m.norm.Undone([]byte(k.Text), 0, len(k.Text), text.UTF8); undone&text.UndoneSeparators != 0 {
			continue // masked itself: without the mask it may be a common word
		}
		t := match.Term{ID: int32(i), Text: form, Encodings: text.SetOf(text.UTF8)}
		if !at[form] {
			at[form] = true
			terms = append(terms, t)
		}
	}
	if len(terms) == 0 {
		return m, nil
	}
	var err error
	m.core, err = match.Compile(terms, match.Options{})
	return m, err
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// search looks through the text of a piece whose hits are in l already.
func (m *masked) search(lx *lexicon, l *leaf, p extract.Piece) {
	if m.core == nil {
		return
	}
	f := m.buffers.Get().(*text.Folded)
	defer m.buffers.Put(f)
	for from, to := range text.Regions(p.Data) {
		if to > p.Lead-maxMasked && from < p.Lead+p.Owned {
			m.region(lx, l, p, f, from, to, text.UTF8)
		}
	}
	for _, r := range m.others(l, p) {
		m.region(lx, l, p, f, r.from, r.to, r.encoding)
	}
}

// stretch is a part of a piece to be read in an encoding.
type stretch struct {
	from, to int
	encoding text.Encoding
}

// others returns the surroundings of the hits of a piece in encodings other than UTF-8: there is text.
func (m *masked) others(l *leaf, p extract.Piece) []stretch {
	var out []stretch
	last := map[text.Encoding]int{}
	for i := l.seen; i < len(l.hits); i++ {
		h := &l.hits[i]
		switch h.encoding {
		case text.UTF16LE, text.UTF16BE, text.GB18030, text.Big5:
		default:
			continue
		}
		at := int(h.offset - p.Offset)
		from, to := max(0, at-nearMasked), min(len(p.Data), at+nearMasked)
		if k, ok := last[h.encoding]; ok && from <= out[k].to && (out[k].to-at)&1 == 0 {
			out[k].to = max(out[k].to, to)
			continue
		}
		switch h.encoding {
		case text.UTF16LE, text.UTF16BE:
			from += (at - from) & 1
		default: // a byte below the digits is no part of a character
			if n := bytes.IndexFunc(p.Data[from:at], func(r rune) bool { return r < '0' }); n >= 0 {
				from += n
			} else {
				from = at
			}
		}
		last[h.encoding] = len(out)
		out = append(out, stretch{from, to, h.encoding})
	}
	l.seen = len(l.hits)
	return out
}

// region searches the normal form of p.Data[from:to].
func (m *masked) region(lx *lexicon, l *leaf, p extract.Piece, f *text.Folded, from, to int, enc text.Encoding) {
	f.Reset(m.norm, p.Data, from, to, enc)
	covered := -1
	m.core.Scan(f.Text, 0, func(h match.Hit) {
		start, end := f.Source(int(h.Offset), int(h.Offset)+int(h.Length))
		if start < p.Lead || start >= p.Lead+p.Owned || end-start > maxMasked || end <= covered {
			return
		}
		if written, err := text.DecodeAll(enc, p.Data[start:end]); err != nil || m.exact[lowerASCII(written)] {
			return
		}
		undone, ok := m.norm.Undone(p.Data, start, end, enc)
		if _, size, _ := enc.DecodeRune(p.Data[start:end]); !ok || undone == 0 || size == end-start { // one character can be a whole word: ㍥
			return
		}
		if lx.terms[h.Term].word && !text.Boundary(f.Text, int(h.Offset), int(h.Offset)+int(h.Length), text.UTF8) {
			return
		}
		grade := lx.grader.Grade(p.Data, start, end, enc)
		if grade == text.Implausible {
			return
		}
		covered = end
		l.add(hit{offset: p.Offset + int64(start), length: int32(end - start), term: h.Term, encoding: enc, undone: undone}, grade,
			text.View{Window: p.Data, Start: start, End: end, Encoding: enc})
	})
}
