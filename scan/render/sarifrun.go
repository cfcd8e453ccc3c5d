package render

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/censorscan/censorscan/scan"
	"github.com/censorscan/censorscan/wordlists"
)

const informationURI = "https://github.com/censorscan/censorscan"

// sarifBuilder makes a run.
type sarifBuilder struct {
	account   *account
	run       sarifRun
	rules     map[string]int
	reasons   map[string]int // of notifications
	artifacts map[string]int // by path
	logical   map[string]int // by path
	prints    map[string]int // how often a fingerprint was used
}

// newSARIF makes a log of an account, and tells how many results and notifications it took.
func newSARIF(a *account, limits sarifLimits) (log *sarifLog, results, notifications int) {
	b := &sarifBuilder{
		account: a, rules: map[string]int{}, reasons: map[string]int{}, artifacts: map[string]int{}, logical: map[string]int{}, prints: map[string]int{},
	}
	b.run = sarifRun{
		Tool: sarifTool{sarifDriver{
			Name: cmp.Or(a.tool.Name, "censorscan"), Version: a.tool.Version, InformationURI: informationURI,
			Rules: []sarifDescriptor{}, Notifications: []sarifDescriptor{},
		}},
		Invocations: []sarifInvocation{{ExecutionSuccessful: a.complete, Notifications: []sarifNotification{}}},
		Artifacts:   []sarifArtifact{}, LogicalLocations: []sarifLogicalLocation{}, Results: []sarifResult{}, Properties: a.facts,
	}
	for _, in := range a.inputs {
		i := b.artifact(in.Name, in.Name, scan.Artifact{SHA256: in.SHA256, Size: in.Size}, "analysisTarget")
		if len(in.Properties) > 0 {
			b.run.Artifacts[i].Properties["build"] = in.Properties
		}
	}
	kept := mostGrave(a.found, limits.results)
	shown := map[string]bool{}
	for i, t := range a.found {
		if kept[i] && (len(b.rules) < limits.rules || shown[ruleID(&t)]) {
			shown[ruleID(&t)] = true
			b.result(&a.found[i], limits.locations)
		}
	}
	if !a.complete {
		b.notify("scan-incomplete", "error", "The scan did not come to its end: "+a.ended, "")
	}
	for _, n := range a.notes {
		b.notify("scan-note", "note", upperFirst(n), "")
	}
	items := min(len(a.items), limits.notifications)
	for _, it := range a.items[:items] {
		b.notify("unopened-"+slug(it.Reason), "warning", fmt.Sprintf("Not opened, or not whole (%d bytes): %s: %s", it.Size, it.Reason, it.Detail), it.Path)
	}
	results = len(b.run.Results)
	if less := len(a.found) - results; less > 0 {
		b.notify("left-out", "warning", fmt.Sprintf("%s are not in this file, for the limits of its form; the JSON form has all of them", plural(less, "finding")), "")
	}
	if less := len(a.items) - items; less > 0 {
		b.notify("left-out", "warning", fmt.Sprintf("%s of what was not opened are not in this file, for the limits of its form; the JSON form has all of them",
			plural(less, "record")), "")
	}
	return &sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{b.run}}, results, items
}

// mostGrave tells which findings are among the first n: by level, then lists before loaders before terms, then in their order.
func mostGrave(found []told, n int) []bool {
	order := make([]int, len(found))
	for i := range order {
		order[i] = i
	}
	levels, kinds := []string{"error", "warning", "note"}, []scan.Kind{scan.KindList, scan.KindLoader, scan.KindTerm}
	slices.SortStableFunc(order, func(x, y int) int {
		a, b := &found[x], &found[y]
		return cmp.Or(cmp.Compare(slices.Index(levels, a.level), slices.Index(levels, b.level)), cmp.Compare(slices.Index(kinds, a.kind), slices.Index(kinds, b.kind)))
	})
	kept := make([]bool, len(found))
	for _, i := range order[:min(n, len(order))] {
		kept[i] = true
	}
	return kept
}

// ruleID is the rule of a finding: its kind and what it is about. A "/" would make it a part of another rule.
func ruleID(t *told) string { return t.class + "-" + cmp.Or(slug(t.category), "uncategorised") }

// slug makes a part of an id of what may be any text.
func slug(s string) string {
	const longest = 60 // names of rules have 255 characters at most
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' {
			return unicode.ToLower(r)
		}
		return '-'
	}, s))
	return strings.Trim(string(runes[:min(len(runes), longest)]), "-")
}

