package oat

import (
	"bytes"
	"context"
	"encoding/binary"

	"github.com/censorscan/censorscan/extract"
)

const (
	chunk   = 1 << 20
	dexHead = 0x70 // bytes of a DEX header
	mostDex = 4096 // DEX files in one file; the boot image of a phone has some hundred
)

// search finds the DEX files from the beginning of the file to its end. What cannot be read, or what lies behind too many of them, is no part of any: it is
// searched, or accounted for, as all the rest.
func (f *file) search(ctx context.Context) error {
	buf := make([]byte, min(chunk+dexHead, f.src.Size()))
	for off := int64(0); off < f.src.Size() && len(f.dexes) < mostDex; off = max(off+chunk, f.end()) {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		n, _ := f.src.ReadAt(buf[:min(int64(len(buf)), f.src.Size()-off)], off)
		f.find(buf[:n], off)
	}
	return nil
}

// end is where the last DEX file that was found ends.
func (f *file) end() int64 {
	if len(f.dexes) == 0 {
		return 0
	}
	return f.dexes[len(f.dexes)-1].End()
}

// find adds the DEX files that begin in the first chunk of what was read at off.
func (f *file) find(data []byte, off int64) {
	for i := 0; len(f.dexes) < mostDex; i += len("dex") {
		j := bytes.Index(data[i:], []byte("dex"))
		if j < 0 {
			return
		}
		i += j
		at, size := i, dexSize(data[i:])
		if size == 0 && i > 0 { // "cdex"
			at, size = i-1, dexSize(data[i-1:])
		}
		if size == 0 || at >= chunk || off+int64(at) < f.end() {
			continue
		}
		e := extract.Extent{Offset: off + int64(at), Size: size}
		if in := f.src.Size() - e.Offset; size > in {
			f.damage = append(f.damage, extract.Damaged(e.Offset, "a DEX file of %d bytes, but the file ends after %d", size, in))
			e.Size = in
		}
		f.dexes = append(f.dexes, e)
	}
}

// dexSize tells the size of the DEX file whose header b begins with, 0 if it is none.
func dexSize(b []byte) int64 {
	if len(b) < dexHead || !digits(b[:8], "dex\n") && !digits(b[:8], "cdex") {
		return 0
	}
	const endian, largestHead = 0x12345678, 4096
	u32 := func(off int) int64 { return int64(binary.LittleEndian.Uint32(b[off:])) }
	size, head := u32(32), u32(36)
	if head < dexHead || head > largestHead || size < head || u32(40) != endian {
		return 0
	}
	return size
}
