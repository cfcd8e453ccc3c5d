package zip

import (
	"bytes"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz/lzma"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/archive/archivetest"
	"github.com/censorscan/censorscan/extract/formattest"
)

// part is an entry of a built archive; each header says what its fields say, however wrong.
type part struct {
	name, localName string
	flags, method   uint16
	localMethod     int // -1 is method
	body            []byte
	crc             uint32
	packed, size    uint32
	extra           string
	mode            uint32
	at              int  // offset of the local header of another part to use, -1 for its own
	hidden          bool // not in the central directory
	gone            bool // the local header is overwritten
}

// whole is a part as an honest tool writes it.
func whole(name string, method uint16, content string) part {
	body := []byte(content)
	switch method {
	case deflated:
		body = deflate(content)
	case zstandard:
		w, err := zstd.NewWriter(nil)
		if err != nil {
			panic(err)
		}
		body = w.EncodeAll(body, nil)
	}
	return part{name: name, localName: name, method: method, localMethod: -1, body: body, crc: crc32.ChecksumIEEE([]byte(content)),
		packed: uint32(len(body)), size: uint32(len(content)), at: -1}
}

func deflate(content string) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 9)
	if err != nil {
		panic(err)
	}
	w.Write([]byte(content))
	w.Close()
	return b.Bytes()
}

// with changes a part.
func (p part) with(change func(*part)) part {
	change(&p)
	return p
}

// build puts an archive together; count is added to the number of entries in its end record.
func build(count int, parts ...part) []byte {
	var out, dir []byte
	n := 0
	for _, p := range parts {
		at := p.at
		if at < 0 {
			at = len(out)
			method := p.method
			if p.localMethod >= 0 {
				method = uint16(p.localMethod)
			}
			sig := localSig
			if p.gone {
				sig = "XXXX"
			}
			out = append(out, sig...)
			out = le.AppendUint16(out, 20)
			out = le.AppendUint16(out, p.flags)
			out = le.AppendUint16(out, method)
			out = le.AppendUint32(out, 0)
			out = le.AppendUint32(out, p.crc)
			out = le.AppendUint32(out, p.packed)
			out = le.AppendUint32(out, p.size)
			out = le.AppendUint16(out, uint16(len(p.localName)))
			out = le.AppendUint16(out, uint16(len(p.extra)))
			out = append(append(append(out, p.localName...), p.extra...), p.body...)
		}
		if p.hidden {
			continue
		}
		n++
		dir = append(dir, centralSig...)
		dir = le.AppendUint16(dir, 3<<8)
		dir = le.AppendUint16(dir, 20)
		dir = le.AppendUint16(dir, p.flags)
		dir = le.AppendUint16(dir, p.method)
		dir = le.AppendUint32(dir, 0)
		dir = le.AppendUint32(dir, p.crc)
		dir = le.AppendUint32(dir, p.packed)
		dir = le.AppendUint32(dir, p.size)
		dir = le.AppendUint16(dir, uint16(len(p.name)))
		dir = le.AppendUint16(dir, uint16(len(p.extra)))
		dir = append(dir, make([]byte, 6)...)
		dir = le.AppendUint32(dir, p.mode<<16)
		dir = le.AppendUint32(dir, uint32(at))
		dir = append(append(dir, p.name...), p.extra...)
	}
	start := len(out)
	out = append(out, dir...)
	out = append(out, endSig+"\x00\x00\x00\x00"...)
	out = le.AppendUint16(out, uint16(n+count))
	out = le.AppendUint16(out, uint16(n+count))
	out = le.AppendUint32(out, uint32(len(dir)))
	out = le.AppendUint32(out, uint32(start))
	return append(out, 0, 0)
}

// patch overwrites bytes counted from the end of an archive.
func patch(b []byte, back int, with string) []byte {
	copy(b[len(b)-back:], with)
	return b
}

const text = "content that everybody should be able to read, content that everybody should read"

// described is an entry outside of the directory whose sizes stand in a descriptor behind it.
func described(name string, method uint16, content string) part {
	p := whole(name, method, content)
	d := le.AppendUint32([]byte(spanSig), p.crc)
	d = le.AppendUint32(le.AppendUint32(d, p.packed), p.size)
	p.body = append(p.body, d...)
	p.flags, p.hidden, p.crc, p.packed, p.size = flagDescriptor, true, 0, 0, 0
	return p
}

