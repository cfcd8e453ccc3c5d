package render

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/scan/diff"
	"github.com/censorscan/censorscan/wordlists"
)

//go:embed html
var htmlFiles embed.FS

// HTML writes results as one page that needs no other file and no network. What the page shows at once is markup; entries and other long tables stand in it as JSON, from
// which its script shows them piece by piece.
type HTML struct {
	Glosses wordlists.Glosses // what entries mean; nil shows no glosses
}

// Report writes a report as a page.
func (h HTML) Report(w io.Writer, r *scan.Report) error {
	p := newPage("censorscan report", names(r.Inputs), r.Tool)
	p.Report = h.report(r, &p.Data)
	return p.write(w)
}

// Diff writes what changed from one report to another as a page.
func (h HTML) Diff(w io.Writer, d *diff.Diff) error {
	p := newPage("censorscan comparison", names(d.Old.Inputs)+" → "+names(d.New.Inputs), d.Tool)
	p.Diff = h.diff(d, &p.Data)
	return p.write(w)
}

// Timeline writes a timeline as a page.
func (h HTML) Timeline(w io.Writer, t *diff.Timeline) error {
	p := newPage("censorscan timeline", plural(len(t.Releases), "release"), t.Tool)
	p.Timeline = h.timeline(t, &p.Data)
	return p.write(w)
}

func names(inputs []scan.Input) string {
	var out []string
	for _, in := range inputs {
		out = append(out, in.Name)
	}
	return strings.Join(out, ", ")
}

// page is what the template page.html is filled with; one of Report, Diff and Timeline is set.
type page struct {
	Kind, Of string // together the title
	Tool     scan.Tool
	Policy   string // content security policy
	Style    template.CSS
	Script   template.JS
	Data     pageData
	JSON     template.JS // Data
	Report   *reportPage
	Diff     *diffPage
	Timeline *timelinePage
}

func newPage(kind, of string, tool scan.Tool) *page {
	style, script := mustAsset("page.css"), mustAsset("page.js")
	return &page{
		Kind: kind, Of: of, Tool: tool, Style: template.CSS(style), Script: template.JS(script), Data: pageData{Tables: []dataTable{}, Subjects: map[string]string{}},
		Policy: fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
			sourceHash(style), sourceHash(script)),
	}
}

// mustAsset reads an embedded file; that it is there is settled when the program is built.
func mustAsset(name string) string {
	b, err := htmlFiles.ReadFile("html/" + name)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// sourceHash is how a content security policy names an inline style or script.
func sourceHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func (p *page) write(w io.Writer) error {
	t, err := template.New("page.html").Funcs(template.FuncMap{
		"bytes": Bytes, "percent": Percent, "num": number, "visible": visible, "plural": plural, "join": strings.Join, "steps": steps, "share": func(part float64) string { return fmt.Sprintf("%.1f %%", 100*part) }, "inc": func(i int) int { return i + 1 },
		"size": func(n int64) string { return number(n) + " bytes" },
	}).ParseFS(htmlFiles, "html/*.html")
	if err != nil {
		return fmt.Errorf("the page's template: %w", err)
	}
	if p.JSON, err = p.Data.encode(); err != nil {
		return fmt.Errorf("the page's data: %w", err)
	}
	e := &errWriter{w: w}
	if err := t.Execute(e, p); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return e.err
}

// number groups the digits of a number by three.
func number(n any) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// piece is a run of text, or one character that would not be seen, as an escape.
type piece struct {
	Text   string
	Escape bool
}

// visible splits a string such that nothing in it is hidden or turns the direction of what stands beside it.
func visible(s string) []piece {
	var out []piece
	s = strings.ToValidUTF8(s, "\uFFFD")
	begin := 0
	for i, r := range s {
		if !isHidden(r) {
			continue
		}
		if i > begin {
			out = append(out, piece{s[begin:i], false})
		}
		out = append(out, piece{`\u{` + strings.ToUpper(strconv.FormatInt(int64(r), 16)) + "}", true})
		begin = i + len(string(r))
	}
	if begin < len(s) {
		out = append(out, piece{s[begin:], false})
	}
	return out
}

// steps cuts a path chain where a line may break: behind what leads on.
func steps(path string) []string {
	var out []string
	for {
		i := strings.IndexAny(path, "/!")
		if i < 0 || i == len(path)-1 {
			return append(out, path)
		}
		out, path = append(out, path[:i+1]), path[i+1:]
	}
}

// isHidden tells of characters that leave no mark on a screen or change the order of others, all but the space and the one of Chinese text. The page's script has the same rule.
func isHidden(r rune) bool {
	const ideographicSpace = '\u3000'
	return !unicode.IsPrint(r) && r != ideographicSpace || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
