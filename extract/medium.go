package extract

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync/atomic"
)

// Medium is a kind of data that looks like random bytes by its nature and holds no text: compressed pictures and sound, tables of hashes, keys.
// Media are plain values in one slice (package media).
type Medium struct {
	Name   string   // short name: "png"
	Spec   string   // public source of the layout
	Magic  []string // what it may begin with, each two bytes at least
	Offset int64    // where in it the magic stands
	Ends   bool     // its claims reach to its end: what stands behind them is something else
	// Claims looks closer at what begins at an offset of src. It returns where the bytes lie that are dense by nature, in order, as far as the structure
	// proves it; none if it is not of this kind.
	Claims func(src Source, at int64) []Extent
}

// judge tells which of a leaf's bytes look compressed or encrypted without an account of why: they count as unopened. Containers among them are kept for
// the walk to enter.
func (w *walker) judge(t *task) {
	c := t.content
	if c.meter == nil || c.refused || w.ctx.Err() != nil {
		return
	}
	size := c.Size()
	c.meter.finish(size)
	runs := c.meter.runs
	if len(runs) == 0 && len(c.spotter.spots) == 0 && (c.src == nil || !w.ends(c.meter.head)) {
		return
	}
	if src, err := c.Source(w.ctx); err == nil {
		r := &resolver{walker: w, size: size, src: &metered{Source: src}}
		r.src.left.Store(freeLooks + 16*min(size, 1<<50))
		runs = r.resolve(runs, c.spotter.spots)
		t.embedded = r.embedded
	}
	c.opaque(runs, size)
}

// opaque accounts for runs of opaque windows as unopened.
func (c *Content) opaque(runs []opaqueRun, size int64) {
	all := (size + opaqueWindow - 1) / opaqueWindow
	var sum opaqueRun
	for _, r := range runs {
		if all > opaqueSmall && r.windows < 2 && !r.cut {
			continue
		}
		if sum.windows == 0 {
			sum.Offset = r.Offset
		}
		sum.windows += r.windows
		sum.opaque += r.opaque
		sum.bits += r.bits
	}
	if sum.windows == 0 {
		return
	}
	u := &Unopened{Reason: ReasonUnknown, Entropy: math.Round(sum.bits/float64(sum.opaque)*1000) / 1000}
	sum.opaque = min(sum.opaque, c.delivered+c.holes) // runs that were widened may meet
	u.Extent.Size = sum.opaque
	u.Detail = fmt.Sprintf("looks compressed or encrypted: %.2f bits of entropy per byte", u.Entropy)
	if sum.opaque < size {
		u.Detail += fmt.Sprintf(", %d of %d windows from offset %d", sum.windows, all, sum.Offset)
	}
	c.bad = append(c.bad, u)
	c.dense = sum.opaque
}

// metered is a Source of which only so much may be read: hostile bytes can look like the beginning of something again and again.
type metered struct {
	Source
	left atomic.Int64
}

// freeLooks is how many bytes may be read for the looks at an artefact, however small it is.
const freeLooks = 64 << 20

var errSpent = errors.New("looked at long enough")

func (m *metered) ReadAt(p []byte, off int64) (int, error) {
	if m.left.Add(-int64(len(p))) < 0 {
		return 0, errSpent
	}
	return m.Source.ReadAt(p, off)
}

// resolver finds out what the opaque runs of an artefact are.
type resolver struct {
	*walker
	src      *metered
	size     int64
	claims   []Extent // sorted, apart from each other
	embedded []Extent // containers among them
	looks    int
	ended    bool // the artefact begins with a medium whose end is known
}

// resolve returns what is left of the runs when all that is known is taken away, among it the containers that begin at spots.
func (r *resolver) resolve(runs []opaqueRun, spots []int64) []opaqueRun {
	first := r.at(0, magicSize)
	for i := range first {
		r.try(first[i:], int64(i), false)
	}
	behind := int64(0)
	if r.ended && len(r.claims) > 0 {
		behind = r.claims[len(r.claims)-1].End()
	}
	pos := int64(0)
	for _, run := range runs {
		pos = max(pos, run.Offset-lookBack)
		r.search(pos, run.End())
		pos = max(pos, run.End())
	}
	for _, at := range spots {
		if r.claimed(at) == at && r.src.left.Load() > 0 && r.looks < maxLooks {
			r.try(r.at(at, magicSize), at, true)
		}
	}
	left := r.remaining(runs)
	// What was put behind a picture may be too little to fill a window.
	if n := r.size - behind; behind > 0 && n <= opaqueSmall*opaqueWindow && (len(left) == 0 || left[len(left)-1].End() <= behind) {
		left = append(left, r.again(behind, r.size)...)
	}
	return left
}

// lookBack is how far in front of a run the beginning of what it belongs to is searched for.
const lookBack = 64 << 10

