package text

import "slices"

// Line is the text around a hit, as far as the line or string goes that the hit stands in.
type Line struct {
	Text       []byte // UTF-8
	Start, End int    // of the hit in Text
	at, end    []int  // of the character in the window that a byte of Text comes from
}

// NewLine decodes at most width characters on either side of the hit window[start:end], within Margin bytes, up to a line break, a NUL or bytes that do not
// decode.
func NewLine(window []byte, start, end int, enc Encoding, width int) Line {
	var buf [2 * Margin]unit
	stops := func(u unit) bool { return u.invalid || u.r == 0 || u.r == '\n' || u.r == '\r' }
	var l Line
	left := before(buf[:0], window, start, Margin, enc)
	left = left[max(0, len(left)-width):]
	for i := len(left) - 1; i >= 0; i-- {
		if stops(left[i]) {
			left = left[i+1:]
			break
		}
	}
	l.add(left)
	l.Start = len(l.Text)
	l.add(after(buf[:0], window[:end], start, end-start, enc))
	l.End = len(l.Text)
	right := after(buf[:0], window, end, Margin, enc)
	right = right[:min(len(right), width)]
	if i := slices.IndexFunc(right, stops); i >= 0 {
		right = right[:i]
	}
	l.add(right)
	return l
}

func (l *Line) add(units []unit) {
	for _, u := range units {
		n := len(l.Text)
		l.Text = append(l.Text, string(u.r)...)
		for range len(l.Text) - n {
			l.at, l.end = append(l.at, u.off), append(l.end, u.off+u.size)
		}
	}
}

// Source returns where Text[start:end] lies in the window.
func (l *Line) Source(start, end int) (from, to int) { return l.at[start], l.end[end-1] }