// lzmaAndMore is an archive with an LZMA entry that claims 100 bytes more than its stream.
func lzmaAndMore() []byte {
	var b bytes.Buffer
	w, err := lzma.WriterConfig{EOSMarker: true}.NewWriter(&b)
	if err != nil {
		panic(err)
	}
	w.Write([]byte(text))
	w.Close()
	body := append([]byte{9, 20, 5, 0}, b.Bytes()[:5]...)
	body = append(append(body, b.Bytes()[13:]...), make([]byte, 100)...)
	p := whole("l", lzmaed, text)
	p.body, p.packed, p.flags = body, uint32(len(body)), flagLZMAEnd
	return build(0, p)
}

type hostileCase struct {
	name  string
	data  []byte
	files map[string]string // member: content, or "!" and a part of its problem
	notes []string          // parts of the errors between members, in order
}

func hostile() []hostileCase {
	a := whole("a", deflated, text)
	s := whole("s", stored, text)
	long := strings.Repeat(text, 100)
	onlyA := map[string]string{"a": text}
	return []hostileCase{
		{name: "zstd", data: build(0, whole("a", zstandard, text), a), files: map[string]string{"a": text, "a#2": text}},
		{name: "unknown method on a stored entry", data: build(0, s.with(func(p *part) { p.method = 0x4D31 })), files: map[string]string{"s": text}},
		{name: "unknown method on a stored entry, packed size wrong", data: build(0, s.with(func(p *part) { p.method, p.packed = 0x4D31, 9 })),
			files: map[string]string{"s": text}},
		{name: "PPMd that is stored", data: build(0, s.with(func(p *part) { p.method = 98 })), files: map[string]string{"s": text}},
		{name: "unknown method on a deflated entry", data: build(0, a.with(func(p *part) { p.method = 0x1234 })), files: onlyA},
		{name: "unassigned method on bytes that are neither", data: build(0, a.with(func(p *part) { p.method, p.body = 0x1234, []byte("\xff\xff\xff\xff"); p.packed = 4 })),
			files: map[string]string{"a": "!unknown compression method 4660"}},
		{name: "fake encryption of stored", data: build(0, s.with(func(p *part) { p.flags = 1 })), files: map[string]string{"s": text}},
		{name: "fake encryption of deflate", data: build(0, a.with(func(p *part) { p.flags = 1 })), files: onlyA},
		{name: "fake AES", data: build(0, a.with(func(p *part) { p.flags, p.method = 1, aes })), files: onlyA},
		{name: "encrypted", data: build(0, a.with(func(p *part) { p.flags, p.body[0] = 1, 0xFF })), files: map[string]string{"a": "!encrypted"}},
		{name: "wrong checksum", data: build(0, whole("a", deflated, text).with(func(p *part) { p.crc++ }), s.with(func(p *part) { p.crc++ })),
			files: map[string]string{"a": "!CRC-32", "s": text}, notes: []string{"CRC-32"}},
		{name: "wrong size", data: build(0, whole("a", deflated, text).with(func(p *part) { p.size++ }), s.with(func(p *part) { p.size++ })),
			files: map[string]string{"a": "!decoded to 81 bytes, the directory says 82", "s": text}, notes: []string{"stored entry of 81 bytes says it has 82"}},
		{name: "headers disagree", data: build(0, whole("a", deflated, text).with(func(p *part) { p.localName, p.localMethod = "b", 0 })),
			files: onlyA, notes: []string{`name "b"`, "method 0, 8"}},
		{name: "names", data: build(0, whole("", stored, "1"), whole("n\x00ul", stored, "2"), whole("\xd6\xd0", stored, "3"), whole("../x", stored, "4")),
			files: map[string]string{"": "1", "n\x00ul": "2", "\xd6\xd0": "3", "../x": "4"}},
		{name: "folder with content", data: build(0, whole("d/", deflated, text), whole("e/", deflated, "")), files: map[string]string{"d/": text, "e/": ""}},
		{name: "link that is a file", data: build(0, whole("l", deflated, "two\nlines").with(func(p *part) { p.mode = 0o120777 })), files: map[string]string{"l": "two\nlines"}},
		{name: "too few entries counted", data: build(-1, whole("a", deflated, text), s), files: map[string]string{"a": text, "s": text}},
		{name: "too many entries counted", data: build(5, whole("a", deflated, text)), files: onlyA, notes: []string{"has 1 entries, its end record says 6"}},
		{name: "directory size wrong", data: patch(build(0, whole("a", deflated, text), s), 10, "\x05\x00\x00\x00"), files: map[string]string{"a": text, "s": text}},
		{name: "directory offset wrong", data: patch(build(0, whole("a", deflated, text), s), 6, "\x05\x00\x00\x00"), files: map[string]string{"a": text, "s": text}},
		{name: "trailing data", data: append(build(0, whole("a", deflated, text)), make([]byte, 200<<10)...), files: onlyA},
		{name: "entry outside of the directory", data: build(0, whole("h", deflated, text).with(func(p *part) { p.hidden = true }), s),
			files: map[string]string{"h": text, "s": text}},
		{name: "stored entry with a descriptor, outside of the directory", data: build(0, described("h", stored, text), s), files: map[string]string{"h": text, "s": text}},
		{name: "zstd entry with a descriptor, outside of the directory", data: build(0, described("h", zstandard, long), s), files: map[string]string{"h": long, "s": text}},
		{name: "deflated entry with a descriptor, cut", data: build(0, described("h", deflated, long))[:60], files: map[string]string{"h": "!unexpected EOF"}, notes: []string{"no central directory"}},
		{name: "data behind an LZMA stream", data: lzmaAndMore(), files: map[string]string{"l": text}},
		{name: "local header overwritten", data: build(0, whole("a", deflated, text).with(func(p *part) { p.gone = true }), s),
			files: map[string]string{"a": "!no local header at offset 0", "s": text}},
		{name: "entry behind the end", data: build(0, s, whole("a", deflated, text).with(func(p *part) { p.at = 1 << 30 })),
			files: map[string]string{"a": "!no local header", "s": text}},
		{name: "entry that claims to go on behind the end", data: build(0, s.with(func(p *part) { p.packed, p.size = 1<<31, 1<<31 })),
			files: map[string]string{"s": "*"}, notes: []string{"entry claims 2147483648 bytes"}},
		{name: "two archives", data: append(build(0, whole("a", deflated, text)), build(0, s)...), files: map[string]string{"a": text, "s": text}, notes: []string{"no central directory"}},
		{name: "data behind a deflate stream", data: build(0, whole("a", deflated, text).with(func(p *part) { p.body = append(p.body, long...); p.packed += uint32(len(long)) })), files: onlyA},
		{name: "stored zip within a cut zip", data: func() []byte {
			b := build(0, whole("a", deflated, text), whole("in.zip", stored, string(build(0, s))))
			return b[:bytes.LastIndex(b, []byte(localSig+"\x14"))+len(build(0, s))]
		}(), files: map[string]string{"a": text, "in.zip": string(build(0, s))}, notes: []string{"no central directory"}},
		{name: "broken directory record", data: func() []byte {
			b := build(0, whole("a", deflated, text), s, whole("z", deflated, text))
			b[bytes.Index(b, []byte(centralSig+"\x00\x03"))+28+50] ^= 0x40 // into the second record
			return b
		}(), files: map[string]string{"a": text, "s": text, "z": text}, notes: []string{"has 2 entries, its end record says 3"}},
	}
}

