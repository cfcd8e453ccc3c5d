package payload

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formattest"
	"google.golang.org/protobuf/encoding/protowire"
)

// builder writes payloads that no tool would.
type builder struct {
	blockSize  uint64
	partitions []byte
	blobs      []byte
}

type testOp struct {
	kind    uint64
	data    []byte // appended to the blobs
	offset  uint64 // instead of data when length is set
	length  uint64
	extents [][2]uint64
	hash    []byte
	sources bool
}

func num(b []byte, n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}

func sub(b []byte, n protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), v)
}

func (b *builder) add(name string, size uint64, hash []byte, ops ...testOp) {
	p := sub(nil, partitionName, []byte(name))
	if size > 0 || hash != nil {
		info := num(nil, infoSize, size)
		if hash != nil {
			info = sub(info, infoHash, hash)
		}
		p = sub(p, partitionNewInfo, info)
	}
	for _, o := range ops {
		p = sub(p, partitionOperations, b.op(o))
	}
	b.partitions = sub(b.partitions, manifestPartitions, p)
}

func (b *builder) op(o testOp) []byte {
	m := num(nil, opType, o.kind)
	if o.length == 0 && o.data != nil {
		o.offset, o.length = uint64(len(b.blobs)), uint64(len(o.data))
		b.blobs = append(b.blobs, o.data...)
	}
	if o.length > 0 {
		m = num(num(m, opDataOffset, o.offset), opDataLength, o.length)
	}
	extent := func(e [2]uint64) []byte { return num(num(nil, extentStart, e[0]), extentCount, e[1]) }
	if o.sources {
		m = sub(m, opSrcExtents, extent([2]uint64{0, 1}))
	}
	for _, e := range o.extents {
		m = sub(m, opDstExtents, extent(e))
	}
	if o.hash != nil {
		m = sub(m, opDataHash, o.hash)
	}
	return m
}

func (b *builder) bytes() []byte {
	m := []byte{}
	if b.blockSize > 0 {
		m = num(m, manifestBlockSize, b.blockSize)
	}
	m = append(m, b.partitions...)
	return append(header(2, uint64(len(m)), 0), append(m, b.blobs...)...)
}

func header(version, manifest uint64, signature uint32) []byte {
	h := binary.BigEndian.AppendUint64([]byte(magic), version)
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(h, manifest), signature)
}

func hashOf(t *testing.T, b []byte) string {
	t.Helper()
	h := sha256.Sum256(b)
	return fmt.Sprintf("%d %s", len(b), hex.EncodeToString(h[:]))
}

func openAll(t testing.TB, src extract.Source, hashes bool) (extract.Container, []*extract.Member) {
	t.Helper()
	c, err := open(t.Context(), &extract.Input{Source: src, Budget: extract.NewBudget(extract.DefaultLimits()), CheckHashes: hashes})
	if err != nil {
		t.Fatal(err)
	}
	var members []*extract.Member
	for m, err := range c.Members(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, m)
	}
	return c, members
}

func block(c byte, n int) []byte { return bytes.Repeat([]byte{c}, n*4096) }

// tinyBlob is the smallest blob of tiny.bin that is compressed as wanted, and the size it decodes to.
func tinyBlob(t testing.TB, want codec) (data []byte, size int64) {
	t.Helper()
	file := readFile(t, testdata+"/tiny.bin")
	cc, err := open(t.Context(), &extract.Input{Source: extract.BytesSource(file), Budget: extract.NewBudget(extract.DefaultLimits())})
	if err != nil {
		t.Fatal(err)
	}
	c := cc.(*container)
	for m := c.manifest; len(m.data) > 0; {
		f, err := m.next()
		if err != nil {
			t.Fatal(err)
		}
		if f.number != manifestPartitions {
			continue
		}
		p, err := c.readPartition(f.sub)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range p.ops {
			if o.mode == packed && sniff(c.head(o.blob)) == want {
				if data == nil || o.blob.Size < int64(len(data)) {
					data, size = bytes.Clone(file[o.blob.Offset:o.blob.End()]), o.size
				}
			}
		}
	}
	if data == nil {
		t.Fatalf("tiny.bin has no blob of codec %d", want)
	}
	return data, size
}

