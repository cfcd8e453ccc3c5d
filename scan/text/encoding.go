// Package text knows the encodings in which a term can stand in a file: how a term is written in each, how bytes are read
// back, and whether the bytes around a hit are text at all. It is pure computation: no I/O, no state.
package text

import "fmt"

// Encoding is one way to write text as bytes. The order of the constants is the order of preference: a byte form that
// two encodings share (ASCII text in UTF-8 and GB18030) is reported under the first.
type Encoding uint8

// The common encodings. The escapes are ASCII text that stands for other characters.
const (
	UTF8          Encoding = iota // UTF-8; also modified UTF-8 (Java) for characters of the BMP
	UTF16LE                       // UTF-16, low byte first
	UTF16BE                       // UTF-16, high byte first
	GB18030                       // GB 18030-2000 and so GBK and GB 2312
	Big5                          // Big5 with the Hong Kong supplement, as the WHATWG Encoding Standard has it
	UnicodeEscape                 // \uXXXX of JSON, Java and JavaScript, with one backslash or two
	Percent                       // percent-encoded UTF-8 (RFC 3986)
	XMLDecimal                    // XML character references: &#27861;
	XMLHex                        // XML character references: &#x6CD5;
)

// The rare encodings.
const (
	UTF32LE       Encoding = iota + XMLHex + 1 // UTF-32, low byte first
	UTF32BE                                    // UTF-32, high byte first
	MUTF8                                      // surrogates in three bytes each: modified UTF-8 (Java, DEX) for characters beyond the BMP
	EUCTW                                      // EUC-TW: CNS 11643 planes 1 and 2
	GB7                                        // GB 2312 in seven bits: HZ (RFC 1843) and ISO-2022-CN (RFC 1922)
	CNS7                                       // CNS 11643 plane 1 in seven bits: ISO-2022-CN
	UTF7                                       // UTF-7 (RFC 2152)
	HexEscape                                  // UTF-8 bytes as \xE6\xB3\x95 of C and many others, with one backslash or two
	OctalEscape                                // UTF-8 bytes as \346\263\225 of C
	DecimalEscape                              // UTF-8 bytes as \230\179\149 of Lua
	BraceEscape                                // \u{6CD5} of JavaScript, Lua, Swift and Rust, \x{6CD5} of regular expressions
	PercentU                                   // %u6CD5 of JavaScript's escape()
	LongEscape                                 // \U00006CD5 of C and Python
	HTMLNamed                                  // named character references of HTML, for Latin letters and spaces: &uuml; &nbsp;
	HexText                                    // UTF-8 bytes as hexadecimal digits in a row
	Base64                                     // UTF-8 in Base64, standard or URL alphabet (RFC 4648), anywhere in a run
)

// row is what is known of one encoding.
type row struct {
	name   string
	escape bool                             // writes characters as ASCII inside a text of some other encoding
	unit   int                              // bytes of the longest form of one character
	forms  func(term string) []Form         // nil when the term cannot be written
	decode func(p []byte) (rune, int, bool) // first character of p, p is not empty; of packed encodings a byte of ASCII
	packed func(hit view) []view            // the readings of a hit's surroundings, for encodings in which a byte alone says nothing
}

// rows is indexed by Encoding; the order is that of the constants.
var rows = [...]row{
	UTF8:          {"utf-8", false, 4, rawForms(encodeUTF8), decodeUTF8, nil},
	UTF16LE:       {"utf-16le", false, 4, rawForms(encodeUTF16LE), decodeUTF16LE, nil},
	UTF16BE:       {"utf-16be", false, 4, rawForms(encodeUTF16BE), decodeUTF16BE, nil},
	GB18030:       {"gb18030", false, 4, charsetForms(gb18030Charset, decodeGB18030), decodeGB18030, nil},
	Big5:          {"big5", false, 2, charsetForms(big5Charset, decodeBig5), decodeBig5, nil},
	UnicodeEscape: {"unicode-escape", true, 14, unicodeEscapeForms, decodeUnicodeEscape, nil},
	Percent:       {"percent", true, 12, percentForms, decodePercent, nil},
	XMLDecimal:    {"xml-decimal", true, 10, xmlDecimalForms, decodeXML, nil},
	XMLHex:        {"xml-hex", true, 10, xmlHexForms, decodeXML, nil},
	UTF32LE:       {"utf-32le", false, 4, rawForms(encodeUTF32LE), decodeUTF32LE, nil},
	UTF32BE:       {"utf-32be", false, 4, rawForms(encodeUTF32BE), decodeUTF32BE, nil},
	MUTF8:         {"mutf-8", false, 6, mutf8Forms, decodeMUTF8, nil},
	EUCTW:         {"euc-tw", false, 4, eucTWForms, decodeEUCTW, nil},
	GB7:           {"gb2312-7bit", true, 2, gb7Forms, decodeUTF8, unpackGB7},
	CNS7:          {"cns11643-7bit", true, 2, cns7Forms, decodeUTF8, unpackCNS7},
	UTF7:          {"utf-7", true, 4, utf7Forms, decodeUTF8, unpackUTF7},
	HexEscape:     {"hex-escape", true, 20, hexEscapeForms, decodeHexEscape, nil},
	OctalEscape:   {"octal-escape", true, 20, octalEscapeForms, decodeOctalEscape, nil},
	DecimalEscape: {"decimal-escape", true, 20, decimalEscapeForms, decodeDecimalEscape, nil},
	BraceEscape:   {"brace-escape", true, 11, braceEscapeForms, decodeBraceEscape, nil},
	PercentU:      {"percent-u", true, 12, percentUForms, decodePercentU, nil},
	LongEscape:    {"long-escape", true, 11, longEscapeForms, decodeLongEscape, nil},
	HTMLNamed:     {"html-named", true, 10, htmlNamedForms, decodeHTMLNamed, nil},
	HexText:       {"hex", true, 8, hexTextForms, decodeUTF8, unpackHexText},
	Base64:        {"base64", true, 6, base64Forms, decodeUTF8, unpackBase64},
}

// Encodings returns every encoding in order of preference.
func Encodings() []Encoding {
	all := make([]Encoding, len(rows))
	for i := range rows {
		all[i] = Encoding(i)
	}
	return all
}

// String returns the name used in reports.
func (e Encoding) String() string {
	if int(e) < len(rows) {
		return rows[e].name
	}
	return fmt.Sprintf("encoding(%d)", uint8(e))
}

// ParseEncoding returns the encoding of a name used in reports.
func ParseEncoding(name string) (Encoding, error) {
	for i := range rows {
		if rows[i].name == name {
			return Encoding(i), nil
		}
	}
	return 0, fmt.Errorf("text: unknown encoding %q", name)
}

// Escaped reports whether e writes characters as ASCII escapes inside a text of some other encoding.
func (e Encoding) Escaped() bool { return int(e) < len(rows) && rows[e].escape }

// Set is a set of encodings. The zero Set means the common ones.
type Set uint32

// The sets by how often an encoding is met. A term costs some ten needles in the common encodings and twice as many in the rare ones.
const (
	Common Set = 1<<UTF32LE - 1
	All    Set = 1<<len(rows) - 1
)

// SetOf returns the set of the encodings given.
func SetOf(encodings ...Encoding) Set {
	var s Set
	for _, e := range encodings {
		s |= 1 << e
	}
	return s
}

// Has reports whether e is in the set.
func (s Set) Has(e Encoding) bool {
	if s == 0 {
		s = Common
	}
	return s>>e&1 != 0
}
