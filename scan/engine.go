// Package scan searches a tree of artefacts for the terms of wordlists and reports what is present: embedded lists, loaders of lists, and terms that stand
// alone, together with an account of every byte.
package scan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"math"
	"time"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/recover"
	"github.com/censorscan/censorscan/wordlists"
)

// Options configure an Engine.
type Options struct {
	Wordlists   []*wordlists.List
	Formats     []extract.Format
	Joiners     []extract.Joiner
	Media       []extract.Medium // what looks compressed or encrypted by its nature
	Limits      extract.Limits
	Workers     int                          // 0 is one per core
	CheckHashes bool                         // verify the hashes that containers carry
	Exclude     func(*extract.Artifact) bool // as in extract.Options
	Include     func(*extract.Artifact) bool
	All         bool    // report word collections that are no blocklists too
	MinScore    float64 // from which a list is called a blocklist; 0 is DefaultMinScore
	Tool        Tool
	Now         func() time.Time // nil leaves time stamps out
	Progress    func(input int, p extract.Progress)
}

// DefaultMinScore is the score from which a list is called a blocklist.
const DefaultMinScore = recover.Threshold

// Engine scans inputs. It may be used for one scan after another.
type Engine struct {
	opts  Options
	lx    *lexicon
	known *recover.Terms

	references []reference
}

// New compiles the wordlists.
func New(opts Options) (*Engine, error) {
	if opts.MinScore == 0 {
		opts.MinScore = DefaultMinScore
	}
	var searched, references []*wordlists.List
	for _, l := range opts.Wordlists {
		if l.Kind == wordlists.KindReference {
			references = append(references, l)
		} else {
			searched = append(searched, l)
		}
	}
	lx, err := newLexicon(searched)
	if err != nil {
		return nil, err
	}
	return &Engine{opts: opts, lx: lx, known: lx.termsOf(), references: newReferences(references)}, nil
}

// Scan walks the inputs one after another and reports what is in them. When the context ends or a limit of the whole run trips, the report covers what was
// done until then and says so in Complete; the context's error is returned with it.
func (e *Engine) Scan(ctx context.Context, roots ...*extract.Root) (*Report, error) {
	r := &Report{
		Schema: Schema, Tool: e.opts.Tool, Wordlists: wordlistsOf(e.opts.Wordlists), Complete: true, Inputs: []Input{}, Findings: []Finding{},
		Counts: Counts{Containers: map[string]int{}},
	}
	var started time.Time
	if e.opts.Now != nil {
		started = e.opts.Now()
		r.Created = started.UTC().Format(time.RFC3339)
	}
	run := &run{report: r, budget: extract.NewBudget(e.opts.Limits), met: newRepeats(), tally: tally{}}
	var coverage extract.Coverage
	var failed error
	for i, root := range roots {
		if failed != nil {
			r.Inputs = append(r.Inputs, Input{Name: root.Name, Size: root.Size()})
			coverage.Add(notReached(root, failed))
			continue
		}
		cov, err := e.scanOne(ctx, i, root, run)
		coverage.Add(cov)
		failed = err
	}
	var limit *extract.LimitError
	if failed != nil {
		r.Complete = false
		r.Ended = failed.Error()
		if errors.As(failed, &limit) {
			failed = nil // a limit is a result: it stands in the coverage
		}
	}
	r.Families = families(r.Findings)
	r.Coverage = coverageOf(&coverage)
	if e.opts.Now != nil {
		r.Seconds = math.Round(e.opts.Now().Sub(started).Seconds()*1000) / 1000
	}
	return r, failed
}

// notReached is the coverage of an input behind the one at which the run ended.
func notReached(root *extract.Root, ended error) *extract.Coverage {
	reason := extract.ReasonInterrupted
	var limit *extract.LimitError
	if errors.As(ended, &limit) {
		reason = extract.ReasonLimit
	}
	return &extract.Coverage{
		Ledger: extract.Ledger{Size: root.Size(), Unopened: root.Size()},
		Items:  []extract.Item{{Path: root.Name, Size: root.Size(), Reason: reason, Detail: "the run ended before this input"}},
	}
}

