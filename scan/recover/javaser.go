package recover

import "strings"

// isJavaSerial tells a stream of serialised Java objects.
// Layout: Java Object Serialization Specification, chapter 6.
func isJavaSerial(b *image) bool { return b.has(0, "\xAC\xED\x00\x05") }

// findJavaSerial takes the strings of each array and of what each collection writes, in their order; of maps keys and values apart.
func findJavaSerial(b *image, c *catch) {
	c.loose = true
	p := &javaStream{cursor: cursor{b: b, off: 4}, c: c, doc: b.document("mutf-8")}
	for !p.failed && p.off < b.size {
		p.content(nil, 0)
	}
}

// The tags of a stream.
const (
	tcNull = 0x70 + iota
	tcReference
	tcClassDesc
	tcObject
	tcString
	tcArray
	tcClass
	tcBlockData
	tcEndBlockData
	tcReset
	tcBlockDataLong
	tcException
	tcLongString
	tcProxyClassDesc
	tcEnum
)

type javaStream struct {
	cursor
	c       *catch
	doc     *document
	handles []any // *javaClass, stored or nil
}

type javaClass struct {
	name   string
	flags  uint8
	fields string // their types
	super  *javaClass
}

func (p *javaStream) list(recipe string) *structure {
	return &structure{doc: p.doc, recipe: []string{recipe}}
}

func (p *javaStream) be(width int64) (v int64) {
	for _, x := range p.take(width) {
		v = v<<8 | int64(x)
	}
	return v
}

func (p *javaStream) handle(v any) int {
	if len(p.handles) == maxItems {
		p.failed = true
	}
	p.handles = append(p.handles, v)
	return len(p.handles) - 1
}

// utf reads a string behind its length.
func (p *javaStream) utf(width int64) stored {
	n := p.be(width)
	if n < 0 || n > maxRead {
		p.failed = true
		return stored{}
	}
	return p.string(n)
}

// content reads one thing. A string goes to the list, if there is one. It reports whether it was the end of a block.
func (p *javaStream) content(to *structure, depth int) (end bool) {
	if depth > maxNested {
		p.failed = true
		return true
	}
	at := p.off
	put := func(s stored) {
		if to != nil {
			to.append(s.item(at))
		}
	}
	switch tag := p.u8(); tag {
	case tcNull, tcReset:
	case tcReference:
		if s, ok := p.referred().(stored); ok {
			put(s)
		}
	case tcString, tcLongString:
		width := int64(2)
		if tag == tcLongString {
			width = 8
		}
		s := p.utf(width)
		p.handle(s)
		p.c.text(p.doc, s, "java string")
		put(s)
	case tcClassDesc, tcProxyClassDesc:
		p.off--
		p.classDesc(depth + 1)
	case tcClass:
		p.classDesc(depth + 1)
		p.handle(nil)
	case tcEnum:
		p.classDesc(depth + 1)
		p.handle(nil)
		p.content(nil, depth+1)
	case tcArray:
		p.array(depth + 1)
	case tcObject:
		class := p.classDesc(depth + 1)
		p.handle(nil)
		p.object(class, depth+1)
	case tcBlockData:
		p.skip(int64(p.u8()))
	case tcBlockDataLong:
		p.skip(p.be(4))
	case tcEndBlockData:
		return true
	default:
		p.failed = true
	}
	return p.failed
}

func (p *javaStream) referred() any {
	const base = 0x7E0000
	if i := p.be(4) - base; i >= 0 && i < int64(len(p.handles)) {
		return p.handles[i]
	}
	return nil
}

// classDesc reads the description of a class and of those above it.
func (p *javaStream) classDesc(depth int) *javaClass {
	if depth > maxNested {
		p.failed = true
		return nil
	}
	switch p.u8() {
	case tcReference:
		class, _ := p.referred().(*javaClass)
		return class
	case tcProxyClassDesc:
		class := &javaClass{name: "proxy", flags: 2}
		p.handle(class)
		for range min(p.be(4), maxNodes) {
			p.utf(2)
		}
		p.annotation(nil, depth)
		class.super = p.classDesc(depth + 1)
		return class
	case tcClassDesc:
		class := &javaClass{name: p.utf(2).text}
		p.skip(8)
		p.handle(class)
		class.flags = p.u8()
		var types strings.Builder
		for range p.be(2) {
			kind := p.u8()
			types.WriteByte(kind)
			p.utf(2)
			if kind == '[' || kind == 'L' {
				p.content(nil, depth+1)
			}
			if p.failed {
				return nil
			}
		}
		class.fields = types.String()
		p.annotation(nil, depth)
		class.super = p.classDesc(depth + 1)
		return class
	case tcNull:
	default:
		p.failed = true
	}
	return nil
}

// annotation reads what stands before the end of a block.
func (p *javaStream) annotation(to []*structure, depth int) {
	for i := 0; !p.failed; i++ {
		var list *structure
		if len(to) > 0 {
			list = to[i%len(to)]
		}
		tag := p.b.u8(p.off)
		if tag == tcBlockData || tag == tcBlockDataLong {
			i--
		}
		if p.content(list, depth+1) {
			return
		}
	}
}

func (p *javaStream) value(kind byte, to *structure, depth int) {
	switch kind {
	case 'B', 'Z':
		p.skip(1)
	case 'C', 'S':
		p.skip(2)
	case 'I', 'F':
		p.skip(4)
	case 'J', 'D':
		p.skip(8)
	case 'L', '[':
		p.content(to, depth+1)
	default:
		p.failed = true
	}
}

func (p *javaStream) array(depth int) {
	class := p.classDesc(depth)
	p.handle(nil)
	n := p.be(4)
	if class == nil || len(class.name) < 2 {
		p.failed = true
		return
	}
	s := p.list("java array")
	for range n {
		if p.failed {
			break
		}
		p.value(class.name[1], s, depth)
	}
	p.c.lists = append(p.c.lists, s)
}

// object reads the data of an object, those of the classes above it first.
func (p *javaStream) object(class *javaClass, depth int) {
	var chain []*javaClass
	for c := class; c != nil && len(chain) < maxNested; c = c.super {
		chain = append(chain, c)
	}
	const writeMethod, serializable, externalizable, blockData = 1, 2, 4, 8
	for i := len(chain) - 1; i >= 0 && !p.failed; i-- {
		c := chain[i]
		if c.flags&externalizable != 0 && c.flags&blockData == 0 {
			p.failed = true // only its class can read it
			return
		}
		if c.flags&serializable != 0 {
			fields := p.list("java fields of " + c.name)
			for k := range len(c.fields) {
				p.value(c.fields[k], fields, depth)
				if p.failed {
					return
				}
			}
			p.c.lists = append(p.c.lists, fields)
		}
		if c.flags&(writeMethod|externalizable) == 0 {
			continue
		}
		lists := []*structure{p.list("java " + c.name)}
		if strings.HasSuffix(c.name, "Map") || strings.HasSuffix(c.name, "table") {
			lists = []*structure{p.list("java keys of " + c.name), p.list("java values of " + c.name)}
		}
		p.annotation(lists, depth)
		p.c.lists = append(p.c.lists, lists...)
	}
}
