package recover

import (
	"bytes"
	"slices"
	"sort"
	"unicode/utf8"

	"github.com/censorscan/censorscan/scan/text"
)

const (
	clusterGap  = 4096    // bytes between two hits of one place
	maxRun      = 1 << 20 // bytes of text on one side of a hit
	maxBetween  = 64      // bytes between two strings of a run
	maxClusters = 256     // of one artefact, those with the most hits
)

// unknown recovers lists from bytes of which no layout is known, or from what a layout left: strings behind their lengths, text that stands by itself, and, as
// the last resort, the strings around the hits, whatever lies between them.
func (j *judge) unknown(b *image, taken []*candidate, known []extent) []*candidate {
	var all []*candidate
	for _, hits := range clusters(b.unexplained(taken, known)) {
		if !b.telling(hits) {
			continue
		}
		for _, s := range b.findPrefixed(hits) {
			all = j.appendCandidate(all, s)
		}
		for _, d := range b.findTexts(hits) {
			all = append(all, j.candidates(d, 1)...)
		}
		all = j.appendCandidate(all, b.findRun(hits))
	}
	return all
}

// prefixed returns what stands behind lengths alone.
func (j *judge) prefixed(b *image) []*candidate {
	var all []*candidate
	for _, hits := range clusters(b.terms()) {
		for _, s := range b.findPrefixed(hits) {
			all = j.appendCandidate(all, s)
		}
	}
	return all
}

// unexplained returns the hits that lie in no entry of a blocklist and in no known part, and where none of its entries begins once more: the same words stand in an index, or where
// they lay before.
func (b *image) unexplained(taken []*candidate, known []extent) []hit {
	used := slices.Clone(known)
	const head = 4
	copies := map[string][][]byte{} // entries, by their first bytes
	for _, c := range taken {
		if c.score < threshold {
			continue
		}
		if !c.doc.scattered() {
			used = append(used, c.spans...)
		}
		if c.doc.outer != nil {
			continue
		}
		for _, it := range c.items { // those of a text within, too: its bytes can lie in pieces
			e := extent{c.doc.origin.offset(it.pos), c.doc.origin.offset(it.end)}
			e.end = max(e.end, e.begin+1)
			used = append(used, e)
			if raw := b.bytes(e.begin, e.end-e.begin); len(raw) >= head {
				copies[string(raw[:head])] = append(copies[string(raw[:head])], raw)
			}
		}
	}
	used = merged(used)
	var rest []hit
	for _, h := range b.terms() {
		i := sort.Search(len(used), func(i int) bool { return used[i].end > h.off })
		if i < len(used) && used[i].begin <= h.off {
			continue
		}
		p := b.upTo(h.off, head)
		if slices.ContainsFunc(copies[string(p)], func(e []byte) bool { return bytes.Equal(b.upTo(h.off, int64(len(e))), e) }) {
			continue
		}
		rest = append(rest, h)
	}
	return rest
}

// clusters are the hits of one encoding that lie near each other, those with the most hits first.
func clusters(hits []hit) [][]hit {
	byEncoding := map[text.Encoding][]hit{}
	for _, h := range hits {
		byEncoding[h.enc] = append(byEncoding[h.enc], h)
	}
	var all [][]hit
	for _, enc := range binaryEncodings() {
		for rest := byEncoding[enc]; len(rest) > 0; {
			n := 1
			for n < len(rest) && rest[n].off-rest[n-1].off <= clusterGap {
				n++
			}
			if n >= minKnown {
				all = append(all, rest[:n])
			}
			rest = rest[n:]
		}
	}
	slices.SortStableFunc(all, func(a, b []hit) int { return len(b) - len(a) })
	return all[:min(len(all), maxClusters)]
}

// telling reports whether there are enough different terms among the hits.
func (b *image) telling(hits []hit) bool {
	seen := map[string]bool{}
	for _, h := range hits {
		seen[string(b.upTo(h.off, 6))] = true
		if len(seen) >= minKnown {
			return true
		}
	}
	return false
}