// classes say what the rules of a class are about.
var classes = map[string][3]string{ // what, default level, help
	"list": {"Blocklist present", "warning", "A list of terms stands in a file of the image. The result tells where, in which encoding, and how many of its entries are known terms. " +
		"That it is present does not say whether or how it is used."},
	"packages":   {"List of package names present", "warning", "A list stands in a file of the image of which nearly all entries are names of apps."},
	"hosts":      {"List of hosts present", "warning", "A list stands in a file of the image of which nearly all entries are names of hosts."},
	"collection": {"Word collection present", "note", "A list of words that is no blocklist by its score stands in a file of the image."},
	"loader": {"Loader present", "warning", "Code or configuration in the image names what fetches or reads a list. The list itself may be elsewhere. " +
		"That it is present does not say whether or how it is used."},
	"term": {"Term present", "note", "A known term stands alone in plausible text, or in the name of a file. Terms also stand in dictionaries, input methods and books."},
}

func (b *sarifBuilder) rule(t *told) int {
	id := ruleID(t)
	if i, ok := b.rules[id]; ok {
		return i
	}
	c := classes[t.class]
	category := slug(t.category)
	about := cmp.Or(category, "no known category")
	tags := []string{t.class}
	if category != "" && category != t.class {
		tags = append(tags, category)
	}
	if s := wordlists.Subject(t.category); t.class == "term" && !slices.Contains(tags, s) {
		tags = append(tags, s)
	}
	b.run.Tool.Driver.Rules = append(b.run.Tool.Driver.Rules, sarifDescriptor{
		ID: id, Name: camel(t.class + " " + about), ShortDescription: plainText(c[0] + ": " + about),
		FullDescription: plainText(c[0] + " in the image, about: " + about + "."), Help: plainText(c[2]),
		HelpURI: informationURI + "#reading-the-report", Default: &sarifLevel{c[1]}, Properties: map[string]any{"tags": tags},
	})
	b.rules[id] = len(b.rules)
	return b.rules[id]
}

// camel joins words as names of rules are written.
func camel(s string) string {
	var out strings.Builder
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' || r == '_' }) {
		out.WriteString(upperFirst(w))
	}
	return out.String()
}

func (b *sarifBuilder) result(t *told, locations int) {
	rule := b.rule(t)
	at := b.location(t)
	r := sarifResult{
		RuleID: b.run.Tool.Driver.Rules[rule].ID, RuleIndex: rule, Level: t.level, Message: plainText(t.message), Locations: []sarifLocation{at}, Baseline: t.baseline,
		Fingerprints: b.fingerprints(t), Properties: t.facts,
	}
	if t.id != "" {
		r.Properties["finding"] = t.id
	}
	if t.region != nil && at.Physical.Region.ByteOffset == nil {
		r.Properties["byteOffset"], r.Properties["byteLength"] = t.region.Offset, t.region.Size
	}
	for i := range min(len(t.more), locations-1) {
		near := at
		near.Logical, near.Physical.Region = nil, region(&t.more[i])
		r.Related = append(r.Related, near)
	}
	b.run.Results = append(b.run.Results, r)
}

// fingerprints identify a result from release to release: what it is and where, without the name of the input. GitHub reads primaryLocationLineHash alone, a hash and a number
// that tells results with the same hash apart.
func (b *sarifBuilder) fingerprints(t *told) map[string]string {
	sum := sha256.Sum256([]byte(t.class + "\x00" + t.place + "\x00" + t.content))
	print := hex.EncodeToString(sum[:16])
	b.prints[print]++
	print = fmt.Sprintf("%s:%d", print, b.prints[print])
	return map[string]string{"censorscanPlaceAndContent/v1": print, "primaryLocationLineHash": print}
}

// location is where something stands: the bytes in its file, and the chain of containers that leads there.
func (b *sarifBuilder) location(t *told) sarifLocation {
	i := b.artifact(t.path, t.place, t.artifact, "resultFile")
	l := b.chain(t.path)
	return sarifLocation{
		Physical: sarifPhysicalLocation{Artifact: sarifArtifactLocation{b.run.Artifacts[i].Location.URI, &i}, Region: region(t.region)},
		Logical:  []sarifLogicalLocation{{Index: &l, FullyQualifiedName: b.run.LogicalLocations[l].FullyQualifiedName}},
	}
}

