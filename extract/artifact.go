package extract

import (
	"fmt"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SlackName is the name of the artefact that holds the bytes of a container which nothing claims. Containers that are found among these bytes are
// artefacts of their own, "(slack at N)".
const SlackName = "(slack)"

// Artifact is a node of the tree: the input, a partition, a file, a folder, a link, a decoded stream, or the slack of a container.
type Artifact struct {
	ID     int // from 0 (the input) in walk order, parents before children
	Parent *Artifact
	Name   string // raw name within the parent
	Path   string // path chain from the input, printable: "rom.zip!payload.bin!system!/app/X.apk"
	Depth  int    // containers above it
	Mode   fs.FileMode
	Size   int64 // bytes; -1 while only decoding can tell
	Link   string
	Device [2]uint32
	Xattrs []Xattr

	Format    string // of the container it is, opened or not; "" for anything else
	Opened    bool   // it was opened as a container of that format
	Partition bool
	Slack     []Extent // for a slack artefact: where its bytes lie in the parent, in order
	PartOf    string   // name of the sibling that this is a part of; it is searched there
	Raw       bool     // could not be opened: its bytes were searched as they are, which does not count as searched

	Ledger   Ledger      // complete when the artefact is left
	Problems []*Unopened // what of it could not be opened; complete when the artefact is left

	share float64 // bytes of the input that it stands for, for progress
}

// Base is the last element of the artefact's name.
func (a *Artifact) Base() string { return a.Name[strings.LastIndexByte(a.Name, '/')+1:] }

// chain joins a parent's path chain and a name; number tells members of equal name apart (1 is the first).
func chain(parent, name string, number int) string {
	s := escapeName(name)
	if number > 1 {
		s = fmt.Sprintf("%s#%d", s, number)
	}
	if parent == "" {
		return s
	}
	return parent + "!" + s
}

// escapeName makes a raw name printable and unambiguous in a path chain: bytes that are not UTF-8, characters that do not print (bidirectional
// controls among them), "!", "#" and the backslash itself become \xNN or \u{N}.
func escapeName(name string) string {
	plain := true
	for _, r := range name {
		if r == utf8.RuneError || r == '!' || r == '#' || r == '\\' || !unicode.IsPrint(r) {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); {
		r, n := utf8.DecodeRuneInString(name[i:])
		switch {
		case r == utf8.RuneError && n == 1, r == '!', r == '#', r == '\\', r < 0x80 && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\x%02X`, name[i])
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u{%X}`, r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}
