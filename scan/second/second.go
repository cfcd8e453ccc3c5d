// Package second is a second opinion on what package match finds: a search that shares the byte forms of the terms with it, but not one line of its
// filters and tables. The Aho-Corasick matcher of github.com/cloudflare/ahocorasick says which beginnings of needles occur in a window, the standard
// library says where, and each needle is compared byte by byte. It is slow, and simple enough to be trusted.
package second

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/cloudflare/ahocorasick"

	"github.com/censorscan/censorscan/scan/match"
	"github.com/censorscan/censorscan/scan/text"
)

// prefixSize is how many bytes of a needle the matcher looks for. Each node of it takes 4 KiB.
const prefixSize = 4

// Engine searches windows. It is immutable and safe for concurrent use.
type Engine struct {
	matcher  *ahocorasick.Matcher
	prefixes [][]byte   // lower case
	needles  [][]needle // of each prefix
}

type needle struct {
	text.Form
	term     int32
	variant  int32
	encoding text.Encoding
}

// New makes an engine for terms, which are those of match.Compile.
func New(terms []match.Term) (*Engine, error) {
	e := &Engine{}
	index := map[string]int{}
	for i, t := range terms {
		for v, spelling := range append([]string{t.Text}, t.Variants...) {
			for _, enc := range text.Encodings() {
				if !t.Encodings.Has(enc) {
					continue
				}
				for _, f := range enc.Forms(spelling) {
					if len(f.Bytes) < match.MinNeedle {
						return nil, fmt.Errorf("second: term %d (%.40q): %w", i, spelling, match.ErrTermShort)
					}
					prefix := lower(f.Bytes[:min(prefixSize, len(f.Bytes))])
					at, ok := index[string(prefix)]
					if !ok {
						at = len(e.prefixes)
						index[string(prefix)] = at
						e.prefixes = append(e.prefixes, prefix)
						e.needles = append(e.needles, nil)
					}
					e.needles[at] = append(e.needles[at], needle{f, t.ID, int32(v), enc})
				}
			}
		}
	}
	if len(e.prefixes) == 0 {
		return nil, match.ErrTermEmpty
	}
	e.matcher = ahocorasick.NewMatcher(e.prefixes)
	return e, nil
}

// Find returns the hits that lie in window, ordered by offset, length and term; base is the offset of window[0]. Of a byte form that one term has in several
// encodings or spellings it gives the first, as match does. Needle is not set.
func (e *Engine) Find(window []byte, base int64) []match.Hit {
	folded := lower(window)
	var out []match.Hit
	for _, i := range e.matcher.MatchThreadSafe(folded) {
		prefix := e.prefixes[i]
		for at := 0; ; at++ {
			k := bytes.Index(folded[at:], prefix)
			if k < 0 {
				break
			}
			at += k
			for _, n := range e.needles[i] {
				if n.stands(window[at:]) {
					out = append(out, match.Hit{Offset: base + int64(at), Length: int32(len(n.Bytes)), Term: n.term, Variant: n.variant, Encoding: n.encoding})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b match.Hit) int {
		return cmp.Or(Order(a, b), cmp.Compare(a.Variant, b.Variant), cmp.Compare(a.Encoding, b.Encoding))
	})
	return slices.CompactFunc(out, func(a, b match.Hit) bool { return Order(a, b) == 0 })
}

// Order orders hits by where they are and what they spell.
func Order(a, b match.Hit) int {
	return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Length, b.Length), cmp.Compare(a.Term, b.Term))
}

// stands tells whether p begins with the needle.
func (n *needle) stands(p []byte) bool {
	if len(p) < len(n.Bytes) {
		return false
	}
	for i, b := range n.Bytes {
		if p[i]|n.Fold[i] != b {
			return false
		}
	}
	return true
}

// lower is a copy of p in which two bytes that a needle may take for one another are the same: the bits of Form.Fold are set everywhere. What is alike
// only here is told apart when needles are compared.
func lower(p []byte) []byte {
	out := make([]byte, len(p))
	for i, b := range p {
		out[i] = b | 0x26
	}
	return out
}
