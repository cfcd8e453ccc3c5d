package recover

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/censorscan/censorscan/scan/text"
)

const sqliteMagic = "SQLite format 3\x00"

// isSQLite tells a database of SQLite 3.
// Layout: https://www.sqlite.org/fileformat2.html
func isSQLite(b *image) bool { return b.has(0, sqliteMagic) && newSQLite(b, nil).size > 0 }

// findSQLite takes the columns of each table in the order of its rows. Then the columns of rows that were deleted, as far as they are still there.
func findSQLite(b *image, c *catch) {
	if len(b.hits) == 1 {
		return
	}
	c.loose = true
	db := newSQLite(b, c)
	tables := db.schema()
	for _, t := range tables {
		db.table(t)
	}
	db.deleted()
}

// sqlite is a database, or a log of its pages.
type sqlite struct {
	b       *image
	c       *catch
	doc     *document
	enc     text.Encoding
	size    int64            // of a page
	usable  int64            // bytes of a page
	pages   uint32           // in the file
	offsets map[uint32]int64 // of pages, when they do not lie one after another
	seen    map[uint32]bool  // pages that belong to a tree
	columns map[uint32]int   // of the table that a page belongs to
}

func newSQLite(b *image, c *catch) *sqlite {
	db := &sqlite{b: b, c: c, enc: text.UTF8, seen: map[uint32]bool{}, columns: map[uint32]int{}}
	if db.size = int64(db.be16(16)); db.size == 1 {
		db.size = 64 << 10
	}
	db.usable = db.size - int64(b.u8(20))
	if db.size < 512 || db.size&(db.size-1) != 0 || db.usable < 480 {
		db.size = 0
		return db
	}
	db.pages = uint32(min((b.size+db.size-1)/db.size, 1<<31))
	db.encoding(0)
	db.doc = b.document(db.enc.String())
	return db
}

// encoding reads that of all text from the first page.
func (db *sqlite) encoding(off int64) {
	switch db.be32(off + 56) {
	case 2:
		db.enc = text.UTF16LE
	case 3:
		db.enc = text.UTF16BE
	}
}

func (db *sqlite) be16(off int64) uint16 {
	if p := db.b.bytes(off, 2); p != nil {
		return binary.BigEndian.Uint16(p)
	}
	return 0
}

func (db *sqlite) be32(off int64) uint32 {
	if p := db.b.bytes(off, 4); p != nil {
		return binary.BigEndian.Uint32(p)
	}
	return 0
}

// offset returns where a page begins, -1 when there is none.
func (db *sqlite) offset(page uint32) int64 {
	if db.offsets != nil {
		if off, ok := db.offsets[page]; ok {
			return off
		}
		return -1
	}
	if page == 0 || page > db.pages {
		return -1
	}
	return int64(page-1) * db.size
}

// sqlTable is a table of the schema.
type sqlTable struct {
	name string
	root uint32
	sql  string
}

// schema reads the table that names the others. The pages of indexes hold nothing that their tables do not.
func (db *sqlite) schema() (tables []sqlTable) {
	var indexes []uint32
	db.walk(1, 0, db.seen, func(r *record) {
		kind, _ := r.text(0)
		root, ok := r.number(3)
		if !ok || root <= 0 || root > int64(db.pages) || len(tables) == maxNodes {
			return
		}
		name, _ := r.text(1)
		sql, _ := r.text(4)
		switch kind.text {
		case "table":
			tables = append(tables, sqlTable{name.text, uint32(root), sql.text})
		case "index":
			indexes = append(indexes, uint32(root))
		}
	})
	for _, root := range indexes {
		pages := map[uint32]bool{}
		db.walk(root, 0, pages, func(*record) {})
		for page := range pages {
			db.seen[page] = true
			off := db.offset(page)
			db.c.known = append(db.c.known, extent{off, off + db.size})
		}
	}
	return tables
}

