// Package glob matches path chains: * and ? stand for characters other than / and !, ** for any, [abc] for one of some. A pattern without / and ! is matched against the
// last element of a chain.
package glob

import (
	"fmt"
	"regexp"
	"strings"
)

// Set is a number of patterns. The zero value matches everything.
type Set struct{ patterns []pattern }

type pattern struct {
	re   *regexp.Regexp
	base bool // matched against the last element
}

// Compile reads patterns; the error names the one that is none.
func Compile(globs ...string) (Set, error) {
	var s Set
	for _, g := range globs {
		re, err := compile(g)
		if err != nil {
			return Set{}, err
		}
		s.patterns = append(s.patterns, pattern{re, !strings.ContainsAny(g, "/!")})
	}
	return s, nil
}

// Match tells whether one of the patterns matches a path chain, or there is none.
func (s Set) Match(path string) bool {
	for _, p := range s.patterns {
		subject := path
		if p.base {
			subject = subject[strings.LastIndexAny(subject, "/!")+1:]
		}
		if p.re.MatchString(subject) {
			return true
		}
	}
	return len(s.patterns) == 0
}

func compile(g string) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString("^(?s:")
	for i := 0; i < len(g); i++ {
		switch c := g[i]; {
		case strings.HasPrefix(g[i:], "**"):
			b.WriteString(".*")
			i++
		case c == '*':
			b.WriteString("[^/!]*")
		case c == '?':
			b.WriteString("[^/!]")
		case c == '[':
			end := strings.IndexByte(g[i+1:], ']')
			if end < 1 {
				return nil, fmt.Errorf("glob %q: [ without ]", g)
			}
			class := g[i+1 : i+1+end]
			if strings.HasPrefix(class, "!") {
				class = "^" + class[1:]
			}
			b.WriteString("[" + strings.ReplaceAll(class, `\`, `\\`) + "]")
			i += end + 1
		default:
			b.WriteString(regexp.QuoteMeta(g[i : i+1]))
		}
	}
	b.WriteString(")$")
	re, err := regexp.Compile(b.String())
	if err != nil {
		return nil, fmt.Errorf("glob %q: %w", g, err)
	}
	return re, nil
}
