package selftest

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// writing is a way to write a text in an encoding of package text.
type writing struct {
	encoding string // as package text names it
	variant  string // "" for the plain one
	words    string // the vocabulary
	// charset encodes the whole text; nil for escapes, which write the words in ASCII.
	charset encoding.Encoding
	escape  func(word string) string
	// lists are the layouts in which the escape is part of the syntax, or undone without one, so that the list is recovered. In lines the terms have to be found
	// at least.
	lists []string
}

func writings() []writing {
	const hans, hant = "words", "words-hant"
	json, source := []string{"json array", "json objects", "json in a string"}, []string{"source array", "source set", "source table"}
	lines := []string{plainLines}
	xml := []string{"xml elements", "xml attributes", "xml string-array"}
	return []writing{
		{encoding: "utf-8", words: hans, charset: encoding.Nop},
		{encoding: "utf-8", variant: "traditional", words: hant, charset: encoding.Nop},
		{encoding: "utf-8", variant: "bom", words: hans, charset: unicode.UTF8BOM},
		{encoding: "utf-16le", words: hans, charset: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
		{encoding: "utf-16le", variant: "bom", words: hans, charset: unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
		{encoding: "utf-16be", words: hans, charset: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
		{encoding: "utf-16be", variant: "bom", words: hans, charset: unicode.UTF16(unicode.BigEndian, unicode.UseBOM)},
		{encoding: "gb18030", words: hans, charset: simplifiedchinese.GB18030},
		{encoding: "big5", words: hant, charset: traditionalchinese.Big5},
		{encoding: "unicode-escape", words: hans, escape: escapeUTF16(`\u%04x`), lists: slices.Concat(json, source, lines)},
		{encoding: "percent", words: hans, escape: escapeBytes("%%%02X"), lists: lines},
		{encoding: "xml-decimal", words: hans, escape: escapeRunes("&#%d;"), lists: append(xml, lines...)},
		{encoding: "xml-hex", words: hans, escape: escapeRunes("&#x%X;"), lists: append(xml, lines...)},
		{encoding: "utf-32le", words: hans, charset: utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
		{encoding: "utf-32be", words: hans, charset: utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)},
		{encoding: "hex-escape", words: hans, escape: escapeBytes(`\x%02x`)},
		{encoding: "octal-escape", words: hans, escape: escapeBytes(`\%03o`)},
		{encoding: "decimal-escape", words: hans, escape: escapeBytes(`\%03d`)},
		{encoding: "brace-escape", words: hans, escape: escapeRunes(`\u{%x}`)},
		{encoding: "percent-u", words: hans, escape: escapeUTF16("%%u%04X")},
		{encoding: "long-escape", words: hans, escape: escapeRunes(`\U%08x`)},
		{encoding: "gb2312-7bit", variant: "HZ", words: hans, charset: simplifiedchinese.HZGB2312},
		{encoding: "utf-7", words: hans, escape: utf7},
		{encoding: "base64", words: hans, escape: func(word string) string { return base64.StdEncoding.EncodeToString([]byte(word)) }},
		{encoding: "hex", words: hans, escape: escapeBytes("%02x")},
	}
}

// utf7 writes a word that is not ASCII as RFC 2152 has it.
func utf7(word string) string {
	var units []byte
	for _, u := range utf16.Encode([]rune(word)) {
		units = binary.BigEndian.AppendUint16(units, u)
	}
	return "+" + base64.RawStdEncoding.EncodeToString(units) + "-"
}

// escapeBytes writes every byte of a word's UTF-8.
func escapeBytes(format string) func(string) string {
	return func(word string) string {
		var b strings.Builder
		for i := range len(word) {
			fmt.Fprintf(&b, format, word[i])
		}
		return b.String()
	}
}

// escapeUTF16 writes every UTF-16 unit of what is not ASCII.
func escapeUTF16(format string) func(string) string {
	return func(word string) string {
		var b strings.Builder
		for _, r := range word {
			if r < utf8.RuneSelf {
				b.WriteRune(r)
				continue
			}
			for _, u := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(&b, format, u)
			}
		}
		return b.String()
	}
}

// escapeRunes writes every character that is not ASCII.
func escapeRunes(format string) func(string) string {
	return func(word string) string {
		var b strings.Builder
		for _, r := range word {
			if r < utf8.RuneSelf {
				b.WriteRune(r)
			} else {
				fmt.Fprintf(&b, format, r)
			}
		}
		return b.String()
	}
}