// sarifMost is the greatest size and offset that is told in a field of SARIF: Microsoft's SDK, which many viewers are made with, holds them in 32 bits and reads nothing of a
// file with a greater one. Properties may hold any number.
const sarifMost = math.MaxInt32

func region(at *scan.Extent) *sarifRegion {
	if at == nil || min(at.Offset, at.Size) < 0 || max(at.Offset, at.Size) > sarifMost {
		return &sarifRegion{StartLine: 1}
	}
	return &sarifRegion{StartLine: 1, ByteOffset: &at.Offset, ByteLength: at.Size}
}

// artifact tells of a file once.
func (b *sarifBuilder) artifact(path, place string, a scan.Artifact, role string) int {
	if i, ok := b.artifacts[path]; ok {
		if roles := &b.run.Artifacts[i].Roles; !slices.Contains(*roles, role) {
			*roles = append(*roles, role)
		}
		return i
	}
	out := sarifArtifact{Location: sarifArtifactLocation{URI: relativeURI(place)}, Roles: []string{role}, Properties: map[string]any{}}
	if out.Length = max(0, a.Size); a.Size > sarifMost {
		out.Length, out.Properties["length"] = 0, a.Size
	}
	if a.SHA256 != "" {
		out.Hashes = map[string]string{"sha-256": a.SHA256}
	}
	if a.Format != "" {
		out.Properties["format"] = a.Format
	}
	b.artifacts[path] = len(b.run.Artifacts)
	b.run.Artifacts = append(b.run.Artifacts, out)
	return b.artifacts[path]
}

// relativeURI writes a path chain as a relative reference (RFC 3986).
func relativeURI(path string) string {
	parts := strings.Split(strings.TrimLeft(path, "/"), "/")
	for i, p := range parts {
		// "!" needs no escape; a colon in the first part would be taken for a scheme, and dots for a way up.
		parts[i] = strings.NewReplacer("%21", "!", ":", "%3A").Replace(url.PathEscape(p))
		if p == "." || p == ".." {
			parts[i] = strings.ReplaceAll(p, ".", "%2E")
		}
	}
	return cmp.Or(strings.Join(parts, "/"), "input")
}

// deepest is the longest chain that is told link by link: file names may hold any number of "!".
const deepest = 64

// chain tells of the containers on a path, each once, and returns the index of the last.
func (b *sarifBuilder) chain(path string) int {
	if i, ok := b.logical[path]; ok {
		return i
	}
	l := sarifLogicalLocation{Name: path, FullyQualifiedName: path}
	if at := strings.LastIndexByte(path, '!'); at > 0 && strings.Count(path, "!") < deepest {
		parent := b.chain(path[:at])
		l.Name, l.ParentIndex = path[at+1:], &parent
	}
	b.logical[path] = len(b.run.LogicalLocations)
	b.run.LogicalLocations = append(b.run.LogicalLocations, l)
	return b.logical[path]
}

// notifications are those that are no coverage records.
var notifications = map[string]string{
	"scan-incomplete": "The scan did not come to its end", "scan-note": "What a reader should know", "left-out": "What the limits of this form leave out",
}

// notificationHelp is what a reader should make of any notification.
const notificationHelp = "It says what the results do not show. That nothing is reported of bytes that were not opened does not mean that nothing is there."

func (b *sarifBuilder) notify(id, level, message, path string) {
	driver, invocation := &b.run.Tool.Driver, &b.run.Invocations[0]
	i, ok := b.reasons[id]
	if !ok {
		i = len(driver.Notifications)
		b.reasons[id] = i
		what := cmp.Or(notifications[id], "Not opened, or not whole: "+strings.TrimPrefix(id, "unopened-"))
		driver.Notifications = append(driver.Notifications, sarifDescriptor{
			ID: id, Name: camel(id), ShortDescription: plainText(what), FullDescription: plainText(what + "."), Help: plainText(notificationHelp),
		})
	}
	n := sarifNotification{Level: level, Message: plainText(message)}
	n.Descriptor.ID, n.Descriptor.Index = id, i
	if path != "" {
		n.Locations = []sarifLocation{{Physical: sarifPhysicalLocation{Artifact: sarifArtifactLocation{URI: relativeURI(b.account.place(path))}}}}
	}
	invocation.Notifications = append(invocation.Notifications, n)
}

// plainText is a message in which nothing is a placeholder or a link.
func plainText(s string) sarifText {
	return sarifText{strings.NewReplacer("{", "{{", "}", "}}", "[", `\[`, "]", `\]`).Replace(Printable(s))}
}
