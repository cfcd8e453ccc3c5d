package scan_test

import (
	"context"
	"os"
	"testing"

	"github.com/censorscan/censorscan/extract"
)

// BenchmarkScan scans the control OTA of the samples, else the demo OTA, from end to end; the rate is in bytes of the input.
func BenchmarkScan(b *testing.B) {
	path := "../../shared/samples/control_clean_ota-payload.zip"
	data, err := os.ReadFile(path)
	if err != nil {
		path = "../testdata/rom/demo_ota.zip"
		if data, err = os.ReadFile(path); err != nil {
			b.Fatal(err)
		}
	}
	b.Logf("input %s", path)
	e := newEngine(b, nil)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Scan(context.Background(), extract.SourceRoot("rom.zip", extract.BytesSource(data))); err != nil {
			b.Fatal(err)
		}
	}
}
