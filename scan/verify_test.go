package scan_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan"
)

// verifiable is an input with a list in several forms and terms that stand alone.
func verifiable(t testing.TB) []byte {
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(strings.Join(planted, "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	quoted, _ := json.Marshal(planted)
	var escaped bytes.Buffer
	for _, r := range string(quoted) {
		if r < 0x80 {
			escaped.WriteRune(r)
		} else {
			escaped.WriteString(`\u` + strings.ToUpper(string([]byte{hex(r >> 12), hex(r >> 8), hex(r >> 4), hex(r)})))
		}
	}
	return zipOf(t,
		file{"lines-gbk.txt", []byte(gbk)},
		file{"escaped.json", escaped.Bytes()},
		file{"base64.dat", []byte(base64.StdEncoding.EncodeToString([]byte(strings.Join(planted, "\n"))))},
		file{"prose.txt", []byte("A sentence about 西藏独立 and nothing else, in a file of its own.\n")},
		file{"法轮功.txt", []byte("the name says it")},
		file{"loader.xml", []byte("<string name=\"MiAdBlackListDiskCache\">x</string>")},
	)
}

func hex(r rune) byte { return "0123456789abcdef"[r&15] }

func verify(t testing.TB, r *scan.Report, share float64, data []byte) *scan.Verification {
	t.Helper()
	v, err := newEngine(t, nil).Verify(context.Background(), r, share, extract.SourceRoot("in.zip", extract.BytesSource(data)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestVerify verifies a report, then reports that are wrong in one thing.
func TestVerify(t *testing.T) {
	data := verifiable(t)
	r := scanBytes(t, newEngine(t, nil), "in.zip", data)
	if lists := len(ofKind(r, scan.KindList)); lists != 3 || len(ofKind(r, scan.KindLoader)) != 1 || len(ofKind(r, scan.KindTerm)) < 2 {
		t.Fatalf("the report has %d lists: not what the test is made for", lists)
	}
	v := verify(t, r, 1, data)
	if len(v.Differences) > 0 || v.Confirmed != len(r.Findings) || v.Findings != len(r.Findings) {
		t.Errorf("%d of %d confirmed, differences %v", v.Confirmed, v.Findings, v.Differences)
	}
	if want := 3*len(planted) + 3; v.Places < want || v.Sample.Hits == 0 || v.Sample.Artifacts == 0 {
		t.Errorf("%d places read again, want %d at least; sample %+v", v.Places, want, v.Sample)
	}

	kind := func(r *scan.Report, k scan.Kind) *scan.Finding {
		for i := range r.Findings {
			if r.Findings[i].Kind == k {
				return &r.Findings[i]
			}
		}
		return nil
	}
	for _, c := range []struct {
		name   string
		change func(*scan.Report)
		want   string
	}{
		{"an entry", func(r *scan.Report) { kind(r, scan.KindList).List.Entries[3].Text = "另一个词" }, "another entry"},
		{"an entry less", func(r *scan.Report) { l := kind(r, scan.KindList).List; l.Entries = l.Entries[1:] }, "another entry"},
		{"the place of an entry", func(r *scan.Report) { kind(r, scan.KindList).List.Entries[3].Offset++ }, "another entry"},
		{"a hash", func(r *scan.Report) { kind(r, scan.KindList).List.RawSHA256 = strings.Repeat("0", 64) }, "raw SHA-256"},
		{"a term's place", func(r *scan.Report) { kind(r, scan.KindTerm).Term.Offset++ }, "place or context"},
		{"an indicator", func(r *scan.Report) { kind(r, scan.KindLoader).Loader.Indicators[0].Text = "x" }, "another indicator"},
		{"an artefact", func(r *scan.Report) { kind(r, scan.KindList).Artifact.SHA256 = strings.Repeat("0", 64) }, "SHA-256 of the artefact"},
		{"a size", func(r *scan.Report) { kind(r, scan.KindList).Artifact.Size++ }, "the report says"},
		{"a path", func(r *scan.Report) { kind(r, scan.KindTerm).Path += "x" }, "no such artefact"},
		{"an id", func(r *scan.Report) { kind(r, scan.KindTerm).ID = "0123456789abcdef" }, "not found again"},
		{"coverage", func(r *scan.Report) { r.Coverage.Searched--; r.Coverage.Structure++ }, "coverage is"},
		{"the input", func(r *scan.Report) { r.Inputs[0].SHA256 = strings.Repeat("0", 64) }, "the input has SHA-256"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wrong := copyOf(t, r)
			c.change(wrong)
			v := verify(t, wrong, 0, data)
			if len(v.Differences) == 0 || !strings.Contains(v.Differences[0].Detail, c.want) && !strings.Contains(v.Differences[len(v.Differences)-1].Detail, c.want) {
				t.Errorf("differences %v, want %q", v.Differences, c.want)
			}
		})
	}
	t.Run("another input", func(t *testing.T) {
		other := bytes.Clone(data)
		other[bytes.Index(other, []byte("PK\x01\x02"))+4] ^= 1 // "version made by"
		if v := verify(t, r, 0, other); len(v.Differences) != 1 || v.Confirmed != len(r.Findings) {
			t.Errorf("%d confirmed, differences %v", v.Confirmed, v.Differences)
		}
	})
}

func copyOf(t testing.TB, r *scan.Report) *scan.Report {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	out, err := scan.ReadReport(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestVerifyRefuses names reports that cannot be verified.
func TestVerifyRefuses(t *testing.T) {
	data := verifiable(t)
	r := scanBytes(t, newEngine(t, nil), "in.zip", data)
	for want, change := range map[string]func(*scan.Report){
		"did not come to its end": func(r *scan.Report) { r.Complete = false },
		"inputs":                  func(r *scan.Report) { r.Inputs = append(r.Inputs, r.Inputs[0]) },
		"not at hand":             func(r *scan.Report) { r.Wordlists[0].SHA256 = strings.Repeat("0", 64) },
		"schema":                  func(r *scan.Report) { r.Schema = "censorscan.report/9" },
	} {
		wrong := copyOf(t, r)
		change(wrong)
		_, err := newEngine(t, nil).Verify(context.Background(), wrong, 0, extract.SourceRoot("in.zip", extract.BytesSource(data)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

// TestReadReportRefuses reads what is no report, or half of one.
func TestReadReportRefuses(t *testing.T) {
	b, err := json.Marshal(scanBytes(t, newEngine(t, nil), "in.zip", verifiable(t)))
	if err != nil {
		t.Fatal(err)
	}
	whole := string(b)
	for _, c := range []struct{ name, data, want string }{
		{"empty", "", "cut off"},
		{"half", whole[:len(whole)/2], "cut off"},
		{"newer", strings.Replace(whole, "censorscan.report/1", "censorscan.report/2", 1), "a newer one"},
		{"another", strings.Replace(whole, "censorscan.report/1", "censorscan.diff/1", 1), "no report of censorscan"},
		{"other JSON", `{"a": 1}`, "no report of censorscan"},
		{"no JSON", "PK\x03\x04", "no report of censorscan"},
		{"gzip", "\x1f\x8b\x08", "gzip"},
		{"two", whole + whole, "followed by something else"},
		{"a finding without content", strings.Replace(whole, `"kind":"list"`, `"kind":"loader"`, 1), "none of its kind"},
		{"sums", strings.Replace(whole, `"searched":`, `"searched":1`, 1), "does not add up"},
		{"types", strings.Replace(whole, `"complete":true`, `"complete":3`, 1), "damaged"},
	} {
		if _, err := scan.ReadReport(strings.NewReader(c.data)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.want)
		}
	}
	if _, err := scan.ReadReport(strings.NewReader(whole)); err != nil {
		t.Error(err)
	}
}

func FuzzReadReport(f *testing.F) {
	b, err := json.Marshal(scanBytes(f, newEngine(f, nil), "in.zip", verifiable(f)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"schema":"censorscan.report/1","findings":[{"kind":"list"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := scan.ReadReport(bytes.NewReader(data)); err == nil && r.Schema != scan.Schema {
			t.Errorf("schema %q", r.Schema)
		}
	})
}