func TestRefused(t *testing.T) {
	odd := builder{blockSize: 4097}
	cases := []struct {
		name, want string
		data       []byte
	}{
		{"major version 1", "unsupported feature: payload of major version 1", header(1, 0, 0)},
		{"manifest of 2^60 bytes", "damaged: manifest of 1152921504606846976 bytes", header(2, 1<<60, 0)},
		{"manifest of 2^64-1 bytes", "damaged: manifest of 18446744073709551615 bytes", header(2, math.MaxUint64, 0)},
		{"signature outside", "damaged: manifest of 0 bytes and its signature of 4294967295", header(2, 0, math.MaxUint32)},
		{"truncated header", "damaged: payload header", header(2, 0, 0)[:20]},
		{"block size 4097", "damaged: block size 4097", odd.bytes()},
		{"block size 0", "damaged: block size 0", append(header(2, 2, 0), num(nil, manifestBlockSize, 0)...)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := formattest.List(Format(), extract.BytesSource(c.data), "p", extract.DefaultLimits())
			var u *extract.Unopened
			if !errors.As(err, &u) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

// TestDamage damages one operation each; the rest of the partition has to be read and the error to name the range.
func TestDamage(t *testing.T) {
	xzData, xzSize := tinyBlob(t, isXZ)
	blocks := uint64(xzSize / 4096)
	flipped := bytes.Clone(xzData)
	flipped[len(flipped)-20] ^= 1 // index: seen at the end only
	middle := bytes.Clone(xzData)
	middle[len(middle)/2] ^= 0x40
	cases := []struct {
		name, want string
		op         testOp // fills blocks 1 to blocks
	}{
		{"xz broken", "xz: ", testOp{kind: opReplaceXZ, data: middle}},
		{"xz broken at its end", "xz: ", testOp{kind: opReplaceXZ, data: flipped}},
		{"xz truncated", "xz: ", testOp{kind: opReplaceXZ, data: xzData[:len(xzData)-100]}},
		{"not compressed", "data are neither bzip2 nor xz nor zstd but begin with 616161616161", testOp{kind: opReplaceBZ, data: block('a', 1)}},
		{"no data", "no data", testOp{kind: opReplaceXZ}},
		{"data outside", "100 bytes of data lie outside of the payload", testOp{kind: opReplaceXZ, offset: 1 << 40, length: 100}},
		{"data offset overflows", "lie outside", testOp{kind: opReplaceXZ, offset: math.MaxUint64, length: math.MaxUint64}},
		{"raw data short", "8192 bytes of data for", testOp{kind: opReplace, data: block('a', 2)}},
		{"raw data outside", "lie outside of the payload", testOp{kind: opReplace, offset: 1 << 62, length: 1 << 62}},
		{"unknown type", "operation of type 99", testOp{kind: 99, data: block('a', 1)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.op.extents = [][2]uint64{{1, blocks}}
			b := builder{}
			b.add("p", (blocks+2)*4096, nil,
				testOp{kind: opReplace, data: block('x', 1), extents: [][2]uint64{{0, 1}}},
				c.op,
				testOp{kind: opReplace, data: block('y', 1), extents: [][2]uint64{{blocks + 1, 1}}})
			ct, members := openAll(t, extract.BytesSource(b.bytes()), false)
			defer ct.Close()
			src, err := members[0].Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time from the cache
				buf := make([]byte, src.Size())
				n, err := src.ReadAt(buf, 0)
				var re *extract.RangeError
				if !errors.As(err, &re) || !strings.Contains(err.Error(), c.want) {
					t.Fatalf("ReadAt = %d, %v; want %q", n, err, c.want)
				}
				if re.Extent.Offset > int64(n) || re.Extent.End() != int64(blocks+1)*4096 {
					t.Errorf("range %d to %d after reading %d bytes", re.Extent.Offset, re.Extent.End(), n)
				}
				if n < 4096 || !bytes.Equal(buf[:4096], block('x', 1)) {
					t.Errorf("block 0 is not read")
				}
				after := make([]byte, 4096)
				if _, err := src.ReadAt(after, re.Extent.End()); err != nil || !bytes.Equal(after, block('y', 1)) {
					t.Errorf("after the damage: %v", err)
				}
			}
		})
	}
}

// TestTruncated reads what a payload that ends within an operation still holds.
func TestTruncated(t *testing.T) {
	data, size := tinyBlob(t, isXZ)
	b := builder{}
	b.add("p", 0, nil, testOp{kind: opReplaceXZ, data: data, extents: [][2]uint64{{0, uint64(size / 4096)}}})
	file := b.bytes()
	_, members := openAll(t, extract.BytesSource(file), false)
	whole, _ := members[0].Open(t.Context())
	want, err := io.ReadAll(io.NewSectionReader(whole, 0, size))
	if err != nil {
		t.Fatal(err)
	}
	_, members = openAll(t, extract.BytesSource(file[:len(file)-len(data)/4]), false)
	src, _ := members[0].Open(t.Context())
	got := make([]byte, size)
	n, err := src.ReadAt(got, 0)
	if n < 1000 || !bytes.Equal(got[:n], want[:n]) || err == nil || !strings.Contains(err.Error(), "lie outside of the payload") {
		t.Errorf("ReadAt = %d, %v", n, err)
	}
}

func TestNotes(t *testing.T) {
	cases := []struct {
		name, want string
		ops        []testOp
		content    []byte // of a partition of two blocks
	}{
		{"extent behind the end", "writes bytes 4096 to 12288 of a partition of 8192",
			[]testOp{{kind: opReplace, data: append(block('a', 1), block('b', 1)...), extents: [][2]uint64{{1, 2}}}}, append(block(0, 1), block('a', 1)...)},
		{"extent of 2^63 blocks", "an extent of 9223372036854775808 blocks at block 0",
			[]testOp{{kind: opReplace, data: block('a', 1), extents: [][2]uint64{{0, 1}, {0, 1 << 63}}}}, append(block('a', 1), block(0, 1)...)},
		{"start block overflows", "an extent of 1 blocks at block 18446744073709551615",
			[]testOp{{kind: opReplace, data: block('a', 1), extents: [][2]uint64{{0, 1}, {math.MaxUint64, 1}}}}, append(block('a', 1), block(0, 1)...)},
		{"written twice", "operation 1 (REPLACE, data at", []testOp{
			{kind: opReplace, data: block('a', 2), extents: [][2]uint64{{0, 2}}},
			{kind: opReplace, data: block('b', 1), extents: [][2]uint64{{1, 1}}}}, append(block('a', 1), block('b', 1)...)},
		{"zeroed later", "writes byte 0, as operation 0 does", []testOp{
			{kind: opReplace, data: block('a', 2), extents: [][2]uint64{{0, 2}}},
			{kind: opZero, extents: [][2]uint64{{0, 1}}}}, append(block(0, 1), block('a', 1)...)},
		{"data without a place", "4096 bytes of data for 0 bytes of extents", []testOp{{kind: opReplace, data: block('a', 1)}}, block(0, 2)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := builder{}
			b.add("p", 8192, nil, c.ops...)
			l := list(t, extract.BytesSource(b.bytes()), extract.DefaultLimits())
			if len(l.Problems) == 0 || !strings.Contains(l.Problems[0], c.want) {
				t.Errorf("problems %q, want %q", l.Problems, c.want)
			}
			if got := fmt.Sprintf("%d %s", l.Files["p"].Size, l.Files["p"].SHA256); got != hashOf(t, c.content) {
				t.Errorf("content differs")
			}
		})
	}
}

// TestFlatten compares with writing the operations one after another.
func TestFlatten(t *testing.T) {
	x := uint32(7)
	next := func(n int) int {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		return int(x % uint32(n))
	}
	for round := range 80 {
		const size = 40
		var want [size]byte
		b := builder{}
		var ops []testOp
		for i := range 1 + next(12) {
			start := next(size)
			n := 1 + next(size-start)
			data := []byte{}
			for j := range n {
				c := byte(1 + (i*16+j)%250)
				data = append(data, block(c, 1)...)
				want[start+j] = c
			}
			ops = append(ops, testOp{kind: opReplace, data: data, extents: [][2]uint64{{uint64(start), uint64(n)}}})
		}
		b.add("p", size*4096, nil, ops...)
		ct, err := open(t.Context(), &extract.Input{Source: extract.BytesSource(b.bytes()), Budget: extract.NewBudget(extract.DefaultLimits())})
		if err != nil {
			t.Fatal(err)
		}
		for m, err := range ct.Members(t.Context()) {
			if err != nil {
				continue // the note on overlaps
			}
			src, _ := m.Open(t.Context())
			got, err := io.ReadAll(io.NewSectionReader(src, 0, src.Size()))
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if got[i*4096] != want[i] || got[i*4096+4095] != want[i] {
					t.Fatalf("round %d: block %d is %d, want %d", round, i, got[i*4096], want[i])
				}
			}
		}
	}
}

