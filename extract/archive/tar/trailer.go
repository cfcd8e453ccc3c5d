package tar

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"io"
	"regexp"

	"github.com/censorscan/censorscan/extract"
)

// trailer is the line that md5sum appends to the archive in Samsung's .tar.md5 files: the MD5 of all bytes before it and a name.
type trailer struct {
	extract.Extent
	sum   [md5.Size]byte
	known int64 // bytes that hold nothing but the sum and a plain file name
}

// fileName is what a name may be without being searched.
var fileName = regexp.MustCompile(`^[-+.0-9A-Z_a-z]{1,255}\.tar$`)

// sumLength is what stands before the name: the sum in hex, a space, and a space or an asterisk.
const sumLength = 2*md5.Size + 2

// findTrailer looks for the line, which begins where a block would; nil when there is none.
func findTrailer(src extract.Source) *trailer {
	start := src.Size() / blockSize * blockSize
	b := make([]byte, src.Size()-start)
	if start == 0 || len(b) <= sumLength {
		return nil
	}
	if n, _ := src.ReadAt(b, start); n < len(b) {
		return nil
	}
	line, ok := bytes.CutSuffix(b, []byte("\n"))
	if !ok || len(line) <= sumLength || bytes.ContainsAny(line, "\x00\n") || line[sumLength-2] != ' ' || line[sumLength-1] != ' ' && line[sumLength-1] != '*' {
		return nil
	}
	t := &trailer{Extent: extract.Extent{Offset: start, Size: int64(len(b))}, known: sumLength}
	if fileName.Match(line[sumLength:]) {
		t.known = t.Size
	}
	if _, err := hex.Decode(t.sum[:], line[:2*md5.Size]); err != nil {
		return nil
	}
	return t
}

// verify compares the sum with the archive. What cannot be read is told where the members are.
func (t *trailer) verify(ctx context.Context, src extract.Source) error {
	h := md5.New()
	buf := make([]byte, 1<<20)
	for off := int64(0); off < t.Offset; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := src.ReadAt(buf[:min(int64(len(buf)), t.Offset-off)], off)
		if n == 0 && err != nil && err != io.EOF {
			return nil
		}
		h.Write(buf[:n])
		if off += int64(n); n == 0 {
			return nil
		}
	}
	if sum := h.Sum(nil); !bytes.Equal(sum, t.sum[:]) {
		u := extract.Damaged(t.Offset, "MD5 is %x, the line behind the archive says %x", sum, t.sum)
		u.Extent.Size = t.Size
		return u
	}
	return nil
}
