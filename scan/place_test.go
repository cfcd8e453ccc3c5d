package scan

import "testing"

func TestRegion(t *testing.T) {
	list := func(recipe ...string) Finding {
		return Finding{Kind: KindList, List: &List{Recipe: recipe, Begin: 10, End: 50}}
	}
	term := func(match, encoding, recipe string) Finding {
		return Finding{Kind: KindTerm, Term: &Term{Term: "法輪功", Encoding: encoding, Recipe: recipe, Offset: 7, Context: Context{Match: match}}}
	}
	none := Extent{-1, -1}
	for _, tt := range []struct {
		name string
		f    Finding
		want Extent
	}{
		{"list", list("lines (LF)"), Extent{10, 40}},
		{"decoded list", list("base64 decode", "lines (LF)"), none},
		{"utf-8", term("法轮功", "utf-8", ""), Extent{7, 9}},
		{"no match told", term("", "utf-8", ""), Extent{7, 9}},
		{"utf-16", term("法轮功", "utf-16le", ""), Extent{7, 6}},
		{"utf-16 above the BMP", term("\U00020000功", "utf-16be", ""), Extent{7, 6}},
		{"gb18030", term("法轮功x", "gb18030", ""), Extent{7, 7}},
		{"gb18030, four bytes", term("\U00020000", "gb18030", ""), Extent{7, 4}},
		{"big5", term("法輪功", "big5", ""), Extent{7, 6}},
		{"ASCII in another encoding", term("abc", "gb18030", ""), Extent{7, 3}},
		{"one backslash or two", term("法轮功", "unicode-escape", ""), Extent{7, 0}},
		{"percent", term("法轮功", "percent", ""), Extent{7, 27}},
		{"unknown encoding", term("法轮功", "klingon", ""), Extent{7, 0}},
		{"base64", term("法轮功", "utf-8", "base64"), none},
		{"file name", term("法轮功", "utf-8", "file name"), none},
		{"masked", Finding{Kind: KindTerm, Term: &Term{Term: "法轮功", Encoding: "utf-8", Offset: 7, Undone: []string{"separators"}}}, Extent{7, 0}},
		{"combination", Finding{Kind: KindTerm, Term: &Term{Term: "a+b", Encoding: "utf-8", Offset: 7, Parts: []Part{{"b", 3, 1}, {"a", 7, 1}}}}, Extent{3, 1}},
		{"loader", Finding{Kind: KindLoader, Loader: &Loader{Indicators: []Indicator{{Text: "MiAd", Encoding: "utf-16le", Offset: 3}, {Text: "b", Offset: 1}}}}, Extent{3, 8}},
		{"loader without indicators", Finding{Kind: KindLoader, Loader: &Loader{}}, none},
	} {
		got := none
		if r := tt.f.Region(); r != nil {
			got = *r
		}
		if got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestContentAndCategory(t *testing.T) {
	for _, tt := range []struct {
		f                 Finding
		content, category string
	}{
		{Finding{List: &List{CanonicalSHA256: "ab", Categories: map[string]float64{"sexual": 0.2, "drugs": 0.3, "political": 0.3}}}, "ab", "drugs"},
		{Finding{List: &List{CanonicalSHA256: "ab", Categories: map[string]float64{"sexual": 0}}}, "ab", ""},
		{Finding{List: &List{}}, "", ""},
		{Finding{Loader: &Loader{Mechanism: "miad"}}, "miad", "miad"},
		{Finding{Term: &Term{Term: "六四", Category: "june-4"}}, "六四", "june-4"},
		{Finding{Term: &Term{Term: "六四", Recipe: "base64", Category: "june-4"}}, "base64 六四", "june-4"},
		{Finding{Term: &Term{Term: "六四", Undone: []string{"width"}}}, "masked 六四", ""},
	} {
		for range 20 { // maps have no order
			if c, about := tt.f.Content(), tt.f.Category(); c != tt.content || about != tt.category {
				t.Fatalf("%q about %q, want %q about %q", c, about, tt.content, tt.category)
			}
		}
	}
}
