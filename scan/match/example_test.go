package match_test

import (
	"fmt"

	"github.com/censorscan/censorscan/scan/match"
	"github.com/censorscan/censorscan/scan/text"
)

// A file is searched in pieces. Each piece holds the bytes it owns, Overlap more so that hits across its end are found,
// and text.Margin on both sides so that every hit is seen in its surroundings.
func ExampleCore_ScanChunk() {
	terms := []match.Term{{ID: 1, Text: "法轮功", Variants: []string{"法輪功"}}, {ID: 2, Text: "tibet"}}
	core, err := match.Compile(terms, match.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	grader := text.NewGrader([]string{"法轮功", "法輪功", "tibet"})

	file := []byte("name\tnote\n法輪功\treligion\nwwwfreetibetorg\tno word\nfree-tibet\tword\n")
	const piece = 32
	for at := 0; at < len(file); at += piece {
		behind := min(at, text.Margin)
		end := min(len(file), at+piece+core.Overlap()+text.Margin)
		window := file[at-behind : end]
		core.ScanChunk(window[behind:], int64(at), piece, func(h match.Hit) {
			start := int(h.Offset) - at + behind
			stop := start + int(h.Length)
			if !text.Boundary(window, start, stop, h.Encoding) {
				return
			}
			grade := grader.Grade(window, start, stop, h.Encoding)
			x := text.Context(window, start, stop, h.Encoding, 5)
			fmt.Printf("%d: term %d in %s, %s: %s[%s]%s\n", h.Offset, h.Term, h.Encoding, grade, x.Before, x.Match, x.After)
		})
	}
	// Output:
	// 10: term 1 in utf-8, text-like: note\n[法輪功]\treli
	// 58: term 2 in utf-8, text-like: free-[tibet]\tword
}
