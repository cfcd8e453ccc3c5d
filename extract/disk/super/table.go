package super

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/censorscan/censorscan/extract"
)

// errEmpty says that a slot was never written.
var errEmpty = errors.New("nothing but zeros")

// table is one copy of the metadata.
type table struct {
	label      string
	at         extract.Extent // header and tables in the image
	partitions rows
	extents    rows
	devices    rows
	bases      []int64 // where each block device begins in the image, -1 if it is elsewhere
}

// rows is a table of entries of one size.
type rows struct {
	data  []byte
	count int
	size  int // bytes of an entry
}

// row gives the bytes of an entry.
func (r rows) row(i int) []byte { return r.data[i*r.size:][:r.size] }

// sizes of the entries in bytes
const (
	partitionSize = 52
	extentSize    = 24
	groupSize     = 48
	deviceSize    = 64
)

// readTable reads one copy of the metadata, which takes up at most size bytes.
func readTable(src extract.Source, off, size int64, b *extract.Budget) (*table, error) {
	h := make([]byte, headerSize)
	if n, err := src.ReadAt(h, off); n < len(h) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if len(bytes.TrimLeft(h, "\x00")) == 0 {
		return nil, errEmpty
	}
	if string(h[:4]) != headerMagic {
		return nil, fmt.Errorf("no magic")
	}
	if v, minor := le.Uint16(h[4:]), le.Uint16(h[6:]); v != major || minor > newestMinor {
		return nil, extract.Unsupported(off, "metadata of version %d.%d", v, minor)
	}
	header, tables := int64(le.Uint32(h[8:])), int64(le.Uint32(h[44:]))
	if header < headerSize || header+tables > size {
		return nil, fmt.Errorf("a header of %d and tables of %d bytes in %d", header, tables, size)
	}
	data, err := b.ReadFull(src, off, header+tables)
	if err != nil {
		return nil, err
	}
	if !summed(data[:header], 12, data[12:44]) {
		return nil, fmt.Errorf("checksum of the header is wrong")
	}
	body := data[header:]
	if got := sha256.Sum256(body); !bytes.Equal(got[:], data[48:80]) {
		return nil, fmt.Errorf("checksum of the tables is wrong")
	}
	t := &table{at: extract.Extent{Offset: off, Size: header + tables}}
	for i, d := range []struct {
		what string
		rows *rows
		size int
	}{{"partitions", &t.partitions, partitionSize}, {"extents", &t.extents, extentSize}, {"groups", &rows{}, groupSize}, {"block devices", &t.devices, deviceSize}} {
		desc := data[80+12*i:]
		at, count, entry := int64(le.Uint32(desc)), int64(le.Uint32(desc[4:])), int64(le.Uint32(desc[8:]))
		if count > 0 && (entry < int64(d.size) || count > tables/entry || at > tables-count*entry) {
			return nil, fmt.Errorf("%d %s of %d bytes at %d in tables of %d bytes", count, d.what, entry, at, tables)
		}
		if count > 0 {
			*d.rows = rows{body[at:][:count*entry], int(count), int(entry)}
		}
	}
	return t, nil
}

// partition is an entry of the table of partitions.
type partition struct {
	name         string
	first, count int64 // its extents
}

func (t *table) partition(i int) partition {
	b := t.partitions.row(i)
	p := partition{text(b[:36]), int64(le.Uint32(b[40:])), int64(le.Uint32(b[44:]))}
	if p.name == "" {
		p.name = fmt.Sprintf("partition %d", i)
	}
	return p
}

// text is a name that is padded with zeros.
func text(b []byte) string {
	name, _, _ := bytes.Cut(b, []byte{0})
	return string(name)
}

// extent is an entry of the table of extents.
type extent struct {
	sectors, data uint64
	kind, device  uint32
}

// kinds of extents
const (
	linear = 0
	zeros  = 1
)

func (t *table) extent(i int64) extent {
	b := t.extents.row(int(i))
	return extent{sectors: le.Uint64(b), kind: le.Uint32(b[8:]), data: le.Uint64(b[12:]), device: le.Uint32(b[20:])}
}

// device is an entry of the table of block devices.
type device struct {
	name  string
	first uint64 // sector that partitions may use
	size  uint64 // bytes
}

func (t *table) device(i int) device {
	b := t.devices.row(i)
	return device{text(b[24:60]), le.Uint64(b), le.Uint64(b[16:])}
}

// fingerprint tells partitions apart by their extents.
func (t *table) fingerprint(p partition) string {
	h := sha256.New()
	for i := p.first; i < min(p.first+p.count, int64(t.extents.count)); i++ {
		h.Write(t.extents.row(int(i))[:extentSize])
	}
	fmt.Fprint(h, p.count)
	return string(h.Sum(nil))
}

// place finds out where the block devices lie in an image of the given size: the first one is the image, unless all are in it, one after another.
func (t *table) place(size int64) {
	t.bases = make([]int64, t.devices.count)
	sum := uint64(0)
	for i := range t.bases {
		t.bases[i] = int64(sum)
		n := t.device(i).size
		if n > 1<<60 || sum > 1<<60 {
			sum = 1 << 61
			break
		}
		sum += n
	}
	if len(t.bases) > 1 && sum > uint64(size) {
		for i := range t.bases[1:] {
			t.bases[i+1] = -1
		}
		t.bases[0] = 0
	}
}
