package scan

import (
	"github.com/censorscan/censorscan/scan/app"
	"github.com/censorscan/censorscan/scan/recover"
)

// Schema is the name and version of the report's layout. Fields may be added within a version, never renamed.
const Schema = "censorscan.report/1"

// Report is the result of a scan: the one truth that every view is made from. Its JSON form is described by report.schema.json.
// All sizes and offsets are bytes.
type Report struct {
	Schema    string     `json:"schema"`
	Tool      Tool       `json:"tool"`
	Created   string     `json:"created,omitempty"` // RFC 3339, UTC
	Seconds   float64    `json:"seconds,omitempty"` // how long the scan took
	Wordlists []Wordlist `json:"wordlists"`
	Complete  bool       `json:"complete"` // false when the scan was interrupted or a limit of the whole run tripped
	Ended     string     `json:"ended,omitempty"`
	Inputs    []Input    `json:"inputs"`
	Findings  []Finding  `json:"findings"`
	Families  []Family   `json:"families"` // lists that hold the same entries, or mostly so
	Coverage  Coverage   `json:"coverage"`
	Counts    Counts     `json:"counts"`
}

// Tool is the program that made the report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go,omitempty"`
}

// Wordlist is a list that was searched for.
type Wordlist struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Kind    string `json:"kind"`
	SHA256  string `json:"sha256"`
	Terms   int    `json:"terms"`
}

// Input is what was scanned.
type Input struct {
	Name       string            `json:"name"`
	Size       int64             `json:"size"`
	SHA256     string            `json:"sha256,omitempty"` // none for a folder
	Properties map[string]string `json:"properties,omitempty"`
}

// Kind says what a finding is.
type Kind string

// The kinds of findings, in the order of their weight.
const (
	KindList   Kind = "list"
	KindLoader Kind = "loader"
	KindTerm   Kind = "term"
)

// Finding is one thing present in the image. One of List, Loader and Term is set, by Kind.
type Finding struct {
	ID       string   `json:"id"` // depends on content and path only
	Kind     Kind     `json:"kind"`
	Path     string   `json:"path"` // chain from the input, joined with "!"
	Artifact Artifact `json:"artifact"`
	App      *app.App `json:"app,omitempty"` // the innermost APK that it lies in, as the APK says of itself
	List     *List    `json:"list,omitempty"`
	Loader   *Loader  `json:"loader,omitempty"`
	Term     *Term    `json:"term,omitempty"`
}

// Artifact is the file that holds a finding.
type Artifact struct {
	SHA256  string   `json:"sha256"` // "" when it cannot be read to its end
	Size    int64    `json:"size"`
	Format  string   `json:"format"`
	Extents []Extent `json:"extents,omitempty"` // of a slack artefact: where its bytes lie in the container
	Raw     bool     `json:"raw,omitempty"`     // it could not be opened, its bytes were searched as they are
}

// Extent is a run of bytes.
type Extent struct {
	Offset int64 `json:"offset"`
	Size   int64 `json:"size"`
}

// The classes of a list. A word collection is shown on request only, and is no finding that fails a scan.
const (
	ClassBlocklist      = recover.Blocklist
	ClassWordCollection = recover.WordCollection
	ClassPackages       = "package names" // as dense in known terms as a blocklist, and nearly all of its entries are names of apps
	ClassHosts          = "hosts"         // the same, of hosts
)

// List is an embedded list of terms, recovered from its file. Its offsets count in the artefact; after a step "base64 decode" in the decoded bytes.
type List struct {
	Class           string             `json:"class"` // "blocklist", "package names", "hosts" or "word collection"
	Score           float64            `json:"score"` // 0 to 1; a word collection has less than --min-score
	Evidence        []string           `json:"evidence"`
	Encoding        string             `json:"encoding"`
	Recipe          []string           `json:"recipe"`              // decoding steps from the file to the entries
	Begin           int64              `json:"begin"`               // first byte of the first entry
	End             int64              `json:"end"`                 // end of the last entry
	Scattered       bool               `json:"scattered,omitempty"` // the entries do not lie one after another: begin and end are the least and the greatest offset
	Distinct        int                `json:"distinct"`            // entries, normalised
	Entries         []Entry            `json:"entries"`             // in order, duplicates kept
	Categories      map[string]float64 `json:"categories"`          // share of the distinct entries by subject: political, religious, sexual, ...
	Languages       map[string]float64 `json:"languages,omitempty"` // share of the distinct entries by BCP 47 tag, as far as characters tell: "zh-Hans", "zh", "und-Latn", "zxx"
	RawSHA256       string             `json:"raw_sha256"`
	CanonicalSHA256 string             `json:"canonical_sha256"`
	Overlap         []Overlap          `json:"overlap,omitempty"` // with the reference lists that were given, the greatest first
	Readers         []string           `json:"readers"`           // methods of the same app that name the file, with the paths and addresses that they name beside it
}

