package text

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

func encodeUTF32LE(p []byte, r rune) []byte { return binary.LittleEndian.AppendUint32(p, uint32(r)) }
func encodeUTF32BE(p []byte, r rune) []byte { return binary.BigEndian.AppendUint32(p, uint32(r)) }

func decodeUTF32LE(p []byte) (rune, int, bool) { return decodeUTF32(p, binary.LittleEndian) }
func decodeUTF32BE(p []byte) (rune, int, bool) { return decodeUTF32(p, binary.BigEndian) }

func decodeUTF32(p []byte, order binary.ByteOrder) (rune, int, bool) {
	if len(p) < 4 {
		return utf8.RuneError, len(p), false
	}
	if v := order.Uint32(p); v <= utf8.MaxRune && utf8.ValidRune(rune(v)) {
		return rune(v), 4, true
	}
	return utf8.RuneError, 4, false
}

// mutf8Forms: only characters beyond the BMP are written in another way than in UTF-8.
func mutf8Forms(term string) []Form {
	var b builder
	beyond := false
	for _, r := range term {
		if r <= 0xFFFF {
			b.plain(string(r))
			continue
		}
		beyond = true
		for _, u := range utf16.AppendRune(nil, r) {
			b.add(0, 0xE0|byte(u>>12), 0x80|byte(u>>6)&0x3F, 0x80|byte(u)&0x3F)
		}
	}
	if !beyond {
		return nil
	}
	return []Form{b.form}
}

func decodeMUTF8(p []byte) (rune, int, bool) {
	if len(p) >= 6 {
		if r := utf16.DecodeRune(surrogate(p), surrogate(p[3:])); r != utf8.RuneError {
			return r, 6, true
		}
	}
	return decodeUTF8(p)
}

// surrogate reads a surrogate in three bytes; 0 if there is none.
func surrogate(p []byte) rune {
	if p[0] != 0xED || p[1]&0xE0 != 0xA0 || p[2]&0xC0 != 0x80 {
		return 0
	}
	return 0xD000 | rune(p[1]&0x3F)<<6 | rune(p[2]&0x3F)
}
