package recover

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxRows bounds the rows that are held in memory before they are put in order.
const maxRows = 1 << 17

// deleted takes the rows that are still in pages that no tree uses, and in the unused part of those that one does. Nothing says which table they were of: rows
// of the same number of columns are taken for those of one, in the order of their row ids.
func (db *sqlite) deleted() {
	var rows []*record
	keep := func(r *record) {
		if len(rows) < maxRows {
			rows = append(rows, r)
		}
	}
	free := db.freed()
	for page := uint32(1); page <= db.pages; page++ {
		off := db.offset(page)
		h := db.head(page)
		leaf := db.b.u8(h) == tableLeaf
		if !leaf && !free[page] || !db.b.hitIn(off, off+db.size) || db.b.left < 0 {
			continue
		}
		if !db.seen[page] {
			db.walk(page, maxTreeDepth, map[uint32]bool{}, keep)
		}
		if leaf {
			db.carve(h+8+2*int64(db.be16(h+3)), off+int64(db.be16(h+5)), off+db.usable, keep)
		} else {
			db.carve(h+8, off+db.usable, off+db.usable, keep)
		}
	}
	db.rows(rows, "sqlite deleted rows")
	rows = nil
	for page := uint32(1); page <= db.pages && db.b.left > 0; page++ {
		if off := db.offset(page); db.columns[page] > 0 && db.b.u8(db.head(page)) == tableLeaf && db.b.hitIn(off, off+db.size) {
			db.freeBlocks(page, keep)
		}
	}
	db.rows(rows, "sqlite freed cells")
}

// freeBlocks takes the rows of the free blocks of a page. The first four bytes of each, or of the last that was joined to it, are overwritten: with them the row id
// is lost, which is replaced by what keeps the order in which cells are laid from the end of a page to its beginning.
func (db *sqlite) freeBlocks(page uint32, keep func(*record)) {
	off, h := db.offset(page), db.head(page)
	seen := map[int64]bool{}
	for block := int64(db.be16(h + 1)); block > 0 && block < db.usable-4 && !seen[block]; block = int64(db.be16(off + block)) {
		seen[block] = true
		end := min(off+block+int64(db.be16(off+block+2)), off+db.usable)
		for at := off + block; at < end-4 && db.b.left > 0; {
			r := db.record(at, end, true)
			if r == nil || len(r.kinds) != db.columns[page] || !r.plausible() {
				r = db.beheaded(at, end, db.columns[page])
			}
			if r == nil {
				at++
				continue
			}
			r.rowid = int64(page)<<16 + off + db.size - at
			keep(r)
			at = r.end
		}
	}
}

// beheaded reads a cell whose first four bytes are lost: the sizes, the row id and perhaps the kind of the first column.
func (db *sqlite) beheaded(at, end int64, columns int) *record {
	for lost := min(1, columns-1); lost >= 0; lost-- { // row ids below 128 take one byte
		r := &record{db: db, kinds: make([]uint64, lost), starts: make([]int64, lost)}
		next, size := at+4, int64(0)
		for range columns - lost {
			var kind uint64
			if kind, next = db.varint(next, end); next < 0 || kind == 10 || kind == 11 || kind > 2*maxRead {
				break
			}
			r.kinds, r.starts = append(r.kinds, kind), append(r.starts, size)
			size += valueSize(kind)
		}
		if next < 0 || len(r.kinds) != columns || size == 0 || next+size > end {
			continue
		}
		r.pieces, r.length, r.end = []piece{{0, next, size}}, size, next+size
		if r.plausible() && r.clean() {
			return r
		}
	}
	return nil
}

// freed returns the pages of the list of free ones.
func (db *sqlite) freed() map[uint32]bool {
	free := map[uint32]bool{}
	for trunk := db.be32(32); trunk != 0 && !free[trunk]; {
		off := db.offset(trunk)
		if off < 0 || !db.b.spend(8) {
			break
		}
		free[trunk] = true
		for i := range min(int64(db.be32(off+4)), db.usable/4-2) {
			free[db.be32(off+8+4*i)] = true
		}
		trunk = db.be32(off)
	}
	return free
}

