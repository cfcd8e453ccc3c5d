// Package tar opens tar archives: v7, ustar, pax, GNU and star, with long names, sparse files and sizes in base 256. Members are parts of the
// archive, so each gives random access.
//
// The layout is that of POSIX.1-2017 (pax, section "ustar Interchange Format") and, for the rest, of the GNU tar manual's appendix "Tar Internals".
package tar

import (
	"context"

	"github.com/censorscan/censorscan/extract"
)

// Format is the tar archive. Of the oldest kind only a checksum tells, so formats with a magic number of their own have to be asked first.
func Format() extract.Format {
	return extract.Format{
		Name:    "tar",
		Group:   "archive",
		Summary: "tar archives: v7, ustar, pax, GNU, star; Samsung's .tar.md5 too (its sum is checked with `--check-hashes`)",
		Spec:    "https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html",
		Detect:  detect,
		Open:    open,
		Forward: true,
	}
}

func detect(p *extract.Probe) bool {
	b := p.At(0, blockSize)
	return len(b) == blockSize && (validBlock(b) || hasMagic(b))
}

// hasMagic recognises a header of ustar or GNU tar by its magic alone, for an archive whose first header is damaged.
func hasMagic(b []byte) bool {
	magic := string(b[257:265])
	return (magic == "ustar\x0000" || magic == "ustar  \x00") && b[0] != 0
}

func open(_ context.Context, in *extract.Input) (extract.Container, error) {
	b, err := in.Budget.ReadFull(in, 0, blockSize)
	if err != nil {
		return nil, err
	}
	if !validBlock(b) && !hasMagic(b) {
		return nil, extract.ErrNotThis
	}
	return &container{in: in}, nil
}
