package formats

import (
	"context"

	"github.com/censorscan/censorscan/extract"
)

// magic is a format that is known by sight and not opened: it has to be named in the coverage instead of being searched as if its bytes were plain.
type magic struct {
	name   string
	what   string
	offset int64
	bytes  string
}

// unsupported are the formats that hide bytes and that we cannot open yet. They stand behind all that we can.
func unsupported() []extract.Format {
	var list []extract.Format
	for _, m := range magics {
		list = append(list, extract.Format{
			Name:   m.name,
			Detect: func(p *extract.Probe) bool { return p.Has(m.offset, m.bytes) },
			Open: func(context.Context, *extract.Input) (extract.Container, error) {
				return nil, extract.Unsupported(0, "%s is not opened", m.what)
			},
		})
	}
	return list
}

var magics = []magic{
	{"f2fs", "an F2FS file system", 1024, "\x10\x20\xf5\xf2"},
	{"squashfs", "a squashfs file system", 0, "hsqs"},
	{"7z", "a 7z archive", 0, "7z\xbc\xaf\x27\x1c"},
	{"rar", "a RAR archive", 0, "Rar!\x1a\x07"},
	{"lzop", "an LZO stream", 0, "\x89LZO\x00\r\n\x1a\n"},
	{"ubi", "a UBI image", 0, "UBI#\x01"},
}
