package recover

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// BenchmarkRecover is the cost of a text that is no list and of one that is.
func BenchmarkRecover(b *testing.B) {
	known := builtinTerms(b)
	var prose, lines strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&prose, "这是第%d段文字，讲的是一些普通的事情，比如天气、交通和吃饭。", i)
		if i%5 == 0 {
			prose.WriteByte('\n')
		}
		fmt.Fprintf(&lines, "词语%d\n", i)
	}
	lines.WriteString(strings.Join(sampleWords(), "\n"))
	for _, bb := range []struct{ name, text string }{{"prose", prose.String()}, {"lines", lines.String()}, {"json", quotedList(lines.String())}} {
		b.Run(bb.name, func(b *testing.B) {
			raw := []byte(bb.text)
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if _, err := Recover(bytes.NewReader(raw), int64(len(raw)), bb.name, nil, known, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// quotedList makes a JSON array of lines.
func quotedList(lines string) string {
	return `{"words":["` + strings.ReplaceAll(lines, "\n", `","`) + `"]}`
}
