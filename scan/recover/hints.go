package recover

import (
	"slices"
	"strings"
)

// listHints are parts of the file names under which public studies and open-source projects found blocklists.
func listHints() []string {
	return []string{
		"sensi", "badword", "bad_word", "blackword", "dirty", "forbid", "illegal", "censor", "naughty", "profan", "maskword",
		"mask_word", "minganc", "mingan", "mgc", "blacklist", "blockword", "blocklist", "shieldword", "pingbi", "banword",
		"bannedword", "filterword", "wordfilter", "filtrate", "敏感", "屏蔽", "违禁", "禁用", "脏话",
	}
}

// otherHints are parts of the file names of texts that hold known terms for other reasons.
func otherHints() []string {
	return []string{
		"dict", "pinyin", "wubi", "cangjie", "zhuyin", "bopomofo", "lexicon", "hotword", "locale", "languages", "strings",
		"phrases", "territories", "province", "city", "region", "timezone", "currency", "i18n",
	}
}

// hintIn returns the first hint that stands in a file name.
func hintIn(file string, hints []string) string {
	file = strings.ToLower(file)
	if i := slices.IndexFunc(hints, func(h string) bool { return strings.Contains(file, h) }); i >= 0 {
		return hints[i]
	}
	return ""
}

// baseName is the last name of a path chain.
func baseName(chain string) string {
	return chain[strings.LastIndexAny(chain, "!/")+1:]
}

// ordinary reports whether the terms of a category stand in many texts that are no blocklists: the names of leaders, places and
// brands, the words of the news. By the convention of the wordlists such categories end in "-general".
func ordinary(category string) bool {
	return strings.HasSuffix(category, "-general") || slices.Contains([]string{"leaders", "brands", "places", "people", "names", "games"}, category)
}
