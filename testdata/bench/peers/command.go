package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"
)

// command runs a program for each scan. Its CPU time is that of the process less what it takes for a file of two bytes.
type command struct {
	name  string
	args  []string // the file follows
	files []string
	count func(output []byte) int64
	note  string
	start int64
}

func newCommand(c *command, work string) (peer, error) {
	small := filepath.Join(work, "small")
	if err := os.WriteFile(small, []byte(".."), 0o666); err != nil {
		return nil, err
	}
	var starts []int64
	for range 3 {
		ns, _, err := c.run(small)
		if err != nil {
			return nil, err
		}
		starts = append(starts, ns)
	}
	c.start = median(starts)
	c.note += fmt.Sprintf("; start-up of %.2f s taken off", float64(c.start)/1e9)
	return c, nil
}

func (c *command) about() string { return c.note }

func (c *command) scan(file int) (int64, int64, error) {
	ns, out, err := c.run(c.files[file])
	if err != nil {
		return 0, 0, err
	}
	return max(1, ns-c.start), c.count(out), nil
}

func (c *command) run(file string) (int64, []byte, error) {
	cmd := exec.Command(c.name, append(slices.Clone(c.args), file)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if cmd.ProcessState == nil || err != nil && cmd.ProcessState.ExitCode() != 1 { // ripgrep says 1 for no match
		return 0, nil, fmt.Errorf("%s: %w: %s", c.name, err, errs.Bytes())
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return usage.Utime.Nano() + usage.Stime.Nano(), out.Bytes(), nil
}

func (c *command) close() {}

// newRipgrep searches the needles that are UTF-8 and one line, which is all that -F takes, and their letters as they are.
func newRipgrep(set *needleSet, files []string, work string) (peer, error) {
	var b strings.Builder
	n := 0
	for _, f := range set.needles {
		if utf8.Valid(f.Bytes) && !bytes.ContainsAny(f.Bytes, "\x00\n\r") {
			b.Write(append(f.Bytes, '\n'))
			n++
		}
	}
	list := filepath.Join(work, "strings")
	if err := os.WriteFile(list, []byte(b.String()), 0o666); err != nil {
		return nil, err
	}
	return newCommand(&command{
		name: "rg", args: []string{"-j1", "-a", "-F", "--count-matches", "--no-filename", "-f", list}, files: files,
		count: func(out []byte) int64 {
			n, _ := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64) // no output for no match
			return n
		},
		note: fmt.Sprintf("%d of %d needles", n, len(set.needles)),
	}, work)
}

// yaraStrings is how many strings a rule gets; YARA takes at most 10,000.
const yaraStrings = 5000

func newYara(set *needleSet, files []string, work string) (peer, error) {
	var b strings.Builder
	for i, f := range set.needles {
		if i%yaraStrings == 0 {
			if i > 0 {
				b.WriteString("condition: any of them }\n")
			}
			fmt.Fprintf(&b, "rule r%d { strings:\n", i)
		}
		fmt.Fprintf(&b, "$n%d = {", i)
		for j, c := range f.Bytes {
			if f.Fold[j] != 0 {
				fmt.Fprintf(&b, "(%02x|%02x)", c&^f.Fold[j], c)
			} else {
				fmt.Fprintf(&b, " %02x", c)
			}
		}
		b.WriteString(" }\n")
	}
	b.WriteString("condition: any of them }\n")
	source, rules := filepath.Join(work, "rules.yar"), filepath.Join(work, "rules")
	if err := os.WriteFile(source, []byte(b.String()), 0o666); err != nil {
		return nil, err
	}
	if out, err := exec.Command("yarac", "-w", source, rules).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("yarac: %w: %s", err, out)
	}
	match := regexp.MustCompile(`(?m)^0x`)
	return newCommand(&command{
		name: "yara", args: []string{"-w", "-p", "1", "-s", "-C", rules}, files: files,
		count: func(out []byte) int64 { return int64(len(match.FindAllIndex(out, -1))) },
		note:  fmt.Sprintf("%d needles", len(set.needles)),
	}, work)
}
