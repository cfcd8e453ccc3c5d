package avb

import (
	"bytes"
	"encoding/binary"

	"github.com/censorscan/censorscan/extract"
)

// Kinds of descriptors.
const (
	tagProperty = iota
	tagHashtree
	tagHash
	tagCommandLine
	tagChain
)

// Bytes of the descriptors before the name of their partition.
const (
	hashtreeSize = 180
	hashSize     = 132
	chainSize    = 92
)

// meta is the metadata as it lies in the image; its numbers are big endian.
type meta struct {
	b  []byte
	at int64 // in the image
}

func (m meta) u32(off int) int64  { return int64(binary.BigEndian.Uint32(m.b[off:])) }
func (m meta) u64(off int) uint64 { return binary.BigEndian.Uint64(m.b[off:]) }

// slice is the part of the metadata at [off, off+n) of [base, end).
func (m meta) slice(base, end int, off, n uint64) (meta, bool) {
	if size := uint64(end - base); off > size || n > size-off {
		return meta{}, false
	}
	from := base + int(off)
	return meta{m.b[from:][:n], m.at + int64(from)}, true
}

// readMeta reads the metadata in an extent. The texts in it - descriptors of properties and of the kernel's command line, the release of the tool - are
// left out of the structure, and so is all that is not understood.
func (img *image) readMeta(e extract.Extent) error {
	if e.Size < headerSize {
		return extract.Damaged(e.Offset, "vbmeta header of %d bytes, %d wanted", e.Size, headerSize)
	}
	h, err := img.in.Budget.ReadFull(img.in, e.Offset, headerSize)
	if err != nil {
		return extract.Damaged(e.Offset, "vbmeta header: %w", err)
	}
	m := meta{h, e.Offset}
	if !isMagic(h[:8], vbmetaMagic) {
		return extract.Damaged(e.Offset, "no vbmeta header of version %d", version)
	}
	auth, aux := m.u64(12), m.u64(20)
	if room := uint64(min(e.Size, mostMeta) - headerSize); auth > room || aux > room-auth {
		return extract.Damaged(e.Offset+12, "vbmeta blocks of %d and %d bytes in %d", auth, aux, room)
	}
	if m.b, err = img.in.Budget.ReadFull(img.in, e.Offset, headerSize+int64(auth+aux)); err != nil {
		return extract.Damaged(e.Offset, "vbmeta blocks: %w", err)
	}
	img.claim(m.at, 128) // up to the release string, behind which there are zeros
	authEnd := headerSize + int(auth)
	for _, f := range []struct {
		what      string
		base, end int
		at        int // of the pair offset, size in the header
		structure bool
	}{
		{"hash", headerSize, authEnd, 32, true},
		{"signature", headerSize, authEnd, 48, true},
		{"public key", authEnd, len(m.b), 64, true},
		{"public key metadata", authEnd, len(m.b), 80, false}, // anything
	} {
		part, ok := m.slice(f.base, f.end, m.u64(f.at), m.u64(f.at+8))
		if !ok {
			img.damage = append(img.damage, extract.Damaged(m.at+int64(f.at), "vbmeta: the %s lies outside of its block", f.what))
		} else if f.structure {
			img.claim(part.at, len(part.b))
		}
	}
	descriptors, ok := m.slice(authEnd, len(m.b), m.u64(96), m.u64(104))
	if !ok {
		return extract.Damaged(m.at+96, "vbmeta: the descriptors lie outside of their block")
	}
	return img.readDescriptors(descriptors)
}

// claim takes a part of the metadata for structure, unless it is larger than any key, signature or salt: it might be something else.
func (img *image) claim(at int64, n int) {
	const most = 4096
	if n > most {
		return
	}
	img.structure = append(img.structure, extract.Extent{Offset: at, Size: int64(n)})
}

func (img *image) readDescriptors(m meta) error {
	const head = 16
	for len(m.b) > 0 {
		if len(m.b) < head {
			return extract.Damaged(m.at, "vbmeta: descriptor of %d bytes", len(m.b))
		}
		d, ok := m.slice(head, len(m.b), 0, m.u64(8))
		if !ok {
			return extract.Damaged(m.at, "vbmeta: descriptor of %d bytes in %d", m.u64(8), len(m.b)-head)
		}
		n := head + len(d.b)
		one := meta{m.b[:n], m.at}
		switch m.u64(0) {
		case tagHashtree:
			ok = img.readHashtree(one)
		case tagHash:
			ok = img.readHash(one)
		case tagChain:
			ok = img.readChain(one)
		}
		if !ok {
			img.damage = append(img.damage, extract.Damaged(m.at, "vbmeta: a descriptor of %d bytes is too short for what it holds", n))
		}
		m = meta{m.b[n:], m.at + int64(n)}
	}
	return nil
}

// fields cuts what follows the fixed part of a descriptor into parts of the given lengths.
func (m meta) fields(fixed int, lengths ...int64) ([][]byte, bool) {
	var parts [][]byte
	rest := m.b[fixed:]
	for _, n := range lengths {
		if n > int64(len(rest)) {
			return nil, false
		}
		parts = append(parts, rest[:n])
		rest = rest[n:]
	}
	return parts, true
}

// hashDescriptor tells the hash of an image.
type hashDescriptor struct {
	at           int64 // of the descriptor
	size         uint64
	algorithm    string
	salt, digest []byte
}

func (img *image) readHash(m meta) bool {
	if len(m.b) < hashSize {
		return false
	}
	f, ok := m.fields(hashSize, m.u32(56), m.u32(60), m.u32(64))
	if !ok {
		return false
	}
	img.claim(m.at, hashSize)
	img.claim(m.at+hashSize+int64(len(f[0])), len(f[1])+len(f[2]))
	d := hashDescriptor{at: m.at, size: m.u64(16), algorithm: text(m.b[24:56]), salt: f[1], digest: f[2]}
	if img.content > 0 && d.size == uint64(img.content) { // others are of other partitions
		img.hashes = append(img.hashes, d)
	}
	return true
}

func (img *image) readHashtree(m meta) bool {
	if len(m.b) < hashtreeSize {
		return false
	}
	f, ok := m.fields(hashtreeSize, m.u32(104), m.u32(108), m.u32(112))
	if !ok {
		return false
	}
	img.claim(m.at, hashtreeSize)
	img.claim(m.at+hashtreeSize+int64(len(f[0])), len(f[1])+len(f[2]))
	img.placeTree(treeDescriptor{
		hashDescriptor: hashDescriptor{at: m.at, size: m.u64(20), algorithm: text(m.b[72:104]), salt: f[1], digest: f[2]},
		offset:         m.u64(28), bytes: m.u64(36), dataBlock: m.u32(44), hashBlock: m.u32(48),
		fecRoots: m.u32(52), fecOffset: m.u64(56), fecBytes: m.u64(64),
	})
	return true
}

func (img *image) readChain(m meta) bool {
	if len(m.b) < chainSize {
		return false
	}
	f, ok := m.fields(chainSize, m.u32(20), m.u32(24))
	if ok {
		img.claim(m.at, chainSize)
		img.claim(m.at+chainSize+int64(len(f[0])), len(f[1]))
	}
	return ok
}

// text is a string that ends at its first zero byte.
func text(b []byte) string {
	s, _, _ := bytes.Cut(b, []byte{0})
	return string(s)
}
