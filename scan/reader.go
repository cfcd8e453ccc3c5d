package scan

import (
	"encoding/base64"
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/scan/recover"
)

// reader reads text in an artefact with the decoders of golang.org/x/text and the standard library, none of which the search uses.
type reader struct {
	lexicon *lexicon
	name    string
	src     extract.Source
	decoded []byte // the artefact's bytes as Base64, once needed
}

// place is where a text is said to stand.
type place struct {
	text     string
	offset   int64
	encoding string
	recipe   string // a list's steps, or a term's recipe
	masked   bool   // letters and digits alone count, in whatever form
	entry    bool   // of a list: exactly this text, perhaps escaped; else in any spelling of the term
}

// readable tells whether the offsets of a list with that recipe can be read without the recovery's help: they count in the artefact, or in all of it as
// Base64.
func readable(recipe []string) bool {
	i := slices.Index(recipe, base64Step)
	return i < 0 || i == 0 && !slices.Contains(recipe[1:], base64Step)
}

// holds reads a place.
func (r *reader) holds(p place) bool {
	window, front := r.window(p)
	if strings.HasSuffix(p.recipe, recover.PerEntry) {
		window = readBase64(window[:base64Run(window)])
	}
	var want []string
	if p.entry {
		want = []string{p.text}
	} else {
		want = r.lexicon.spellings(p.text)
	}
	if p.masked {
		for i, w := range want {
			want[i] = r.bare(w)
		}
	}
	for _, s := range readings(window, front, strings.TrimSuffix(p.encoding, "+bom")) {
		if p.masked {
			s = r.bare(s)
		}
		if !p.entry {
			s = strings.ToLower(s)
		}
		if slices.ContainsFunc(want, func(w string) bool { return strings.HasPrefix(s, w) }) {
			return true
		}
	}
	return false
}

// window is the bytes from the place on, as many as the text can take up, and the byte in front, which can hold the first bits of it.
func (r *reader) window(p place) (from []byte, front byte) {
	n := int64(16*utf8.RuneCountInString(p.text) + 64)
	if p.masked {
		n += maxMasked
	}
	switch {
	case p.recipe == "file name":
		return []byte(r.name)[min(int(p.offset), len(r.name)):], 0
	case strings.HasPrefix(p.recipe, "base64"):
		if r.decoded == nil {
			r.decoded = readBase64(readUpTo(r.src, maxText))
		}
		at := min(p.offset, int64(len(r.decoded)))
		return r.decoded[at:min(at+n, int64(len(r.decoded)))], 0
	}
	if p.offset > 0 {
		var b [1]byte
		r.src.ReadAt(b[:], p.offset-1)
		front = b[0]
	}
	buf := make([]byte, max(0, min(n, r.src.Size()-p.offset)))
	m, _ := r.src.ReadAt(buf, p.offset)
	return buf[:m], front
}

// base64Run is how many bytes of Base64 stand in front.
func base64Run(p []byte) int {
	n := slices.IndexFunc(p, func(c byte) bool {
		return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_", rune(c))
	})
	if n < 0 {
		return len(p)
	}
	return n
}

// readBase64 decodes both alphabets, whatever the padding and the line breaks.
func readBase64(p []byte) []byte {
	clean := strings.NewReplacer("\r", "", "\n", "", "=", "", " ", "", "\t", "", "-", "+", "_", "/").Replace(string(p))
	out, _ := base64.RawStdEncoding.DecodeString(clean)
	return out
}

// readings is what the bytes can say: as they are, and with every common escape undone, once and twice.
func readings(p []byte, front byte, name string) []string {
	if wide, ok := strings.CutSuffix(name, ", ascii as bytes"); ok {
		return append(readings(p, front, wide), string(p))
	}
	if out := rareReadings(p, front, name); out != nil {
		return out
	}
	var charset encoding.Encoding
	switch name {
	case "mutf-8": // of Java: characters beyond the BMP are two surrogates of three bytes each
		return []string{surrogatePairs(string(p))}
	case "utf-16le":
		charset = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case "utf-16be":
		charset = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case "gb18030":
		charset = simplifiedchinese.GB18030
	case "big5":
		charset = traditionalchinese.Big5
	default: // UTF-8, and escapes, which are ASCII
		charset = encoding.Nop
	}
	s, _ := charset.NewDecoder().String(string(p))
	once := unescape(s)
	return []string{s, once, unescape(once), html.UnescapeString(s), unescape(html.UnescapeString(s)), percentDecoded(s)}
}

// surrogatePairs joins what is written as two surrogates in UTF-8.
func surrogatePairs(s string) string {
	half := func(i int) rune {
		if i+3 > len(s) || s[i] != 0xED || s[i+1] < 0xA0 {
			return 0
		}
		return 0xD000 + rune(s[i+1]-0x80)*64 + rune(s[i+2]-0x80)
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if r := utf16.DecodeRune(half(i), half(i+3)); r != utf8.RuneError {
			b.WriteRune(r)
			i += 5
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// percentDecoded undoes %XX wherever it stands.
func percentDecoded(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+3 <= len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// unescape undoes the escapes of JSON, Java, JavaScript and C strings.
func unescape(s string) string {
	var b strings.Builder
	for s != "" {
		if s[0] != '\\' {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		r, size := escaped(s)
		if high := r; utf16.IsSurrogate(high) {
			if low, n := escaped(s[size:]); utf16.IsSurrogate(low) {
				r, size = utf16.DecodeRune(high, low), size+n
			}
		}
		if size == 0 {
			b.WriteByte(s[0])
			s = s[1:]
			continue
		}
		b.WriteRune(r)
		s = s[size:]
	}
	return b.String()
}

// escaped reads one escape and its length, 0 if there is none.
func escaped(s string) (rune, int) {
	if len(s) >= 6 && s[0] == '\\' && s[1] == 'u' {
		if n, err := strconv.ParseUint(s[2:6], 16, 16); err == nil {
			return rune(n), 6
		}
	}
	if len(s) >= 2 && s[0] == '\\' {
		if s[1] == '/' {
			return '/', 2
		}
		if r, _, tail, err := strconv.UnquoteChar(s, 0); err == nil {
			return r, len(s) - len(tail)
		}
		return rune(s[1]), 2
	}
	return 0, 0
}
