package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/formats"
	"github.com/censorscan/censorscan/extract/media"
	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/wordlists"
)

// searchOptions say what is searched for, and where: the flags that all commands share that scan.
type searchOptions struct {
	limits      extract.Limits
	workers     int
	checkHashes bool
	only        []string
	wordlists   []string
	short       bool
	all         bool
	minScore    float64
	include     []string
	exclude     []string
	console     console
}

func (o *searchOptions) addFlags(f *pflag.FlagSet) {
	f.StringArrayVar(&o.only, "only", nil, "search for this wordlist only (`NAME`); repeatable")
	f.StringArrayVar(&o.wordlists, "wordlist", nil, "search for the terms of `FILE` too (see censorscan wordlist import); repeatable")
	f.BoolVar(&o.short, "short", false, "allow terms of one character in wordlists (not letters of an alphabet): they find much")
	f.StringArrayVar(&o.include, "include", nil, "search only artefacts that match `GLOB` (containers are opened all the same); repeatable")
	f.StringArrayVar(&o.exclude, "exclude", nil, "neither open nor search what matches `GLOB`, or format=NAME; repeatable")
	f.BoolVar(&o.checkHashes, "check-hashes", false, "check the hashes and checksums that containers carry")
	f.BoolVar(&o.all, "all", false, "report word collections that are no blocklists too")
	f.Float64Var(&o.minScore, "min-score", scan.DefaultMinScore, "call a list a blocklist from this score on (0 to 1)")
	f.IntVar(&o.workers, "workers", 0, "artefacts read at once (0: one per core)")
	addLimitFlags(f, &o.limits)
	o.console.addFlags(f)
}

// check finds faults of the command line.
func (o *searchOptions) check() error {
	if !(o.minScore > 0 && o.minScore <= 1) {
		return usageError{fmt.Errorf("--min-score takes a number above 0 and up to 1")}
	}
	return checkLimits(o.limits)
}

// search is an engine and the inputs that it is to search.
type search struct {
	engine *scan.Engine
	lists  []*wordlists.List
	roots  []*extract.Root
	close  func() // the inputs
	finish func() // the progress
}

// open compiles the wordlists and opens the inputs. now may be nil, which leaves time stamps out.
func (o *searchOptions) open(ctx context.Context, lists []*wordlists.List, roms []string, now func() time.Time, stdin io.Reader, stderr io.Writer) (*search, error) {
	include, exclude, err := compileFilters(o.include, o.exclude)
	if err != nil {
		return nil, usageError{err}
	}
	limitMemory(o.limits)
	roots, closeInputs, err := openInputs(ctx, roms, stdin, extract.NewBudget(o.limits))
	if err != nil {
		return nil, err
	}
	progress := o.console.progress(stderr, roots)
	engine, err := scan.New(scan.Options{
		Wordlists: lists, Formats: formats.All(), Joiners: formats.Joiners(), Media: media.All(), Limits: o.limits, Workers: o.workers, CheckHashes: o.checkHashes,
		All: o.all, MinScore: o.minScore, Include: include, Exclude: exclude, Tool: toolInfo(), Now: now, Progress: progress.update,
	})
	if err != nil {
		closeInputs()
		return nil, err
	}
	return &search{engine, lists, roots, closeInputs, progress.finish}, nil
}

// scan is what the commands do that make a report of ROMs. The report is there even if the run ended early, with an error.
func (o *searchOptions) scan(ctx context.Context, roms []string, stdin io.Reader, stderr io.Writer) (*scan.Report, error) {
	log, err := o.console.logger(stderr)
	if err != nil {
		return nil, err
	}
	lists, err := o.chooseWordlists(o.only, log)
	if err != nil {
		return nil, err
	}
	s, err := o.open(ctx, lists, roms, time.Now, stdin, stderr)
	if err != nil {
		return nil, err
	}
	defer s.close()
	log.Debug("wordlists compiled", "lists", len(lists))
	report, err := s.engine.Scan(ctx, s.roots...)
	s.finish()
	for _, it := range report.Coverage.Items {
		log.Info("not opened", "path", it.Path, "bytes", it.Size, "reason", it.Reason, "detail", it.Detail)
	}
	return report, err
}
