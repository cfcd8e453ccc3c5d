package scan

import (
	"slices"

	"github.com/censorscan/censorscan/scan/text"
)

// Region tells which bytes of its artefact a finding takes: those of a list, the first occurrence of a term or an indicator, or the first word of a combination. Its size is 0
// where the report does not tell how many bytes a term takes that is escaped or masked. It is nil when the finding has no such bytes: it stands in decoded bytes, or in the artefact's name.
func (f *Finding) Region() *Extent {
	switch {
	case f.List != nil:
		if slices.Contains(f.List.Recipe, base64Step) {
			return nil
		}
		return &Extent{f.List.Begin, f.List.End - f.List.Begin}
	case f.Loader != nil:
		if len(f.Loader.Indicators) == 0 {
			return nil
		}
		return f.Loader.Indicators[0].Region()
	case f.Term == nil || f.Term.Recipe != "":
		return nil
	}
	if len(f.Term.Parts) > 0 {
		return f.Term.Parts[0].Region()
	}
	if len(f.Term.Undone) > 0 {
		return &Extent{f.Term.Offset, 0}
	}
	match := f.Term.Context.Match
	if match == "" {
		match = f.Term.Term
	}
	return &Extent{f.Term.Offset, encodedSize(match, f.Term.Encoding)}
}

// Region tells which bytes of the artefact the first occurrence of an indicator takes.
func (i *Indicator) Region() *Extent { return &Extent{i.Offset, encodedSize(i.Text, i.Encoding)} }

// Region tells which bytes of the artefact a word of a combination takes.
func (p *Part) Region() *Extent { return &Extent{p.Offset, int64(p.Length)} }

// encodedSize is how many bytes a text takes in an encoding, 0 if that is not certain.
func encodedSize(s, encoding string) int64 {
	e, err := text.ParseEncoding(encoding)
	if err != nil {
		return 0
	}
	forms := e.Forms(s)
	if len(forms) == 0 {
		forms = text.UTF8.Forms(s) // ASCII, which Forms gives to UTF-8 alone
	}
	if len(forms) == 0 || slices.ContainsFunc(forms, func(f text.Form) bool { return len(f.Bytes) != len(forms[0].Bytes) }) {
		return 0
	}
	return int64(len(forms[0].Bytes))
}

// Content identifies what a finding is, wherever it stands: the canonical hash of a list, the mechanism of a loader, or the term, after what it is encoded in or
// whether it is masked.
func (f *Finding) Content() string {
	switch {
	case f.List != nil:
		return f.List.CanonicalSHA256
	case f.Loader != nil:
		return f.Loader.Mechanism
	case f.Term.Recipe != "":
		return f.Term.Recipe + " " + f.Term.key()
	}
	return f.Term.key()
}

// Category is what a finding is about: the subject that most entries of a list are of ("" when none is known), the mechanism of a loader, the category of a term.
func (f *Finding) Category() string {
	switch {
	case f.List != nil:
		best := ""
		for name, share := range f.List.Categories {
			if most := f.List.Categories[best]; share > most || share == most && share > 0 && name < best {
				best = name
			}
		}
		return best
	case f.Loader != nil:
		return f.Loader.Mechanism
	}
	return f.Term.Category
}
