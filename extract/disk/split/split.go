package split

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"

	"github.com/censorscan/censorscan/extract"
)

// Joiner is files that were cut into equal pieces with numbers for extensions, as split and 7-Zip do.
func Joiner() extract.Joiner {
	return extract.Joiner{
		Name:    "split pieces",
		Group:   "disk",
		Summary: "files cut into equal pieces (`rom.zip.001`, `super.img.0`) of which the first begins like a container; assets that Unity cut (`sharedassets0.assets.split0`)",
		Spec:    "https://www.gnu.org/software/coreutils/manual/html_node/split-invocation.html",
		Join:    join,
		Wants: func(_ context.Context, name string, _ []byte, _ *extract.Budget) bool {
			return numbered.MatchString(path.Base(name)) || unityName.MatchString(path.Base(name))
		},
	}
}

// numbered are names of pieces.
var numbered = regexp.MustCompile(`^(.+)\.(\d{1,4})$`)

// smallest is how large a piece has to be, in bytes: nobody cuts a container into less.
const smallest = 64 << 10

// piece is a member that may be a piece.
type piece struct {
	number int
	*extract.Member
}

func join(ctx context.Context, s *extract.Siblings) (out []extract.Joined) {
	sets := map[string][]piece{}
	var order []string
	for _, m := range s.Members {
		dir, base := path.Split(m.Name)
		g := numbered.FindStringSubmatch(base)
		if g == nil || m.Size <= 0 || m.Problem != nil {
			continue
		}
		n, err := strconv.Atoi(g[2])
		if err != nil {
			continue
		}
		whole := dir + g[1]
		if sets[whole] == nil {
			order = append(order, whole)
		}
		sets[whole] = append(sets[whole], piece{n, m})
	}
	out = joinUnity(ctx, s)
	for _, name := range order {
		if ctx.Err() != nil {
			return out
		}
		set := sets[name]
		slices.SortStableFunc(set, func(a, b piece) int { return cmp.Compare(a.number, b.number) })
		if isSet(ctx, s, set) {
			out = append(out, joined(s, name, set)...)
		}
	}
	return out
}

// isSet tells whether pieces are those of one file. Unless all speaks for it they stay files of their own, and nothing is lost but what is cut.
func isSet(ctx context.Context, s *extract.Siblings, set []piece) bool {
	first, last := set[0], set[len(set)-1]
	if len(set) < 2 || first.number > 1 || first.Size < smallest || last.Size > first.Size {
		return false
	}
	gaps := last.number - first.number + 1 - len(set)
	if gaps >= len(set) {
		return false
	}
	for i, p := range set[1:] {
		if p.number == set[i].number || p.Size != first.Size && p.number != last.number {
			return false
		}
	}
	for i, p := range set {
		if Known(s.Head(ctx, p.Member, headSize)) != (i == 0) {
			return false // the first is no container, or another one is a file of its own
		}
	}
	return true
}

// joined is the file of a set, after a record of each piece that it lacks.
func joined(s *extract.Siblings, name string, set []piece) (out []extract.Joined) {
	m := &extract.Member{Name: name, Mode: set[0].Mode}
	j := extract.Joined{Member: m}
	var members []*extract.Member // by number, nil for what is missing
	for _, p := range set {
		for set[0].number+len(members) < p.number {
			members = append(members, nil)
		}
		members = append(members, p.Member)
		j.Parts = append(j.Parts, p.Member)
		m.Extents = append(m.Extents, p.Extents...)
	}
	size := func(i int) int64 {
		if members[i] == nil {
			return set[0].Size
		}
		return members[i].Size
	}
	for i := range members {
		if members[i] == nil {
			out = append(out, extract.Joined{Parts: j.Parts, Member: &extract.Member{Name: name + " (missing piece)", Mode: m.Mode, Size: size(i),
				Problem: extract.Damaged(m.Size, "%w: bytes %d to %d of %s", missing(set[0].number+i), m.Size, m.Size+size(i), name)}})
		}
		m.Size += size(i)
	}
	m.Open = func(ctx context.Context) (extract.Source, error) {
		var pieces []Piece
		for i, member := range members {
			p := Piece{Size: size(i), Err: missing(set[0].number + i)}
			if member != nil {
				p.Source, p.Err = s.Open(ctx, member)
			}
			pieces = append(pieces, p)
		}
		return Chain(pieces), nil
	}
	return append(out, j)
}

func missing(number int) error { return fmt.Errorf("piece %d is missing", number) }

// headSize is how much of a piece is looked at, in bytes.
const headSize = 8 << 10

// magics are those of containers that people cut up.
var magics = []struct {
	offset int
	bytes  string
}{
	{0, "PK\x03\x04"}, {0, "\x1f\x8b\x08"}, {0, "\xfd7zXZ\x00"}, {0, "\x28\xb5\x2f\xfd"}, {0, "\x04\x22\x4d\x18"}, {0, "\x02\x21\x4c\x18"}, {0, "BZh"},
	{0, "7z\xbc\xaf\x27\x1c"}, {257, "ustar"}, {0, "CrAU"}, {0, "\x3a\xff\x26\xed"}, {0, "ANDROID!"}, {0, "VNDRBOOT"}, {0, "ANDROID BACKUP\n"}, {4096, "gDla"},
	{512, "EFI PART"}, {4096, "EFI PART"}, {1080, "\x53\xef"}, {1024, "\xe2\xe1\xf5\xe0"}, {1024, "\x10\x20\xf5\xf2"}, {0, "hsqs"},
}

// Known tells whether a file begins like one of the containers that people cut up.
func Known(head []byte) bool {
	for _, m := range magics {
		if len(head) >= m.offset+len(m.bytes) && string(head[m.offset:][:len(m.bytes)]) == m.bytes {
			return true
		}
	}
	return false
}