// findTexts returns the stretches of text around hits that could hold a list: those with separators in them.
func (b *image) findTexts(hits []hit) []*document {
	var all []*document
	end := int64(-1)
	for _, h := range hits {
		if h.off < end {
			continue
		}
		var begin int64
		begin, end = b.stretch(h)
		raw := b.bytes(begin, end-begin)
		if raw == nil {
			continue
		}
		d := decode(raw, begin, h.enc, 0)
		d.image, d.space = b, space{}
		d.recipe = []string{"text within binary data"}
		if isText(d.text) {
			all = append(all, d)
		}
	}
	return all
}

// stretch returns the text that a hit stands in.
func (b *image) stretch(h hit) (begin, end int64) {
	begin = h.off
	back := min(h.off, maxRun)
	p := b.upTo(h.off-back, back)
	switch h.enc {
	case text.UTF8:
		for len(p) > 0 {
			r, size := utf8.DecodeLastRune(p)
			if r == utf8.RuneError && size <= 1 || r == 0 || control(r) {
				break
			}
			p = p[:len(p)-size]
		}
		begin -= back - int64(len(p))
	case text.UTF16LE, text.UTF16BE:
		for len(p) > 1 && clean(p[len(p)-2:], h.enc) {
			p = p[:len(p)-2]
		}
		begin -= back - int64(len(p))
	default: // the bytes of a character are not known from behind
		n := len(p)
		for n > 0 && (p[n-1] >= ' ' || p[n-1] == '\n' || p[n-1] == '\r' || p[n-1] == '\t') {
			n--
		}
		if clean(p[n:], h.enc) {
			begin -= int64(len(p) - n)
		}
	}
	for end = h.off; end < b.size; {
		q := b.upTo(end, pageSize)
		n := 0
		for n < len(q) {
			r, size, ok := h.enc.DecodeRune(q[n:])
			if !ok || r == 0 || control(r) {
				break
			}
			n += size
		}
		end += int64(n)
		if n < len(q)-4 || n == 0 || end-h.off > maxRun {
			break
		}
	}
	return begin, end
}

// findRun returns the strings around hits, whatever lies between them, as far as they lie close to each other.
func (b *image) findRun(hits []hit) *structure {
	enc := hits[0].enc
	s := &structure{doc: b.document(enc.String()), recipe: []string{"strings within binary data", approximate}, order: 6}
	first, last := hits[0].off, hits[len(hits)-1].off
	from := max(first-clusterGap, 0)
	if enc == text.UTF16LE || enc == text.UTF16BE {
		from += (first - from) % 2
	}
	var run []stored
	for off := from; off < b.size && b.left > 0; {
		str, next := b.nextString(off, enc)
		if next <= off {
			break
		}
		if n := len(run); n > 0 && (str.text == "" || str.begin-run[n-1].end > maxBetween) {
			if run[n-1].begin >= last {
				break
			}
			if run[n-1].end <= first {
				run = run[:0]
			}
		}
		if str.text != "" {
			run = append(run, str)
		}
		off = next
	}
	for _, str := range run {
		s.append(str.item(0))
	}
	return s
}

// nextString returns the next string of at least two characters, three when they are ASCII, that begins within maxBetween bytes, and where to go on.
func (b *image) nextString(off int64, enc text.Encoding) (stored, int64) {
	const most = 64 // bytes of most strings
	p := b.upTo(off, maxBetween+most)
	unit := 1
	if enc == text.UTF16LE || enc == text.UTF16BE {
		unit = 2
	}
	for i := 0; i < min(len(p), maxBetween); {
		n, chars, wide := i, 0, false
		for n < len(p) {
			if n > len(p)-4 && len(p) == maxBetween+most {
				p = b.upTo(off, maxBetween+maxCString)
			}
			r, size, ok := enc.DecodeRune(p[n:])
			if !ok || control(r) || r == 0 || r == '\n' || r == '\r' {
				break
			}
			chars++
			wide = wide || r >= 0x80
			n += size
		}
		if chars > 2 || chars == 2 && wide {
			d := decode(p[i:n], off+int64(i), enc, 0)
			return stored{text: d.text, extent: extent{off + int64(i), off + int64(n)}, origin: d.origin}, off + int64(n)
		}
		i = max(n, i+unit)
	}
	return stored{}, off + int64(min(len(p), maxBetween))
}
