package selftest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formats"
	"github.com/censorscan/censorscan/extract/media"
	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/wordlists"
)

func newEngine(t testing.TB, list []extract.Format) *scan.Engine {
	t.Helper()
	lists, err := wordlists.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	e, err := scan.New(scan.Options{Wordlists: lists, Formats: list, Joiners: formats.Joiners(), Media: media.All(), Limits: extract.DefaultLimits(), Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// some takes the cases of every shape in every encoding without a container, and of every way to write a format the first and a few others: all cases take
// too long under the race detector. "make selftest" runs all of them.
func some(t testing.TB) []trial {
	t.Helper()
	all, err := trials()
	if err != nil {
		t.Fatal(err)
	}
	var out []trial
	seen := map[string]bool{}
	for i, c := range all {
		way := c.format + c.variant
		if !seen[way] || c.format == plain || i%37 == 0 {
			out = append(out, c)
		}
		seen[way] = true
	}
	return out
}

func TestPlantedListsAreFound(t *testing.T) {
	e := newEngine(t, formats.All())
	for _, c := range some(t) {
		got, lists := c.run(context.Background(), e)
		if !got.Passed || len(lists) == 0 || got.Planted.Size == 0 || got.Clean.SHA256 == got.Planted.SHA256 {
			t.Errorf("%s (%s), %s in %s: %+v", c.format, c.variant, c.layout, c.encoding, got)
		}
	}
}

// TestBrokenCasesFail breaks a case in every way that a program could fail it.
func TestBrokenCasesFail(t *testing.T) {
	e := newEngine(t, formats.All())
	all := some(t)
	take := func(format string) trial {
		i := slices.IndexFunc(all, func(c trial) bool { return c.format == format })
		if i < 0 {
			t.Fatal("no case of", format)
		}
		return all[i]
	}
	for _, c := range []struct {
		name, format string
		engine       Scanner
		damage       func(c *trial)
		want         string
	}{
		{"nothing planted", "zip", e, func(c *trial) { c.planted = c.clean }, "0 blocklists were found instead of one"},
		{"an entry is missing", "zip", e, func(c *trial) { c.words = append(slices.Clone(c.words), "另一") }, "entry 26 of 26 is nothing instead of 另一"},
		{"an entry too many", "zip", e, func(c *trial) { c.words = c.words[:24] }, "25 entries were found, 24 planted"},
		{"another order", "zip", e, func(c *trial) { c.words = slices.Clone(c.words); slices.Reverse(c.words) }, "entry 1 of 25 is"},
		{"a finding in what is clean", "zip", e, func(c *trial) { c.clean = c.planted }, "the clean image has 1 findings, the first is a list"},
		{"damaged", "gzip", e, func(c *trial) {
			build := c.planted
			c.planted = func() ([]byte, error) { b, err := build(); return b[:len(b)-4], err }
		}, "bytes were not opened"},
		{"opened as something else", "zip", e, func(c *trial) { c.format = "tar" }, "nothing was opened as tar"},
		{"a program that cannot open it", "gzip", newEngine(t, nil), func(*trial) {}, "0 blocklists were found instead of one"},
		{"found only in the pieces", "block OTA", e, func(c *trial) { c.via = "!nowhere!" }, "0 blocklists were found instead of one"},
		{"a term is not found", plain, e, func(c *trial) { c.expect, c.known = ExpectTerms, []string{"另一"} }, "0 of 1 terms were found; missing is 另一"},
	} {
		broken := take(c.format)
		c.damage(&broken)
		if got, _ := broken.run(context.Background(), c.engine); got.Passed || !strings.Contains(got.Failure, c.want) {
			t.Errorf("%s: passed %v, %q, want %q", c.name, got.Passed, got.Failure, c.want)
		}
	}
}

// nothing is a program that finds nothing.
type nothing struct{}

func (nothing) Scan(context.Context, ...*extract.Root) (*scan.Report, error) {
	return &scan.Report{Complete: true}, nil
}

func TestTotals(t *testing.T) {
	made := extract.Format{Name: "made up", Group: "archive"}
	const enough = 100
	ctx, cancel := context.WithCancel(context.Background())
	stop := func(done, all int) {
		if done == enough {
			cancel()
		}
	}
	r, err := Run(ctx, Options{Scanner: nothing{}, Formats: append(formats.All(), made), Joiners: formats.Joiners(), Progress: stop})
	if !errors.Is(err, context.Canceled) || r.Complete {
		t.Fatalf("interrupted: %v", err)
	}
	if n := r.Totals; n.Failed != enough || n.Passed != 0 || n.Cases != enough || len(r.Cases) != enough || r.Cases[enough-1].Number != enough {
		t.Errorf("%+v, %d cases", n, len(r.Cases))
	}
	for _, want := range []NotCovered{{"format", "made up", noCase}, {"format", "squashfs", "known by sight and named in the coverage, not opened"}} {
		if !slices.Contains(r.NotCovered, want) {
			t.Errorf("%+v is not named: %+v", want, r.NotCovered)
		}
	}
}

// TestImagesAreTheSame builds every image twice.
func TestImagesAreTheSame(t *testing.T) {
	for _, c := range some(t) {
		a, err := c.planted()
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := c.planted(); !bytes.Equal(a, b) {
			t.Errorf("%s (%s): built twice, two images", c.format, c.variant)
		}
	}
}
