package tar

import (
	"fmt"
	"strings"
	"testing"

	"github.com/censorscan/censorscan/extract"
	"github.com/censorscan/censorscan/extract/archive/archivetest"
	"github.com/censorscan/censorscan/extract/formattest"
)

// header makes a block; size is the whole size field.
func header(name string, flag byte, size, link string) []byte {
	b := make([]byte, blockSize)
	copy(b, name)
	copy(b[fieldMode.off:], "0000644")
	copy(b[fieldSize.off:], size)
	b[flagOff] = flag
	copy(b[fieldLink.off:], link)
	copy(b[fieldMagic.off:], "ustar\x0000")
	return seal(b)
}

// seal sets the checksum of a block.
func seal(b []byte) []byte {
	copy(b[fieldSum.off:], "        ")
	sum := 0
	for _, c := range b {
		sum += int(c)
	}
	copy(b[fieldSum.off:], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

// entryOf is a header with content, padded.
func entryOf(name string, flag byte, content string) []byte {
	b := header(name, flag, fmt.Sprintf("%011o", len(content)), "")
	return append(append(b, content...), make([]byte, int(roundUp(int64(len(content))))-len(content))...)
}

func join(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// paxOf is a pax header with the records "key=value".
func paxOf(records ...string) []byte {
	text := ""
	for _, r := range records {
		n := len(r) + 3
		for len(fmt.Sprint(n))+len(r)+2 != n {
			n++
		}
		text += fmt.Sprintf("%d %s\n", n, r)
	}
	return entryOf("pax", typePax, text)
}

type hostileCase struct {
	name  string
	data  []byte
	files map[string]string // member: content, or "!" and a part of its problem
	notes []string
}

func hostile() []hostileCase {
	end := make([]byte, 2*blockSize)
	a, b := entryOf("a", typeRegular, "content of a"), entryOf("b", typeRegular, "content of b")
	both := map[string]string{"a": "content of a", "b": "content of b"}
	broken := entryOf("broken", typeRegular, "lost")
	broken[0] ^= 1
	loop := header("l", typeHard, "0", "l")
	return []hostileCase{
		{name: "no end mark", data: join(a, b), files: both, notes: []string{"without its end mark at offset 2048"}},
		{name: "cut in a member", data: a[:blockSize+7], files: map[string]string{"a": "content"}, notes: []string{"ends 5 before", "without its end mark"}},
		{name: "cut in a header", data: join(a, b[:100]), files: map[string]string{"a": "content of a"}, notes: []string{"without its end mark at offset 1024"}},
		{name: "damaged header", data: join(a, broken, b, end), files: both, notes: []string{"no tar header at offset 1024"}},
		{name: "garbage behind the end mark", data: join(a, b, end, []byte(strings.Repeat("trailer ", 100))), files: both},
		{name: "header behind one block of zeros", data: join(a, end[:blockSize], b, end), files: both},
		{name: "size is no number", data: join(header("x", typeRegular, "99999999999", ""), a, end), files: map[string]string{"a": "content of a"}, notes: []string{`header with size "99999999999`}},
		{name: "size of 2^59", data: join(header("x", typeRegular, "\x80\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00", ""), a),
			files: map[string]string{"x": string(a)}, notes: []string{"member has 576460752303423488 bytes", "without its end mark"}},
		{name: "negative size", data: join(header("x", typeRegular, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", ""), a, end),
			files: map[string]string{"a": "content of a"}, notes: []string{"header with size"}},
		{name: "long name without a member", data: join(a, entryOf("././@LongLink", typeLongName, "name"), end), files: map[string]string{"a": "content of a"},
			notes: []string{"long headers, but no member"}},
		{name: "long name that is cut off", data: join(a, header("././@LongLink", typeLongName, "77777777777", ""), b, end), files: both, notes: []string{"is cut off"}},
		{name: "names", data: join(entryOf("../up", typeRegular, "1"), entryOf("/abs", typeRegular, "2"), entryOf("\xd6\xd0", typeRegular, "3"), end),
			files: map[string]string{"../up": "1", "/abs": "2", "\xd6\xd0": "3"}},
		{name: "hard link to nothing", data: join(header("l", typeHard, "0", "gone"), end), files: map[string]string{"l": `!hard link to "gone"`}},
		{name: "hard link to itself", data: join(loop, loop, end), files: map[string]string{"l": "!hard link to", "l#2": "!hard link to"}},
		{name: "hard links in a chain", data: join(a, header("l", typeHard, "0", "a"), header("m", typeHard, "0", "./l"), end),
			files: map[string]string{"a": "content of a", "l": "content of a", "m": "content of a"}},
		{name: "hard link with content", data: join(a, entryOf("l", typeHard, "own"), b, end), files: map[string]string{"a": "content of a", "l": "own", "b": "content of b"}},
		{name: "link with a size but no content", data: join(header("s", typeSymlink, "1000", "a"), a, end), files: map[string]string{"s": "", "a": "content of a"}},
		{name: "pax", data: join(paxOf("path=长名", "size=5", "comment=x"), header("x", typeRegular, "0", ""), []byte("12345"), end[:507], end),
			files: map[string]string{"长名": "12345"}},
		{name: "pax with a record that lies", data: join(entryOf("pax", typePax, "99999 path=x\n"), a, end), files: map[string]string{"a": "content of a"}},
		{name: "pax with a size that is none", data: join(paxOf("size=-1"), a, b, end), files: both, notes: []string{"pax header with size"}},
		{name: "sparse map that goes back", data: join(paxOf("GNU.sparse.realsize=100", "GNU.sparse.map=10,5,0,5"), a, end), files: map[string]string{"a": "!goes back"}},
		{name: "sparse map that is too long", data: join(paxOf("GNU.sparse.realsize=100", "GNU.sparse.map=0,50,50,50"), a, end), files: map[string]string{"a": "!more than the 12 bytes"}},
		{name: "sparse map beyond its file", data: join(paxOf("GNU.sparse.realsize=4", "GNU.sparse.map=0,8"), a, end), files: map[string]string{"a": "!in a file of 4"}},
		{name: "unknown type", data: join(entryOf("u", 'Z', "content"), end), files: map[string]string{"u": "content"}},
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
				case !got.Mode.IsRegular() && want == "":
				case strings.HasPrefix(want, "!"):
					if !strings.Contains(got.Problem, want[1:]) {
						t.Errorf("%q: problem %q, want %q", name, got.Problem, want[1:])
					}
				case got.Problem != "" || got.SHA256 != archivetest.Sum(want):
					t.Errorf("%q: %+v, want %q", name, got, want)
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
