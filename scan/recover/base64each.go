package recover

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/censorscan/censorscan/scan/text"
)

// HoldsBase64 reports whether in the beginning of a file there is a long string of Base64 that stands for text. A list within is hidden from a search for its
// terms, so such a file is worth a Recover without hits.
func HoldsBase64(head []byte) bool {
	const long, look = 64, 256
	for i := 0; i < len(head); {
		n := 0
		for i+n < len(head) && strings.IndexByte(base64Letters, head[i+n]) >= 0 {
			n++
		}
		if n >= long {
			part := strings.TrimRight(string(head[i:i+min(n, look)]), "=")
			part = part[:len(part)&^3]
			enc := base64.RawStdEncoding
			if strings.ContainsAny(part, "-_") {
				enc = base64.RawURLEncoding
			}
			raw, err := enc.DecodeString(part)
			if _, _, ok := text.Detect(raw); err == nil && ok {
				return true
			}
		}
		i += n + 1
	}
	return false
}

// PerEntry is how a recipe names the step; offsets stay those of the encoded entries.
const PerEntry = "base64 in each entry"

// base64Each returns the structure of what the strings of another stand for, when nearly all of them are Base64 of text; else nil.
func base64Each(s *structure) *structure {
	if len(s.items) < minEntries {
		return nil
	}
	out := &structure{doc: s.doc, recipe: with(s.recipe, PerEntry), cut: s.cut, order: s.order}
	odd := 0
	for i, it := range s.items {
		raw, ok := entryBase64(it.text)
		if !ok {
			if odd++; odd > 1+i/20 {
				return nil
			}
			continue
		}
		out.append(item{text: strings.TrimFunc(raw, blank), pos: it.pos, end: it.end, at: it.at})
	}
	return out
}

// entryBase64 decodes a word. It must be clean text.
func entryBase64(s string) (string, bool) {
	s = strings.TrimRight(s, "=")
	if len(s) < 2 || len(s) > maxFolded {
		return "", false
	}
	enc := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		enc = base64.RawURLEncoding
	}
	raw, err := enc.DecodeString(s)
	if err != nil || !utf8.Valid(raw) || strings.ContainsFunc(string(raw), control) || strings.ContainsRune(string(raw), utf8.RuneError) {
		return "", false
	}
	return string(raw), true
}
