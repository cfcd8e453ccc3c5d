package scan

import (
	"context"
	"errors"
	"fmt"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/recover"
)

// recoverReadable recovers lists from a Source of which a part cannot be read: from the run of readable bytes with the most hits.
func (e *Engine) recoverReadable(ctx context.Context, src extract.Source, path string, hits []int64) []recover.List {
	run := readableRun(ctx, src, hits)
	if run.Size == 0 {
		return nil
	}
	var inside []int64
	for _, h := range hits {
		if h >= run.Offset && h < run.End() {
			inside = append(inside, h-run.Offset)
		}
	}
	found, err := recover.Recover(extract.Section(src, run), run.Size, path, inside, e.known, recover.Options{Limit: maxText})
	if err != nil {
		return nil
	}
	for i := range found.Lists {
		l := &found.Lists[i]
		l.Evidence = append(l.Evidence, fmt.Sprintf("only bytes %d to %d of %d could be read", run.Offset, run.End(), src.Size()))
		if decodesBase64(l.Recipe) {
			continue // its offsets count in the decoded bytes
		}
		l.Begin += run.Offset
		l.End += run.Offset
		for k := range l.Entries {
			l.Entries[k].Offset += run.Offset
			l.Entries[k].End += run.Offset
		}
	}
	return found.Lists
}

// readableRun reads a Source through and returns the run without an error that holds the most hits; the first of equal ones.
func readableRun(ctx context.Context, src extract.Source, hits []int64) extract.Extent {
	const block, maxRuns = 4096, 1000
	buf := make([]byte, 64<<10)
	var best, run extract.Extent
	most := -1
	end := func() {
		n := 0
		for _, h := range hits {
			if h >= run.Offset && h < run.End() {
				n++
			}
		}
		if run.Size > 0 && n > most {
			best, most = run, n
		}
	}
	for runs := 0; run.End() < src.Size() && runs < maxRuns && ctx.Err() == nil; {
		at := run.End()
		want := min(int64(len(buf)), src.Size()-at)
		n, err := src.ReadAt(buf[:want], at)
		run.Size += int64(n)
		if int64(n) == want {
			continue
		}
		end()
		runs++
		next := (run.End()/block + 1) * block
		var re *extract.RangeError
		if errors.As(err, &re) && re.Extent.Offset <= run.End() && re.Extent.End() > run.End() {
			next = re.Extent.End()
		}
		run = extract.Extent{Offset: min(next, src.Size())}
	}
	end()
	return best
}
