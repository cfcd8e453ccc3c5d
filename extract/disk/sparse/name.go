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
}

// Names of parts, without their folder. The first group and the last make up the name of the image, the second is the number.
var partNames = []*regexp.Regexp{
	regexp.MustCompile(`^(.+?)[._-]sparsechunk[._-]?(\d{1,6})(\.img)?$`),                  // super.img_sparsechunk.3, system_sparsechunk3.img
	regexp.MustCompile(`^(.+)\.(\d{1,6})()$`),                                             // super.img.3
	regexp.MustCompile(`^(.+?)[._-](\d{1,3})(?:[._][0-9A-Za-z]+)?(\.s?img|\.bin|\.raw)$`), // super.3.img, super.3.1a2b3c4d.img
}

// partName takes the name of a file apart and reports whether it is that of a part.
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
			return part{dir + whole, n}, true
		}
	}
	return part{}, false
}
