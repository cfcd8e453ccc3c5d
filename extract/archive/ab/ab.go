// Package ab opens Android backups (adb backup): a few lines of text, then a tar archive, deflated or not. Encrypted ones are named as such.
//
// The layout is that of AOSP's PerformAdbBackupTask and PerformAdbRestoreTask (frameworks/base/services/backup).
package ab

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zlib"

	"github.com/censorscan/censorscan/extract"
)

const (
	magic      = "ANDROID BACKUP\n"
	maxHeader  = 128 // bytes of the four lines
	maxVersion = 5
)

// Format is the Android backup.
func Format() extract.Format {
	return extract.Format{
		Name:    "android-backup",
		Group:   "archive",
		Summary: "Android backups of version 1 to 5, deflated or not; encrypted ones are named",
		Spec:    "https://android.googlesource.com/platform/frameworks/base/+/refs/heads/main/services/backup/java/com/android/server/backup/fullbackup/PerformAdbBackupTask.java",
		Detect:  func(p *extract.Probe) bool { return p.Has(0, magic) },
		Open:    open,
	}
}

// container is an opened backup.
type container struct {
	in       *extract.Input
	data     int64 // where the archive begins
	deflated bool
}

func open(_ context.Context, in *extract.Input) (extract.Container, error) {
	head := make([]byte, maxHeader)
	n, err := in.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("reading the header: %w", err)
	}
	lines := bytes.SplitN(head[:n], []byte("\n"), 5)
	if len(lines) < 5 {
		return nil, extract.Damaged(0, "no four lines of header within %d bytes", n)
	}
	version, compressed, encryption := string(lines[1]), string(lines[2]), string(lines[3])
	v, err := strconv.Atoi(version)
	switch {
	case err != nil || v < 1:
		return nil, extract.Damaged(0, "version %q", version)
	case v > maxVersion:
		return nil, extract.Unsupported(0, "version %d", v)
	case encryption != "none":
		return nil, extract.Encrypted(0, "backup is encrypted (%.32q); its key comes from a password", encryption)
	case compressed != "0" && compressed != "1":
		return nil, extract.Damaged(0, "the line that says whether it is compressed is %.32q", compressed)
	}
	c := &container{in: in, deflated: compressed == "1"}
	for _, l := range lines[:4] {
		c.data += int64(len(l)) + 1
	}
	return c, nil
}

// Structure gives the header.
func (c *container) Structure() []extract.Extent { return []extract.Extent{{Size: c.data}} }

func (c *container) Close() error { return nil }

// Members gives the tar archive.
func (c *container) Members(context.Context) iter.Seq2[*extract.Member, error] {
	return func(yield func(*extract.Member, error) bool) {
		raw := extract.Extent{Offset: c.data, Size: c.in.Size() - c.data}
		m := &extract.Member{Name: name(c.in.Name), Mode: 0o644, Size: -1, Extents: []extract.Extent{raw}}
		if c.deflated {
			m.Stream = func(context.Context) (io.ReadCloser, error) { return c.inflate(m, raw), nil }
		} else {
			m.Size = raw.Size
			m.Open = func(context.Context) (extract.Source, error) { return extract.Section(c.in, raw), nil }
		}
		yield(m, nil)
	}
}

// name is what the archive within a backup is called.
func name(backup string) string {
	if n := len(backup) - len(".ab"); n > 0 && strings.EqualFold(backup[n:], ".ab") {
		backup = backup[:n]
	}
	return backup + ".tar"
}

// inflater is the decoded archive. At the end of the stream the member's extent is cut to it: what follows is nobody's.
type inflater struct {
	m   *extract.Member
	raw extract.Extent
	in  *io.SectionReader
	buf *bufio.Reader
	dec io.Reader // nil before the first Read
	b   *extract.Budget
	err error
}

func (c *container) inflate(m *extract.Member, raw extract.Extent) io.ReadCloser {
	in := io.NewSectionReader(c.in, raw.Offset, raw.Size)
	return &inflater{m: m, raw: raw, in: in, buf: bufio.NewReaderSize(in, 64<<10), b: c.in.Budget}
}

func (f *inflater) Read(p []byte) (n int, err error) {
	if f.err != nil {
		return 0, f.err
	}
	if f.dec == nil {
		z, err := zlib.NewReader(f.buf)
		if err != nil {
			return 0, f.fail(err)
		}
		f.dec = f.b.Expand(z, f.raw.Size)
	}
	n, err = f.dec.Read(p)
	switch {
	case err == io.EOF:
		f.m.Extents = []extract.Extent{{Offset: f.raw.Offset, Size: f.used()}}
		f.err = io.EOF
	case err != nil:
		f.fail(err)
	}
	return n, f.err
}

// used is how many of the raw bytes were decoded.
func (f *inflater) used() int64 {
	at, _ := f.in.Seek(0, io.SeekCurrent) // a SectionReader knows where it is
	return at - int64(f.buf.Buffered())
}

func (f *inflater) fail(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	u := *extract.AsUnopened(err)
	if u.Reason == extract.ReasonDamaged {
		u = *extract.Damaged(f.raw.Offset+f.used(), "the deflated archive breaks off: %w", err)
	}
	f.err = &u
	return f.err
}

func (f *inflater) Close() error {
	f.err = io.ErrClosedPipe
	return nil
}
