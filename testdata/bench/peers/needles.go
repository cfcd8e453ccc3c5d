package main

import (
	"fmt"
	"strings"

	"github.com/censorscan/censorscan/scan/match"
	"github.com/censorscan/censorscan/scan/text"
	"github.com/censorscan/censorscan/wordlists/variants"
)

// needleSet is what is searched: the terms for our core, and the same as byte forms for the others.
type needleSet struct {
	terms   []match.Term
	needles []text.Form
}

// Encodings of the comparison: the term as it is, and its Traditional form where it is another. Escapes of ASCII letters are left
// out: other matchers cannot take `4` and `6` of \u0041 and \u0061 for equal.
var (
	asItIs      = text.SetOf(text.UTF8, text.UTF16LE, text.UTF16BE, text.GB18030, text.UnicodeEscape, text.Percent)
	traditional = text.SetOf(text.UTF8, text.UTF16LE, text.Big5)
	latin       = text.SetOf(text.UTF8, text.UTF16LE, text.UTF16BE)
	mixed       = text.SetOf(text.UTF8, text.UTF16LE, text.UTF16BE, text.GB18030)
)

func newNeedleSet(terms []string) (*needleSet, error) {
	conv, err := variants.New()
	if err != nil {
		return nil, err
	}
	s := new(needleSet)
	seen := make(map[string]bool)
	add := func(term string, encodings text.Set) {
		t := match.Term{ID: int32(len(s.terms)), Text: term, Encodings: encodings}
		s.terms = append(s.terms, t)
		for _, e := range text.Encodings() {
			if !encodings.Has(e) {
				continue
			}
			for _, f := range e.Forms(term) {
				if key := string(f.Bytes) + string(f.Fold); !seen[key] {
					seen[key] = true
					s.needles = append(s.needles, f)
				}
			}
		}
	}
	for _, t := range terms {
		switch letters := strings.IndexFunc(t, isLetter) >= 0; {
		case letters && strings.IndexFunc(t, isWide) >= 0:
			add(t, mixed)
		case letters:
			add(t, latin)
			continue
		default:
			add(t, asItIs)
		}
		trad := t
		if vs := conv.Variants(t); len(vs) > 0 {
			trad = vs[0]
		}
		add(trad, traditional)
	}
	return s, nil
}

func isLetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }
func isWide(r rune) bool   { return r >= 0x80 }

func (s *needleSet) shortest() int {
	n := len(s.needles[0].Bytes)
	for _, f := range s.needles {
		n = min(n, len(f.Bytes))
	}
	return n
}

func (s *needleSet) longest() (n int) {
	for _, f := range s.needles {
		n = max(n, len(f.Bytes))
	}
	return n
}

// expression writes a needle as a regular expression: every byte escaped, the two cases of a letter as a class.
func expression(f text.Form) string {
	var b strings.Builder
	for i, c := range f.Bytes {
		if f.Fold[i] != 0 {
			fmt.Fprintf(&b, `[\x%02x\x%02x]`, c&^f.Fold[i], c)
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}
