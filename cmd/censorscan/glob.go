package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/censorscan/censorscan/extract"
)

// compileGlobs makes a test of path chains; no globs match everything.
func compileGlobs(globs []string) (func(*extract.Artifact) bool, error) {
	type pattern struct {
		re   *regexp.Regexp
		base bool
	}
	var patterns []pattern
	for _, g := range globs {
		re, err := compileGlob(g)
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, pattern{re, !strings.ContainsAny(g, "/!")})
	}
	return func(a *extract.Artifact) bool {
		for _, p := range patterns {
			subject := a.Path
			if p.base {
				subject = subject[strings.LastIndexAny(subject, "/!")+1:]
			}
			if p.re.MatchString(subject) {
				return true
			}
		}
		return len(patterns) == 0
	}, nil
}

func compileGlob(g string) (*regexp.Regexp, error) {
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

// compileFilters makes the tests of --include and --exclude; nil when there are none. "format=NAME" is matched against the format of a container.
func compileFilters(include, exclude []string) (in, out func(*extract.Artifact) bool, err error) {
	var globs []string
	formats := map[string]bool{}
	for _, e := range exclude {
		if name, ok := strings.CutPrefix(e, "format="); ok {
			formats[name] = true
		} else {
			globs = append(globs, e)
		}
	}
	if len(exclude) > 0 {
		byPath, err := compileGlobs(globs)
		if err != nil {
			return nil, nil, err
		}
		out = func(a *extract.Artifact) bool { return formats[a.Format] || len(globs) > 0 && byPath(a) }
	}
	if len(include) > 0 {
		if in, err = compileGlobs(include); err != nil {
			return nil, nil, err
		}
	}
	return in, out, nil
}
