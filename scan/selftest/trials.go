package selftest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	encodings "github.com/censorscan/censorscan/scan/text"

	"github.com/censorscan/censorscan/scan/recover"
)

// Origins of an image.
const (
	built  = "built"
	sample = "sample"
)

// plain is the format of bytes in no container.
const plain = "plain"

// trial is a case before it is run.
type trial struct {
	format, variant, origin, shape, layout, encoding, expect string
	name                                                     string // of the input
	via                                                      string // as in packing
	words, known                                             []string
	planted, clean                                           func() ([]byte, error)
}

// trials are all cases: every format that is built here with every layout in every encoding, then the samples.
func trials() ([]trial, error) {
	var all []trial
	vocabularies := map[string]vocabulary{}
	for _, c := range packings() {
		for _, l := range layouts() {
			if !slices.Contains(recover.Shapes(), l.shape) {
				continue
			}
			for _, w := range writings() {
				expect, ok := expectation(l, w)
				if !ok || c.format == xor && !statistical(l, w) {
					continue
				}
				v, ok := vocabularies[w.words]
				if !ok {
					var err error
					if v, err = readVocabulary(w.words); err != nil {
						return nil, err
					}
					vocabularies[w.words] = v
				}
				name := w.encoding
				if w.variant != "" {
					name += ", " + w.variant
				}
				shape := l.shape
				if w.escape != nil && l.name == plainLines {
					shape = "escaped"
				}
				pack := func(words []string) func() ([]byte, error) {
					return func() ([]byte, error) {
						raw, err := text(l, w, words)
						if err != nil {
							return nil, err
						}
						return c.pack(raw)
					}
				}
				all = append(all, trial{
					format: c.format, variant: c.variant, origin: built, shape: shape, layout: l.name, encoding: name, expect: expect,
					name: c.name, via: c.via, words: v.planted, known: v.known, planted: pack(v.planted), clean: pack(v.clean),
				})
			}
		}
	}
	v, err := readVocabulary("words")
	if err != nil {
		return nil, err
	}
	for _, s := range takenSamples() {
		all = append(all, trial{
			format: s.format, variant: s.tool, origin: sample, shape: s.shape, layout: s.layout, encoding: "utf-8", expect: ExpectList,
			name: s.name, via: s.via, words: v.planted, known: v.known,
			planted: func() ([]byte, error) { return readSample(s.file + ".gz") },
			clean:   func() ([]byte, error) { return readSample(s.file + "-clean.gz") },
		})
	}
	return all, nil
}

// expectation says what has to be found of a list in a layout and an encoding; false if nobody writes it so, or the program does not claim the encoding.
func expectation(l layout, w writing) (string, bool) {
	if _, err := encodings.ParseEncoding(w.encoding); err != nil {
		return "", false
	}
	switch {
	case w.escape == nil && rare(w.encoding):
		return ExpectTerms, l.name == plainLines
	case w.escape == nil:
		return ExpectList, true
	case slices.Contains(w.lists, l.name):
		return ExpectList, true
	}
	return ExpectTerms, l.name == plainLines
}

// xor is the format that is found by statistics of its bytes alone.
const xor = "xor"

// statistical tells of texts that those statistics know even when they are as short as here: not mostly ASCII, unless it is prose.
func statistical(l layout, w writing) bool {
	return w.escape == nil && w.encoding != "gb2312-7bit" && l.armour == nil && !(l.name == "json objects" && (w.encoding == "gb18030" || w.encoding == "big5"))
}

// rare tells of encodings in which lists are not recovered whole, but terms are found.
func rare(encoding string) bool {
	return slices.Contains([]string{"utf-32le", "utf-32be", "gb2312-7bit"}, encoding)
}

// notCovered lists what the program claims and no trial proves.
func notCovered(o Options, trials []trial) []NotCovered {
	has := func(fits func(trial) bool) bool { return slices.ContainsFunc(trials, fits) }
	out := []NotCovered{}
	add := func(kind, name, reason string) { out = append(out, NotCovered{kind, name, reason}) }
	for _, f := range o.Formats {
		switch {
		case f.Group == "":
			add("format", f.Name, "known by sight and named in the coverage, not opened")
		case !has(func(t trial) bool { return t.format == f.Name }):
			add("format", f.Name, noCase)
		}
	}
	if has(func(t trial) bool { return t.format == xor }) {
		add("combination", xor, "short lists in escapes, in seven bits, in Base64, or among much ASCII are not tried under a key: byte statistics do not know them")
	}
	for _, j := range o.Joiners {
		if !has(func(t trial) bool { return t.format == j.Name }) {
			add("format", j.Name, noCase)
		}
	}
	for _, s := range recover.Shapes() {
		if !has(func(t trial) bool { return t.shape == s && t.expect == ExpectList }) {
			add("shape", s, noCase)
		}
	}
	for _, e := range encodings.Encodings() {
		if !has(func(t trial) bool { name, _, _ := strings.Cut(t.encoding, ", "); return name == e.String() }) {
			add("encoding", e.String(), noCase)
		}
	}
	return out
}

const noCase = "selftest has no writer and no sample for it"

// readSample gives a sample of another tool, which is kept gzipped.
func readSample(name string) ([]byte, error) {
	packed, err := samples.ReadFile("samples/" + name)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("sample %s: %w", name, err)
	}
	return io.ReadAll(z)
}

func sha256Hex(p []byte) string {
	sum := sha256.Sum256(p)
	return hex.EncodeToString(sum[:])
}