// TestHuge holds partitions that claim 2^60 bytes and says where nothing is.
func TestHuge(t *testing.T) {
	const size = 1 << 60
	b := builder{}
	b.add("huge", size, []byte("no such hash"), testOp{kind: opReplace, data: block('a', 1), extents: [][2]uint64{{size/4096 - 1, 1}}})
	b.add("huge", 0, nil, testOp{kind: opZero, extents: [][2]uint64{{0, size / 4096}}})
	c, err := open(t.Context(), &extract.Input{Source: extract.BytesSource(b.bytes()), Budget: extract.NewBudget(extract.DefaultLimits()), CheckHashes: true})
	if err != nil {
		t.Fatal(err)
	}
	var members []*extract.Member
	limits := 0
	for m, err := range c.Members(t.Context()) {
		if err != nil {
			if extract.AsUnopened(err).Reason != extract.ReasonLimit {
				t.Errorf("unexpected: %v", err)
			}
			limits++
			continue
		}
		members = append(members, m)
	}
	if len(members) != 2 || limits != 1 {
		t.Fatalf("%d members and %d limits, want 2 and 1", len(members), limits)
	}
	for i, want := range []extract.Extent{{Offset: size - 4096, Size: 4096}, {Offset: size}} {
		src, _ := members[i].Open(t.Context())
		start, end := src.(extract.Sparse).NextData(0)
		if src.Size() != size || start != want.Offset || end != want.End() {
			t.Errorf("partition %d: size %d, data %d to %d, want %+v", i, src.Size(), start, end, want)
		}
	}
}

