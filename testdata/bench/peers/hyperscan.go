package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed hyperscan/scan.c
var hyperscanSource []byte

// hyperscan runs hyperscan.c as a process that waits for orders.
type hyperscan struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	note string
}

func newHyperscan(set *needleSet, files []string, work string) (peer, error) {
	source, program, needles := filepath.Join(work, "hyperscan.c"), filepath.Join(work, "hyperscan"), filepath.Join(work, "expressions")
	var b strings.Builder
	for _, f := range set.needles {
		b.WriteString(expression(f) + "\n")
	}
	if err := os.WriteFile(needles, []byte(b.String()), 0o666); err != nil {
		return nil, err
	}
	if err := os.WriteFile(source, hyperscanSource, 0o666); err != nil {
		return nil, err
	}
	if out, err := exec.Command("cc", "-O2", "-o", program, source, "-lhs").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s (libhyperscan-dev and a C compiler are needed)", err, out)
	}
	h := &hyperscan{cmd: exec.Command(program, append([]string{needles}, files...)...)}
	h.cmd.Stderr = os.Stderr
	in, err := h.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	h.in, h.out = in, bufio.NewReader(out)
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	var seconds, size float64
	if _, err := fmt.Fscanf(h.out, "ready %f %f\n", &seconds, &size); err != nil {
		return nil, err
	}
	h.note = fmt.Sprintf("compiled in %.2f s, %.1f MiB", seconds, size/(1<<20))
	return h, nil
}

func (h *hyperscan) about() string { return h.note }

func (h *hyperscan) scan(file int) (int64, int64, error) {
	if _, err := fmt.Fprintln(h.in, file); err != nil {
		return 0, 0, err
	}
	var ns, n int64
	_, err := fmt.Fscanf(h.out, "%d %d\n", &ns, &n)
	return ns, n, err
}

func (h *hyperscan) close() {
	h.in.Close()
	h.cmd.Wait()
}
