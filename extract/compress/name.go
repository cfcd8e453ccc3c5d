package compress

import "strings"

// contentName is the name of what is inside a compressed file: the file's own without the ending that names the compression.
func contentName(name string, suffixes []suffix) string {
	name = base(name)
	lower := strings.ToLower(name)
	for _, s := range suffixes {
		if strings.HasSuffix(lower, s.ending) {
			name = name[:len(name)-len(s.ending)]
			if name != "" {
				name += s.becomes
			}
			break
		}
	}
	if name == "" {
		return "content"
	}
	return name
}

// base is the last element of a path, "" when that is no name.
func base(path string) string {
	path = path[strings.LastIndexByte(path, '/')+1:]
	if path == "." || path == ".." {
		return ""
	}
	return path
}

// hasSuffix reports whether a file name ends as files of the codec do.
func (c *codec) hasSuffix(name string) bool {
	name = strings.ToLower(name)
	for _, s := range c.suffixes {
		if strings.HasSuffix(name, s.ending) {
			return true
		}
	}
	return false
}
