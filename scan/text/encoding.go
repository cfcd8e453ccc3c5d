// Package text knows the encodings in which a term can stand in a file: how a term is written in each, how bytes are read
// back, and whether the bytes around a hit are text at all. It is pure computation: no I/O, no state.
package text

import "fmt"

// Encoding is one way to write text as bytes. The order of the constants is the order of preference: a byte form that
// two encodings share (ASCII text in UTF-8 and GB18030) is reported under the first.
type Encoding uint8

// The encodings that terms are searched in. The escapes are ASCII text that stands for other characters.
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

// row is what is known of one encoding.
type row struct {
	name   string
	escape bool                             // writes characters as ASCII inside a text of some other encoding
	unit   int                              // bytes of the longest form of one character
	forms  func(term string) []Form         // nil when the term cannot be written
	decode func(p []byte) (rune, int, bool) // first character of p, p is not empty
}

// rows is indexed by Encoding; the order is that of the constants.
var rows = [...]row{
	UTF8:          {"utf-8", false, 4, rawForms(encodeUTF8), decodeUTF8},
	UTF16LE:       {"utf-16le", false, 4, rawForms(encodeUTF16LE), decodeUTF16LE},
	UTF16BE:       {"utf-16be", false, 4, rawForms(encodeUTF16BE), decodeUTF16BE},
	GB18030:       {"gb18030", false, 4, charsetForms(gb18030Charset, decodeGB18030), decodeGB18030},
	Big5:          {"big5", false, 2, charsetForms(big5Charset, decodeBig5), decodeBig5},
	UnicodeEscape: {"unicode-escape", true, 14, unicodeEscapeForms, decodeUnicodeEscape},
	Percent:       {"percent", true, 12, percentForms, decodePercent},
	XMLDecimal:    {"xml-decimal", true, 10, xmlDecimalForms, decodeXML},
	XMLHex:        {"xml-hex", true, 10, xmlHexForms, decodeXML},
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

// Set is a set of encodings. The zero Set means all of them.
type Set uint32

// SetOf returns the set of the encodings given.
func SetOf(encodings ...Encoding) Set {
	var s Set
	for _, e := range encodings {
		s |= 1 << e
	}
	return s
}

// Has reports whether e is in the set.
func (s Set) Has(e Encoding) bool { return s == 0 || s>>e&1 != 0 }
