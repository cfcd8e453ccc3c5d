package scan

import (
	"maps"
	"testing"

	"github.com/censorscan/censorscan/wordlists/variants"
)

func TestLanguages(t *testing.T) {
	conv, err := variants.New()
	if err != nil {
		t.Fatal(err)
	}
	l := newLanguages(conv)
	for text, want := range map[string]string{
		"法轮功": "zh-Hans", "法輪功": "zh-Hant", "六四": "zh", "西藏独立": "zh-Hans", "Free Tibet": "und-Latn", "པོད་རང་བཙན": "bo", "شەرقىي تۈركىستان": "ug",
		"تركستان الشرقية": "und-Arab", "свобода": "und-Cyrl", "自由门vpn": "zh-Hans", "8964": "zxx", "…": "zxx", "天安門事件の": "ja", "천안문": "ko", "": "zxx",
	} {
		if got := l.tag(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	got := l.of([]Entry{{Text: "法轮功"}, {Text: "法輪功"}, {Text: "abc"}, {Text: "ABC"}, {Text: "六四"}})
	if want := map[string]float64{"zh-Hans": 0.25, "zh-Hant": 0.25, "und-Latn": 0.25, "zh": 0.25}; !maps.Equal(got, want) {
		t.Errorf("shares %v, want %v", got, want)
	}
}
