package recover

import "fmt"

const (
	maxMembers   = 1 << 16 // of a class
	maxEncoded   = 16      // values within values
	maxRegisters = 1 << 16
)

// class reads the methods, static values and annotations of a class.
func (d *dex) class(i uint32) {
	row, ok := d.classes.row(i)
	if !ok || !d.b.spend(32) {
		return
	}
	name := func() string { return d.typeName(d.b.u32(row)) }
	if off := int64(d.b.u32(row + 28)); off > 0 {
		v := &dexValues{d: d, name: func() string { return "dex static values of " + name() }}
		v.array(off, 0)
		v.flush()
	}
	if off := int64(d.b.u32(row + 20)); off > 0 {
		d.annotations(off, name)
	}
	if off := int64(d.b.u32(row + 24)); off > 0 {
		d.members(off, name)
	}
}

// members reads the methods of the class data at off.
func (d *dex) members(off int64, name func() string) {
	x := &dexCode{d: d, widths: dexWidths(), targets: dexTargets()}
	whole := &dexGroups{d: d, name: name}
	d.eachMethod(off, func(method uint32, code int64) { d.method(x, method, code, whole) })
	if whole.methods > 1 {
		d.c.lists = append(d.c.lists, whole.structures(3)...)
	}
}

// eachMethod calls f with the number and the code of every method of the class data at off that has code.
func (d *dex) eachMethod(off int64, f func(method uint32, code int64)) {
	var counts [4]uint64 // static and instance fields, direct and virtual methods
	for i := range counts {
		if counts[i], off = d.b.uleb128(off); off < 0 || counts[i] > maxMembers {
			return
		}
	}
	skip := func() (v uint64) {
		if off >= 0 {
			v, off = d.b.uleb128(off)
		}
		return v
	}
	for range counts[0] + counts[1] {
		skip()
		skip()
	}
	for _, count := range counts[2:] {
		method := uint64(0)
		for range count {
			method += skip()
			skip()
			code := int64(skip())
			if off < 0 {
				break
			}
			if code > 0 {
				f(uint32(method), code)
			}
		}
	}
}

// method reads the code of a method, when it loads strings that tell of a list, and adds what it finds to that of its class.
func (d *dex) method(x *dexCode, method uint32, off int64, class *dexGroups) {
	code, at := d.units(off)
	if len(code) == 0 || x.telling(code) == 0 {
		return
	}
	x.read(code, at, min(int(d.b.u16(off)), maxRegisters))
	g := &dexGroups{d: d, name: func() string { return d.methodName(method) }}
	g.add(x.uses)
	d.c.lists = append(d.c.lists, g.structures(0)...)
	class.methods++
	class.addAll(g)
}

// dexGroups are the strings of one method, or of the methods of one class, by the way in which they are used.
type dexGroups struct {
	d       *dex
	name    func() string
	methods int
	ways    []dexWay // in the order of their first use
	groups  map[dexWay]*dexGroup
}

type dexGroup struct {
	uses  []dexUse
	parts [][]dexUse // by the object that they are used on
}

func (g *dexGroups) group(w dexWay) *dexGroup {
	if g.groups == nil {
		g.groups = map[dexWay]*dexGroup{}
	}
	group := g.groups[w]
	if group == nil {
		group = &dexGroup{}
		g.groups[w] = group
		g.ways = append(g.ways, w)
	}
	return group
}

func (g *dexGroups) add(uses []dexUse) {
	type key struct {
		way    dexWay
		target int
	}
	open := map[key]int{}
	for _, u := range uses {
		group := g.group(u.way)
		group.uses = append(group.uses, u)
		k := key{u.way, u.target}
		i, ok := open[k]
		if !ok {
			i = len(group.parts)
			open[k] = i
			group.parts = append(group.parts, nil)
		}
		group.parts[i] = append(group.parts[i], u)
	}
	if len(g.ways) > 1 {
		g.group(dexWay{kind: useAny}).uses = uses
	}
}

// addAll adds the strings of a method as one part.
func (g *dexGroups) addAll(method *dexGroups) {
	for _, w := range method.ways {
		group := g.group(w)
		group.uses = append(group.uses, method.groups[w].uses...)
		group.parts = append(group.parts, method.groups[w].uses)
	}
}

// structures returns what was collected, the parts of each way behind what they are together.
func (g *dexGroups) structures(order int) []*structure {
	var all []*structure
	for _, w := range g.ways {
		group := g.groups[w]
		if len(group.uses) < minEntries {
			continue
		}
		recipe := []string{g.recipe(w)}
		if w.kind == useAny {
			order += 2
		}
		whole := g.d.structure(group.uses, recipe, order+1)
		if len(group.parts) > 1 {
			for _, p := range group.parts {
				part := g.d.structure(p, recipe, order)
				whole.parts = append(whole.parts, part)
			}
		}
		all = append(all, whole)
		all = append(all, whole.parts...)
		if w.kind == useAny {
			order -= 2
		}
	}
	return all
}

