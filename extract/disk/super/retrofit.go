package super

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/disk/sparse"
	"github.com/censorscan/censorscan/extract/disk/split"
)

// Joiner is super images that lie on several block devices, as devices have them that were made before there was a super partition. The image of the first device
// holds the metadata; the images of the others are found by the names that it tells.
func Joiner() extract.Joiner {
	return extract.Joiner{
		Name:    "super devices",
		Group:   "disk",
		Summary: "Android dynamic partitions over several block devices (`super_system.img`, `super_vendor.img`), raw or sparse",
		Spec:    "AOSP system/core/fs_mgr/liblp/include/liblp/metadata_format.h (LpMetadataBlockDevice)",
		Join:    join,
		Wants:   wants,
	}
}

// lookAhead is how much of an image is read to see whether it holds the metadata of several devices.
const lookAhead = 256 << 10

// wants leaves out an image that is no device of a set: one that begins like a container, as no device behind the first does, unless its name says that it is one.
func wants(ctx context.Context, name string, head []byte, b *extract.Budget) bool {
	base := imageName(name)
	if base == "" || head == nil || strings.HasPrefix(base, "super_") {
		return base != ""
	}
	img, _ := image(ctx, extract.BytesSource(head), b)
	if n := len(devicesOf(img, b)); n > 0 {
		return n > 1
	}
	begin := make([]byte, 8<<10)
	n, _ := img.ReadAt(begin, 0)
	return !split.Known(begin[:n])
}

func join(ctx context.Context, s *extract.Siblings) (out []extract.Joined) {
	byName := map[string]*extract.Member{}
	for _, m := range s.Members {
		if imageName(m.Name) != "" && byName[m.Name] == nil {
			byName[m.Name] = m
		}
	}
	for _, m := range s.Members {
		if imageName(m.Name) == "" || ctx.Err() != nil {
			continue
		}
		head, _ := image(ctx, extract.BytesSource(s.Head(ctx, m, lookAhead)), s.Budget)
		devices := devicesOf(head, s.Budget)
		if len(devices) < 2 {
			continue
		}
		parts := []*extract.Member{m}
		for _, d := range devices[1:] {
			parts = append(parts, findDevice(byName, m.Name, d.name))
		}
		out = append(out, joined(ctx, s, parts, devices)...)
	}
	return out
}

// imageName is the name of an image file without folder and extension, "" for another file.
func imageName(name string) string {
	for _, ext := range []string{".img", ".simg", ".bin", ".raw"} {
		if base, ok := strings.CutSuffix(path.Base(name), ext); ok {
			return base
		}
	}
	return ""
}

// image gives the raw form of an image that may be sparse, and whether its file holds more than that.
func image(ctx context.Context, src extract.Source, b *extract.Budget) (img extract.Source, rest bool) {
	img, rest, err := sparse.Map(ctx, src, b)
	if err != nil {
		return src, false
	}
	return img, rest
}

// devicesOf gives the block devices of the metadata in an image, none if there is no metadata.
func devicesOf(src extract.Source, b *extract.Budget) (out []device) {
	c := &container{src: src}
	g, first, err := c.readGeometry()
	if err != nil || c.bare || c.readTables(g, first, b) != nil {
		return nil
	}
	t := c.tables[0]
	const most = 8 // devices; there are three
	for i := range min(t.devices.count, most) {
		out = append(out, t.device(i))
	}
	return out
}

// findDevice gives the image of a block device that lies beside another one, nil if there is none.
func findDevice(byName map[string]*extract.Member, beside, device string) *extract.Member {
	dir, _ := path.Split(beside)
	for _, base := range []string{device, strings.TrimSuffix(strings.TrimSuffix(device, "_a"), "_b")} {
		for _, prefix := range []string{"super_", ""} {
			for _, ext := range []string{".img", ".simg", ".bin", ".raw"} {
				if m := byName[dir+prefix+base+ext]; m != nil {
					return m
				}
			}
		}
	}
	return nil
}

// joined puts the devices one after another, each as large as the metadata says, as the format reads them. It comes after a record of each that is missing. An image
// that holds more than its device stays a member as well, so that the rest is searched.
func joined(ctx context.Context, s *extract.Siblings, members []*extract.Member, devices []device) (out []extract.Joined) {
	dir, name := path.Split(members[0].Name)
	m := &extract.Member{Name: dir + "super (" + name + ")", Mode: members[0].Mode}
	j := extract.Joined{Member: m}
	var lost []*extract.Unopened
	used := map[*extract.Member]bool{}
	for i, d := range devices {
		member, size := members[i], int64(min(d.size, maxSize))
		if d.size > 1<<56 || member != nil && used[member] {
			return nil // told when the first device is opened alone
		}
		src, rest, err := openDevice(ctx, s, member, d)
		if err != nil {
			u := extract.Damaged(m.Size, "%w: bytes %d to %d of %s", err, m.Size, m.Size+size, m.Name)
			u.Extent.Size = size
			lost = append(lost, u)
		} else {
			used[member] = true
			m.Extents = append(m.Extents, member.Extents...)
			if !rest && src.Size() <= size {
				j.Parts = append(j.Parts, member)
			}
		}
		m.Size += size
	}
	if len(used) < 2 || len(j.Parts) == 0 {
		return nil
	}
	for _, u := range lost {
		out = append(out, extract.Joined{Parts: j.Parts, Member: &extract.Member{Name: m.Name + " (missing device)", Mode: m.Mode, Size: u.Extent.Size, Problem: u}})
	}
	m.Open = func(ctx context.Context) (extract.Source, error) { // maps the images again: their tables are not held for all containers at once
		var pieces []split.Piece
		for i, d := range devices {
			src, _, err := openDevice(ctx, s, members[i], d)
			pieces = append(pieces, split.Piece{Source: src, Size: int64(d.size), Err: err})
		}
		return split.Chain(pieces), nil
	}
	return append(out, j)
}

// openDevice gives the raw image of a block device, and whether its file holds more than that.
func openDevice(ctx context.Context, s *extract.Siblings, m *extract.Member, d device) (src extract.Source, rest bool, err error) {
	if m == nil {
		return nil, false, fmt.Errorf("block device %q is not among the files", d.name)
	}
	if src, err = s.Open(ctx, m); err != nil {
		return nil, false, fmt.Errorf("block device %q: %w", d.name, err)
	}
	src, rest = image(ctx, src, s.Budget)
	return src, rest, nil
}
