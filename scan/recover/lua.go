package recover

// isLua tells compiled Lua of 5.1 to 5.4 with low byte order.
func isLua(b *image) bool {
	v := b.u8(4)
	return b.has(0, "\x1bLua") && v >= 0x51 && v <= 0x54 && b.u8(5) == 0
}

// findLua takes the strings that a function loads one after another, as a table constructor does, and all constants of each function.
// Layout: ldump.c and lopcodes.h of each version of Lua.
func findLua(b *image, c *catch) {
	c.loose = true
	l := &lua{cursor: cursor{b: b}, c: c, version: b.u8(4) & 15}
	l.header()
	l.function(0)
	l.flush()
}

const maxFunctions = 200 // within functions

type lua struct {
	cursor
	c             *catch
	version       uint8
	int, size     int64 // widths in bytes
	number, whole int64
	all           []stored // constants of all functions
	functions     []luaFunction
}

type luaFunction struct {
	consts map[int]int // constants that are strings, by index: their place in all
	order  []int
	code   []byte
}

func (l *lua) header() {
	l.int, l.size, l.number = int64(l.b.u8(7)), int64(l.b.u8(8)), int64(l.b.u8(10))
	switch l.version {
	case 1:
		l.off = 12
	case 2:
		l.off = 18
	case 3:
		l.int, l.size, l.whole, l.number = int64(l.b.u8(12)), int64(l.b.u8(13)), int64(l.b.u8(15)), int64(l.b.u8(16))
		l.off = 17 + l.whole + l.number + 1
	case 4:
		l.whole, l.number = int64(l.b.u8(13)), int64(l.b.u8(14))
		l.off = 15 + l.whole + l.number + 1
	}
	for _, width := range []int64{l.int, l.size, l.number} {
		l.failed = l.failed || l.version < 4 && (width < 1 || width > 8)
	}
	l.failed = l.failed || l.version < 3 && l.b.u8(6) != 1
}

// count reads a number of things.
func (l *lua) count() int64 {
	if l.version == 4 {
		return l.varint()
	}
	n := l.cursor.number(l.int)
	if n < 0 || n > maxCount {
		l.failed = true
		return 0
	}
	return n
}

// varint reads a number of Lua 5.4: groups of seven bits, the high ones first, the last with its high bit set.
func (l *lua) varint() (v int64) {
	for range 5 {
		c := l.u8()
		v = v<<7 | int64(c&0x7F)
		if c&0x80 != 0 {
			return v
		}
	}
	l.failed = true
	return 0
}

func (l *lua) str() stored {
	var n int64
	switch l.version {
	case 4:
		n = l.varint() - 1
	case 3:
		if n = int64(l.u8()); n == 0xFF {
			n = l.cursor.number(l.size)
		}
		n--
	default:
		if n = l.cursor.number(l.size); n > 0 {
			s := l.string(n - 1)
			l.skip(1)
			return s
		}
	}
	if n <= 0 {
		return stored{}
	}
	return l.string(n)
}

// function reads a function and those within it.
func (l *lua) function(depth int) {
	if depth > maxFunctions || l.failed {
		l.failed = true
		return
	}
	if l.version != 2 {
		l.str() // source
	}
	l.count()
	l.count()
	l.skip(3)
	if l.version == 1 {
		l.skip(1)
	}
	f := luaFunction{consts: map[int]int{}}
	if n := l.count() * 4; n > 0 && n <= maxRead {
		f.code = l.take(n)
	} else {
		l.skip(n)
	}
	l.constants(&f)
	l.functions = append(l.functions, f)
	if l.version > 2 {
		l.upvalues()
	}
	for range l.count() {
		if l.failed {
			return
		}
		l.function(depth + 1)
	}
	if l.version == 2 {
		l.upvalues()
		l.str()
	}
	l.debug()
}

func (l *lua) upvalues() {
	width := int64(2)
	if l.version == 4 {
		width = 3
	}
	l.skip(width * l.count())
}

