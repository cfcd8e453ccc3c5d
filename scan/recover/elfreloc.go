package recover

// The entries of the dynamic section that name relocations.
const (
	dtRela        = 7
	dtRelaSize    = 8
	dtAndroidRela = 0x60000011
	dtAndroidSize = 0x60000012
)

// relocations reads the relative relocations that carry their addend. The others, DT_REL and DT_RELR, leave it at the place itself.
func (e *elf) relocations() {
	found := map[int64]int64{}
	for off := e.dynamic.off; off+2*e.word <= e.dynamic.off+e.dynamic.size; off += 2 * e.word {
		tag := e.ptr(off)
		if tag == 0 {
			break
		}
		found[tag] = e.ptr(off + e.word)
	}
	if off := e.file(found[dtRela]); off > 0 && e.word == 8 {
		e.rela = extent{off, off + found[dtRelaSize]}
		for end := e.rela.end; off+24 <= end && len(e.relocs) < maxRelocs; off += 24 {
			p := e.b.bytes(off, 24)
			if p == nil {
				break
			}
			e.add(e.ptr(off), int64(e.b.u32(off+8)), e.ptr(off+16))
		}
	}
	if off := e.file(found[dtAndroidRela]); off > 0 && e.b.has(off, "APS2") {
		e.packed(off+4, off+found[dtAndroidSize])
	}
}

// add keeps a relocation of a kind that adds the place where the file was loaded: those of x86-64, AArch64 and RISC-V.
func (e *elf) add(place, kind, to int64) {
	if kind == 8 || kind == 1027 || kind == 3 {
		e.relocs = append(e.relocs, reloc{place, to})
	}
}

// packed reads Android's packed relocations: groups that share what they have in common, all numbers as signed LEB128.
// Layout: bionic/tools/relocation_packer of AOSP.
func (e *elf) packed(off, end int64) {
	next := func() (v int64) {
		for shift := 0; shift < 64 && off < end; shift += 7 {
			c := e.b.u8(off)
			off++
			v |= int64(c&0x7F) << shift
			if c < 0x80 {
				if c&0x40 != 0 && shift+7 < 64 {
					v |= -1 << (shift + 7)
				}
				break
			}
		}
		return v
	}
	const byInfo, byDelta, byAddend, hasAddend = 1, 2, 4, 8
	left, place, addend := next(), next(), int64(0)
	for left > 0 && off < end && len(e.relocs) < maxRelocs {
		n, flags := next(), next()
		if n <= 0 || n > left {
			return
		}
		left -= n
		var delta, info int64
		if flags&byDelta != 0 {
			delta = next()
		}
		if flags&byInfo != 0 {
			info = next()
		}
		if flags&(hasAddend|byAddend) == hasAddend|byAddend {
			addend += next()
		} else if flags&hasAddend == 0 {
			addend = 0
		}
		for range n {
			if flags&byDelta == 0 {
				delta = next()
			}
			place += delta
			if flags&byInfo == 0 {
				info = next()
			}
			if flags&(hasAddend|byAddend) == hasAddend {
				addend += next()
			}
			if len(e.relocs) == maxRelocs || off > end || e.b.left < 0 {
				return
			}
			e.b.spend(1)
			e.add(place, info&0xFFFFFFFF, addend)
		}
	}
}
