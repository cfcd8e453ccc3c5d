package extract

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// Limits is the one budget of a run. Every format charges it through Budget; no format has limits of its own.
type Limits struct {
	Depth     int           // containers within containers
	Artifacts int64         // artefacts visited
	BytesOut  int64         // bytes read from all artefacts that hold no others, in bytes
	Ratio     int64         // decoded bytes for each byte of one compressed stream
	Buffer    int64         // largest single table or block that a format may hold, in bytes
	Memory    int64         // decoded streams and caches held in memory at once, in bytes
	Spool     int64         // decoded streams held in temporary files at once, in bytes
	Time      time.Duration // whole run; 0 is no limit
}

// ratioFree is how much a stream may decode to before Limits.Ratio counts: small files of zeros are common and harmless.
const ratioFree = 64 << 20

// DefaultLimits are generous for firmware of 8 GB on a machine with 1 GiB of free memory.
func DefaultLimits() Limits {
	return Limits{Depth: 24, Artifacts: 3_000_000, BytesOut: 512 << 30, Ratio: 256, Buffer: 64 << 20, Memory: 192 << 20, Spool: 16 << 30}
}

// LimitError is the trip of one limit. It becomes a coverage record with reason ReasonLimit.
type LimitError struct {
	Limit string // as named in the command's help: depth, artifacts, bytes-out, ratio, buffer, spool, time; or a fixed one: looks, carved, path, visits
	Value int64
	What  string
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s limit %d reached: %s", e.Limit, e.Value, e.What)
}

// Budget is what is left of the Limits of one run. It is safe for use by several goroutines.
type Budget struct {
	limits    Limits
	deadline  time.Time    // of Limits.Time
	artifacts atomic.Int64 // visited by all walks
	out       atomic.Int64 // bytes read from artefacts that hold no others, by all walks
	memory    atomic.Int64 // reserved for spooled streams
	disk      atomic.Int64 // in temporary files
	cache     *Cache
	temp      string // folder for spooled streams; "" is the system's
}

// NewBudget starts a run, and its time. Several inputs of a run share one budget. Half of Limits.Memory goes to the block cache, half to spooled streams.
func NewBudget(l Limits) *Budget {
	return &Budget{limits: l, deadline: time.Now().Add(l.Time), cache: NewCache(l.Memory / 2)}
}

// Limits are the limits that the budget was made with.
func (b *Budget) Limits() Limits { return b.limits }

// Held is how much of decoded streams is held at the moment in memory and in temporary files, in bytes.
func (b *Budget) Held() (memory, disk int64) { return b.memory.Load(), b.disk.Load() }

// Cache holds decoded blocks for all formats of the run.
func (b *Budget) Cache() *Cache { return b.cache }

// Bytes makes a buffer of n bytes, or refuses with a LimitError. Use it for every length that comes from the input.
func (b *Budget) Bytes(n int64) ([]byte, error) {
	if n < 0 || n > b.limits.Buffer {
		return nil, &LimitError{"buffer", b.limits.Buffer, fmt.Sprintf("a table or block claims %d bytes", n)}
	}
	return make([]byte, n), nil
}

// passShare is the part of the memory for spooled streams that is there for the small members of streams that pass, in bytes.
func (b *Budget) passShare() int64 { return b.limits.Memory / 8 }

// reserve takes n bytes of the memory for spooled streams and reports whether they were there, with as much as spare besides.
func (b *Budget) reserve(n, spare int64) bool {
	if b.memory.Add(n) <= b.limits.Memory/2-spare {
		return true
	}
	b.memory.Add(-n)
	return false
}

func (b *Budget) release(n int64) { b.memory.Add(-n) }

// Expand returns r with the ratio limit applied: reading fails with a LimitError once it has given more than Limits.Ratio bytes for each of
// the raw bytes (beyond the first 64 MiB, which are free).
func (b *Budget) Expand(r io.Reader, raw int64) io.Reader {
	ratio := max(1, b.limits.Ratio)
	e := &expandReader{r: r, left: ratioFree, limit: LimitError{"ratio", ratio, fmt.Sprintf("a stream of %d bytes decodes to more than its share", raw)}}
	if raw > ratioFree/ratio {
		e.left = min(raw, (1<<62)/ratio) * ratio
	}
	if e.left > b.limits.BytesOut {
		e.left = b.limits.BytesOut
		e.limit = LimitError{"bytes-out", b.limits.BytesOut, "one stream decodes to more"}
	}
	return e
}

type expandReader struct {
	r     io.Reader
	left  int64
	limit LimitError
}

func (e *expandReader) Read(p []byte) (int, error) {
	if e.left <= 0 {
		// one byte more tells a stream that just fits from one that goes on
		var one [1]byte
		n, err := e.r.Read(one[:])
		if n == 0 && err != nil {
			return 0, err
		}
		if n == 0 {
			return 0, nil
		}
		trip := e.limit
		return 0, &trip
	}
	if int64(len(p)) > e.left {
		p = p[:e.left]
	}
	n, err := e.r.Read(p)
	e.left -= int64(n)
	return n, err
}
