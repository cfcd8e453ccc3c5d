package wordlists

// Glosses maps terms, as Fold gives them, to what they mean.
type Glosses map[string]string

// GlossesOf collects the glosses of lists. Of a term in several lists the first gloss counts.
func GlossesOf(lists []*List) Glosses {
	out := Glosses{}
	for _, l := range lists {
		for _, t := range l.Terms {
			if key := Fold(t.Text); out[key] == "" {
				out[key] = t.Gloss
			}
		}
	}
	return out
}

// Of returns what a term means, "" if no list tells.
func (g Glosses) Of(term string) string {
	if len(g) == 0 {
		return ""
	}
	return g[Fold(term)]
}
