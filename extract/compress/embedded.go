package compress

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"unicode/utf8"

	"github.com/censorscan/censorscan/extract"
)

// Embedded is the format of what apps make of a compressed stream in order to keep it: a length, a version or a magic of their own in front of it, other bytes
// behind it, several such streams one after another, or a stream of a format that has no magic. What is not part of a stream is slack.
func Embedded() extract.Format {
	return extract.Format{
		Name:    "embedded",
		Group:   "compress",
		Summary: "streams behind a header of at most 64 bytes, or without a magic: all of the above, raw deflate, LZ4 blocks, zstd without its magic, brotli of any name, CCZ, mozLz4, lz4-java, Godot's blocks",
		Spec:    "https://www.rfc-editor.org/rfc/rfc1951, https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md",
		Detect: func(p *extract.Probe) bool {
			s := &search{src: p.Source(), size: p.Size(), budget: p.Budget, head: p.Head()}
			return !s.ordinary() && s.find() != nil
		},
		Open: func(_ context.Context, in *extract.Input) (extract.Container, error) {
			e := &embedded{in: in}
			if e.first = e.at(0); e.first == nil {
				return nil, extract.ErrNotThis
			}
			if e.first.refused != nil {
				return nil, e.first.refused
			}
			return e, nil
		},
	}
}

// embedded is an artefact with embedded streams.
type embedded struct {
	in        *extract.Input
	first     *found
	structure []extract.Extent
}

// at finds the next stream, at or behind off.
func (e *embedded) at(off int64) *found {
	head := make([]byte, min(8<<10, e.in.Size()-off))
	n, _ := e.in.ReadAt(head, off)
	s := &search{src: e.in, size: e.in.Size(), budget: e.in.Budget, from: off, head: head[:n]}
	if s.ordinary() {
		return nil
	}
	return s.find()
}

// measureFirst is how much of a stream is decoded to learn where it ends and whether another follows.
const measureFirst = 1 << 20

// Members implements extract.Container.
func (e *embedded) Members(ctx context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		for f := e.first; f != nil && ctx.Err() == nil; {
			e.structure = append(append(e.structure, f.header), f.file.Structure()...)
			if !yield(f.file.member(), nil) {
				return
			}
			end := f.end
			if end < 0 {
				_, raw, err := f.file.trial(measureFirst)
				if err != io.EOF {
					return
				}
				end = f.file.place(extract.Extent{Offset: raw}).Offset
			}
			if f = nil; end < e.in.Size() {
				f = e.at(end)
			}
		}
	}
}

// Structure implements extract.Container.
func (e *embedded) Structure() []extract.Extent { return e.structure }

// Close implements extract.Container.
func (e *embedded) Close() error { return nil }

// found is a stream in an artefact.
type found struct {
	file    *file
	end     int64          // where it ends in the artefact, -1 while that is not known
	header  extract.Extent // in front of it, of a known layout
	refused error          // why it cannot be opened
}

// maxHeader is how many bytes may stand in front of a stream.
const maxHeader = 64

// minContent is the least that a stream decodes to, in bytes, when no magic or check sum speaks for it.
const minContent = 64

// maxTrials is how many of the streams for which no magic speaks are decoded beyond the head to see where they end.
const maxTrials = 4

// search looks for a stream near the beginning of a stretch of an artefact.
type search struct {
	src    extract.Source
	size   int64 // of the artefact, -1 when only its beginning is known
	budget *extract.Budget
	from   int64  // where the stretch begins
	head   []byte // its first bytes
	trials int
	decoders
}

// whole reports whether head is all of the stretch.
func (s *search) whole() bool { return s.size >= 0 && s.from+int64(len(s.head)) >= s.size }

// left is how many bytes of the stretch there are at or behind off, as far as is known.
func (s *search) left(off int) int64 { return s.src.Size() - s.from - int64(off) }

// ordinaries are the beginnings of files that hold text or compressed streams of their own kinds, and that are searched as they are.
var ordinaries = []string{
	"\x7fELF", "dex\n", "cdex", "\x03\x00\x08\x00", "\x02\x00\x0c\x00", "\x89PNG", "\xff\xd8\xff", "RIFF", "OggS", "ID3", "GIF8", "PK\x03\x04", "PK\x01\x02",
	"SQLite format 3\x00", "\x00\x01\x00\x00\x00", "OTTO", "ttcf", "wOFF", "wOF2", "true\x00", "\xca\xfe\xba\xbe", "art\n", "vdex", "oat\n", "\xd0\x0d\xfe\xed",
	"bplist", "%PDF", "fLaC", "MThd", "\x1bLua", "\x1bLJ", "Unity",
}

