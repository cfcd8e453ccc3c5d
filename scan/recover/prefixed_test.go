package recover

import (
	"bytes"
	"encoding/binary"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/scan/text"
)

// TestPrefixed writes strings behind every kind of length, in every encoding, between other bytes.
func TestPrefixed(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	var names []string
	for _, k := range lengthKinds() {
		names = append(names, k.name)
	}
	writers := []struct {
		recipe string
		write  func(b, s []byte) []byte
	}{
		{"u8 length-prefixed strings", func(b, s []byte) []byte { return append(append(b, byte(len(s))), s...) }},
		{"u16le length-prefixed strings", func(b, s []byte) []byte { return append(le.AppendUint16(b, uint16(len(s))), s...) }},
		{"u16be length-prefixed strings", func(b, s []byte) []byte { return append(be.AppendUint16(b, uint16(len(s))), s...) }},
		{"u32le length-prefixed strings", func(b, s []byte) []byte { return append(le.AppendUint32(b, uint32(len(s))), s...) }},
		{"u32be length-prefixed strings", func(b, s []byte) []byte { return append(be.AppendUint32(b, uint32(len(s))), s...) }},
		{"u64le length-prefixed strings", func(b, s []byte) []byte { return append(le.AppendUint64(b, uint64(len(s))), s...) }},
		{"u32le length-prefixed strings, aligned to 4", func(b, s []byte) []byte { // an array of Unity
			b = append(le.AppendUint32(b, uint32(len(s))), s...)
			return append(b, make([]byte, -len(b)&3)...)
		}},
		{"varint length-prefixed strings", func(b, s []byte) []byte { return append(binary.AppendUvarint(b, uint64(len(s))), s...) }},
		{"MessagePack length-prefixed strings", func(b, s []byte) []byte {
			if len(s) < 32 {
				return append(append(b, 0xA0|byte(len(s))), s...)
			}
			return append(append(b, 0xD9, byte(len(s))), s...)
		}},
		{"CBOR length-prefixed strings", func(b, s []byte) []byte {
			if len(s) < 24 {
				return append(append(b, 0x60|byte(len(s))), s...)
			}
			return append(append(b, 0x78, byte(len(s))), s...)
		}},
		{"u16le length-prefixed strings", func(b, s []byte) []byte { // each behind a number
			return append(le.AppendUint16(append(b, 7, 0, 0, 0), uint16(len(s))), s...)
		}},
	}
	long := strings.Repeat("很长的词", 20) // more than 127 bytes, so that kinds that look alike part ways
	large := append(slices.Repeat(sampleWords(), 100), filler(300)...)
	for _, enc := range []text.Encoding{text.UTF8, text.UTF16LE, text.UTF16BE, text.GB18030} {
		for _, w := range writers {
			words := sampleWords()
			if strings.HasPrefix(w.recipe, "varint") {
				words = slices.Insert(words, 5, long)
			}
			if w.recipe == "u16le length-prefixed strings" {
				words = large
			}
			noise := make([]byte, 400)
			rand.New(rand.NewSource(3)).Read(noise)
			raw := append(slices.Clone(noise), 0xFF, 0xFF, 0xFF, 0xFF)
			for _, s := range words {
				forms := []byte(nil)
				for _, r := range s {
					forms = append(forms, encoded(t, enc, r)...)
				}
				raw = w.write(raw, forms)
			}
			raw = append(append(raw, 0xFF, 0xFF, 0xFF, 0xFF), noise...)
			lists := blocklists(recoverBytes(t, raw, "x", knownWords()))
			if len(lists) != 1 {
				t.Errorf("%s %s: %d lists", enc, w.recipe, len(lists))
				continue
			}
			l := lists[0]
			if got := strings.Join(l.Recipe, "; "); got != w.recipe || l.Encoding != enc.String() || !slices.Equal(texts(l), words) {
				t.Errorf("%s %s: %s %s, %q", enc, w.recipe, l.Encoding, got, texts(l))
			}
			checkStored(t, raw, l)
		}
	}
	if len(names) != len(slices.Compact(slices.Sorted(slices.Values(names)))) {
		t.Errorf("names %q", names)
	}
}

func encoded(t *testing.T, enc text.Encoding, r rune) []byte {
	t.Helper()
	switch enc {
	case text.UTF16LE:
		return []byte(utf16Of(string(r), binary.LittleEndian))
	case text.UTF16BE:
		return []byte(utf16Of(string(r), binary.BigEndian))
	case text.GB18030:
		return []byte(gbkOf(string(r)))
	}
	return []byte(string(r))
}

// TestTextWithin puts texts between other bytes, as in an asset of Unity.
func TestTextWithin(t *testing.T) {
	noise := make([]byte, 3000)
	rand.New(rand.NewSource(5)).Read(noise)
	for _, s := range shapeSamples(sampleWords()) {
		if s.recipe != "lines (LF)" && s.recipe != "json $[]" && !strings.HasPrefix(s.recipe, "delimited by ','") {
			continue
		}
		raw := slices.Clone(noise)
		raw = binary.LittleEndian.AppendUint32(append(raw, "words\x00\x00\x00"...), uint32(len(s.text)))
		raw = append(append(append(raw, s.text...), 0, 0, 0, 0), noise...)
		lists := blocklists(recoverBytes(t, raw, "x", knownWords()))
		if len(lists) != 1 || !slices.Equal(texts(lists[0]), sampleWords()) {
			t.Errorf("%s: %d lists: %+v", s.name, len(lists), lists)
			continue
		}
		for _, e := range lists[0].Entries {
			if !bytes.HasPrefix(raw[e.Offset:], []byte(e.Text)) {
				t.Errorf("%s: %q is not at %d", s.name, e.Text, e.Offset)
			}
		}
	}
}
