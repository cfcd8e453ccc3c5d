package text

import (
	"strings"
	"sync"
)

// latinNames are the named character references of HTML for U+00A0 to U+00FF (https://html.spec.whatwg.org/multipage/named-characters.html).
const latinNames = `nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr
deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest
Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml
ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig
agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml
eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml`

// htmlNames maps U+00A0 to U+00FF to names, and the names back.
var htmlNames = sync.OnceValue(func() (n struct {
	of    []string
	runes map[string]rune
}) {
	n.of = strings.Fields(latinNames)
	n.runes = make(map[string]rune, len(n.of))
	for i, name := range n.of {
		n.runes[name] = rune(0xA0 + i)
	}
	return n
})

// htmlName returns the name of a character, "" if it has none. The five names of XML are written as ever.
func htmlName(r rune) string {
	if r >= 0xA0 && r <= 0xFF {
		return htmlNames().of[r-0xA0]
	}
	return xmlName(r)
}

// htmlNamedForms: Latin letters by their names, and spaces that do not break.
func htmlNamedForms(term string) []Form {
	var forms []Form
	if strings.ContainsFunc(term, func(r rune) bool { return r >= 0xA0 && r <= 0xFF }) {
		forms = append(forms, htmlForm(term, " "))
	}
	if strings.Contains(term, " ") {
		forms = append(forms, htmlForm(term, "&nbsp;"))
	}
	return distinct(term, forms)
}

func htmlForm(term, space string) Form {
	var b builder
	for _, r := range term {
		switch name := htmlName(r); {
		case r == ' ':
			b.exact(space)
		case name != "":
			b.exact("&" + name + ";")
		default:
			b.plain(string(r))
		}
	}
	return b.form
}

// decodeHTMLNamed reads a reference by name or number; a space that does not break is a space.
func decodeHTMLNamed(p []byte) (rune, int, bool) {
	const longest = len("&Ccedil;") + 1
	if p[0] == '&' {
		if end := strings.IndexByte(string(p[:min(len(p), longest)]), ';'); end > 1 {
			if r, ok := htmlNames().runes[string(p[1:end])]; ok {
				if r == 0xA0 {
					r = ' '
				}
				return r, end + 1, true
			}
		}
	}
	return decodeXML(p)
}
