// Package wordlists holds the lists of terms that censorscan looks for, and reads and writes lists of others.
//
// A list is a TSV file: `# key: value` lines (name, version, kind, description, sources), a line that names the
// columns, then one term per line. See [Parse] for the details of the format and [Import] for the other
// forms that are understood.
package wordlists

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits on what [Parse] and [Import] accept. A list beyond them is refused, never cut.
const (
	MaxBytes    = 64 << 20  // size of the input in bytes
	MaxTerms    = 1_000_000 // terms in one list
	MaxTermLen  = 1024      // length of one term in characters
	MaxFieldLen = 64 << 10  // length of any other field or header value in bytes
)

// Kind says what the terms of a list mean when they are found.
type Kind string

// The kinds of lists.
const (
	KindTerms     Kind = "terms"     // a term that means something standing alone
	KindContext   Kind = "context"   // a term that finds and describes lists, never a finding alone
	KindLoaders   Kind = "loaders"   // a string of code or configuration that fetches or reads a list
	KindEndpoints Kind = "endpoints" // a host or address named in public
	KindReference Kind = "reference" // an entry of a public list that found lists are compared with; it is not searched for
)

// Kinds lists the known kinds in the order of their weight.
func Kinds() []Kind { return []Kind{KindTerms, KindContext, KindLoaders, KindEndpoints, KindReference} }

// GenericLoader is the category of a loaders term that is only a hint: other programs use such strings too.
const GenericLoader = "generic"

// List is a list of terms with what is known of its origin.
type List struct {
	Name        string
	Version     string // free text, a date in the embedded lists; may be empty
	Kind        Kind
	Description string
	Sources     []string
	Terms       []Term // in the order of the file, duplicates kept
	SHA256      string // of the bytes that were read, in lower-case hexadecimal
}

// Term is one entry of a list.
type Term struct {
	Text     string   // without escapes; of a combination its parts, joined by +
	Parts    []string // of a combination, else nil
	Language string   // BCP 47: zh-Hans, zh-Hant, zh-Latn (romanised), en; may be empty
	Category string
	Gloss    string // what the term is, in English
	Sources  []string
	Line     int // line of the input, 1-based; in JSON the number of the element
}

// Select returns the lists of all whose names stand in only, in the order of all; an empty only selects all.
// An unknown name is an error that names the known ones.
func Select(all []*List, only []string) ([]*List, error) {
	if len(only) == 0 {
		return all, nil
	}
	known := make([]string, len(all))
	for i, l := range all {
		known[i] = l.Name
	}
	for _, name := range only {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("unknown wordlist %q (known: %s)", name, strings.Join(known, ", "))
		}
	}
	var chosen []*List
	for _, l := range all {
		if slices.Contains(only, l.Name) {
			chosen = append(chosen, l)
		}
	}
	return chosen, nil
}

// lineError is an error at a line of a list: "list.csv:17: empty term".
func lineError(name string, line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", name, line, fmt.Errorf(format, args...))
}

// add appends t to the list, or says why a term cannot be taken.
func (l *List) add(t Term) error {
	if strings.TrimSpace(t.Text) == "" {
		return fmt.Errorf("empty term")
	}
	if n := utf8.RuneCountInString(t.Text); n > MaxTermLen {
		return fmt.Errorf("term of %d characters (limit %d)", n, MaxTermLen)
	}
	for _, field := range []string{t.Language, t.Category, t.Gloss, strings.Join(t.Sources, sourceSeparator)} {
		if len(field) > MaxFieldLen {
			return fmt.Errorf("a field of %d bytes (limit %d) that begins with %.20q", len(field), MaxFieldLen, field)
		}
	}
	if l.combines() {
		t.Text, t.Parts = splitTerm(t.Text)
	}
	if len(l.Terms) >= MaxTerms {
		return fmt.Errorf("more than %d terms", MaxTerms)
	}
	l.Terms = append(l.Terms, t)
	return nil
}

// sourceSeparator stands between the sources of a list or a term.
const sourceSeparator = ";"

// splitSources cuts a sources field; parts are trimmed and empty ones dropped.
func splitSources(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, sourceSeparator) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// joinSources is the inverse of splitSources; a source that would not come back the same is an error.
func joinSources(sources []string) (string, error) {
	for _, s := range sources {
		if s == "" || strings.TrimSpace(s) != s || strings.Contains(s, sourceSeparator) {
			return "", fmt.Errorf("source %q: must be trimmed, not empty and without %q", s, sourceSeparator)
		}
	}
	return strings.Join(sources, sourceSeparator+" "), nil
}

// StandsAlone reports whether a hit of a term of this list means something by itself. It does not in a context list, in
// a category that ends in "-general", nor for the [GenericLoader] category.
func (l *List) StandsAlone(t Term) bool {
	return l.Kind != KindContext && t.Category != GenericLoader && !strings.HasSuffix(t.Category, generalSuffix)
}

// generalSuffix ends the names of categories whose terms are too common to mean anything alone.
const generalSuffix = "-general"
