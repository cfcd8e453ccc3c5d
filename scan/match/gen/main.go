// Gen measures how often pairs of bytes stand in samples and writes the table that the match core chooses anchors by:
//
//	gen -o background.bin SAMPLES
//
// SAMPLES is a folder with the files native, dex, text and zh (Chinese in UTF-8), as samples.sh makes it. The layout is told in background.go.
package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

func main() {
	out := flag.String("o", "background.bin", "file to write")
	flag.Parse()
	if err := run(flag.Arg(0), *out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(samples, out string) error {
	read := func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(samples, name)) }
	var kinds [][]byte
	for _, name := range []string{"native", "dex", "text", "zh"} {
		data, err := read(name)
		if err != nil {
			return err
		}
		kinds = append(kinds, data)
	}
	zh := kinds[len(kinds)-1]
	for _, charset := range []interface {
		Bytes([]byte) ([]byte, error)
	}{
		unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder(),
		unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder(),
		simplifiedchinese.GB18030.NewEncoder(),
	} {
		data, err := charset.Bytes(zh)
		if err != nil {
			return err
		}
		kinds = append(kinds, data)
	}
	var table [1 << 16]uint32
	for k, data := range kinds {
		var count [1 << 16]int
		for i := range len(data) - 1 {
			count[binary.LittleEndian.Uint16(data[i:])]++
		}
		for pair, n := range count {
			table[pair] |= level(float64(n)/float64(len(data)-1)) << (4 * k)
		}
	}
	var b []byte
	for _, levels := range table {
		b = binary.LittleEndian.AppendUint32(b, levels)
	}
	return os.WriteFile(out, b, 0o666)
}

// level returns the four bits of a share.
func level(share float64) uint32 {
	if share == 0 {
		return 0
	}
	return uint32(max(1, min(15, math.Round(math.Log2(share)+17))))
}
