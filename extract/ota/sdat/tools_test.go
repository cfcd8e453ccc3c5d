package sdat

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/censorscan/censorscan/extract"
)

// TestTools has mke2fs and make.py write an OTA of 2 MiB, compresses its data with the brotli tool in several ways, cuts them at odd places, and
// compares the partition with the image.
func TestTools(t *testing.T) {
	for _, tool := range []string{"python3", "mke2fs", "brotli"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	dir := t.TempDir()
	run := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	run("python3", filepath.Join(testdata, "make.py"), "--big", "2", dir)
	file := func(name string) []byte { return readFile(t, filepath.Join(dir, name)) }
	want, data := sha256.Sum256(file("system.img")), file("system.new.dat")
	list := mem("system.transfer.list", file("system.transfer.list"), true)
	packed := map[string][]byte{}
	for _, options := range [][]string{{"-q", "1"}, {"-q", "6"}, {"-q", "5", "-w", "24"}, {"-q", "3", "-w", "10"}} {
		run("brotli", append(options, "-f", "-o", filepath.Join(dir, "out.br"), filepath.Join(dir, "system.new.dat"))...)
		packed[options[len(options)-1]+options[1]] = file("out.br")
	}
	check := func(what string, members ...*extract.Member) {
		t.Helper()
		got := join1(t, append(members, list)...)
		if len(got) != 1 {
			t.Fatalf("%s: %d sets", what, len(got))
		}
		src, err := got[0].Member.Open(context.Background())
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		defer src.(io.Closer).Close()
		h := sha256.New()
		if _, err := io.Copy(h, io.NewSectionReader(src, 0, src.Size())); err != nil || !bytes.Equal(h.Sum(nil), want[:]) {
			t.Errorf("%s: other bytes than the image, %v", what, err)
		}
	}
	// parts cuts b at random places; some of the parts are streams.
	r := rand.New(rand.NewPCG(1, 2))
	parts := func(name string, b []byte) (out []*extract.Member) {
		for i := 0; len(b) > 0; i++ {
			n := min(len(b), 1+r.IntN(len(b)))
			out = append(out, mem(name+"."+string(rune('0'+i%10)), b[:n], r.IntN(2) == 0))
			if b = b[n:]; i == 8 {
				return append(out, mem(name+".9", b, false))
			}
		}
		return out
	}
	check("plain", mem("system.new.dat", data, false))
	check("deflated", mem("system.new.dat", data, true))
	check("parts", parts("system.new.dat", data)...)
	for options, b := range packed {
		check("brotli "+options, mem("system.new.dat.br", b, options == "q6"))
		check("brotli parts "+options, parts("system.new.dat.br", b)...)
	}
	if _, err := os.Stat(filepath.Join(dir, "system.patch.dat")); err != nil {
		t.Error(err)
	}
}