func TestHostile(t *testing.T) {
	for _, c := range hostile() {
		t.Run(c.name, func(t *testing.T) {
			l := list(t, extract.BytesSource(c.data))
			for name, want := range c.files {
				got, ok := l.Files[name]
				switch {
				case !ok:
					t.Errorf("%q is missing", name)
				case want == "*":
				case strings.HasPrefix(want, "!"):
					if !strings.Contains(got.Problem, want[1:]) {
						t.Errorf("%q: problem %q, want %q", name, got.Problem, want[1:])
					}
				case got.Mode.IsDir() && want == "":
				case got.Problem != "" || got.SHA256 != archivetest.Sum(want):
					t.Errorf("%q: %+v, want %d bytes %s", name, got, len(want), archivetest.Sum(want))
				}
			}
			if len(l.Files) != len(c.files) {
				t.Errorf("%d members, want %d: %v", len(l.Files), len(c.files), l.Files)
			}
			if len(l.Problems) != len(c.notes) {
				t.Fatalf("problems %q, want %q", l.Problems, c.notes)
			}
			for i, n := range c.notes {
				if !strings.Contains(l.Problems[i], n) {
					t.Errorf("problem %q, want %q", l.Problems[i], n)
				}
			}
			formattest.Survive(t, Format(), c.data)
		})
	}
}
