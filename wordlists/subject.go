package wordlists

import "strings"

// Subjects, the coarse topics that a report sums up a list by, in the order a report names them.
const (
	SubjectPolitical = "political"
	SubjectReligious = "religious"
	SubjectSexual    = "sexual"
	SubjectGambling  = "gambling"
	SubjectDrugs     = "drugs"
	SubjectFraud     = "fraud"
	SubjectInsults   = "insults"
	SubjectViolence  = "violence"
	SubjectBrands    = "brands"
	SubjectGames     = "games"
	SubjectOther     = "other"
)

// Subjects returns all subjects in the order a report names them.
func Subjects() []string {
	return []string{SubjectPolitical, SubjectReligious, SubjectSexual, SubjectGambling, SubjectDrugs, SubjectFraud,
		SubjectInsults, SubjectViolence, SubjectBrands, SubjectGames, SubjectOther}
}

// Subject returns the subject of a category of the embedded lists, SubjectOther for any other category.
func Subject(category string) string {
	switch strings.TrimSuffix(category, generalSuffix) {
	case "leaders", "june-4", "tibet", "xinjiang", "mongolia", "taiwan", "hong-kong", "separatism", "democracy", "rights",
		"dissidents", "independent-media", "media", "protest", "circumvention", "vpn-packages", "military", "corruption", "party", "history", "politics":
		return SubjectPolitical
	case "falun-gong", "religion":
		return SubjectReligious
	case "sexual":
		return SubjectSexual
	case "gambling":
		return SubjectGambling
	case "drugs":
		return SubjectDrugs
	case "fraud":
		return SubjectFraud
	case "insults":
		return SubjectInsults
	case "violence", "weapons":
		return SubjectViolence
	case "brands":
		return SubjectBrands
	case "games", "impersonation":
		return SubjectGames
	}
	return SubjectOther
}
