// Command sbom writes a software bill of materials (SPDX 2.3, JSON) of Go programs, from what the linker put in them, and checks what a release promises: that a
// program for Linux is linked statically.
//
//	sbom VERSION TIME FILE...
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(args []string, w io.Writer) error {
	if len(args) < 3 {
		return errors.New("usage: sbom VERSION TIME FILE")
	}
	doc, err := document(args[0], args[1], args[2:])
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(doc)
}

// The parts of an SPDX 2.3 document that are used here: https://spdx.github.io/spdx-spec/v2.3/
type (
	spdx struct {
		Version       string         `json:"spdxVersion"`
		License       string         `json:"dataLicense"`
		ID            string         `json:"SPDXID"`
		Name          string         `json:"name"`
		Namespace     string         `json:"documentNamespace"`
		Creation      creation       `json:"creationInfo"`
		Packages      []pkg          `json:"packages"`
		Relationships []relationship `json:"relationships"`
	}
	creation struct {
		Created  string   `json:"created"`
		Creators []string `json:"creators"`
	}
	pkg struct {
		ID        string     `json:"SPDXID"`
		Name      string     `json:"name"`
		Version   string     `json:"versionInfo"`
		Location  string     `json:"downloadLocation"`
		Analyzed  bool       `json:"filesAnalyzed"`
		Concluded string     `json:"licenseConcluded"`
		Declared  string     `json:"licenseDeclared"`
		Copyright string     `json:"copyrightText"`
		Checksums []checksum `json:"checksums,omitempty"`
		Refs      []ref      `json:"externalRefs,omitempty"`
	}
	checksum struct {
		Algorithm string `json:"algorithm"`
		Value     string `json:"checksumValue"`
	}
	ref struct {
		Category string `json:"referenceCategory"`
		Type     string `json:"referenceType"`
		Locator  string `json:"referenceLocator"`
	}
	relationship struct {
		From string `json:"spdxElementId"`
		Type string `json:"relationshipType"`
		To   string `json:"relatedSpdxElement"`
	}
)

var noID = regexp.MustCompile(`[^A-Za-z0-9.-]+`)

func id(parts ...string) string {
	return "SPDXRef-" + noID.ReplaceAllString(strings.Join(parts, "-"), "-")
}

// document describes programs and the modules that they are made of.
func document(version, created string, files []string) (*spdx, error) {
	doc := &spdx{
		Version: "SPDX-2.3", License: "CC0-1.0", ID: "SPDXRef-DOCUMENT", Name: "censorscan " + version,
		Creation: creation{created, []string{"Tool: censorscan .ci/sbom"}},
	}
	all := sha256.New()
	seen := map[string]bool{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		info, err := buildinfo.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if err := static(file); err != nil {
			return nil, err
		}
		sum := sha256.Sum256(raw)
		all.Write(sum[:])
		program := id("program", filepath.Base(file))
		doc.Packages = append(doc.Packages, pkg{
			ID: program, Name: filepath.Base(file), Version: version, Location: "NOASSERTION", Concluded: "NOASSERTION", Declared: "Apache-2.0", Copyright: "NOASSERTION",
			Checksums: []checksum{{"SHA256", hex.EncodeToString(sum[:])}},
		})
		doc.Relationships = append(doc.Relationships, relationship{doc.ID, "DESCRIBES", program})
		modules := append([]module{{"stdlib", strings.TrimPrefix(info.GoVersion, "go")}}, modulesOf(info)...)
		for _, m := range modules {
			name := id("module", m.path, m.version)
			doc.Relationships = append(doc.Relationships, relationship{program, "STATIC_LINK", name})
			if seen[name] {
				continue
			}
			seen[name] = true
			p := pkg{
				ID: name, Name: m.path, Version: m.version, Location: "NOASSERTION", Concluded: "NOASSERTION", Declared: "NOASSERTION", Copyright: "NOASSERTION",
				Refs: []ref{{"PACKAGE-MANAGER", "purl", "pkg:golang/" + m.path + "@" + m.version}},
			}
			if m.path != "stdlib" {
				p.Location = "https://proxy.golang.org/" + m.path + "/@v/" + m.version + ".zip"
			}
			doc.Packages = append(doc.Packages, p)
		}
	}
	doc.Namespace = "https://github.com/censorscan/censorscan/spdx/" + hex.EncodeToString(all.Sum(nil))
	return doc, nil
}

type module struct{ path, version string }

// modulesOf are the modules that were linked, replaced ones as what they were replaced by.
func modulesOf(info *buildinfo.BuildInfo) []module {
	var out []module
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		out = append(out, module{m.Path, m.Version})
	}
	return out
}

// static is an error for an ELF file that needs a loader or libraries.
func static(file string) error {
	f, err := elf.Open(file)
	if err != nil {
		return nil // not for Linux
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("%s is not static: it asks for a loader", file)
		}
	}
	if libs, _ := f.ImportedLibraries(); len(libs) > 0 {
		return fmt.Errorf("%s is not static: it needs %s", file, strings.Join(libs, ", "))
	}
	return nil
}
