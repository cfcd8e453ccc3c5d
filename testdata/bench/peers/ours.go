package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/censorscan/censorscan/scan/match"
	"golang.org/x/sys/unix"
)

// ours is the match core, in this process.
type ours struct {
	core  *match.Core
	files [][]byte
	note  string
}

func newOurs(set *needleSet, files []string, engine match.Engine) (peer, error) {
	o := new(ours)
	runtime.LockOSThread() // the CPU time is that of the thread
	start := threadTime()
	core, err := match.Compile(set.terms, match.Options{Engine: engine})
	if err != nil {
		return nil, err
	}
	o.core, o.note = core, fmt.Sprintf("compiled in %.2f s (this thread), %.1f MiB", float64(threadTime()-start)/1e9, float64(core.Size())/(1<<20))
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		o.files = append(o.files, data)
	}
	debug.SetGCPercent(-1)
	return o, nil
}

func (o *ours) about() string { return o.note }

// scan counts a needle at a place once, however many terms it spells.
func (o *ours) scan(file int) (int64, int64, error) {
	var n int64
	last := match.Hit{Offset: -1}
	start := threadTime()
	o.core.Scan(o.files[file], 0, func(h match.Hit) {
		if h.Offset != last.Offset || h.Needle != last.Needle {
			n++
		}
		last = h
	})
	return threadTime() - start, n, nil
}

func (o *ours) close() {}

// threadTime returns the CPU time of this thread in nanoseconds.
func threadTime() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic(err) // Linux has this clock
	}
	return t.Nano()
}

func fileSize(name string) (int64, error) {
	st, err := os.Stat(name)
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}
