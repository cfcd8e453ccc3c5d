// Package evidence keeps what proves a report: the files that carry its findings, where they lie, and the hashes of all. A pack is small, and can be checked without
// the firmware.
package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan"
)

// Schema is the name and version of the layout of a Manifest.
const Schema = "censorscan.evidence/1"

// The files of a pack.
const (
	ManifestFile = "manifest.json"
	ReportFile   = "report.json"
	SumsFile     = "SHA256SUMS" // as sha256sum -c reads it
	filesFolder  = "files"
)

// Limits of a pack: what is larger is named in the manifest, not carried.
const (
	MaxFile = 64 << 20 // bytes of a file that is carried
	MaxHash = 1 << 30  // bytes of a container in a chain that is hashed
)

// Manifest says what a pack holds.
type Manifest struct {
	Schema string       `json:"schema"`
	Tool   scan.Tool    `json:"tool"`
	Report Sum          `json:"report"`
	Inputs []scan.Input `json:"inputs"`
	Files  []File       `json:"files"`
}

// Sum is a file of the pack and its hash.
type Sum struct {
	File   string `json:"file"` // within the pack, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// File is an artefact that has findings.
type File struct {
	Path     string   `json:"path"`
	Findings []string `json:"findings"` // ids
	Carried  *Sum     `json:"carried,omitempty"`
	Missing  string   `json:"missing,omitempty"` // why it is not carried
	Chain    []Link   `json:"chain"`             // from the input to the artefact
}

// Link is an artefact on the way to another.
type Link struct {
	Path   string `json:"path"`
	Format string `json:"format,omitempty"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256,omitempty"` // none for folders and for what is larger than MaxHash
}

// Pack writes the evidence for a report into an empty folder. The inputs are those that the report was made from, opened again; only the
// containers that lead to a finding are opened. The error names an artefact that is not found or not the same.
func Pack(ctx context.Context, dir *os.Root, r *scan.Report, opts extract.Options, roots ...*extract.Root) (*Manifest, error) {
	if err := dir.Mkdir(filesFolder, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder: %w", err)
	}
	p := &packer{dir: dir, files: map[string]*File{}, links: map[string]Link{}, want: map[string]string{}, holds: map[string]bool{}}
	for _, f := range r.Findings {
		if p.files[f.Path] == nil {
			p.files[f.Path] = &File{Path: f.Path}
			p.want[f.Path] = f.Artifact.SHA256
			p.order = append(p.order, f.Path)
			for i := range f.Path {
				if f.Path[i] == '!' {
					p.holds[f.Path[:i]] = true
				}
			}
		}
		p.files[f.Path].Findings = append(p.files[f.Path].Findings, f.ID)
	}
	opts.Exclude = func(a *extract.Artifact) bool { return !p.leads(a.Path) }
	opts.Include = nil
	opts.Content = p.take
	for _, root := range roots {
		if _, err := extract.Walk(ctx, root, opts); err != nil {
			return nil, fmt.Errorf("%s: %w", root.Name, err)
		}
	}
	m := &Manifest{Schema: Schema, Tool: r.Tool, Inputs: r.Inputs, Files: []File{}}
	for _, path := range p.order {
		f := p.files[path]
		if f.Carried == nil && f.Missing == "" {
			return nil, fmt.Errorf("%s is not in the inputs given", path)
		}
		f.Chain = p.chain(path)
		m.Files = append(m.Files, *f)
	}
	report, err := encode(r)
	if err != nil {
		return nil, err
	}
	m.Report = sumOf(ReportFile, report)
	manifest, err := encode(m)
	if err != nil {
		return nil, err
	}
	for name, data := range map[string][]byte{ReportFile: report, ManifestFile: manifest, SumsFile: m.sums(sumOf(ManifestFile, manifest))} {
		if err := dir.WriteFile(name, data, 0o644); err != nil {
			return nil, fmt.Errorf("writing the evidence: %w", err)
		}
	}
	return m, nil
}

// sums lists every file of the pack once, in the form that sha256sum -c reads.
func (m *Manifest) sums(manifest Sum) []byte {
	all := []Sum{manifest, m.Report}
	for _, f := range m.Files {
		if f.Carried != nil {
			all = append(all, *f.Carried)
		}
	}
	slices.SortFunc(all, func(a, b Sum) int { return strings.Compare(a.File, b.File) })
	var out []byte
	for _, s := range slices.Compact(all) {
		out = fmt.Appendf(out, "%s  %s\n", s.SHA256, s.File)
	}
	return out
}

func encode(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", " ")
	return append(b, '\n'), err
}

func sumOf(name string, data []byte) Sum {
	sum := sha256.Sum256(data)
	return Sum{name, int64(len(data)), hex.EncodeToString(sum[:])}
}

type packer struct {
	dir   *os.Root
	want  map[string]string // SHA-256 by path
	holds map[string]bool   // paths of what holds them
	order []string

	mu    sync.Mutex // what follows
	files map[string]*File
	links map[string]Link
}

// leads tells whether an artefact has findings, or holds one that does.
func (p *packer) leads(path string) bool {
	_, wanted := p.want[path]
	return wanted || p.holds[path]
}

// chain is the links that lead to an artefact.
func (p *packer) chain(path string) []Link {
	var out []Link
	for i := range path {
		if path[i] == '!' {
			if l, ok := p.links[path[:i]]; ok {
				out = append(out, l)
			}
		}
	}
	return append(out, p.links[path])
}

// take hashes an artefact and, if it has findings, keeps it.
func (p *packer) take(ctx context.Context, a *extract.Artifact, container bool, c *extract.Content) (any, error) {
	if !p.leads(a.Path) {
		return nil, nil
	}
	src, err := c.Source(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.Path, err)
	}
	link := Link{Path: a.Path, Format: a.Format, Size: src.Size()}
	sum := sha256.New()
	to := io.Writer(sum)
	want, carrying := p.want[a.Path]
	var file *os.File
	part, missing := "", ""
	switch {
	case !carrying:
	case src.Size() > MaxFile:
		missing = fmt.Sprintf("it has more than %d bytes", MaxFile)
	default:
		pathSum := sha256.Sum256([]byte(a.Path))
		part = filesFolder + "/.part-" + hex.EncodeToString(pathSum[:])
		if file, err = p.dir.Create(part); err != nil {
			return nil, fmt.Errorf("writing the evidence: %w", err)
		}
		defer p.dir.Remove(part)
		defer file.Close()
		to = io.MultiWriter(sum, file)
	}
	if src.Size() <= MaxHash {
		if _, err := io.Copy(to, contextReader{ctx, io.NewSectionReader(src, 0, src.Size())}); err != nil {
			if ctx.Err() != nil || file != nil && want != "" {
				return nil, fmt.Errorf("%s: %w", a.Path, err)
			}
			missing = fmt.Sprintf("it cannot be read whole: %v", err)
		} else {
			link.SHA256 = hex.EncodeToString(sum.Sum(nil))
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.links[a.Path] = link
	if !carrying {
		return nil, nil
	}
	f := p.files[a.Path]
	if f.Missing = missing; missing != "" {
		return nil, nil
	}
	if want != "" && link.SHA256 != want {
		return nil, fmt.Errorf("%s has SHA-256 %s, the report says %s: it is of another input", a.Path, link.SHA256, want)
	}
	name := filesFolder + "/" + link.SHA256
	if err := errors.Join(file.Close(), p.dir.Rename(part, name)); err != nil {
		return nil, fmt.Errorf("writing the evidence: %w", err)
	}
	f.Carried = &Sum{name, link.Size, link.SHA256}
	return nil, nil
}

// contextReader stops reading when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
