package app

import (
	"archive/zip"
	"bytes"
	"errors"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const samples = "../../testdata/app"

func readSample(t testing.TB, path string) (*App, error) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return Read(bytes.NewReader(raw), int64(len(raw)))
}

// TestRead compares the samples with what aapt and apksigner say of them (tools.txt, in the order v1, v2, v3, two).
func TestRead(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(samples, "tools.txt"))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(raw), "package: ")[1:]
	for i, name := range []string{"v1", "v2", "v3", "two"} {
		a, err := readSample(t, filepath.Join(samples, name+".apk"))
		if err != nil {
			t.Fatal(err)
		}
		said := regexp.MustCompile(`^name='(.*?)' versionCode='(\d+)' versionName='(.*?)'`).FindStringSubmatch(parts[i])
		if a.Package != said[1] || a.VersionName != said[3] {
			t.Errorf("%s: %+v, aapt says %q", name, a, said)
		}
		if l := regexp.MustCompile(`application-label:'(.*)'`).FindStringSubmatch(parts[i]); l != nil && a.Label != l[1] {
			t.Errorf("%s: label %q, aapt says %q", name, a.Label, l[1])
		}
		sums := regexp.MustCompile(`SHA-256 digest: ([0-9a-f]{64})`).FindAllStringSubmatch(parts[i], -1)
		if len(a.Signers) != len(sums) {
			t.Fatalf("%s: signers %+v, apksigner says %q", name, a.Signers, sums)
		}
		for k, s := range a.Signers {
			scheme := name
			if name == "two" {
				scheme = "v2"
			}
			if s.SHA256 != sums[k][1] || s.Scheme != scheme || !strings.HasPrefix(s.Subject, "CN=") {
				t.Errorf("%s: signer %+v, apksigner says %s", name, s, sums[k][1])
			}
		}
	}
	a, err := readSample(t, filepath.Join(samples, "two.apk"))
	if err != nil || a.Label != "Notes & 便签" || a.VersionCode != 2147483647 {
		t.Errorf("two: %+v, %v", a, err)
	}
}

// zipOf makes a zip of one file.
func zipOf(t testing.TB, name string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadOthers(t *testing.T) {
	for _, c := range []struct {
		name string
		data []byte
		none bool
	}{
		{"no zip", []byte("text"), true},
		{"another zip", zipOf(t, "a.txt", nil), true},
		{"a text manifest", zipOf(t, "AndroidManifest.xml", []byte("<manifest package='x'/>")), false},
		{"an empty manifest", zipOf(t, "AndroidManifest.xml", nil), false},
		{"a manifest without end", zipOf(t, "AndroidManifest.xml", make([]byte, maxManifest+1)), false},
	} {
		a, err := Read(bytes.NewReader(c.data), int64(len(c.data)))
		if err == nil || errors.Is(err, ErrNone) != c.none {
			t.Errorf("%s: %+v, %v", c.name, a, err)
		}
	}
}

// TestDamage reads APKs with a byte changed here and there: nothing panics, and the bytes of a signature are not those of another.
func TestDamage(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for _, name := range []string{"v1", "v2", "v3", "two"} {
		raw, err := os.ReadFile(filepath.Join(samples, name+".apk"))
		if err != nil {
			t.Fatal(err)
		}
		for range 3000 {
			bad := bytes.Clone(raw)
			for range 1 + rng.Intn(4) {
				bad[rng.Intn(len(bad))] = byte(rng.Intn(256))
			}
			Read(bytes.NewReader(bad), int64(len(bad)))
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"v1", "v2", "v3", "two"} {
		raw, err := os.ReadFile(filepath.Join(samples, name+".apk"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if a, err := Read(bytes.NewReader(data), int64(len(data))); err == nil && a.Package == "" {
			t.Error("an app without a package")
		}
	})
}

// FuzzManifest and FuzzResources go behind the zip.
func FuzzManifest(f *testing.F) {
	fuzzFile(f, "AndroidManifest.xml", func(data []byte) { readManifest(data) })
}

func FuzzResources(f *testing.F) {
	fuzzFile(f, "resources.arsc", func(data []byte) { lookUp(data, 0x7f010000, 0x7f020000) })
}

func fuzzFile(f *testing.F, name string, read func([]byte)) {
	for _, apk := range []string{"v2", "v3"} {
		z, err := zip.OpenReader(filepath.Join(samples, apk+".apk"))
		if err != nil {
			f.Fatal(err)
		}
		r, err := z.Open(name)
		if err != nil {
			f.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(r); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
		z.Close()
	}
	f.Fuzz(func(_ *testing.T, data []byte) { read(data) })
}

func BenchmarkRead(b *testing.B) {
	raw, err := os.ReadFile(filepath.Join(samples, "v3.apk"))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := Read(bytes.NewReader(raw), int64(len(raw))); err != nil {
			b.Fatal(err)
		}
	}
}
