package extract

import (
	"context"
	"io"
	"path"
	"sort"
	"strings"
	"testing"
)

// numbered joins members named x.0, x.1, ... to x.
func numbered() Joiner {
	return Joiner{Name: "numbered", Join: func(ctx context.Context, s *Siblings) []Joined {
		sets := map[string][]*Member{}
		var names []string
		for _, m := range s.Members {
			ext := path.Ext(m.Name)
			if len(ext) != 2 || ext[1] < '0' || ext[1] > '9' {
				continue
			}
			base := strings.TrimSuffix(m.Name, ext)
			if sets[base] == nil {
				names = append(names, base)
			}
			sets[base] = append(sets[base], m)
		}
		var out []Joined
		for _, name := range names {
			parts := sets[name]
			sort.Slice(parts, func(i, j int) bool { return parts[i].Name < parts[j].Name })
			whole := &Member{Name: name, Size: -1}
			for _, p := range parts {
				whole.Extents = append(whole.Extents, p.Extents...)
			}
			whole.Open = func(ctx context.Context) (Source, error) {
				var all []byte
				for _, p := range parts {
					src, err := s.Open(ctx, p)
					if err != nil {
						return nil, err
					}
					b, err := io.ReadAll(io.NewSectionReader(src, 0, src.Size()))
					if err != nil {
						return nil, err
					}
					all = append(all, b...)
				}
				return BytesSource(all), nil
			}
			out = append(out, Joined{whole, parts})
		}
		return out
	}}
}

func TestWalkJoinsParts(t *testing.T) {
	inner := newBox().add('s', "core", []byte("text")).end()
	data := newBox().add('s', "other", []byte("alone")).add('z', "img.1", inner[5:]).add('s', "img.0", inner[:5]).add('x', "bad.0", []byte("????")).end()
	format := boxFormat()
	format.Group = "archive"
	got, cov, err := walkAll(t, data, func(o *Options) {
		o.Formats, o.Joiners = []Format{format}, []Joiner{numbered()}
		leave := o.Leave
		o.Leave = func(a *Artifact, r any) {
			if (a.PartOf != "") != strings.HasSuffix(a.Path, ".0") && !strings.HasSuffix(a.Path, ".1") {
				t.Errorf("%s is part of %q", a.Path, a.PartOf)
			}
			leave(a, r)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, v := range got {
		paths = append(paths, v.Path+"="+v.Bytes)
	}
	want := "in.box!other=alone in.box!img!core=text in.box!img= in.box!img.0= in.box!img.1= in.box!bad=???? in.box!bad.0= in.box="
	sort.Strings(paths)
	wantPaths := strings.Split(want, " ")
	sort.Strings(wantPaths)
	if strings.Join(paths, " ") != strings.Join(wantPaths, " ") {
		t.Errorf("visited %q, want %q", paths, wantPaths)
	}
	if cov.Unopened != 4 || len(cov.Items) != 1 || cov.Items[0].Path != "in.box!bad" {
		t.Errorf("coverage %+v, want only the four bad bytes unopened", cov)
	}
}
