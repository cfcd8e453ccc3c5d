package zip

import (
	"bytes"
	"context"
	"encoding/binary"

	"github.com/censorscan/censorscan/extract"
)

// Format is the zip archive. Data may stand before it (self-extracting archives), so it is also recognised by its end; formats with a magic
// number of their own have to be asked first.
func Format() extract.Format {
	return extract.Format{
		Name:    "zip",
		Magic:   "PK\x03\x04",
		Group:   "archive",
		Summary: "zip archives: apk, jar, apex, apks, xapk, OTA packages",
		Spec:    "https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT",
		Detect:  detect,
		Trailer: endSig,
		Open:    open,
	}
}

func detect(p *extract.Probe) bool {
	switch {
	case p.Has(0, localSig), p.Has(0, spanSig+localSig), p.Has(0, spanMarker+localSig):
		return true
	case p.Has(0, endSig):
		head := p.At(0, endLen)
		return len(head) == endLen && le.Uint32(head[12:]) == 0 // an archive of nothing
	}
	tail := p.Tail(endLen + 0xFFFF)
	base := p.Size() - int64(len(tail))
	for at := len(tail); at > 0; {
		if at = lastEnd(tail[:at]); at < 0 {
			return false
		}
		if detectEnd(p, base+int64(at), tail[at:]) {
			return true
		}
	}
	return false
}

// lastEnd is where the last signature of an end record stands in buf, -1 if there is none. Nearly always there is none, and looking for any from the front of a
// window is many times faster than looking for the last from its end.
func lastEnd(buf []byte) int {
	const window = 4 << 10
	for hi := len(buf); hi > 0; hi -= window {
		lo := max(0, hi-window)
		part := buf[lo:min(len(buf), hi+len(endSig)-1)]
		if bytes.Contains(part, []byte(endSig)) {
			return lo + bytes.LastIndex(part, []byte(endSig))
		}
	}
	return -1
}

// detectEnd reports whether the end record at pos belongs to an archive that reaches to the end of the artefact. A directory that stands right
// before the record and begins with an entry is asked for, and either offsets that count from the artefact's first byte or a record
// that ends with the artefact: a zip that merely lies somewhere near the end of an image has neither.
func detectEnd(p *extract.Probe, pos int64, rec []byte) bool {
	if len(rec) < endLen {
		return false
	}
	end := parseEnd(rec)
	at := pos
	if end.needs64() {
		at -= locatorLen + end64Len
		r := p.At(at, end64Len)
		if len(r) < end64Len || string(r[:4]) != end64Sig {
			return false
		}
		end.merge64(r)
	}
	start := at - end.size
	if end.size < centralLen || start < 0 || !p.Has(start, centralSig) {
		return false
	}
	return start == end.offset || pos+endLen+int64(end.comment) == p.Size()
}

// Signatures and lengths of the fixed parts of the records.
const (
	localSig   = "PK\x03\x04"
	centralSig = "PK\x01\x02"
	endSig     = "PK\x05\x06"
	end64Sig   = "PK\x06\x06"
	locatorSig = "PK\x06\x07"
	spanSig    = "PK\x07\x08" // also the signature of a data descriptor
	spanMarker = "PK00"

	localLen   = 30
	centralLen = 46
	endLen     = 22
	end64Len   = 56
	locatorLen = 20
)

var le = binary.LittleEndian

func open(ctx context.Context, in *extract.Input) (extract.Container, error) {
	c := &container{in: in}
	if err := c.readDirectory(ctx); err != nil {
		return nil, err
	}
	return c, nil
}
