package scan_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/scan"
)

// TestListsInBase64 plants a list that was compressed, or XORed, or made Base64, and then made Base64: it is recovered whole.
func TestListsInBase64(t *testing.T) {
	e := newEngine(t, nil)
	text := []byte(strings.Join(slices.Repeat(planted, 20), "\n") + "\n")
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	xored := bytes.Clone(text)
	for i := range xored {
		xored[i] ^= 0x5A
	}
	std := base64.StdEncoding
	for name, data := range map[string][]byte{"gzip": packed.Bytes(), "xor": xored, "base64": []byte(std.EncodeToString(text)), "zip": zipOf(t, file{"w.txt", text})} {
		r := scanBytes(t, e, "rom.zip", zipOf(t, file{"assets/w.dat", []byte(std.EncodeToString(data) + "\n")}))
		lists := ofKind(r, scan.KindList)
		if len(lists) != 1 || len(lists[0].List.Entries) != 20*len(planted) || !strings.HasPrefix(lists[0].Path, "rom.zip!assets/w.dat!w.dat (base64)") {
			t.Errorf("Base64 of %s: %+v", name, lists)
		}
		if c := r.Coverage; c.Unopened != 0 || c.Searched+c.Structure != c.Size {
			t.Errorf("Base64 of %s: coverage %+v", name, c.Ledger)
		}
	}
}
