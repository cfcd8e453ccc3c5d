// Package sdat joins block-based OTAs: the data of a partition in NAME.new.dat (or NAME.new.dat.br, or either in numbered parts) and the transfer list
// that says which blocks they go to.
//
// The layout is that of AOSP's updater: bootable/recovery/updater/blockimg.cpp reads it, build/make/tools/releasetools/blockimgdiff.py writes it.
package sdat

import (
	"context"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/censorscan/censorscan/extract"
)

// Joiner finds block OTAs. Transfer list and NAME.patch.dat are no parts: they are searched as what they are.
func Joiner() extract.Joiner {
	return extract.Joiner{
		Name:    "block OTA",
		Group:   "ota",
		Summary: "block OTAs: new.dat, new.dat.br, also in parts, mapped by transfer lists of version 1 to 4",
		Spec:    "https://android.googlesource.com/platform/bootable/recovery/+/refs/heads/android10-release/updater/blockimg.cpp",
		Join:    join,
		Wants: func(_ context.Context, name string, _ []byte, _ *extract.Budget) bool {
			return strings.HasSuffix(name, listSuffix) || dataName.MatchString(name)
		},
	}
}

const listSuffix = ".transfer.list"

// dataName takes a member's name apart: partition, compression, number of the part.
var dataName = regexp.MustCompile(`(?s)^(.*)\.new\.dat(\.br)?(?:\.([0-9]{1,4}))?$`)

// form is one of the ways in which the data of a partition can be there. More than one may be.
type form struct {
	br    bool
	split bool
}

var forms = []form{{}, {br: true}, {split: true}, {br: true, split: true}}

type setKey struct {
	name string
	form
}

func join(ctx context.Context, s *extract.Siblings) []extract.Joined {
	sets := map[setKey]*set{}
	for _, m := range s.Members {
		if v := dataName.FindStringSubmatch(m.Name); v != nil {
			k := setKey{v[1], form{br: v[2] != "", split: v[3] != ""}}
			if sets[k] == nil {
				sets[k] = &set{name: v[1], form: k.form, budget: s.Budget}
			}
			number, _ := strconv.Atoi(v[3]) // at most four digits
			sets[k].add(number, m)
		}
	}
	var out []extract.Joined
	seen := map[string]bool{}
	for _, m := range s.Members {
		name, ok := strings.CutSuffix(m.Name, listSuffix)
		if !ok || seen[name] || ctx.Err() != nil {
			continue
		}
		seen[name] = true
		var l *list
		for _, f := range forms {
			st := sets[setKey{name, f}]
			if st == nil {
				continue
			}
			if l == nil {
				if l = readList(ctx, m, s.Budget); l == nil {
					break // not a transfer list
				}
			}
			out = append(out, st.joined(m, l)...)
		}
	}
	return out
}

// readList reads the transfer list in a member, nil when it is none.
func readList(ctx context.Context, m *extract.Member, b *extract.Budget) *list {
	var r io.Reader
	switch {
	case m.Open != nil:
		src, err := m.Open(ctx)
		if err != nil {
			return nil
		}
		if c, ok := src.(io.Closer); ok {
			defer c.Close()
		}
		r = io.NewSectionReader(src, 0, src.Size())
	case m.Stream != nil:
		rc, err := m.Stream(ctx)
		if err != nil {
			return nil
		}
		defer rc.Close()
		r = rc
	default:
		return nil
	}
	return parse(ctx, r, b.Limits().Buffer)
}

// joined is what a set and its list make: the partition, and what there is to say of it.
func (st *set) joined(m *extract.Member, l *list) []extract.Joined {
	parts := st.order(l.data)
	whole := &extract.Member{Name: st.name, Mode: 0o644, Size: l.end(), Partition: true}
	for _, p := range parts {
		whole.Extents = append(whole.Extents, p.Extents...)
	}
	var out []extract.Joined
	notes := st.notes
	if u := l.problem(); u != nil {
		// Blocks that are new are searched all the same; the partition's record stands for their bytes.
		whole.Problem, whole.Size = u, max(1, st.rawSize())
		fresh := &extract.Member{Name: st.name + " (new blocks)", Mode: 0o644, Size: -1, Stream: st.stream}
		out = append(out, extract.Joined{Member: fresh, Parts: parts})
	} else {
		whole.Open = func(ctx context.Context) (extract.Source, error) { return open(ctx, st, l) }
		notes = append(notes, l.told()...)
	}
	for _, u := range notes {
		note := &extract.Member{Name: fmt.Sprintf("%s (problem of %s)", st.name, path.Base(m.Name)), Mode: 0o644, Problem: u}
		out = append(out, extract.Joined{Member: note, Parts: parts})
	}
	return append(out, extract.Joined{Member: whole, Parts: parts}) // last: it is what the parts are shown to be part of
}
