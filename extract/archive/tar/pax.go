package tar

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/censorscan/censorscan/extract"
)

// record is one record of a pax header.
type record struct{ key, value string }

const (
	schilyXattr     = "SCHILY.xattr."
	libarchiveXattr = "LIBARCHIVE.xattr."
	gnuSparse       = "GNU.sparse."
)

// parsePax reads the records "length key=value\n"; ok is false when they break off.
func parsePax(b []byte) (records []record, ok bool) {
	for len(b) > 0 && b[0] != 0 {
		digits, _, found := bytes.Cut(b[:min(len(b), 21)], []byte(" "))
		n, err := strconv.Atoi(string(digits))
		if !found || err != nil || n <= len(digits)+1 || n > len(b) || b[n-1] != '\n' {
			return records, false
		}
		key, value, found := strings.Cut(string(b[len(digits)+1:n-1]), "=")
		if !found {
			return records, false
		}
		records = append(records, record{key, value})
		b = b[n:]
	}
	return records, true
}

// plain reports whether the records hold nothing but what ends up in a member or is a number: a comment may be any text.
func plain(records []record) bool {
	for _, r := range records {
		switch r.key {
		case "path", "linkpath", "size", "mtime", "atime", "ctime", "uid", "gid", "SCHILY.dev", "SCHILY.ino", "SCHILY.nlink",
			"SCHILY.devmajor", "SCHILY.devminor", "LIBARCHIVE.creationtime":
		default:
			if !strings.HasPrefix(r.key, schilyXattr) && !strings.HasPrefix(r.key, gnuSparse) {
				return false
			}
		}
	}
	return true
}

// apply puts the records of a pax header into the entry that follows it. A size that is none leaves that of the entry's own header.
func (e *entry) apply(records []record) {
	for _, r := range records {
		switch {
		case r.key == "path":
			e.name = r.value
		case r.key == "linkpath":
			e.link = r.value
		case r.key == "size":
			n, err := strconv.ParseInt(r.value, 10, 64)
			if err != nil || n < 0 || n > 1<<60 {
				e.doubt = fmt.Sprintf("pax header with size %q", r.value)
				continue
			}
			e.size = n
		case strings.HasPrefix(r.key, schilyXattr):
			e.xattrs = append(e.xattrs, extract.Xattr{Name: r.key[len(schilyXattr):], Value: []byte(r.value)})
		case strings.HasPrefix(r.key, libarchiveXattr):
			if x, ok := libarchive(r.key[len(libarchiveXattr):], r.value); ok && !e.hasXattr(x.Name) {
				e.xattrs = append(e.xattrs, x)
			}
		}
	}
}

func (e *entry) hasXattr(name string) bool {
	for _, x := range e.xattrs {
		if x.Name == name {
			return true
		}
	}
	return false
}

// libarchive reads libarchive's way to store an extended attribute: percent-encoded name, value in Base64.
func libarchive(key, value string) (extract.Xattr, bool) {
	name, err := url.PathUnescape(key)
	if err != nil {
		return extract.Xattr{}, false
	}
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(value, "="))
	return extract.Xattr{Name: name, Value: b}, err == nil
}
