package app

import "errors"

// The resource ids of attributes of the manifest (android.R.attr).
const (
	attrLabel       = 0x01010001
	attrVersionCode = 0x0101021b
	attrVersionName = 0x0101021c
)

// manifest is what matters of AndroidManifest.xml.
type manifest struct {
	pkg         string
	versionCode int64
	versionName value
	label       value
}

// value is a text, or a reference to one.
type value struct {
	text string
	ref  uint32
}

// readManifest reads a compiled manifest.
func readManifest(raw []byte) (*manifest, error) {
	d := data(raw)
	if d.u16(0) != chunkXML || int(d.u16(2)) > len(d) {
		return nil, errors.New("it is no compiled XML")
	}
	var m manifest
	var strings pool
	var ids chunk
	depth := 0
	for _, c := range chunks(d[d.u16(2):]) {
		switch c.kind {
		case chunkPool:
			strings = newPool(c)
		case chunkResourceMap:
			ids = c
		case chunkStartElement:
			body := c.data[c.header:]
			name := strings.get(body.u32(4))
			if depth++; depth > 1 && name != "application" {
				continue
			}
			m.element(name, c, strings, ids)
			if name == "application" {
				depth = 1 << 20 // all is known
			}
		}
		if depth == 1<<20 {
			break
		}
	}
	if m.pkg == "" {
		return nil, errors.New("it names no package")
	}
	return &m, nil
}

func (m *manifest) element(name string, c chunk, strings pool, ids chunk) {
	body := c.data[c.header:]
	size := max(int(body.u16(10)), 20)
	for i := range int(body.u16(12)) {
		at := int(body.u16(8)) + i*size
		if at+20 > len(body) {
			return
		}
		attr := body.u32(at + 4)
		id := uint32(0)
		if ids.data != nil && int64(attr) < int64(len(ids.data)-ids.header)/4 {
			id = ids.data.u32(ids.header + 4*int(attr))
		}
		kind, raw := body.u8(at+15), body.u32(at+16)
		v := value{}
		switch kind {
		case valueString:
			v.text = strings.get(raw)
		case valueReference:
			v.ref = raw
		}
		switch {
		case name == "manifest" && id == 0 && strings.get(attr) == "package":
			m.pkg = v.text
		case name == "manifest" && id == attrVersionCode && kind >= valueIntFirst && kind <= valueIntLast:
			m.versionCode = int64(raw)
		case name == "manifest" && id == attrVersionName:
			m.versionName = v
		case name == "application" && id == attrLabel:
			m.label = v
		}
	}
}
