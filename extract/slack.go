package extract

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// slack searches the bytes of a container that nobody claims, apart from zeros, as an artefact of its own.
// With lost, they may belong to a member.
func (w *walker) slack(t *task, src Source, free []Extent, lost bool, shares *shares) Ledger {
	a, size := t.artifact, total(free)
	used, unread := nonZero(w.ctx, src, free)
	found := total(used)
	zeros := Ledger{Size: size - found - unread, Structure: size - found - unread}
	zeros.Add(Ledger{Size: unread, Unopened: unread})
	if unread > 0 {
		a.Problems = append(a.Problems, &Unopened{Extent: Extent{Size: unread}, Reason: ReasonDamaged, Detail: "unclaimed bytes cannot be read"})
	}
	if len(used) == 0 {
		return zeros
	}
	search := func(name string, extents []Extent, whole bool) {
		m := &Member{Name: name, Size: total(extents), Extents: extents}
		if whole {
			m.Open = func(context.Context) (Source, error) { return Concat(src, extents), nil }
		} else { // what the container did not tell of may lie here in a form that a search does not see
			m.Problem = Damaged(0, "the container could not be read whole; its unclaimed bytes were searched as they are")
		}
		child := &Artifact{Parent: a, Name: name, Path: chain(a.Path, name, 1), Depth: a.Depth + 1, Slack: extents, share: shares.of(m)}
		w.finish(w.start(child, m, src), &claims{})
		if w.stop == nil {
			zeros.Add(child.Ledger.scale(m.Size))
		} else {
			zeros.Add(Ledger{Size: m.Size, Unopened: m.Size})
		}
	}
	known, rest := w.recognise(t, src, used)
	for _, e := range known {
		search(fmt.Sprintf("(slack at %d)", e.Offset), []Extent{e}, true)
	}
	if len(rest) > 0 {
		search(SlackName, rest, !t.partial && !lost)
	}
	return zeros
}

// maxCarved bounds how many containers are picked out of the slack of one.
const maxCarved = 1000

// maxLooks bounds how many magics in the slack of one container are looked at and turn out to be none. Chance makes a few in a GiB.
const maxLooks = 20_000

// recognise picks the parts of slack that begin like a container: one that was left behind, or hidden, between others. Each reaches to the end of its run;
// what follows the container in it is that container's own slack.
func (w *walker) recognise(t *task, src Source, extents []Extent) (known, rest []Extent) {
	whole := len(extents) == 1 && extents[0].Offset == 0 // has been looked at as what it is
	looks, ended := 0, false
	end := func(limit string, value int64, what string) {
		ended, t.partial = true, true
		t.problem(&LimitError{limit, value, what})
	}
	for _, e := range extents {
		at := int64(-1)
		if !ended {
			at = w.carve(src, e, whole, &looks)
		}
		switch {
		case ended:
		case looks == maxLooks:
			end("looks", maxLooks, fmt.Sprintf("unclaimed bytes behind offset %d are full of what looks like the beginning of a container and is none", e.Offset))
		case at >= 0 && len(known) == maxCarved:
			end("carved", maxCarved, fmt.Sprintf("unclaimed bytes at offset %d are one container more", at))
			at = -1
		}
		if at < 0 {
			rest = append(rest, e)
			continue
		}
		if at > e.Offset {
			rest = append(rest, Extent{e.Offset, at - e.Offset})
		}
		known = append(known, Extent{at, e.End() - at})
	}
	return known, rest
}

// carve returns the offset of the first container in a run of slack, -1 if there is none: of any format at its beginning, of one with a magic behind it.
// It adds to looks what turned out to be none.
func (w *walker) carve(src Source, e Extent, whole bool, looks *int) int64 {
	if !whole && w.isContainer(Section(src, e), w.Formats) {
		return e.Offset
	}
	const overlap = 16
	buf := make([]byte, 256<<10)
	for off := e.Offset + 1; off < e.End() && w.ctx.Err() == nil; off += int64(len(buf)) - overlap {
		n, _ := src.ReadAt(buf[:min(int64(len(buf)), e.End()-off)], off)
		first := int64(-1)
		for _, f := range w.Formats {
			if f.Magic == "" {
				continue
			}
			for i := 0; i < n; i++ {
				k := bytes.Index(buf[i:n], []byte(f.Magic))
				if k < 0 || first >= 0 && off+int64(i+k) >= first {
					break
				}
				i += k
				if at := off + int64(i); w.isContainer(Section(src, Extent{at, e.End() - at}), []Format{f}) {
					first = at
				} else if *looks++; *looks == maxLooks {
					return -1
				}
			}
		}
		if first >= 0 {
			return first
		}
	}
	return -1
}

// isContainer tells whether one of the formats takes a Source for its own.
func (w *walker) isContainer(src Source, formats []Format) (yes bool) {
	defer func() {
		if recover() != nil { // a fault of a format's Detect: the bytes are searched as they are
			yes = false
		}
	}()
	p := NewProbe(src, "", w.Budget)
	for _, f := range formats {
		if f.Detect(p) {
			return true
		}
	}
	return false
}

// slackBlock is the grain at which zeros are told from slack.
const slackBlock = 4096

// nonZero finds the blocks of the extents that hold anything but zeros, merged, and how many bytes cannot be read.
func nonZero(ctx context.Context, src Source, extents []Extent) (used []Extent, unread int64) {
	sp, _ := src.(Sparse)
	known, _ := src.(ZeroKeeper)
	buf := make([]byte, 64*slackBlock)
	for _, e := range extents {
		for off := e.Offset; off < e.End(); {
			if sp != nil {
				start, _ := sp.NextData(off)
				if off = max(off, start); off >= e.End() {
					break
				}
			}
			n := int(min(int64(len(buf)), e.End()-off))
			if known != nil && known.KnownZeros(off, int64(n)) {
				off += int64(n)
				continue
			}
			m, err := src.ReadAt(buf[:n], off)
			if m < n && err == nil {
				err = io.ErrUnexpectedEOF
			}
			used = appendNonZero(used, buf[:m], off)
			off += int64(m)
			if m < n {
				c := Content{src: src}
				next := c.skip(off, e.End(), err)
				unread += next - off
				off = next
			}
			if ctx.Err() != nil {
				return used, unread + e.End() - off
			}
		}
	}
	return used, unread
}

func appendNonZero(used []Extent, data []byte, off int64) []Extent {
	for i := 0; i < len(data); i += slackBlock {
		block := data[i:min(i+slackBlock, len(data))]
		if len(bytes.TrimLeft(block, "\x00")) == 0 {
			continue
		}
		at := off + int64(i)
		if k := len(used) - 1; k >= 0 && used[k].End() == at {
			used[k].Size += int64(len(block))
			continue
		}
		used = append(used, Extent{at, int64(len(block))})
	}
	return used
}
