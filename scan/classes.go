package scan

import "regexp"

// The forms of entries that make a class of their own. A package name has two dots at least, or begins like one.
var (
	packageName = regexp.MustCompile(`^(?:[a-zA-Z]\w*(?:\.\w+){2,}|(?:com|org|net|cn|io|me|us|eu|de|tv|app|air)\.\w+)$`)
	hostName    = regexp.MustCompile(`^(?i:(?:https?://)?(?:\*?\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}\.?(?:[:/].*)?|\d{1,3}(?:\.\d{1,3}){3})$`)
)

// classOf says what a list is by its score and by the form of its entries.
func classOf(l *List, minScore float64) string {
	if l.Score < minScore {
		return ClassWordCollection
	}
	packages, hosts := 0, 0
	for _, e := range l.Entries {
		switch { // com.example.app could be either: a name that begins with a top-level domain is a package
		case packageName.MatchString(e.Text) && !endsLikeHost(e.Text):
			packages++
		case hostName.MatchString(e.Text):
			hosts++
		}
	}
	switch n := len(l.Entries); {
	case packages*100 >= n*80:
		return ClassPackages
	case hosts*100 >= n*80:
		return ClassHosts
	}
	return ClassBlocklist
}

var hostEnd = regexp.MustCompile(`(?i)\.(?:com|org|net|info|cn|tw|hk|jp|us|uk|de|io|me|tv|cc|biz|edu|gov)$`)

var packageBegin = regexp.MustCompile(`^(?:com|org|net|cn|io|me|us|eu|de|tv|app|air)\.`)

// endsLikeHost tells a host with several dots from a package name.
func endsLikeHost(s string) bool { return hostEnd.MatchString(s) && !packageBegin.MatchString(s) }