// table takes the columns of a table that hold hits.
func (db *sqlite) table(t sqlTable) {
	columns := map[int]int{} // telling values, by column
	pages := map[uint32]bool{}
	db.walk(t.root, 0, pages, func(r *record) { db.survey(r, columns) })
	names := sqlColumns(t.sql)
	for page := range pages {
		db.seen[page] = true
		db.columns[page] = len(names)
	}
	var numbers []int
	for n, hits := range columns {
		if hits > 1 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	if len(numbers) == 0 {
		return
	}
	lists := map[int]*structure{}
	for _, n := range numbers {
		name := fmt.Sprintf("%d", n+1)
		if n < len(names) {
			name = names[n]
		}
		lists[n] = &structure{doc: db.doc, recipe: []string{fmt.Sprintf("sqlite table %s column %s", t.name, name)}}
		db.c.lists = append(db.c.lists, lists[n])
	}
	db.walk(t.root, 0, map[uint32]bool{}, func(r *record) {
		for _, n := range numbers {
			if v, ok := r.text(n); ok && v.text != "" {
				lists[n].append(v.item(0))
			}
		}
	})
}

// survey counts, by column, the values that hold a hit, and keeps those that could be a list by themselves.
func (db *sqlite) survey(r *record, columns map[int]int) {
	for n := range r.kinds {
		begin, end, ok := r.span(n)
		if !ok || !db.b.hitIn(begin, end) {
			continue
		}
		v, ok := r.text(n)
		if !ok {
			if v, ok = r.blob(n); ok {
				db.c.text(db.b.document(text.UTF8.String()), v, "sqlite blob")
			}
			continue
		}
		if db.b.tells(v.text) {
			columns[n]++
		}
		db.c.text(db.doc, v, "sqlite value")
	}
}

const maxTreeDepth = 32

// The kinds of pages of a tree.
const (
	indexInterior = 0x02
	tableInterior = 0x05
	indexLeaf     = 0x0A
	tableLeaf     = 0x0D
)

// walk calls f with every record of a tree in its order. Pages that were seen are left out.
func (db *sqlite) walk(page uint32, depth int, seen map[uint32]bool, f func(*record)) {
	off := db.offset(page)
	if off < 0 || depth > maxTreeDepth || seen[page] || !db.b.spend(64) {
		return
	}
	seen[page] = true
	h := db.head(page)
	kind := db.b.u8(h)
	cells := h + 8
	if kind == tableInterior || kind == indexInterior {
		cells += 4
	} else if kind != tableLeaf && kind != indexLeaf {
		return
	}
	for i := range min(int64(db.be16(h+3)), db.size/4) {
		at := off + int64(db.be16(cells+2*i))
		if at < cells || at > off+db.usable-4 {
			continue
		}
		if kind == tableInterior || kind == indexInterior {
			db.walk(db.be32(at), depth+1, seen, f)
			at += 4
		}
		if kind == tableInterior {
			continue
		}
		if r := db.record(at, off+db.usable, kind == tableLeaf); r != nil {
			f(r)
		}
	}
	if kind == tableInterior || kind == indexInterior {
		db.walk(db.be32(h+8), depth+1, seen, f)
	}
}

// head returns where the header of a page begins: on the first that of the file stands before it.
func (db *sqlite) head(page uint32) int64 {
	h := db.offset(page)
	if page == 1 && db.b.has(h, sqliteMagic) {
		h += 100
	}
	return h
}

// sqlColumns returns the names of the columns of a table in the order in which its rows hold them.
func sqlColumns(sql string) []string {
	open := strings.IndexByte(sql, '(')
	if open < 0 {
		return nil
	}
	parts, rest := topLevel(sql[open+1:])
	var names, key []string
	for _, p := range parts {
		fields := strings.Fields(p)
		if len(fields) == 0 {
			continue
		}
		name, upper := unquoteSQL(p), strings.ToUpper(p)
		inKey := strings.Contains(upper, "PRIMARY KEY")
		switch strings.ToUpper(fields[0]) {
		case "PRIMARY", "CONSTRAINT", "UNIQUE", "CHECK", "FOREIGN":
			if i := strings.Index(upper, "PRIMARY KEY"); i >= 0 {
				if i = i + strings.IndexByte(p[i:]+"(", '('); i < len(p) {
					cols, _ := topLevel(p[i+1:])
					for _, c := range cols {
						key = append(key, unquoteSQL(c))
					}
				}
			}
			continue
		}
		names = append(names, name)
		if inKey {
			key = append(key, name)
		}
	}
	if !strings.Contains(strings.ToUpper(rest), "WITHOUT") {
		return names
	}
	ordered := slices.Clone(key)
	for _, n := range names {
		if !slices.ContainsFunc(key, func(k string) bool { return strings.EqualFold(k, n) }) {
			ordered = append(ordered, n)
		}
	}
	return ordered
}

// topLevel splits what stands before the closing parenthesis at commas, and returns what follows it.
func topLevel(s string) (parts []string, rest string) {
	depth, from := 0, 0
	quote := byte(0)
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '[':
			quote = ']'
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == ')':
			return append(parts, s[from:i]), s[i+1:]
		case c == ',' && depth == 0:
			parts = append(parts, s[from:i])
			from = i + 1
		}
	}
	return append(parts, s[from:]), ""
}

// unquoteSQL returns the name that a definition begins with.
func unquoteSQL(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	closing := map[byte]byte{'"': '"', '`': '`', '\'': '\'', '[': ']'}[s[0]]
	if closing == 0 {
		return s[:len(s)-len(strings.TrimLeftFunc(s, func(r rune) bool { return !strings.ContainsRune(" \t\r\n(),", r) }))]
	}
	if i := strings.IndexByte(s[1:], closing); i >= 0 {
		return s[1 : 1+i]
	}
	return s[1:]
}
