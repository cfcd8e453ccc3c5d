//go:build !race

package recover

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// TestDevEncodings measures detection on the development lists written in other encodings. What an encoding cannot write is left out of a file.
func TestDevEncodings(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	known := builtinTerms(t)
	for _, e := range []struct {
		name string
		enc  encoding.Encoding
	}{
		{"gbk", simplifiedchinese.GBK},
		{"utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
		{"utf-16be without a mark", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
	} {
		for kind, want := range map[string]struct{ least, most int }{"positive": {208, 212}, "negative": {0, 2}, "negative_rom": {0, 0}} { // 98 % of 212; 0.5 % of 405 and 138
			found := 0
			samples := devSamples(t, kind)
			for _, s := range samples {
				raw, err := os.ReadFile(filepath.Join(samplesDir, "lists-dev", kind, s.File))
				if err != nil {
					t.Fatal(err)
				}
				if !utf8.Valid(raw) {
					found += min(1, len(blocklists(recoverBytes(t, raw, s.File, known)))) // in an encoding of its own already
					continue
				}
				var b strings.Builder
				for _, r := range strings.TrimPrefix(string(raw), "\ufeff") {
					if _, err := e.enc.NewEncoder().String(string(r)); err == nil {
						b.WriteRune(r)
					}
				}
				written, err := e.enc.NewEncoder().String(b.String())
				if err != nil {
					t.Fatal(err)
				}
				if len(blocklists(recoverBytes(t, []byte(written), s.File, known))) > 0 {
					found++
				} else if kind == "positive" {
					t.Logf("%s: missed %s", e.name, s.File)
				}
			}
			t.Logf("%s: %s: %d of %d", e.name, kind, found, len(samples))
			if found < want.least || found > want.most {
				t.Errorf("%s: %s: %d files with a blocklist, want %d to %d", e.name, kind, found, want.least, want.most)
			}
		}
	}
}
