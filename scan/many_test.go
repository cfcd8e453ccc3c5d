package scan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/scan"
)

// TestEngineManyHits plants a list in front of more hits than are kept one by one: what stands behind them is found too, and the counts are right.
func TestEngineManyHits(t *testing.T) {
	const many = 100_200
	quoted, _ := json.Marshal(planted)
	text := "var list = " + string(quoted) + ";\n" + strings.Repeat("// 这是关于刘晓波的一篇普通文章。\n", many) +
		"// 文章最后提到了中华民国万岁和西藏独立这些词语。 MiAdBlackListDiskCache\n"
	r := scanBytes(t, newEngine(t, nil), "big.js", []byte(text))
	if n := len(ofKind(r, scan.KindList)); n != 1 {
		t.Fatalf("%d lists, want one", n)
	}
	if n := len(ofKind(r, scan.KindLoader)); n != 1 {
		t.Errorf("%d loaders, want one", n)
	}
	counts := map[string]int{}
	for _, f := range ofKind(r, scan.KindTerm) {
		counts[f.Term.Term] = f.Term.Count
	}
	if counts["刘晓波"] != many || counts["西藏独立"] != 1 || counts["六四事件"] != 0 {
		t.Errorf("terms %v, want 刘晓波 %d times, 西藏独立 once, and no entry of the list", counts, many)
	}
}
