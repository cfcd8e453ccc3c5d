package xor

import (
	"bytes"

	"github.com/censorscan/censorscan/extract"
)

const (
	minSize = 48      // bytes below which there is too little to count
	first   = 256     // bytes of the first look
	second  = 4 << 10 // bytes of a closer look
	best    = 6       // keys that get a closer look

	margin = 12 // bits by which a reading has to be better than any other
)

// finder finds the key.
type finder struct{ formats []extract.Format }

// find returns the key of a file, 0 if there is none to be found.
func (f finder) find(p *extract.Probe) byte {
	switch p.Source().(type) {
	case decoded, asIs:
		return 0 // is known
	}
	if len(p.Head()) < minSize || isKnown(p.Head()) {
		return 0
	}
	if key := f.byMagic(p); key != 0 {
		return key
	}
	head := p.Head()
	if p.Size() == int64(len(head)) {
		if head = bytes.TrimRight(head, "\x00"); len(head) < minSize { // padding that came later
			return 0
		}
	}
	l := look{t: tables(), head: head[:min(len(head), second)]}
	key := l.find()
	if key == 0 || !l.goesOn(p, key) {
		return 0
	}
	return key
}

// knownHeads are the first bytes of formats that are what they seem.
var knownHeads = []string{"\x7fELF", "dex\n", "cdex", "\x89PNG", "\xff\xd8\xff", "RIFF", "OggS", "GIF8", "\x03\x00\x08\x00", "\x02\x00\x0c\x00", "SQLite format 3\x00",
	"\x1bLua", "\x1bLJ", "\x00\x01\x00\x00\x00", "OTTO", "ttcf", "wOF", "ID3", "\xca\xfe\xba\xbe", "%PDF"}

func isKnown(head []byte) bool {
	for _, h := range knownHeads {
		if len(head) >= len(h) && string(head[:len(h)]) == h {
			return true
		}
	}
	return false
}

// look is the search of one head.
type look struct {
	t       *charTables
	head    []byte
	buf     [second]byte
	reading *reading // the best
}

// guess is a key with the best reading that it gives.
type guess struct {
	key byte
	*reading
}

func (l *look) find() byte {
	sample := l.head[:min(len(l.head), first)]
	var h counts
	if !h.count(sample) {
		return 0
	}
	sets, any := h.keys(l.t)
	if !any || l.readable(sample, &sets) {
		return 0
	}
	return l.choose(l.guess(sample, &h, &sets))
}

// readable reports whether a sample is text as it is, in any encoding that it may be in.
func (l *look) readable(sample []byte, sets *[charsets]keySet) bool {
	for c := range charsets {
		if sets[c].has(0) && l.t.read(c, sample).readable() {
			return true
		}
	}
	return false
}

// guess returns the keys and readings that may make a text of a sample.
func (l *look) guess(sample []byte, h *counts, sets *[charsets]keySet) (guesses []guess) {
	keys := sets[utf8Text]
	keys.join(&sets[utf16le])
	keys.join(&sets[utf16be])
	keys.remove(0)
	for key := range keys.all {
		bytewise := h.promises(l.t, key)
		for c := range charsets {
			if !sets[c].has(key) || c < utf16le && !bytewise {
				continue
			}
			const short = 64
			if !l.read(key, c, sample[:min(len(sample), short)]).maybe() {
				continue
			}
			if r := l.read(key, c, sample); r.maybe() {
				guesses = keepBest(guesses, guess{key, r})
			}
		}
	}
	return guesses
}

// keepBest adds a guess to the best ones, of which there is one for each key, the best first.
func keepBest(list []guess, g guess) []guess {
	for i, o := range list {
		if o.key == g.key {
			if g.fee < o.fee {
				list[i] = g
			}
			g = list[i]
			list = append(list[:i], list[i+1:]...)
			break
		}
	}
	i := len(list)
	for i > 0 && g.fee < list[i-1].fee {
		i--
	}
	list = append(list, guess{})
	copy(list[i+1:], list[i:])
	list[i] = g
	return list[:min(len(list), best)]
}

// choose takes the best guess if it is text and clearly better than all others and than the bytes as they are.
func (l *look) choose(list []guess) byte {
	if len(list) == 0 {
		return 0
	}
	var closer []guess
	for _, g := range list {
		closer = keepBest(closer, guess{g.key, l.read(g.key, g.charset, l.head)})
	}
	g := closer[0]
	if !g.isText() || !g.sure() && !g.varied(l.head) {
		return 0
	}
	for c := range charsets {
		if r := l.t.read(c, l.head); r.fee < g.fee+margin || r.fee < 2*g.fee && r.readable() {
			return 0
		}
	}
	for _, o := range closer[1:] {
		if o.fee < g.fee+margin {
			return 0
		}
	}
	l.reading = g.reading
	return g.key
}

// read reads bytes under a key.
func (l *look) read(key byte, c charset, p []byte) *reading { return l.t.read(c, l.decode(key, p)) }

func (l *look) decode(key byte, p []byte) []byte {
	for i, b := range p {
		l.buf[i] = b ^ key
	}
	return l.buf[:len(p)]
}

// goesOn reports whether what follows the head is text in the same way.
func (l *look) goesOn(p *extract.Probe, key byte) bool {
	const block, looks = 1 << 10, 4
	size := p.Source().Size()
	if size <= int64(len(l.head))+block {
		return true
	}
	for i := int64(1); i <= looks; i++ {
		b := p.At(i*(size-block)/looks&^3, block)
		if i == looks {
			b = bytes.TrimRight(b, "\x00")
		}
		if len(b) < minSize {
			continue
		}
		text := l.decode(key, b)
		good := false
		for skip := range 4 { // a character may begin before the block
			r := l.t.read(l.reading.charset, text[skip:])
			good = good || r.stray*50 <= r.chars+50 && r.fee*2 <= 13*r.size
		}
		if !good {
			return false
		}
	}
	return true
}