// textLook is how much of an artefact has to be text to be taken for it.
const textLook = 512

// ordinary tells the types of which an image has hundreds of thousands of files: they are not looked at any closer.
func (s *search) ordinary() bool {
	if len(s.head) < 16 {
		return true
	}
	for _, magic := range ordinaries {
		if s.head[0] == magic[0] && bytes.HasPrefix(s.head, []byte(magic)) {
			return true
		}
	}
	if string(s.head[4:8]) == "ftyp" {
		return true
	}
	return isText(s.head[:min(len(s.head), textLook)])
}

// isText reports whether a beginning is UTF-8 without control characters that no text has.
func isText(head []byte) bool {
	for _, c := range head {
		if c < ' ' && (c < '\t' || c > '\r') && c != 0x1b {
			return false
		}
	}
	for i := 1; i < utf8.UTFMax && i <= len(head); i++ { // a character that the end tore apart
		if c := head[len(head)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(head[len(head)-i:]) {
				head = head[:len(head)-i]
			}
			break
		}
	}
	return utf8.Valid(head)
}

// find looks for every kind of stream, those first for which a magic speaks.
func (s *search) find() *found {
	for _, look := range []func() *found{s.named, s.marked, s.zlib, s.lzma, s.lz4Block, s.zstdBare, s.bare} {
		if f := look(); f != nil {
			return f
		}
	}
	return nil
}

// streamAt makes the file of a stream that begins at off with what lead puts in front of it, and ends at end or before it (-1: anywhere).
func (s *search) streamAt(c *codec, off int, lead []byte, end int64) *found {
	at := s.from + int64(off)
	limit := end
	if end < 0 {
		limit = s.src.Size()
	}
	src := extract.Section(s.src, extract.Extent{Offset: at, Size: limit - at})
	f := &file{codec: c, src: src, budget: s.budget, name: fmt.Sprintf("(%s at %d)", c.name, at), shift: at}
	if len(lead) > 0 {
		f.src, f.lead, f.shift = &led{lead, src}, int64(len(lead)), at-int64(len(lead))
	}
	return &found{file: f, end: end}
}

// led is a Source with bytes in front of another.
type led struct {
	lead []byte
	src  extract.Source
}

func (l *led) Size() int64 { return int64(len(l.lead)) + l.src.Size() }

func (l *led) ReadAt(p []byte, off int64) (n int, err error) {
	if off >= 0 && off < int64(len(l.lead)) {
		n = copy(p, l.lead[off:])
	}
	if n == len(p) {
		return n, nil
	}
	m, err := l.src.ReadAt(p[n:], off+int64(n)-int64(len(l.lead)))
	return n + m, err
}

// declares reports whether a header holds v as 32 bits of either byte order, which stand for the low half of 64 as well.
func declares(header []byte, v int64) bool {
	if v <= 0 || v > 1<<32-1 {
		return false
	}
	for i := 0; i+4 <= len(header); i++ {
		if u := header[i:]; int64(binary.LittleEndian.Uint32(u)) == v || int64(binary.BigEndian.Uint32(u)) == v {
			return true
		}
	}
	return false
}

// declared yields the numbers in a header that can be the length of something of which max bytes are there.
func declared(header []byte, max int64) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for i := 0; i+4 <= len(header); i++ {
			le, be := int64(binary.LittleEndian.Uint32(header[i:])), int64(binary.BigEndian.Uint32(header[i:]))
			if le >= minStream && le <= max && !yield(le) || be >= minStream && be <= max && be != le && !yield(be) {
				return
			}
		}
	}
}

// minStream is the least number of bytes that a stream for which no magic speaks takes.
const minStream = 24

// compressed reports whether bytes are as evenly distributed as those of a compressed stream. Those of text, code and tables are not.
func compressed(data []byte) bool {
	if len(data) > 2<<10 {
		data = data[:2<<10]
	}
	if len(data) < minStream {
		return false
	}
	var counts [256]int
	for _, b := range data {
		counts[b]++
	}
	pairs := 0 // of equal bytes: of n*(n-1) one in 256 when all bytes are equally likely
	for _, n := range counts {
		pairs += n * (n - 1)
	}
	return pairs*256 <= 3*len(data)*(len(data)-1)
}
