package text

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// minBase64 is the least number of bytes of a term that is looked for in Base64 or in hexadecimal digits: of a shorter one too few digits are
// left to tell it from chance.
const minBase64 = 5

// base64Forms writes the UTF-8 of a term in its three places of a run, without the digits that it shares with its neighbours. What the
// two alphabets write differently gives two forms. Latin letters are written as in the term, small and capital.
func base64Forms(term string) []Form {
	if len(term) < minBase64 {
		return nil
	}
	var forms []Form
	for _, t := range []string{term, strings.Map(lowerASCII, term), strings.Map(upperASCII, term)} {
		for bit := 0; bit < 6; bit += 2 {
			run := base64Run([]byte(t), bit, false)
			url := strings.NewReplacer("+", "-", "/", "_").Replace(string(run))
			for _, s := range []string{string(run), url} {
				var b builder
				b.exact(s)
				forms = append(forms, b.form)
			}
		}
	}
	return distinct(term, forms)
}

// unpackBase64 decodes the run around the hit, broken into lines or not, from each of its first four digits.
func unpackBase64(hit view) []view {
	lo, hi := hit.near()
	p := hit.window
	from, to := hit.start, hit.end
	for from > lo && inBase64(p[from-1]) {
		from--
	}
	for to < hi && inBase64(p[to]) {
		to++
	}
	var digits []uint32
	var places []int
	for i := from; i < to; i++ {
		if v, ok := base64Value(p[i]); ok {
			digits = append(digits, v)
			places = append(places, i)
		}
	}
	places = append(places, to)
	var out []view
	for skip := range 4 {
		if skip < len(digits) {
			out = append(out, readBase64(hit, digits[skip:], places[skip:]))
		}
	}
	return out
}

func readBase64(hit view, digits []uint32, places []int) view {
	u := newUnpacker(hit)
	for at := 0; at+8 <= 6*len(digits); at += 8 {
		k := at / 6
		b := digits[k]<<6 | digits[k+1]
		first, behind := (at+5)/6, (at+8)/6
		u.add(places[first], places[behind-1]+1, byte(b>>(4-at%6)))
	}
	return u.out
}

func hexTextForms(term string) []Form {
	if len(term) < minBase64 {
		return nil
	}
	var b builder
	for _, r := range term {
		if r < utf8.RuneSelf {
			b.hexOf("%02x", r)
			continue
		}
		for _, c := range []byte(string(r)) {
			b.hex(fmt.Sprintf("%02x", c))
		}
	}
	return []Form{b.form}
}

// unpackHexText decodes the digits on both sides of the hit.
func unpackHexText(hit view) []view {
	lo, hi := hit.near()
	p := hit.window
	pair := func(i int) (rune, bool) {
		if i < lo || i+2 > hi {
			return 0, false
		}
		return parseDigits(p[i:i+2], 16)
	}
	from := hit.start
	for _, ok := pair(from - 2); ok; _, ok = pair(from - 2) {
		from -= 2
	}
	u := newUnpacker(hit)
	for i := from; ; i += 2 {
		c, ok := pair(i)
		if !ok {
			break
		}
		u.add(i, i+2, byte(c))
	}
	return []view{u.out}
}
