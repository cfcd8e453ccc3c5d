package selftest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/text/encoding"
)

// layout is one way to write a list in a shape of package recover.
type layout struct {
	shape string // as package recover names it
	name  string
	// write gives the text of a list. The words hold no character that any of the layouts takes for its own, but may be escapes that end in ";" or begin with
	// a backslash.
	write func(words []string) string
	// armour is put around the encoded text; nil for none.
	armour func(raw []byte) []byte
}

// plainLines is the layout that every encoding is tried in.
const plainLines = "lines LF"

// each writes every word with a format that takes its number and itself.
func each(format string) func([]string) string {
	return func(words []string) string {
		var b strings.Builder
		for i, w := range words {
			fmt.Fprintf(&b, format, i, w)
		}
		return b.String()
	}
}

func around(before string, inner func([]string) string, after string) func([]string) string {
	return func(words []string) string { return before + inner(words) + after }
}

func joined(by string) func([]string) string {
	return func(words []string) string { return strings.Join(words, by) }
}

// layouts hold lists among what stands around them in real files.
func layouts() []layout {
	lines := each("%[2]s\n")
	array := around(`["`, joined(`","`), `"]`)
	quote := func(words []string) string {
		raw, err := json.Marshal(array(words))
		if err != nil {
			panic(err) // a string can be marshalled
		}
		return `{"status":0,"keywords":` + string(raw) + `}`
	}
	return []layout{
		{"lines", plainLines, lines, nil},
		{"lines", "lines CRLF", each("%[2]s\r\n"), nil},
		{"lines", "lines NUL", each("%[2]s\x00"), nil},
		{"delimited", "delimited by comma", joined(","), nil},
		{"delimited", "delimited by pipe", around("|", joined("|"), "|\n"), nil},
		{"delimited", "delimited by tab", joined("\t"), nil},
		{"columns", "csv with header", around("id,word,level\n", each("%d,%s,a\n"), ""), nil},
		{"columns", "csv quoted", each("\"%d\",\"%s\",\"x,y\"\n"), nil},
		{"columns", "tsv", each("%d\t%s\n"), nil},
		{"json", "json array", array, nil},
		{"json", "json objects", around(`[{"id":"x","word":"`, joined(`","type":"t"},{"id":"x","word":"`), `","type":"t"}]`), nil},
		{"json", "json in a string", quote, nil},
		{"xml", "xml elements", around("<?xml version=\"1.0\"?>\n<words version=\"3\">", each("\n  <w id=\"%d\">%s</w>"), "\n</words>\n"), nil},
		{"xml", "xml attributes", around("<list>", each("<i n='%d' word=\"%s\"/>"), "</list>"), nil},
		{"xml", "xml string-array", around("<resources><string name=\"app\">x</string><string-array name=\"a\">", each("<item>%[2]s</item>"), "</string-array></resources>"), nil},
		{"source", "source array", around("class F {\n  static final String[] W = {\n\"", joined(`", "`), "\"};\n String n = \"x\";}\n"), nil},
		{"source", "source set", around("void f() {\n", each("  words.add(\"%[2]s\");\n"), "}\n"), nil},
		{"source", "source table", around("local t = {\n", each("  [%[1]d] = \"%[2]s\",\n"), "}\nreturn t\n"), nil},
		{"base64", "base64 of lines", lines, armour},
		{"base64", "base64 of json", array, armour},
		{"yaml", "yaml sequence", around("version: 3\nwords:\n", each("  - %[2]s\n"), "enabled: true\n"), nil},
		{"pairs", "settings", each("word.%d=%s\n"), nil},
	}
}

func armour(raw []byte) []byte {
	return base64.StdEncoding.AppendEncode(nil, raw)
}

// text is a list in a layout and an encoding.
func text(l layout, w writing, words []string) ([]byte, error) {
	if w.escape != nil {
		escaped := make([]string, len(words))
		for i, s := range words {
			escaped[i] = w.escape(s)
		}
		words = escaped
	}
	raw := []byte(l.write(words))
	if w.charset != nil && w.charset != encoding.Nop {
		var err error
		if raw, err = w.charset.NewEncoder().Bytes(raw); err != nil {
			return nil, fmt.Errorf("writing %s in %s: %w", l.name, w.encoding, err)
		}
	}
	if l.armour != nil {
		raw = l.armour(raw)
	}
	return raw, nil
}