// magicSize is the longest magic that is searched for.
const magicSize = 16

// sign is a magic and what it is one of.
type sign struct {
	magic  string
	medium *Medium
	format *Format
}

// signs are the magics of media and formats by their first byte.
type signs [256][]sign

func newSigns(media []Medium, formats []Format) *signs {
	t := new(signs)
	for i := range media {
		for _, s := range media[i].Magic {
			t[s[0]] = append(t[s[0]], sign{magic: s, medium: &media[i]})
		}
	}
	for i := range formats {
		if s := formats[i].Magic; s != "" {
			t[s[0]] = append(t[s[0]], sign{magic: s, format: &formats[i]})
		}
	}
	return t
}

// ends tells whether an artefact begins like a medium whose end can be told.
func (w *walker) ends(head []byte) bool {
	for i := range head {
		for _, s := range w.signs[head[i]] {
			if s.medium != nil && s.medium.Ends && s.medium.Offset == int64(i) && bytes.HasPrefix(head[i:], []byte(s.magic)) {
				return true
			}
		}
	}
	return false
}

func (r *resolver) at(off int64, n int) []byte {
	b := make([]byte, n)
	n, _ = r.src.ReadAt(b, off)
	return b[:n]
}

// search looks for magics between two offsets, apart from what is claimed.
func (r *resolver) search(from, to int64) {
	const block = 64 << 10
	buf := make([]byte, min(block, max(0, to-from))+magicSize)
	for from < to && r.src.left.Load() > 0 && r.looks < maxLooks {
		n, _ := r.src.ReadAt(buf, from)
		own := int(min(int64(n), int64(len(buf)-magicSize), to-from))
		if own <= 0 {
			return
		}
		for i := 0; i < own; i++ {
			if r.signs[buf[i]] == nil {
				continue
			}
			at := from + int64(i)
			if end := r.claimed(at); end > at {
				if end >= from+int64(own) {
					own = int(end - from) // go on behind the claim
					break
				}
				i = int(end-from) - 1
				continue
			}
			r.try(buf[i:n], at, true)
		}
		from += int64(own)
	}
}

// try looks closer at all whose magic stands at an offset: at media that begin the artefact, or at media and formats anywhere.
func (r *resolver) try(b []byte, at int64, anywhere bool) {
	if len(b) == 0 {
		return
	}
	for _, s := range r.signs[b[0]] {
		if len(b) < len(s.magic) || string(b[:len(s.magic)]) != s.magic {
			continue
		}
		r.looks++
		if s.medium != nil && at >= s.medium.Offset && (anywhere || at == s.medium.Offset) {
			if claims := r.closer(s.medium, at-s.medium.Offset); len(claims) > 0 {
				r.claim(claims)
				r.ended = r.ended || s.medium.Ends && at == s.medium.Offset
				return
			}
		}
		if s.format != nil && anywhere && at > 0 && len(r.embedded) < maxCarved {
			if e, ok := r.container(at, s.format); ok {
				r.claim([]Extent{e})
				r.embedded = append(r.embedded, e)
				return
			}
		}
	}
}

// closer asks a medium for its claims. A fault of its code makes none.
func (r *resolver) closer(m *Medium, at int64) (claims []Extent) {
	defer func() {
		if recover() != nil {
			claims = nil
		}
	}()
	return m.Claims(r.src, at)
}

// container opens what begins at an offset and reads it through, which also tells where it ends. What cannot be read whole is none.
func (r *resolver) container(at int64, f *Format) (found Extent, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	src := Section(r.src, Extent{at, r.size - at})
	if !f.Detect(NewProbe(src, "", r.Budget)) {
		return found, false
	}
	c, err := f.Open(r.ctx, &Input{Source: src, Budget: r.Budget})
	if err != nil {
		return found, false
	}
	defer c.Close()
	end, members := int64(0), 0
	reach := func(extents []Extent) {
		for _, e := range extents {
			end = max(end, e.End())
		}
	}
	for m, err := range c.Members(r.ctx) {
		if err != nil || m.Problem != nil {
			return found, false
		}
		if m.Size < 0 && m.Stream != nil && r.readThrough(m) != nil { // where it ends is known then
			return found, false
		}
		reach(m.Extents)
		members++
	}
	reach(c.Structure())
	return Extent{at, end}, members > 0 && end > 0 && end <= src.Size()
}

func (r *resolver) readThrough(m *Member) error {
	s, err := m.Stream(r.ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := s.Read(buf)
		if r.src.left.Add(-int64(n)) < 0 {
			return errSpent
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case r.ctx.Err() != nil:
			return context.Cause(r.ctx)
		}
	}
}

