package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/cheggaaa/pb/v3"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/render"
)

// console is what a command says besides its result.
type console struct {
	quiet    bool
	logLevel string
}

func (c *console) addFlags(f *pflag.FlagSet) {
	f.BoolVarP(&c.quiet, "quiet", "q", false, "print nothing but errors")
	f.StringVar(&c.logLevel, "log-level", "warn", "messages on standard error: debug, info, warn, error")
}

func (c *console) logger(stderr io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.logLevel)); err != nil {
		return nil, usageError{fmt.Errorf("--log-level takes debug, info, warn or error, not %q", c.logLevel)}
	}
	if c.quiet {
		level = max(level, slog.LevelError)
	}
	drop := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	return slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level, ReplaceAttr: drop})), nil
}

// table says how a view for people looks on w.
func (c *console) table(w io.Writer) render.TableOptions {
	return render.TableOptions{Color: c.color(w), Width: terminalWidth(w)}
}

// say tells what was done, unless nothing is to be said.
func (c *console) say(stderr io.Writer, format string, args ...any) {
	if !c.quiet {
		fmt.Fprintf(stderr, "censorscan: "+format+"\n", args...)
	}
}

// logItems tells what was not opened.
func logItems(log *slog.Logger, level slog.Level, items []extract.Item) {
	for _, it := range items {
		log.Log(context.Background(), level, "not opened", "path", it.Path, "bytes", it.Size, "reason", it.Reason, "detail", it.Detail)
	}
}

// color says whether w is a terminal that may be coloured (https://no-color.org).
func (c *console) color(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalWidth is the width of a terminal in columns, 0 for anything else.
func terminalWidth(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// progressTemplate: share and bytes done, rate, time left, current artefact.
const progressTemplate = `{{percent .}} {{counters .}} {{bar . "[" "=" ">" " " "]"}} {{speed .}} {{rtime . "%s left"}} {{string . "path"}}`

// progress shows how far a scan has come, on a terminal only.
type progress struct {
	bar    *pb.ProgressBar
	before []int64 // bytes of the inputs before each
	shown  time.Time
}

func (c *console) progress(stderr io.Writer, roots []*extract.Root) *progress {
	p := &progress{}
	var total int64
	for _, r := range roots {
		p.before = append(p.before, total)
		total += r.Size()
	}
	if c.quiet || !isTerminal(stderr) {
		return p
	}
	p.bar = pb.New64(total).SetTemplateString(progressTemplate).Set(pb.Bytes, true).SetRefreshRate(200 * time.Millisecond)
	p.bar.SetWriter(stderr).Set(pb.CleanOnFinish, true).Set("path", "").Start()
	return p
}

// update is called by one goroutine after every artefact.
func (p *progress) update(input int, at extract.Progress) {
	if p.bar == nil || time.Since(p.shown) < 100*time.Millisecond {
		return
	}
	p.shown = time.Now()
	const width = 48
	path := []rune(at.Path)
	if len(path) > width {
		path = append([]rune("…"), path[len(path)-width+1:]...)
	}
	p.bar.Set("path", string(path)).SetCurrent(p.before[input] + at.Done)
}

func (p *progress) finish() {
	if p.bar != nil {
		p.bar.Finish()
	}
}

// status is where closing words go: standard error, unless the user wants it quiet.
func (c *console) status(stderr io.Writer) io.Writer {
	if c.quiet {
		return io.Discard
	}
	return stderr
}

// counter shows how many of a number of things are done, on a terminal only.
type counter struct {
	console *console
	stderr  io.Writer
	bar     *pb.ProgressBar
}

func (c *console) counter(stderr io.Writer) *counter { return &counter{console: c, stderr: stderr} }

func (c *counter) update(done, all int) {
	if c.bar == nil && !c.console.quiet && isTerminal(c.stderr) {
		c.bar = pb.New(all).SetWriter(c.stderr).Set(pb.CleanOnFinish, true).Start()
	}
	if c.bar != nil {
		c.bar.SetCurrent(int64(done))
	}
}

func (c *counter) finish() {
	if c.bar != nil {
		c.bar.Finish()
	}
}
