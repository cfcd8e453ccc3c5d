package scan

import (
	"math"
	"strings"
	"unicode"

	"github.com/censorscan/censorscan/scan/recover"
	"github.com/censorscan/censorscan/wordlists/variants"
)

// languages tells languages and scripts apart by characters alone. It is immutable.
type languages struct {
	simplified, traditional map[rune]bool // Chinese characters that only one of the two has
}

func newLanguages(conv *variants.Converter) *languages {
	l := &languages{map[rune]bool{}, map[rune]bool{}}
	conv.Characters(func(traditional, simplified rune) bool {
		if traditional != simplified {
			l.traditional[traditional], l.simplified[simplified] = true, true
		}
		return true
	})
	for r := range l.traditional { // written so in both
		if l.simplified[r] {
			delete(l.simplified, r)
			delete(l.traditional, r)
		}
	}
	return l
}

// uyghur are letters of the Arabic script that Uyghur has and Arabic, Persian and Urdu have not.
const uyghur = "ۇۆۈېەۋڭ"

// tag is the BCP 47 tag of a text: as much as its characters tell. Chinese without a character of only one form is "zh", a script of many languages "und-Latn" and the
// like, a text without letters "zxx". Of several scripts the first in the order below counts.
func (l *languages) tag(s string) string {
	var simplified, traditional, han, kana bool
	scripts := map[string]bool{}
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Han, r):
			han = true
			simplified = simplified || l.simplified[r]
			traditional = traditional || l.traditional[r]
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			kana = true
		case unicode.IsLetter(r):
			for _, x := range letterScripts {
				if unicode.Is(x.table, r) {
					scripts[x.tag] = true
				}
			}
		}
	}
	switch {
	case kana:
		return "ja"
	case han && traditional && !simplified:
		return "zh-Hant"
	case han && simplified && !traditional:
		return "zh-Hans"
	case han:
		return "zh"
	case scripts["und-Arab"] && strings.ContainsAny(s, uyghur):
		return "ug"
	}
	for _, x := range letterScripts {
		if scripts[x.tag] {
			return x.tag
		}
	}
	return "zxx"
}

// letterScripts are the scripts that are told, in their order, by the language if they have one.
var letterScripts = []struct {
	tag   string
	table *unicode.RangeTable
}{
	{"bo", unicode.Tibetan}, {"ko", unicode.Hangul}, {"und-Arab", unicode.Arabic}, {"und-Mong", unicode.Mongolian}, {"und-Cyrl", unicode.Cyrillic},
	{"und-Thai", unicode.Thai}, {"und-Deva", unicode.Devanagari}, {"und-Hebr", unicode.Hebrew}, {"und-Grek", unicode.Greek}, {"und-Latn", unicode.Latin},
}

// of is the share of the distinct entries of a list by language or script.
func (l *languages) of(entries []Entry) map[string]float64 {
	seen := make(map[string]bool, len(entries))
	counts := map[string]int{}
	for _, e := range entries {
		if key := recover.Fold(e.Text); !seen[key] {
			seen[key] = true
			counts[l.tag(e.Text)]++
		}
	}
	out := map[string]float64{}
	for tag, n := range counts {
		out[tag] = math.Round(float64(n)/float64(len(seen))*1e4) / 1e4
	}
	return out
}
