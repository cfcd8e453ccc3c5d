package archivetest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// WriteTree writes n files of several sizes and kinds of content to dir and gives their names. It is the same tree each time.
func WriteTree(t testing.TB, dir string, n int) []string {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 11))
	var names []string
	write := func(name string, b []byte) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	for i := range n {
		b := make([]byte, r.IntN(1<<(i%16)))
		for j := range b {
			switch i % 3 {
			case 0: // noise
				b[j] = byte(r.Uint32())
			case 1: // text
				b[j] = "the quick brown fox\n"[r.IntN(20)]
			}
		}
		write(fmt.Sprintf("dir%d/file %d %s.txt", i%10, i, strings.Repeat("名", i%5)), b)
	}
	write("big.bin", make([]byte, 1<<20))
	return names
}

// Shell runs a script in dir with a variable set. The error names a tool that is not there.
func Shell(t testing.TB, dir, variable, script string) error {
	t.Helper()
	for _, tool := range []string{"zip", "7z", "zipalign", "aapt", "python3", "tar", "bsdtar"} {
		if _, err := exec.LookPath(tool); err != nil && strings.Contains(" "+script, " "+tool+" ") {
			return err
		}
	}
	c := exec.Command("sh", "-ec", script)
	c.Dir = dir
	c.Env = append(os.Environ(), variable)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return nil
}

// Python runs a python3 program and gives the lines it prints; it skips the test when there is no python3.
func Python(t testing.TB, program string, args ...string) []string {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip(err)
	}
	c := exec.Command("python3", append([]string{"-X", "utf8", "-c", program}, args...)...)
	var errs strings.Builder
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("python3: %v\n%s", err, errs.String())
	}
	if len(out) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}
