package main

import (
	"strings"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/glob"
)

// compileGlobs makes a test of path chains; no globs match everything.
func compileGlobs(globs []string) (func(*extract.Artifact) bool, error) {
	set, err := glob.Compile(globs...)
	if err != nil {
		return nil, err
	}
	return func(a *extract.Artifact) bool { return set.Match(a.Path) }, nil
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