// TestManyOperations keeps the tables of a manifest that is nothing but operations within the budget.
func TestManyOperations(t *testing.T) {
	p := sub(nil, partitionName, []byte("many"))
	one := sub(nil, partitionOperations, sub(nil, opDstExtents, nil))
	p = append(p, bytes.Repeat(one, 400_000)...)
	b := builder{partitions: sub(nil, manifestPartitions, p)}
	b.add("sound", 4096, nil, testOp{kind: opReplace, data: block('a', 1), extents: [][2]uint64{{0, 1}}})
	limits := extract.DefaultLimits()
	limits.Buffer = 4 << 20
	l := list(t, extract.BytesSource(b.bytes()), limits)
	if got := l.Files["many"].Problem; !strings.Contains(got, "limit: buffer limit 4194304 reached: tables of the partitions") {
		t.Errorf("problem %q", got)
	}
	if f := l.Files["sound"]; f.Problem != "" || f.Size != 4096 {
		t.Errorf("the partition after it: %+v", f)
	}
}

func TestManifestBreaksOff(t *testing.T) {
	b := builder{}
	b.add("p", 4096, nil, testOp{kind: opReplace, data: block('a', 1), extents: [][2]uint64{{0, 1}}})
	b.partitions = append(b.partitions, 0x6a, 0xff, 0xff)
	l := list(t, extract.BytesSource(b.bytes()), extract.DefaultLimits())
	if l.Files["p"].Size != 4096 {
		t.Errorf("partition before the damage: %+v", l.Files["p"])
	}
	if len(l.Problems) != 1 || !strings.Contains(l.Problems[0], "protobuf field 13") {
		t.Errorf("problems %q", l.Problems)
	}
}

