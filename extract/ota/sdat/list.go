package sdat

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/censorscan/censorscan/extract"
)

const (
	blockSize = 4096
	maxBlocks = 1 << 31 // of a partition: 8 TiB
	maxCount  = 1 << 50 // saturates sums of blocks
	maxNotes  = 16      // damage told one by one for a list
	pieceCost = 96      // bytes of memory for a piece, sorting and the parts of an overlap included
)

// list is a transfer list, mapped.
type list struct {
	version int64
	size    int64   // bytes of the partition, as far as any command reaches
	pieces  []piece // in order, without overlap; what is in none are zeros
	data    int64   // bytes of new.dat that the commands take
	notes   []*extract.Unopened
	dropped int            // notes beyond maxNotes
	foreign map[string]int // commands that need the previous image
	limit   error          // why reading was given up
	lost    bool           // from here on it is not known which data a command takes
}

// piece is a run of bytes of the partition. Behind the partition's size are the data that the commands hide, so that they are searched.
type piece struct {
	start, end int64
	from       int64 // first byte in new.dat, or one of the following
	seq        int   // of the range in the list
}

const (
	zeroed   = -1
	unplaced = -2
)

// needPrevious are the commands of incremental OTAs, in the order in which they are told.
var needPrevious = []string{"bsdiff", "imgdiff", "move", "stash", "free"}

// problem says why the list cannot be followed at all.
func (l *list) problem() *extract.Unopened {
	switch {
	case l.version < 1 || l.version > 4:
		return extract.Unsupported(0, "transfer list of version %d", l.version)
	case l.limit != nil:
		return extract.AsUnopened(l.limit)
	case len(l.foreign) == 0:
		return nil
	}
	var told []string
	for _, c := range needPrevious {
		if n := l.foreign[c]; n > 0 && c != "free" {
			told = append(told, fmt.Sprintf("%d %s", n, c))
		}
	}
	if len(told) == 0 {
		told = []string{"free"}
	}
	return extract.Unsupported(0, "incremental OTA: %s commands need the previous image", strings.Join(told, ", "))
}

// told are the notes, the last of which counts those that are left out.
func (l *list) told() []*extract.Unopened {
	if l.dropped == 0 {
		return l.notes
	}
	return append(l.notes[:len(l.notes):len(l.notes)], extract.Damaged(0, "%d more problems of the transfer list", l.dropped))
}

// note keeps damage of the list that leaves the rest readable.
func (l *list) note(line int, format string, args ...any) {
	if len(l.notes) == maxNotes {
		l.dropped++
		return
	}
	l.notes = append(l.notes, extract.Damaged(0, "line %d: %w", line, fmt.Errorf(format, args...)))
}

// end is the partition's size together with what was put behind it.
func (l *list) end() int64 {
	if n := len(l.pieces); n > 0 {
		return max(l.size, l.pieces[n-1].end)
	}
	return l.size
}

// parse reads a transfer list; nil when it is none. The text and the table may each take up to limit bytes.
func parse(ctx context.Context, r io.Reader, limit int64) *list {
	s := &scanner{r: bufio.NewReaderSize(r, 64<<10), left: limit, line: 1}
	l := &list{foreign: map[string]int{}}
	var ok bool
	if l.version, ok = header(s); !ok {
		return nil
	}
	if _, ok = header(s); !ok { // blocks to be written
		return nil
	}
	if l.version < 1 || l.version > 4 {
		return l
	}
	for s.err == nil {
		if s.line%1024 == 0 && ctx.Err() != nil {
			s.err = context.Cause(ctx)
			break
		}
		l.command(s, limit)
		s.skipLine()
	}
	switch {
	case errors.Is(s.err, errTooMuch):
		l.limit = &extract.LimitError{Limit: "buffer", Value: limit, What: fmt.Sprintf("transfer list up to line %d", s.line)}
		l.pieces = nil
		return l
	case s.err != io.EOF:
		l.note(s.line, "the rest of the transfer list cannot be read: %w", s.err)
	}
	l.finish()
	return l
}

// header reads a line that is one number.
func header(s *scanner) (int64, bool) {
	v, end, ok := s.number()
	ok = ok && end != ','
	s.skipLine()
	return v, ok && (s.err == nil || s.err == io.EOF)
}

// command reads one line up to its end or less.
func (l *list) command(s *scanner, limit int64) {
	switch word := s.word(); word {
	case "":
	case "new":
		l.ranges(s, limit, l.new)
	case "zero":
		l.ranges(s, limit, func(line int, start, n int64) bool {
			if l.inside(line, start, n) {
				l.pieces = append(l.pieces, piece{start * blockSize, (start + n) * blockSize, zeroed, len(l.pieces)})
			}
			return true
		})
	case "erase", "compute_hash_tree": // what is erased is not written; hash trees are made on the phone, and hold no text
		l.ranges(s, limit, func(line int, start, n int64) bool {
			l.inside(line, start, n)
			return true
		})
	case "bsdiff", "imgdiff", "move", "stash", "free":
		l.foreign[word]++
	default:
		if s.line <= 4 && strings.Trim(word, "0123456789") == "" {
			return // the two numbers about stashes that version 2 brought
		}
		l.note(s.line, "unknown command %.32q", word)
	}
}

// new places n blocks of data at block start. It reports whether the place of the data that follow is known.
func (l *list) new(line int, start, n int64) bool {
	from := l.data
	if n > maxBlocks {
		l.note(line, "a range of %d blocks", n)
		return false
	}
	if l.lost {
		from = unplaced
	} else {
		l.data = min(l.data+n*blockSize, maxCount*blockSize)
	}
	if l.inside(line, start, n) {
		l.pieces = append(l.pieces, piece{start * blockSize, (start + n) * blockSize, from, len(l.pieces)})
	}
	return true
}

// inside reports whether a partition can have these blocks, and lets it reach that far.
func (l *list) inside(line int, start, n int64) bool {
	if n > maxBlocks || start > maxBlocks-n {
		l.note(line, "range of %d blocks at block %d is outside of any partition", n, start)
		return false
	}
	l.size = max(l.size, (start+n)*blockSize)
	return true
}

// ranges reads a set of ranges, "count,begin,end,begin,end...", and gives each to place, which reports whether those behind it mean anything.
func (l *list) ranges(s *scanner, limit int64, place func(line int, start, n int64) bool) {
	bad := func(format string, args ...any) {
		l.note(s.line, format, args...)
		l.lost = l.lost || s.command == "new"
	}
	count, sep, ok := s.number()
	if !ok || count < 2 || count%2 != 0 || sep != ',' {
		bad("ranges begin with the count %.32q", s.text())
		return
	}
	read := int64(0)
	for sep == ',' {
		var begin, end int64
		var ok1, ok2 bool
		begin, sep, ok1 = s.number()
		if !ok1 || sep != ',' {
			bad("a range of %d numbers breaks off behind %d of them", count, read)
			return
		}
		if begin >= maxCount {
			bad("block %.32q is outside of any partition", s.text())
			return
		}
		end, sep, ok2 = s.number()
		if end >= maxCount {
			bad("block %.32q is outside of any partition", s.text())
			return
		}
		if !ok2 || begin >= end {
			bad("range from block %d to %.32q", begin, s.text())
			return
		}
		if int64(len(l.pieces))*pieceCost > limit {
			s.err = errTooMuch
			return
		}
		if !place(s.line, begin, end-begin) {
			l.lost = true
			return
		}
		read += 2
	}
	if read != count {
		bad("%d numbers where %d are promised", read, count)
	}
}
