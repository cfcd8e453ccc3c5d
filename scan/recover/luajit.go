package recover

// isLuaJIT tells compiled code of LuaJIT.
func isLuaJIT(b *image) bool { return b.has(0, "\x1bLJ") && (b.u8(3) == 1 || b.u8(3) == 2) }

// findLuaJIT takes the strings of each function in the order of their first use, and those of its table templates.
// Layout: src/lj_bcdump.h of LuaJIT.
func findLuaJIT(b *image, c *catch) {
	c.loose = true
	l := &luaJIT{cursor: cursor{b: b, off: 4}, c: c}
	const stripped = 2
	flags := l.uleb()
	if flags&stripped == 0 {
		l.skip(l.uleb())
	}
	for !l.failed {
		size := l.uleb()
		end := l.off + size
		if size == 0 || end > b.size {
			break
		}
		l.function(flags&stripped == 0)
		l.failed = b.left < 0
		l.off = end
	}
	doc := b.charset(l.all)
	for _, s := range l.all {
		c.text(doc, s, "luajit string")
	}
	for _, list := range l.lists {
		s := &structure{doc: doc, recipe: []string{list.recipe}, order: list.order}
		if list.order > 0 {
			s.recipe = append(s.recipe, approximate)
		}
		for _, i := range list.strings {
			s.append(l.all[i].item(0))
		}
		c.lists = append(c.lists, s)
	}
}

type luaJIT struct {
	cursor
	c     *catch
	all   []stored
	lists []luaJITList
}

type luaJITList struct {
	recipe  string
	strings []int
	order   int
}

func (l *luaJIT) function(debug bool) {
	l.skip(3)
	upvalues := int64(l.u8())
	objects, _, code := l.uleb(), l.uleb(), l.uleb()
	if debug && l.uleb() > 0 {
		l.uleb()
		l.uleb()
	}
	l.skip(4*code + 2*upvalues)
	var strings []int
	for range objects {
		if l.failed {
			break
		}
		const child, table, whole, complex, str = 0, 1, 3, 4, 5
		switch kind := l.uleb(); {
		case kind >= str:
			strings = append(strings, l.keep(kind-str))
		case kind == table:
			l.template()
		case kind == complex:
			for range 4 {
				l.uleb32()
			}
		case kind != child && kind <= whole:
			l.uleb32()
			l.uleb32()
		}
	}
	for i, j := 0, len(strings)-1; i < j; i, j = i+1, j-1 { // they are numbered from the end
		strings[i], strings[j] = strings[j], strings[i]
	}
	l.lists = append(l.lists, luaJITList{"luajit constants of a function", strings, 0})
}

func (l *luaJIT) keep(n int64) int {
	l.all = append(l.all, l.string(n))
	return len(l.all) - 1
}

// uleb32 skips a number that may be larger than a count.
func (l *luaJIT) uleb32() {
	if _, next := l.b.uleb128(l.off); next > 0 {
		l.off = next
		return
	}
	l.failed = true
}

// template reads the table that a constructor copies. The order of its keys is that of their hashes.
func (l *luaJIT) template() {
	elements, pairs := l.uleb(), l.uleb()
	var array, keys, values []int
	for range elements {
		if l.failed {
			return
		}
		array = l.member(array)
	}
	for range pairs {
		if l.failed {
			return
		}
		keys = l.member(keys)
		values = l.member(values)
	}
	l.lists = append(l.lists, luaJITList{"luajit table", array, 0}, luaJITList{"luajit keys of a table", keys, 1}, luaJITList{"luajit values of a table", values, 1})
}

func (l *luaJIT) member(to []int) []int {
	const whole, number, str = 3, 4, 5
	switch kind := l.uleb(); {
	case kind >= str:
		to = append(to, l.keep(kind-str))
	case kind == number:
		l.uleb32()
		l.uleb32()
	case kind == whole:
		l.uleb32()
	}
	return to
}
