package base64

import (
	"encoding/base64"
	"errors"
	"io"

	"github.com/censorscan/censorscan/extract"
)

const (
	minSize = 64      // characters: what is shorter is a word, a name or a check sum
	minLine = 32      // characters of a line, for the same reason
	maxLine = 4 << 10 // characters of a line, where there are several
)

// values are what the characters of both alphabets stand for, and what other bytes are.
var values = func() (t [256]uint8) {
	for i := range t {
		t[i] = none
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") {
		t[c] = uint8(i)
	}
	t['+'], t['-'], t['/'], t['_'] = 62, 62, 63, 63
	return t
}()

const none = 0xff

// begins is the cheap test that rejects nearly all files.
func begins(head []byte) bool {
	if len(head) < minSize {
		return false
	}
	for _, c := range head[:minLine] {
		if values[c] == none {
			return false
		}
	}
	return true
}

// layout is where the characters of a file stand.
type layout struct {
	line  int64 // characters of a line
	feed  int64 // bytes behind each line: LF, CR LF, or none when all is one line
	chars int64 // characters in all, without padding
}

// layoutOf looks at the beginning and the end of a file, ok if it can be Base64 as a whole.
func layoutOf(src extract.Source) (l layout, ok bool) {
	head := make([]byte, min(2*maxLine, src.Size()))
	if n, _ := src.ReadAt(head, 0); n < len(head) || !begins(head) {
		return l, false
	}
	end, ok := trimmed(src)
	if !ok {
		return l, false
	}
	if end < int64(len(head)) {
		head = head[:end]
	}
	line := 0
	for line < len(head) && values[head[line]] != none {
		line++
	}
	l = layout{line: int64(line), chars: end}
	if line < len(head) { // there are lines
		switch {
		case line < minLine || line > maxLine || line%4 != 0:
			return l, false
		case head[line] == '\n':
			l.feed = 1
		case head[line] == '\r' && line+1 < len(head) && head[line+1] == '\n':
			l.feed = 2
		default:
			return l, false
		}
		lines := end / (l.line + l.feed)
		l.chars = lines*l.line + min(l.line, end-lines*(l.line+l.feed))
	}
	return l, end >= minSize && l.chars%4 != 1 && cased(head) && l.holds(head)
}

// trimmed is where a file ends without padding and white space.
func trimmed(src extract.Source) (end int64, ok bool) {
	tail := make([]byte, min(4<<10, src.Size()))
	end = src.Size()
	if n, _ := src.ReadAt(tail, end-int64(len(tail))); n < len(tail) {
		return 0, false
	}
	for len(tail) > 0 {
		switch tail[len(tail)-1] {
		case '=', '\r', '\n', ' ', 0:
			tail = tail[:len(tail)-1]
			end--
			continue
		}
		return end, true
	}
	return 0, false
}

// cased reports whether both cases of letters are there: hexadecimal digits and most names have one.
func cased(head []byte) bool {
	var lower, upper bool
	for _, c := range head {
		lower = lower || 'a' <= c && c <= 'z'
		upper = upper || 'A' <= c && c <= 'Z'
	}
	return lower && upper
}

// holds reports whether all of the beginning of a file is as the layout wants it.
func (l layout) holds(head []byte) bool {
	period := l.line + l.feed
	for i, c := range head {
		if at := int64(i) % period; at < l.line && values[c] == none || at >= l.line && c != "\r\n"[2-l.feed+at-l.line] {
			return false
		}
	}
	return true
}

// decoded is a file as it was before it was made Base64.
type decoded struct {
	extract.Source
	layout
}

// Size is the size of the decoded bytes.
func (d decoded) Size() int64 { return d.chars/4*3 + max(0, d.chars%4-1) }

var errCharacter = errors.New("a character that is none of Base64")

// ReadAt implements io.ReaderAt.
func (d decoded) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	const groups = 4 << 10 // at a time
	packed := make([]byte, 0, 4*min(groups, len(p)/3+2))
	var out [3 * groups]byte
	for n < len(p) && err == nil {
		at := off + int64(n)
		if at >= d.Size() {
			return n, io.EOF
		}
		first := at / 3 * 4
		packed = packed[:min(int64(cap(packed)), d.chars-first)]
		var got int
		got, err = d.characters(packed, first)
		if got < len(packed) {
			got = got / 4 * 4
		}
		m, _ := base64.RawStdEncoding.Decode(out[:], packed[:got])
		skip := int(at % 3)
		if m <= skip {
			break
		}
		n += copy(p[n:], out[skip:m])
	}
	if n == len(p) {
		err = nil
	}
	return n, err
}

// characters reads the characters from the one of a number on, in the standard alphabet.
func (d decoded) characters(p []byte, first int64) (n int, err error) {
	period := d.line + d.feed
	for n < len(p) {
		at := first + int64(n)
		run := int64(len(p) - n)
		if d.feed > 0 {
			run = min(run, d.line-at%d.line)
		}
		raw := at/d.line*period + at%d.line
		if d.feed == 0 {
			raw = at
		}
		m, err := d.Source.ReadAt(p[n:n+int(run)], raw)
		for i, c := range p[n : n+m] {
			v := values[c]
			if v == none {
				return n + i, extract.Damaged(raw+int64(i), "%w at offset %d", errCharacter, raw+int64(i))
			}
			p[n+i] = standard[v]
		}
		if n += m; m < int(run) {
			if err == nil {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
	}
	return n, nil
}

const standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// sound reports whether all of the file is as its beginning is.
func (d decoded) sound() bool {
	buf := make([]byte, 64<<10)
	for first := int64(0); first < d.chars; first += int64(len(buf)) {
		buf = buf[:min(int64(len(buf)), d.chars-first)]
		if _, err := d.characters(buf, first); err != nil {
			return false
		}
	}
	return true
}
