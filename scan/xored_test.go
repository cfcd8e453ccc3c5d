package scan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/censorscan/censorscan/scan"
)

// TestXORedLists plants a list every byte of which is XORed with one key: it is recovered whole, and the path names the key.
func TestXORedLists(t *testing.T) {
	e := newEngine(t, nil)
	for name, enc := range map[string]encoding.Encoding{"utf-8": encoding.Nop, "gb18030": simplifiedchinese.GBK, "utf-16le+bom": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)} {
		for _, text := range []string{strings.Join(planted, "\n") + "\n", strings.Join(slices.Repeat(planted, 300), "\r\n")} {
			for _, key := range []byte{0x01, 0x20, 0x5A, 0x80, 0xFF} {
				data, err := enc.NewEncoder().Bytes([]byte(text))
				if err != nil {
					t.Fatal(err)
				}
				for i := range data {
					data[i] ^= key
				}
				r := scanBytes(t, e, "rom.zip", zipOf(t, file{"assets/w.dat", data}))
				lists := ofKind(r, scan.KindList)
				if len(lists) != 1 {
					t.Errorf("%s, %d bytes, key 0x%02x: %d lists", name, len(data), key, len(lists))
					continue
				}
				f := lists[0]
				if want := fmt.Sprintf("rom.zip!assets/w.dat!w.dat (xor 0x%02x)", key); f.Path != want || f.List.Encoding != name {
					t.Errorf("%s in %s, want %s in %s", f.Path, f.List.Encoding, want, name)
				}
				if n := len(strings.Fields(text)); len(f.List.Entries) != n {
					t.Errorf("%s: %d entries, want %d", f.Path, len(f.List.Entries), n)
				}
				if c := r.Coverage; c.Unopened != 0 || c.Searched+c.Structure != c.Size {
					t.Errorf("%s: coverage %+v", f.Path, c.Ledger)
				}
			}
		}
	}
}
