package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"
)

// makeAsset (asset NAME TEXT) writes a Unity serialized file of 2.5 MiB as it lies in an APK, in pieces of 1 MiB. The text lies across the end of the first, as
// a string of an object does: its length, its bytes, zeros up to the next fourth byte.
func makeAsset(ts *testscript.TestScript, neg bool, args []string) {
	const piece = 1 << 20
	text := ts.ReadFile(args[1])
	b := make([]byte, 5*piece/2)
	binary.BigEndian.PutUint32(b[8:], 22)
	binary.BigEndian.PutUint64(b[24:], uint64(len(b)))
	copy(b[48:], "2021.3.16f1")
	at := (piece - len(text)/2) &^ 3
	binary.LittleEndian.PutUint32(b[at:], uint32(len(text)))
	copy(b[at+4:], text)
	for i := 0; len(b) > 0; i++ {
		n := min(piece, len(b))
		ts.Check(os.WriteFile(ts.MkAbs(fmt.Sprintf("%s.split%d", args[0], i)), b[:n], 0o644))
		b = b[n:]
	}
}

// packZip (zipped FILE FOLDER) packs a folder, the last name first.
func packZip(ts *testscript.TestScript, neg bool, args []string) {
	dir := os.DirFS(ts.MkAbs(args[1]))
	var names []string
	ts.Check(fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			names = append(names, path)
		}
		return err
	}))
	slices.Reverse(names)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range names {
		b, err := fs.ReadFile(dir, name)
		ts.Check(err)
		m, err := w.Create(name)
		ts.Check(err)
		_, err = m.Write(b)
		ts.Check(err)
	}
	ts.Check(w.Close())
	ts.Check(os.WriteFile(ts.MkAbs(filepath.FromSlash(args[0])), out.Bytes(), 0o644))
}
