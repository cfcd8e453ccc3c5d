package sparse

import (
	"path"
	"regexp"
	"strconv"
)

// part is what the name of a part of an image tells.
type part struct {
	whole  string // name of the image
	number int
	sure   bool // such a name stands for a part, even when there is but one
}

// Names of parts, without their folder. The first group and the last make up the name of the image, the second is the number.
var partNames = []struct {
	*regexp.Regexp
	sure bool
}{
	{regexp.MustCompile(`^(.+?)[._-]sparsechunk[._-]?(\d{1,6})(\.img)?$`), true},                // super.img_sparsechunk.3, system_sparsechunk3.img
	{regexp.MustCompile(`^(.+)\.(\d{1,6})()$`), true},                                           // super.img.3
	{regexp.MustCompile(`^(.+?)\.(\d{1,3})\.[0-9A-Za-z]+(\.s?img|\.bin|\.raw)$`), true},         // super.3.1a2b3c4d.img
	{regexp.MustCompile(`^(.+?)[._-](\d{1,3})(?:_[0-9A-Za-z]+)?(\.s?img|\.bin|\.raw)$`), false}, // super_3.img
}

// partName takes the name of a file apart and reports whether it may be that of a part.
func partName(name string) (part, bool) {
	dir, base := path.Split(name)
	for _, re := range partNames {
		if g := re.FindStringSubmatch(base); g != nil {
			n, err := strconv.Atoi(g[2])
			if err != nil {
				continue
			}
			whole := g[1]
			if path.Ext(whole) != g[3] {
				whole += g[3]
			}
			return part{dir + whole, n, re.sure}, true
		}
	}
	return part{}, false
}
