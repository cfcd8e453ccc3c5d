package compress

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"testing"

	"github.com/censorscan/censorscan/extract"
)

// BenchmarkDecode decodes what the reference tools wrote; its sub-benchmarks named "tool" time the tools themselves on the same bytes.
func BenchmarkDecode(b *testing.B) {
	content := mixed(b, 16<<20)
	for _, tool := range tools {
		b.Run(tool.name, func(b *testing.B) {
			raw := filter(b, content, tool.args...)
			m := open(b, tool.format, raw, extract.DefaultLimits())
			b.Run("ours", func(b *testing.B) {
				b.SetBytes(int64(len(content)))
				buf := make([]byte, 1<<20)
				for b.Loop() {
					r, err := m.Stream(context.Background())
					if err != nil {
						b.Fatal(err)
					}
					n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}, buf)
					if err != nil || n != int64(len(content)) {
						b.Fatal(n, err)
					}
					r.Close()
				}
			})
			b.Run("tool", func(b *testing.B) {
				b.SetBytes(int64(len(content)))
				cpu := 0.0
				for b.Loop() {
					cmd := exec.Command(tool.args[0], "-d", "-c")
					if tool.format.Name == "lzma" {
						cmd.Args = append(cmd.Args, "--format=lzma")
					}
					cmd.Stdin = bytes.NewReader(raw)
					if err := cmd.Run(); err != nil {
						b.Fatal(err)
					}
					cpu += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
				}
				b.ReportMetric(cpu*1000/float64(b.N), "cpu-ms/op")
			})
		})
	}
}
