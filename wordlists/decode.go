package wordlists

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// decode turns the bytes of a list into UTF-8 text without byte order mark and with line ends as LF.
// The encoding is that of the byte order mark; else UTF-16 if there are zero bytes; else UTF-8 if valid; else Big5
// or GB18030. What does not decode is an error that names the line.
func decode(name string, raw []byte) (string, error) {
	text, err := decodeBytes(name, raw)
	if err != nil {
		return "", err
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(text, "\ufeff")), nil
}

func decodeBytes(name string, raw []byte) (string, error) {
	switch {
	case bytes.HasPrefix(raw, []byte{0xFF, 0xFE}):
		return decodeUTF16(name, raw, binary.LittleEndian)
	case bytes.HasPrefix(raw, []byte{0xFE, 0xFF}):
		return decodeUTF16(name, raw, binary.BigEndian)
	case bytes.IndexByte(raw, 0) >= 0:
		if order := utf16Order(raw); order != nil {
			return decodeUTF16(name, raw, order)
		}
		return "", lineError(name, lineOf(raw, bytes.IndexByte(raw, 0)), "zero byte: not a text file")
	case utf8.Valid(raw):
		return string(raw), nil
	}
	if at, damaged := damagedUTF8(raw); damaged {
		return "", lineError(name, lineOf(raw, at), "byte 0x%02x is not UTF-8, though most of the file is", raw[at])
	}
	var e encoding.Encoding = simplifiedchinese.GB18030
	label := "GB18030"
	if looksBig5(raw) {
		e, label = traditionalchinese.Big5, "Big5"
	}
	text, err := e.NewDecoder().Bytes(raw)
	if err != nil {
		return "", lineError(name, 1, "decode %s: %w", label, err)
	}
	if at := bytes.IndexRune(text, utf8.RuneError); at >= 0 {
		return "", lineError(name, lineOf(text, at), "neither UTF-8 nor UTF-16 nor valid %s", label)
	}
	return string(text), nil
}

// lineOf returns the 1-based line of an offset.
func lineOf(b []byte, at int) int { return 1 + bytes.Count(b[:at], []byte("\n")) }

// utf16Order finds the byte order of UTF-16 text without a mark: by its line feeds (U+0A00, the same bytes turned, is unassigned), else by the side
// on which most of the zero bytes lie. It returns nil when that does not tell.
func utf16Order(raw []byte) binary.ByteOrder {
	if len(raw)%2 != 0 {
		return nil
	}
	little, big, even, odd := 0, 0, 0, 0
	for i := 0; i < len(raw); i += 2 {
		switch {
		case raw[i] == '\n' && raw[i+1] == 0:
			little++
		case raw[i] == 0 && raw[i+1] == '\n':
			big++
		}
		if raw[i] == 0 {
			even++
		}
		if raw[i+1] == 0 {
			odd++
		}
	}
	switch {
	case little > big || little == big && odd > 4*even:
		return binary.LittleEndian
	case big > little || even > 4*odd:
		return binary.BigEndian
	}
	return nil
}

func decodeUTF16(name string, raw []byte, order binary.ByteOrder) (string, error) {
	units := make([]uint16, 0, len(raw)/2)
	line := 1
	for i := 0; i+1 < len(raw); i += 2 {
		u := order.Uint16(raw[i:])
		if u == '\n' {
			line++
		}
		units = append(units, u)
	}
	if len(raw)%2 != 0 {
		return "", lineError(name, line, "UTF-16 of an odd number of bytes (%d)", len(raw))
	}
	text := string(utf16.Decode(units))
	if at := strings.IndexRune(text, utf8.RuneError); at >= 0 {
		return "", lineError(name, 1+strings.Count(text[:at], "\n"), "unpaired UTF-16 surrogate")
	}
	return text, nil
}

// damagedUTF8 reports whether raw, which is not valid UTF-8, is mostly UTF-8 with some wrong bytes, and where the first of them is.
func damagedUTF8(raw []byte) (at int, damaged bool) {
	at = -1
	wide, wrong := 0, 0
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRune(raw[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			wrong++
			if at < 0 {
				at = i
			}
		case n >= 3:
			wide++ // three bytes that fit by chance are rare in double-byte text
		}
		i += n
	}
	return at, wide > wrong
}

// looksBig5 tells Big5 from GB18030 by the pairs: common characters of Big5 begin with A4 to C6, rarer ones with C9 to F9, and four in ten
// have a second byte below 7F; in GBK simplified text has none of those, and traditional text begins with 81 to A0 half the time.
func looksBig5(raw []byte) bool {
	pairs, low, foreign := 0, 0, 0
	for i := 0; i+1 < len(raw); i++ {
		lead, trail := raw[i], raw[i+1]
		if lead < 0x81 {
			continue
		}
		pairs++
		switch {
		case lead < 0xA1 || lead > 0xF9 || trail < 0x40 || (trail > 0x7E && trail < 0xA1):
			foreign++
		case trail <= 0x7E:
			low++
		}
		i++
	}
	return low*5 > pairs && foreign*50 < pairs
}
