package scan_test

import (
	"archive/zip"
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan"
)

// TestEngineApps plants a list in an app, in an app within that app, and beside them: each finding names the innermost app.
func TestEngineApps(t *testing.T) {
	manifest := func(apk string) []byte { return unzipped(t, "../testdata/app/"+apk, "AndroidManifest.xml") }
	list := []byte(strings.Join(planted, "\n"))
	inner := zipOf(t, file{"AndroidManifest.xml", manifest("two.apk")}, file{"assets/inner.txt", list})
	outer := zipOf(t, file{"AndroidManifest.xml", manifest("v2.apk")}, file{"resources.arsc", unzipped(t, "../testdata/app/v2.apk", "resources.arsc")},
		file{"assets/outer.txt", list}, file{"assets/plugin.apk", inner}, file{"assets/words.zip", zipOf(t, file{"zipped.txt", list})})
	rom := zipOf(t, file{"outer.apk", outer}, file{"beside.txt", list})
	r := scanBytes(t, newEngine(t, nil), "rom.zip", rom)
	want := map[string]string{
		"rom.zip!outer.apk!assets/outer.txt":                   "com.example.camera Camera 4.5-β",
		"rom.zip!outer.apk!assets/plugin.apk!assets/inner.txt": "com.example.notes Notes & 便签 1.0",
		"rom.zip!outer.apk!assets/words.zip!zipped.txt":        "com.example.camera Camera 4.5-β",
		"rom.zip!beside.txt":                                   "",
	}
	for _, f := range ofKind(r, scan.KindList) {
		got := ""
		if f.App != nil {
			got = f.App.Package + " " + f.App.Label + " " + f.App.VersionName
		}
		if w, ok := want[f.Path]; !ok || got != w {
			t.Errorf("%s: app %q, want %q", f.Path, got, w)
		}
		delete(want, f.Path)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
	signed, err := os.ReadFile("../testdata/app/v3.apk")
	if err != nil {
		t.Fatal(err)
	}
	r = scanBytes(t, newEngine(t, nil), "v3.apk", signed)
	if r.Coverage.Unopened != 0 {
		t.Errorf("of a signed app %d bytes are not opened: %v", r.Coverage.Unopened, r.Coverage.Items)
	}
}

// TestEngineReaders plants a list that code of the app reads, one that no code names, and a loader: methods, the path of what takes the list's place and the address
// it comes from are told.
func TestEngineReaders(t *testing.T) {
	dex, err := os.ReadFile("../testdata/app/reader.dex")
	if err != nil {
		t.Fatal(err)
	}
	list := []byte(strings.Join(planted, "\n"))
	apk := zipOf(t, file{"AndroidManifest.xml", unzipped(t, "../testdata/app/two.apk", "AndroidManifest.xml")}, file{"classes.dex", dex},
		file{"assets/sensi/sensi_words.txt", list}, file{"assets/words.txt", list})
	r := scanBytes(t, newEngine(t, nil), "Camera.apk", apk)
	want := map[string][]string{
		"Camera.apk!assets/sensi/sensi_words.txt": {
			`classes.dex com.example.camera.SensitiveFilter.load: "sensi/sensi_words.txt", "/data/data/com.example.camera/files/sensi_words", "https://config.example.com/camera/words?version=2"`,
			`classes.dex com.example.camera.Downloader.run: "sensi_words.txt"`,
		},
		"Camera.apk!assets/words.txt": {},
	}
	for _, f := range ofKind(r, scan.KindList) {
		got := slices.Clone(f.List.Readers)
		slices.Sort(got)
		w := slices.Clone(want[f.Path])
		slices.Sort(w)
		if !slices.Equal(got, w) {
			t.Errorf("%s: readers %q, want %q", f.Path, got, w)
		}
		delete(want, f.Path)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
	code := map[string][]string{}
	for _, f := range ofKind(r, scan.KindLoader) {
		code[f.Loader.Mechanism] = f.Loader.Code
	}
	if got := code["miad"]; !slices.Equal(got, []string{`classes.dex com.example.camera.Downloader.run: "MiAdBlackListDiskCache"`}) {
		t.Errorf("loaders %q", code)
	}
	if v, err := newEngine(t, nil).Verify(context.Background(), r, 1, extract.SourceRoot("Camera.apk", extract.BytesSource(apk))); err != nil || len(v.Differences) > 0 {
		t.Errorf("verified: %+v, %v", v, err)
	}
}

// unzipped is a file of a zip.
func unzipped(t testing.TB, path, name string) []byte {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
