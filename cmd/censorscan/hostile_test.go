package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/scan"
)

// TestHostileInput scans folders in which one file lies. Each lie is a coverage record that names the artefact, and the file beside it is searched.
func TestHostileInput(t *testing.T) {
	const note = "在纪念六四事件的集会上\n"
	tests := []struct {
		name   string
		files  map[string][]byte
		path   string // of the record, below the folder
		reason string
		detail string
	}{
		{"a transfer list that writes outside", map[string][]byte{
			"system.transfer.list": []byte("4\n3\n0\n0\nnew 6,0,2,9223372036854775800,9223372036854775807,2,3\n"),
			"system.new.dat":       bytes.Repeat([]byte("system data\n"), 3*4096/12),
		}, "system (problem of system.transfer.list)", "damaged", `block "9223372036854775800" is outside of any partition`},
		{"2^32 chunks", map[string][]byte{"system.img": patched(t, "sparse/image.simg.gz", func(b []byte) {
			binary.LittleEndian.PutUint32(b[20:], 1<<32-1)
		})}, "system.img", "damaged", "of 4294967295: the file ends at"},
		{"partitions that overlap", map[string][]byte{"super.img": patched(t, "super/v0.img.gz", overlap)}, "super.img", "damaged",
			`partitions "system" and "vendor" both hold sector 128`},
		{"a name of 4 GiB", map[string][]byte{"ramdisk.cpio": []byte("070701" + strings.Repeat("00000001", 1) + "000081a4" + strings.Repeat("00000001", 9) +
			"ffffffff" + "00000000" + "name" + strings.Repeat("\x00", 400))}, "ramdisk.cpio", "damaged", "a name of 4294967295 bytes"},
		{"a piece is missing", map[string][]byte{
			"rom.tar.001": patched(t, "split/rom.tar.001.gz", nil), "rom.tar.003": patched(t, "split/rom.tar.003.gz", nil),
		}, "rom.tar (missing piece)", "damaged", "piece 2 is missing"},
		{"a block of 2 GiB", map[string][]byte{"level.unity3d": patched(t, "unity/v6-stored.unity", func(b []byte) {
			binary.BigEndian.PutUint32(b[66:], 1<<31-1)
		})}, "level.unity3d!CAB-3f5c91d2", "damaged", "a stored block has 16384 bytes for 2147483647"},
		{"an encrypted backup", map[string][]byte{"notes.ab": patched(t, "ab/v4-encrypted.ab", nil)}, "notes.ab", "encrypted", "its key comes from a password"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "rom")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			tt.files["zz.txt"] = []byte(note)
			for name, data := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			check(t, dir, "rom!", tt.path, tt.reason, tt.detail)
			for name := range tt.files { // in a zip it is the same
				if strings.HasPrefix(name, "rom.tar") {
					return // pieces are joined in folders alone
				}
			}
			check(t, zipped(t, tt.files), "rom.zip!", tt.path, tt.reason, tt.detail)
		})
	}
}

// check scans a path and wants the record, and what stands in the file beside.
func check(t *testing.T, path, root, record string, reason, detail string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "report.json")
	if code, _, stderr := runWith(t, "scan", "-q", path, "-o", "json="+out, "--min-coverage", "0"); code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var r scan.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	c := r.Coverage
	if c.Searched+c.Structure+c.Unopened != c.Size {
		t.Errorf("coverage does not add up: %+v", c.Ledger)
	}
	if !slices.ContainsFunc(c.Items, func(it scan.CoverageItem) bool {
		return it.Path == root+record && it.Reason == reason && strings.Contains(it.Detail, detail)
	}) {
		t.Errorf("no record %s%s: %s: %s; there are %+v", root, record, reason, detail, c.Items)
	}
	if !slices.ContainsFunc(r.Findings, func(f scan.Finding) bool { return f.Path == root+"zz.txt" }) {
		t.Errorf("nothing is found in the file beside: %+v", r.Findings)
	}
}

// patched is a sample of testdata, without the gzip around it, changed by do.
func patched(t *testing.T, name string, do func([]byte)) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../testdata", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if data, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	if do != nil {
		do(data)
	}
	return data
}

// overlap moves the extent of the second partition in the first slot of super's metadata (liblp, metadata_format.h) to that of the first.
func overlap(b []byte) {
	le := binary.LittleEndian
	header := b[12288:]
	size, tables := le.Uint32(header[8:]), header[le.Uint32(header[8:]):][:le.Uint32(header[44:])]
	extents := tables[le.Uint32(header[92:]):]
	copy(extents[24+12:][:8], extents[12:])
	sum := sha256.Sum256(tables)
	copy(header[48:], sum[:])
	clear(header[12:][:32])
	sum = sha256.Sum256(header[:size])
	copy(header[12:], sum[:])
}

// zipped packs files.
func zipped(t *testing.T, files map[string][]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rom.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	for name, data := range files {
		m, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", path, err))
	}
	return path
}