// carve looks for rows in an unused part of a page that ends at pageEnd, such as that between the list of cells and the first of them, where they stay when the
// page is emptied.
func (db *sqlite) carve(at, end, pageEnd int64, keep func(*record)) {
	if end <= at || end > pageEnd {
		end = pageEnd
	}
	for at < end && db.b.left > 0 {
		r := db.record(at, end, true)
		if r == nil || len(r.kinds) < 1 || !r.plausible() {
			at++
			continue
		}
		keep(r)
		at = r.end
	}
}

// plausible reports whether what was carved is a row: it holds text, and all of it decodes.
func (r *record) plausible() bool {
	any := false
	for n, kind := range r.kinds {
		if kind >= 15 && kind%2 == 1 {
			raw, _ := r.raw(n)
			if int64(len(raw)) != valueSize(kind) || !nearlyClean(raw, r.db.enc) {
				return false
			}
			any = true
		}
	}
	return any
}

// clean reports whether no value holds a control character.
func (r *record) clean() bool {
	for n, kind := range r.kinds {
		if raw, _ := r.raw(n); kind >= 15 && kind%2 == 1 && !clean(raw, r.db.enc) {
			return false
		}
	}
	return true
}

// rows makes structures of the columns of rows that belong to no table.
func (db *sqlite) rows(rows []*record, recipe string) {
	slices.SortStableFunc(rows, func(a, b *record) int {
		return cmp.Or(cmp.Compare(len(a.kinds), len(b.kinds)), cmp.Compare(a.rowid, b.rowid))
	})
	live := map[string]bool{} // the same row stays where it lay before its page was written anew
	for _, s := range db.c.lists {
		for _, it := range s.items {
			live[it.text] = true
		}
	}
	type column struct{ of, n int }
	lists := map[column]*structure{}
	type copied struct {
		column
		rowid int64
		text  string
	}
	met := map[copied]bool{}
	for _, r := range rows {
		for n := range r.kinds {
			v, ok := r.text(n)
			if !ok || live[strings.TrimFunc(v.text, blank)] {
				continue
			}
			c := column{len(r.kinds), n}
			if k := (copied{c, r.rowid, v.text}); r.rowid != 0 && met[k] {
				continue
			} else {
				met[k] = true
			}
			db.c.text(db.doc, v, recipe)
			if lists[c] == nil {
				lists[c] = &structure{doc: db.doc, recipe: []string{fmt.Sprintf("%s, column %d of %d", recipe, n+1, c.of), approximate}, order: 2}
				db.c.lists = append(db.c.lists, lists[c])
			}
			lists[c].append(v.item(0))
		}
	}
}

// isWAL tells the log of pages that SQLite keeps beside a database.
func isWAL(b *image) bool { return b.has(0, "\x37\x7F\x06\x82") || b.has(0, "\x37\x7F\x06\x83") }

// findWAL takes the rows of the newest copy of each page of a log.
func findWAL(b *image, c *catch) {
	db := &sqlite{b: b, c: c, offsets: map[uint32]int64{}, seen: map[uint32]bool{}}
	db.size = int64(db.be32(8))
	if db.size < 512 || db.size > 64<<10 {
		return
	}
	db.usable = db.size
	var order []uint32
	for off := int64(32); off+24+db.size <= b.size; off += 24 + db.size {
		page := db.be32(off)
		if _, ok := db.offsets[page]; !ok {
			order = append(order, page)
		}
		db.offsets[page] = off + 24
	}
	if off := db.offset(1); off >= 0 {
		db.encoding(off)
	}
	db.doc = b.document(db.enc.String())
	var rows []*record
	for _, page := range order {
		off := db.offset(page)
		if db.b.u8(off) == tableLeaf && b.hitIn(off, off+db.size) {
			db.walk(page, maxTreeDepth, map[uint32]bool{}, func(r *record) {
				if len(rows) < maxRows {
					rows = append(rows, r)
				}
			})
		}
	}
	db.rows(rows, "sqlite log rows")
}
