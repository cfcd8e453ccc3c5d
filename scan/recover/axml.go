package recover

// isAXML tells a compiled XML file of Android.
func isAXML(b *image) bool {
	size := int64(b.u32(4))
	return b.u16(0) == chunkXML && b.u16(2) == 8 && size > 8 && size <= b.size+pageSize
}

// findAXML takes the texts of the elements of one path and the values of their attributes of one name, in the order of the document.
func findAXML(b *image, c *catch) {
	var pool *resPool
	var told map[uint32]bool
	var g grouper
	var stack []*node
	tooDeep := 0
	put := func(n *node, i uint32, at int64) {
		if s, ok := pool.get(i); ok {
			g.put(n, s.item(at))
		}
	}
	b.eachChunk(8, b.size, func(k chunk) {
		if k.kind == chunkPool && pool == nil {
			pool = newResPool(b, k)
			told = pool.survey(c, "axml")
			g = grouper{doc: pool.doc, kind: "axml"}
			stack = []*node{g.root()}
			return
		}
		if len(told) < 2 {
			return
		}
		body := k.off + k.header
		switch top := stack[len(stack)-1]; k.kind {
		case chunkStartElement:
			element := g.at(top, "/"+pool.name(b.u32(body+4)), true)
			attrs, size := body+int64(b.u16(body+8)), int64(max(b.u16(body+10), 20))
			for i := range min(int64(b.u16(body+12)), max(k.end-attrs, 0)/size) {
				at := attrs + i*size
				if raw := b.u32(at + 8); raw != noEntry {
					put(g.at(element, "@"+pool.name(b.u32(at+4)), false), raw, at)
				} else if b.u8(at+15) == valueString {
					put(g.at(element, "@"+pool.name(b.u32(at+4)), false), b.u32(at+16), at)
				}
			}
			if len(stack) < maxNested {
				stack = append(stack, element)
			} else {
				tooDeep++
			}
		case chunkEndElement:
			if tooDeep > 0 {
				tooDeep--
			} else if len(stack) > 1 {
				stack = stack[:len(stack)-1]
			}
		case chunkCharacters:
			put(top, b.u32(body), k.off)
		}
	})
	if len(told) > 1 {
		c.lists = append(c.lists, g.structures()...)
	}
}
