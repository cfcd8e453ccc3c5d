package sdat

import (
	"bufio"
	"errors"
)

// errTooMuch says that the list outgrows the budget.
var errTooMuch = errors.New("transfer list too large")

// scanner reads a transfer list byte by byte: a line may be longer than memory.
type scanner struct {
	r       *bufio.Reader
	left    int64 // bytes that may still be read
	line    int   // from 1
	command string
	last    []byte // beginning of the last token
	err     error
}

const maxToken = 40

func (s *scanner) next() (byte, bool) {
	if s.err != nil {
		return 0, false
	}
	if s.left--; s.left < 0 {
		s.err = errTooMuch
		return 0, false
	}
	c, err := s.r.ReadByte()
	if err != nil {
		s.err = err
		return 0, false
	}
	return c, true
}

// back takes the last byte back, so that the end of a line is met by who looks for it.
func (s *scanner) back() {
	if s.r.UnreadByte() == nil {
		s.left++
	}
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }

// token reads up to a blank, a comma if commas end it, or the end of the line; end is the comma or 0.
func (s *scanner) token(commas bool) (end byte) {
	s.last = s.last[:0]
	for {
		c, ok := s.next()
		switch {
		case !ok:
			return 0
		case c == '\n':
			s.back()
			return 0
		case commas && c == ',':
			return c
		case blank(c):
			if len(s.last) > 0 {
				return 0
			}
			continue
		}
		if len(s.last) < maxToken {
			s.last = append(s.last, c)
		}
	}
}

// word is the command that a line begins with.
func (s *scanner) word() string {
	s.token(false)
	s.command = string(s.last)
	return s.command
}

// number reads a number and tells what ended it. Numbers that are too large are maxCount.
func (s *scanner) number() (v int64, end byte, ok bool) {
	end = s.token(true)
	for _, c := range s.last {
		if c < '0' || c > '9' {
			return 0, end, false
		}
		v = min(v*10+int64(c-'0'), maxCount)
	}
	return v, end, len(s.last) > 0
}

// text is the token that was read last, its beginning if it is long.
func (s *scanner) text() string { return string(s.last) }

// skipLine goes to the next line.
func (s *scanner) skipLine() {
	for {
		c, ok := s.next()
		if !ok {
			return
		}
		if c == '\n' {
			s.line++
			return
		}
	}
}
