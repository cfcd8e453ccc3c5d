package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/censorscan/censorscan/scan"
)

// view is a report with its paths made comparable.
type view struct {
	report   *scan.Report
	findings []finding
}

// finding is a finding with what it is paired by.
type finding struct {
	*scan.Finding
	place string // its path without the name of the input
	app   string // place of the innermost package that it lies in, "" if it lies in none
}

func newView(r *scan.Report) *view {
	v := &view{report: r}
	for i := range r.Findings {
		f := &r.Findings[i]
		p := v.place(f.Path)
		v.findings = append(v.findings, finding{f, p, App(p)})
	}
	return v
}

// place is a path without the name of the input, which differs from release to release. Of several inputs the number stays.
func (v *view) place(path string) string {
	if len(v.report.Inputs) == 1 {
		return strings.TrimPrefix(strings.TrimPrefix(path, v.report.Inputs[0].Name), "!")
	}
	return path
}

// App is the place of the innermost apk or apex on the way to a file.
func App(place string) string {
	for i := len(place); i > 0; i = strings.LastIndexByte(place[:i], '!') {
		lower := strings.ToLower(place[:i])
		if strings.HasSuffix(lower, ".apk") || strings.HasSuffix(lower, ".apex") || strings.HasSuffix(lower, ".capex") {
			return place[:i]
		}
	}
	return ""
}

// unseen says what of a place this side could not open, "" if nothing stands in the way of seeing it.
func (v *view) unseen(place string) string {
	for _, it := range v.report.Coverage.Items {
		if p := v.place(it.Path); it.Size > 0 && (p == place || p == "" || strings.HasPrefix(place, p+"!")) {
			return fmt.Sprintf("%s was not opened: %s: %s", it.Path, it.Reason, it.Detail)
		}
	}
	if part := Partition(place); part != "" && len(v.report.Coverage.Partitions) > 0 &&
		!slices.ContainsFunc(v.report.Coverage.Partitions, func(p scan.PartitionCoverage) bool { return PartitionName(p.Path) == part }) {
		return fmt.Sprintf("there is no partition %s on that side", part)
	}
	return ""
}

// Partition is the name of the partition that a path chain leads into, without the suffix of a slot: what stands before the first path inside an image.
func Partition(place string) string {
	image, _, ok := strings.Cut(place, "!/")
	if !ok {
		return ""
	}
	return PartitionName(image)
}

// PartitionName is the last element of a path chain, without the suffix of a slot.
func PartitionName(path string) string {
	name := path[strings.LastIndexByte(path, '!')+1:]
	name = strings.TrimSuffix(name, ".img")
	return strings.TrimSuffix(strings.TrimSuffix(name, "_a"), "_b")
}

// Notes says what makes two reports hard to compare.
func Notes(a, b *scan.Report) []string {
	out := []string{}
	for _, side := range []struct {
		name string
		r    *scan.Report
	}{{"old", a}, {"new", b}} {
		if !side.r.Complete {
			out = append(out, fmt.Sprintf("the %s side is of a scan that did not come to its end: %s", side.name, side.r.Ended))
		}
		if n := side.r.Coverage.Unopened; n > 0 {
			out = append(out, fmt.Sprintf("%d of %d bytes of the %s side were not opened", n, side.r.Coverage.Size, side.name))
		}
	}
	versions := func(r *scan.Report) string {
		var s []string
		for _, w := range r.Wordlists {
			s = append(s, w.Name+" "+w.Version+" "+w.SHA256[:min(8, len(w.SHA256))])
		}
		return strings.Join(s, ", ")
	}
	if x, y := versions(a), versions(b); x != y {
		out = append(out, fmt.Sprintf("the sides were searched with different wordlists: old %s; new %s", x, y))
	}
	if a.Tool.Version != b.Tool.Version {
		out = append(out, fmt.Sprintf("the sides were made by different versions: old %s, new %s", a.Tool.Version, b.Tool.Version))
	}
	if x, y := Device(a), Device(b); x != y && x != "" && y != "" {
		out = append(out, fmt.Sprintf("the sides are of different devices: old %s, new %s", x, y))
	}
	return out
}

// Device is the name of the device that a report is of, "" if it does not tell.
func Device(r *scan.Report) string {
	for _, in := range r.Inputs {
		for _, key := range []string{"ro.product.device", "ro.product.system.device", "ro.product.vendor.device", "ro.build.product", "ro.product.model"} {
			if d := in.Properties[key]; d != "" {
				return d
			}
		}
	}
	return ""
}
