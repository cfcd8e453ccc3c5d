package scan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/match"
	"github.com/censorscan/censorscan/scan/second"
)

// VerificationSchema is the name and version of the layout of a Verification.
const VerificationSchema = "censorscan.verification/1"

// Verification says whether a report holds for its inputs.
type Verification struct {
	Schema      string       `json:"schema"`
	Tool        Tool         `json:"tool"`
	Findings    int          `json:"findings"`  // of the report
	Confirmed   int          `json:"confirmed"` // of them, found again as they are
	Places      int          `json:"places"`    // offsets at which what the report says was read again by other decoders
	Sample      Sample       `json:"sample"`
	Differences []Difference `json:"differences"`
}

// Sample is what both search engines were compared on.
type Sample struct {
	Artifacts int   `json:"artifacts"`
	Bytes     int64 `json:"bytes"`
	Hits      int64 `json:"hits"` // byte forms of terms, before any check of what stands around them; both engines found each
}

// Difference is something that is not as the report says.
type Difference struct {
	Path    string `json:"path"`
	Finding string `json:"finding,omitempty"` // its id
	Detail  string `json:"detail"`
}

// sampleWindow is how many bytes the engines are compared on at a time.
const sampleWindow = 16 << 10

// Verify finds every finding of a report again in the inputs it was made from, which come in its order. An independent engine (package second) has to
// find what ours finds, in the windows around the findings and in share (0 to 1) of all other bytes, at least one window of every artefact; the text of
// every list, loader and term is read again at its offset by other decoders; the account of bytes has to be the same. The error is that of a run that
// did not come to its end, or of a report that cannot be checked with this engine.
func (e *Engine) Verify(ctx context.Context, r *Report, share float64, roots ...*extract.Root) (*Verification, error) {
	if err := e.checkable(r, len(roots)); err != nil {
		return nil, err
	}
	other, err := second.New(e.lx.spelled)
	if err != nil {
		return nil, err
	}
	v := newVerifier(e, r, other, share)
	budget := extract.NewBudget(e.opts.Limits)
	var coverage extract.Coverage
	for i, root := range roots {
		cov, err := v.walk(ctx, i, root, budget)
		coverage.Add(cov)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", root.Name, err)
		}
	}
	v.missing("there is no such artefact")
	v.compareCoverage(coverageOf(&coverage))
	return v.result(), nil
}

// checkable tells why a report cannot be verified.
func (e *Engine) checkable(r *Report, inputs int) error {
	if r.Schema != Schema {
		return fmt.Errorf("the report has schema %q, this program reads %q", r.Schema, Schema)
	}
	if !r.Complete {
		return errors.New("the report is of a scan that did not come to its end")
	}
	if len(r.Inputs) != inputs {
		return fmt.Errorf("the report is of %d inputs, %d were given", len(r.Inputs), inputs)
	}
	have := wordlistsOf(e.opts.Wordlists)
	for _, w := range r.Wordlists {
		if !slices.ContainsFunc(have, func(h Wordlist) bool { return h.Name == w.Name && h.SHA256 == w.SHA256 }) {
			return fmt.Errorf("the report was made with wordlist %s %s (SHA-256 %s), which is not at hand", w.Name, w.Version, w.SHA256)
		}
	}
	return nil
}

type verifier struct {
	engine *Engine
	report *Report
	other  *second.Engine
	share  float64
	sizes  map[string]int64 // of the artefacts with findings

	mu       sync.Mutex // what follows
	expected map[string][]*Finding
	out      Verification
}

func newVerifier(e *Engine, r *Report, other *second.Engine, share float64) *verifier {
	v := &verifier{engine: e, report: r, other: other, share: share, expected: map[string][]*Finding{}, sizes: map[string]int64{}}
	v.out = Verification{Schema: VerificationSchema, Tool: e.opts.Tool, Findings: len(r.Findings), Differences: []Difference{}}
	for i := range r.Findings {
		f := &r.Findings[i]
		v.expected[f.Path] = append(v.expected[f.Path], f)
		v.sizes[f.Path] = f.Artifact.Size
	}
	return v
}

// result is what was found out, in an order that does not depend on the workers.
func (v *verifier) result() *Verification {
	slices.SortStableFunc(v.out.Differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Finding, b.Finding), cmp.Compare(a.Detail, b.Detail))
	})
	return &v.out
}

func (v *verifier) differ(path, finding, format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.out.Differences = append(v.out.Differences, Difference{path, finding, fmt.Sprintf(format, args...)})
}

