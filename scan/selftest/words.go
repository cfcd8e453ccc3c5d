package selftest

import (
	"embed"
	"strings"
)

//go:embed samples
var samples embed.FS

// vocabulary is what is planted: a list of known terms among unknown ones with one entry twice, and as many harmless words.
type vocabulary struct {
	planted, clean []string
	known          []string // of the planted ones those that stand in a wordlist
}

// readVocabulary reads NAME.txt, NAME-known.txt and NAME-clean.txt of the samples.
func readVocabulary(name string) (vocabulary, error) {
	var v vocabulary
	planted, err := sampleLines(name + ".txt")
	if err != nil {
		return v, err
	}
	v.planted = planted
	if v.known, err = sampleLines(name + "-known.txt"); err != nil {
		return v, err
	}
	v.clean, err = sampleLines(name + "-clean.txt")
	return v, err
}

func sampleLines(name string) ([]string, error) {
	raw, err := samples.ReadFile("samples/" + name)
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n"), nil
}
