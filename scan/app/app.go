// Package app tells which app an APK is: its package, version, label and who signed it.
package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zip"
)

// App is what an APK says of itself. Nothing of it is checked: an APK can claim any package, and its signature is read, not verified.
type App struct {
	Package     string   `json:"package"`
	Label       string   `json:"label,omitempty"`
	VersionName string   `json:"version_name,omitempty"`
	VersionCode int64    `json:"version_code,omitempty"`
	Signers     []Signer `json:"signers,omitempty"`
}

// Signer is a certificate of the APK's signature.
type Signer struct {
	Scheme  string `json:"scheme"` // "v1", "v2", "v3" or "v3.1"
	SHA256  string `json:"sha256"` // of the certificate
	Subject string `json:"subject,omitempty"`
}

// Limits of what is read, in bytes.
const (
	maxManifest  = 4 << 20
	maxResources = 64 << 20
	maxSignature = 4 << 20
)

// ErrNone is returned for what is no APK: it has no AndroidManifest.xml.
var ErrNone = errors.New("no APK")

// Read reads an APK of size bytes. It returns ErrNone for any other zip; an error otherwise says that the manifest cannot be read.
func Read(r io.ReaderAt, size int64) (*App, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	files := map[string]*zip.File{}
	var blocks []*zip.File
	for _, f := range z.File {
		if _, ok := files[f.Name]; !ok {
			files[f.Name] = f
		}
		if isSignatureBlock(f.Name) {
			blocks = append(blocks, f)
		}
	}
	raw, err := readFile(files["AndroidManifest.xml"], maxManifest)
	if err != nil {
		return nil, err
	}
	m, err := readManifest(raw)
	if err != nil {
		return nil, fmt.Errorf("AndroidManifest.xml: %w", err)
	}
	a := &App{Package: m.pkg, VersionName: m.versionName.text, VersionCode: m.versionCode, Label: m.label.text}
	if m.label.ref != 0 || m.versionName.ref != 0 {
		if raw, err := readFile(files["resources.arsc"], maxResources); err == nil {
			found := lookUp(raw, m.label.ref, m.versionName.ref)
			if s := found[m.label.ref]; m.label.ref != 0 {
				a.Label = s
			}
			if s := found[m.versionName.ref]; m.versionName.ref != 0 {
				a.VersionName = s
			}
		}
	}
	a.Signers = signers(r, size, blocks)
	return a, nil
}

// maxCode bounds a DEX file in bytes.
const maxCode = 128 << 20

// Code reads the DEX files of an APK of size bytes in the order of the zip, as long as f returns true. One that cannot be read is passed over: the scan names it.
func Code(r io.ReaderAt, size int64, f func(name string, dex []byte) bool) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return
	}
	for _, file := range z.File {
		if !strings.HasSuffix(file.Name, ".dex") {
			continue
		}
		if raw, err := readFile(file, maxCode); err == nil && !f(file.Name, raw) {
			return
		}
	}
}

func readFile(f *zip.File, limit int64) ([]byte, error) {
	if f == nil {
		return nil, ErrNone
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	defer r.Close()
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(r, limit+1))
	if n > limit {
		err = fmt.Errorf("more than %d bytes", limit)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return b.Bytes(), nil
}