func (l *lua) debug() {
	if l.version == 4 {
		l.skip(l.count())
		for range l.count() {
			l.count()
			l.count()
			if l.failed {
				return
			}
		}
	} else {
		l.skip(l.int * l.count())
	}
	for range l.count() { // local variables
		l.str()
		l.count()
		l.count()
		if l.failed {
			return
		}
	}
	for range l.count() { // names of upvalues
		l.str()
		if l.failed {
			return
		}
	}
}

func (l *lua) constants(f *luaFunction) {
	for i := range l.count() {
		if l.failed {
			return
		}
		switch kind := l.u8(); {
		case kind == 4 || kind == 0x14:
			if s := l.str(); s.text != "" {
				f.consts[int(i)] = len(l.all)
				f.order = append(f.order, len(l.all))
				l.all = append(l.all, s)
			}
		case kind == 0, kind == 0x11:
		case kind == 1:
			if l.version < 4 {
				l.skip(1)
			}
		case kind == 3 && l.version == 4, kind == 0x13 && l.version == 3:
			l.skip(l.whole)
		case kind == 3, kind == 0x13:
			l.skip(l.number)
		default:
			l.failed = true
		}
	}
}

// flush makes structures of what was read.
func (l *lua) flush() {
	doc := l.b.charset(l.all)
	for _, s := range l.all {
		l.c.text(doc, s, "lua string")
	}
	for i := range l.functions {
		f := &l.functions[i]
		whole := &structure{doc: doc, recipe: []string{"lua strings loaded in a function"}, order: 1}
		for _, run := range l.runs(f) {
			part := &structure{doc: doc, recipe: []string{"lua strings loaded one after another"}}
			for _, str := range run {
				part.append(l.all[str].item(0))
				whole.append(l.all[str].item(0))
			}
			whole.parts = append(whole.parts, part)
		}
		consts := &structure{doc: doc, recipe: []string{"lua constants of a function"}, order: 2}
		for _, s := range f.order {
			consts.append(l.all[s].item(0))
		}
		if len(whole.parts) > 1 {
			l.c.lists = append(l.c.lists, whole)
		}
		l.c.lists = append(append(l.c.lists, whole.parts...), consts)
	}
}

// luaOps are the instructions of a version that load strings, and those that stand between the loads of one table.
type luaOps struct {
	loadK, setTable, setField int
	between                   []int
}

func (l *lua) ops() luaOps {
	switch l.version {
	case 1:
		return luaOps{1, 9, -1, []int{0, 2, 3, 34}}
	case 2:
		return luaOps{1, 10, -1, []int{0, 2, 3, 4, 36, 39}}
	case 3:
		return luaOps{1, 10, -1, []int{0, 2, 3, 4, 43, 46}}
	default:
		return luaOps{3, 16, 18, []int{0, 1, 2, 4, 5, 7, 8, 17, 78, 82}}
	}
}

// runs returns the strings that are loaded with nothing between them but what fills a table.
func (l *lua) runs(f *luaFunction) [][]int {
	ops := l.ops()
	var between [128]bool
	for _, op := range ops.between {
		between[op] = true
	}
	var runs [][]int
	open := false
	for i := 0; i+4 <= len(f.code); i += 4 {
		in := uint32(f.code[i]) | uint32(f.code[i+1])<<8 | uint32(f.code[i+2])<<16 | uint32(f.code[i+3])<<24
		op, index := int(in&0x3F), -1
		if l.version == 4 {
			op = int(in & 0x7F)
		}
		switch {
		case op == ops.loadK && l.version == 4:
			index = int(in >> 15)
		case op == ops.loadK:
			index = int(in >> 14)
		case op == ops.setField:
			index = int(in >> 16 & 0xFF)
		case op == ops.setTable && l.version < 4: // the key, if it is a constant, else the value
			const constant = 256
			key, value := int(in>>23), int(in>>14&0x1FF)
			if _, ok := f.consts[key-constant]; key >= constant && ok {
				index = key - constant
			} else if value >= constant {
				index = value - constant
			}
		case op == ops.setTable:
		case !between[op]:
			open = false
		}
		s, ok := f.consts[index]
		if !ok {
			continue
		}
		if !open {
			runs = append(runs, nil)
			open = true
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], s)
	}
	return runs
}