// claim adds extents to what is accounted for.
func (r *resolver) claim(extents []Extent) {
	for _, e := range extents {
		if e.Offset >= 0 && e.Size > 0 && e.Offset < r.size {
			e.Size = min(e.Size, r.size-e.Offset)
			r.claims = append(r.claims, e)
		}
	}
	if n := len(r.claims); n > len(extents) && r.claims[n-len(extents)-1].End() <= extents[0].Offset && slices.IsSortedFunc(extents, byOffset) {
		return
	}
	slices.SortStableFunc(r.claims, byOffset)
	merged := r.claims[:0]
	for _, e := range r.claims {
		if k := len(merged) - 1; k >= 0 && e.Offset <= merged[k].End() {
			merged[k].Size = max(merged[k].End(), e.End()) - merged[k].Offset
			continue
		}
		merged = append(merged, e)
	}
	r.claims = merged
}

func byOffset(a, b Extent) int { return cmp.Compare(a.Offset, b.Offset) }

// claimed returns where the claim ends that holds an offset, the offset itself if none does.
func (r *resolver) claimed(at int64) int64 {
	i, _ := slices.BinarySearchFunc(r.claims, at, func(e Extent, at int64) int { return cmp.Compare(e.End(), at+1) })
	if i < len(r.claims) && r.claims[i].Offset <= at {
		return r.claims[i].End()
	}
	return at
}

// remaining takes the claims out of the runs. What is left of a run that they cut is measured again.
func (r *resolver) remaining(runs []opaqueRun) (left []opaqueRun) {
	for _, run := range runs {
		whole := true
		at := run.Offset
		i, _ := slices.BinarySearchFunc(r.claims, at, func(e Extent, at int64) int { return cmp.Compare(e.End(), at+1) })
		for ; i < len(r.claims) && r.claims[i].Offset < run.End(); i++ {
			whole = false
			left = append(left, r.again(at, r.claims[i].Offset)...)
			at = r.claims[i].End()
		}
		if whole {
			left = append(left, r.widen(run))
			continue
		}
		left = append(left, r.again(at, run.End())...)
	}
	return left
}

// widen finds out how far the random bytes of a single window reach into those beside it, and counts them as two if they would fill two.
func (r *resolver) widen(run opaqueRun) opaqueRun {
	if run.windows > 1 {
		return run
	}
	wide := run.Extent
	for _, step := range [...]int64{-widenStep, widenStep} {
		for i := 0; i < opaqueWindow/widenStep; i++ {
			from := wide.End()
			if step < 0 {
				from = wide.Offset - widenStep
			}
			if from < 0 || from+widenStep > r.size || r.claimed(from) > from || r.claimed(from+widenStep-1) >= from+widenStep {
				break
			}
			if _, random := looksRandom(r.at(from, widenStep)); !random {
				break
			}
			wide.Offset, wide.Size = min(wide.Offset, from), wide.Size+widenStep
		}
	}
	if wide.Size < 2*opaqueWindow {
		return run
	}
	return opaqueRun{Extent: wide, windows: 2, opaque: wide.Size, bits: run.bits / float64(run.Size) * float64(wide.Size)}
}

// widenStep is the grain of widen, in bytes.
const widenStep = 512

// again measures the bytes between two offsets for themselves.
func (r *resolver) again(from, to int64) []opaqueRun {
	if to-from < opaqueMin {
		return nil
	}
	var m meter
	buf := make([]byte, min(to-from, 64<<10))
	for at := from; at < to; at += int64(len(buf)) {
		n, err := r.src.Source.ReadAt(buf[:min(int64(len(buf)), to-at)], at)
		m.add(at-from, buf[:n])
		if err != nil && !errors.Is(err, io.EOF) {
			break
		}
	}
	m.finish(to - from)
	for i := range m.runs {
		m.runs[i].Offset += from
		m.runs[i].cut = true
	}
	return m.runs
}

// enterEmbedded walks the containers that were found among the opaque bytes of a leaf.
func (w *walker) enterEmbedded(t *task) {
	a := t.artifact
	for _, e := range t.embedded {
		if w.stop != nil {
			break
		}
		src := t.content.src
		if src == nil {
			src = t.content.spooled
		}
		m := &Member{Name: fmt.Sprintf("%s%d)", embeddedPrefix, e.Offset), Size: e.Size, Extents: []Extent{e}}
		m.Open = func(context.Context) (Source, error) { return Section(src, e), nil }
		child := &Artifact{Parent: a, Name: m.Name, Path: chain(a.Path, m.Name, 1), Depth: a.Depth + 1}
		w.finish(w.start(child, m, src), &claims{})
		lost := child.Ledger.scale(e.Size).Unopened
		a.Ledger.Searched -= lost
		a.Ledger.Unopened += lost
	}
}

// embeddedPrefix begins the name of a container that was found within an artefact which is none: "(embedded at 4096)".
const embeddedPrefix = "(embedded at "