func (v *verifier) walk(ctx context.Context, i int, root *extract.Root, budget *extract.Budget) (*extract.Coverage, error) {
	want := v.report.Inputs[i]
	if root.Size() != want.Size {
		v.differ(root.Name, "", "the input has %d bytes, the report says %d", root.Size(), want.Size)
	} else if sum := hashSource(ctx, root.Source()); sum != want.SHA256 {
		v.differ(root.Name, "", "the input has SHA-256 %s, the report says %s", sum, want.SHA256)
	}
	opts := v.engine.walkOptions(budget)
	opts.Content = func(ctx context.Context, a *extract.Artifact, container bool, c *extract.Content) (any, error) {
		v.mu.Lock()
		expected := v.expected[a.Path]
		delete(v.expected, a.Path)
		v.mu.Unlock()
		switch {
		case len(expected) > 0:
			return nil, v.again(ctx, a, container, c, expected)
		case container:
			return nil, nil
		}
		return nil, v.sample(ctx, a, c)
	}
	opts.Leave = func(a *extract.Artifact, _ any) {
		if want, ok := v.sizes[a.Path]; ok && want != a.Size {
			v.differ(a.Path, "", "the artefact has %d bytes, the report says %d", a.Size, want)
		}
	}
	if progress := v.engine.opts.Progress; progress != nil {
		opts.Progress = func(p extract.Progress) { progress(i, p) }
	}
	return extract.Walk(ctx, root, opts)
}

// sample compares the engines on a part of an artefact in which the report has nothing.
func (v *verifier) sample(ctx context.Context, a *extract.Artifact, c *extract.Content) error {
	h := fnv.New64a()
	h.Write([]byte(a.Path))
	place := h.Sum64()
	overlap := max(v.engine.lx.core.Overlap(), 0)
	err := c.Pieces(ctx, overlap, func(p extract.Piece) error {
		owned := p.Data[p.Lead:]
		windows := max(1, int(v.share*float64(p.Owned)/sampleWindow))
		if v.share >= 1 {
			v.compare(a.Path, owned, p.Offset+int64(p.Lead))
			return nil
		}
		for stride := p.Owned / windows; windows > 0; windows-- {
			place = place*6364136223846793005 + 1442695040888963407
			from := stride*(windows-1) + int(place>>33)%max(1, stride-sampleWindow)
			v.compare(a.Path, owned[from:min(len(owned), from+sampleWindow)], p.Offset+int64(p.Lead+from))
		}
		return nil
	})
	v.mu.Lock()
	v.out.Sample.Artifacts++
	v.mu.Unlock()
	if ctx.Err() != nil {
		err = nil // accounted for by the walker
	}
	return err
}

// compare lets both engines search a window.
func (v *verifier) compare(path string, window []byte, base int64) {
	var ours []match.Hit
	v.engine.lx.core.Scan(window, base, func(h match.Hit) {
		h.Needle = 0
		ours = append(ours, h)
	})
	slices.SortFunc(ours, second.Order)
	theirs := v.other.Find(window, base)
	v.mu.Lock()
	v.out.Sample.Bytes += int64(len(window))
	v.out.Sample.Hits += int64(len(theirs))
	v.mu.Unlock()
	if !slices.Equal(ours, theirs) {
		v.differ(path, "", "the engines differ in %d bytes at offset %d: %d hits, the second engine has %d", len(window), base, len(ours), len(theirs))
	}
}

// missing tells of the findings whose artefact was not met.
func (v *verifier) missing(why string) {
	for path, expected := range v.expected {
		for _, f := range expected {
			v.differ(path, f.ID, "%s", why)
		}
	}
}

func (v *verifier) compareCoverage(now Coverage) {
	then := v.report.Coverage
	if now.Ledger != then.Ledger {
		v.differ("", "", "coverage is %+v, the report says %+v", now.Ledger, then.Ledger)
	}
	if !slices.Equal(now.Items, then.Items) {
		v.differ("", "", "%d coverage records, the report has %d, and they are not the same", len(now.Items), len(then.Items))
	}
}

// Carried is the file of an artefact, kept apart from the input.
type Carried struct {
	Path   string // of the artefact in the report
	Source extract.Source
}

// VerifyFiles is Verify on the files that carry a report's findings instead of on its inputs: findings whose file is not among them are differences, and the account
// of bytes is not looked at.
func (e *Engine) VerifyFiles(ctx context.Context, r *Report, files []Carried) (*Verification, error) {
	if err := e.checkable(r, len(r.Inputs)); err != nil {
		return nil, err
	}
	other, err := second.New(e.lx.spelled)
	if err != nil {
		return nil, err
	}
	v := newVerifier(e, r, other, 0)
	budget := extract.NewBudget(e.opts.Limits)
	for _, f := range files {
		expected := v.expected[f.Path]
		delete(v.expected, f.Path)
		_, err := extract.Walk(ctx, extract.SourceRoot(f.Path, f.Source), extract.Options{
			Budget: budget, Workers: 1,
			Content: func(ctx context.Context, a *extract.Artifact, container bool, c *extract.Content) (any, error) {
				there := *a
				there.Path, there.Name = f.Path, f.Path[strings.LastIndexByte(f.Path, '!')+1:]
				return nil, v.again(ctx, &there, container, c, expected)
			},
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Path, err)
		}
	}
	v.missing("no file carries it")
	return v.result(), nil
}
