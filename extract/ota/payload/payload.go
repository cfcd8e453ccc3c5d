// Package payload reads payload.bin, the image of an A/B update: one partition after another, each as a list of operations that write blocks.
package payload

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"sync/atomic"

	"github.com/censorscan/censorscan/extract"
)

const (
	magic      = "CrAU"
	headerSize = 24 // magic, version, manifest size, metadata signature size
)

// Format is the update payload of major version 2. Full payloads open; partitions of a delta payload that need the image before the
// update are members with a Problem.
func Format() extract.Format {
	return extract.Format{
		Name:    "payload",
		Magic:   "CrAU\x00\x00\x00\x00",
		Group:   "ota",
		Summary: "Android A/B update payload.bin (CrAU v2): full operations, raw, bzip2, xz and zstd",
		Spec:    "AOSP system/update_engine update_metadata.proto",
		Detect:  detect,
		Open:    open,
	}
}

// detect takes the magic with any version that could be one; versions other than 2 are refused by open with the reason.
func detect(p *extract.Probe) bool {
	h := p.At(0, headerSize)
	return len(h) >= 12 && string(h[:4]) == magic && binary.BigEndian.Uint64(h[4:]) < 1<<16
}

// container is an opened payload.
type container struct {
	extract.Source
	budget      *extract.Budget
	checkHashes bool
	manifest    message
	blobs       int64 // offset of the data blobs
	blockSize   int64
	signature   extract.Extent
	decoders    decoders
	tables      int64        // bytes of partition tables so far
	spooled     atomic.Int64 // bytes that spooled operations may still take
	hashable    int64        // bytes that may still be hashed
}

func open(ctx context.Context, in *extract.Input) (extract.Container, error) {
	var h [headerSize]byte
	if n, err := in.ReadAt(h[:], 0); n < 12 {
		return nil, extract.Damaged(0, "payload header: %w", err)
	} else if v := binary.BigEndian.Uint64(h[4:]); v != 2 {
		return nil, extract.Unsupported(4, "payload of major version %d, only 2 is read", v)
	} else if n < headerSize {
		return nil, extract.Damaged(int64(n), "payload header: %w", err)
	}
	size := in.Size() - headerSize
	length, signature := binary.BigEndian.Uint64(h[12:]), int64(binary.BigEndian.Uint32(h[20:]))
	if length > uint64(size) || signature > size-int64(length) {
		return nil, extract.Damaged(12, "manifest of %d bytes and its signature of %d lie outside of the payload of %d", length, signature, in.Size())
	}
	data, err := in.Budget.ReadFull(in, headerSize, int64(length))
	if err != nil {
		return nil, fmt.Errorf("payload manifest: %w", err)
	}
	c := &container{
		Source:      in.Source,
		budget:      in.Budget,
		checkHashes: in.CheckHashes,
		manifest:    message{data, headerSize},
		blobs:       headerSize + int64(length) + signature,
		decoders:    newDecoders(in.Budget.Limits()),
	}
	c.hashable = expansion(in)
	c.spooled.Store(c.hashable)
	if err := c.readGlobals(); err != nil {
		return nil, err
	}
	return c, nil
}

// expansion is how much all of a payload may decode to when operations share blobs: its size times the ratio of the budget.
func expansion(in *extract.Input) int64 {
	const free = 64 << 20 // small payloads of zeros are common and harmless
	l := in.Budget.Limits()
	if in.Size() > (math.MaxInt64-free)/max(1, l.Ratio) {
		return l.BytesOut
	}
	return min(free+in.Size()*l.Ratio, l.BytesOut)
}

// fields of DeltaArchiveManifest
const (
	manifestBlockSize       = 3
	manifestSignatureOffset = 4
	manifestSignatureSize   = 5
	manifestPartitions      = 13
)

// readGlobals reads what the manifest says of the whole payload. A manifest that breaks off is no error here: Members tells.
func (c *container) readGlobals() error {
	c.blockSize = 4096
	var sigOffset, sigSize uint64
	for m := c.manifest; len(m.data) > 0; {
		at := m.base
		f, err := m.next()
		if err != nil {
			break
		}
		switch f.number {
		case manifestBlockSize:
			const smallest, largest = 512, 1 << 24
			if f.value < smallest || f.value > largest || f.value&(f.value-1) != 0 {
				return extract.Damaged(at, "block size %d is no power of two from %d to %d", f.value, smallest, largest)
			}
			c.blockSize = int64(f.value)
		case manifestSignatureOffset:
			sigOffset = f.value
		case manifestSignatureSize:
			sigSize = f.value
		}
	}
	c.signature, _ = c.blob(sigOffset, sigSize)
	return nil
}

// blob is the place of the data at an offset behind the manifest, cut to the payload; whole tells whether nothing was cut.
func (c *container) blob(offset, length uint64) (e extract.Extent, whole bool) {
	room := uint64(c.Size() - c.blobs)
	if offset >= room {
		return extract.Extent{Offset: c.Size()}, length == 0
	}
	e = extract.Extent{Offset: c.blobs + int64(offset), Size: int64(min(length, room-offset))}
	return e, length <= room-offset
}

// Members yields the partitions in the order of the manifest.
func (c *container) Members(ctx context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		for m := c.manifest; len(m.data) > 0; {
			if ctx.Err() != nil {
				yield(nil, context.Cause(ctx))
				return
			}
			f, err := m.next()
			if err != nil {
				yield(nil, fmt.Errorf("payload manifest: %w", err))
				return
			}
			if f.number != manifestPartitions {
				continue
			}
			if !c.yieldPartition(ctx, f.sub, yield) {
				return
			}
		}
	}
}

func (c *container) yieldPartition(ctx context.Context, m message, yield func(*extract.Member, error) bool) bool {
	p, err := c.readPartition(m)
	if err != nil {
		return yield(nil, err)
	}
	member := &extract.Member{Name: p.name, Partition: true, Size: p.size, Extents: p.blobs, Problem: p.problem}
	if p.problem == nil {
		member.Open = func(ctx context.Context) (extract.Source, error) { return p.source(ctx, c), nil }
	}
	if !yield(member, nil) {
		return false
	}
	for _, note := range p.notes {
		if !yield(nil, note) {
			return false
		}
	}
	if !c.checkHashes {
		return true
	}
	for note := range c.verify(ctx, m, p) {
		if !yield(nil, note) {
			return false
		}
	}
	return true
}

// Structure is the header with the manifest and its signature, and the signature of the payload.
func (c *container) Structure() []extract.Extent {
	s := []extract.Extent{{Size: c.blobs}}
	if c.signature.Size > 0 {
		s = append(s, c.signature)
	}
	return s
}

// Close implements extract.Container.
func (c *container) Close() error { return nil }
