package text

import (
	"unicode/utf8"
)

const (
	base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	minPacked    = 4 // characters of a form
)

// base64Value returns the six bits of a character of Base64 or of its URL alphabet.
func base64Value(c byte) (v uint32, ok bool) {
	switch {
	case 'A' <= c && c <= 'Z':
		return uint32(c - 'A'), true
	case 'a' <= c && c <= 'z':
		return uint32(c-'a') + 26, true
	case '0' <= c && c <= '9':
		return uint32(c-'0') + 52, true
	case c == '+', c == '-':
		return 62, true
	case c == '/', c == '_':
		return 63, true
	}
	return 0, false
}

// base64Run writes the six-bit digits that lie wholly within p when it begins at a bit of a digit; with whole the last one too, filled up
// with zeros.
func base64Run(p []byte, bit int, whole bool) []byte {
	var out []byte
	at := (6 - bit) % 6 // in p
	for ; at+6 <= 8*len(p) || whole && at < 8*len(p); at += 6 {
		v := uint32(p[at/8]) << 8
		if at/8+1 < len(p) {
			v |= uint32(p[at/8+1])
		}
		out = append(out, base64Digits[v>>(10-at%8)&0x3F])
	}
	return out
}

// utf7Forms writes runs of other characters in Base64 and leaves ASCII as it is. A term that begins with such a run can begin at three places
// of a longer one.
func utf7Forms(term string) []Form {
	if isASCII(term) {
		return nil
	}
	bits := []int{0, 4, 2} // 0, 1 and 2 characters in front, in bits of a digit
	if term[0] < utf8.RuneSelf {
		bits = bits[:1]
	}
	var forms []Form
	for _, bit := range bits {
		var b builder
		for i := 0; i < len(term); {
			if term[i] < utf8.RuneSelf {
				b.plain(term[i : i+1])
				if term[i] == '+' {
					b.exact("-")
				}
				i++
				continue
			}
			end := i
			for end < len(term) && term[end] >= utf8.RuneSelf {
				end++
			}
			var units []byte
			for _, r := range term[i:end] {
				units = encodeUTF16BE(units, r)
			}
			from := bit
			if i > 0 {
				b.exact("+")
				from = 0
			}
			b.add(0, base64Run(units, from, end < len(term))...)
			if end < len(term) {
				b.exact("-")
			}
			i = end
		}
		if len(b.form.Bytes) >= minPacked {
			forms = append(forms, b.form)
		}
	}
	return distinct(term, forms)
}

// unpackUTF7 reads the window once for every + that can have begun the run in which the hit stands, and once if it begins with ASCII.
func unpackUTF7(hit view) []view {
	lo, _ := hit.near()
	var out []view
	for i := hit.start; i > lo; i-- {
		c := hit.window[i-1]
		if _, ok := base64Value(c); !ok || c == '-' || c == '_' {
			break
		}
		if c == '+' {
			out = append(out, readUTF7(hit, lo, i))
		}
	}
	return append(out, readUTF7(hit, lo, -1))
}

// readUTF7 decodes the window; run is where a run is known to begin, behind its +, if it is not -1.
func readUTF7(hit view, lo, run int) view {
	u := newUnpacker(hit)
	_, hi := hit.near()
	p := hit.window[:hi]
	for i := lo; i < hi; {
		if p[i] != '+' || i < run-1 {
			u.plain(i)
			i++
			continue
		}
		if i+1 < hi && p[i+1] == '-' {
			u.unit(i, i+2, '+')
			i += 2
			continue
		}
		i = u.run(p, i+1)
		if i < hi && p[i] == '-' {
			i++
		}
	}
	return u.out
}

// run decodes the Base64 of UTF-16 units that begins at p[at:], and returns where it ends.
func (u *unpacker) run(p []byte, at int) (end int) {
	var bits uint32
	n := 0     // bits read
	units := 0 // units read
	i := at
	for ; i < len(p); i++ {
		v, ok := base64Value(p[i])
		if !ok || p[i] == '-' || p[i] == '_' {
			break
		}
		bits = bits<<6 | v
		n += 6
		if n < 16*(units+1) {
			continue
		}
		r := rune(bits >> (n - 16*(units+1)) & 0xFFFF)
		first := at + (16*units+5)/6  // digit that is the first to be wholly the unit's
		behind := at + 16*(units+1)/6 // the last such, and one more
		u.unit(first, behind, r)
		units++
	}
	return i
}