func TestCheckHashes(t *testing.T) {
	good := sha256.Sum256(block('a', 1))
	bad := sha256.Sum256(nil)
	op := testOp{kind: opReplace, data: block('a', 1), extents: [][2]uint64{{0, 1}}}
	cases := []struct {
		name      string
		op, whole []byte
		want      []string
	}{
		{"right", good[:], good[:], nil},
		{"operation", bad[:], good[:], []string{"p: damaged: operation 0 (REPLACE): its data have SHA-256"}},
		{"partition", good[:], bad[:], []string{"p: damaged: the partition has SHA-256"}},
		{"absent", nil, nil, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			op := op
			op.hash = c.op
			b := builder{}
			b.add("p", 4096, c.whole, op)
			l := list(t, extract.BytesSource(b.bytes()), extract.DefaultLimits())
			if len(l.Problems) != len(c.want) {
				t.Fatalf("problems %q, want %q", l.Problems, c.want)
			}
			for i := range c.want {
				if !strings.HasPrefix(l.Problems[i], c.want[i]) {
					t.Errorf("problem %q, want %q", l.Problems[i], c.want[i])
				}
			}
			if l.Files["p"].Size != 4096 || l.Files["p"].Problem != "" {
				t.Errorf("content not served: %+v", l.Files["p"])
			}
		})
	}
}

// TestSpoolLimit refuses operations that share a blob and claim more than the payload may hold.
func TestSpoolLimit(t *testing.T) {
	data, _ := tinyBlob(t, isXZ)
	b := builder{}
	b.add("p", 0, nil, testOp{kind: opReplaceXZ, data: data, extents: [][2]uint64{{0, 1 << 40}}})
	_, members := openAll(t, extract.BytesSource(b.bytes()), false)
	src, _ := members[0].Open(t.Context())
	var one [1]byte
	_, err := src.ReadAt(one[:], 0)
	var limit *extract.LimitError
	var re *extract.RangeError
	if !errors.As(err, &limit) || limit.Limit != "ratio" || !errors.As(err, &re) {
		t.Errorf("error %v, want a ratio limit", err)
	}
}

func TestConcurrentReads(t *testing.T) {
	_, members := openAll(t, extract.BytesSource(readFile(t, testdata+"/tiny.bin")), false)
	src, err := members[0].Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, err := io.ReadAll(io.NewSectionReader(src, 0, src.Size()))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			buf := make([]byte, 5000)
			for at := int64(i * 1000); at+5000 < src.Size(); at += 4096 {
				if _, err := src.ReadAt(buf, at); err != nil || !bytes.Equal(buf, want[at:at+5000]) {
					t.Errorf("reading at %d: %v", at, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, err := open(ctx, &extract.Input{Source: extract.BytesSource(readFile(t, testdata+"/tiny.bin")), Budget: extract.NewBudget(extract.DefaultLimits())})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for m, err := range c.Members(ctx) {
		if m != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, %v", m, err)
		}
	}
}

func FuzzFormat(f *testing.F) {
	delta, hostile := builder{}, builder{}
	delta.add("d", 8192, nil, testOp{kind: 4, sources: true, extents: [][2]uint64{{0, 1}}}, testOp{kind: opReplace, data: block('a', 1), extents: [][2]uint64{{1, 1}}})
	full := builder{}
	for _, want := range []codec{isBzip2, isXZ, isZstd} {
		data, size := tinyBlob(f, want)
		n := uint64(size / 4096)
		full.add(fmt.Sprint("p", want), 0, nil, testOp{kind: 14, data: data, extents: [][2]uint64{{5, 1}, {0, n - 1}}})
	}
	hostile.add("h", 0, []byte("hash"),
		testOp{kind: opReplace, data: block('b', 2)[:5000], extents: [][2]uint64{{1, 2}}},
		testOp{kind: opZero, extents: [][2]uint64{{2, 1 << 40}}},
		testOp{kind: 11, data: []byte("Zucc"), extents: [][2]uint64{{math.MaxUint64, 1}}})
	formattest.Fuzz(f, Format(), full.bytes(), delta.bytes(), hostile.bytes(), header(2, 1<<60, 0))
}