// Entry is one entry of a list.
type Entry struct {
	Text     string `json:"text"`
	Offset   int64  `json:"offset"`
	Category string `json:"category,omitempty"` // of the known term that it is or holds
}

// Loader is code or configuration that fetches or reads a list.
type Loader struct {
	Mechanism  string      `json:"mechanism"`
	Indicators []Indicator `json:"indicators"`
	Code       []string    `json:"code,omitempty"` // methods of the same app that name an indicator, with the paths and addresses that they name beside it

	own int // indicators in front that make it a loader; the others are hints
}

// Indicator is a string that tells of a loader.
type Indicator struct {
	Text     string `json:"text"`
	Gloss    string `json:"gloss,omitempty"`
	Wordlist string `json:"wordlist"`
	Offset   int64  `json:"offset"` // of its first occurrence
	Encoding string `json:"encoding"`
	Count    int    `json:"count"`
}

// Term is a known term that stands by itself.
type Term struct {
	Term     string   `json:"term"`
	Gloss    string   `json:"gloss,omitempty"`
	Wordlist string   `json:"wordlist"`
	Category string   `json:"category"`
	Offset   int64    `json:"offset"` // of its first occurrence with the best grade; in the decoded bytes, or in the name, if Recipe says so
	Encoding string   `json:"encoding"`
	Recipe   string   `json:"recipe,omitempty"` // what stands before the encoding: "base64", or "file name" when the term is in the artefact's name
	Undone   []string `json:"undone,omitempty"` // what was undone so that the term shows: "separators", "width", ...; none when it stands as it is
	Parts    []Part   `json:"parts,omitempty"`  // of a combination: where each of its words stands, of the occurrence that is shown
	Grade    string   `json:"grade"`            // the best of all occurrences
	Context  Context  `json:"context"`
	Count    int      `json:"count"`             // plausible occurrences in the artefact
	Offsets  []int64  `json:"offsets,omitempty"` // of further occurrences, at most 15
}

// Part is one of the words of a combination; its Offset counts as that of the term.
type Part struct {
	Text   string `json:"text"`
	Offset int64  `json:"offset"`
	Length int    `json:"length"` // bytes
}

// Context is the decoded text around a hit, safe to print.
type Context struct {
	Before string `json:"before"`
	Match  string `json:"match"`
	After  string `json:"after"`
}

// Coverage is the account of all bytes: searched + structure + unopened = size.
type Coverage struct {
	Ledger
	Items      []CoverageItem      `json:"items"`
	Partitions []PartitionCoverage `json:"partitions"`
}

// Ledger accounts for the bytes of an artefact.
type Ledger struct {
	Size      int64 `json:"size"`
	Searched  int64 `json:"searched"`
	Structure int64 `json:"structure"`
	Unopened  int64 `json:"unopened"`
}

// Percent is the share of bytes that are accounted for as searched or structure, 0 to 100.
func (l Ledger) Percent() float64 {
	if l.Size == 0 {
		return 100
	}
	return 100 * float64(l.Size-l.Unopened) / float64(l.Size)
}

// CoverageItem names something that could not be opened, and why.
type CoverageItem struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"` // bytes of the named artefact; 0 when they could be read although something is wrong with them
	Reason string `json:"reason"`
	Detail string `json:"detail"`
	// Entropy is that of bytes which look compressed or encrypted and are of no known format, in bits per byte; 0 when it was not measured.
	Entropy float64 `json:"entropy,omitempty"`
}

// PartitionCoverage is the account of one partition.
type PartitionCoverage struct {
	Path string `json:"path"`
	Ledger
}

// Counts are figures of the whole run.
type Counts struct {
	Artifacts   int            `json:"artifacts"`
	Containers  map[string]int `json:"containers"`  // opened, by format
	Repeated    int            `json:"repeated"`    // artefacts of 4 KiB or more whose bytes were met before, at another place
	Hits        int64          `json:"hits"`        // needles found, before any check
	Boundary    int64          `json:"boundary"`    // dropped: part of a longer Latin word
	Implausible int64          `json:"implausible"` // dropped: their surroundings are no text
}