func (g *dexGroups) recipe(w dexWay) string {
	switch w.kind {
	case useElement:
		return "dex array elements in " + g.name()
	case useArgument:
		return fmt.Sprintf("dex strings passed to %s in %s", g.d.methodName(w.index), g.name())
	case useField:
		return "dex values of fields set in " + g.name()
	case useReturn:
		return "dex strings returned by " + g.name()
	case useLoad:
		return "dex strings loaded in " + g.name()
	default:
		return "dex all strings in " + g.name()
	}
}

// structure makes a structure of uses.
func (d *dex) structure(uses []dexUse, recipe []string, order int) *structure {
	s := &structure{doc: d.doc, recipe: recipe, order: order}
	for _, u := range uses {
		str, ok := d.cache[u.str]
		if !ok {
			if str, ok = d.string(u.str); !ok {
				continue
			}
			d.cache[u.str] = str
		}
		s.append(str.item(u.at))
	}
	return s
}

// annotations reads the annotations of a class, its fields, methods and parameters.
func (d *dex) annotations(off int64, name func() string) {
	sets := []int64{int64(d.b.u32(off))}
	at := off + 16
	for i := range int64(3) {
		n := min(int64(d.b.u32(off+4+4*i)), maxMembers)
		for range n {
			if !d.b.spend(8) {
				return
			}
			ref := int64(d.b.u32(at + 4))
			at += 8
			if i < 2 {
				sets = append(sets, ref)
				continue
			}
			for k := range min(int64(d.b.u32(ref)), 256) { // of the parameters of one method
				sets = append(sets, int64(d.b.u32(ref+4+4*k)))
			}
		}
	}
	for _, set := range sets {
		if set <= 0 {
			continue
		}
		for k := range min(int64(d.b.u32(set)), maxMembers) {
			item := int64(d.b.u32(set + 4 + 4*k))
			if item <= 0 || !d.b.spend(4) {
				break
			}
			v := &dexValues{d: d, name: func() string { return "dex annotation in " + name() }}
			v.annotation(item+1, 0)
			v.flush()
		}
	}
}

// dexValues reads encoded values. Each array of strings is a structure.
type dexValues struct {
	d    *dex
	name func() string
	open []*dexArray
	done []*dexArray
}

// dexArray are the strings of an encoded array.
type dexArray struct {
	uses []dexUse
	told bool
}

func (v *dexValues) flush() {
	for _, a := range v.done {
		if a.told && len(a.uses) >= minEntries {
			v.d.c.lists = append(v.d.c.lists, v.d.structure(a.uses, []string{v.name()}, 1))
		}
	}
}

// array reads an encoded array and returns the offset behind it, or -1.
func (v *dexValues) array(off int64, depth int) int64 {
	n, off := v.d.b.uleb128(off)
	a := &dexArray{}
	v.done, v.open = append(v.done, a), append(v.open, a)
	for i := uint64(0); i < n && off >= 0; i++ {
		off = v.value(off, depth+1)
	}
	v.open = v.open[:len(v.open)-1]
	return off
}

// annotation reads an encoded annotation.
func (v *dexValues) annotation(off int64, depth int) int64 {
	_, off = v.d.b.uleb128(off) // type
	if off < 0 {
		return -1
	}
	n, off := v.d.b.uleb128(off)
	for i := uint64(0); i < n && off >= 0; i++ {
		if _, off = v.d.b.uleb128(off); off >= 0 { // name
			off = v.value(off, depth+1)
		}
	}
	return off
}

// value reads an encoded value.
func (v *dexValues) value(off int64, depth int) int64 {
	p := v.d.b.bytes(off, 1)
	if p == nil || depth > maxEncoded {
		return -1
	}
	size, kind := int64(p[0]>>5)+1, p[0]&0x1F
	const str, array, annotation, null, boolean = 0x17, 0x1C, 0x1D, 0x1E, 0x1F
	switch kind {
	case array:
		return v.array(off+1, depth)
	case annotation:
		return v.annotation(off+1, depth)
	case null, boolean:
		return off + 1
	case str:
		raw := v.d.b.bytes(off+1, size)
		if raw == nil || size > 4 {
			return -1
		}
		index := uint32(0)
		for i, c := range raw {
			index |= uint32(c) << (8 * i)
		}
		if n := len(v.open); n > 0 {
			a := v.open[n-1]
			a.uses = append(a.uses, dexUse{str: index, at: off})
			a.told = a.told || v.d.told[index]
		}
	}
	return off + 1 + size
}