// run is what the inputs of one scan share.
type run struct {
	report *Report
	budget *extract.Budget
	met    *repeats
	tally  tally
}

// scanOne adds an input to the report.
func (e *Engine) scanOne(ctx context.Context, index int, root *extract.Root, run *run) (*extract.Coverage, error) {
	r := run.report
	in := Input{Name: root.Name, Size: root.Size()}
	sum := make(chan string, 1)
	go func() { sum <- hashSource(ctx, root.Source()) }()
	props := map[string]string{}
	apps := newApps()
	opts := e.walkOptions(run.budget)
	opts.Content = func(ctx context.Context, a *extract.Artifact, container bool, c *extract.Content) (any, error) {
		l := newLeaf()
		var err error
		if container {
			apps.enter(ctx, a, c)
		} else {
			l, err = e.inspect(ctx, a, c, run.met)
		}
		e.searchName(ctx, a, c, l)
		return l, err
	}
	opts.Leave = func(a *extract.Artifact, result any) {
		r.Counts.Artifacts++
		apps.leave(a)
		if a.Opened {
			r.Counts.Containers[a.Format]++
		}
		l, ok := result.(*leaf)
		if !ok || l == nil {
			return
		}
		if run.tally.repeated(l.digest) {
			r.Counts.Repeated++
		}
		for k, v := range l.properties {
			if _, known := props[k]; !known {
				props[k] = v
			}
		}
		before := len(r.Findings)
		e.collect(r, a, l)
		if len(r.Findings) > before {
			apps.describe(a, r.Findings[before:])
		}
	}
	if e.opts.Progress != nil {
		opts.Progress = func(p extract.Progress) { e.opts.Progress(index, p) }
	}
	cov, err := extract.Walk(ctx, root, opts)
	in.SHA256 = <-sum
	if len(props) > 0 {
		in.Properties = maps.Clone(props)
	}
	r.Inputs = append(r.Inputs, in)
	return cov, err
}

// walkOptions are those of every walk that has to see the same artefacts.
func (e *Engine) walkOptions(budget *extract.Budget) extract.Options {
	o := e.opts
	return extract.Options{
		Formats: o.Formats, Joiners: o.Joiners, Opaque: true, Media: o.Media, Exclude: o.Exclude, Include: o.Include, Budget: budget, Workers: o.Workers,
		CheckHashes: o.CheckHashes,
	}
}

// inspect is a worker's part: search one artefact and look closer where something is found.
func (e *Engine) inspect(ctx context.Context, a *extract.Artifact, c *extract.Content, met *repeats) (*leaf, error) {
	l, err := e.lx.search(ctx, c, met)
	if err != nil {
		if ctx.Err() != nil {
			err = nil // accounted for by the walker
		}
		return l, err
	}
	if isPropertyFile(a.Name) && c.Size() <= maxProperties {
		if src, err := c.Source(ctx); err == nil {
			l.properties = parseProperties(readUpTo(src, maxProperties))
		}
	}
	e.recoverLists(ctx, a, c, l)
	return l, nil
}

// hashSource is the SHA-256 of a Source in hex, "" if it cannot be read to its end.
func hashSource(ctx context.Context, src extract.Source) string {
	if src == nil {
		return ""
	}
	h := sha256.New()
	if _, err := io.Copy(h, &contextReader{ctx, io.NewSectionReader(src, 0, src.Size())}); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

// contextReader stops reading when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// readUpTo reads the beginning of a Source as far as it can be read.
func readUpTo(src extract.Source, limit int64) []byte {
	buf := make([]byte, min(limit, src.Size()))
	n, _ := src.ReadAt(buf, 0)
	return buf[:n]
}

func coverageOf(c *extract.Coverage) Coverage {
	out := Coverage{Ledger: Ledger(c.Ledger), Items: []CoverageItem{}, Partitions: []PartitionCoverage{}}
	for _, it := range c.Items {
		out.Items = append(out.Items, CoverageItem{it.Path, it.Size, string(it.Reason), it.Detail, it.Entropy})
	}
	for _, p := range c.Partitions {
		out.Partitions = append(out.Partitions, PartitionCoverage{p.Path, Ledger(p.Ledger)})
	}
	return out
}
