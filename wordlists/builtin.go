package wordlists

import (
	"bytes"
	"embed"
	"fmt"
)

//go:embed *.tsv
var files embed.FS

// builtinFiles are the embedded lists, the most telling first: reports name lists in this order.
func builtinFiles() []string {
	return []string{"ncsc-2021.tsv", "political.tsv", "context.tsv", "loaders.tsv", "endpoints.tsv"}
}

// Builtin returns the embedded lists, freshly parsed, always in the same order. An error means a broken build.
func Builtin() ([]*List, error) {
	var lists []*List
	for _, name := range builtinFiles() {
		raw, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("embedded wordlist: %w", err)
		}
		l, err := Parse(name, bytes.NewReader(raw))
		if err != nil {
			return nil, fmt.Errorf("embedded wordlist: %w", err)
		}
		lists = append(lists, l)
	}
	return lists, nil
}
