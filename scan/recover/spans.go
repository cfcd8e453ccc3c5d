package recover

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sort"
)

// spans returns what a structure takes up, so that of two that explain the same one is taken: its stretch of a text; the places of its items in a binary
// layout, or of what refers to them, for two lists can share strings.
func (s *structure) spans() []extent {
	if !s.doc.scattered() {
		begin, end := s.doc.extent(s.items[0].pos, s.items[len(s.items)-1].end)
		return []extent{{begin, end}}
	}
	all := make([]extent, len(s.items))
	for i, it := range s.items {
		all[i] = extent{int64(it.pos), int64(it.end)}
		if it.at != 0 {
			all[i] = extent{int64(it.at), int64(it.at) + 1}
		}
	}
	return merged(all)
}

// merged sorts extents and joins those that touch.
func merged(all []extent) []extent {
	slices.SortFunc(all, func(a, b extent) int { return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end)) })
	out := all[:0]
	for _, e := range all {
		if n := len(out); n > 0 && e.begin <= out[n-1].end {
			out[n-1].end = max(out[n-1].end, e.end)
			continue
		}
		out = append(out, e)
	}
	return out
}

// spans are extents, sorted and apart.
type spans []extent

// add takes the extents given unless one of them overlaps what is there, and reports whether it did.
func (s *spans) add(more []extent) bool {
	for _, e := range more {
		i := sort.Search(len(*s), func(i int) bool { return (*s)[i].end > e.begin })
		if i < len(*s) && (*s)[i].begin < e.end {
			return false
		}
	}
	*s = merged(append(slices.Clone(*s), more...))
	return true
}

// scattered reports whether the strings of a document lie anywhere in the artefact.
func (d *document) scattered() bool {
	return d.image != nil && d.outer == nil && d.image.docs[d.encoding] == d
}

// rawSum is the hash of the bytes of a list.
func (d *document) rawSum(l *List) string {
	h := sha256.New()
	switch sp := d.space; {
	case l.Scattered:
		for _, e := range l.Entries {
			h.Write(d.image.bytes(e.Offset, e.End-e.Offset))
		}
	case d.image != nil && d.outer == nil:
		for off := l.Begin; off < l.End; off += pageSize {
			h.Write(d.image.bytes(off, min(pageSize, l.End-off)))
		}
	case l.Begin >= sp.base && l.End-sp.base <= int64(len(sp.bytes)) && l.Begin <= l.End:
		h.Write(sp.bytes[l.Begin-sp.base : l.End-sp.base])
	default:
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

func hexSum(p []byte) string {
	sum := sha256.Sum256(p)
	return hex.EncodeToString(sum[:])
}
