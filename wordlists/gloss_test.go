package wordlists

import "testing"

func TestGlosses(t *testing.T) {
	g := GlossesOf([]*List{
		{Terms: []Term{{Text: "Free Tibet"}, {Text: "六四", Gloss: "June Fourth"}}},
		{Terms: []Term{{Text: "free tibet", Gloss: "slogan"}, {Text: "六四", Gloss: "other"}}},
	})
	for term, want := range map[string]string{"ＦＲＥＥ tibet ": "slogan", "六四": "June Fourth", "none": "", "": ""} {
		if got := g.Of(term); got != want {
			t.Errorf("Of(%q) = %q, want %q", term, got, want)
		}
	}
	if got := (Glosses)(nil).Of("六四"); got != "" {
		t.Errorf("no glosses give %q", got)
	}
}
