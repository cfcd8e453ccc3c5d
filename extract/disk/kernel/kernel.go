// Package kernel finds what is compressed in Linux kernels: the kernel proper behind its decompressor, its configuration and embedded file systems. All else
// stays where it is and is searched as it lies there.
package kernel

import (
	"context"
	"encoding/binary"
	"iter"

	"github.com/censorscan/censorscan/extract"
)

// Format is kernels with something compressed in them: zImage (arm), bzImage (x86), EFI zboot, Image (arm64, riscv) and Qualcomm's "UNCOMPRESSED_IMG".
func Format() extract.Format {
	return extract.Format{
		Name:    "kernel",
		Group:   "disk",
		Summary: "Linux kernels: compressed images, configuration and file systems in zImage, bzImage, EFI zboot and Image",
		Spec:    "Linux Documentation/arch/arm64/booting.rst, Documentation/arch/x86/boot.rst, arch/arm/boot/compressed/head.S, kernel/configs.c",
		Detect:  func(p *extract.Probe) bool { return kindOf(p.At(0, headSize), p.Name) != none },
		Open:    open,
	}
}

// kind is how a kernel is wrapped.
type kind int

const (
	none  kind = iota
	plain      // streams may lie anywhere
	arm        // likewise, and the first is the kernel proper
	x86
	zboot
	qualcomm
)

const (
	headSize     = 0x250
	qualcommHead = 20
	zbootHead    = 16      // magic, place and size of the payload
	setupHead    = 0x1F1   // where the numbers of x86's boot protocol begin
	innerName    = "piggy" // the name, without an ending, that the decompressed kernel gets: Linux calls it so
)

// kindOf tells a kernel by its beginning. A decompressed kernel has none by which to tell it, but we named it: open looks closer.
func kindOf(h []byte, name string) kind {
	at := func(off int, magic string) bool {
		return len(h) >= off+len(magic) && string(h[off:][:len(magic)]) == magic
	}
	switch {
	case at(0, "UNCOMPRESSED_IMG"):
		return qualcomm
	case at(0, "MZ\x00\x00zimg"):
		return zboot
	case at(0x202, "HdrS") && at(0x1FE, "\x55\xaa"):
		return x86
	case at(0x38, "ARM\x64"), at(0x38, "RSC\x05"), name == innerName:
		return plain
	case at(0x24, "\x18\x28\x6f\x01"):
		return arm
	}
	return none
}

// kernel is an opened kernel.
type kernel struct {
	src       extract.Source
	parts     []part
	structure []extract.Extent
	damage    []*extract.Unopened
}

// part is a run of the kernel that holds something else.
type part struct {
	name string
	extract.Extent
}

func open(ctx context.Context, in *extract.Input) (extract.Container, error) {
	h := make([]byte, min(in.Size(), headSize))
	if n, err := in.ReadAt(h, 0); n < len(h) {
		return nil, extract.Damaged(int64(n), "kernel header: %w", err)
	}
	k := &kernel{src: in.Source}
	what := kindOf(h, in.Name)
	u32 := func(off int) int64 { return int64(binary.LittleEndian.Uint32(h[off:])) }
	switch {
	case what == qualcomm && len(h) >= qualcommHead:
		k.structure = []extract.Extent{{Size: qualcommHead}}
		k.add("Image", qualcommHead, u32(16))
	case what == zboot && len(h) >= zbootHead:
		k.structure = []extract.Extent{{Size: zbootHead}}
		k.addPayload(in, u32(8), u32(12))
	case what == x86 && len(h) == headSize && u32(0x206)&0xFFFF >= 0x208: // older ones do not tell where the payload lies
		setup := int64(h[0x1F1])
		if setup == 0 {
			setup = 4
		}
		k.structure = []extract.Extent{{Offset: setupHead, Size: headSize - setupHead}}
		k.addPayload(in, (setup+1)*512+u32(0x248), u32(0x24C))
	case what == none:
		return nil, extract.ErrNotThis
	}
	if len(k.parts) == 0 {
		if err := k.search(ctx, in, what == arm || what == x86 || what == zboot); err != nil {
			return nil, err
		}
	}
	if len(k.parts) == 0 && len(k.damage) == 0 {
		return nil, extract.ErrNotThis // nothing in it that a search of its bytes would not see
	}
	return k, nil
}

// add makes a part of what lies in the kernel of a run that its header names.
func (k *kernel) add(name string, at, size int64) {
	if size <= 0 {
		return
	}
	if in := max(0, k.src.Size()-at); size > in {
		u := extract.Damaged(at, "%d bytes at %d, but the kernel ends at %d", size, at, k.src.Size())
		u.Name = name
		k.damage = append(k.damage, u)
		size = in
	}
	if size > 0 {
		k.parts = append(k.parts, part{name, extract.Extent{Offset: at, Size: size}})
	}
}

// addPayload takes the payload that a header names, if it is compressed; otherwise there is no need to.
func (k *kernel) addPayload(in *extract.Input, at, size int64) {
	e := extract.Extent{Offset: at, Size: min(size, in.Size()-at)}
	if e.Size <= 0 {
		k.add(innerName, at, size)
		return
	}
	if s := recognise(extract.Section(in, e), in.Budget); s != nil {
		k.add(innerName+s.ending, at, size)
	}
}

// Members yields what is embedded, as it lies there.
func (k *kernel) Members(context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		for _, p := range k.parts {
			m := &extract.Member{Name: p.name, Size: p.Size, Extents: []extract.Extent{p.Extent}}
			m.Open = func(context.Context) (extract.Source, error) { return extract.Section(k.src, p.Extent), nil }
			if !yield(m, nil) {
				return
			}
		}
		for _, u := range k.damage {
			if !yield(nil, u) {
				return
			}
		}
	}
}

// Structure is next to nothing: kernels are full of texts. The headers belong to it, or what is left of a kernel would be taken for one.
func (k *kernel) Structure() []extract.Extent { return k.structure }

// Close implements extract.Container.
func (k *kernel) Close() error { return nil }
