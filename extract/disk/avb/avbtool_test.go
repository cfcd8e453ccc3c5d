package avb

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/censorscan/censorscan/extract"
)

// TestAvbtool makes images of sizes at which hash trees gain a block or a level, and has their hashes verified.
func TestAvbtool(t *testing.T) {
	tool, err := exec.LookPath("avbtool")
	if err != nil {
		t.Skipf("tools: %v", err)
	}
	const block = 4096
	for _, c := range []struct {
		algorithm string
		salt      string
		size      int
	}{
		{"sha256", "00", 100},
		{"sha256", "00", block},
		{"sha256", "", 2 * block},
		{"sha256", "aabb", 128 * block},
		{"sha256", "aabb", 128*block + 1},
		{"sha256", "aabb", 129 * block},
		{"sha1", "01", 300*block + 77},
		{"sha512", "01", 64*block + 1},
		{"sha512", "01", 64 * 65 * block},
	} {
		content := bytes.Repeat([]byte("what the partition holds, over and over\n"), c.size/40+1)[:c.size]
		for i := 0; i < len(content); i += block { // no two blocks alike
			copy(content[i:], fmt.Sprint(i))
		}
		for _, verb := range []string{"add_hashtree_footer", "add_hash_footer"} {
			path := filepath.Join(t.TempDir(), "a.img")
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
			room := c.size + c.size/32 + 300<<10
			args := []string{verb, "--image", path, "--partition_name", "p", "--partition_size", fmt.Sprint(room / block * block),
				"--hash_algorithm", c.algorithm, "--salt", c.salt}
			if verb == "add_hashtree_footer" {
				args = append(args, "--do_not_generate_fec")
			} else if c.algorithm == "sha1" || c.size > 1<<20 {
				continue // sha1 is not for whole images, and size makes no difference to their hash
			}
			if msg, err := exec.Command(tool, args...).CombinedOutput(); err != nil {
				t.Fatalf("avbtool %v: %v\n%s", args, err, msg)
			}
			image, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			l := list(t, extract.BytesSource(image))
			sum := sha256.Sum256(content)
			if f := l.Files["a.img"]; f.SHA256 != hex.EncodeToString(sum[:]) || len(l.Problems) > 0 {
				t.Errorf("%s, %s, %d bytes: %+v, problems %q", verb, c.algorithm, c.size, f, l.Problems)
			}
			if slack := unclaimed(l, image); len(slack) > 64 {
				t.Errorf("%s, %s, %d bytes: %d bytes are left", verb, c.algorithm, c.size, len(slack))
			}
		}
	}
}
