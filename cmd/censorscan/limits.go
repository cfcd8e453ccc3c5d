package main

import (
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/censorscan/censorscan/extract"
)

// addLimitFlags binds the one budget of a run to the command line.
func addLimitFlags(f *pflag.FlagSet, l *extract.Limits) {
	*l = extract.DefaultLimits()
	f.IntVar(&l.Depth, "max-depth", l.Depth, "containers within containers")
	f.Int64Var(&l.Artifacts, "max-artifacts", l.Artifacts, "artefacts visited")
	f.Var((*bytesValue)(&l.BytesOut), "max-bytes-out", "bytes read from unpacked artefacts in all")
	f.Int64Var(&l.Ratio, "max-ratio", l.Ratio, "decoded bytes for each byte of one compressed stream (beyond 64 MiB)")
	f.Var((*bytesValue)(&l.Buffer), "max-buffer", "largest single table or block of a container")
	f.Var((*bytesValue)(&l.Memory), "max-memory", "decoded streams and blocks held in memory")
	f.Var((*bytesValue)(&l.Spool), "max-spool", "decoded streams held in temporary files")
	f.DurationVar(&l.Time, "max-time", l.Time, "time for the whole run (0: no limit)")
}

// checkLimits refuses limits that would keep anything from being read.
func checkLimits(l extract.Limits) error {
	if l.Depth < 1 || l.Artifacts < 1 || l.BytesOut < 1 || l.Ratio < 1 || l.Buffer < 1<<16 || l.Memory < 1<<20 || l.Spool < 0 || l.Time < 0 {
		return usageError{fmt.Errorf("a --max-... value is too small (--max-buffer takes 64KiB at least, --max-memory 1MiB)")}
	}
	return nil
}

// limitMemory makes the garbage collector work harder before the program grows much beyond its budget, unless the user has set GOMEMLIMIT.
func limitMemory(l extract.Limits) {
	const besides = 192 << 20 // wordlists, pieces, tables, texts
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(l.Memory + besides)
	}
}

// bytesValue is a flag that takes "64MiB", "2GB" or a plain number.
type bytesValue int64

func (b *bytesValue) Type() string   { return "bytes" }
func (b *bytesValue) String() string { return formatBytes(int64(*b)) }

var byteUnits = []struct {
	suffix string
	factor int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"KB", 1e3}, {"B", 1}, {"", 1},
}

func (b *bytesValue) Set(s string) error {
	for _, u := range byteUnits {
		number, ok := strings.CutSuffix(s, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || n < 0 || math.IsNaN(n) || n*float64(u.factor) > math.MaxInt64/2 {
			return fmt.Errorf("%q is not a number of bytes such as 64MiB", s)
		}
		*b = bytesValue(n * float64(u.factor))
		return nil
	}
	return fmt.Errorf("%q is not a number of bytes such as 64MiB", s)
}

func formatBytes(n int64) string {
	for _, u := range byteUnits[:4] {
		if n >= u.factor && n%u.factor == 0 {
			return strconv.FormatInt(n/u.factor, 10) + u.suffix
		}
	}
	return strconv.FormatInt(n, 10)
}
