package scan

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/app"
	"github.com/censorscan/censorscan/scan/recover"
)

const (
	maxReaders = 16 // methods that are told of a list or a loader
	maxBeside  = 4  // paths and addresses that are told of a method
	shortStem  = 6  // characters of a file name without its extension that is too common to go by alone
)

// readersOf finds the methods of an app that name a file of it: by its path or its name, or by its name without the extension if that is no common word.
func readersOf(src extract.Source, file string) []string {
	base := path.Base(file)
	stem := strings.TrimSuffix(base, path.Ext(base))
	if base == "." || base == "/" || strings.HasSuffix(base, ".dex") || base == "resources.arsc" || base == "AndroidManifest.xml" {
		return []string{} // code, or named by numbers
	}
	return methods(src, func(s string) bool {
		return s == base || strings.HasSuffix(s, "/"+base) || len(stem) >= shortStem && (s == stem || strings.HasSuffix(s, "/"+stem))
	})
}

// codeOf finds the methods of an app that name an indicator which makes it a loader.
func codeOf(src extract.Source, l *Loader) []string {
	var own []string
	for _, i := range l.Indicators[:l.own] {
		own = append(own, strings.ToLower(i.Text))
	}
	return methods(src, func(s string) bool {
		s = strings.ToLower(s)
		return slices.ContainsFunc(own, func(i string) bool { return strings.Contains(s, i) })
	})
}

// methods describes the methods of an app that load a string.
func methods(src extract.Source, wanted func(string) bool) []string {
	out := []string{}
	app.Code(src, src.Size(), func(name string, dex []byte) bool {
		for _, r := range recover.References(bytes.NewReader(dex), int64(len(dex)), maxReaders-len(out), wanted) {
			s := fmt.Sprintf("%s %s: %q", name, r.Method, r.Text)
			n := 0
			for _, text := range r.Strings {
				if text != r.Text && isPlace(text) && n < maxBeside {
					s += fmt.Sprintf(", %q", text)
					n++
				}
			}
			out = append(out, s)
		}
		return len(out) < maxReaders
	})
	return out
}

var placePattern = regexp.MustCompile(`^(?:https?://|/(?:data|sdcard|storage|system|product|vendor|cust)/)`)

// isPlace tells the address or path of a file.
func isPlace(s string) bool { return placePattern.MatchString(s) }
