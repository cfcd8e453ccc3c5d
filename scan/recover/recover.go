// Package recover finds the whole embedded list from a few hits: given the bytes of one artefact, it decodes the text, tries an
// ordered table of shapes (see shapes.go), takes the entries of each structure in order, and says by the density of
// known terms over the entries of one structure whether it is a blocklist, with the evidence in words.
//
// The package shares its name with a builtin that it does not use; a file that imports it cannot call the builtin.
package recover

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/censorscan/censorscan/scan/text"
)

// The classes of a list.
const (
	Blocklist      = "blocklist"       // dense in known terms
	WordCollection = "word collection" // holds known terms, but speaks of something else: dictionary, names, prose, locale
)

// Threshold is the score from which a list is a Blocklist.
const Threshold = threshold

// DefaultLimit is how many bytes of one artefact are read when Options gives no limit.
const DefaultLimit = 32 << 20

// MaxLimit is the greatest limit: positions are kept in 32 bits.
const MaxLimit = 1 << 29

// maxLists bounds how many lists one artefact can give.
const maxLists = 256

// Options bounds a recovery. The zero value has the defaults.
type Options struct {
	// Limit is the greatest number of bytes read. Of a larger artefact the part of that size with the most hits is read, from
	// the beginning when there are no hits; see Result.Begin. 0 means DefaultLimit, and no more than MaxLimit counts.
	Limit int64
}

// Result is what was recovered from one artefact.
type Result struct {
	Lists []List // in the order of the artefact
	// Begin and End are the part of the artefact that was read, in bytes. What lies outside was not looked at.
	Begin, End int64
	// Text reports whether that part is text in a known encoding.
	Text bool
	// Layout is the name of its binary layout, "" when it has none that is known.
	Layout string
}

// List is a list that stands in an artefact.
type List struct {
	Class    string   // Blocklist or WordCollection
	Score    float64  // 0 to 1; from 0.5 on the class is Blocklist
	Evidence []string // why, in words: for it first, then lines that begin with "against: "
	Encoding string   // of the text, by the names of package text; with "+bom" after a byte order mark
	// Recipe says how the entries are reached, outermost step first. Steps that end in "decode" make a new text.
	Recipe []string
	// Begin and End are the first byte of the first entry and the end of the last one, in bytes of the artefact. After a
	// base64 step they and the offsets of the entries count in the decoded bytes.
	Begin, End int64
	// Scattered says that what lies between the entries is none of the list: their strings stand wherever a binary layout put them. Begin and
	// End are then the least and the greatest offset.
	Scattered  bool
	Entries    []Entry // in their order, duplicates kept, surrounding white space removed, empty ones left out
	Distinct   int     // distinct entries after Fold
	Known      int     // distinct entries that are known terms
	Holding    int     // distinct entries that are no known term but hold one
	Categories []Share // what it is about, greatest share first
	// RawSHA256 is the SHA-256 of the bytes from Begin to End, of a scattered list of the bytes of its entries in their order, in hexadecimal.
	RawSHA256 string
	// CanonicalSHA256 names the set of entries whatever their order, repetition, shape and encoding: the SHA-256, in
	// hexadecimal, of the distinct entries after Fold, sorted by bytes, in UTF-8, joined by "\n" without one at the end.
	CanonicalSHA256 string
}

// Entry is one entry of a list.
type Entry struct {
	Text     string
	Offset   int64  // of its first byte; see List.Begin
	End      int64  // behind its last byte; of an escaped string these are the escaped bytes
	Category string // of the known term that it is or, failing that, of the longest that it holds; "" when it holds none
}

// Share is the share of the distinct entries that are or hold a known term of a category.
type Share struct {
	Category string
	Share    float64 // 0 to 1
}

// Recover finds the lists in an artefact of the given size. name is its file name or path chain, which is evidence only.
// hits are the offsets of plausible hits of known terms in it, in any order; they may be empty, for a list may be hidden
// from a search by a decoding step (see Base64). The error is that of r alone: bytes of any content are fine.
func Recover(r io.ReaderAt, size int64, name string, hits []int64, known *Terms, opt Options) (Result, error) {
	if opt.Limit <= 0 {
		opt.Limit = DefaultLimit
	}
	opt.Limit = min(opt.Limit, MaxLimit)
	j := &judge{known: known, name: name}
	b := newImage(r, size, hits, known)
	for _, lay := range layouts() {
		if !lay.is(b) {
			continue
		}
		res := Result{End: size, Layout: lay.name, Lists: j.image(b, lay)}
		if b.err != nil && len(res.Lists) == 0 {
			return Result{}, fmt.Errorf("recover lists of %s: %w", name, b.err)
		}
		return res, nil
	}
	begin, end := window(size, hits, opt.Limit)
	raw := make([]byte, end-begin)
	if n, err := r.ReadAt(raw, begin); err != nil && !(errors.Is(err, io.EOF) && n == len(raw)) {
		return Result{}, fmt.Errorf("recover lists of %s: read %d bytes at offset %d: %w", name, len(raw), begin, err)
	}
	res := Result{Begin: begin, End: end}
	cutFront, cutBack := begin > 0, end < size
	raw, skipped := wholeLines(raw, cutFront, cutBack)
	enc, bom, ok := detect(raw, known)
	if !ok {
		res.Begin, res.End = 0, size
		res.Lists = j.listsOf(b, choose(j.unknown(b, nil, nil)))
		return res, nil
	}
	res.Text = true
	doc := decode(raw, begin+int64(skipped), enc, bom)
	all := j.candidates(doc, 0)
	if _, _, clean := text.Detect(raw); !clean { // lengths before strings can look like white space
		all = append(all, j.prefixed(b)...)
	}
	for _, c := range choose(all) {
		l := j.list(c)
		if cutFront || cutBack {
			l.Evidence = append(l.Evidence, fmt.Sprintf("only bytes %d to %d of %d were read", begin, end, size))
		}
		res.Lists = append(res.Lists, l)
	}
	return res, nil
}

// window chooses the part of an artefact that is read: all of it or the limit bytes with the most hits.
func window(size int64, hits []int64, limit int64) (begin, end int64) {
	if size <= limit {
		return 0, max(size, 0)
	}
	sorted := slices.Clone(hits)
	slices.Sort(sorted)
	reach := limit - limit/4 // hits lie in this much, the rest is for what stands around them
	best, most := int64(0), 0
	for i, j := 0, 0; i < len(sorted); i++ {
		for j < len(sorted) && sorted[j]-sorted[i] < reach {
			j++
		}
		if j-i > most {
			best, most = sorted[i], j-i
		}
	}
	begin = min(max(best-limit/8, 0), size-limit) &^ 1 // even, for UTF-16
	return begin, begin + limit
}

// wholeLines drops the cut line at either end of a part, so that no half character and no half entry is read. It
// returns how many bytes it dropped in front.
func wholeLines(raw []byte, front, back bool) (lines []byte, skipped int) {
	const reach = 64 << 10
	if back {
		for i := len(raw) - 1; i >= 0 && i > len(raw)-reach; i-- {
			if raw[i] == '\n' {
				raw = raw[:i&^1] // UTF-16 of either order loses the line feed, others at most one byte of it
				break
			}
		}
	}
	if front {
		for i := 0; i < len(raw) && i < reach; i++ {
			if raw[i] == '\n' {
				i++
				if i < len(raw) && raw[i] == 0 { // UTF-16LE
					i++
				}
				return raw[i:], i
			}
		}
	}
	return raw, 0
}
