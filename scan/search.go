package scan

import (
	"context"
	"encoding/hex"
	"slices"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/text"
)

// search reads an artefact and keeps its plausible hits. Bytes that were searched before, at another place, are only hashed.
func (lx *lexicon) search(ctx context.Context, c *extract.Content, met *repeats) (*leaf, error) {
	l := newLeaf()
	if n := c.Size(); c.Held() && n > extract.WholePiece && met.size(n) {
		if found, err := l.recall(ctx, c, met); found || err != nil {
			return l, err
		}
	}
	h := newHasher()
	var mine *sighting
	defer func() { mine.settle(nil) }()
	err := c.Pieces(ctx, lx.overlap(), func(p extract.Piece) error {
		l.keepHead(p)
		h.add(p)
		if d, ok := h.digest(c.Size()); ok && p.Offset == 0 && c.Held() && c.Size() >= minRepeat { // all of it is here
			var m *matches
			if m, mine = met.meet(d, c.Size()); m != nil {
				l.matches = *m
				return nil
			}
		}
		lx.piece(l, p)
		return nil
	})
	if d, ok := h.digest(c.Size()); ok && err == nil && c.Size() >= minRepeat {
		l.setDigest(d)
		if mine == nil {
			_, mine = met.meet(d, c.Size())
		}
		mine.settle(&l.matches)
	}
	return l, err
}

// overlap is how many bytes of the next piece, and of the one before, a piece comes with.
func (lx *lexicon) overlap() int { return max(lx.core.Overlap(), maxMasked) + text.Margin }

// recall looks whether an artefact of several pieces was searched before.
func (l *leaf) recall(ctx context.Context, c *extract.Content, met *repeats) (found bool, err error) {
	h := newHasher()
	err = c.Pieces(ctx, 0, func(p extract.Piece) error {
		l.keepHead(p)
		h.add(p)
		return nil
	})
	d, ok := h.digest(c.Size())
	if err != nil || !ok {
		return false, err
	}
	m := met.find(d)
	if m == nil {
		return false, nil
	}
	l.matches = *m
	l.setDigest(d)
	return true, nil
}

func (l *leaf) keepHead(p extract.Piece) {
	if p.Offset == 0 && l.head == nil {
		l.head = slices.Clone(p.Data[:min(len(p.Data), headSize)])
	}
}

func (l *leaf) setDigest(d digest) {
	l.digest = d
	l.sha256 = hex.EncodeToString(d[:])
}
