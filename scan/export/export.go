// Package export writes the lists of a report as files that other programs read.
package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/wordlists"
)

// Schema is the name and version of the layout of a Manifest.
const Schema = "censorscan.export/1"

// Manifest says what was written: it is the file manifest.json.
type Manifest struct {
	Schema string       `json:"schema"`
	Tool   scan.Tool    `json:"tool"`
	Inputs []scan.Input `json:"inputs"`
	Lists  []List       `json:"lists"`
}

// List is one list and the files it was written to.
type List struct {
	Finding         string  `json:"finding"` // its id in the report
	Path            string  `json:"path"`
	ArtifactSHA256  string  `json:"artifact_sha256"`
	Class           string  `json:"class"`
	Score           float64 `json:"score"`
	Entries         int     `json:"entries"`
	Distinct        int     `json:"distinct"`
	Broken          int     `json:"broken,omitempty"` // entries that hold a line break, which the file of lines has as a space
	RawSHA256       string  `json:"raw_sha256"`
	CanonicalSHA256 string  `json:"canonical_sha256"`
	Files           []File  `json:"files"`
}

// File is a file of an export.
type File struct {
	Name   string `json:"name"`
	Form   string `json:"form"` // "lines", "csv" or "citizenlab"
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Lists writes every list of a report into a folder: as lines of UTF-8, as CSV (index, text, offset, category, gloss), and in the layout of
// the tables that the Citizen Lab publishes (github.com/citizenlab/chat-censorship), with a manifest of hashes. The glosses are those of the wordlists.
func Lists(dir *os.Root, r *scan.Report, lists []*wordlists.List) (*Manifest, error) {
	glosses := wordlists.GlossesOf(lists)
	m := &Manifest{Schema: Schema, Tool: r.Tool, Inputs: r.Inputs, Lists: []List{}}
	for _, f := range r.Findings {
		if f.List == nil {
			continue
		}
		l := List{
			Finding: f.ID, Path: f.Path, ArtifactSHA256: f.Artifact.SHA256, Class: f.List.Class, Score: f.List.Score, Entries: len(f.List.Entries),
			Distinct: f.List.Distinct, RawSHA256: f.List.RawSHA256, CanonicalSHA256: f.List.CanonicalSHA256,
		}
		base := fmt.Sprintf("%03d-%s", len(m.Lists)+1, fileName(f.Path))
		lines, broken := asLines(f.List)
		l.Broken = broken
		table, err := asCSV(f.List, glosses)
		if err != nil {
			return nil, err
		}
		public, err := asCitizenLab(&f, glosses)
		if err != nil {
			return nil, err
		}
		for _, out := range []struct {
			suffix, form string
			data         []byte
		}{{".txt", "lines", lines}, {".csv", "csv", table}, {".citizenlab.csv", "citizenlab", public}} {
			name := base + out.suffix
			if err := dir.WriteFile(name, out.data, 0o644); err != nil {
				return nil, fmt.Errorf("exporting a list: %w", err)
			}
			sum := sha256.Sum256(out.data)
			l.Files = append(l.Files, File{name, out.form, int64(len(out.data)), hex.EncodeToString(sum[:])})
		}
		m.Lists = append(m.Lists, l)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(m); err != nil {
		return nil, err
	}
	if err := dir.WriteFile("manifest.json", b.Bytes(), 0o644); err != nil {
		return nil, fmt.Errorf("exporting lists: %w", err)
	}
	return m, nil
}

// fileName makes a name that every file system takes out of the last element of a path chain.
func fileName(path string) string {
	path = path[strings.LastIndexAny(path, "/!")+1:]
	path = strings.TrimSuffix(strings.TrimSuffix(path, ".txt"), ".csv")
	var b strings.Builder
	for _, r := range path {
		if b.Len() > 60 {
			break
		}
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '.' || r == '-' || r == '_' {
			b.WriteRune(r)
		} else {
			b.WriteByte('_')
		}
	}
	if name := strings.TrimLeft(b.String(), "."); name != "" {
		return name
	}
	return "list"
}

// asLines writes an entry per line. What breaks a line is a space there.
func asLines(l *scan.List) (data []byte, broken int) {
	breaks := strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ")
	for _, e := range l.Entries {
		s := breaks.Replace(e.Text)
		if s != e.Text {
			broken++
		}
		data = append(append(data, s...), '\n')
	}
	return data, broken
}

func asCSV(l *scan.List, glosses wordlists.Glosses) ([]byte, error) {
	rows := [][]string{{"index", "text", "offset", "category", "gloss"}}
	for i, e := range l.Entries {
		rows = append(rows, []string{strconv.Itoa(i + 1), e.Text, strconv.FormatInt(e.Offset, 10), e.Category, glosses.Of(e.Text)})
	}
	return writeCSV(rows)
}

func asCitizenLab(f *scan.Finding, glosses wordlists.Glosses) ([]byte, error) {
	rows := [][]string{{"client", "word", "machine_translation", "human_translation", "theme", "categories", "description"}}
	for _, e := range f.List.Entries {
		theme := ""
		if e.Category != "" {
			theme = wordlists.Subject(e.Category)
		}
		rows = append(rows, []string{f.Path, e.Text, "", glosses.Of(e.Text), theme, e.Category, ""})
	}
	return writeCSV(rows)
}

func writeCSV(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(rows); err != nil {
		return nil, fmt.Errorf("writing CSV: %w", err)
	}
	return b.Bytes(), nil
}
